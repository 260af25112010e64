"""What the reader sees of a passage: date and title before it, so that "its" and "on Thursday" have something to mean."""

from __future__ import annotations

from datetime import datetime


def header(title: str, published_at: datetime | None) -> str:
    """The words put before a passage; never part of an answer. Empty when neither is known."""
    date = f"{published_at:%B} {published_at.day}, {published_at.year}." if published_at else ""
    return " ".join(part for part in (date, f"{title.strip()}." if title.strip() else "") if part)
