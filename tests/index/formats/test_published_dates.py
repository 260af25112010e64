from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import FilterError
from index.formats import parse_published


@pytest.mark.parametrize(
    "value",
    ["2017-11-03", " 2017-11-03 ", "20171103", "2017/11/03", "November 3, 2017", "Fri, 3 November 2017", "23/11/2017"],
)  # fmt: skip
def test_days(value):
    moment, precision = parse_published(value)
    assert (moment, precision) == (datetime(2017, 11, 23 if "23" in value else 3, tzinfo=UTC), "day")


@pytest.mark.parametrize(
    "value",
    [
        "2017-11-03T14:05:06Z",
        "2017-11-03T14:05:06.789Z",
        "2017-11-03 14:05:06",
        "2017-11-03T17:05:06+03:00",
        "2017-11-03 14:05:06 UTC",
        "Fri, 03 Nov 2017 14:05:06 GMT",
        "Fri, 3 Nov 2017 09:05:06 -0500",
        "Fri, 3 Nov 2017 09:05:06 EST",
        "Nov 3, 2017 2:05:06 PM",
    ],
)
def test_moments(value):
    assert parse_published(value) == (datetime(2017, 11, 3, 14, 5, 6, tzinfo=UTC), "second")


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("", "four-digit"),
        ("May", "four-digit"),
        ("12", "four-digit"),
        ("3.11.17", "four-digit"),
        ("May 2017", "incomplete"),
        ("2017", "incomplete"),
        ("03/11/2017", "exchanged"),
        ("2017-02-30", "not understood"),
        ("0000-01-01", "not understood"),
        ("0001-01-01", "1400"),
        ("1399-12-31", "1400"),
        ("3000-01-01", "future"),
        ("9999-12-31T23:59:59-10:00", "out of range"),
        ("Nov 3, 2017 5pm CEST", "zone"),
        ("1509717900", "not understood"),
        ("2017-11-03 " * 20, "too long"),
    ],
)
def test_refused(value, why):
    with pytest.raises(FilterError) as caught:
        parse_published(value, "date")
    assert caught.value.field == "date"
    assert str(caught.value).startswith("date: ")
    assert repr(value[:20])[:-1] in str(caught.value)
    assert why in str(caught.value)


def test_before_and_after_the_limits():
    now = datetime.now(UTC)
    assert parse_published("1400-01-01")[0].year == 1400
    assert parse_published((now + timedelta(days=1)).isoformat())[1] == "second"
    with pytest.raises(FilterError):
        parse_published((now + timedelta(days=3)).date().isoformat())


@given(st.text() | st.text("0123456789-/:.+ TZaApPmMnNoOvV,", max_size=30))
def test_any_text_is_a_date_or_refused(value):
    try:
        moment, precision = parse_published(value)
    except FilterError:
        return
    assert moment.tzinfo is UTC
    assert moment.year >= 1400
    assert precision in ("day", "second")


@given(st.datetimes(datetime(1400, 1, 2), datetime(2025, 1, 1)))
def test_iso_round_trip(moment):
    whole = moment.replace(microsecond=0, tzinfo=UTC)
    assert parse_published(whole.isoformat()) == (whole, "second")
    assert parse_published(whole.date().isoformat()) == (
        datetime(whole.year, whole.month, whole.day, tzinfo=UTC),
        "day",
    )
