"""Candidates -> scores: the two lists fused, then weighed by time, place in the article and shared words.

score = rrf * exp(sum of weight * feature). Reciprocal rank fusion after Cormack, Clarke & Büttcher 2009; the
weights are a log-linear ranking model (ListNet's top-one softmax, Cao et al. 2007), fitted by
`tests/benchmarks/fit_retrieval.py` on RealTime QA's questions of 2022 to June 2023.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from datetime import date
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from index.article import StoredPassage, day_of

# The days that a question asks about, first and last, both included.
Days = tuple[date, date]


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each feature moves the logarithm of a passage's score. All zero: fusion alone.

    week: exp(-age / 7 days), the age being the days between publication and the days asked about, by default
    `as_of`; months: exp(-age / 200 days); place: log(1 + thousands of characters
    before the passage), since news puts the news first; words: the share of the question's words that stand in
    passage or title, by rarity; pairs: the share of its neighbouring words that stand side by side there too.
    """

    week: float = 0.0
    months: float = 0.0
    place: float = 0.0
    words: float = 0.0
    pairs: float = 0.0


FITTED = Weights(week=1.31, months=0.81, place=-0.27, words=1.79, pairs=1.88)

# Words that say how a question is put, not what it is about.
_FUNCTION_WORDS = """
    a an and are as at be been but by did do does for from had has have how in into is it its of on or that the
    their them there these they this to was were what when where which who whom whose why will with would
"""
FUNCTION_WORDS = frozenset(_FUNCTION_WORDS.split())


_WORD = re.compile(r"\w+(?:['’]\w+)?")
_POSSESSIVE = re.compile(r"['’]s\b")


def fuse(lists: Sequence[tuple[float, Sequence[tuple[str, float]]]], k: int) -> dict[str, float]:
    """Reciprocal rank fusion of weighted lists: sum of weight / (k + rank), ranks from 1."""
    fused: dict[str, float] = {}
    for weight, found in lists:
        for rank, (passage_id, _) in enumerate(found, start=1):
            fused[passage_id] = fused.get(passage_id, 0.0) + weight / (k + rank)
    return fused


def scores(
    question: str,
    passages: Sequence[StoredPassage],
    fused: Sequence[float],
    near: Days,
    weights: Weights,
    spelled: Callable[[str], str] = str,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """The score of each passage given its fused score, (n,), and what it would be if time did not count, (n,).

    `near` are the days asked about; `spelled` puts the names of a text as the question spells them.
    """
    found = np.asarray(fused, np.float64)
    if weights == Weights():
        return found, found
    columns = features(question, passages, near, spelled)
    timeless = replace(weights, week=0.0, months=0.0)
    with_time: npt.NDArray[np.float64] = found * np.exp(columns @ np.array(astuple(weights)))
    without: npt.NDArray[np.float64] = found * np.exp(columns @ np.array(astuple(timeless)))
    return with_time, without


def features(
    question: str, passages: Sequence[StoredPassage], near: Days, spelled: Callable[[str], str] = str
) -> npt.NDArray[np.float64]:
    """(n, 5), columns as in `Weights`."""
    asked = words(question)
    forms = _forms(asked)
    texts = [_found(spelled(passage.text), forms) for passage in passages]
    titles = [_found(spelled(passage.title), forms) for passage in passages]
    held = [{word for _, word in text + title} for text, title in zip(texts, titles, strict=True)]
    shared = shared_words(asked, held)
    pairs = _shared_pairs(asked, texts)
    rows = []
    for passage, share, pair in zip(passages, shared, pairs, strict=True):
        age = days_off(passage, near)
        recent = (math.exp(-age / 7), math.exp(-age / 200)) if age is not None else (0.0, 0.0)
        rows.append((*recent, math.log1p(passage.start / 1000), share, pair))
    return np.array(rows, np.float64).reshape(-1, 5)


def days_off(passage: StoredPassage, near: Days) -> int | None:
    """Days between publication and the days asked about, 0 within them; None where the day is unknown."""
    if passage.published_day is None:
        return None
    day = day_of(passage.published_day)
    return max(0, (near[0] - day).days, (day - near[1]).days)


def words(text: str) -> list[str]:
    """Lower-case words, plural and possessive endings cut: enough to see that two texts speak of one thing."""
    return [word[:-1] if len(word) > 2 and word[-1] == "s" else word for word in _as_written(text)]


def _as_written(text: str) -> list[str]:
    """Lower-case words with their plural endings."""
    return _WORD.findall(_POSSESSIVE.sub("", text.lower()))


# As `words` has them: it takes the s off "was" too.
EMPTY_WORDS = FUNCTION_WORDS | frozenset(words(_FUNCTION_WORDS))


def shared_words(asked: Sequence[str], held: Sequence[set[str]]) -> list[float]:
    """The share of the asked words that each text holds, words weighted by their rarity among the texts."""
    wanted = set(asked) - FUNCTION_WORDS or set(asked)
    counts = Counter(word for text in held for word in text & wanted)
    # Sorted, because the order of a set, and with it the last bit of a sum, changes from run to run.
    rarity = {word: math.log((len(held) + 1) / (counts[word] + 0.5)) for word in sorted(wanted)}
    total = sum(rarity.values()) or 1.0
    return [sum(rarity[word] for word in sorted(text & wanted)) / total for text in held]


def _forms(asked: Sequence[str]) -> dict[str, str]:
    """The words as a text may have them, of which `words` makes these, each with its word."""
    made = ((f"{word}{plural}", word) for word in asked for plural in ("", "s"))
    return {form: word for form, word in made if words(form) == [word]}


def _found(text: str, forms: Mapping[str, str]) -> list[tuple[int, str]]:
    """The asked words in a text with their places among its words, which are those of `words`; the others, nearly all,
    are left as they are."""
    return [(at, forms[form]) for at, form in enumerate(_as_written(text)) if form in forms]


def _shared_pairs(asked: Sequence[str], texts: Sequence[Sequence[tuple[int, str]]]) -> list[float]:
    """The share of neighbouring asked words, not both function words, that each text has side by side."""
    wanted = {pair for pair in pairwise(asked) if not FUNCTION_WORDS.issuperset(pair)}
    if not wanted:
        return [0.0] * len(texts)
    beside = ({(one, two) for (at, one), (then, two) in pairwise(text) if then == at + 1} for text in texts)
    return [len(wanted & pairs) / len(wanted) for pairs in beside]
