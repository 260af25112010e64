"""EM and F1 as SQuAD's own scripts compute them; recall and MRR over all questions."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.evaluate.metrics import Scored, exact_match, f1, first_hit, normalise, summarise


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The  Cat, a Dog; an Owl", "cat dog owl"),
        ("U.S.", "us"),
        ("don't", "dont"),
        ("e-mail", "email"),
        ("theatre and another", "theatre and another"),
        ("a", ""),
        ("“Curly” – kept", "“curly” – kept"),
        ("The-End", "theend"),
        ("\tone\n two ", "one two"),
        ("$1,000.50", "100050"),
    ],
)
def test_normalising_is_squads(text: str, expected: str) -> None:
    assert normalise(text) == expected


# Prediction, accepted answers, exact match and F1, worked out by hand from the definitions.
CASES = [
    ("the Norman conquest", ["Norman Conquest"], 1.0, 1.0),
    ("Normans", ["the Normans.", "Vikings"], 1.0, 1.0),
    ("in the 10th and 11th centuries", ["10th and 11th centuries"], 0.0, 8 / 9),
    ("10th century", ["10th and 11th centuries"], 0.0, 1 / 3),
    ("Rollo the Viking", ["Rollo", "a Viking"], 0.0, 2 / 3),
    ("ISIS", ["Syrian army"], 0.0, 0.0),
    ("bye bye bye", ["bye"], 0.0, 0.5),
    ("bye", ["bye bye"], 0.0, 2 / 3),
    ("b a", ["a b"], 1.0, 1.0),
    ("b c", ["c b"], 0.0, 1.0),
    (None, ["ISIS"], 0.0, 0.0),
    ("", ["ISIS"], 0.0, 0.0),
    # The second version of SQuAD, with unanswerable questions: no answer is right where none is accepted.
    (None, [], 1.0, 1.0),
    ("", [], 1.0, 1.0),
    ("ISIS", [], 0.0, 0.0),
]


@pytest.mark.parametrize(("prediction", "answers", "exact", "harmonic"), CASES)
def test_em_and_f1_by_hand(prediction: str | None, answers: list[str], exact: float, harmonic: float) -> None:
    assert exact_match(prediction, answers) == exact
    assert f1(prediction, answers) == pytest.approx(harmonic)


WORDS = st.text("ab the.", max_size=12)


@given(WORDS, st.lists(WORDS, min_size=1, max_size=3))
def test_the_best_accepted_answer_counts_and_exact_match_is_full_f1(prediction: str, answers: list[str]) -> None:
    assert exact_match(prediction, answers) == max(exact_match(prediction, [answer]) for answer in answers)
    assert f1(prediction, answers) == max(f1(prediction, [answer]) for answer in answers)
    assert 0 <= exact_match(prediction, answers) <= f1(prediction, answers) <= 1
    assert f1(prediction, [prediction]) == 1


@pytest.mark.parametrize(
    ("passages", "answers", "rank"),
    [
        (["Nothing.", "ISIS holds it."], ["ISIS"], 2),
        (["The crisis goes on."], ["ISIS"], None),
        (["The Romans came."], ["Rom", "man"], None),
        (["the end", "It was THE  END, he said."], ["The end"], 1),
        (["He was 41."], ["4", "1"], None),
        (["Border town of\nAlbu Kamal."], ["town of Albu Kamal"], 1),
        (["Albu and Kamal"], ["Albu Kamal"], None),
        (["anything at all"], [], None),
        (["anything at all"], ["", "the", "?!"], None),
        ([], ["ISIS"], None),
        (["Isis", "Isis"], ["nobody", "isis"], 1),
    ],
)
def test_a_hit_is_a_run_of_whole_words(passages: list[str], answers: list[str], rank: int | None) -> None:
    assert first_hit(passages, answers) == rank


ROW = Scored(hits={"hybrid": 1}, exact_match=1.0, f1=1.0, answered=True, milliseconds=10.0)


def test_the_denominator_is_all_rows() -> None:
    miss = replace(ROW, hits={"hybrid": None}, exact_match=0.0, f1=0.0, answered=False, milliseconds=30.0)
    late = replace(miss, hits={"hybrid": 20}, f1=0.5, answered=True)
    figures = summarise([ROW, late, miss, miss])
    assert (figures["questions"], figures["answered"]) == (4, 2)
    assert (figures["exact_match"], figures["f1"]) == (0.25, 0.375)
    hybrid = figures["retrieval"]["hybrid"]
    assert [hybrid[f"recall@{k}"] for k in (1, 5, 10, 20, 50)] == [0.25, 0.25, 0.25, 0.5, 0.5]
    assert hybrid["mrr"] == pytest.approx((1 + 1 / 20) / 4, abs=1e-4)
    assert figures["latency_ms"]["p50"] == 30.0


def test_recall_counts_the_cut_off_itself() -> None:
    figures = summarise([replace(ROW, hits={"hybrid": 5}), replace(ROW, hits={"hybrid": 6})])
    assert figures["retrieval"]["hybrid"]["recall@5"] == 0.5


def test_each_method_has_its_own_figures() -> None:
    figures = summarise([replace(ROW, hits={"hybrid": 1, "bm25": None})])
    assert (figures["retrieval"]["hybrid"]["mrr"], figures["retrieval"]["bm25"]["mrr"]) == (1.0, 0.0)


def test_no_rows_are_no_figures() -> None:
    assert summarise([]) == {"questions": 0}
