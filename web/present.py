"""What the templates say in words: dates, counts, confidence, filters, safe links."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, url_for

from index.browse import Listed, Version
from index.evidence import Related
from qa.answer import Ask, AskResponse, Citation, EventDate, Filters, FoundPassage, Reference, UnderstoodPeriod
from web.asking import DATES, address_parameters
from web.chart import month_chart
from web.highlight import excerpt
from web.places import first_places
from web.strip import strip
from web.words import phrase, say
from web.yes_no import wants_yes_or_no

# Least confidence, words. The words are what readers act on; the number stands beside them.
CONFIDENCE = ((0.8, phrase("confidence.high")), (0.5, phrase("confidence.fair")), (0.0, phrase("confidence.low")))


@dataclass(frozen=True, slots=True)
class Chip:
    """An applied filter. `remove` is the address without it, None where the question itself implies it."""

    label: str
    remove: str | None


def register(app: Flask) -> None:
    """Give the templates these words."""
    app.jinja_env.filters |= {"day": day, "minute": minute, "count": count, "web_link": web_link, "host": host}
    app.jinja_env.globals |= {
        "say": say,
        "confidence": confidence,
        "marked": marked,
        "cite_url": cite_url,
        "passage_url": passage_url,
        "day_range": day_range,
        "date_range": date_range,
        "told_dates": told_dates,
        "days_meant": days_meant,
        "first_places": first_places,
        "article_url": article_url,
        "as_of_address": as_of_address,
        "month_chart": month_chart,
    }


def day(value: date | datetime | str | None) -> str:
    """`3 November 2017`, from a date or the ISO form of one."""
    if value is None:
        return phrase("dates.unknown")
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return f"{moment.day} {moment:%B} {moment.year}"


def minute(moment: datetime) -> str:
    """`3 November 2017, 09:30 UTC`."""
    return phrase("dates.minute", day=day(moment), time=f"{moment:%H:%M}")


def day_range(first: date | str | None, last: date | str | None) -> str:
    """`1 May 2017 to 3 November 2017`, or what is known of it."""
    if first is None or last is None:
        return phrase("dates.unpublished")
    return day(first) if first == last else phrase("dates.range", first=day(first), last=day(last))


def date_range(first: date | str | None, last: date | str | None) -> str:
    """`published 1 May 2017 to 3 November 2017`, or what is known of it."""
    days = day_range(first, last)
    return days if first is None or last is None else phrase("dates.published", days=days)


def count(number: int, noun: str) -> str:
    """`1 article`, `11,775 articles`: the nouns are those of the part `count` of the words."""
    return phrase(f"count.{noun}", number=number)


def confidence(probability: float) -> str:
    """The words for a confidence between 0 and 1."""
    return next((words for least, words in CONFIDENCE if probability >= least), CONFIDENCE[-1][1])


def web_link(url: str | None) -> str | None:
    """The address, if it is an http or https one that is safe to link to."""
    if not url or re.search(r"[\x00-\x20\x7f\\]", url):
        return None
    try:
        parts = urlsplit(url)
        return url if parts.scheme in ("http", "https") and parts.hostname else None
    except ValueError:
        return None


def host(url: str) -> str:
    """The host name in an address that `web_link` let through."""
    return urlsplit(url).hostname or url


def marked(citation: Citation) -> object:
    """The quotation in pieces, the answer's words marked."""
    return excerpt(citation.quote, citation.answer_in_quote)


def cite_url(citation: Citation, as_of: date | None = None) -> str:
    """The reading view at the quoted words; with `as_of`, what stands around them is of that day, too."""
    return url_for(
        "article.read",
        article_id=citation.article_id,
        start=citation.start,
        end=citation.end,
        answer_start=citation.answer_start,
        answer_end=citation.answer_end,
        as_of=as_of,
        _anchor="hit",
    )


def article_url(article: Reference | Listed | Related | Version, as_of: date | None = None) -> str:
    """The reading view of an article."""
    return url_for("article.read", article_id=article.article_id, as_of=as_of)


def passage_url(passage: FoundPassage, as_of: date | None = None) -> str:
    """The reading view at a passage."""
    return url_for(
        "article.read",
        article_id=passage.article_id,
        start=passage.start,
        end=passage.end,
        as_of=as_of,
        _anchor="hit",
    )


def address(ask: Ask, **change: str | None) -> str:
    """The permanent address of a question, less one filter or with one more switch; see `address_parameters`."""
    return url_for("chat.home", **address_parameters(ask, **change))


def turn_of(
    asked: Ask, response: AskResponse, *, position: int | None = None, version: str | None = None
) -> dict[str, Any]:
    """A question and its response as the templates show them. `version` is that of the archive in a permanent
    address, from when the answer was shared."""
    alone = asked.model_copy(update={"question": response.understood_as, "follows": None, "chat_id": None})
    literal = asked.model_copy(update={"follows": None, "chat_id": None})
    return {
        "response": response,
        "ask": alone,
        "address": address(alone, version=str(response.archive.version)),
        "chips": chips(alone, response),
        "literal": address(literal) if asked.follows and response.understood_as != response.question else None,
        "wants_yes_or_no": wants_yes_or_no(response.understood_as),
        "position": position,
        "strip": strip(response.timeline),
        "narrowed": partial(_narrowed, alone),
        "outdated": version is not None and version != str(response.archive.version),
    }


def restricted(response: AskResponse) -> bool:
    """Whether dates, sources or languages kept articles out of the search."""
    filters, period = response.filters, response.period
    until_now = response.as_of is None or response.as_of >= datetime.now(UTC).date()
    by_words = period is not None and period.use == "filter" and not period.relaxed
    return not until_now or by_words or filters != Filters()


def _narrowed(ask: Ask, first: date | None, last: date | None) -> str | None:
    """The address of a question held to some days of publication; None where these are unknown."""
    if first is None or last is None or (ask.as_of and first > ask.as_of):
        return None
    return address(ask.model_copy(update={"after": first, "before": last, "ignore_period": True}))


def as_of_address(ask: Ask, day: date) -> str:
    """The permanent address of a question as of another day."""
    return address(ask.model_copy(update={"as_of": day}))


def filter_words(name: str, value: str) -> str:
    """A filter of the form: `As of 3 November 2017`. What is no day stays as it was written."""
    if name not in DATES:
        return phrase(f"filters.{name}", name=value)
    try:
        return phrase(f"filters.{name}", day=day(value))
    except ValueError:
        return phrase(f"filters.{name}", day=value)


def chips(ask: Ask, response: AskResponse) -> list[Chip]:
    """What was understood and the filters that were applied, each removable but for a default."""
    applied = (
        ("as_of", response.as_of, phrase("filters.as_of", day=day(response.as_of))),
        ("after", ask.after, phrase("filters.after", day=day(ask.after))),
        ("before", ask.before, phrase("filters.before", day=day(ask.before))),
    )
    today = datetime.now(UTC).date()  # the engine's default for `as_of`, which restricts nothing worth showing
    found = [
        Chip(label, address(ask, without=name) if getattr(ask, name) else None)
        for name, value, label in applied
        if value and (getattr(ask, name) or name != "as_of" or value < today)
    ]
    if response.period:
        found.append(Chip(period_words(response.period), address(ask, switched="ignore_period")))
    for named in response.coverage.names:
        if named.spellings:
            label = phrase("filters.spellings", name=named.name, spellings=", ".join(named.spellings))
            found.append(Chip(label, address(ask, switched="exact_names")))
    for one in response.filters.sources:
        found.append(Chip(phrase("filters.source", name=one), address(ask, without="source", one=one)))
    for one in response.filters.languages:
        found.append(Chip(phrase("filters.language", name=one), address(ask, without="language", one=one)))
    return found


def period_words(period: UnderstoodPeriod) -> str:
    """What was made of the time in a question: `“in May 2017”: published 1 May 2017 to 3 June 2017`."""
    first, last = period.first, period.last
    if first and last:
        days = day_range(first, last)
    else:
        days = phrase("dates.from", first=day(first)) if first else phrase("dates.until", last=day(last))
    if period.relaxed:
        return phrase("filters.period_relaxed", words=period.text, days=days)
    if period.use == "prefer":
        return phrase("filters.period_preferred", words=period.text, days=days)
    return phrase("filters.period", words=period.text, days=days)


def when(event: EventDate, *, weekday: bool = True) -> str:
    """The days that a time expression means: `Friday 3 November 2017`, `October 2017`, `1 to 5 May 2017`."""
    first, last = event.first, event.last
    if first == last:
        return f"{first:%A} {day(first)}" if weekday else day(first)
    following = last + timedelta(days=1)
    if first.day == 1 and following.day == 1:
        if first.month == 1 and following.month == 1:
            years = phrase("dates.range", first=first.year, last=last.year)
            return f"{first.year}" if first.year == last.year else years
        if (first.year, first.month) == (last.year, last.month):
            return f"{first:%B} {first.year}"
    return day_range(first, last)


def told_dates(citation: Citation) -> list[tuple[str, str]]:
    """The time expressions of a quotation that leave the day to the reader, and the days they mean."""
    found = {event.text: when(event) for event in citation.event_dates}
    return [(text, days) for text, days in found.items() if not _has_year(text)]


def days_meant(citation: Citation) -> str:
    """The days that an answer such as “Thursday” or “last week” means, for its heading: `9 November 2017`. Empty where
    the answer names no time, or its year too; and where it is the whole quotation, below which they stand."""
    if citation.answer_in_quote == (0, len(citation.quote)):
        return ""
    start, end = citation.answer_start, citation.answer_end
    told = [event for event in citation.event_dates if event.start < end and start < event.end]
    return ", ".join(dict.fromkeys(when(event, weekday=False) for event in told if not _has_year(event.text)))


def _has_year(text: str) -> bool:
    return re.search(r"\d{4}", text) is not None
