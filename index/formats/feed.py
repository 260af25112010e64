"""Feeds (RSS, Atom) -> an article an entry, in the feed's own words."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from index.errors import FilterError
from index.formats import html, sites
from index.formats.base import Defaults, Item, Located, RejectedError, Source, printable, read_whole
from index.formats.dates import parse_published
from index.formats.normalise import normalise_line
from index.formats.record import to_article

MAX_FEED_BYTES = 20_000_000  # as for pages: the parser takes many times that in memory
MAX_MARKUP_CHARS = 1_000_000  # of one entry: an article has some thousands


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: its place in the feed, the page it links to, and what it says of its article but the text."""

    where: str
    link: str | None
    fields: dict[str, object]
    _raw: Any

    def record(self) -> dict[str, object]:
        """The fields of the article in the feed's own words. Takes the words out of the markup only now."""
        return {**self.fields, "text": _content(self._raw)}


def read(source: Source, defaults: Defaults) -> Iterator[Item]:
    """The entries of a feed's file, none of them fetched. Raises RejectedError when it is no feed."""
    for entry in entries(read_whole(source), source.where):
        yield item(entry, {**entry.record(), "file": source.name}, defaults)


def item(entry: Entry, record: Mapping[str, object], defaults: Defaults) -> Item:
    """The article of an entry, or why it is none."""
    try:
        return Located(entry.where, to_article(record, defaults))
    except RejectedError as error:
        return error.at(entry.where)


def entries(data: bytes, where: str, *, base: str = "") -> Iterator[Entry]:
    """The entries of a feed, in its order; `base` is the address that its links start from.

    Raises RejectedError when it is no feed, or has no entries.
    """
    if len(data) > MAX_FEED_BYTES:
        raise RejectedError("too large", f"over {MAX_FEED_BYTES:,} bytes for one feed. Split it")
    import feedparser  # a tenth of a second that only feeds should cost

    # Handed a file, it fetches nothing. Its cleaning of markup, of which only the words are wanted, takes quadratic
    # time on hostile markup.
    feed = feedparser.parse(
        io.BytesIO(data),
        response_headers={"content-location": base} if base else {},
        sanitize_html=False,
        resolve_relative_uris=False,
    )
    if not feed.version:
        raise RejectedError("not a feed", "neither RSS nor Atom. Save it as one of the known file types")
    if not feed.entries:
        broken = f"it is broken: {printable(str(feed.bozo_exception)[:200])}" if feed.bozo else "it has no entries"
        raise RejectedError("empty file", f"{broken}. Fetch the feed again")
    title = normalise_line(_words(feed.feed, "title"))
    language = feed.feed.get("language")
    for number, entry in enumerate(feed.entries, start=1):
        yield Entry(f"{where}#{number}", _link(entry), _fields(entry, title, language), entry)


def _fields(entry: Any, feed_title: str, language: str | None) -> dict[str, object]:
    published, updated = _moment(entry, "published"), _moment(entry, "updated")
    link = _link(entry)
    fields = {
        "title": _words(entry, "title"),
        "url": link and sites.without_trackers(link),
        "id": None if link else entry.get("id"),
        "source": _words(entry.get("source", {}), "title") or feed_title,
        "published": published or updated,
        "updated": updated if published else None,
        "authors": [author["name"] for author in entry.get("authors", ()) if author.get("name")],
        "language": language,
    }
    return {name: value for name, value in fields.items() if value}


def _link(entry: Any) -> str | None:
    link = str(entry.get("link", ""))
    return link if link.startswith(("http://", "https://")) else None


def _moment(entry: Any, name: str) -> str | None:
    """A date as the feed has it, if it can be read; else as the feed's parser understood it; else as it is, to be
    refused."""
    # Asked for what it lacks, the parser would give one kind of date for another.
    said = dict.get(entry, name)
    understood = dict.get(entry, f"{name}_parsed")
    try:
        parse_published(said or "")
        return str(said)
    except FilterError:
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", understood) if understood else said


def _content(entry: Any) -> str:
    """The longest text that the entry gives: its content, or else its summary."""
    details = [*entry.get("content", ()), *filter(None, [entry.get("summary_detail")])]
    return max((_plain(detail) for detail in details), key=len, default="")


def _words(fields: Any, name: str) -> str:
    detail = fields.get(f"{name}_detail") or {"value": fields.get(name, "")}
    return _plain(detail, html.bare_words)


def _plain(detail: Mapping[str, Any], of_markup: Callable[[str], str] = html.fragment_text) -> str:
    value = str(detail.get("value") or "")[:MAX_MARKUP_CHARS]
    return of_markup(value) if "html" in str(detail.get("type", "")) else value
