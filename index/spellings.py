"""How the archive spells a name otherwise: forms of it that are alike, and in the same company."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from index.article import Selection
from index.names import alike, fold, skeleton
from index.roll import Roll, Rows

# Two names that are merely alike are one when they keep company with the same names (see `_Company.shared`). On
# RealTime QA's articles "Kyiv" and "Kiev" have .124, "Kharkiv" and "Kharkov" .101, "Ukrainian" and "Ukranian" .108;
# "Kyiv" and "Kyoto" .086, "Clarke" and "Clark" .062, "Brooklyn" and "Brookline" .045.
COMPANY = 0.09
# An outlet spells a name in one way: two that one outlet often writes both are two names ("Patterson", "Peterson").
# The share of the rarer one beside the other that is still taken for slips and quotations, and from when it counts.
SLIPS, OFTEN = 0.15, 3
# Articles by which it is judged how common a name is.
SAMPLE = 200
# Articles of a name whose other names are its company.
COMPANY_ARTICLES = 10
# Spellings worth searching for; each makes the query longer.
SPELLINGS = 5

# The names that article versions mention, by their ids.
NamesOf = Callable[[Sequence[str]], dict[str, list[str]]]


@dataclass(frozen=True, slots=True)
class Spelling:
    """A way in which the archive writes a name, and in how many articles."""

    text: str
    articles: int


class Spellings:
    """Finds them in a roll."""

    def __init__(self, names_of: NamesOf) -> None:
        self._names_of = names_of
        # By the roll, too: what another thread began to look up before a change is not to be taken for the new.
        self.find = lru_cache(maxsize=4096)(self._find)
        self._common = lru_cache(maxsize=64)(self._count_common)

    def forget_cached(self) -> None:
        """Call when the archive has changed."""
        self.find.cache_clear()
        self._common.cache_clear()

    def _find(self, name: str, selection: Selection, roll: Roll) -> tuple[Spelling, ...]:
        """How the articles of a selection spell a name otherwise, the commonest first, at most SPELLINGS."""
        written = _written(roll, name, selection)
        forms = [form for form in written.values() if form.text.lower() != name.lower()]
        own = next((form for form in written.values() if form.text.lower() == name.lower()), None)
        sure = [form for form in forms if fold(form.text) == fold(name)]
        known = own or (sure[0] if sure else None)
        doubtful = [form for form in forms if fold(form.text) != fold(name) and alike(name, form.text)]
        if known and doubtful:
            likely = sorted(doubtful, key=lambda form: (-len(form.rows), form.text))[:SPELLINGS]
            if likely := [form for form in likely if not _rivals(roll, known, form)]:
                company = _Company(roll, self._names_of, self._common(selection, roll))
                sure += [form for form in likely if company.shared(known, form) >= COMPANY]
        elif doubtful:  # no company to judge by: better a spelling too many, which is shown, than none
            sure += doubtful
        found = sorted(sure, key=lambda form: (-len(form.rows), form.text))[:SPELLINGS]
        return tuple(Spelling(form.text, len(form.rows)) for form in found)

    def _count_common(self, selection: Selection, roll: Roll) -> Counter[str]:
        """In how many articles of a sample each name stands."""
        # Ids are digests: the first of them are a sample that hardly changes as articles come in.
        sample = [roll.ids[row] for row in np.flatnonzero(roll.standing(selection))[:SAMPLE]]
        return Counter(name for names in self._names_of(sample).values() for name in set(names))


@dataclass(frozen=True, slots=True)
class _Form:
    """A spelling with the rows of the articles that have it, the newest first."""

    text: str
    rows: Rows

    def sources(self, roll: Roll) -> Counter[str | None]:
        """How many articles of each source have it."""
        return Counter(roll.sources[row] for row in self.rows)


def _written(roll: Roll, name: str, selection: Selection) -> dict[str, _Form]:
    """The forms of the names that share a name's consonants, by their lower case, the newest used first."""
    standing, key = roll.standing(selection), skeleton(name)
    variants: dict[str, list[tuple[str, Rows]]] = {}
    for other, rows in roll.named([key])[key].items():
        if len(held := rows[standing[rows]]):
            variants.setdefault(other.lower(), []).append((other, held))
    forms = {lower: _newest_first(roll, found) for lower, found in variants.items()}
    return dict(sorted(forms.items(), key=lambda item: -roll.available[item[1].rows[0]]))


def _newest_first(roll: Roll, variants: Sequence[tuple[str, Rows]]) -> _Form:
    """One form of a name's variants in capitals, written as the newest article has it."""
    rows = np.concatenate([held for _, held in variants])
    texts = [text for text, held in variants for _ in held]
    order = np.argsort(-roll.available[rows], kind="stable")
    return _Form(texts[order[0]], rows[order])


def _rivals(roll: Roll, one: _Form, other: _Form) -> bool:
    """Whether one outlet often writes both, so that they are two names."""
    others = other.sources(roll)
    return any(
        min(count, others[source]) > max(OFTEN - 1, SLIPS * max(count, others[source]))
        for source, count in one.sources(roll).items()
    )


class _Company:
    """Which names stand beside a name, and how rare they are: `common` counts them in a sample of SAMPLE articles."""

    def __init__(self, roll: Roll, names_of: NamesOf, common: Counter[str]) -> None:
        self._roll = roll
        self._names_of = names_of
        self._common = common

    def shared(self, one: _Form, other: _Form) -> float:
        """How much company two names share: the rarity of the names that stand beside both, 1 for those that the
        sample does not mention, summed and divided by the root of the numbers of names beside each."""
        here, there = self._beside(one), self._beside(other)
        common = sorted((here & there) - {one.text, other.text})
        return sum(self._rarity(name) for name in common) / math.sqrt(max(1, len(here) * len(there)))

    def _beside(self, form: _Form) -> set[str]:
        mentioned = self._names_of([self._roll.ids[row] for row in form.rows[:COMPANY_ARTICLES]])
        return {name for names in mentioned.values() for name in names}

    def _rarity(self, name: str) -> float:
        return 1 - math.log1p(self._common[name]) / math.log1p(SAMPLE)
