"""Start and end scores -> the best spans: pairs under a length limit, whole words, neat edges, true offsets."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from qa.figures import whole

Floats = npt.NDArray[np.float32]

# Word pieces of an answer, at most, before its figure is made whole: 99 % of the training answers have fewer.
MAX_ANSWER = 30
# Spans kept of each passage: what an answer gains by standing in a passage twice is little.
PER_PASSAGE = 4

_IN_NUMBER = re.compile(r"\d[.,:]\d")
_ARTICLE = re.compile(r"(?:a|an|the)\s+(?=\S)", re.IGNORECASE)
# No answer by themselves; "A" may be one.
_SAYS_NOTHING = re.compile(r"the|an", re.IGNORECASE)
# Marks that may begin an answer, right before a letter or digit, and that may end one; all others are trimmed.
_OPENING = "$£€¥#@+-−.§"
_CLOSING = "%‰°+$£€¥"
_ABBREVIATION = re.compile(
    r"(?:\b(?:[^\W\d]\.)*[^\W\d]|\b(?:jr|sr|st|dr|mr|mrs|ms|inc|ltd|co|corp|no|gov|sen|rep|gen))\.$", re.IGNORECASE
)
_PARAGRAPH = re.compile(r"\n\s*\n")
_PAIRS = {")": "(", "]": "[", "”": "“", "»": "«"}


@dataclass(frozen=True, slots=True)
class Scored:
    """The characters [start, end) of a text, and their log-odds against "no answer here"."""

    start: int
    end: int
    score: float


def best_spans(
    text: str, offsets: Sequence[tuple[int, int]], start: Floats, end: Floats, null: float, limit: int = PER_PASSAGE
) -> list[Scored]:
    """The best spans of a text that do not overlap, best first.

    `offsets` are the characters of each piece, `start` and `end` (pieces,) its scores, `null` the score of "no
    answer". A span begins and ends where words do, in one paragraph, with the whole of its figures; when no piece does,
    there is none.
    """
    begins = np.array([is_boundary(text, a) and b > a for a, b in offsets], bool)
    ends = np.array([is_boundary(text, _past_marks(text, b)) and b > a for a, b in offsets], bool)
    first = np.flatnonzero(begins)
    if not len(first):
        return []
    last = first[:, None] + np.arange(MAX_ANSWER)
    clipped = np.minimum(last, len(offsets) - 1)
    # No answer goes on in the next paragraph.
    breaks = [match.start() for match in _PARAGRAPH.finditer(text)]
    paragraph = np.searchsorted(breaks, [a for a, _ in offsets])
    inside = (last < len(offsets)) & (paragraph[clipped] == paragraph[first][:, None])
    scores = np.where(inside & ends[clipped], start[first][:, None] + end[clipped], -np.inf)
    chosen: list[Scored] = []
    # Overlapping spans crowd the top: some dozens hold the best few that do not overlap.
    order = np.argsort(-scores, axis=None, kind="stable")[: 64 * limit]
    for at in order:
        row, distance = np.unravel_index(at, scores.shape)
        if len(chosen) == limit or not np.isfinite(scores[row, distance]):
            break
        a, b = trim(text, offsets[int(first[row])][0], _past_marks(text, offsets[int(clipped[row, distance])][1]))
        a, b = whole(text, a, b)
        if (
            b > a
            and not _SAYS_NOTHING.fullmatch(text, a, b)
            and all(b <= other.start or a >= other.end for other in chosen)
        ):
            chosen.append(Scored(a, b, float(scores[row, distance]) - null))
    return chosen


def is_boundary(text: str, at: int) -> bool:
    """Whether a word may begin or end at `text[at]`: not inside a run of letters and digits, nor inside 1,234.5.

    Scripts that put no blanks between words (Chinese, Japanese, Thai) may be cut between any two characters.
    """
    if at <= 0 or at >= len(text):
        return True
    before, after = text[at - 1], text[at]
    if before == " " or after == " ":  # these two lines only save time: five of six pieces end here
        return True
    if before.isascii() and after.isascii() and before.isalpha() and after.isalpha():
        return False
    if _unspaced(before) or _unspaced(after):
        return True
    if _in_word(before) and _in_word(after):
        return False
    return not (_IN_NUMBER.fullmatch(text[at - 1 : at + 2]) or _IN_NUMBER.fullmatch(text[max(0, at - 2) : at + 1]))


def _past_marks(text: str, at: int) -> int:
    """Where the accents that follow a letter end: BERT's pieces stop before them when they are written apart."""
    while at < len(text) and not text[at].isascii() and unicodedata.category(text[at]).startswith("M"):
        at += 1
    return at


def _in_word(character: str) -> bool:
    return character.isalnum() or unicodedata.category(character).startswith("M")


def _unspaced(character: str) -> bool:
    """Han, kana, Thai, Lao, Myanmar, Khmer."""
    code = ord(character)
    return (
        0x2E80 <= code <= 0x9FFF
        or 0xF900 <= code <= 0xFAFF
        or 0x20000 <= code <= 0x3FFFF
        or 0x0E00 <= code <= 0x0EFF
        or 0x1000 <= code <= 0x109F
        or 0x1780 <= code <= 0x17FF
    )


def trim(text: str, start: int, end: int) -> tuple[int, int]:
    """The span without leading articles, blanks and punctuation at its edges; unchanged if nothing would be left.

    Kept: marks that are part of an answer ($5, 15%, U.S., Inc.) and brackets and quotes whose pair is inside.
    """
    a = _skip(text, start, end)
    if match := _ARTICLE.match(text, a, end):
        a = _skip(text, match.end(), end)
    b = end
    while b > a and _loose(text[b - 1], _CLOSING) and not _belongs(text, a, b):
        b -= 1
    return (a, b) if b > a else (start, end)


def _skip(text: str, at: int, end: int) -> int:
    """The first place from `at` where an answer may begin."""
    while at < end and _loose(text[at], _OPENING if text[at + 1 : at + 2].isalnum() else ""):
        at += 1
    return at


def _loose(character: str, kept: str) -> bool:
    """Whether the character at an edge is no part of an answer."""
    return character.isspace() or (character not in kept and unicodedata.category(character)[0] in "PCS")


def _belongs(text: str, start: int, end: int) -> bool:
    """Whether the last character belongs to the span: a bracket opened inside, or the full stop of an abbreviation."""
    span = text[start:end]
    if span[-1] in _PAIRS:
        return _PAIRS[span[-1]] in span
    return span[-1] == "." and bool(_ABBREVIATION.search(span))
