"""Time expressions in English text -> calendar days: "on Friday", "last month", "November 3rd", "in 2015".

One grammar serves questions (counted from `as_of`) and quotations (counted from the day of publication).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from qa.days import COUNTS, RESOLVE, SEASONS, Lean

# What an expression says by itself: a calendar date with its year, one without, or so far from the anchor.
Kind = Literal["dated", "yearless", "relative"]

# "Against his will", "the party's will", "ill will": what stands right before the noun, never before the verb.
_BEFORE_NOUN = r"""
    \bthe \ba \ban \bno \bany \bmy \byour \bhis \bher \bits \bour \btheir \bown ['’]s s['’] \bfree \bgood \bill \biron
    \bpolitical \bstrong \bpopular \bagainst \bat \bby \bof \bwithout
"""
_VERB_WILL = "".join(rf"(?<!(?i:{word})\s)" for word in _BEFORE_NOUN.split()) + "[Ww]ill"
# Words that put what follows them into the future, and what ends their reach: a stop, or another's saying so.
_FUTURE = re.compile(
    rf"\b(?:(?:{_VERB_WILL}|will(?=\s+(?:be|have|not|never|also)\b))(?!\s+[A-Z])|won['’]t|shall|plans?\s+to"
    r"|(?:is|are|was|were)\s+(?:set|due|expected|scheduled|planned|going)|planned\s+for|expected|scheduled|upcoming"
    r"|[Aa]head\s+of|coming)\b"
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
_COUNT = rf"(?:[0-9]{{1,3}}|(?i:{'|'.join(sorted(COUNTS, key=len, reverse=True))}))"

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
    ("season", rf"(?P<season>(?i:{'|'.join(SEASONS)}))\s+(?:of\s+)?(?P<y>{_YEAR})(?![0-9])"),
    ("decade", r"(?:the\s+)?(?P<y>(?:1[4-9]|20)[0-9]0)s(?!\w)"),
    ("ago", rf"(?P<n>{_COUNT})\s+(?P<unit>{_UNIT})s?\s+(?i:ago)"),
    ("past_n", rf"(?i:(?:last|past|previous))\s+(?P<n>{_COUNT})\s+(?P<unit>{_UNIT})s"),
    ("next_n", rf"(?i:(?:next|coming))\s+(?P<n>{_COUNT})\s+(?P<unit>{_UNIT})s"),
    ("deictic_month", rf"(?P<which>(?i:last|this|next|past))\s+(?P<month>{_ANY_MONTH})"),
    ("deictic_season", rf"(?P<which>(?i:last|this|next|past))\s+(?P<season>(?i:{'|'.join(SEASONS)}))"),
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
        first, last = RESOLVE[name](match, anchor, lean, ahead)
    except (ValueError, OverflowError, LookupError, StopIteration):
        return None  # 31 June, a day before the calendar begins, a letter that only ignoring case makes one
    return Timex(match.start(), match.end(), first, last, _kind(name, match))


def _kind(name: str, match: re.Match[str]) -> Kind:
    if match.groupdict().get("y"):
        return "dated"
    return "yearless" if name in ("day_range", "week_of", "month_day", "day_month", "month_alone") else "relative"
