"""An address -> the articles there: of a page its story, of a feed the pages that it links to, of a file what it holds.

A page's own words are taken before the feed's, which are often a teaser; the feed's date before the page's, which
often lacks the hour. Where a page cannot be had, the article is what the feed has of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath
from urllib.parse import unquote, urljoin, urlsplit

from index.formats import feed, html, kinds, sites
from index.formats.base import (
    Defaults,
    Item,
    Located,
    Reject,
    RejectedError,
    Source,
    guarded,
    printable,
    read_whole,
)
from index.formats.fetch import Fetched, Fetcher
from index.formats.paths import read_source
from index.formats.record import to_article

# What is sent for the endings that are read. Others, application/octet-stream say, leave it to the address.
ENDINGS = {
    "text/html": ".html",
    "application/xhtml+xml": ".html",
    "application/rss+xml": ".xml",
    "application/atom+xml": ".xml",
    "application/rdf+xml": ".xml",
    "application/xml": ".xml",
    "text/xml": ".xml",
    "text/csv": ".csv",
    "application/x-ndjson": ".jsonl",
    "application/jsonl": ".jsonl",
    "application/zip": ".zip",
    "text/markdown": ".md",
    "text/plain": ".txt",
}
DATES = ("published", "updated")
TEASER_WORDS = 40  # what a feed has of an article is a teaser if it is shorter: not worth having without its page


def is_address(text: str) -> bool:
    """Whether this names something to fetch, and no file."""
    return text.lower().startswith(("http://", "https://"))


def read_address(url: str, defaults: Defaults, fetcher: Fetcher) -> Iterator[Item]:
    """The articles at an address that a person named. What cannot be had is a Reject."""
    where = printable(url)
    yield from guarded(_read(url, where, defaults, fetcher), where)


def _read(url: str, where: str, defaults: Defaults, fetcher: Fetcher) -> Iterator[Item]:
    with fetcher.named(url) as found:
        source = Source(where, _name(found), lambda: found.path.open("rb"))
        reader = kinds.reader_of(source.name)
        if reader is html.read:
            _refuse_front_page(found)
            yield Located(where, to_article(_story(found), sites.or_host(defaults, found.url)))
        elif reader is feed.read:
            entries = feed.entries(read_whole(source), where, base=found.url)
            yield from (_entry(entry, defaults, fetcher) for entry in entries)
        else:
            yield from read_source(source, defaults)


def _entry(entry: feed.Entry, defaults: Defaults, fetcher: Fetcher) -> Item:
    """The article that an entry links to, or else what the feed has of it."""
    link = entry.link
    if not link:
        return feed.item(entry, entry.record, defaults)
    entry = replace(entry, where=printable(link))
    try:
        with fetcher.linked(link) as found:
            if kinds.reader_of(_name(found)) is not html.read:
                raise RejectedError("not a page", f"it is {found.media_type}. Add it by its own address")
            story = _story(found)
    except (RejectedError, OSError) as error:
        if len(str(entry.record.get("text", "")).split()) >= TEASER_WORDS:
            return feed.item(entry, entry.record, defaults)
        if isinstance(error, RejectedError):
            return error.at(entry.where)
        return Reject(entry.where, "unreadable", f"{error.strerror or error}. See that the disk has room")
    dates = {name: value for name, value in entry.record.items() if name in DATES}
    return feed.item(entry, {**entry.record, **story, **dates}, sites.or_host(defaults, link))


def _refuse_front_page(found: Fetched) -> None:
    """A site's first page is a list of articles, though it looks like one to whoever takes words out of pages."""
    if urlsplit(found.url).path in ("", "/"):
        named = html.feeds(found.path.read_bytes())
        remedy = f"Add its feed: {urljoin(found.url, printable(named[0]))}" if named else "Add articles or a feed of it"
        raise RejectedError("front page", f"this is a site's first page. {remedy}")


def _story(found: Fetched) -> dict[str, object]:
    """What a fetched page says of its article. It speaks for addresses of its own site alone."""
    fields = html.fields(found.path.read_bytes(), charset=found.charset, url=found.url)
    url = str(fields.get("url") or found.url)
    return {**fields, "url": sites.without_trackers(url if sites.same_site(url, found.url) else found.url)}


def _name(found: Fetched) -> str:
    """A file name that tells what it is: its own where that ends in something known, else by what it was sent as."""
    name = printable(PurePosixPath(unquote(urlsplit(found.url).path)).name) or "page"
    sent = ENDINGS.get(found.media_type, "")
    if sent != ".html" and kinds.reader_of(name):
        return name
    return name + sent
