"""An address -> the articles there: of a page its story, of a feed the pages that it links to, of a file what it holds.

A page's own words are taken before the feed's, which are often a teaser; the feed's date before the page's, which
often lacks the hour. Where a page cannot be had, the article is what the feed has of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath
from urllib.parse import unquote, urljoin, urlsplit

from index.errors import FilterError
from index.formats import feed, html, kinds, sites
from index.formats.base import (
    DAMAGE,
    Defaults,
    Item,
    Located,
    Reject,
    RejectedError,
    guarded,
    printable,
    read_whole,
)
from index.formats.dates import parse_published
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
    try:
        yield from guarded(_read(url, where, defaults, fetcher), where)
    except ValueError as error:  # of what only some library takes for an address
        yield Reject(where, "unreadable", f"{printable(str(error)[:200])}. Save it and add the file")


def _read(url: str, where: str, defaults: Defaults, fetcher: Fetcher) -> Iterator[Item]:
    with fetcher.named(url) as found:
        source = found.source(where, _name(found))
        reader = kinds.reader_of(source.name)
        if reader is html.read:
            data = read_whole(source)
            _refuse_front_page(found.url, data)
            yield Located(where, to_article(_story(found, data), sites.or_host(defaults, found.url)))
        elif reader is feed.read:
            for entry in feed.entries(read_whole(source), where, base=found.url):
                yield _entry(entry, found.url, defaults, fetcher)
        else:
            yield from read_source(source, defaults)


def _entry(entry: feed.Entry, of_feed: str, defaults: Defaults, fetcher: Fetcher) -> Item:
    """The article that an entry links to, or else what the feed has of it."""
    link = entry.link
    if not link:
        return feed.item(entry, entry.record(), defaults)
    entry = replace(entry, where=printable(link))
    own = sites.same_site(link, of_feed)
    try:
        with fetcher.linked(link) as found:
            source = found.source(entry.where, _name(found))
            if kinds.reader_of(source.name) is not html.read:
                raise RejectedError("not a page", f"it is {printable(found.media_type)}. Add it by its own address")
            story = _story(found, read_whole(source))
    except (RejectedError, OSError, EOFError, ValueError, *DAMAGE) as error:
        return _without_page(entry, own, error, defaults)
    dates = {name: value for name, value in entry.fields.items() if name in DATES and _is_date(value)}
    # Of its own articles a feed knows the hour; of others' it may know less than their pages.
    said = {name: value for name, value in entry.fields.items() if name not in DATES}
    fields = {**said, **story, **dates} if own else {**said, **dates, **story}
    return feed.item(entry, fields, sites.or_host(defaults, link))


def _without_page(entry: feed.Entry, own: bool, error: Exception, defaults: Defaults) -> Item:
    """What a feed has of an article whose page cannot be had, if that is more than a teaser; else why it cannot."""
    record = entry.record()
    if len(str(record["text"]).split()) >= TEASER_WORDS:
        if not own:  # it does not speak for another site's address
            record = {**record, "url": None, "id": record["url"]}
        return feed.item(entry, record, defaults)
    if isinstance(error, RejectedError):
        return error.at(entry.where)
    return Reject(entry.where, "unreadable", f"{printable(str(error)[:200])}. Save the page and add the file")


def _is_date(value: object) -> bool:
    try:
        parse_published(str(value))
    except FilterError:
        return False
    return True


def _refuse_front_page(url: str, data: bytes) -> None:
    """A site's first page is a list of articles, though it looks like one to whoever takes words out of pages."""
    if urlsplit(url).path in ("", "/"):
        named = html.feeds(data)
        remedy = f"Add its feed: {urljoin(url, printable(named[0]))}" if named else "Add articles or a feed of it"
        raise RejectedError("front page", f"this is a site's first page. {remedy}")


def _story(found: Fetched, data: bytes) -> dict[str, object]:
    """What a fetched page says of its article. It speaks for addresses of its own site alone."""
    fields = html.fields(data, charset=found.charset, url=found.url)
    return {**fields, "url": sites.own_address(fields.get("url"), found.url)}


def _name(found: Fetched) -> str:
    """A file name that tells what it is: its own where that ends in something known, else by what it was sent as."""
    name = printable(PurePosixPath(unquote(urlsplit(found.url).path)).name) or "page"
    sent = ENDINGS.get(found.media_type, "")
    if sent != ".html" and kinds.reader_of(name):
        return name
    return name + sent
