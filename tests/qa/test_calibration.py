"""Calibration: weights that never overflow, probabilities that are some."""

from __future__ import annotations

import math
import sys
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.calibration import LIMIT, Calibration

SUPPORT = st.lists(st.floats(math.exp(-LIMIT), math.exp(LIMIT)), max_size=12)
RIVALRY = st.floats(0, 1)
NULL = st.floats(-LIMIT, LIMIT)


def test_the_plain_calibration_is_the_logistic_function() -> None:
    plain = Calibration()
    for score in (-3.0, 0.0, 0.5, 3.0):
        assert plain.confidences([plain.weight(score)]) == pytest.approx([1 / (1 + math.exp(-score))])


def test_the_weight_is_the_sum_of_its_parts_in_logarithms() -> None:
    calibration = Calibration(temperature=2.0, rank=-0.5, recency=1.2)
    assert calibration.weight(3.0, 4, 0.25) == pytest.approx(math.exp(1.5) * 5**-0.5 * math.exp(0.3))
    assert calibration.weight(3.0) == calibration.weight(3.0, 0, 0.0, 7)
    longer = Calibration(length=0.25)
    assert longer.weight(1.0, words=4) == pytest.approx(math.exp(2.0))


def test_temperature_flattens() -> None:
    def ratio(temperature: float) -> float:
        calibration = Calibration(temperature=temperature)
        return calibration.weight(2.0) / calibration.weight(1.0)

    assert ratio(0.5) > ratio(1.0) > ratio(5.0) > 1


@pytest.mark.parametrize("score", [1e308, math.inf, -1e308, -math.inf, sys.float_info.min])
def test_no_score_is_too_much(score: float) -> None:
    calibration = Calibration(temperature=0.1, rank=-1.0, recency=5.0)
    weight = calibration.weight(score, 49, 1.0)
    assert math.exp(-LIMIT) <= weight <= math.exp(LIMIT)
    assert 0 <= calibration.confidences([weight, 1.0])[0] <= 1


@given(st.floats(-30, 30), st.floats(-30, 30), st.integers(0, 49), st.floats(0, 1))
def test_a_better_score_never_weighs_less(one: float, other: float, rank: int, recency: float) -> None:
    calibration = Calibration(temperature=1.5, rank=-0.3, recency=1.0)
    low, high = sorted((one, other))
    assert calibration.weight(low, rank, recency) <= calibration.weight(high, rank, recency)
    assert calibration.weight(low, rank, recency) <= calibration.weight(low, rank, 1.0)
    assert calibration.weight(low, rank, recency) >= calibration.weight(low, rank + 1, recency)


def test_nothing_has_no_confidence() -> None:
    assert Calibration().confidences([]) == []


@given(SUPPORT, RIVALRY, NULL)
def test_confidences_are_probabilities_in_the_order_of_their_support(
    support: list[float], rivalry: float, null: float
) -> None:
    found = Calibration(rivalry=rivalry, null=null).confidences(support)
    assert len(found) == len(support)
    assert all(0 < one <= 1 for one in found)
    by_support = [one for _, one in sorted(zip(support, found, strict=True))]
    assert all(later >= earlier * (1 - 1e-9) for earlier, later in pairwise(by_support))


@given(SUPPORT, NULL)
def test_with_full_rivalry_all_share_one_probability(support: list[float], null: float) -> None:
    assert math.fsum(Calibration(null=null).confidences(support)) <= 1 + 1e-9


@given(SUPPORT, NULL)
def test_without_rivalry_each_stands_alone(support: list[float], null: float) -> None:
    calibration = Calibration(rivalry=0.0, null=null)
    alone = [calibration.confidences([one])[0] for one in support]
    assert calibration.confidences(support) == pytest.approx(alone)


@given(SUPPORT, RIVALRY, RIVALRY)
def test_more_rivalry_never_gives_more_confidence(support: list[float], one: float, other: float) -> None:
    low, high = sorted((one, other))
    less, more = (Calibration(rivalry=rivalry).confidences(support) for rivalry in (high, low))
    assert all(a <= b * (1 + 1e-9) for a, b in zip(less, more, strict=True))


@given(st.floats(0.01, 100), st.lists(st.floats(0.01, 100), min_size=1, max_size=5))
def test_a_new_rival_takes_confidence_and_more_support_gives_it(own: float, rivals: list[float]) -> None:
    calibration = Calibration(rivalry=0.5)
    alone, among = calibration.confidences([own])[0], calibration.confidences([own, *rivals])[0]
    assert among < alone
    assert calibration.confidences([own * 2, *rivals])[0] > among


def test_null_is_what_nothing_weighs() -> None:
    found = [Calibration(null=null).confidences([1.0])[0] for null in (-2.0, 0.0, 2.0)]
    assert found == pytest.approx([1 / (1 + math.exp(null)) for null in (-2, 0, 2)])
