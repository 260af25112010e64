"""Figures over all questions that the file can score, by ir-measures and by hand."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from qa.answer import Ask
from qa.evaluate.figures import Figures, answer_words, question_word
from qa.evaluate.record import Question
from qa.evaluate.score import Found, Scored

ASKED = Question("q", Ask(question="Who won?", as_of="2022-06-17"), "q:1", ("Gulls",), extra={"kind": "sport"})
ROW = Scored(ASKED, "Gulls", 0.9, 0.1, 10.0, 1.0, 1.0, {"hybrid": Found((1,), (("x", 1),))}, None, {"x": "x"})


def at(rank: int | None, **fields: Any) -> Scored:
    """A question whose first relevant passage (and article) has this rank, of 50."""
    grades = tuple(int(place == rank) for place in range(1, 51))
    found = Found(grades, tuple((f"d{place}", grade) for place, grade in enumerate(grades)))
    return replace(ROW, found={"hybrid": found}, **fields)


MISS = at(None, prediction=None, exact_match=0.0, f1=0.0)


@pytest.mark.parametrize("kind", ["retrieval", "articles"])
def test_the_denominator_is_all_rows(kind: str) -> None:
    figures = Figures.of([at(1), at(20, f1=0.5, exact_match=0.0), MISS, MISS]).summary()
    assert (figures["questions"], figures["answered"], figures["scored"]) == (4, 2, 4)
    assert (figures["exact_match"], figures["f1"]) == (0.25, 0.375)
    hybrid = figures[kind]["hybrid"]
    assert [hybrid[f"recall@{k}"] for k in (1, 5, 10, 20, 50)] == [0.25, 0.25, 0.25, 0.5, 0.5]
    assert hybrid["mrr"] == pytest.approx((1 + 1 / 20) / 4, abs=1e-4)
    for name, value in hybrid.items():
        low, high = figures["intervals"][kind]["hybrid"][name]
        assert low <= value <= high


def test_recall_counts_the_cut_off_itself() -> None:
    assert Figures.of([at(5), at(6)]).summary()["retrieval"]["hybrid"]["recall@5"] == 0.5


def test_a_question_for_which_nothing_was_found_counts() -> None:
    nothing = replace(MISS, found={"hybrid": Found((), ())})
    assert Figures.of([at(1), nothing]).summary()["retrieval"]["hybrid"]["mrr"] == 0.5
    assert Figures.of([nothing]).summary()["articles"]["hybrid"]["recall@50"] == 0.0


def test_each_method_has_its_own_figures() -> None:
    two = replace(ROW, found={"hybrid": at(1).found["hybrid"], "bm25": MISS.found["hybrid"]})
    figures = Figures.of([two]).summary()["retrieval"]
    assert (figures["hybrid"]["mrr"], figures["bm25"]["mrr"]) == (1.0, 0.0)


def test_questions_without_answers_are_left_out_of_what_needs_them() -> None:
    unknown = at(None, question=replace(ASKED, answers=()), exact_match=None, f1=None)
    figures = Figures.of([at(1), unknown]).summary()
    assert (figures["questions"], figures["scored"], figures["exact_match"]) == (2, 1, 1.0)
    assert figures["retrieval"]["hybrid"]["recall@1"] == 1.0
    nothing = Figures.of([unknown]).summary()
    assert (nothing["scored"], nothing["f1"], nothing["retrieval"], nothing["articles"]) == (0, None, {}, {})
    assert nothing["intervals"]["f1"] is None


def test_graded_articles_have_ndcg_and_map() -> None:
    """By hand: grades 2 and 1 at the ranks 2 and 3, and a relevant article that was not found."""
    judged = replace(ASKED, answers=(), relevant={"b": 2, "c": 1, "missing": 1, "a": 0})
    found = Found((0, 0, 0), (("a", 0), ("b", 2), ("c", 1)))
    figures = Figures.of([replace(ROW, question=judged, found={"hybrid": found}, exact_match=None, f1=None)]).summary()
    ideal = 2 + 1 / math.log2(3) + 1 / math.log2(4)
    hybrid = figures["articles"]["hybrid"]
    assert hybrid["ndcg@10"] == pytest.approx((2 / math.log2(3) + 1 / math.log2(4)) / ideal, abs=1e-4)
    assert hybrid["map"] == pytest.approx((1 / 2 + 2 / 3) / 3, abs=1e-4)
    assert (hybrid["recall@1"], hybrid["recall@5"], hybrid["mrr"]) == (0.0, 1.0, 0.5)
    assert figures["retrieval"] == {}, "no answers, so no passage can be judged"


def test_parts_and_groups_hold_every_question_once() -> None:
    other = at(2, question=Question("r", Ask(question="Name the pier"), "q:2", ("one two three four five six",)))
    figures = Figures.of([at(1), at(3), other])
    parts = figures.breakdowns()
    assert {name: {label: part["questions"] for label, part in split.items()} for name, split in parts.items()} == {
        "question_word": {"who": 2, "other": 1},
        "answer_words": {"1": 2, "6 or more": 1},
        "year": {"2022": 2, "none": 1},
    }
    assert {name: group["questions"] for name, group in figures.groups("kind").items()} == {
        'kind="sport"': 2,
        "kind=null": 1,
    }


@pytest.mark.parametrize(
    ("question", "word"),
    [("Who won?", "who"), ("In WHICH year?", "which"), ("Whose pier?", "whose"), ("Name it", "other"), ("", "other")],
)
def test_the_question_word_is_the_first_in_the_question(question: str, word: str) -> None:
    assert question_word(question) == word


@pytest.mark.parametrize(
    ("answers", "label"),
    [((), "none"), (("x", "a b"), "1"), (("a b c",), "3"), (("a b c d",), "4 or 5"), (("a b c d e f",), "6 or more")],
)
def test_the_length_is_that_of_the_first_answer(answers: tuple[str, ...], label: str) -> None:
    assert answer_words(answers) == label


def test_latency_percentiles_have_intervals() -> None:
    rows = [at(1, milliseconds=float(number)) for number in range(1, 101)]
    figures = Figures.of(rows).summary()
    assert figures["latency_ms"]["p50"] == 50.5
    low, high = figures["intervals"]["latency_ms"]["p50"]
    assert 35 < low < 50.5 < high < 65


def test_only_answers_that_were_given_can_be_trusted_or_not() -> None:
    confidence, right, questions = Figures.of([at(1), at(1, f1=0.5), MISS]).given()
    assert (confidence.tolist(), right.tolist(), questions) == ([0.9, 0.9], [1.0, 0.0], 3)


def test_thousands_of_questions_are_measured_as_one_by_one() -> None:
    ranks = np.random.default_rng(1).integers(1, 80, 2000)
    figures = Figures.of([at(int(rank) if rank <= 50 else None) for rank in ranks]).summary()["retrieval"]["hybrid"]
    assert figures["recall@10"] == pytest.approx(float(np.mean(ranks <= 10)), abs=1e-4)
    assert figures["mrr"] == pytest.approx(float(np.mean(np.where(ranks <= 50, 1 / ranks, 0))), abs=1e-4)
