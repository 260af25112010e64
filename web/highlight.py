"""An article's text and two spans -> paragraphs of marked and unmarked pieces."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

Span = tuple[int, int]
Kind = Literal["text", "quote", "answer"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text in one style. `hit` is true of one piece only: where the reader should arrive."""

    text: str
    kind: Kind
    hit: bool = False


def paragraphs(text: str, quote: Span | None = None, answer: Span | None = None) -> list[list[Piece]]:
    """Cut `text` into paragraphs at line ends, and these where `quote` and `answer` begin and end.

    Spans are half-open offsets within the text; the answer wins where they overlap. Joining all pieces
    gives the text back: a paragraph keeps the line ends around it.
    """
    kinds: list[tuple[Kind, Span | None]] = [("answer", answer), ("quote", quote)]
    target = answer or quote
    cuts = sorted({offset for span in (quote, answer) if span for offset in span})
    found = []
    for match in re.finditer(r"\n*[^\n]+\n*|\n+", text):
        start, end = match.span()
        edges = [start, *(cut for cut in cuts if start < cut < end), end]
        found.append([_piece(text, a, b, kinds, target) for a, b in pairwise(edges)])
    return found


def excerpt(text: str, answer: Span | None) -> list[Piece]:
    """A short text in one paragraph, the answer marked."""
    return [piece for paragraph in paragraphs(text, None, answer) for piece in paragraph]


def _piece(text: str, start: int, end: int, kinds: list[tuple[Kind, Span | None]], target: Span | None) -> Piece:
    kind: Kind = next((name for name, span in kinds if span and span[0] <= start < span[1]), "text")
    hit = target is not None and start <= target[0] < end
    return Piece(text[start:end], kind, hit)
