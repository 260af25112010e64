"""Time expressions in English text -> calendar days: "on Friday", "last month", "November 3rd", "in 2015".

One grammar serves questions (counted from `as_of`) and quotations (counted from the day of publication).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

# What an expression says by itself: a calendar date with its year, one without, or so far from the anchor.
Kind = Literal["dated", "yearless", "relative"]
# Which way an expression that fits two days is taken: "on Friday" means the last one, after "will" the next.
Lean = Literal["past", "future"]

DAY = timedelta(days=1)
_NAMES = """
    january february march april may june july august september october november december
    monday tuesday wednesday thursday friday saturday sunday
"""
_MONTHS, _DAYS = _NAMES.split()[:12], _NAMES.split()[12:]
# Northern seasons as news counts them, by their first month; winter runs into the next year.
_SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}
_COUNTS = {"a": 1, "an": 1, "one": 1, "two": 2, "couple of": 2, "a couple of": 2, "three": 3, "four": 4, "five": 5,
           "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "twelve": 12}  # fmt: skip
# Words that put what follows them into the future, and what ends their reach: a stop, or another's saying so.
_FUTURE = re.compile(
    r"\b(?:[Ww]ill(?!\s+[A-Z])|won['’]t|shall|(?:is|are|was|were)\s+(?:set|due|expected|scheduled|planned|going)|plans?\s+to"
    r"|planned\s+for|expected|scheduled|upcoming|[Aa]head\s+of|coming)\b"
)
_REACH = re.compile(
    r"[:;?!]|(?<!\b[A-Za-z])\.(?=\s|$)|\b(?:said|says|told|announced|reported|confirmed|wrote|added|warned|declared)\b"
)
# How far ahead a day without a year may lie in a report that does not speak of the future: "the talks of 10 November".
AHEAD = 14


@dataclass(frozen=True, slots=True)
class Timex:
    """The characters [start, end) of a text, and the days they mean, from `first` to `last`, both included."""

    start: int
    end: int
    first: date
    last: date
    kind: Kind


# "May" and "March" are also words; beside a day, a year or "in" nothing but the month can be meant.
_CLEAR_MONTH = (
    r"(?:(?i:january|february|april|june|july|august|september|october|november|december)"
    r"|(?:Jan|Feb|Apr|Jul|Aug|Sept|Oct|Nov|Dec)\b\.?)"
)
_ANY_MONTH = rf"(?:{_CLEAR_MONTH}|(?i:may|march)|(?:Mar|Jun|Sep)\b\.?)"
_WEEKDAY = r"(?i:monday|tuesday|wednesday|thursday|friday|saturday|sunday)"
_NUMBER = r"(?:3[01]|[12][0-9]|0?[1-9])"
_YEAR = r"(?:1[4-9][0-9]{2}|20[0-9]{2})"
_PART = r"(?P<part>(?i:early|mid|late|the\s+(?:start|beginning|middle|end)\s+of))[\s-]+"
# What must stand before a bare year, or before a month that is also a word or a name, for it to be a time.
_AFTER = r"(?i:(?<=\bin )|(?<=\bin the year )|(?<=\bsince )|(?<=\buntil )|(?<=\btill )|(?<=\bduring )|(?<=\bthrough ))"
_AFTER_YEAR = rf"(?:{_AFTER}|(?i:(?<=\bbefore )|(?<=\bafter )|(?<=\bby )|(?<=\bend of )|(?<=\bstart of )))"
# What is counted in thousands is no year: "in 2000 attacks".
_NO_COUNT = (
    r"(?![0-9%]|[.,:/-][0-9]|\s+(?i:people|dollars|euros|pounds|troops|votes|attacks|cases|jobs|houses|homes|soldiers"
    r"|refugees|deaths|places|cities|countries|members|students|workers|patients|miles|metres|meters|tons|tonnes)\b)"
)
_UNIT = r"(?i:day|week|fortnight|month|year|decade)"
_COUNT = rf"(?:[0-9]{{1,3}}|(?i:{'|'.join(sorted(_COUNTS, key=len, reverse=True))}))"

# Tried in this order at each place of the text; longer forms before the shorter ones they begin with.
_PATTERNS: tuple[tuple[str, str], ...] = (
    ("none", r"(?i:half\s+(?:a\s+)?(?:year|century|decade)\s+ago)"),
    ("none", rf"(?i:(?:black|bloody|good|easter|super|ash|palm|cyber|giving|holy|sheffield)\s+{_WEEKDAY})"),
    ("none", rf"{_WEEKDAY}\s+(?:Times|Mirror|Mail|Express|Telegraph|Morning|Night|Agreement|Herald|Post|Star)\b"),
    ("iso", rf"(?P<y>{_YEAR})-(?P<m>0[1-9]|1[0-2])-(?P<d>0[1-9]|[12][0-9]|3[01])(?![0-9-])"),
    (
        "day_range",
        rf"(?P<d>{_NUMBER})(?:st|nd|rd|th)?\s*(?:-|–|to|and)\s*(?P<d2>{_NUMBER})(?:st|nd|rd|th)?\s+"
        rf"(?P<month>{_ANY_MONTH})(?:,?\s+(?P<y>{_YEAR})(?![0-9]))?",
    ),
    (
        "day_range",
        rf"(?P<month>{_ANY_MONTH})\s+(?P<d>{_NUMBER})(?:st|nd|rd|th)?\s*(?:-|–|to|and)\s*(?P<d2>{_NUMBER})"
        rf"(?:st|nd|rd|th)?(?:,?\s+(?P<y>{_YEAR})(?![0-9]))?(?!\s*(?:{_ANY_MONTH}|[%]|[0-9]))",
    ),
    (
        "month_day",
        rf"(?:{_WEEKDAY},?\s+)?(?P<month>{_ANY_MONTH})\s+(?P<d>{_NUMBER})(?:st|nd|rd|th)?(?![0-9:.]?[0-9]|\s+(?:days|weeks|months|years|hours)\b)"
        rf"(?:,?\s+(?P<y>{_YEAR})(?![0-9]))?",
    ),
    (
        "day_month",
        rf"(?:{_WEEKDAY},?\s+)?(?:the\s+)?(?P<d>{_NUMBER})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<month>{_ANY_MONTH})"
        rf"(?:,?\s+(?P<y>{_YEAR})(?![0-9]))?",
    ),
    ("week_of", rf"(?:the\s+)?week\s+of\s+(?:(?:the\s+)?(?P<d>{_NUMBER})(?:st|nd|rd|th)?\s+(?P<month>{_ANY_MONTH})"
                rf"|(?P<month2>{_ANY_MONTH})\s+(?P<d2>{_NUMBER})(?:st|nd|rd|th)?)(?:,?\s+(?P<y>{_YEAR})(?![0-9]))?"),
    ("year_range", rf"(?:{_AFTER}|(?i:(?<=\bfrom )|(?<=\bbetween )))(?P<y>{_YEAR})\s*(?:-|–|to|and|until|through)\s*"
                   rf"(?P<y2>{_YEAR}){_NO_COUNT}"),
    ("month_year", rf"(?:{_PART})?(?P<month>{_ANY_MONTH}),?\s+(?:of\s+)?(?P<y>{_YEAR})(?![0-9])"),
    ("season", rf"(?P<season>(?i:{'|'.join(_SEASONS)}))\s+(?:of\s+)?(?P<y>{_YEAR})(?![0-9])"),
    ("decade", r"(?:the\s+)?(?P<y>(?:1[4-9]|20)[0-9]0)s(?!\w)"),
    ("ago", rf"(?P<n>{_COUNT})\s+(?P<unit>{_UNIT})s?\s+(?i:ago)"),
    ("past_n", rf"(?i:(?:last|past|previous))\s+(?P<n>{_COUNT})\s+(?P<unit>{_UNIT})s"),
    ("next_n", rf"(?i:(?:next|coming))\s+(?P<n>{_COUNT})\s+(?P<unit>{_UNIT})s"),
    ("deictic_month", rf"(?P<which>(?i:last|this|next|past))\s+(?P<month>{_ANY_MONTH})"),
    ("deictic_season", rf"(?P<which>(?i:last|this|next|past))\s+(?P<season>(?i:{'|'.join(_SEASONS)}))"),
    ("deictic_day", rf"(?P<which>(?i:last|this|next|past))\s+(?P<weekday>{_WEEKDAY})"),
    ("deictic", rf"(?:{_PART})?(?P<which>(?i:last|this|next|past|previous|current|coming))\s+"
                r"(?P<unit>(?i:weekend|week|month|quarter|year|decade|century))(?!\w)"),
    ("month_of", rf"(?P<month>{_ANY_MONTH})\s+(?i:(?:of\s+)?(?P<which>last|this|next)\s+year)"),
    ("today", r"(?<!USA )(?i:earlier\s+today|today|tonight|this\s+(?:morning|afternoon|evening))"),
    ("yesterday", r"(?i:(?:the\s+day\s+before\s+)?yesterday|last\s+night)"),
    ("tomorrow", r"(?i:(?:the\s+day\s+after\s+)?tomorrow)"),
    ("weekday", rf"(?P<weekday>{_WEEKDAY})(?:['’]s)?"),
    ("month_alone", rf"(?:{_PART}|{_AFTER})(?P<month>{_ANY_MONTH})"),
    ("month_alone", rf"(?P<month>{_CLEAR_MONTH})(?!\s+[A-Z])"),
    ("year", rf"(?:{_PART}|{_AFTER_YEAR})(?P<y>{_YEAR}){_NO_COUNT}"),
)  # fmt: skip
_COMPILED = tuple((name, re.compile(rf"(?<![\w$£€.,-]){pattern}(?!\w)")) for name, pattern in _PATTERNS)
# Where any of them may begin: a quick way past the rest of the text.
_BEGIN = re.compile(
    r"(?<!\w)(?=[0-9]|(?i:half|week|black|bloody|good|easter|super|ash|palm|cyber|giving|holy|sheffield|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|mon|tue|wed|thu|fri|sat|sun|spring|autumn|fall"
    r"|winter|the|early|mid|late|last|this|next|past|previous|current|coming|to|yesterday|a|one|two|couple|three|four"
    r"|five|six|seven|eight|nine|ten|twelve|summer))"
)


def expressions(text: str, anchor: date, *, ahead: int = AHEAD) -> list[Timex]:
    """The time expressions of a text, in order, counted from the day `anchor`; impossible dates are none.

    A day without a year is the last such day, or the next one if the text speaks of the future, or if it lies at
    most `ahead` days after the anchor.
    """
    found: list[Timex] = []
    at = 0
    while begin := _BEGIN.search(text, at):
        at = begin.start()
        match = next(((name, m) for name, pattern in _COMPILED if (m := pattern.match(text, at))), None)
        if match is None:
            at += 1
            continue
        at = match[1].end()
        if timex := _resolved(*match, anchor, ahead):
            if found and timex.kind == "dated" and _JOINED.fullmatch(text, found[-1].end, timex.start):
                found[-1] = _in_year(found[-1], timex)
            found.append(timex)
    return found


# What joins the ends of a range: "between June and August 2016".
_JOINED = re.compile(r"\s*(?:and|to|until|till|through|-|–|—)\s*", re.IGNORECASE)


def _in_year(one: Timex, other: Timex) -> Timex:
    """The beginning of a range whose year is said at its end."""
    if one.kind != "yearless":
        return one
    years = other.first.year - one.first.year
    for year in (years, years - 1):
        try:
            first, last = (day.replace(year=day.year + year) for day in (one.first, one.last))
        except ValueError:  # 29 February of another year
            continue
        if first <= other.last:
            return replace(one, first=first, last=last, kind="dated")
    return one


def is_future(text: str, at: int) -> bool:
    """Whether what stands at `text[at]` is spoken of as still to come."""
    before = text[max(0, at - 120) : at]
    barrier = max((match.end() for match in _REACH.finditer(before)), default=0)
    return bool(_FUTURE.search(before, barrier))


def _resolved(name: str, match: re.Match[str], anchor: date, ahead: int) -> Timex | None:
    if name == "none":
        return None
    lean: Lean = "future" if is_future(match.string, match.start()) else "past"
    try:
        first, last = _RESOLVE[name](match, anchor, lean, ahead)
    except (ValueError, OverflowError, LookupError, StopIteration):
        return None  # 31 June, a day before the calendar begins, a letter that only ignoring case makes one
    return Timex(match.start(), match.end(), first, last, _kind(name, match))


def _kind(name: str, match: re.Match[str]) -> Kind:
    if match.groupdict().get("y"):
        return "dated"
    return "yearless" if name in ("day_range", "week_of", "month_day", "day_month", "month_alone") else "relative"


Range = tuple[date, date]


def month_range(year: int, month: int) -> Range:
    """The first and last day of a month; a month past December counts into the following years."""
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    following = date(year + month // 12, month % 12 + 1, 1)
    return date(year, month, 1), following - DAY


def _month(match: re.Match[str], said: str = "month") -> int:
    short = match[said].lower()[:3]
    return next(i for i, name in enumerate(_MONTHS, 1) if name.startswith(short))


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
    first = _SEASONS[season.lower()]
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
    return int(said) if said.isdigit() else _COUNTS[said]


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
    return _DAYS.index(match["weekday"].lower())


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


_RESOLVE: dict[str, Callable[[re.Match[str], date, Lean, int], Range]] = {
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
