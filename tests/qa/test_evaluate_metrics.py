"""EM and F1 as SQuAD's own scripts compute them; where an accepted answer stands."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.evaluate.metrics import Finder, exact_match, f1, first_hit, normalise


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


@pytest.mark.parametrize(
    ("text", "answers", "found"),
    [
        ("He saw “Squid Game” twice.", ["squid-game"], "Squid Game"),
        ("the town of the Albu – Kamal!", ["Town of Albu Kamal"], "town of the Albu – Kamal"),
        ("crisis, ISIS-held", ["ISIS"], "ISIS"),
        ("Gulls, then Terns", ["Terns", "The Gulls"], "Gulls"),
        ("İstanbul fell", ["İstanbul"], "İstanbul"),
        ("1 (one) + a*", ["(one) +"], "one"),
    ],
)
def test_the_place_of_an_answer_is_its_first_words_to_its_last(text: str, answers: list[str], found: str) -> None:
    span = Finder(answers).find(text)
    assert span is not None
    assert text[slice(*span)] == found


SCRAPS = st.text("aT the-,isİ\n", max_size=30)


@given(SCRAPS, st.lists(SCRAPS, max_size=3))
def test_an_answer_is_found_where_its_bare_words_stand_side_by_side(text: str, answers: list[str]) -> None:
    def bare(words: str) -> list[str]:
        return [word for word in re.findall(r"\w+", words) if word.lower() not in ("a", "an", "the")]

    def within(wanted: list[str], words: list[str]) -> bool:
        pairs = (zip(wanted, words[i:], strict=False) for i in range(len(words) - len(wanted) + 1))
        return bool(wanted) and any(all(x.lower() == y.lower() for x, y in pair) for pair in pairs)

    assert (Finder(answers).find(text) is not None) == any(within(bare(one), bare(text)) for one in answers)


def test_a_long_gap_between_words_takes_no_longer_than_its_length() -> None:
    assert Finder(["New York"]).find("New" + " the - " * 200_000 + "Yorkshire") is None
