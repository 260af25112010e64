from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.browse import MonthCount
from web.chart import MAX_BARS, month_chart

MONTHS = st.dictionaries(st.dates().map(lambda day: f"{day:%Y-%m}".rjust(7, "0")), st.integers(1, 10**6), max_size=80)


def chart(counts, undated=0):
    return month_chart([MonthCount(month, articles) for month, articles in sorted(counts.items())], undated)


def test_a_bar_a_month_with_gaps_where_nothing_was_published():
    drawn = chart({"2017-11": 40, "2018-01": 10})
    assert [(bar.label, bar.articles) for bar in drawn.bars] == [("November 2017", 40), ("January 2018", 10)]
    assert [(bar.first, bar.last) for bar in drawn.bars] == [
        (date(2017, 11, 1), date(2017, 11, 30)),
        (date(2018, 1, 1), date(2018, 1, 31)),
    ]
    assert [(bar.y, bar.height) for bar in drawn.bars] == [(0, 100), (75, 25)]
    assert [tick.label for tick in drawn.ticks] == ["Nov 2017", "Dec 2017", "Jan 2018"]
    assert drawn.summary == ("50 dated articles, November 2017 to January 2018, by month; most, 40, in November 2017.")


def test_the_undated_have_a_bar_of_their_own_beside_the_others():
    drawn = chart({"2017-11": 40}, undated=80)
    assert (drawn.undated.articles, drawn.undated.height, drawn.undated.first) == (80, 100, None)
    assert drawn.bars[0].height == 50
    assert drawn.bars[0].x + drawn.bars[0].width <= drawn.width <= drawn.undated.x
    assert drawn.summary.endswith(", and 80 undated.")


@pytest.mark.parametrize(
    ("last", "step", "label"),
    [("2021-12", "month", "December 2021"), ("2022-01", "year", "2022"), ("2300-05", "decade", "2300 to 2309")],
)
def test_long_times_are_drawn_by_year_or_longer(last, step, label):
    drawn = chart({"2017-01": 1, last: 1})
    assert (drawn.step, drawn.bars[-1].label) == (step, label)


def test_nothing_and_only_undated():
    assert (chart({}).bars, chart({}).undated) == ((), None)
    assert (chart({}, 3).bars, chart({}, 3).undated.height, chart({}, 3).summary) == ((), 100, "3 undated articles.")


@given(MONTHS, st.integers(0, 10**6))
def test_all_articles_are_drawn_in_order_and_in_the_frame(counts, undated):
    drawn = chart(counts, undated)
    assert sum(bar.articles for bar in drawn.bars) == sum(counts.values())
    bars = [*drawn.bars, *([drawn.undated] if drawn.undated else [])]
    assert len(drawn.bars) <= max(MAX_BARS, 100)
    assert all(bar.x >= 0 and bar.x + bar.width <= 100.01 and 0 <= bar.y <= 98 for bar in bars)
    assert all(one.x + one.width <= other.x + 0.01 for one, other in pairwise(bars))
    assert all(one.last < other.first for one, other in pairwise(drawn.bars))
    assert all(
        bar.first.day == 1 and (bar.last + timedelta(days=1)).day == 1 for bar in drawn.bars if bar.last.year < 9999
    )
    for month in counts:
        assert sum(bar.first <= date(int(month[:4]), int(month[5:]), 1) <= bar.last for bar in drawn.bars) == 1
