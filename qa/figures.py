"""Figures in answers: whole, with their currency and magnitude; and there where one is asked for."""

from __future__ import annotations

import re

# Without these a figure is another one: $7.25, 97%, 4.5 million.
_CURRENCY = re.compile(r"(?:\b(?:US|A|C|HK|NZ))?[$£€¥]$")
_BEHIND = re.compile(r"(?:[ \u00a0-](?:thousand|million|billion|trillion)\b)?(?:[%‰]|[ \u00a0](?:percent|per cent)\b)?")
# What begins to ask for a figure, and for a percentage alone.
_ASKED = re.compile(r"\bhow\s+(?:many|much|old)\b|\b(?:what|which)\s+(?:number|percentage)\b", re.IGNORECASE)
_PERCENTAGE_ASKED = re.compile(r"\b(?:what|which)\s+percentage\b", re.IGNORECASE)
_PARTS = "half|halves|thirds?|quarters?|all|none|one in"
_PERCENTAGE = re.compile(rf"%|\bper\s?cent\b|\b(?:{_PARTS})\b", re.IGNORECASE)
_NUMBER = re.compile(
    rf"""\d|\b(?:{_PARTS}|no|nobody|nothing|free|few|several|most|majority|both|once|twice|double|triple
    |(?:dozen|score|hundred|thousand|million|billion|trillion)s?
    |one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve
    |(?:thir|four|fif|six|seven|eigh|nine)teen|(?:twen|thir|for|fif|six|seven|eigh|nine)ty)\b""",
    re.IGNORECASE | re.VERBOSE,
)


def whole(text: str, start: int, end: int) -> tuple[int, int]:
    """The span with the currency before its first figure and the magnitude and percent sign behind its last."""
    if text[start : start + 1].isdigit() and (match := _CURRENCY.search(text[max(0, start - 3) : start])):
        start -= match.end() - match.start()
    if text[end - 1 : end].isdigit() and (match := _BEHIND.match(text, end)):
        end = match.end()
    return start, end


def lacks_figure(question: str, answer: str) -> bool:
    """Whether the question asks how many, how much, how old or what percentage, and the answer gives none."""
    if _PERCENTAGE_ASKED.search(question):
        return not _PERCENTAGE.search(answer)
    return bool(_ASKED.search(question)) and not _NUMBER.search(answer)
