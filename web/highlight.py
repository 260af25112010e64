"""An article's text and spans in it -> paragraphs of marked and unmarked pieces."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

Span = tuple[int, int]
Kind = Literal["text", "quote", "answer", "found"]

# Paragraphs of one text: a browser slows down with more, so that lines of a text of many lines share them.
MAX_PARAGRAPHS = 2000


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text in one style. `hit` is true of one piece only: where the reader should arrive. `place` counts
    the places found, from 1, at the piece that begins one."""

    text: str
    kind: Kind
    hit: bool = False
    place: int = 0


def paragraphs(
    text: str, quote: Span | None = None, answer: Span | None = None, found: Sequence[Span] = ()
) -> list[list[Piece]]:
    """Cut `text` into paragraphs at line ends, and these where `quote`, `answer` and the places found begin and end.

    Spans are half-open offsets within the text, those of `found` in order and apart; where they overlap, the answer
    wins, then what was found. Joining all pieces gives the text back: a paragraph keeps the line ends around it.
    """
    marks = _Marks(text, quote, answer, found)
    ends = [match.end() for match in re.finditer(r"\n*[^\n]+\n*|\n+", text)]
    together = -(-len(ends) // MAX_PARAGRAPHS) or 1
    ends = [0, *ends[together - 1 : -1 : together], *ends[-1:]]
    return [marks.pieces(start, end) for start, end in pairwise(ends)]


def excerpt(text: str, answer: Span | None) -> list[Piece]:
    """A short text in one paragraph, the answer marked."""
    return [piece for paragraph in paragraphs(text, None, answer) for piece in paragraph]


class _Marks:
    """What is marked in a text."""

    def __init__(self, text: str, quote: Span | None, answer: Span | None, found: Sequence[Span]) -> None:
        self._text, self._quote, self._answer, self._found = text, quote, answer, found
        self._target = answer or quote
        self._cuts = sorted({offset for span in (quote, answer, *found) if span for offset in span})
        self._starts = [start for start, _ in found]

    def pieces(self, start: int, end: int) -> list[Piece]:
        """The pieces between two offsets."""
        cuts = self._cuts[bisect_right(self._cuts, start) : bisect_left(self._cuts, end)]
        return [self._piece(a, b) for a, b in pairwise([start, *cuts, end])]

    def _piece(self, start: int, end: int) -> Piece:
        hit = self._target is not None and start <= self._target[0] < end
        last = bisect_right(self._starts, start)
        if _within(self._answer, start):
            return Piece(self._text[start:end], "answer", hit)
        if last and _within(self._found[last - 1], start):
            return Piece(self._text[start:end], "found", hit, last if self._starts[last - 1] == start else 0)
        return Piece(self._text[start:end], "quote" if _within(self._quote, start) else "text", hit)


def _within(span: Span | None, offset: int) -> bool:
    return span is not None and span[0] <= offset < span[1]
