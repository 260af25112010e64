"""Adding what stands at an address: pages, feeds with their pages, files."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from datetime import UTC, datetime

import pytest
from site_pages import PARAGRAPHS, page, rss, serving

from index.formats import Defaults, Fetcher, Located, Reject, is_address, read_address, sites

TITLE = "Iraqi forces enter al-Qaim"
TEXT = "\n".join(PARAGRAPHS)
WHOLE = "".join(f"<p>{words}</p>" for words in PARAGRAPHS)
DATE = "Fri, 03 Nov 2017 10:00:00 +0200"


@pytest.fixture
def site():
    with serving() as site:
        yield site


def read(url, defaults=Defaults()):  # noqa: B008 - it is frozen
    items = list(read_address(url, defaults, Fetcher(private=True, pause=0)))
    return [i for i in items if isinstance(i, Located)], [i for i in items if isinstance(i, Reject)]


def only(url, defaults=Defaults()):  # noqa: B008
    (located,), rejects = read(url, defaults)
    assert not rejects
    return located.article


@pytest.mark.parametrize("text", ["http://a.example", "HTTPS://a.example/b"])
def test_addresses(text):
    assert is_address(text)


@pytest.mark.parametrize("text", ["a.html", "./http", "ftp://a.example", "http:a", "/https://x", ""])
def test_paths(text):
    assert not is_address(text)


def test_a_page(site):
    site.pages["/2017/11/03/a.html"] = page(TITLE, head='<meta property="og:site_name" content="Harbour Gazette">')
    article = only(f"{site.url}/2017/11/03/a.html")
    assert (article.title, article.text) == (TITLE, TEXT)
    assert (article.url, article.source) == (f"{site.url}/2017/11/03/a.html", "Harbour Gazette")
    assert article.published_at == datetime(2017, 11, 3, tzinfo=UTC)


def test_a_source_is_what_the_page_says_else_the_feed_else_the_person_else_the_host(site):
    link = f"{site.url}/a"
    said, host = '<meta property="og:site_name" content="Its own">', site.url.removeprefix("http://")
    for head, title, given, expected in (
        (said, "The feed", "The person", "Its own"),
        ("", "The feed", "The person", "The feed"),
        ("", "", "The person", "The person"),
        ("", "", None, host),
    ):
        site.pages |= {"/a": page(TITLE, head=head), "/feed": rss({"link": link, "description": "T"}, title=title)}
        assert only(f"{site.url}/feed", Defaults(source=given)).source == expected
    assert only(link).source == host
    assert only(link, Defaults(source="The person")).source == "The person"


def test_a_page_is_known_by_its_address_without_trackers(site):
    site.pages["/a?id=1&utm_source=mail"] = page(TITLE)
    assert only(f"{site.url}/a?id=1&utm_source=mail").url == f"{site.url}/a?id=1"


def test_a_page_speaks_for_its_own_site_alone(site):
    for other in ("https://other.example/story", "https://news.bbc.co.uk/story", "http://127.0.0.1/story"):
        site.pages["/a"] = page(TITLE, head=f'<link rel="canonical" href="{other}">')
        assert only(f"{site.url}/a").url == f"{site.url}/a"
    site.pages["/b"] = page(TITLE, head=f'<link rel="canonical" href="{site.url}/b-in-full">')
    assert only(f"{site.url}/b").url == f"{site.url}/b-in-full"


def test_the_charset_that_was_sent_counts(site):
    words = page("Café", paragraphs=tuple(f"{words} Déjà vu à Paris, où l'été fut très chaud." for words in PARAGRAPHS))
    site.pages["/a"] = (200, {"Content-Type": "text/html; charset=iso-8859-1"}, words.encode("latin-1"))
    article = only(f"{site.url}/a")
    assert article.title == "Café"
    assert "Déjà vu à Paris" in article.text


def test_a_front_page_is_a_list_and_names_its_feed(site):
    site.pages["/"] = page("Home", head='<link rel="alternate" type="application/rss+xml" href="feed.xml">')
    ((_, (reject,)),) = [read(f"{site.url}/")]
    assert reject.reason == "front page"
    assert f"{site.url}/feed.xml" in reject.detail
    site.pages["/"] = page("Home")
    assert read(f"{site.url}")[1][0].reason == "front page"


def test_a_page_without_a_story_and_one_that_is_not_there(site):
    site.pages["/a"] = "<html><body></body></html>"
    assert read(f"{site.url}/a")[1][0].reason == "no article text found"
    ((), (reject,)) = read(f"{site.url}/b")
    assert (reject.where, reject.reason) == (f"{site.url}/b", "not fetched")


# --- feeds


def test_a_feeds_pages_are_fetched_and_its_dates_kept(site):
    site.pages |= {
        "/a": page(TITLE, head='<meta property="article:published_time" content="2017-11-02">'),
        "/feed": rss(
            {"title": "Teaser title", "link": f"{site.url}/a?utm_medium=rss", "description": "T", "pubDate": DATE}
        ),
        "/a?utm_medium=rss": page(TITLE),
    }
    article = only(f"{site.url}/feed")
    assert (article.title, article.text) == (TITLE, TEXT)
    assert article.url == f"{site.url}/a"
    assert article.published_at == datetime(2017, 11, 3, 8, tzinfo=UTC)
    assert site.asked == ["/feed", "/robots.txt", "/a?utm_medium=rss"]


def test_what_cannot_be_fetched_is_what_the_feed_has_of_it(site):
    site.pages["/feed"] = rss(
        {"title": "In full", "link": f"{site.url}/gone", "content": WHOLE, "pubDate": DATE},
        {"title": "A teaser", "link": f"{site.url}/gone-too", "description": "Read on.", "pubDate": DATE},
        {"title": "Without a page", "description": "It was said."},
    )
    located, rejects = read(f"{site.url}/feed")
    assert [(i.article.title, i.article.url) for i in located] == [
        ("In full", f"{site.url}/gone"), ("Without a page", None)
    ]  # fmt: skip
    assert located[0].article.text == TEXT
    assert [(r.where, r.reason) for r in rejects] == [(f"{site.url}/gone-too", "not fetched")]


def test_a_feed_leads_nobody_astray(site):
    with serving() as other:
        other.pages["/secret"] = page("Secret")
        site.pages |= {
            "/feed": rss(
                {"title": "Here", "link": f"{other.url}/secret", "description": "T"},
                {"title": "There", "link": "http://169.254.169.254/latest/meta-data", "description": "T"},
                {"title": "File", "link": "file:///etc/passwd", "description": "Of a file."},
                {"title": "Round the corner", "link": f"{site.url}/r", "description": "T"},
            ),
            "/r": (302, {"Location": f"{other.url}/secret"}, ""),
        }
        located, rejects = read(f"{site.url}/feed")
        assert [r.reason for r in rejects] == ["not a public address"] * 3
        assert [(i.article.text, i.article.url) for i in located] == [("Of a file.", None)]
        assert other.asked == []


def test_what_a_feed_has_of_another_sites_article_does_not_take_its_address(site):
    elsewhere = "https://www.bbc.co.uk/news/1"
    site.pages["/feed"] = rss({"title": "In full", "link": elsewhere, "content": WHOLE, "pubDate": DATE})
    article = only(f"{site.url}/feed")
    assert (article.url, article.key) == (None, elsewhere)
    assert article.text == TEXT


def test_a_feed_knows_the_hour_of_its_own_articles_and_others_know_their_day(site, monkeypatch):
    head = '<meta property="article:published_time" content="2017-10-30">'
    site.pages |= {
        "/a": page(TITLE, head=head),
        "/feed": rss({"title": "A", "link": f"{site.url}/a", "description": "T", "pubDate": DATE}),
    }
    assert only(f"{site.url}/feed").published_at == datetime(2017, 11, 3, 8, tzinfo=UTC)
    monkeypatch.setattr("index.formats.sites.same_site", lambda *_: False)
    assert only(f"{site.url}/feed").published_at == datetime(2017, 10, 30, tzinfo=UTC)


def test_a_feeds_impossible_date_does_not_cost_the_article(site):
    site.pages |= {
        "/a": page(TITLE),
        "/feed": rss({"title": "A", "link": f"{site.url}/a", "description": "T", "pubDate": "Mon, 01 Jan 0000"}),
    }
    assert only(f"{site.url}/feed").published_at is None


@pytest.mark.parametrize(
    "link", ["http://xn--zzzzzzzzzzzzzzzzzzz--/", "http://a%5Bb/", "http://[x/", "http://a:99999/"]
)
def test_an_address_that_nobody_can_read_costs_its_entry_alone(site, link):
    site.pages |= {
        "/a": page(TITLE),
        "/feed": rss({"title": "Bad", "link": link, "description": "T"}, {"title": "A", "link": f"{site.url}/a"}),
    }
    located, rejects = read(f"{site.url}/feed")
    assert located[-1].article.title == TITLE
    assert len(located) + len(rejects) == 2
    assert not any(item.article.url == link for item in located)
    assert len(read(link)[1]) == 1


def test_a_front_page_whose_feed_is_no_address(site):
    site.pages["/"] = page("Home", head='<link rel="alternate" type="application/rss+xml" href="http://[x">')
    assert read(f"{site.url}/")[1][0].reason in ("front page", "unreadable")


def test_a_large_feed_gives_its_first_entry_at_once(site, monkeypatch):
    worked = []
    monkeypatch.setattr("index.formats.feed._content", lambda raw: worked.append(raw) or "words")
    site.pages["/feed"] = rss(*({"title": f"T{n}", "description": "D"} for n in range(500)))
    items = read_address(f"{site.url}/feed", Defaults(), Fetcher(private=True, pause=0))
    assert isinstance(next(items), Located)
    assert len(worked) == 1
    items.close()


def test_packed_pages_are_unpacked(site):
    body = gzip.compress(page(TITLE).encode())
    site.pages["/a"] = (200, {"Content-Type": "text/html", "Content-Encoding": "gzip"}, body)
    assert only(f"{site.url}/a").text == TEXT
    site.pages["/b"] = (200, {"Content-Type": "text/html", "Content-Encoding": "gzip"}, body[:-50])
    assert read(f"{site.url}/b")[1][0].reason == "truncated"


def test_links_to_what_is_no_page(site):
    site.pages |= {
        "/feed": rss({"title": "Film", "link": f"{site.url}/film.mp4", "description": "T"}),
        "/film.mp4": (200, {"Content-Type": "video/mp4"}, b"\0\1"),
    }
    assert read(f"{site.url}/feed")[1][0].reason == "not a page"


def test_relative_links_start_from_the_feed(site):
    site.pages |= {"/news/a": page(TITLE), "/news/feed": rss({"title": "A", "link": "a", "description": "T"})}
    assert only(f"{site.url}/news/feed").text == TEXT


@pytest.mark.parametrize("media", ["text/xml", "application/xml; charset=utf-8", "application/octet-stream"])
def test_feeds_however_they_are_sent(site, media):
    site.pages |= {"/feed.xml": (200, {"Content-Type": media}, rss({"title": "A", "description": "It was said."})[2])}
    assert only(f"{site.url}/feed.xml").text == "It was said."


# --- files


def zipped():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.txt", "Town retaken\n\nThe army is back.")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("path", "media", "data", "where"),
    [
        ("/a.jsonl", "text/plain", b'{"text": "One."}\n', ":1"),
        ("/a.jsonl.gz", "application/gzip", gzip.compress(b'{"text": "One."}\n'), ":1"),
        ("/export?format=lines", "application/x-ndjson", b'{"text": "One."}\n', ":1"),
        ("/a.zip", "application/octet-stream", zipped(), "!a.txt"),
        ("/download", "application/zip", zipped(), "!a.txt"),
        ("/a.csv", "text/plain", b"text\nOne.\n", ":2"),
        ("/notes", "text/plain", b"Town retaken\n\nThe army is back.", ""),
    ],
)
def test_files_are_read_as_if_they_lay_here(site, path, media, data, where):
    site.pages[path] = (200, {"Content-Type": media}, data)
    (located,), rejects = read(f"{site.url}{path}")
    assert not rejects
    assert located.where == f"{site.url}{path}{where}"


def test_unknown_files(site):
    site.pages["/a.mp4"] = (200, {"Content-Type": "video/mp4"}, b"\0")
    assert read(f"{site.url}/a.mp4")[1][0].reason == "unknown file type"
    site.pages["/b"] = (200, {}, json.dumps({"a": 1}))
    assert read(f"{site.url}/b")[1][0].reason == "unknown file type"


@pytest.mark.parametrize(
    ("url", "known"),
    [
        ("https://a.example/x?utm_source=rss&id=1&fbclid=z#top", "https://a.example/x?id=1"),
        ("https://a.example/go?url=https://www.bbc.co.uk/news/1", "https://a.example/go?url=https://www.bbc.co.uk/news/1"),
        ("https://a.example/https://b.example/1", "https://a.example/https://b.example/1"),
        ("https://a.example/#!/story/1", "https://a.example/#!/story/1"),
        ("https://a.example/x?at_medium=RSS", "https://a.example/x"),
        ("https://a.example/x?data_at=1&utmost=2", "https://a.example/x?data_at=1&utmost=2"),
        ("http://[x", "http://[x"),
    ],
)  # fmt: skip
def test_addresses_without_what_tells_senders_apart(url, known):
    assert sites.without_trackers(url) == known


def test_a_page_claims_no_other_sites_address():
    found = "https://evil.example/go?url=https://www.bbc.co.uk/news/1"
    assert sites.own_address(found, found) == found
    assert sites.own_address("https://www.bbc.co.uk/news/1", found) == found
    assert sites.own_address(None, "https://a.example/x?utm_id=1") == "https://a.example/x"
    assert sites.own_address("https://www.a.example/y", "https://a.example/x") == "https://www.a.example/y"


def test_hosts_of_one_site():
    assert sites.same_site("https://news.example.co.uk/a", "https://example.co.uk/b")
    assert sites.same_site("https://amp.example.com/a", "http://www.example.com/b")
    assert not sites.same_site("https://one.co.uk/a", "https://other.co.uk/a")
    assert not sites.same_site("http://127.0.0.1:1/", "http://127.0.0.1:2/")
