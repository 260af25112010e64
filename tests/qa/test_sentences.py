"""The sentence reader: whole sentences, true offsets, the same every time."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest
from fakes import FakeEncoder
from hypothesis import given, settings
from hypothesis import strategies as st

from index.article import StoredPassage
from qa.sentences import CALIBRATION, ENCODED, SentenceReader

READER = SentenceReader(FakeEncoder())


def passage(text: str, article_id: str = "a", start: int = 0, language: str | None = None) -> StoredPassage:
    return StoredPassage(
        article_id, start, start + len(text), text, "Title", "Post", None, None, None, article_id, language
    )


def words(passages: Sequence[StoredPassage], question: str) -> list[str]:
    return [
        passages[span.passage].text[span.start - passages[span.passage].start : span.end - passages[span.passage].start]
        for span in READER.read(question, passages)
    ]


PIER = passage("Norvik Lines runs the old ferry pier. Fishing crews of the bay had not been asked about it.", start=100)
RACE = passage("The Gulls won the autumn regatta by two lengths. Rain fell on the town all that day.", "b")


def test_the_sentence_that_shares_most_with_the_question_comes_first() -> None:
    assert words([PIER, RACE], "Who won the autumn regatta?")[0] == "The Gulls won the autumn regatta by two lengths."
    assert words([PIER, RACE], "Who runs the ferry pier?")[0] == "Norvik Lines runs the old ferry pier."


def test_spans_are_whole_sentences_by_the_articles_own_offsets() -> None:
    first = READER.read("Who runs the ferry pier?", [PIER])[0]
    assert (first.passage, first.start, first.end) == (0, 100, 137)
    assert (first.quote_start, first.quote_end) == (100, 137)


def probability(score: float, rank: int = 0) -> float:
    return CALIBRATION.confidences([CALIBRATION.weight(score, rank)])[0]


def test_scores_fall_and_mean_probabilities() -> None:
    found = [span.score for span in READER.read("Who runs the ferry pier?", [PIER, RACE])]
    assert len(found) == 4
    assert found == sorted(found, reverse=True)
    assert all(0 < probability(score) < 1 for score in found)
    assert probability(found[0]) == pytest.approx(1 / (1 + math.exp(-found[0])))


def test_the_same_sentence_is_worth_less_in_a_passage_further_down() -> None:
    found = READER.read("Who runs the ferry pier?", [PIER, passage(PIER.text, "c")])
    ranks = {span.passage: span.score for span in found if span.end - span.start == 37}
    assert ranks[0] == ranks[1]
    assert probability(ranks[0], 0) > probability(ranks[1], 1) > probability(ranks[1], 19)


def test_rivals_take_nothing_from_a_sentence() -> None:
    assert READER.calibration.confidences([0.5, 2.0])[0] == READER.calibration.confidences([0.5])[0]


def test_nothing_to_read_gives_no_span() -> None:
    assert READER.read("Who?", []) == []
    assert READER.read("Who?", [passage("")]) == []


@pytest.mark.parametrize("text", ["Too short here.", "Who runs the old ferry pier now?", "\n \n"])
def test_fragments_and_questions_answer_nothing(text: str) -> None:
    assert READER.read("Who runs the ferry pier?", [passage(text)]) == []


def test_a_sentence_that_two_passages_share_is_read_once() -> None:
    shared = passage(PIER.text[38:], start=138)
    spans = READER.read("fishing crews", [PIER, shared])
    assert sorted((span.passage, span.start) for span in spans) == [(0, 100), (0, 138)]


def test_the_same_words_in_another_article_are_read_too() -> None:
    assert {span.passage for span in READER.read("ferry pier", [PIER, passage(PIER.text, "other")])} == {0, 1}


def test_the_encoder_meets_a_bounded_number_of_sentences() -> None:
    class Counting(FakeEncoder):
        most = 0

        def encode_documents(self, texts: Sequence[str]):  # type: ignore[no-untyped-def]
            Counting.most = max(Counting.most, len(texts))
            return super().encode_documents(texts)

    text = " ".join(f"Boat number {i} came home to the harbour." for i in range(500))
    spans = SentenceReader(Counting()).read("Which boat came home?", [passage(text)])
    assert 0 < Counting.most <= ENCODED
    assert len(spans) <= ENCODED


def test_the_name_tells_the_weights() -> None:
    assert SentenceReader(FakeEncoder("one")).name != SentenceReader(FakeEncoder("two")).name


@pytest.mark.parametrize("language", ["en", "de", "zh", "xx", "", "🙂", "e", "english"])
def test_any_language_tag_can_be_read(language: str) -> None:
    text = "Norvik Lines runs the old ferry pier. Fishing crews of the bay had not been asked about it."
    spans = READER.read("Who runs the ferry pier?", [passage(text, language=language)])
    assert text[spans[0].start : spans[0].end].startswith("Norvik Lines runs the old ferry pier.")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text("ab c.!?\n“”’é🐟\u2028'\"0-", max_size=120), max_size=4), st.text("ab ?🐟'", max_size=20))
def test_whatever_the_words_are_the_offsets_hold(texts: list[str], question: str) -> None:
    passages = [passage(text, str(i), start=7 * i) for i, text in enumerate(texts)]
    spans = READER.read(question, passages)
    assert spans == READER.read(question, passages)
    for span in spans:
        here = passages[span.passage]
        assert here.start <= span.quote_start <= span.start < span.end <= span.quote_end <= here.end
        text = here.text[span.start - here.start : span.end - here.start]
        assert text == text.strip()
        assert "\n" not in text


def test_sentences_without_blanks_between_words_can_answer() -> None:
    assert words([passage("政府军周日宣布收复该镇。", language="zh")], "谁控制该镇？") == ["政府军周日宣布收复该镇。"]
