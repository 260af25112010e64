"""Ranking features: each says what `Weights` promises, and each moves the order the way its weight points."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.article import StoredPassage
from qa.rank import FITTED, FUNCTION_WORDS, Weights, days_off, features, scores, shared_words, words

PASSAGE = StoredPassage("a", 0, 10, "ISIS holds Albu Kamal.", "Border town", None, None, None, 20171103, "a", "en")
AS_OF = date(2017, 11, 10)
THEN = (AS_OF, AS_OF)


def test_features_of_one_passage() -> None:
    week, months, place, share, pairs = features("Who holds Albu Kamal?", [PASSAGE], THEN)[0]
    assert week == pytest.approx(0.3679, abs=1e-4)
    assert months == pytest.approx(0.9656, abs=1e-4)
    assert place == 0
    assert share == pytest.approx(1.0)
    assert pairs == pytest.approx(2 / 3)  # "holds albu" and "albu kamal", but not "who holds"


def test_nothing_is_recent_where_a_date_is_unknown() -> None:
    undated = replace(PASSAGE, published_day=None)
    assert days_off(undated, THEN) is None
    assert features("Who?", [undated], THEN)[0][:2].tolist() == [0, 0]


@pytest.mark.parametrize(
    ("near", "days"),
    [
        (("2017-11-03", "2017-11-03"), 0),
        (("2017-11-01", "2017-11-30"), 0),
        (("2017-11-03", "2017-11-30"), 0),
        (("2017-10-01", "2017-11-03"), 0),
        (("2017-11-10", "2017-11-30"), 7),
        (("2017-10-01", "2017-11-01"), 2),
        (("2018-11-03", "2018-11-03"), 365),
    ],
)
def test_days_off_are_those_to_the_nearest_day_asked_about_before_it_or_after(near: tuple[str, str], days: int) -> None:
    asked = (date.fromisoformat(near[0]), date.fromisoformat(near[1]))
    assert days_off(PASSAGE, asked) == days
    expected = [math.exp(-days / 7), math.exp(-days / 200)]
    assert features("Who?", [PASSAGE], asked)[0][:2].tolist() == pytest.approx(expected)


def test_the_title_counts_for_words() -> None:
    titled = replace(PASSAGE, text="It fell.", title="Albu Kamal falls")
    bare = replace(PASSAGE, text="It fell.", title="")
    first, second = features("Albu Kamal", [titled, bare], THEN)
    assert first[3] > second[3] == 0


def test_rare_words_weigh_more_than_common_ones() -> None:
    held = [{"army", "kamal"}, {"army"}, {"army"}, {"kamal"}]
    assert shared_words(["army", "kamal"], held)[3] > shared_words(["army", "kamal"], held)[1]


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        (PASSAGE, replace(PASSAGE, published_day=20171001)),
        (PASSAGE, replace(PASSAGE, published_day=20150101)),
        (PASSAGE, replace(PASSAGE, start=5000, end=5010)),
        (PASSAGE, replace(PASSAGE, text="Nothing of it.")),
        (PASSAGE, replace(PASSAGE, text="Kamal. Albu. Holds.")),
    ],
)
def test_the_fitted_weights_prefer(better: StoredPassage, worse: StoredPassage) -> None:
    (first, second), _ = scores("Who holds Albu Kamal?", [better, worse], [0.02, 0.02], THEN, FITTED)
    assert first > second


def test_what_is_timeless_does_not_depend_on_the_days_asked_about() -> None:
    question, passages, fused = "Who holds Albu Kamal?", [PASSAGE, replace(PASSAGE, published_day=None)], [0.02, 0.01]
    today, timeless = scores(question, passages, fused, THEN, FITTED)
    later = (date(2024, 1, 1), date(2024, 1, 1))
    last, same = scores(question, passages, fused, later, FITTED)
    assert timeless.tolist() == same.tolist()
    assert today[0] > last[0] > timeless[0]
    assert today[1] == last[1] == timeless[1]
    free = replace(FITTED, week=0.0, months=0.0)
    for found in scores(question, passages, fused, THEN, free):
        assert found.tolist() == timeless.tolist()


def test_a_text_is_compared_as_the_question_spells_its_names() -> None:
    other = replace(PASSAGE, text="ISIS holds al-Bukamal.", title="In al-Bukamal")

    def spelled(text: str) -> str:
        return text.replace("al-Bukamal", "Albu Kamal")

    question = "Who holds Albu Kamal?"
    (week, months, place, share, pairs), (*_, plain, bare) = (
        features(question, [other], THEN, spelled)[0],
        features(question, [other], THEN)[0],
    )
    assert (share, pairs) == (pytest.approx(1.0), pytest.approx(2 / 3))
    assert plain < share
    assert bare == 0
    assert [week, months, place, share, pairs] == features(question, [PASSAGE], THEN)[0].tolist()
    (asked, _), (as_it_stands, _) = (
        scores(question, [other], [0.02], THEN, FITTED, spelled),
        scores(question, [other], [0.02], THEN, FITTED),
    )
    assert asked[0] > as_it_stands[0]


def test_without_weights_the_fused_score_stands() -> None:
    for found in scores("Who?", [PASSAGE, PASSAGE], [0.02, 0.01], THEN, Weights()):
        assert found.tolist() == [0.02, 0.01]


def test_no_passages_no_scores() -> None:
    assert [found.shape for found in scores("Who?", [], [], THEN, FITTED)] == [(0,), (0,)]


def test_plural_and_possessive_endings_are_cut() -> None:
    assert words("Biden's armies: ISIS and ISIS’s is") == ["biden", "armie", "isi", "and", "isi", "is"]


WORDS = [
    "Kamal",
    "kamals",
    "kamal's",
    "Kamal’s",
    "is",
    "iss",
    "its",
    "s",
    "a",
    "as",
    "'s",
    "isn't",
    "o'brien's",
    "boss",
    "bosses",
]


@given(st.lists(st.sampled_from(WORDS)), st.lists(st.tuples(st.sampled_from(WORDS), st.sampled_from(" -.,;'’\n"))))
def test_the_words_of_a_question_are_found_as_if_all_words_of_a_text_were_read(asked, text):
    question = " ".join(asked)
    passage = replace(PASSAGE, text="".join(map("".join, text)), title="")
    read, wanted = words(passage.text), words(question)
    pairs = {pair for pair in pairwise(wanted) if not FUNCTION_WORDS.issuperset(pair)}
    *_, share, pair = features(question, [passage], THEN)[0]
    assert share == shared_words(wanted, [set(read)])[0]
    assert pair == (len(pairs & set(pairwise(read))) / len(pairs) if pairs else 0)
