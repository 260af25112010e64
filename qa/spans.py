"""Where words begin and end, and how a span is made neat without breaking its offsets."""

from __future__ import annotations

import re

_IN_NUMBER = re.compile(r"\d[.,:]\d")


def is_boundary(text: str, at: int) -> bool:
    """Whether a word may begin or end at `text[at]`: not inside a run of letters and digits, nor inside 1,234.5.

    Scripts that put no blanks between words (Chinese, Japanese, Thai) may be cut between any two characters.
    """
    if at <= 0 or at >= len(text):
        return True
    before, after = text[at - 1], text[at]
    if _unspaced(before) or _unspaced(after):
        return True
    if _in_word(before) and _in_word(after):
        return False
    return not (_IN_NUMBER.fullmatch(text[at - 1 : at + 2]) or _IN_NUMBER.fullmatch(text[max(0, at - 2) : at + 1]))


def _in_word(character: str) -> bool:
    import unicodedata

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
