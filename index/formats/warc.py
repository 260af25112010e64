"""Web archives (WARC): the pages of a crawl, each with its address and the moment of its capture.

warcio reads the headers. Its iterator over records is not used: that passes over damage and truncation without a word,
refuses files that are one gzip stream, and holds lines and chunks of any length.
"""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from index.article import Article
from index.errors import FilterError
from index.formats import html, sites
from index.formats.base import Defaults, Item, Located, Reject, RejectedError, Source, guarded, printable, shown
from index.formats.dates import parse_published
from index.formats.payload import dechunked, decoded
from index.formats.record import to_article

PAGES = ("text/html", "application/xhtml+xml")
MEDIA = ("image", "audio", "video", "font")
MEDIA_TYPE = re.compile(r"[a-z0-9.+-]{1,30}/[a-z0-9.+-]{1,40}")
CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w-]{1,40})", re.IGNORECASE)
LENGTH = re.compile(r"\d{1,18}")
WEB = re.compile(r"https?://[^/?#]", re.IGNORECASE)
MAX_HEADER_BYTES = 1024 * 1024  # of one record: some name whole data: addresses
MAX_KINDS = 30  # told apart among the records that are no pages
MAX_PLACE_CHARS = 300
SKIP_BYTES = 1024 * 1024


def read(source: Source, defaults: Defaults) -> Iterator[Item]:
    """One Located or Reject for each page that was fetched; a last Reject counts the other records, by kind.

    Holds one page in memory. Raises nothing: damage is a Reject, and ends the reading.
    """
    others: Counter[str] = Counter()
    yield from guarded(_read_records(source, defaults, others), source.where)
    if others:
        yield _summary(others, source.where)


class _Headers:
    """A stream whose lines, which are headers, may not be more than MAX_HEADER_BYTES a record."""

    def __init__(self, stream: io.BufferedIOBase) -> None:
        self._stream = stream
        self._left = MAX_HEADER_BYTES

    def next_record(self) -> bytes:
        """The first line of the next record, after the blank lines before it; empty at the end."""
        self._left = MAX_HEADER_BYTES
        while line := self.readline():
            if line.strip():
                break
        return line

    def readline(self, size: int | None = None) -> bytes:
        """A line, or the part of it that is still allowed; raises RejectedError after that, without reading on."""
        if self._left <= 0:
            detail = f"the headers of a record have over {MAX_HEADER_BYTES:,} bytes. Fetch the file again"
            raise RejectedError("damaged record", detail)
        line = self._stream.readline(self._left if size is None else min(size, self._left))
        self._left -= len(line)
        return line

    def read(self, size: int) -> bytes:
        """As of any stream."""
        return self._stream.read(size)


class _Record:
    """A record's headers, and its content in a stream that ends with it."""

    def __init__(self, stream: _Headers, first: bytes) -> None:
        # A twentieth of a second that only web archives should cost.
        from warcio.limitreader import LimitReader
        from warcio.recordloader import ArcWarcRecordLoader
        from warcio.statusandheaders import StatusAndHeadersParser, StatusAndHeadersParserException

        try:
            self._headers = StatusAndHeadersParser(ArcWarcRecordLoader.WARC_TYPES).parse(stream, first)
        except StatusAndHeadersParserException as error:
            begins = shown(first.decode("utf-8", "replace").strip(), 40)
            detail = f"a record begins with {begins}, not with WARC/1.0 or the like; what stands before it was read"
            raise RejectedError("damaged file", f"{detail}. Fetch the file again") from error
        length = self.header("Content-Length")
        if not LENGTH.fullmatch(length):
            detail = f"a record's Content-Length is {shown(length)}; what stands before it was read"
            raise RejectedError("damaged file", f"{detail}. Fetch the file again")
        self.content = LimitReader(stream, int(length))
        # Wget writes it in brackets, others with blanks.
        self.address = self.header("WARC-Target-URI").removeprefix("<").removesuffix(">").replace(" ", "%20")
        self.kind = self.header("WARC-Type").lower()

    def header(self, name: str) -> str:
        """The value of a header; empty where it is missing."""
        return str(self._headers.get_header(name) or "").strip()

    def http_headers(self) -> Any:
        """Takes the headers of the answer off the content; None where there is no content."""
        from warcio.statusandheaders import StatusAndHeadersParser

        return StatusAndHeadersParser(["HTTP/"], verify=False).parse(self.content) if self.content.limit else None

    def content_bytes(self, most: int) -> bytes:
        """All content that is left. Raises RejectedError when that is too much, EOFError when the file ends in it."""
        if self.content.limit > most:
            raise RejectedError("too large", f"over {most:,} bytes for one page. Save the article's part alone")
        data: bytes = self.content.read()
        if self.content.limit:
            raise EOFError
        return data

    def skip(self) -> None:
        """Pass over what is left of the content. Raises EOFError when the file ends in it."""
        while self.content.limit:
            if not self.content.read(SKIP_BYTES):
                raise EOFError


def _read_records(source: Source, defaults: Defaults, others: Counter[str]) -> Iterator[Item]:
    number = 0
    with source.opener() as stream:
        lines = _Headers(stream)
        while first := lines.next_record():
            number += 1
            record = _Record(lines, first)
            where = f"{source.where}!{_shortened(record.address) or f'record {number}'}"
            try:
                if article := _read_page(record, source.name, defaults, others):
                    yield Located(where, article)
            except RejectedError as error:
                yield error.at(where)
            record.skip()
    if not number:
        raise RejectedError("empty file", "the file has no records. Remove it, or fetch it again")


def _read_page(record: _Record, file: str, defaults: Defaults, others: Counter[str]) -> Article | None:
    """The article of a page; None for another record, which is counted. Raises RejectedError for a page without one."""
    http = record.http_headers() if record.kind == "response" and WEB.match(record.address) else None
    kind, content_type = _kind(record, http)
    if kind:
        _count(others, kind)
        return None
    if record.header("WARC-Truncated") or record.header("WARC-Segment-Number"):
        detail = f"the crawler kept only a part of the page ({printable(record.header('WARC-Truncated')[:20]) or 'one'}"
        raise RejectedError("truncated", f"{detail} of several records). Capture it again")
    data = record.content_bytes(html.MAX_HTML_BYTES)
    if http:
        chunked, codings = _codings(http)
        data = decoded(dechunked(data) if chunked else data, codings)
    charset = CHARSET.search(content_type)
    address = record.address if WEB.match(record.address) else None
    found: dict[str, object] = {**html.fields(data, charset=charset[1] if charset else None, url=address), "file": file}
    if address:
        found["url"] = sites.own_address(str(found.get("url") or ""), address)
    if captured := _captured(record):
        found["captured"] = captured
        if "published" not in found and defaults.published_at is None:
            found["updated"] = captured
    return to_article(found, sites.or_host(defaults, address) if address else defaults)


def _kind(record: _Record, http: Any) -> tuple[str | None, str]:
    """(what the record is, where it is no page, else None; its content type)."""
    if record.kind not in ("response", "resource"):
        return record.kind, ""
    content_type = record.header("Content-Type")
    if record.kind == "response" and WEB.match(record.address):
        if http is None:
            return "empty response", ""
        if (status := http.get_statuscode()) != "200":
            return f"HTTP status {status}" if re.fullmatch(r"\d{3}", status) else "response without HTTP status", ""
        content_type = http.get_header("Content-Type") or record.header("WARC-Identified-Payload-Type")
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type in PAGES:
        return None, content_type
    main, _, sub = media_type.partition("/")
    if main in MEDIA:
        return main, content_type
    if "javascript" in sub:
        return "script", content_type
    return media_type if MEDIA_TYPE.fullmatch(media_type) else "content of unknown type", content_type


def _codings(http: Any) -> tuple[bool, list[str]]:
    """(whether the content is in chunks, the codings applied before that)."""
    names = [
        name.strip().lower()
        for header in ("Content-Encoding", "Transfer-Encoding")
        for name in (http.get_header(header) or "").split(",")
        if name.strip()
    ]
    return "chunked" in names, [name for name in names if name != "chunked"]


def _captured(record: _Record) -> str | None:
    """The moment of capture; None where the record gives none that can be."""
    try:
        moment, _ = parse_published(record.header("WARC-Date"), "WARC-Date")
    except FilterError:
        return None
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _count(others: Counter[str], kind: str) -> None:
    kind = printable(kind)[:40] or "record of unknown type"
    others[kind if kind in others or len(others) < MAX_KINDS else "other"] += 1


def _summary(others: Counter[str], where: str) -> Reject:
    total = others.total()
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in others.most_common())
    return Reject(
        where, "not an article", f"{total:,} {'record is no page' if total == 1 else 'records are no pages'}: {kinds}. "
        "There is nothing to do about these",
    )  # fmt: skip


def _shortened(address: str) -> str:
    shown_address = printable(address[: MAX_PLACE_CHARS + 1])
    return shown_address if len(address) <= MAX_PLACE_CHARS else shown_address[: MAX_PLACE_CHARS - 1] + "…"
