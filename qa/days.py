"""What the parts of a time expression mean: a match of the grammar (see `qa.timex`) and an anchor -> days."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Literal

# Which way an expression that fits two days is taken: "on Friday" means the last one, after "will" the next.
Lean = Literal["past", "future"]

DAY = timedelta(days=1)
_NAMES = """
    january february march april may june july august september october november december
    monday tuesday wednesday thursday friday saturday sunday
"""
MONTHS, DAYS = _NAMES.split()[:12], _NAMES.split()[12:]
# Northern seasons as news counts them, by their first month; winter runs into the next year.
SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}
COUNTS = {"a": 1, "an": 1, "one": 1, "two": 2, "couple of": 2, "a couple of": 2, "three": 3, "four": 4, "five": 5,
           "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "twelve": 12}  # fmt: skip

Range = tuple[date, date]


def month_range(year: int, month: int) -> Range:
    """The first and last day of a month; a month past December counts into the following years."""
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    following = date(year + month // 12, month % 12 + 1, 1)
    return date(year, month, 1), following - DAY


def _month(match: re.Match[str], said: str = "month") -> int:
    short = match[said].lower()[:3]
    return next(i for i, name in enumerate(MONTHS, 1) if name.startswith(short))


def _part(match: re.Match[str], whole: Range) -> Range:
    """The third of a period that "early", "mid" or "late" means."""
    said = (match.groupdict().get("part") or "").lower()
    if not said:
        return whole
    third = (whole[1] - whole[0]) // 3
    if "early" in said or "start" in said or "beginning" in said:
        return whole[0], whole[0] + third
    if "mid" in said:
        return whole[0] + third, whole[1] - third
    return whole[1] - third, whole[1]


def _day_of_month(match: re.Match[str], anchor: date, lean: Lean, ahead: int) -> Range:
    day = _near(_month(match), int(match["d"]), match["y"], anchor, lean, ahead)
    return day, day


def _day_range(match: re.Match[str], anchor: date, lean: Lean, ahead: int) -> Range:
    first = _near(_month(match), int(match["d"]), match["y"], anchor, lean, ahead)
    last = date(first.year, first.month, int(match["d2"]))
    if last <= first:
        raise ValueError("no range of days")
    return first, last


def _week_of(match: re.Match[str], anchor: date, lean: Lean, ahead: int) -> Range:
    said = "month" if match["month"] else "month2"
    day = _near(_month(match, said), int(match["d"] or match["d2"]), match["y"], anchor, lean, ahead)
    monday = day - day.weekday() * DAY
    return monday, monday + 6 * DAY


def _near(month: int, day: int, year: str | None, anchor: date, lean: Lean, ahead: int) -> date:
    """A day of a month; without a year, the last one or the next one (see `expressions`)."""
    if year:
        return date(int(year), month, day)
    days = [found for y in range(anchor.year - 4, anchor.year + 5) if (found := _valid(y, month, day))]
    coming = next(found for found in days if found >= anchor)
    if lean == "future" or (coming - anchor).days <= ahead:
        return coming
    return next(found for found in reversed(days) if found <= anchor)


def _valid(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _iso(match: re.Match[str], _anchor: date, _lean: Lean, _ahead: int) -> Range:
    day = date(int(match["y"]), int(match["m"]), int(match["d"]))
    return day, day


def _month_year(match: re.Match[str], _anchor: date, _lean: Lean, _ahead: int) -> Range:
    return _part(match, month_range(int(match["y"]), _month(match)))


def _month_alone(match: re.Match[str], anchor: date, lean: Lean, _ahead: int) -> Range:
    ranges = [month_range(year, _month(match)) for year in (anchor.year - 1, anchor.year, anchor.year + 1)]
    past = [r for r in ranges if r[0] <= anchor]
    ahead = [r for r in ranges if r[1] >= anchor]
    return _part(match, past[-1] if lean == "past" else ahead[0])


def _season(match: re.Match[str], _anchor: date, _lean: Lean, _ahead: int) -> Range:
    return _season_of(int(match["y"]), match["season"])


def _season_of(year: int, season: str) -> Range:
    first = SEASONS[season.lower()]
    return month_range(year, first)[0], month_range(year, first + 2)[1]


def _decade(match: re.Match[str], _anchor: date, _lean: Lean, _ahead: int) -> Range:
    year = int(match["y"])
    return date(year, 1, 1), date(year + 9, 12, 31)


def _year(match: re.Match[str], _anchor: date, _lean: Lean, _ahead: int) -> Range:
    year = int(match["y"])
    return _part(match, (date(year, 1, 1), date(year, 12, 31)))


def _year_range(match: re.Match[str], _anchor: date, _lean: Lean, _ahead: int) -> Range:
    first, last = int(match["y"]), int(match["y2"])
    if last < first:
        raise ValueError("no range of years")
    return date(first, 1, 1), date(last, 12, 31)


def _number(match: re.Match[str]) -> int:
    said = " ".join(match["n"].lower().split())
    return int(said) if said.isdigit() else COUNTS[said]


def _back(anchor: date, number: int, unit: str) -> Range:
    """The day, or the calendar month or year, so many units before (or, negative, after) the anchor."""
    unit = unit.lower()
    if unit in ("day", "week", "fortnight"):
        day = anchor - number * {"day": 1, "week": 7, "fortnight": 14}[unit] * DAY
        return day, day
    if unit == "month":
        months = anchor.year * 12 + anchor.month - 1 - number
        return month_range(months // 12, months % 12 + 1)
    year = anchor.year - number * (10 if unit == "decade" else 1)
    return date(year, 1, 1), date(year, 12, 31)


def _ago(match: re.Match[str], anchor: date, _lean: Lean, _ahead: int) -> Range:
    return _back(anchor, _number(match), match["unit"])


def _past_n(match: re.Match[str], anchor: date, _lean: Lean, _ahead: int) -> Range:
    return _length_before(anchor, _number(match), match["unit"]), anchor


def _next_n(match: re.Match[str], anchor: date, _lean: Lean, _ahead: int) -> Range:
    return anchor, anchor + (anchor - _length_before(anchor, _number(match), match["unit"]))


def _length_before(anchor: date, number: int, unit: str) -> date:
    days = {"day": 1, "week": 7, "fortnight": 14, "month": 30.44, "year": 365.25, "decade": 3652.5}[unit.lower()]
    return anchor - timedelta(days=round(number * days))


def _deictic_month(match: re.Match[str], anchor: date, _lean: Lean, _ahead: int) -> Range:
    month, which = _month(match), match["which"].lower()
    if which == "next":
        return next(r for y in (anchor.year, anchor.year + 1) if (r := month_range(y, month))[0] > anchor)
    if which == "this":
        return month_range(anchor.year, month)
    return next(r for y in (anchor.year, anchor.year - 1) if (r := month_range(y, month))[1] < anchor)


def _deictic_season(match: re.Match[str], anchor: date, _lean: Lean, _ahead: int) -> Range:
    which, season = match["which"].lower(), match["season"]
    years = [anchor.year - 2, anchor.year - 1, anchor.year, anchor.year + 1]
    ranges = [_season_of(year, season) for year in years]
    if which == "next":
        return next(r for r in ranges if r[0] > anchor)
    if which == "this":
        return min(ranges, key=lambda r: max(r[0] - anchor, anchor - r[1]))
    return next(r for r in reversed(ranges) if r[1] < anchor)


def _weekday_number(match: re.Match[str]) -> int:
    return DAYS.index(match["weekday"].lower())


def _weekday(match: re.Match[str], anchor: date, lean: Lean, _ahead: int) -> Range:
    distance = (anchor.weekday() - _weekday_number(match)) % 7
    day = anchor - distance * DAY if lean == "past" else anchor + (-distance % 7) * DAY
    return day, day


def _this_week(match: re.Match[str], anchor: date) -> Range:
    day = anchor + (_weekday_number(match) - anchor.weekday()) * DAY
    return day, day


def _deictic_day(match: re.Match[str], anchor: date, lean: Lean, _ahead: int) -> Range:
    which, distance = match["which"].lower(), (anchor.weekday() - _weekday_number(match)) % 7
    if which in ("last", "past"):
        day = anchor - (distance or 7) * DAY
    elif which == "next":
        day = anchor + ((7 - distance) or 7) * DAY
    else:
        return _this_week(match, anchor)
    return day, day


def _deictic(match: re.Match[str], anchor: date, lean: Lean, _ahead: int) -> Range:
    return _part(match, _whole_deictic(match, anchor, lean, 0))


def _whole_deictic(match: re.Match[str], anchor: date, _lean: Lean, _ahead: int) -> Range:
    which, unit = match["which"].lower(), match["unit"].lower()
    step = {"last": 1, "past": 1, "previous": 1, "this": 0, "current": 0, "next": -1, "coming": -1}[which]
    if unit in ("week", "weekend"):
        if which == "past" and unit == "week":
            return anchor - 7 * DAY, anchor
        monday = anchor - anchor.weekday() * DAY - 7 * step * DAY
        if unit == "weekend" and which == "this" and anchor.weekday() < 2:
            monday -= 7 * DAY  # on a Monday or Tuesday "this weekend" is the one just over
        return (monday, monday + 6 * DAY) if unit == "week" else (monday + 5 * DAY, monday + 6 * DAY)
    if unit == "month":
        return _back(anchor, step, "month")
    if unit == "quarter":
        quarter = anchor.year * 4 + (anchor.month - 1) // 3 - step
        first = quarter % 4 * 3 + 1
        return month_range(quarter // 4, first)[0], month_range(quarter // 4, first + 2)[1]
    if which == "past" and unit == "year":
        return _length_before(anchor, 1, "year"), anchor
    span = {"year": 1, "decade": 10, "century": 100}[unit]
    year = anchor.year // span * span - step * span
    return date(year, 1, 1), date(year + span - 1, 12, 31)


def _month_of(match: re.Match[str], anchor: date, _lean: Lean, _ahead: int) -> Range:
    year = anchor.year + {"last": -1, "this": 0, "next": 1}[match["which"].lower()]
    return month_range(year, _month(match))


def _today(_match: re.Match[str], anchor: date, _lean: Lean, _ahead: int) -> Range:
    return anchor, anchor


def _yesterday(match: re.Match[str], anchor: date, _lean: Lean, _ahead: int) -> Range:
    day = anchor - (2 if "before" in match.group().lower() else 1) * DAY
    return day, day


def _tomorrow(match: re.Match[str], anchor: date, _lean: Lean, _ahead: int) -> Range:
    day = anchor + (2 if "after" in match.group().lower() else 1) * DAY
    return day, day


RESOLVE: dict[str, Callable[[re.Match[str], date, Lean, int], Range]] = {
    "iso": _iso,
    "day_range": _day_range,
    "week_of": _week_of,
    "year_range": _year_range,
    "month_day": _day_of_month,
    "day_month": _day_of_month,
    "month_year": _month_year,
    "season": _season,
    "decade": _decade,
    "ago": _ago,
    "past_n": _past_n,
    "next_n": _next_n,
    "deictic_month": _deictic_month,
    "deictic_season": _deictic_season,
    "deictic_day": _deictic_day,
    "deictic": _deictic,
    "month_of": _month_of,
    "today": _today,
    "yesterday": _yesterday,
    "tomorrow": _tomorrow,
    "weekday": _weekday,
    "month_alone": _month_alone,
    "year": _year,
}
