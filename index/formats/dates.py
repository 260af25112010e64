"""What a file calls a date -> a UTC moment and how precise it is."""

from __future__ import annotations

import re
import warnings
from datetime import UTC, date, datetime, time, timedelta

from dateutil import parser

from index.article import DatePrecision
from index.errors import FilterError
from index.formats.base import shown

EARLIEST_YEAR = 1400  # before printed news; anything earlier is a broken field, often year 0 or 1 for "unknown"
LEEWAY = timedelta(days=2)  # time zones and clocks differ; beyond that a news article has no future
MAX_LENGTH = 64  # no date is longer; the lenient parser should not meet a whole page
HOUR = 3600
# The names that RFC 2822 defines. Other abbreviations mean different zones in different countries.
ZONES = {
    "UT": 0, "UTC": 0, "GMT": 0, "Z": 0,
    "EST": -5 * HOUR, "EDT": -4 * HOUR, "CST": -6 * HOUR, "CDT": -5 * HOUR,
    "MST": -7 * HOUR, "MDT": -6 * HOUR, "PST": -8 * HOUR, "PDT": -7 * HOUR,
}  # fmt: skip
# Parsed against two defaults that differ in every part, a date that lacks a part comes out as two dates.
DEFAULT, OTHER_DEFAULT = datetime(1601, 1, 1, 0), datetime(1612, 12, 12, 12)


def parse_published(value: str, field: str = "published") -> tuple[datetime, DatePrecision]:
    """A date or date and time -> (UTC datetime, precision). A bare date is midnight; without a zone it is UTC.

    ISO 8601 first, then RFC 2822 and the forms people write ("November 3, 2017"). Raises FilterError, naming
    `field` and the value, for anything incomplete, ambiguous, before 1400 or after the day after tomorrow.
    """
    text = value.strip()
    try:
        moment, precision = _parse_iso(text) or _parse_written(text)
        if moment.year < EARLIEST_YEAR:
            raise ValueError(f"before the year {EARLIEST_YEAR}")
        if moment > datetime.now(UTC) + LEEWAY:
            raise ValueError("in the future")
    except (ValueError, OverflowError) as error:
        message = f"{field}: {shown(value)} is not a usable date: {error}. Write YYYY-MM-DD or YYYY-MM-DDTHH:MM:SSZ"
        raise FilterError(message, field=field) from error
    return moment, precision


def _parse_iso(text: str) -> tuple[datetime, DatePrecision] | None:
    """None where `text` is not ISO 8601."""
    try:
        return _midnight(date.fromisoformat(text)), "day"
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return _as_utc(moment), "second"


def _parse_written(text: str) -> tuple[datetime, DatePrecision]:
    if len(text) > MAX_LENGTH:
        raise ValueError("too long")
    if not re.search(r"\d{4}", text):
        raise ValueError("no four-digit year")
    first = _parse_leniently(text, DEFAULT, dayfirst=False)
    # After a leading year the month always comes first; elsewhere 11/03/2017 has two readings.
    second = _parse_leniently(text, OTHER_DEFAULT, dayfirst=not re.match(r"\d{4}", text))
    if first.date() != second.date():
        raise ValueError("incomplete, or day and month could be exchanged")
    if f"{first.year:04}" not in text:
        raise ValueError("no four-digit year")
    if first.hour != second.hour:  # no time of day: each took its default's
        return _midnight(first.date()), "day"
    return _as_utc(first), "second"


def _parse_leniently(text: str, default: datetime, *, dayfirst: bool) -> datetime:
    with warnings.catch_warnings():
        warnings.simplefilter("error", parser.UnknownTimezoneWarning)
        try:
            moment: datetime = parser.parse(text, default=default, dayfirst=dayfirst, tzinfos=ZONES)
        except parser.UnknownTimezoneWarning:
            raise ValueError("its time zone is not known; write it as +HH:MM") from None
        except (parser.ParserError, ArithmeticError, TypeError, AttributeError, LookupError):
            # The parser lets slip other exceptions than its own on some malformed numbers.
            raise ValueError("not understood") from None
    return moment


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _as_utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC).replace(microsecond=0)
