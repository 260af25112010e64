"""Coordinates of the bar charts that the pages draw as SVG. Across, all is in per cent: a chart is as wide as it may
be, and its letters stay as large as they are."""

from __future__ import annotations

from calendar import monthrange
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, Protocol

from web.words import phrase

# More bars than this stand for longer times each.
MAX_BARS = 60
# Months that a bar can stand for, and what they are called.
STEPS = (
    (1, phrase("charts.month")),
    (12, phrase("charts.year")),
    (120, phrase("charts.decade")),
    (1200, phrase("charts.century")),
)
# The share of the width that dated bars get beside an undated one, whose label needs the rest on a phone.
BESIDE_UNDATED = 82.0
# Per cent of the width: a bar is no wider, however few there are; and the space between two, as a share of a bar.
WIDEST, SPACE = 8.0, 0.2
# Per cent of the height: what can still be seen beside a much higher bar.
LOWEST = 2.0
TICKS = 3


class Month(Protocol):
    """How many articles were published in a month, written 2017-11."""

    @property
    def month(self) -> str:
        """Year and month."""

    @property
    def articles(self) -> int:
        """How many."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar, its corner and size in per cent of the plot, and the days it stands for, None where they are unknown."""

    x: float
    y: float
    width: float
    height: float
    label: str
    articles: int
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True)
class Tick:
    """A word below the bars, and which of its ends stands at `x` per cent."""

    x: float
    label: str
    anchor: Literal["start", "middle", "end"]


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars, oldest first, each for a `step` of time; a bar of the undated, if any; `summary` says it in words."""

    step: str
    bars: tuple[Bar, ...]
    undated: Bar | None
    ticks: tuple[Tick, ...]
    peak: int
    width: float
    summary: str


def month_chart(months: Sequence[Month], undated: int) -> Chart:
    """A bar for each month, or for each year or longer time when there would be too many, and one for the undated."""
    counts = {_number(month.month): month.articles for month in months if month.articles}
    first, last = min(counts, default=0), max(counts, default=-1)
    length, step = next(((n, name) for n, name in STEPS if last // n - first // n < MAX_BARS), STEPS[-1])
    bins: Counter[int] = Counter()
    for number, articles in counts.items():
        bins[number // length] += articles
    start, slots = first // length, last // length - first // length + 1
    width = BESIDE_UNDATED if undated else 100.0
    peak = max([undated, *bins.values()])
    bars = tuple(
        _bar(_label(bin_ * length, length), bins[bin_], peak, width * (bin_ - start) / slots, width / slots, days)
        for bin_ in sorted(bins)
        if (days := _days(bin_ * length, length))
    )
    beside = 100 - BESIDE_UNDATED
    lone = _bar(phrase("charts.undated"), undated, peak, 100 - beside, beside, (None, None)) if undated else None
    ticks = _ticks(start, slots, length, width)
    return Chart(step, bars, lone, ticks, peak, width, _summary(step, bars, undated))


def _bar(label: str, articles: int, peak: int, x: float, slot: float, days: tuple[date | None, date | None]) -> Bar:
    width = min(WIDEST, slot * (1 - SPACE))
    height = max(LOWEST, 100 * articles / peak)
    corner = (round(x + (slot - width) / 2, 3), round(100 - height, 3))
    return Bar(*corner, round(width, 3), round(height, 3), label, articles, *days)


def _ticks(start: int, slots: int, length: int, width: float) -> tuple[Tick, ...]:
    """A few bars by name, as far apart as they can be."""
    chosen = sorted({round(i * (slots - 1) / (TICKS - 1)) for i in range(TICKS)}) if slots > 0 else []
    ticks = []
    for slot in chosen:
        label = _label((start + slot) * length, length, short=True)
        if slots > TICKS and slot == 0:
            ticks.append(Tick(0, label, "start"))
        elif slots > TICKS and slot == slots - 1:
            ticks.append(Tick(width, label, "end"))
        else:
            ticks.append(Tick(round(width * (slot + 0.5) / slots, 3), label, "middle"))
    return tuple(ticks)


def _summary(step: str, bars: Sequence[Bar], undated: int) -> str:
    if not bars:
        return phrase("charts.only_undated", undated=undated)
    most = max(bars, key=lambda bar: bar.articles)
    first, last = bars[0].label, bars[-1].label
    values = {
        "dated": sum(bar.articles for bar in bars),
        "time": first if len(bars) == 1 else phrase("dates.range", first=first, last=last),
        "step": step,
        "most": most.articles,
        "when": most.label,
    }
    if undated:
        return phrase("charts.summary_undated", **values, undated=undated)
    return phrase("charts.summary", **values)


def _number(month: str) -> int:
    """Months since the beginning of the calendar: 2017-11 is 2017 * 12 + 10."""
    year, _, number = month.partition("-")
    return int(year) * 12 + int(number) - 1


def _label(number: int, length: int, *, short: bool = False) -> str:
    if length == 1:
        return date(number // 12, number % 12 + 1, 1).strftime("%b %Y" if short else "%B %Y")
    first, last = number // 12, (number + length) // 12 - 1
    return str(first) if first == last or short else phrase("dates.range", first=first, last=last)


def _days(number: int, length: int) -> tuple[date, date]:
    """The first and last day of `length` months from a month on."""
    ending = number + length - 1
    year, month = ending // 12, ending % 12 + 1
    return date(max(1, number // 12), number % 12 + 1, 1), date(min(9999, year), month, monthrange(year, month)[1])
