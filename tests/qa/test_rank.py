"""Ranking features: each says what `Weights` promises, and each moves the order the way its weight points."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from index.article import StoredPassage
from qa.rank import FITTED, Weights, features, scores, shared_words, words

PASSAGE = StoredPassage("a", 0, 10, "ISIS holds Albu Kamal.", "Border town", None, None, None, 20171103, "a", "en")
AS_OF = date(2017, 11, 10)


def test_features_of_one_passage() -> None:
    week, months, place, share, pairs = features("Who holds Albu Kamal?", [PASSAGE], AS_OF)[0]
    assert week == pytest.approx(0.3679, abs=1e-4)
    assert months == pytest.approx(0.9656, abs=1e-4)
    assert place == 0
    assert share == pytest.approx(1.0)
    assert pairs == pytest.approx(2 / 3)  # "holds albu" and "albu kamal", but not "who holds"


def test_nothing_is_recent_where_a_date_is_unknown() -> None:
    undated = replace(PASSAGE, published_day=None)
    assert features("Who?", [undated], AS_OF)[0][:2].tolist() == [0, 0]
    assert features("Who?", [PASSAGE], None)[0][:2].tolist() == [0, 0]


def test_the_title_counts_for_words() -> None:
    titled = replace(PASSAGE, text="It fell.", title="Albu Kamal falls")
    bare = replace(PASSAGE, text="It fell.", title="")
    first, second = features("Albu Kamal", [titled, bare], AS_OF)
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
    first, second = scores("Who holds Albu Kamal?", [better, worse], [0.02, 0.02], AS_OF, FITTED)
    assert first > second


def test_without_weights_the_fused_score_stands() -> None:
    assert scores("Who?", [PASSAGE, PASSAGE], [0.02, 0.01], AS_OF, Weights()).tolist() == [0.02, 0.01]


def test_no_passages_no_scores() -> None:
    assert scores("Who?", [], [], AS_OF, FITTED).shape == (0,)


def test_plural_and_possessive_endings_are_cut() -> None:
    assert words("Biden's armies: ISIS and ISIS’s is") == ["biden", "armie", "isi", "and", "isi", "is"]
