"""Where a text holds given words: whole words, in whatever capitals and transliteration (see `index.names.fold`)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import accumulate, pairwise

from index.names import fold

Span = tuple[int, int]

# Distinct words of a text that are folded: those of a long novel. In a text with more, which no person wrote, what
# is spelled otherwise further on is not found.
MAX_FOLDED = 20_000
# A word this many times longer than what is looked for is no part of it, however it is folded.
MUCH_LONGER = 5

# A word, with the particle that is tied to it: "al-Abadi".
_WORD = re.compile(
    r"(?:\b(?:al|el|an|as|ad|ar|ash|at|az|ez|es|er|et)[-'’])?[^\W_]+(?:['’.][^\W_]+)*", re.IGNORECASE
)  # fmt: skip
_POSSESSIVE = re.compile(r"['’]s$", re.IGNORECASE)
_ARTICLE = re.compile(r"^\W*(?:the|an?)\s+(?=\w)", re.IGNORECASE)
# Particles written apart: one spelling of a name has them, another has not.
_LOOSE = frozenset(("al", "el"))
# What may stand between the words of one phrase: not the end of a paragraph, a bracket or a semicolon.
_BETWEEN = re.compile(r"[^\S\n]*['’\"“”‘,.–-]?[^\S\n]*\n?[^\S\n]*")


def occurrences(text: str, wanted: str, limit: int) -> list[Span]:
    """The first `limit` places of the phrase `wanted`, as offsets in order; an article before it does not count."""
    phrase = [match.group() for match in _WORD.finditer(_ARTICLE.sub("", wanted))]
    target = "".join(_folds(phrase, sum(map(len, phrase))))
    if not target:
        return []
    words = list(_WORD.finditer(text))
    folds = _folds([word.group() for word in words], len(target))
    at = list(accumulate(map(len, folds), initial=0))
    first = {at[i]: i for i, said in enumerate(folds) if said}
    last = {at[i + 1]: i for i, said in enumerate(folds) if said}
    gaps = list(accumulate((not _joined(text, one, other) for one, other in pairwise(words)), initial=0))
    stream, found, here = "".join(folds), list[Span](), 0
    while len(found) < limit and (here := stream.find(target, here)) >= 0:
        start, end = first.get(here), last.get(here + len(target))
        if start is not None and end is not None and gaps[start] == gaps[end]:
            found.append((words[start].start(), _end(words[end])))
            here = at[end + 1]
        else:
            here += 1
    return found


def _folds(words: Sequence[str], longest: int) -> list[str]:
    """The fold of each word, each distinct word folded once; a blank for a word too long to matter."""
    known: dict[str, str] = dict.fromkeys(_LOOSE, "")
    for word in words:
        if word not in known:
            lower = word.lower()
            if lower in _LOOSE:
                known[word] = ""
            elif len(word) > MUCH_LONGER * longest:
                known[word] = " "
            else:
                known[word] = fold(word) if len(known) < MAX_FOLDED else lower
    return [known[word] for word in words]


def _joined(text: str, word: re.Match[str], following: re.Match[str]) -> bool:
    return _BETWEEN.fullmatch(text, word.end(), following.start()) is not None


def _end(word: re.Match[str]) -> int:
    return word.end() - (2 if _POSSESSIVE.search(word.group()) else 0)
