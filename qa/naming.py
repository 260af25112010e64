"""The names of a question, and how the archive spells them otherwise: "Albu Kamal", "al-Bukamal", "Boukamal"."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice, product

from index.article import Selection
from index.evidence import Evidence, Spelling
from index.names import names_in, without_titles
from qa.rank import FUNCTION_WORDS

# Ways of spelling a whole question that are searched for.
MAX_SPELLINGS = 6
# Words of a name typed without capitals, at most, and the letters of one that is a single word, at least.
MAX_WORDS, LEAST_LETTERS = 3, 4


@dataclass(frozen=True, slots=True)
class Named:
    """A name of the question, and the archive's other spellings of it."""

    name: str
    spellings: tuple[Spelling, ...]

    @property
    def forms(self) -> tuple[str, ...]:
        """The name as asked, then its other spellings."""
        return (self.name, *(spelling.text for spelling in self.spellings))


@dataclass(frozen=True, slots=True)
class Naming:
    """A question and its names. Rewrites the question as a text spells it, and a text as the question does."""

    question: str
    named: tuple[Named, ...] = ()
    _to_asked: tuple[tuple[re.Pattern[str], str], ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        rules = tuple((_pattern(one.forms), one.name) for one in self.named if one.spellings)
        object.__setattr__(self, "_to_asked", rules)

    @property
    def spellings(self) -> tuple[str, ...]:
        """The question with its names spelled otherwise, not as it is, at most MAX_SPELLINGS."""
        ways = [one.forms for one in self.named]
        rewritten = dict.fromkeys(self._replaced(chosen) for chosen in islice(product(*ways), 4 * MAX_SPELLINGS))
        return tuple(islice((text for text in rewritten if text != self.question), MAX_SPELLINGS))

    def asked(self, text: str) -> str:
        """A text with its names spelled as in the question."""
        for pattern, name in self._to_asked:
            text = pattern.sub(name.replace("\\", r"\\"), text)
        return text

    def mentioned(self, text: str) -> float:
        """The share of the question's names that a text mentions, in any spelling; 1 if the question has none."""
        if not self.named:
            return 1.0
        return sum(bool(_pattern(one.forms).search(text)) for one in self.named) / len(self.named)

    @property
    def asks_of_one(self) -> bool:
        """Whether the question has one name, which says of whom or what: "who is the mayor of Paris?". Not so "in
        Paris": a local paper does not tell its readers where they are."""
        if len(self.named) != 1:
            return False
        name = re.escape(self.named[0].name)
        return bool(re.search(rf"\bof\s+{name}\W*$", self.question, re.IGNORECASE))

    def question_for(self, text: str) -> str:
        """The question as a text spells its names; as asked where the text has the asked spelling, or none."""
        chosen = []
        for one in self.named:
            chosen.append(next((name for name in one.forms if _pattern([name]).search(text)), one.name))
        return self._replaced(chosen)

    def _replaced(self, chosen: Sequence[str]) -> str:
        text = self.question
        for one, name in zip(self.named, chosen, strict=True):
            if name != one.name:
                text = _pattern([one.name]).sub(name.replace("\\", r"\\"), text)
        return text


def naming(question: str, evidence: Evidence, selection: Selection, *, spell: bool = True) -> Naming:
    """The question's names with the archive's other spellings of them; without these unless `spell`."""
    shouted = question.isupper()
    names = [] if shouted else [name for name in dict.fromkeys(map(without_titles, names_in(question))) if name]
    names += _uncapitalised(question.lower() if shouted else question, names, evidence, selection)
    return Naming(question, tuple(Named(name, evidence.spellings(name, selection) if spell else ()) for name in names))


def _uncapitalised(question: str, names: Sequence[str], evidence: Evidence, selection: Selection) -> list[str]:
    """The archive's names in what a question has typed without capitals, longer ones first where they overlap.

    Beside `names` that do have capitals, only those of several words: a lone word is seldom a name then.
    """
    rest = _pattern(names).sub(lambda match: "." * len(match.group()), question) if names else question
    words = list(re.finditer(r"[^\W\d_][\w'’-]*", rest))
    runs: list[tuple[str, range]] = []
    for length in range(min(MAX_WORDS, len(words)), 1 if names else 0, -1):
        for i in range(len(words) - length + 1):
            run = words[i : i + length]
            name = rest[run[0].start() : run[-1].end()]
            small = any(w.group().lower() in FUNCTION_WORDS for w in (run[0], run[-1]))
            if not small and len(name) >= LEAST_LETTERS and "." not in name:
                runs.append((name, range(i, i + length)))
    known = evidence.known([name for name, _ in runs], selection)
    found: list[str] = []
    taken: set[int] = set()
    for name, place in runs:
        if name in known and taken.isdisjoint(place):
            taken.update(place)
            found.append(name)
    return found


def _pattern(names: Iterable[str]) -> re.Pattern[str]:
    return _compiled(tuple(names))


@lru_cache(maxsize=1024)
def _compiled(names: tuple[str, ...]) -> re.Pattern[str]:
    ordered = sorted(names, key=lambda name: (-len(name), name))
    return re.compile(rf"(?<![^\W_])(?:{'|'.join(re.escape(name) for name in ordered)})(?![^\W_])", re.IGNORECASE)
