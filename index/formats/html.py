"""Web pages: trafilatura finds the story, its title, authors, date, site and address."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from index.formats import sites
from index.formats.base import Defaults, Item, Located, RejectedError, Source, read_whole
from index.formats.decode import decode
from index.formats.normalise import normalise_line, normalise_text
from index.formats.record import to_article

MAX_HTML_BYTES = 20_000_000  # the largest live pages have some 5 MB; the tree takes many times that in memory
META_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([\w-]{1,40})", re.IGNORECASE)
HEAD_BYTES = 4096  # browsers look for the declaration in the first 1,024
FEED_TYPES = ("application/rss+xml", "application/atom+xml")
# No search of the body for anything like a date: a wrong date is worse than none.
DATE_SEARCH = {"original_date": True, "extensive_search": False}


def read(source: Source, defaults: Defaults) -> Iterator[Item]:
    """The one article of a page. Raises RejectedError when there is none."""
    yield Located(source.where, to_article({**fields(read_whole(source)), "file": source.name}, defaults))


def fields(data: bytes, *, charset: str | None = None, url: str | None = None) -> dict[str, str]:
    """What a page says: its text, and title, url, source, published, authors, language where it names them.

    `charset` and `url` are what the page came with; an address that the page itself names is preferred. Raises
    RejectedError when there is no story.
    """
    if len(data) > MAX_HTML_BYTES:
        raise RejectedError("too large", f"over {MAX_HTML_BYTES:,} bytes for one page. Save the article's part alone")
    import trafilatura  # a third of a second that only web pages should cost

    page = trafilatura.bare_extraction(
        decode(data, charset or _declared_charset(data)),
        url=url,
        with_metadata=True,
        include_comments=False,
        date_extraction_params=dict(DATE_SEARCH),
    )
    found = {name: value for name, value in _fields(page).items() if value} if page else {}
    if url and found.get("source") == sites.host(url):  # what stands there where the page names none
        del found["source"]
    if not found.get("text"):
        raise RejectedError("no article text found", "the page holds no story. Check that it was saved whole")
    return found


def fragment_text(markup: str) -> str:
    """The words of a piece of a page, a line a paragraph, without captions."""
    import trafilatura

    page = f"<html><body><article>{markup}</article></body></html>"
    return trafilatura.extract(page, include_comments=False) or bare_words(markup)


def bare_words(markup: str) -> str:
    """All words of a piece of a page, as they stand."""
    from lxml.html import fromstring

    piece = fromstring(f"<div>{markup}</div>")
    for silent in piece.xpath("//script | //style"):
        silent.drop_tree()
    return str(piece.text_content())


def feeds(data: bytes) -> list[str]:
    """The feeds that a page names in its head, as it names them."""
    from lxml.html import fromstring

    links = fromstring(data).xpath("//link[@rel='alternate' and @href]") if data.strip() else []
    return [str(link.get("href")) for link in links if str(link.get("type", "")).lower() in FEED_TYPES]


def _declared_charset(data: bytes) -> str | None:
    match = META_CHARSET.search(data[:HEAD_BYTES])
    return match[1].decode("ascii", "replace") if match else None


def _fields(page: Any) -> dict[str, str | None]:
    title = normalise_line(page.title or "")
    url = page.url or ""
    return {
        "title": title,
        "text": _without_title(normalise_text(page.text or ""), title),
        "url": url if url.startswith(("http://", "https://")) else None,
        "source": page.sitename,
        "published": page.date,
        "authors": page.author,
        "language": page.language,
    }


def _without_title(text: str, title: str) -> str:
    """The text without its first line where that is the title, unless nothing would be left."""
    first, _, rest = text.partition("\n")
    return rest.strip() or text if normalise_line(first) == title else text
