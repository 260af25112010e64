from __future__ import annotations

import csv
import gzip
import random
from datetime import UTC, datetime

import pytest

from index.formats import table


def test_rows(read):
    outcome = read(
        "a.csv", 'id,Title,text,published,author,section\n7,One,"Line one,\nline two",2017-11-09,A;B,world\n,,Bare,,,\n'
    )
    one, bare = outcome.articles
    assert (one.key, one.title, one.text) == ("7", "One", "Line one,\nline two")
    assert (one.published_at, one.date_precision) == (datetime(2017, 11, 9, tzinfo=UTC), "day")
    assert (one.authors, one.metadata) == (("A", "B"), {"section": "world"})
    assert (bare.title, bare.text, bare.key, bare.published_at, bare.metadata) == ("Bare", "Bare", None, None, {})
    assert [located.where[-2:] for located in outcome.located] == [":2", ":4"]


@pytest.mark.parametrize("delimiter", [";", "\t", ","])
def test_delimiters(read, delimiter):
    assert read("a.csv", f"title{delimiter}text\nT{delimiter}Words\n").article.text == "Words"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_encodings(read, encoding):
    text = "Le général a déclaré que la forêt brûlée n’était pas sûre. Où étaient-ils ?"
    assert read("a.csv", f"title,text\nÉté,{text}\n".encode(encoding)).article.text == text


def test_an_accent_far_into_the_file(read):
    rows = "".join(f"Story {n},plain words\n" for n in range(100_000))
    articles = read("a.csv", f"title,text\n{rows}Last,Le café était fermé après midi.\n".encode("cp1252")).articles
    assert articles[-1].text == "Le café était fermé après midi."


@pytest.mark.parametrize("first", ["7,One,Words", "id,title,body", "\n", ",,"])
def test_without_header(read, first):
    reject = read("a.csv", f"{first}\n8,Two,Words\n").reject
    assert reject.reason == "no header"
    assert '"text"' in reject.detail


def test_a_column_named_twice(read):
    assert "title" in read("a.csv", "title,text,title\na,b,c\n").reject.detail


def test_a_column_without_name(read):
    assert read("a.csv", ",text\n0,Words\n").article.metadata == {"column 1": "0"}


def test_ragged_rows_are_rejected_by_line(read):
    outcome = read("a.csv", "title,text\nA,B\nC,D,E\nF\nG,H\n")
    assert [(r.where[-2:], r.reason) for r in outcome.rejects] == [(":3", "ragged row"), (":4", "ragged row")]
    assert [article.title for article in outcome.articles] == ["A", "G"]


def test_a_row_without_text(read):
    outcome = read("a.csv", "title,text\nA,\nB,C\n")
    assert [(r.where[-2:], r.reason) for r in outcome.rejects] == [(":2", "no text")]


def test_a_row_with_an_invalid_date(read):
    assert read("a.csv", "text,date\nWords,0000-00-00\n").reject.reason == "invalid date"


def test_a_quotation_mark_never_closed(read):
    outcome = read("a.csv", 'title,text\nA,B\nC,"D\nE,F\n')
    assert [article.title for article in outcome.articles] == ["A"]
    assert [(r.where[-2:], r.reason) for r in outcome.rejects] == [(":3", "not valid CSV")]


def test_a_stray_quotation_mark(read):
    outcome = read("a.csv", 'title,text\nA,"B"b\nC,D\n')
    assert [article.title for article in outcome.articles] == ["C"]
    assert [r.reason for r in outcome.rejects] == ["not valid CSV"]


def test_a_50_mb_article(read):
    outcome = read("a.csv", b"title,text\nA," + b"news " * 10_000_000 + b"\nB,C\n")
    assert [r.reason for r in outcome.rejects] == ["too large"]
    assert [article.title for article in outcome.articles] == ["B"]


set_limit = csv.field_size_limit


@pytest.mark.parametrize("field", ["x" * 300_000, '"' + "x\n" * 150_000 + '"', "x" * 150_000 + "," + "x" * 150_000])
def test_a_field_that_ends_the_reading(read, monkeypatch, field):
    monkeypatch.setattr(table, "MAX_FIELD_CHARS", 200_000)
    monkeypatch.setattr(csv, "field_size_limit", lambda *_: set_limit(200_000))
    outcome = read("a.csv", f"title,text\nA,B\nC,{field}\nD,E\n")
    assert [article.title for article in outcome.articles] == ["A"]
    assert [(r.where[-2:], r.reason) for r in outcome.rejects] == [(":3", "too large")]


@pytest.mark.parametrize("data", ["", "title,text\n", "title,text\n\n"])
def test_empty(read, data):
    assert read("a.csv", data).reject.reason == "empty file"


def test_binary(read):
    assert read("a.csv", random.Random(1).randbytes(10_000)).reject.reason == "binary file"


def test_truncated_gzip_keeps_what_came_before(read):
    noise = random.Random(2)
    rows = "".join(f"{n},{noise.randbytes(300).hex()}\n" for n in range(500))
    data = gzip.compress(f"title,text\n{rows}".encode())
    assert len(read("whole.csv.gz", data).articles) == 500
    outcome = read("a.csv.gz", data[: len(data) // 2])
    assert [r.reason for r in outcome.rejects] == ["truncated"]
    assert 150 < len(outcome.articles) < 300
