from __future__ import annotations

import gzip
import io
import json
import random
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.formats import Defaults, Located, Reject, jsonl
from index.formats.base import Source, guarded

FULL = {
    "url": "https://desert.example/1",
    "id": 17,
    "title": "Town  retaken",
    "text": "The army is back.\r\nIt came at night.",
    "published": "2017-11-09",
    "updated": "2017-11-10T08:00:00Z",
    "source": "Desert Wire",
    "authors": ["Lena Hadid", "Omar Saleh"],
    "language": "en",
    "section": "world",
}
GOOD = json.dumps({"title": "Good", "text": "A good line."})


def test_every_field(read):
    article = read("a.jsonl", json.dumps(FULL)).article
    assert article.title == "Town retaken"
    assert article.text == "The army is back.\nIt came at night."
    assert (article.url, article.key, article.source) == ("https://desert.example/1", "17", "Desert Wire")
    assert (article.published_at, article.date_precision) == (datetime(2017, 11, 9, tzinfo=UTC), "day")
    assert article.updated_at == datetime(2017, 11, 10, 8, tzinfo=UTC)
    assert article.authors == ("Lena Hadid", "Omar Saleh")
    assert article.language == "en"
    assert article.metadata == {"section": "world"}


def test_text_alone_is_enough(read):
    article = read("a.jsonl", '{"text": "Only words."}').article
    assert (article.title, article.published_at, article.date_precision, article.authors) == (
        "Only words.",
        None,
        None,
        (),
    )


@pytest.mark.parametrize("name", ["published", "published_at", "date"])
def test_names_for_the_date(read, name):
    assert read("a.jsonl", json.dumps({"text": "x", name: "2017-11-09"})).article.published_at is not None


def test_the_second_date_becomes_metadata(read):
    article = read("a.jsonl", json.dumps({"text": "x", "published": "2017-11-09", "date": "a Thursday"})).article
    assert article.metadata == {"date": "a Thursday"}


@pytest.mark.parametrize("authors", [{"author": "Ann; Bo"}, {"authors": ["Ann", "Bo"]}, {"authors": "Ann;Bo;"}])
def test_forms_of_authors(read, authors):
    assert read("a.jsonl", json.dumps({"text": "x", **authors})).article.authors == ("Ann", "Bo")


def test_defaults_fill_only_what_is_missing(read):
    defaults = Defaults(datetime(2020, 1, 1, tzinfo=UTC), "day", "Archive")
    lines = [json.dumps({"text": "bare"}), json.dumps(FULL)]
    bare, full = read("a.jsonl", "\n".join(lines), defaults).articles
    assert (bare.published_at, bare.date_precision, bare.source) == (datetime(2020, 1, 1, tzinfo=UTC), "day", "Archive")
    assert (full.published_at, full.source) == (datetime(2017, 11, 9, tzinfo=UTC), "Desert Wire")


def test_an_invalid_date_is_rejected_even_with_a_default(read):
    defaults = Defaults(datetime(2020, 1, 1, tzinfo=UTC), "day")
    reject = read("a.jsonl", '{"text": "x", "published": "soon"}', defaults).reject
    assert reject.reason == "invalid date"
    assert "published" in reject.detail
    assert "'soon'" in reject.detail


@pytest.mark.parametrize(
    ("line", "reason", "named"),
    [
        ('{"title": "No text"}', "no text", "text"),
        ('{"text": " \\n\\u200e "}', "no text", "text"),
        ('{"text": null}', "no text", "text"),
        ('{"text": 5}', "wrong type", "text"),
        ('{"text": "x", "title": ["y"]}', "wrong type", "title"),
        ('{"text": "x", "url": {}}', "wrong type", "url"),
        ('{"text": "x", "id": true}', "wrong type", "id"),
        ('{"text": "x", "published": 1509717900}', "wrong type", "published"),
        ('{"text": "x", "date": "0000-00-00"}', "invalid date", "date"),
        ('{"text": "x", "published": "3000-01-01"}', "invalid date", "published"),
        ('{"text": "x", "updated": "May"}', "invalid date", "updated"),
        ('{"text": "x", "authors": {"name": "y"}}', "wrong type", "authors"),
        ('{"text": "x", "author": [1]}', "wrong type", "author"),
        ('{"text": "half \\ud83d"}', "lone surrogate", "text"),
        ('{"text": "x", "tags": [{"a": "\\uDE00"}]}', "lone surrogate", "tags"),
        ('{"text": "x", "\\ud800": 1}', "lone surrogate", "ud800"),
        ('{"text": "x", "title": "' + "y" * 20_000 + '"}', "too large", "title"),
        ('{"text": "x"', "not valid JSON", "line"),
        ('{"text": "x", "score": NaN}', "not valid JSON", "NaN"),
        ('{"text": "x", "score": 1e999}', "not valid JSON", "1e999"),
        ('{"text": "x", "n": ' + "9" * 5000 + "}", "not valid JSON", "line"),
        ("[" * 100_000, "not valid JSON", "line"),
        ('{"text": "x", "tags": ' + "[" * 65 + "]" * 65 + "}", "nested too deeply", "64"),
        ('["text"]', "not an object", "list"),
        ("7", "not an object", "int"),
    ],
)
def test_bad_lines(read, line, reason, named):
    outcome = read("a.jsonl", f"{GOOD}\n\n{line}\n{GOOD}\n")
    (reject,) = outcome.rejects
    assert (reject.reason, reject.where.endswith("a.jsonl:3")) == (reason, True)
    assert named in reject.detail
    assert len(reject.detail) < 400
    assert [located.where[-2:] for located in outcome.located] == [":1", ":4"]


def test_whole_surrogate_pairs_are_characters(read):
    assert read("a.jsonl", r'{"text": "smile \ud83d\ude00"}').article.text == "smile \U0001f600"


def test_invalid_utf8_in_a_line(read):
    outcome = read("a.jsonl", GOOD.encode() + b'\n{"text": "caf\xe9"}\n' + GOOD.encode())
    (reject,) = outcome.rejects
    assert (reject.reason, reject.where[-2:], len(outcome.articles)) == ("invalid UTF-8", ":2", 2)


def test_byte_order_mark(read):
    assert read("a.jsonl", b"\xef\xbb\xbf" + GOOD.encode()).article.title == "Good"


def test_utf16_is_one_reject(read):
    assert read("a.jsonl", f"{GOOD}\n{GOOD}".encode("utf-16")).reject.reason == "invalid UTF-8"


def test_binary_is_one_reject(read):
    assert read("a.jsonl", random.Random(1).randbytes(100_000)).reject.reason == "binary file"


@pytest.mark.parametrize("data", [b"", b"\n \n"])
def test_empty(read, data):
    assert read("a.jsonl", data).reject.reason == "empty file"


def test_a_line_over_the_limit_is_skipped(read, monkeypatch):
    monkeypatch.setattr(jsonl, "MAX_LINE_BYTES", 1000)
    monkeypatch.setattr(jsonl, "SKIP_BYTES", 64)
    outcome = read("a.jsonl", f'{GOOD}\n{{"text": "{"x" * 5000}"}}\n{GOOD}')
    (reject,) = outcome.rejects
    assert (reject.reason, reject.where[-2:], len(outcome.articles)) == ("too large", ":2", 2)


def test_a_50_mb_article(read):
    outcome = read("a.jsonl", b'{"text": "' + b"news " * 10_000_000 + b'"}\n' + GOOD.encode())
    assert [reject.reason for reject in outcome.rejects] == ["too large"]
    assert len(outcome.articles) == 1


def test_a_text_over_the_limit_that_fits_a_line(read):
    assert read("a.jsonl", b'{"text": "' + b"news " * 2_000_001 + b'"}').reject.reason == "too large"


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.ndjson.gz", "A.JSONL.GZ"])
def test_gzip(read, name):
    assert read(name, gzip.compress(GOOD.encode())).article.title == "Good"


def test_truncated_gzip_keeps_what_came_before(read):
    noise = random.Random(2)
    lines = [json.dumps({"text": f"Story {n} {noise.randbytes(300).hex()}"}) for n in range(500)]
    data = gzip.compress("\n".join(lines).encode())
    outcome = read("a.jsonl.gz", data[: len(data) // 2])
    (reject,) = outcome.rejects
    assert (reject.reason, reject.where.endswith("a.jsonl.gz")) == ("truncated", True)
    assert 200 < len(outcome.articles) < 300
    assert [a.text.split()[1] for a in outcome.articles] == [str(n) for n in range(len(outcome.articles))]


def test_gzip_cut_after_a_few_bytes(read):
    assert read("a.jsonl.gz", gzip.compress(GOOD.encode())[:15]).reject.reason == "truncated"


def test_damaged_gzip_keeps_what_came_before(read):
    outcome = read("a.jsonl.gz", gzip.compress(GOOD.encode() + b"\n") + b"not gzip")
    assert (len(outcome.articles), outcome.rejects[0].reason) == (1, "damaged file")


def test_not_gzip_at_all(read):
    assert read("a.jsonl.gz", GOOD).reject.reason == "damaged file"


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
fields = [
    "text",
    "title",
    "url",
    "id",
    "published",
    "date",
    "updated",
    "authors",
    "author",
    "source",
    "language",
    "other",
]
records = st.dictionaries(st.sampled_from(fields), json_like).map(lambda record: json.dumps(record).encode())


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300) | st.lists(records | st.binary(max_size=40), max_size=4).map(b"\n".join))
def test_any_bytes_give_articles_and_rejects_only(data):
    source = Source("any.jsonl", "any.jsonl", lambda: io.BufferedReader(io.BytesIO(data)))
    items = list(guarded(jsonl.read(source, Defaults()), source.where))
    assert items
    for item in items:
        assert isinstance(item, Located | Reject)
        if isinstance(item, Located):
            assert item.article.text.strip()
            assert item.article.title
            json.dumps(dict(item.article.metadata), allow_nan=False, ensure_ascii=False).encode()
