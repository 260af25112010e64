"""Copies of one story find one another; other stories do not."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from fakes import make_article, open_archive

from index.duplicates import _bands, signature

NOW = datetime(2017, 11, 4, tzinfo=UTC)
REPORT = " ".join(
    f"Paragraph {i} of the wire report tells how column {i} crossed the river near village {i * 7} before dawn."
    for i in range(30)
)
OTHER = " ".join(
    f"In section {i} our own correspondent describes market {i}, its {i * 3} traders and the price of bread."
    for i in range(30)
)


@pytest.fixture
def archive(tmp_path):
    with open_archive(tmp_path / "archive") as opened:
        yield opened


def stories(archive, *articles):
    archive.register([(article, article.digest) for article in articles], NOW)
    return [archive.article(article.base_id).story for article in articles]


def test_a_copy_under_another_headline_is_the_same_story(archive):
    first = make_article("a", REPORT)
    copy = make_article("b", REPORT, "2017-11-05", title="Another headline", source="B")
    assert stories(archive, first, copy) == [first.base_id, first.base_id]


def test_an_edited_and_shortened_copy_is_the_same_story(archive):
    cut = REPORT.rpartition("Paragraph 28")[0].replace("before dawn", "BEFORE dawn,", 3)
    assert len(set(stories(archive, make_article("a", REPORT), make_article("b", cut)))) == 1


def test_different_stories_stay_apart(archive):
    assert len(set(stories(archive, make_article("a", REPORT), make_article("b", OTHER)))) == 2


def test_half_a_story_in_another_is_another_story(archive):
    half = REPORT[: len(REPORT) // 2] + " " + OTHER[: len(OTHER) // 2]
    assert len(set(stories(archive, make_article("a", REPORT), make_article("b", half)))) == 2


def test_a_text_with_two_thirds_in_common_is_looked_at_and_kept_apart(archive):
    words = [f"w{i}" for i in range(400)]
    changed = [*words[:267], *(f"v{i}" for i in range(133))]  # resemblance 0.5
    texts = " ".join(words), " ".join(changed)
    assert set(_bands(signature(texts[0]))) & set(_bands(signature(texts[1]))), "never compared, so nothing is tested"
    assert len(set(stories(archive, make_article("a", texts[0]), make_article("b", texts[1])))) == 2


def test_short_texts_without_a_word_in_common_stay_apart(archive):
    texts = ["One.", "Two three.", "Four five six seven eight.", "."]
    assert len(set(stories(archive, *(make_article(str(i), text) for i, text in enumerate(texts))))) == len(texts)


def test_a_story_keeps_its_name_as_copies_and_versions_come(archive):
    first = make_article("a", REPORT)
    assert stories(archive, first) == [first.base_id]
    copies = [make_article(f"copy {i}", REPORT, source=f"Paper {i}") for i in range(5)]
    assert set(stories(archive, *copies)) == {first.base_id}
    changed = make_article("a", OTHER)
    archive.register([(changed, changed.digest)], NOW)
    assert archive.article(f"{first.base_id}.2").story == first.base_id
    assert {archive.article(copy.base_id).story for copy in copies} == {first.base_id}


def test_the_story_of_a_removed_article_is_not_joined(archive):
    first = make_article("a", REPORT)
    stories(archive, first)
    archive.remove([first.base_id])
    copy = make_article("b", REPORT)
    assert stories(archive, copy) == [copy.base_id]


def test_case_punctuation_and_spacing_do_not_count():
    changed = REPORT.upper().replace(".", " !\n")
    assert np.array_equal(signature(REPORT), signature(changed))


def test_signatures_estimate_resemblance():
    words = [f"w{i}" for i in range(400)]
    half = [*words[:200], *(f"v{i}" for i in range(200))]
    shared = float(np.mean(signature(" ".join(words)) == signature(" ".join(half))))
    assert 0.15 < shared < 0.52  # the truth is 1/3


@pytest.mark.parametrize("text", ["", "...", "\n", "word", "日本語の文章です。"])
def test_any_text_has_a_signature(text):
    assert signature(text).shape == (64,)
    assert signature(text).dtype == np.uint64
