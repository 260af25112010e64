"""Where a text holds given words: whole words, in whatever capitals and transliteration (see `index.names.fold`)."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import accumulate

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
_POSSESSIVE = re.compile(r"['’]s\Z", re.IGNORECASE)
_ARTICLE = re.compile(r"^\W*(?:the|an?)\s+(?=\w)", re.IGNORECASE)
# Particles written apart: one spelling of a name has them, another has not.
_LOOSE = frozenset(("al", "el"))
# What may stand between the words of one phrase: not the end of a paragraph, a bracket or a semicolon.
_BETWEEN = re.compile(r"[^\S\n]*['’\"“”‘,.–-]?[^\S\n]*\n?[^\S\n]*")


def occurrences(text: str, wanted: str, limit: int) -> list[Span]:
    """The first `limit` places of the phrase `wanted`, as offsets in order; an article before it does not count."""
    phrase = _WORD.findall(_ARTICLE.sub("", wanted))
    target = "".join(_folds(phrase, sum(map(len, phrase))))
    folds = _folds(_WORD.findall(text), len(target)) if target else []
    stream = "".join(folds)
    if not target or target not in stream:
        return []
    spans = [match.span() for match in _WORD.finditer(text)]
    at = list(accumulate(map(len, folds), initial=0))  # where the fold of each word begins in the stream, and its end
    found, here = list[Span](), 0
    while len(found) < limit and (here := stream.find(target, here)) >= 0:
        first, last = bisect_right(at, here) - 1, bisect_left(at, here + len(target)) - 1
        if at[first] != here or at[last + 1] != here + len(target):
            here += 1
        elif (apart := _first_apart(text, spans, first, last)) is not None:
            here = at[apart + 1]
        else:
            start, end = spans[first][0], spans[last][1]
            found.append((start, end - 2 if _POSSESSIVE.search(text, start, end) else end))
            here = at[last + 1]
    return found


def _first_apart(text: str, spans: Sequence[Span], first: int, last: int) -> int | None:
    """The first word of a run that does not belong together with the next."""
    for index in range(first, last):
        if not _BETWEEN.fullmatch(text, spans[index][1], spans[index + 1][0]):
            return index
    return None


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
