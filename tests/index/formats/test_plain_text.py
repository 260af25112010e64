from __future__ import annotations

import random
from datetime import UTC, datetime
from pathlib import Path

import pytest

SEED = Path(__file__).parents[4] / "shared/data/seed/iraqi-forces-seize-syria-border-post.txt"


def test_a_first_line_that_stands_alone_is_the_title(read):
    article = read("a.txt", "\n\nTown retaken\n\n\nThe army is back.\n\nIt came at night.\n").article
    assert (article.title, article.text) == ("Town retaken", "The army is back.\n\nIt came at night.")
    assert (article.url, article.metadata) == (None, {"file": "a.txt"})


def test_a_first_line_within_a_paragraph_stays_text(read):
    article = read("a.txt", "The army is back.\nIt came at night.").article
    assert (article.title, article.text) == ("The army is back.", "The army is back.\nIt came at night.")


def test_a_first_sentence_that_stands_alone_stays_text(read):
    lead = "Syrian troops took the border post of Tanf Gate on Friday, the governor said."
    article = read("a.txt", f"{lead}\n\nThe post had been held since March.").article
    assert article.text.startswith(lead)


def test_a_long_first_line_stays_text(read):
    first = "The army said on Thursday that it had retaken the border town. " + "It came at night. " * 20
    article = read("a.txt", f"{first}\n\nMore.").article
    assert article.text.startswith("The army said")
    assert article.title.startswith("The army said on Thursday that it had retaken the border town. It came")
    assert article.title.endswith("night.")
    assert len(article.title) <= 120


def test_a_long_line_without_sentences_is_cut_at_a_word(read):
    title = read("a.txt", "word " * 100).article.title
    assert title.endswith("word…")
    assert len(title) <= 120


def test_a_title_alone_is_the_text_too(read):
    article = read("a.txt", "Town retaken\n\n").article
    assert (article.title, article.text) == ("Town retaken", "Town retaken")


@pytest.mark.skipif(not SEED.exists(), reason="needs shared/data/seed")
def test_the_seed_article(read_folder):
    article = read_folder(SEED).article
    assert article.title == "Iraqi forces seize Syria border post from ISIS"
    assert article.text.startswith("Iraqi and allied forces advance")
    assert article.text.endswith("Do you like this article?")


def test_markdown_keeps_its_text(read):
    article = read("a.md", "# Town retaken\n\nThe *army* is [back](https://x.example).\n\n## Later\n").article
    assert (article.title, article.text) == ("Town retaken", "The *army* is [back](https://x.example).\n\n## Later")


def test_markdown_heading_right_above_the_text(read):
    article = read("a.md", "# Town retaken #\nThe army is back.").article
    assert (article.title, article.text) == ("Town retaken", "The army is back.")


def test_front_matter(read):
    front = 'title: "Town: retaken"\ndate: 2017-11-09\nsource: Desert Wire\n'
    front += "author: A; B\nurl: https://x.example/1\ntags: war"
    article = read("a.md", f"---\n{front}\n---\n\nThe army is back.\n\nAt night.").article
    assert (article.title, article.text) == ("Town: retaken", "The army is back.\n\nAt night.")
    assert article.published_at == datetime(2017, 11, 9, tzinfo=UTC)
    assert (article.source, article.authors, article.url) == ("Desert Wire", ("A", "B"), "https://x.example/1")
    assert article.metadata == {"tags": "war", "file": "a.md"}


def test_front_matter_and_the_same_heading(read):
    article = read("a.md", "---\ntitle: Town retaken\n---\n# Town retaken\n\nThe army is back.").article
    assert (article.title, article.text) == ("Town retaken", "The army is back.")


def test_front_matter_cannot_replace_the_text(read):
    assert read("a.md", "---\ntext: Fake\n---\nThe army is back.").article.text == "The army is back."


def test_a_rule_is_no_front_matter(read):
    assert "The army is back" in read("a.md", "---\nThe army is back.\n---\nMore.").article.text


def test_front_matter_with_an_invalid_date(read):
    assert read("a.md", "---\ndate: soon\n---\nWords.").reject.reason == "invalid date"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cp1252", "cp1251"])
def test_character_sets(read, encoding):
    words = "Войска вошли в город, сообщило министерство обороны." if encoding == "cp1251" else "Après l’été, “où” ?"
    mark = "\ufeff" if encoding == "utf-16-le" else ""
    assert read("a.txt", (mark + words).encode(encoding)).article.text == words


@pytest.mark.parametrize("name", ["a.txt", "a.md"])
def test_empty(read, name):
    assert read(name, "").reject.reason == "empty file"


def test_blank(read):
    assert read("a.txt", " \n\t\n").reject.reason == "no text"


@pytest.mark.parametrize(
    "data",
    [random.Random(1).randbytes(10_000), b"%PDF-1.7 text", b"PK\x03\x04 text", b"words\0words", b"\x01\x02\x03 word"],
)
def test_binary(read, data):
    reject = read("a.txt", data).reject
    assert reject.reason == "binary file"
    assert "UTF-8" in reject.detail


@pytest.mark.parametrize("size", [50_000_000, 11_000_000])
def test_too_large(read, size):
    assert read("a.txt", b"x" * size).reject.reason == "too large"
