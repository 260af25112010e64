"""Figures in answers: whole, with their currency and magnitude; and there where one is asked for."""

from __future__ import annotations

import re

# Without these a figure is another one: $7.25, A$50 million, 97%, 4.5 million.
_SIGNS = "$£€¥₹"
_CURRENCY = re.compile(rf"(?:(?<!\w)[A-Z]{{1,3}})?[{_SIGNS}]$")
_MAGNITUDE = r"(?:[ \u00a0\n-](?:thousand|million|billion|trillion)(?!{not_before}))?"
_PERCENT = r"(?:[ \u00a0]?[%‰]|[ \u00a0-](?:percent|per cent)(?!\w))?"
# "The 2021 trillion-dollar law" is of 2021; but "$5 million-a-year" is of millions.
_BEHIND = re.compile(_MAGNITUDE.format(not_before=r"[\w-]") + _PERCENT, re.IGNORECASE)
_BEHIND_MONEY = re.compile(_MAGNITUDE.format(not_before=r"\w") + _PERCENT, re.IGNORECASE)

# The first word that asks says what for: "Who said how many were killed?" asks for a name.
_ASKING = re.compile(r"\b(?:who|whom|whose|which|what|where|when|why|how)\b", re.IGNORECASE)
_FOR_FIGURE = re.compile(r"how\s+(?:many|much|old)\b(?!\s+longer)|wh\w+\s+number\b(?!\s+(?:one|1)\b)", re.IGNORECASE)
_FOR_PERCENTAGE = re.compile(r"wh\w+\s+percentage\b", re.IGNORECASE)

_PARTS = r"half|halves|halved|thirds?|quarters?|fifths?|sixths?|tenths?|all|none|most|majority|minority|zero"
_ONE_TO_NINE = "one|two|three|four|five|six|seven|eight|nine"
_TENS = "twen|thir|for|fif|six|seven|eigh|nine"
_PERCENTAGE = re.compile(
    rf"%|\b(?:per\s?cent|pct|pc|{_PARTS})\b|(?:\d|\b(?:{_ONE_TO_NINE}))\s+(?:in|out\s+of)\b|\dpc\b", re.IGNORECASE
)
_NUMBER = re.compile(
    rf"\d|\b(?:{_PARTS}|no|nobody|nothing|free|few|several|both|once|twice|double|triple|doubled|tripled|\w+fold"
    r"|little|single|entire|whole|couple|pair|handful|inch|newborn|(?:dozen|score|hundred|thousand|million|billion)s?"
    rf"|trillions?|{_ONE_TO_NINE}|ten|eleven|twelve|(?:{_TENS}|four)teen|(?:{_TENS})t(?:y|ies)(?:-\w+)?)\b",
    re.IGNORECASE,
)


def whole(text: str, start: int, end: int) -> tuple[int, int]:
    """The span with the currency before its first figure and the magnitude and percent sign behind its last."""
    figure = start + (text[start : start + 1] in _SIGNS)
    money = text[figure : figure + 1].isdigit() and _CURRENCY.search(text, max(0, figure - 4), figure)
    if text[end - 1 : end].isdigit() and (match := (_BEHIND_MONEY if money else _BEHIND).match(text, end)):
        end = match.end()
    return (min(start, money.start()) if money else start), end


def lacks_figure(question: str, answer: str) -> bool:
    """Whether an English question asks how many, how much, how old or what percentage, and the answer gives none."""
    asking = _ASKING.search(question)
    if asking is None:
        return False
    if _FOR_PERCENTAGE.match(question, asking.start()):
        return not _PERCENTAGE.search(answer)
    return bool(_FOR_FIGURE.match(question, asking.start())) and not _NUMBER.search(answer)
