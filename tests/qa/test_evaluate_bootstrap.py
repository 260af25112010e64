"""Bootstrap intervals: as wide as theory says, the same every time, and defined where anything is."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import bootstrap as reference

from qa.evaluate import bootstrap
from qa.evaluate.confidence import at_coverages, reliability, risk_coverage


@pytest.fixture
def values() -> np.ndarray:
    return np.random.default_rng(7).random(400)


def test_the_interval_of_a_mean_is_that_of_scipy_and_of_the_normal_law(values: np.ndarray) -> None:
    (ends,) = bootstrap.of_means(values[:, None])
    error = values.std() / np.sqrt(len(values))
    assert ends == pytest.approx([values.mean() - 1.96 * error, values.mean() + 1.96 * error], abs=0.15 * error)
    theirs = reference((values,), np.mean, method="percentile", rng=np.random.default_rng(1)).confidence_interval
    assert ends == pytest.approx([theirs.low, theirs.high], abs=0.15 * error)


def test_it_is_the_same_every_time(values: np.ndarray) -> None:
    columns = np.stack([values, values**2], axis=1)
    assert (bootstrap.of_means(columns) == bootstrap.of_means(columns)).all()


def test_it_does_not_depend_on_how_many_are_drawn_at_a_time(
    values: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = bootstrap.of_means(values[:, None])
    monkeypatch.setattr(bootstrap, "_BLOCK", 1)
    assert bootstrap.of_means(values[:, None]) == pytest.approx(whole)


def test_each_column_has_the_questions_that_it_knows(values: np.ndarray) -> None:
    half = np.where(np.arange(400) < 200, values, np.nan)
    unknown = np.full(400, np.nan)
    table = bootstrap.of_means(np.stack([values, half, unknown], axis=1))
    assert table[0, 0] < values.mean() < table[0, 1]
    assert table[1, 0] < values[:200].mean() < table[1, 1]
    assert table[1, 1] - table[1, 0] > table[0, 1] - table[0, 0]
    assert np.isnan(table[2]).all()


def test_one_question_and_equal_ones_have_no_spread() -> None:
    assert bootstrap.of_means(np.array([[0.25]])).tolist() == [[0.25, 0.25]]
    assert bootstrap.of_percentiles(np.full(9, 3.0), (50, 99)).tolist() == [[3.0, 3.0], [3.0, 3.0]]


def test_percentiles_of_few_are_among_them() -> None:
    ends = bootstrap.of_percentiles(np.array([5.0, 1.0, 9.0]), (50, 99))
    assert set(ends.ravel()) <= {1.0, 5.0, 9.0}
    assert ends[0].tolist() == [1.0, 9.0]


# --- confidence


def test_the_calibration_error_by_hand() -> None:
    found = reliability(np.array([0.95, 0.95, 0.15, 1.0]), np.array([1.0, 0.0, 0.0, 1.0]))
    # The last tenth: mean confidence .9667, two of three right; the second: .15, none right.
    assert found["ece"] == pytest.approx((3 * abs(0.96667 - 2 / 3) + 0.15) / 4, abs=1e-4)
    assert [(one["answers"], one["right"]) for one in found["bins"]] == [(1, 0.0), (3, 0.6667)]
    assert found["interval"][0] <= found["ece"] <= found["interval"][1]


def test_without_answers_there_is_no_error() -> None:
    none = np.array([])
    assert reliability(none, none)["ece"] is None
    assert at_coverages(none, none, 5) == []


def test_the_most_confident_come_first_and_equals_together() -> None:
    coverage, risk = risk_coverage(np.array([0.5, 0.9, 0.5]), np.array([1.0, 0.0, 0.0]), 4)
    assert coverage.tolist() == [0.25, 0.75]
    assert risk.tolist() == pytest.approx([1.0, 2 / 3])


def test_the_share_answered_is_of_all_questions() -> None:
    points = at_coverages(np.array([0.9, 0.5]), np.array([1.0, 0.0]), 4)
    assert points == [
        {"coverage": 0.25, "risk": 0.0, "confidence": 0.9},
        {"coverage": 0.5, "risk": 0.5, "confidence": 0.5},
    ]
