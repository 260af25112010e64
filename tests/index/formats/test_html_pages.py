from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest

from index.formats import Defaults, html

STORY = (
    "<p>The army said on Thursday that it had retaken the border town after a night of fighting.</p>"
    "<p>Residents who had fled were waiting for word that the road was safe, an official said from the scene.</p>"
)
HEAD = (
    '<title>Town retaken</title><meta property="og:site_name" content="Desert Wire">'
    '<link rel="canonical" href="https://desert.example/a/1"><meta name="author" content="Lena Hadid; Omar Saleh">'
    '<meta property="article:published_time" content="2017-11-09T14:05:00Z">'
)


def page(head: str = HEAD, story: str = STORY) -> str:
    menu = "<nav><a href='/'>Home</a> <a href='/about'>About us</a></nav>"
    article = f"<article><h1>Town retaken</h1>{story}</article>"
    return f'<html lang="en"><head>{head}</head><body>{menu}{article}<footer>All rights reserved</footer></body></html>'


@pytest.mark.parametrize("name", ["a.html", "a.htm", "A.HTML"])
def test_story_and_what_the_page_says_about_it(read, name):
    article = read(name, page()).article
    assert article.title == "Town retaken"
    assert article.text.startswith("The army said on Thursday")
    assert article.text.endswith("said from the scene.")
    assert "Home" not in article.text
    assert (article.url, article.source) == ("https://desert.example/a/1", "Desert Wire")
    assert (article.published_at, article.date_precision) == (datetime(2017, 11, 9, tzinfo=UTC), "day")
    assert article.authors == ("Lena Hadid", "Omar Saleh")
    assert article.metadata == {"file": name}


def test_defaults_fill_what_the_page_does_not_say(read):
    defaults = Defaults(datetime(2020, 1, 1, tzinfo=UTC), "day", "Archive")
    article = read("a.html", page(head="<title>Town retaken</title>"), defaults).article
    assert (article.url, article.source) == (None, "Archive")
    assert (article.published_at, article.date_precision) == (datetime(2020, 1, 1, tzinfo=UTC), "day")


def test_years_in_the_story_are_not_its_date(read):
    story = STORY + "<p>The war began on 5 March 2011 and the town fell on 20 November 2014.</p><p>Copyright 2016</p>"
    assert read("a.html", page("<title>T</title>", story)).article.published_at is None


def test_addresses_other_than_http_are_not_kept(read):
    head = '<title>T</title><link rel="canonical" href="javascript:alert(1)">'
    assert read("a.html", page(head)).article.url is None


@pytest.mark.parametrize(
    ("encoding", "charset"), [("cp1251", "windows-1251"), ("cp1252", "iso-8859-1"), ("utf-8", "gbk")]
)
def test_declared_character_set(read, encoding, charset):
    words = "Войска вошли в город" if encoding == "cp1251" else "Après la forêt, “où” étaient-ils"
    story = STORY + f"<p>{words}.</p>"
    data = page(f'<meta charset="{charset}">{HEAD}', story).encode(encoding)
    assert words in read("a.html", data).article.text


def test_xhtml(read):
    head = '<?xml version="1.0" encoding="utf-8"?><!DOCTYPE html>'
    assert read("a.html", head + page()).article.title == "Town retaken"


@pytest.mark.parametrize("data", ["<html></html>", "<html><body></body></html>", "plain words", "<"])
def test_no_story(read, data):
    assert read("a.html", data).reject.reason == "no article text found"


def test_empty(read):
    assert read("a.html", "").reject.reason == "empty file"


def test_binary(read):
    assert read("a.html", random.Random(1).randbytes(10_000)).reject.reason == "binary file"


def test_too_large(read, monkeypatch):
    monkeypatch.setattr(html, "MAX_HTML_BYTES", 500)
    assert read("a.html", page()).reject.reason == "too large"


def test_deeply_nested(read):
    outcome = read("a.html", "<html><body>" + "<div>" * 20_000 + "words " * 100)
    assert len(outcome.articles) + len(outcome.rejects) == 1
