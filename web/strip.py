"""The timeline of an answer as a drawing: where on a strip of days its reports stand, in per cent of the width."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from qa.answer import TimelineEntry

# Days drawn as one where they would lie closer: a finger needs 24 pixels, a strip on a phone has some 300.
LEAST_APART = 8.0
# Room at either end for half a dot.
MARGIN = 4.0


@dataclass(frozen=True, slots=True)
class Dot:
    """Days of reports at one place of the strip; the last of them is the one to ask as of."""

    x: float
    days: tuple[date, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """An answer and its dots; its line runs from the first to the last."""

    entry: TimelineEntry
    dots: tuple[Dot, ...]


@dataclass(frozen=True, slots=True)
class Strip:
    """The rows in order, and the days at both ends."""

    rows: tuple[Row, ...]
    first: date
    last: date


def strip(timeline: Sequence[TimelineEntry]) -> Strip | None:
    """The drawing of a timeline; None where there is nothing to compare or no day to draw."""
    days = [day for entry in timeline for day in entry.published]
    if len(timeline) < 2 or not days:
        return None
    first, last = min(days), max(days)
    rows = tuple(Row(entry, _dots(entry.published, first, last)) for entry in timeline if entry.published)
    return Strip(rows, first, last)


def _dots(published: Sequence[date], first: date, last: date) -> tuple[Dot, ...]:
    dots: list[Dot] = []
    for day in sorted(published):
        x = _place(day, first, last)
        if dots and x - dots[-1].x < LEAST_APART:
            dots[-1] = Dot(dots[-1].x, (*dots[-1].days, day))
        else:
            dots.append(Dot(x, (day,)))
    return tuple(dots)


def _place(day: date, first: date, last: date) -> float:
    length = (last - first).days
    share = (day - first).days / length if length else 0.5
    return round(MARGIN + share * (100 - 2 * MARGIN), 2)
