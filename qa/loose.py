"""Times that count from the exchange before: "before", "after that", "the year before"."""

from __future__ import annotations

import re

from qa.answer import Exchange

BEFORE = re.compile(
    r"[\s,]*\b(?:before(?:\s+(?:that|then|this|it))?|earlier|previously|until\s+then)(?=\W*$)", re.IGNORECASE
)
AFTER = re.compile(
    r"[\s,]*\b(?:after(?:\s+(?:that|then|this|it))?|afterwards?|later(?:\s+on)?|next|since(?:\s+then)?)(?=\W*$)",
    re.IGNORECASE,
)


def dated(asked: str, before: Exchange) -> str:
    """The question with a loose "before" or "after" counted from the reports of the answer before it."""
    first, last = before.first_published, before.last_published
    if first and BEFORE.search(asked):
        return BEFORE.sub(f" before {first.day} {first:%B} {first.year}", asked, count=1)
    if last and AFTER.search(asked):
        return AFTER.sub(f" after {last.day} {last:%B} {last.year}", asked, count=1)
    return asked
