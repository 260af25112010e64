"""Feeds as files: what they hold, and nothing fetched."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime

import pytest
from site_pages import PARAGRAPHS, rss

from index.formats import Defaults, fetch

WHOLE = "".join(f"<p>{words}</p>" for words in PARAGRAPHS)
ATOM = """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><title>Euphrates Wire</title><id>f</id>
<entry><title type="html">Town &lt;b&gt;retaken&lt;/b&gt; &amp;amp; held</title><id>urn:1</id>
<link href="https://wire.example/1?utm_source=feed"/><published>2017-11-03T10:00:00+02:00</published>
<updated>2017-11-04T09:00:00Z</updated><author><name>A. Writer</name></author><author><name>B. Other</name></author>
<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>The army is back.</p><p>It stays.</p></div></content>
</entry>
<entry><title>Only updated</title><id>urn:2</id><link href="https://wire.example/2"/>
<updated>2017-11-05T09:00:00Z</updated><summary>It said so.</summary></entry>
<entry><title>Without a page</title><id>urn:3</id><updated>2017-11-06T00:00:00Z</updated>
<source><title>Harbour Gazette</title></source><summary>Said elsewhere.</summary></entry>
</feed>"""


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    monkeypatch.setattr(fetch.socket, "getaddrinfo", lambda *_: pytest.fail("a file is read, nothing is fetched"))


def test_atom(read):
    first, second, third = read("feed.atom", ATOM).articles
    assert (first.title, first.text) == ("Town retaken & held", "The army is back.\nIt stays.")
    assert (first.url, first.source, first.language) == ("https://wire.example/1", "Euphrates Wire", "en")
    assert first.authors == ("A. Writer", "B. Other")
    assert first.published_at == datetime(2017, 11, 3, 8, tzinfo=UTC)
    assert first.updated_at == datetime(2017, 11, 4, 9, tzinfo=UTC)
    assert (second.published_at, second.updated_at) == (datetime(2017, 11, 5, 9, tzinfo=UTC), None)
    assert (third.url, third.key, third.source) == (None, "urn:3", "Harbour Gazette")


def test_rss_gives_the_whole_before_the_teaser(read):
    _, _, body = rss(
        {
            "title": "Iraqi forces enter al-Qaim",
            "link": "https://gazette.example/a",
            "description": "A teaser.",
            "content": f'{WHOLE}<figure><figcaption>A soldier. Photo: X</figcaption></figure><script>bad("x")</script>',
            "pubDate": "Fri, 03 Nov 2017 10:00:00 GMT",
        }
    )
    article = read("feed.xml", body).article
    assert article.text == "\n".join(PARAGRAPHS)
    assert article.published_at == datetime(2017, 11, 3, 10, tzinfo=UTC)
    assert article.source == "Harbour Gazette"


def test_rdf(read):
    rdf = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
      xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="https://w.example/"><title>Wire</title></channel>
      <item rdf:about="https://w.example/1"><title>Taken</title><link>https://w.example/1</link>
      <description>It was taken.</description><dc:date>2017-11-03</dc:date></item></rdf:RDF>"""
    article = read("feed.rss", rdf).article
    assert (article.title, article.source, article.date_precision) == ("Taken", "Wire", "day")


def test_the_files_own_words_come_before_the_defaults(read):
    _, _, body = rss({"title": "One", "description": "It was said."}, title="")
    article = read("feed.xml", body, Defaults(source="Post")).article
    assert article.source == "Post"
    assert read("feed.xml", ATOM, Defaults(source="Post")).articles[0].source == "Euphrates Wire"


def test_bad_entries_are_named_and_the_others_kept(read):
    _, _, body = rss(
        {"title": "No words"},
        {"title": "A bad date", "description": "It was said.", "pubDate": "some day"},
        {"title": "Good", "description": "It was said."},
        {"title": "Long ago", "description": "It was said.", "pubDate": "Fri, 03 Nov 0017 10:00:00 GMT"},
    )
    outcome = read("feed.xml", body)
    assert [article.title for article in outcome.articles] == ["Good"]
    assert [(r.where.rpartition("#")[2], r.reason) for r in outcome.rejects] == [
        ("1", "no text"), ("2", "invalid date"), ("4", "invalid date")
    ]  # fmt: skip


@pytest.mark.parametrize("data", ["<html><body>No feed.</body></html>", "<note>None</note>", "words", '{"a": 1}'])
def test_what_is_no_feed(read, data):
    assert read("feed.xml", data).reject.reason == "not a feed"


def test_feeds_without_entries_and_broken_ones(read):
    assert read("feed.xml", rss()[2]).reject.reason == "empty file"
    assert read("feed.xml", "").reject.reason == "empty file"
    for cut in range(40, len(ATOM), 97):
        outcome = read("feed.xml", ATOM[:cut])
        assert outcome.articles or outcome.rejects


def test_entities_do_not_explode_and_read_no_files(read):
    bomb = "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10}">' for i in range(1, 12))
    start = f'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY e0 "ha"><!ENTITY f SYSTEM "file:///etc/passwd">{bomb}]>'
    feed = "<rss version='2.0'><channel><title>T</title><item><title>A &e11; &f;</title>"
    outcome = read("feed.xml", f"{start}{feed}<description>Said: &e11; &f;</description></item></channel></rss>")
    for article in outcome.articles:
        assert len(article.title + article.text) < 1000
        assert "root:" not in article.title + article.text


def test_hostile_markup_takes_no_quadratic_time(read):
    # 400 KB of it took a minute; a time is not asserted, but nobody waits for hours.
    _, _, body = rss({"title": "<b>A</b><script>x()</script>", "description": f"Said. {'<!--' * 250_000}"})
    assert read("feed.xml", body).articles or read("feed.xml", body).rejects


def test_other_encodings(read):
    _, _, body = rss({"title": "É", "description": "Déjà vu."}, title="Café")
    declared = body.replace('version="1.0"?', 'version="1.0" encoding="windows-1252"?')
    article = read("feed.xml", declared.encode("cp1252")).article
    assert (article.source, article.text) == ("Café", "Déjà vu.")


def test_packed_feeds_are_no_known_file(read):
    assert read("feed.xml.gz", gzip.compress(ATOM.encode())).reject.reason == "unknown file type"
