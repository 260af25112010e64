"""The drawing of a timeline: every day has a dot, in order, within the strip, far enough from the next for a finger."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.answer import TimelineEntry
from web.strip import LEAST_APART, MARGIN, strip

NOVEMBER = date(2017, 11, 1)


def entry(*days):
    return TimelineEntry(text="x", first_published=None, last_published=None, citations=(), published=days)


def day(number):
    return NOVEMBER + timedelta(days=number)


@pytest.mark.parametrize("timeline", [[], [entry(day(0))], [entry(), entry()]], ids=["none", "one", "no day"])
def test_nothing_to_compare_is_not_drawn(timeline):
    assert strip(timeline) is None


def test_first_and_last_day_stand_at_the_ends_and_the_middle_between():
    drawn = strip([entry(day(0), day(50)), entry(day(100))])
    assert (drawn.first, drawn.last) == (day(0), day(100))
    assert [[dot.x for dot in row.dots] for row in drawn.rows] == [[MARGIN, 50.0], [100 - MARGIN]]


def test_one_day_alone_stands_in_the_middle():
    drawn = strip([entry(day(3)), entry(day(3))])
    assert [dot.x for row in drawn.rows for dot in row.dots] == [50.0, 50.0]


def test_days_that_lie_close_share_a_dot_and_the_last_is_asked_for():
    drawn = strip([entry(day(0), day(1), day(2), day(100)), entry(day(50))])
    assert [dot.days for dot in drawn.rows[0].dots] == [(day(0), day(1), day(2)), (day(100),)]


def test_answers_without_a_known_day_have_no_row():
    assert len(strip([entry(day(0)), entry(), entry(day(9))]).rows) == 2


@given(st.lists(st.lists(st.dates(), min_size=1, max_size=30, unique=True), min_size=2, max_size=5))
def test_every_day_is_on_a_dot_within_the_strip_apart_from_the_next(timeline):
    drawn = strip([entry(*sorted(days)) for days in timeline])
    for row, days in zip(drawn.rows, timeline, strict=True):
        assert [one for dot in row.dots for one in dot.days] == sorted(days)
        places = [dot.x for dot in row.dots]
        assert all(MARGIN <= x <= 100 - MARGIN for x in places)
        assert all(b - a >= LEAST_APART for a, b in pairwise(places))
