"""Spans -> groups: what says the same supports one answer, story by story, the newer the more."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qa_fakes import keys, place, span, spans

from qa.calibration import Calibration
from qa.groups import (
    BEST,
    SIGHTING,
    STATE_DAYS,
    STATE_PULL,
    Group,
    Scale,
    gather,
    newest_age,
    reports,
    together,
)
from qa.read import Span
from qa.retrieve import Found

# As the sentence reader has it, less the weight of rank: the probability of a span is the answer's confidence.
ALONE = Calibration(recency=1.2, rivalry=0.0, threshold=0.15)
RIVALS = Calibration(recency=1.2, rivalry=1.0)


def gathered(
    given: Sequence[Span], places: Sequence[Found], calibration: Calibration = ALONE, *, of_the_past: bool = False
) -> list[Group]:
    scale = Scale(places, calibration, of_the_past)
    return gather(given, keys(given, places), scale.weights(given), scale)


def confidence(given: Sequence[Span], places: Sequence[Found], calibration: Calibration = ALONE) -> float:
    return calibration.confidences([group.support for group in gathered(given, places, calibration)])[0]


# --- what is one group


def test_no_spans_are_no_groups() -> None:
    assert gathered([], []) == []


@pytest.mark.parametrize("variant", ["the mayor", "The Mayor", "“mayor”", "MAYOR", "a  mayor.", "‘mayor’…", "mayor!"])
def test_what_says_the_same_is_one_group(variant: str) -> None:
    places = [place("mayor", "a"), place(variant, "b")]
    (group,) = gathered(spans(places, 0.5, 0.7), places)
    assert len(group.spans) == 2


def test_marks_alone_are_kept_apart() -> None:
    places = [place("…", "a"), place("—", "b")]
    assert len(gathered(spans(places, 0.5, 0.7), places)) == 2


def test_groups_come_best_supported_first_ties_by_key() -> None:
    places = [place("Cleo", "a"), place("Bob", "b"), place("Ann", "c")]
    assert [group.key for group in gathered(spans(places, 0.5, 0.8, 0.5), places)] == ["bob", "an", "cleo"]


def test_the_order_of_the_spans_does_not_matter() -> None:
    places = [place("Ann", "a"), place("Bob", "b"), place("an", "c"), place("Dan", "d")]
    given = [*spans(places, 0.5, 0.5, 0.5, 0.5), span(places, 0, 0.2)]
    scale = Scale(places, ALONE)
    expected = [(group.key, group.support, reports(group, scale)) for group in gathered(given, places)]
    for seed in range(10):
        shuffled = random.Random(seed).sample(given, len(given))
        assert [(g.key, g.support, reports(g, scale)) for g in gathered(shuffled, places)] == expected


# --- time


def test_of_two_answers_as_likely_the_more_recent_wins() -> None:
    places = [place("Ann", "a", age=1000), place("Bob", "b", age=0)]
    assert gathered(spans(places, 0.5, 0.5), places)[0].key == "bob"


def test_of_the_present_the_newest_of_old_news_wins() -> None:
    places = [place("Ann", "a", age=3000), place("Bob", "b", age=2960)]
    given = spans(places, 0.5, 0.4)
    assert gathered(given, places)[0].key == "bob"
    assert gathered(given, places, of_the_past=True)[0].key == "an"


def test_a_crowd_of_old_stories_does_not_outweigh_the_news() -> None:
    places = [place("Army", "new", age=0), *(place("ISIS", f"old{i}", age=60) for i in range(15))]
    best, other = gathered(spans(places, *[0.5] * 16), places, Calibration(recency=3.0))
    assert best.key == "army"
    assert len(other.stories) == 15


def test_how_things_stand_ages_faster_than_what_happened() -> None:
    places = [place("Ann", "a", age=0), place("Bob", "b", age=8)]
    given = spans(places, 0.5, 0.6)
    event, state = (Scale(places, ALONE, of_a_state=of_a_state).weights(given) for of_a_state in (False, True))
    assert event[0] == state[0]
    assert event[1] / event[0] == pytest.approx(1.5 * math.exp(1.2 * (math.exp(-8 / 14) - 1)))
    assert state[1] / state[0] == pytest.approx(1.5 * math.exp(1.2 * STATE_PULL * (math.exp(-8 / STATE_DAYS) - 1)))


def test_the_newest_of_the_best_passages_is_the_measure_of_age() -> None:
    ages = [None, 40, 30, None, 50, *[0] * 3]
    found = [place("Ann", f"a{i}", age=age) for i, age in enumerate(ages)]
    assert newest_age(found, {}) == min(age for age in ages[:BEST] if age is not None) == 30
    assert newest_age(found[:1], {}) == newest_age([], {}) == 0


def test_news_of_other_matters_does_not_make_a_report_old() -> None:
    found = [place("Ann", f"a{i}", age=age) for i, age in enumerate((3, 700, 1, 701))]
    assert newest_age(found, {0: 0.0, 1: 1.0, 2: 0.5, 3: 1.0}) == 700
    given = spans(found, 0.5, 0.5, 0.5, 0.5)
    weights = Scale(found, ALONE, of_a_state=True, mentioned={0: 0.0, 1: 1.0, 2: 0.0, 3: 1.0}).weights(given)
    assert weights[1] == weights[0] > weights[3]


def test_an_office_is_held_for_longer_than_a_town() -> None:
    places = [place("Ann", "a", age=0), place("Bob", "b", age=60)]
    given = spans(places, 0.5, 0.6)
    town, office = (Scale(places, ALONE, of_a_state=True, of_an_office=it).weights(given) for it in (False, True))
    assert town[0] > town[1]
    assert office[1] > office[0]


@pytest.mark.parametrize(
    ("age", "newest", "expected"),
    [
        (0, 0, 1.0),
        (14, 0, math.exp(-1)),
        (44, 30, math.exp(-1)),
        (30, 30, 1.0),
        (3, 30, 1.0),
        (None, 0, 0.0),
        (None, 30, 0.0),
    ],
)
def test_recency_is_how_little_a_report_lies_behind_the_newest(age: int | None, newest: int, expected: float) -> None:
    places = [place("Ann", "a", age=age), place("Bob", "b", age=newest)]
    (span, _) = spans(places, 0.5, 0.5)
    scale = Scale(places, ALONE)
    if age is None or age >= newest:
        assert scale.recency(span) == pytest.approx(expected)
    else:  # then it is the newest itself
        assert scale.recency(span) == 1.0


def test_what_a_span_weighs_on_a_day_depends_on_the_days_since_its_report() -> None:
    places = [place("Ann", "a", age=500), place("Bob", "b", age=None)]
    given = spans(places, 0.5, 0.5)
    scale = Scale(places, ALONE)
    day = date(2017, 11, 10)
    weights = scale.on(day, [(given[0], day), (given[1], day - timedelta(14))])
    assert weights == pytest.approx([math.exp(1.2), math.exp(1.2 * math.exp(-1))])
    assert [scale.ageless(one) for one in given] == pytest.approx([math.exp(1.2)] * 2)


def test_a_span_knows_its_words_and_its_day() -> None:
    places = [place("Ann Lee", "a", "2017-11-09"), place("Bob", "b", None)]
    given = spans(places, 0.5, 0.5)
    scale = Scale(places, ALONE)
    assert [scale.words(one) for one in given] == ["Ann Lee", "Bob"]
    assert [scale.day(one) for one in given] == [date(2017, 11, 9), None]


# --- what else a span weighs


@pytest.mark.parametrize(
    ("calibration", "expected"),
    [
        (Calibration(), [1.0, 1.0]),
        (Calibration(rank=-0.5), [1.0, math.exp(-0.5 * math.log(2))]),
        (Calibration(length=-0.4), [math.exp(-0.4), math.exp(-0.8)]),
        (Calibration(near=2.0), [1.0, math.exp(1.0)]),
    ],
)
def test_rank_length_and_nearness_weigh_as_the_calibration_says(
    calibration: Calibration, expected: list[float]
) -> None:
    places = [place("Ann", "a"), place("Bob Lee", "b")]
    given = spans(places, 0.5, 0.5)
    given[1] = replace(given[1], near=0.5)
    assert Scale(places, calibration).weights(given) == pytest.approx(expected)


def test_a_weight_of_rank_tells_equal_scores_apart() -> None:
    places = [place("Bob", "b"), place("Ann", "a")]
    given = spans(places, 0.5, 0.5)
    for rank, first in ((-0.5, "bob"), (0.5, "an")):
        assert gathered(given, places, replace(ALONE, rank=rank))[0].key == first


def test_what_something_speaks_against_counts_less_whenever_it_is_weighed() -> None:
    places = [place("Ann", "a", age=0), place("Bob", "b", age=0)]
    given = spans(places, 0.5, 0.5)
    plain, scale = Scale(places, ALONE), Scale(places, ALONE, left={given[0]: 0.25})
    day = date(2017, 11, 10)
    for before, now in (
        (plain.weights(given), scale.weights(given)),
        ([plain.ageless(one) for one in given], [scale.ageless(one) for one in given]),
        (plain.on(day, [(one, day) for one in given]), scale.on(day, [(one, day) for one in given])),
    ):
        assert now == pytest.approx([0.25 * before[0], before[1]])
    assert gather(given, keys(given, places), scale.weights(given), scale)[0].key == "bob"


# --- support: what stands in several stories, and what speaks against it


def test_support_is_the_root_of_the_summed_squares() -> None:
    assert together([3.0, 4.0]) == 5.0
    assert together([2.0]) == 2.0
    assert together([]) == 0.0


def test_the_probability_of_a_lone_span_is_the_answers_confidence() -> None:
    places = [place("Ann", "a")]
    assert confidence(spans(places, 0.7), places) == pytest.approx(0.7, abs=1e-4)


@pytest.mark.parametrize("calibration", [ALONE, RIVALS])
def test_equal_answers_in_independent_stories_support_each_other(calibration: Calibration) -> None:
    places = [place("Bob", "a"), place("Ann", "b"), place("the Ann", "c"), place("ANN", "d")]
    given = spans(places, 0.6, 0.5, 0.5, 0.5)
    best = gathered(given, places, calibration)[0]
    assert (best.key, len(best.stories)) == ("an", 3)
    # Odds of 1 thrice, together the root of three, against odds of 1.5 where rivals count.
    support = math.sqrt(3)
    assert best.support == pytest.approx(support)
    expected = support / (1 + support + 1.5 * calibration.rivalry)
    assert confidence(given, places, calibration) == pytest.approx(expected, abs=1e-4)


def test_copies_of_one_story_do_not_support_each_other() -> None:
    places = [place("Bob", "a"), *(place("Ann", key, story="wire") for key in "bcdef")]
    best, other = gathered(spans(places, 0.6, 0.5, 0.5, 0.5, 0.5, 0.5), places)
    assert best.key == "bob"
    assert other.support == pytest.approx(1.0)
    assert len(other.spans) == 5


def test_an_article_that_says_it_twice_does_not_support_itself() -> None:
    places = [place("Ann", "a"), place("Ann", "a")]
    assert confidence(spans(places, 0.5, 0.5), places) == confidence(spans(places, 0.5), places)


def test_of_a_story_the_best_span_counts_wherever_it_comes() -> None:
    places = [place("Ann", "a", story="s"), place("Ann", "b", story="s")]
    assert confidence(spans(places, 0.2, 0.8), places) == confidence(spans(places, 0.8, 0.2), places)
    assert confidence(spans(places, 0.2, 0.8), places) == pytest.approx(0.8, abs=1e-4)


def test_rivals_reduce_confidence_as_far_as_rivalry_says() -> None:
    places = [place("Ann", "a"), place("Bob", "b")]
    given = spans(places, 0.75, 0.5)
    found_by = [confidence(given, places, replace(ALONE, rivalry=rivalry)) for rivalry in (0.0, 0.5, 1.0)]
    assert found_by == pytest.approx([3 / 4, 3 / 4.5, 3 / 5], abs=1e-4)


def test_spans_in_one_passage_are_rivals_too() -> None:
    passage = place("Ann or Bob", "a")
    start = passage.passage.start + len("Today ")
    given = [
        Span(0, start, start + 3, passage.passage.start, passage.passage.end, 0.0),
        Span(0, start + 7, start + 10, passage.passage.start, passage.passage.end, 0.0),
    ]
    groups = gathered(given, [passage], RIVALS)
    assert [group.key for group in groups] == ["an", "bob"]
    assert RIVALS.confidences([group.support for group in groups]) == pytest.approx([1 / 3, 1 / 3], abs=1e-4)


# --- reports


def test_the_reports_of_a_group_come_weightiest_first() -> None:
    places = [place("Ann", key) for key in "abcd"]
    (group,) = gathered(spans(places, 0.5, 0.8, 0.5, 0.9), places)
    assert [one.passage for one in reports(group, Scale(places, ALONE))] == [3, 1, 0, 2]


def test_a_passing_mention_is_no_report() -> None:
    places = [place("Ann", key) for key in "abc"]
    best = 9.0  # the odds of 0.9
    odds = [best, SIGHTING * best * 1.01, SIGHTING * best * 0.99]
    (group,) = gathered(spans(places, *[one / (1 + one) for one in odds]), places)
    assert [one.passage for one in reports(group, Scale(places, ALONE))] == [0, 1]


def test_old_reports_are_reports() -> None:
    places = [place("Ann", "a", age=0), place("Ann", "b", age=1000)]
    calibration = Calibration(recency=5.0)
    (group,) = gathered(spans(places, 0.5, 0.5), places, calibration)
    weights = [weight for weight, _ in group.spans]
    assert min(weights) < SIGHTING * max(weights)
    assert [one.passage for one in reports(group, Scale(places, calibration))] == [0, 1]


SCORES = st.floats(-1e3, 1e3) | st.sampled_from([float("inf"), float("-inf")])
GIVEN = st.lists(st.tuples(st.sampled_from(["Ann", "an", "Bob", "Cleo", "…"]), SCORES, st.integers(0, 3)), max_size=9)


@settings(max_examples=100, deadline=None)
@given(GIVEN)
def test_whatever_a_reader_says_every_span_is_in_one_group_and_every_group_is_reported(
    given: list[tuple[str, float, int]],
) -> None:
    places = [place(name, f"a{i}", story=f"s{story}", age=i) for i, (name, _, story) in enumerate(given)]
    scored = [replace(span(places, i, 0.5), score=score) for i, (_, score, _) in enumerate(given)]
    groups = gathered(scored, places, RIVALS)
    assert sorted(one.passage for group in groups for _, one in group.spans) == list(range(len(given)))
    assert [group.support for group in groups] == sorted((group.support for group in groups), reverse=True)
    for group in groups:
        assert 0 < group.support < math.inf
        assert reports(group, Scale(places, RIVALS))
        assert max(group.stories.values()) == max(weight for weight, _ in group.spans)
