from __future__ import annotations

import gzip
import io
import tarfile
import time
import zipfile
import zlib
from collections.abc import Iterable
from datetime import UTC, datetime

import brotli
import pytest
from memory import with_peak
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from index.formats import Defaults, html, unpack, warc

STORY = (
    "<p>The army said on Thursday that it had retaken the border town after a night of fighting.</p>"
    "<p>Residents who had fled were waiting for word that the road was safe, an official said from the scene.</p>"
)
DATED = '<meta property="article:published_time" content="2017-11-09T14:05:00Z">'
CAPTURED = "2019-03-04T05:06:07Z"
MOMENT = datetime(2019, 3, 4, 5, 6, 7, tzinfo=UTC)


def page(title: str = "Town retaken", head: str = "", story: str = STORY) -> bytes:
    article = f"<article><h1>{title}</h1>{story}</article>"
    return f"<html><head><title>{title}</title>{head}</head><body>{article}</body></html>".encode()


class Crawl:
    """A web archive in the making."""

    def __init__(self, packed: bool = True) -> None:
        self.buffer = io.BytesIO()
        self.writer = WARCWriter(self.buffer, gzip=packed)

    def add(
        self,
        address: str,
        payload: bytes = b"",
        content_type: str = "text/html",
        status: str = "200 OK",
        kind: str = "response",
        http: Iterable[tuple[str, str]] = (),
        **headers: str,
    ) -> Crawl:
        fields = {"WARC-Date": CAPTURED, **{name.replace("_", "-"): value for name, value in headers.items()}}
        if kind in ("response", "revisit"):
            named = [("Content-Type", content_type)] if content_type else []
            heads = StatusAndHeaders(status, [*named, *http], protocol="HTTP/1.1")
        else:
            heads = None
        record = self.writer.create_warc_record(
            address,
            kind,
            payload=io.BytesIO(payload),
            http_headers=heads,
            warc_content_type=content_type if heads is None else "",
            warc_headers_dict=fields,
        )
        self.writer.write_record(record)
        return self

    @property
    def data(self) -> bytes:
        return self.buffer.getvalue()


def record(content: bytes, headers: str = "", kind: str = "response", length: int | None = None) -> bytes:
    """A record as no library would write it."""
    size = len(content) if length is None else length
    head = f"WARC/1.0\r\nWARC-Type: {kind}\r\nContent-Length: {size}\r\n{headers}\r\n"
    return head.encode() + content + b"\r\n\r\n"


TARGET = "WARC-Target-URI: https://a.example/1\r\n"
HTTP = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"


def reasons(outcome) -> list[str]:
    return [reject.reason for reject in outcome.rejects]


# --- what a page becomes


@pytest.mark.parametrize(
    ("claimed", "known"),
    [
        ("https://www.bbc.co.uk/news/1", "http://evil.example.com/a"),
        ("http://www.example.com/story", "http://www.example.com/story"),
        ("http://[x", "http://evil.example.com/a"),
    ],
)
def test_a_page_speaks_for_its_own_site_alone(read, claimed, known):
    head = f'<link rel="canonical" href="{claimed}">'
    outcome = read("a.warc.gz", Crawl().add("http://evil.example.com/a", page(head=head)).data)
    (located,) = outcome.located
    assert located.article.url == known


def test_an_address_that_nobody_can_read_costs_its_page_alone(read):
    crawl = Crawl().add("http://[x/", page()).add("https://a.example/1", page("Other"))
    outcome = read("a.warc.gz", crawl.data)
    assert outcome.articles[-1].title == "Other"
    assert len(outcome.articles) + len([r for r in outcome.rejects if r.reason != "not an article"]) == 2


@pytest.mark.parametrize("packed", [True, False])
def test_a_page_with_its_address_and_its_capture(read, packed):
    name = "a.warc.gz" if packed else "a.warc"
    outcome = read(name, Crawl(packed).add("https://desert.example/news/1", page()).data)
    (located,) = outcome.located
    article = located.article
    assert located.where.endswith(f"{name}!https://desert.example/news/1")
    assert (article.title, article.url) == ("Town retaken", "https://desert.example/news/1")
    assert article.text.startswith("The army said on Thursday")
    assert (article.published_at, article.updated_at) == (None, MOMENT)
    assert article.metadata == {"file": name, "captured": CAPTURED}
    assert article.source == "desert.example"
    assert not outcome.rejects


def test_one_gzip_stream_for_all_records(read):
    crawl = Crawl(packed=False).add("https://a.example/1", page()).add("https://a.example/2", page("Road open"))
    outcome = read("a.warc.gz", gzip.compress(crawl.data))
    assert [article.title for article in outcome.articles] == ["Town retaken", "Road open"]
    assert not outcome.rejects


def test_the_pages_own_date_and_address_come_first(read):
    head = DATED + '<link rel="canonical" href="https://desert.example/a/1"><meta property="og:site_name" content="DW">'
    article = read("a.warc", Crawl(False).add("https://desert.example/amp/1?x=2", page(head=head)).data).article
    assert (article.url, article.source) == ("https://desert.example/a/1", "DW")
    assert (article.published_at, article.updated_at) == (datetime(2017, 11, 9, tzinfo=UTC), None)
    assert article.metadata["captured"] == CAPTURED


def test_the_date_in_an_address_counts(read):
    article = read("a.warc", Crawl(False).add("https://desert.example/2017/11/09/town", page()).data).article
    assert article.published_at == datetime(2017, 11, 9, tzinfo=UTC)


def test_defaults_are_for_pages_that_say_nothing(read):
    defaults = Defaults(datetime(2018, 1, 1, tzinfo=UTC), "day", "Desert Wire")
    crawl = Crawl().add("https://www.desert.example/1", page()).add("https://desert.example/2", page(head=DATED))
    first, second = read("a.warc.gz", crawl.data, defaults).articles
    assert (first.source, first.published_at, first.updated_at) == ("Desert Wire", defaults.published_at, None)
    assert second.published_at == datetime(2017, 11, 9, tzinfo=UTC)


@pytest.mark.parametrize("moment", ["", "nonsense", "9999-01-01T00:00:00Z"])
def test_a_capture_at_no_moment_is_one_of_unknown_moment(read, moment):
    data = record(HTTP + page(), f"{TARGET}WARC-Date: {moment}\r\n")
    article = read("a.warc", data).article
    assert article.updated_at is None
    assert "captured" not in article.metadata


def test_moments_to_the_nanosecond(read):
    data = record(HTTP + page(), f"{TARGET}WARC-Date: 2019-03-04T05:06:07.123456789Z\r\n")
    assert read("a.warc", data).article.updated_at == MOMENT


def test_resources_and_xhtml(read):
    crawl = Crawl().add("https://a.example/1", page(), "text/html; charset=utf-8", kind="resource")
    crawl.add("https://a.example/2", page(), "application/xhtml+xml")
    crawl.add("urn:x:3", page(), kind="resource").add("urn:thumbnail:4", b"\xff\xd8", "image/jpeg", kind="resource")
    outcome = read("a.warc.gz", crawl.data)
    assert [article.url for article in outcome.articles] == ["https://a.example/1", "https://a.example/2", None]
    assert [reject.detail.partition(".")[0] for reject in outcome.rejects] == ["1 record is no page: 1 image"]


@pytest.mark.parametrize("address", ["<https://a.example/a b>", "https://a.example/a%20b"])
def test_addresses_as_some_crawlers_write_them(read, address):
    data = record(HTTP + page(), f"WARC-Target-URI: {address}\r\n")
    assert read("a.warc", data).article.url == "https://a.example/a%20b"


def test_places_are_short_and_printable(read):
    outcome = read("a.warc", Crawl(False).add("https://a.example/\x1b[2J" + "x" * 5000, page()).data)
    place = outcome.located[0].where.partition("!")[2]
    assert len(place) == warc.MAX_PLACE_CHARS
    assert place.startswith("https://a.example/\ufffd[2J")


# --- character sets and codings


@pytest.mark.parametrize("content_type", ["text/html; charset=windows-1251", 'TEXT/HTML;Charset="WINDOWS-1251"'])
def test_the_character_set_of_the_header(read, content_type):
    data = page(story=STORY + "<p>Войска вошли в город.</p>").decode().encode("cp1251")
    assert (
        "Войска вошли" in read("a.warc", Crawl(False).add("https://a.example/1", data, content_type).data).article.text
    )


def test_the_character_set_that_the_page_declares(read):
    head = '<meta charset="windows-1251">'
    data = page(head=head, story=STORY + "<p>Войска вошли в город.</p>").decode().encode("cp1251")
    assert "Войска вошли" in read("a.warc", Crawl(False).add("https://a.example/1", data).data).article.text


def chunked(data: bytes, size: int = 100) -> bytes:
    parts = [data[at : at + size] for at in range(0, len(data), size)]
    return b"".join(b"%x;note=1\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def deflated(data: bytes) -> bytes:
    packing = zlib.compressobj(wbits=-15)
    return packing.compress(data) + packing.flush()


CODINGS = [
    ("", bytes),
    ("identity", bytes),
    ("gzip", gzip.compress),
    ("X-GZIP", gzip.compress),
    ("gzip", lambda data: gzip.compress(data[:50]) + gzip.compress(data[50:])),
    ("deflate", zlib.compress),
    ("deflate", deflated),
    ("br", brotli.compress),
    ("gzip, br", lambda data: brotli.compress(gzip.compress(data))),
    ("gzip", bytes),  # it says so, but the crawler unpacked it
    ("deflate", bytes),
    ("br", bytes),
]


@pytest.mark.parametrize("in_chunks", [True, False])
@pytest.mark.parametrize(("coding", "pack"), CODINGS)
def test_codings(read, coding, pack, in_chunks):
    http = [("Content-Encoding", coding)] if coding else []
    payload = pack(page())
    if in_chunks:
        payload = chunked(payload)
        http.append(("Transfer-Encoding", "Chunked"))
    assert (
        read("a.warc.gz", Crawl().add("https://a.example/1", payload, http=http).data).article.title == "Town retaken"
    )


def test_chunks_that_the_crawler_took_out(read):
    crawl = Crawl().add("https://a.example/1", page(), http=[("Transfer-Encoding", "chunked")])
    assert read("a.warc.gz", crawl.data).article.title == "Town retaken"


@pytest.mark.parametrize(
    ("payload", "header", "reason"),
    [
        (chunked(page())[:-5], ("Transfer-Encoding", "chunked"), "truncated"),
        (chunked(page())[:150], ("Transfer-Encoding", "chunked"), "truncated"),
        (gzip.compress(page())[:-20], ("Content-Encoding", "gzip"), "truncated"),
        (brotli.compress(page())[:-20], ("Content-Encoding", "br"), "truncated"),
        (b"\x1f\x8b\x08\0garbage garbage", ("Content-Encoding", "gzip"), "damaged record"),
        (page(), ("Content-Encoding", "zstd"), "unknown encoding"),
        (page(), ("Content-Encoding", "gzip, " * 100), "unknown encoding"),
        (b"", ("X", "y"), "no article text found"),
        (b"\0\1\2\3", ("X", "y"), "binary file"),
    ],
)
def test_a_bad_page_leaves_the_others_readable(read, payload, header, reason):
    crawl = Crawl().add("https://a.example/1", payload, http=[header]).add("https://a.example/2", page())
    outcome = read("a.warc.gz", crawl.data)
    assert [(reject.where.partition("!")[2], reject.reason) for reject in outcome.rejects] == [
        ("https://a.example/1", reason)
    ]
    assert len(outcome.articles) == 1


# --- what is no page


def test_records_that_are_no_pages_are_counted_not_listed(read):
    crawl = Crawl()
    crawl.writer.write_record(crawl.writer.create_warcinfo_record("a.warc.gz", {"software": "test"}))
    for number in range(1200):
        crawl.add(f"https://a.example/{number}.png", b"\x89PNG", "image/png")
    crawl.add("https://a.example/robots.txt", b"User-agent: *", "text/plain")
    crawl.add("https://a.example/x.js", b"x()", "application/javascript").add(
        "https://a.example/x.css", b"", "text/css"
    )
    crawl.add("https://a.example/old", b"moved", status="301 Moved Permanently").add(
        "https://a.example/no", page(), status="404 No"
    )
    crawl.add(
        "https://a.example/1",
        b"",
        kind="revisit",
        status="200 OK",
        WARC_Profile="http://netpreserve.org/warc/1.0/revisit/identical-payload-digest",
    )
    crawl.add("https://a.example/1", b"GET / HTTP/1.1\r\n\r\n", "application/http; msgtype=request", kind="request")
    crawl.add("dns:a.example", b"20190304 a.example 10 A 127.0.0.1", "text/dns", kind="resource")
    crawl.add("https://a.example/untyped", page(), "").add("https://a.example/odd", page(), "what is this")
    crawl.add("https://a.example/", b"<html><body></body></html>")
    crawl.add("https://a.example/1", page())
    outcome = read("crawl.warc.gz", crawl.data)
    assert len(outcome.articles) == 1
    front, summary = outcome.rejects
    assert (front.where.partition("!")[2], front.reason) == ("https://a.example/", "no article text found")
    assert (summary.reason, summary.where.endswith("crawl.warc.gz")) == ("not an article", True)
    assert summary.detail.startswith("1,211 records are no pages: 1,200 image, ")
    for kind in ("2 content of unknown type", *("1 " + kind for kind in (
        "warcinfo", "request", "revisit", "text/dns", "text/plain", "text/css", "script", "HTTP status 301",
        "HTTP status 404",
    ))):  # fmt: skip
        assert f"{kind}," in summary.detail or f"{kind}." in summary.detail, kind


def test_kinds_are_few_and_printable_whatever_the_records_say(read):
    data = b"".join(record(b"", kind=f"k{number}\x1b{'x' * 500}") for number in range(200))
    reject = read("a.warc", data).reject
    assert reject.detail.startswith("200 records are no pages: 170 other, ")
    assert reject.detail.isprintable()
    assert len(reject.detail) < 2000


def test_a_page_of_which_the_crawler_kept_a_part(read):
    crawl = Crawl().add("https://a.example/1", page(), WARC_Truncated="length")
    crawl.add("https://a.example/2", page(), WARC_Segment_Number="1")
    assert reasons(read("a.warc.gz", crawl.data)) == ["truncated", "truncated"]


# --- damage and bombs


def test_not_a_web_archive(read):
    assert read("a.warc", b"").reject.reason == "empty file"
    assert read("a.warc.gz", gzip.compress(b"")).reject.reason == "empty file"
    assert read("a.warc", b"<html>no</html>").reject.reason == "damaged file"
    assert read("a.warc.gz", b"no gzip file").reject.reason == "damaged file"


@pytest.mark.parametrize("length", ["-1", "", "1e3", "x", "9" * 30])
def test_a_length_that_is_none(read, length):
    data = (
        record(HTTP + page(), TARGET) + f"WARC/1.0\r\nWARC-Type: response\r\nContent-Length: {length}\r\n\r\nx".encode()
    )
    outcome = read("a.warc", data)
    assert (len(outcome.articles), reasons(outcome)) == (1, ["damaged file"])


def test_a_length_that_is_wrong_ends_the_reading_with_a_reject(read):
    data = record(HTTP + page(), TARGET) + record(b"0123456789", length=5) + record(HTTP + page(), TARGET)
    outcome = read("a.warc", data)
    assert (len(outcome.articles), reasons(outcome)) == (1, ["damaged file", "not an article"])
    assert "56789" in outcome.rejects[0].detail


def three(packed: bool) -> tuple[bytes, list[int]]:
    """Three pages, and where each ends."""
    crawl, ends = Crawl(packed), []
    for number in range(3):
        crawl.add(f"https://a.example/{number}", page(f"Page number {number}"))
        ends.append(len(crawl.data))
    return crawl.data, ends


@pytest.mark.parametrize("form", ["records", "stream", "plain"])
def test_cut_anywhere_what_stands_before_is_kept_and_the_rest_told(read, form, monkeypatch):
    monkeypatch.setattr(html, "fields", lambda data, **_: {"text": data.decode()})
    whole, ends = three(packed=form == "records")
    data = gzip.compress(whole) if form == "stream" else whole
    for cut in range(10, len(data), 7 if form == "plain" else 3):
        outcome = read("a.warc" if form == "plain" else "a.warc.gz", data[:cut])
        texts = [article.text for article in outcome.articles]
        assert all(text.endswith("</html>") for text in texts)
        if form == "stream":
            assert reasons(outcome) == ["truncated"]
            continue
        complete = sum(end <= cut for end in ends)
        # The blank lines after a record may be missing.
        assert complete <= len(texts) <= complete + (form == "plain" or cut not in ends)
        assert len(texts) == complete + 1 or cut in ends or reasons(outcome)[0] in ("truncated", "damaged file")
        if form == "records":
            assert bool(outcome.rejects) == (cut not in ends)


def test_damage_anywhere_is_reported_not_raised(read, monkeypatch):
    monkeypatch.setattr(html, "fields", lambda data, **_: {"text": data.decode(errors="replace") or "none"})
    for packed in (True, False):
        whole, _ = three(packed)
        for at in range(0, len(whole), 11):
            data = bytearray(whole)
            data[at] ^= 0x15
            outcome = read("a.warc.gz" if packed else "a.warc", bytes(data))
            assert outcome.rejects or len(outcome.articles) == 3 or not packed


@pytest.mark.parametrize(
    ("coding", "pack"), [("gzip", gzip.compress), ("br", brotli.compress), ("deflate", zlib.compress)]
)
def test_a_bomb_in_a_page(read, coding, pack, monkeypatch):
    monkeypatch.setattr(html, "MAX_HTML_BYTES", 1_000_000)
    crawl = Crawl().add("https://a.example/1", pack(b"0" * 60_000_000), http=[("Content-Encoding", coding)])
    crawl.add("https://a.example/2", page())
    read("first.warc", Crawl(False).add("https://a.example/", page()).data)  # loads the extractor
    outcome, peak = with_peak(lambda: read("a.warc.gz", crawl.data))
    assert (reasons(outcome), len(outcome.articles)) == (["too large"], 1)
    assert peak < 20_000_000


def test_a_giant_payload_is_passed_over_without_being_held(read):
    crawl = Crawl(False).add("https://a.example/1", page(story="word " * 5_000_000))
    crawl.add("https://a.example/film.mp4", b"\0" * 30_000_000, "video/mp4").add("https://a.example/2", page())
    data = crawl.data
    read("first.warc", Crawl(False).add("https://a.example/", page()).data)  # loads the extractor
    outcome, peak = with_peak(lambda: read("a.warc", data))
    assert (reasons(outcome), len(outcome.articles)) == (["too large", "not an article"], 1)
    assert peak < 10_000_000


def test_a_bomb_of_the_file_itself(read, monkeypatch):
    monkeypatch.setattr(unpack, "FREE_BYTES", 1_000_000)
    crawl = (
        Crawl().add("https://a.example/1", page()).add("https://a.example/film.mp4", b"\0" * 50_000_000, "video/mp4")
    )
    outcome = read("a.warc.gz", crawl.data)
    assert (reasons(outcome), len(outcome.articles)) == (["too large", "not an article"], 1)


@pytest.mark.parametrize(
    "head",
    [b"WARC/1.0\r\nX: ", b"WARC/1.0\r\n" + b"X: y\r\n" * 10, b"WARC/1.0", b"WARC/1.0\r\nX: y\r\n" + b" y\r\n" * 10],
)
def test_headers_without_end(read, head):
    begun = time.monotonic()
    outcome = read("a.warc", record(HTTP + page(), TARGET) + head * 300_000)
    assert (len(outcome.articles), reasons(outcome)) == (1, ["damaged record"])
    assert time.monotonic() - begun < 10


def test_http_headers_without_end_spoil_one_record(read):
    data = record(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 300_000, TARGET) + record(HTTP + page(), TARGET)
    outcome = read("a.warc", data)
    assert (len(outcome.articles), reasons(outcome)) == (1, ["damaged record"])


# --- within other files


def test_a_wacz_file_is_its_web_archives(read):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr("archive/data.warc.gz", Crawl().add("https://a.example/1", page()).data)
        file.writestr("archive/more.warc", Crawl(False).add("https://a.example/2", page("Road open")).data)
        file.writestr("indexes/index.cdx.gz", b"index")
        file.writestr("pages/pages.jsonl", '{"text": "No article."}')
        file.writestr("datapackage.json", "{}")
        file.writestr("logs/crawl.log", "log")
    outcome = read("crawl.wacz", packed.getvalue())
    assert not outcome.rejects
    assert [located.where.partition("crawl.wacz!")[2] for located in outcome.located] == [
        "archive/data.warc.gz!https://a.example/1",
        "archive/more.warc!https://a.example/2",
    ]


def test_a_wacz_file_without_web_archives(read):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr("pages/pages.jsonl", '{"text": "No article."}')
    assert read("a.wacz", packed.getvalue()).reject.reason == "empty file"
    assert read("a.wacz", b"no zip file").reject.reason == "damaged file"


def test_web_archives_in_zip_files(read):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr("a/x.warc.gz", Crawl().add("https://a.example/1", page()).data)
        file.writestr("a/y.wacz", b"")
    outcome = read("a.zip", packed.getvalue())
    assert (len(outcome.articles), reasons(outcome)) == (1, ["nested archive"])


def test_a_bomb_of_a_web_archive_within_other_files(read, monkeypatch):
    monkeypatch.setattr(unpack, "FREE_BYTES", 1_000_000)
    data = Crawl().add("https://a.example/film.mp4", b"\0" * 20_000_000, "video/mp4").data
    packed, archive = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr("x.warc.gz", data)
    with tarfile.open(fileobj=archive, mode="w") as tar:
        info = tarfile.TarInfo("x.warc.gz")
        info.size = len(data)
        tar.addfile(info, io.BytesIO(data))
    for name, whole in (("a.zip", packed.getvalue()), ("a.wacz", packed.getvalue()), ("a.tar", archive.getvalue())):
        assert reasons(read(name, whole)) == ["too large", "not an article"]
