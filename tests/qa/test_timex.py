"""Time expressions of news English become the right calendar days, and what only looks like a time becomes none."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.days import month_range
from qa.timex import expressions, is_future

THURSDAY = date(2017, 11, 9)


def read(text: str, anchor: date = THURSDAY) -> list[tuple[str, str, str]]:
    """The words, first and last day of each expression; the last day is left out of the text when it is the first."""
    return [(text[t.start : t.end], str(t.first), str(t.last)) for t in expressions(text, anchor)]


def days(text: str, anchor: date = THURSDAY) -> list[tuple[str, str]]:
    return [(first, last) for _, first, last in read(text, anchor)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("It fell on 3 November 2017, he said.", "3 November 2017"),
        ("It fell on November 3, 2017, he said.", "November 3, 2017"),
        ("It fell on Nov. 3, 2017.", "Nov. 3, 2017"),
        ("It fell on Nov 3 2017.", "Nov 3 2017"),
        ("It fell on the 3rd of November 2017.", "the 3rd of November 2017"),
        ("It fell on the 3rd November, 2017.", "the 3rd November, 2017"),
        ("It fell on NOVEMBER 3, 2017", "NOVEMBER 3, 2017"),
        ("it fell on 3 november 2017", "3 november 2017"),
        ("It fell on Friday, November 3rd.", "Friday, November 3rd"),
        ("It fell on Friday 3 November.", "Friday 3 November"),
        ("It fell on 2017-11-03.", "2017-11-03"),
        ("It fell on 3 Nov, he said.", "3 Nov"),
        ("(Nov. 3)", "Nov. 3"),
        ("the 3\nNovember\n2017 vote", "the 3\nNovember\n2017"),
    ],
)
def test_one_day_in_british_and_american(text: str, words: str) -> None:
    assert read(text) == [(words, "2017-11-03", "2017-11-03")]


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("from 3-5 November 2017", "2017-11-03", "2017-11-05"),
        ("from November 3-5, 2017", "2017-11-03", "2017-11-05"),
        ("12–13 July 2017", "2017-07-12", "2017-07-13"),
        ("between 3 and 5 November", "2017-11-03", "2017-11-05"),
        ("on July 12 and 13", "2017-07-12", "2017-07-13"),
        ("12th to 13th July", "2017-07-12", "2017-07-13"),
        ("in November 2017", "2017-11-01", "2017-11-30"),
        ("in Feb. 2016", "2016-02-01", "2016-02-29"),
        ("November of 2017", "2017-11-01", "2017-11-30"),
        ("since 2015", "2015-01-01", "2015-12-31"),
        ("in the year 2015", "2015-01-01", "2015-12-31"),
        ("in 2015's campaign", "2015-01-01", "2015-12-31"),
        ("in the 1990s", "1990-01-01", "1999-12-31"),
        ("in the summer of 2014", "2014-06-01", "2014-08-31"),
        ("in winter 2016", "2016-12-01", "2017-02-28"),
        ("in winter 2015", "2015-12-01", "2016-02-29"),
    ],
)
def test_longer_periods(text: str, first: str, last: str) -> None:
    assert days(text) == [(first, last)]


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("today", "2017-11-09", "2017-11-09"),
        ("earlier today", "2017-11-09", "2017-11-09"),
        ("tonight", "2017-11-09", "2017-11-09"),
        ("this morning", "2017-11-09", "2017-11-09"),
        ("yesterday", "2017-11-08", "2017-11-08"),
        ("last night", "2017-11-08", "2017-11-08"),
        ("the day before yesterday", "2017-11-07", "2017-11-07"),
        ("tomorrow", "2017-11-10", "2017-11-10"),
        ("three days ago", "2017-11-06", "2017-11-06"),
        ("two weeks ago", "2017-10-26", "2017-10-26"),
        ("a couple of weeks ago", "2017-10-26", "2017-10-26"),
        ("a fortnight ago", "2017-10-26", "2017-10-26"),
        ("a month ago", "2017-10-01", "2017-10-31"),
        ("12 months ago", "2016-11-01", "2016-11-30"),
        ("10 years ago", "2007-01-01", "2007-12-31"),
        ("last week", "2017-10-30", "2017-11-05"),
        ("this week", "2017-11-06", "2017-11-12"),
        ("next week", "2017-11-13", "2017-11-19"),
        ("the past week", "2017-11-02", "2017-11-09"),
        ("over the past two weeks", "2017-10-26", "2017-11-09"),
        ("last weekend", "2017-11-04", "2017-11-05"),
        ("last month", "2017-10-01", "2017-10-31"),
        ("last quarter", "2017-07-01", "2017-09-30"),
        ("last year", "2016-01-01", "2016-12-31"),
        ("next year's", "2018-01-01", "2018-12-31"),
        ("October last year", "2016-10-01", "2016-10-31"),
        ("last October", "2017-10-01", "2017-10-31"),
        ("last November", "2016-11-01", "2016-11-30"),
        ("next March", "2018-03-01", "2018-03-31"),
        ("last summer", "2017-06-01", "2017-08-31"),
        ("next summer", "2018-06-01", "2018-08-31"),
        ("LAST\nWEEK", "2017-10-30", "2017-11-05"),
    ],
)
def test_what_is_counted_from_the_anchor(text: str, first: str, last: str) -> None:
    found = expressions(text, THURSDAY)
    assert [(str(t.first), str(t.last), t.kind) for t in found] == [(first, last, "relative")]


@pytest.mark.parametrize(
    ("text", "anchor", "first", "last"),
    [
        # Turns of the year.
        ("yesterday", date(2018, 1, 1), "2017-12-31", "2017-12-31"),
        ("last week", date(2018, 1, 1), "2017-12-25", "2017-12-31"),
        ("this week", date(2017, 1, 1), "2016-12-26", "2017-01-01"),
        ("last month", date(2018, 1, 15), "2017-12-01", "2017-12-31"),
        ("next month", date(2017, 12, 31), "2018-01-01", "2018-01-31"),
        ("last quarter", date(2018, 2, 1), "2017-10-01", "2017-12-31"),
        ("on 31 December", date(2018, 1, 2), "2017-12-31", "2017-12-31"),
        ("on January 1", date(2017, 12, 30), "2018-01-01", "2018-01-01"),
        ("in December", date(2018, 1, 2), "2017-12-01", "2017-12-31"),
        ("last winter", date(2018, 4, 1), "2017-12-01", "2018-02-28"),
        # Leap days.
        ("yesterday", date(2016, 3, 1), "2016-02-29", "2016-02-29"),
        ("in February", date(2016, 3, 1), "2016-02-01", "2016-02-29"),
        ("on 29 February 2016", THURSDAY, "2016-02-29", "2016-02-29"),
        ("on February 29", date(2016, 3, 2), "2016-02-29", "2016-02-29"),
        ("last year", date(2016, 2, 29), "2015-01-01", "2015-12-31"),
        ("a year ago", date(2016, 2, 29), "2015-01-01", "2015-12-31"),
    ],
)
def test_turns_of_years_and_leap_days(text: str, anchor: date, first: str, last: str) -> None:
    assert days(text, anchor) == [(first, last)]


@pytest.mark.parametrize("text", ["on 29 February 2017", "on 31 June 2017", "on February 30", "on Nov. 31, 2017"])
def test_impossible_dates_are_none(text: str) -> None:
    assert [t for t in expressions(text, THURSDAY) if t.first == t.last] == []
    assert read(text) == [], "an impossible day was read as a month that the text does not speak of"


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("The army took it on Thursday.", "2017-11-09"),  # a Thursday's paper says Thursday for today
        ("The army took it on Friday.", "2017-11-03"),
        ("The army took it on Wednesday night.", "2017-11-08"),
        ("Friday's attack", "2017-11-03"),
        ("It fell last Thursday.", "2017-11-02"),
        ("It fell last Friday.", "2017-11-03"),
        ("Ministers will meet on Friday.", "2017-11-10"),
        ("Ministers are set to meet on Thursday.", "2017-11-09"),
        ("The talks, scheduled for Sunday, are off.", "2017-11-12"),
        ("Parliament is expected to vote on Monday.", "2017-11-13"),
        ("Ahead of Saturday's vote", "2017-11-11"),
        ("Ministers won’t meet on Friday.", "2017-11-10"),
        ("He will go. It fell on Friday.", "2017-11-03"),
        ("He said on Friday it is over", "2017-11-03"),
    ],
)
def test_weekdays_look_back_unless_the_clause_looks_ahead(text: str, day: str) -> None:
    assert days(text) == [(day, day)]


@pytest.mark.parametrize(("anchor", "day"), [(date(2017, 11, 3), "2017-11-03"), (date(2017, 11, 10), "2017-11-10")])
def test_friday_on_a_friday_is_today_past_and_future(anchor: date, day: str) -> None:
    for text in ("It fell on Friday.", "They will meet on Friday.", "Friday"):
        assert days(text, anchor) == [(day, day)]


def test_one_sentence_may_look_back_and_ahead() -> None:
    text = "She said on Tuesday that the vote will be held on Sunday."
    assert days(text) == [("2017-11-07", "2017-11-07"), ("2017-11-12", "2017-11-12")]


@pytest.mark.parametrize(
    ("text", "anchor", "day"),
    [
        # The wire's commonest sentence: what is announced lies ahead, the announcement does not.
        ("The talks will resume next month, officials said on Friday.", date(2017, 11, 4), "2017-11-03"),
        ("The plant will close, the company announced on Monday.", date(2017, 11, 8), "2017-11-06"),
        # A full stop of an abbreviation ends no clause.
        ("He will meet U.S. officials on Friday.", THURSDAY, "2017-11-10"),
        ("It is due to land at 9 a.m. on Friday.", THURSDAY, "2017-11-10"),
        # "Will" is also a name.
        ("Will Smith arrived on Friday.", THURSDAY, "2017-11-03"),
        ("Prince William and Will Young sang on Friday.", THURSDAY, "2017-11-03"),
    ],
)
def test_future_words_bind_only_what_they_govern(text: str, anchor: date, day: str) -> None:
    assert days(text, anchor)[-1] == (day, day)


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("A law passed against his will in September", 2019),
        ("The party's will in September", 2019),
        ("The voters’ will in September", 2019),
        ("The will of the people in September", 2019),
        ("They left of their own free will in September", 2019),
        ("There was ill will in September", 2019),
        ("It shut at will in September", 2019),
        ("It will reopen in September", 2020),
        ("The town will reopen in September", 2020),
        ("The ill will be treated in September", 2020),
        ("The minister will, against his will, go in September", 2020),
    ],
)
def test_the_noun_will_is_no_future(text: str, year: int) -> None:
    assert days(text, date(2019, 10, 29)) == [(f"{year}-09-01", f"{year}-09-30")]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("Troops will arrive this Friday.", "2017-11-10"),
        ("The derby is this Sunday.", "2017-11-12"),
        ("The vote takes place this Saturday.", "2017-11-11"),
        ("He resigned this Tuesday.", "2017-11-07"),
    ],
)
def test_this_weekday_lies_in_this_week(text: str, day: str) -> None:
    assert days(text) == [(day, day)]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("He was sworn in on January 20.", "2017-01-20"),
        ("She was arrested on 3 May.", "2017-05-03"),
        ("The deal was signed on March 10.", "2017-03-10"),
        ("Elections are scheduled for June 8.", "2018-06-08"),
        ("The court will rule on 12 April.", "2018-04-12"),
        ("The court will rule on Dec. 12.", "2017-12-12"),
        ("The court ruled on Oct. 12.", "2017-10-12"),
    ],
)
def test_a_day_without_a_year_lies_on_the_side_the_verb_says(text: str, day: str) -> None:
    assert days(text) == [(day, day)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("from November 3 to November 10, 2016", [("2016-11-03", "2016-11-03"), ("2016-11-10", "2016-11-10")]),
        ("between June and September 2016", [("2016-06-01", "2016-06-30"), ("2016-09-01", "2016-09-30")]),
        ("28 October to 3 November 2015", [("2015-10-28", "2015-10-28"), ("2015-11-03", "2015-11-03")]),
        ("from 2003 to 2011", [("2003-01-01", "2011-12-31")]),
        ("May 2017 and June 2018", [("2017-05-01", "2017-05-31"), ("2018-06-01", "2018-06-30")]),
        ("Monday and Tuesday", [("2017-11-06", "2017-11-06"), ("2017-11-07", "2017-11-07")]),
    ],
)
def test_a_year_said_once_holds_for_both_ends(text: str, expected: list[tuple[str, str]]) -> None:
    assert days(text) == expected


@pytest.mark.parametrize("text", ["in 2003–2011", "in 2003-2011", "the war of 1939–1945", "in 2014/15", "in 2016-17"])
def test_a_span_of_years_is_not_its_first_year(text: str) -> None:
    years = [(first[:4], last[:4]) for first, last in days(text)]
    assert all(first != last for first, last in years), years


@pytest.mark.parametrize(
    "text",
    [
        "Theresa May said no.",
        "Mrs May in Brussels",
        "May has said",
        "you may",
        "They march on Washington",
        "the march on the palace",
        "April Jones went missing",
        "June Carter sang",
        "Jan Brady, Sun Microsystems, Sat Nav",
        "Sun 5, Mon Dieu",
        "May Day",
        "August Wilson wrote plays",
    ],
)
def test_names_and_words_that_are_also_months_or_days(text: str) -> None:
    assert read(text) == []


def test_may_the_prime_minister_and_may_the_month() -> None:
    assert read("In May, Theresa May said May was hard.") == [("May", "2017-05-01", "2017-05-31")]


@pytest.mark.parametrize("text", ["Merkel spoke to May.", "a debate between Corbyn and May", "the rise of May"])
def test_may_after_a_preposition_may_still_be_the_name(text: str) -> None:
    assert read(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "The Sunday Times reported it.",
        "On Bloody Sunday, many died.",
        "Shops opened early on Black Friday.",
        "The Good Friday Agreement held.",
        "Sheffield Wednesday won.",
        "Easter Monday is a holiday.",
    ],
)
def test_weekdays_in_proper_names_are_no_days_of_this_week(text: str) -> None:
    assert read(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "$2015",
        "£1,999",
        "in 2,015 cases",
        "2015 people died",
        "up to 2000 troops",
        "of 1500 people",
        "in 2015 dollars",
        "of 1,500 euros",
        "by 2015 votes",
        "Resolution 1973",
        "Room 2015",
        "Flight 1549",
        "at 2000 GMT",
        "his novel 1984",
        "by 1999.5 points",
        "in 2015%",
        "tel. 2015-1234",
        "1.5 May",
        "COVID-19 March",
        "2015bn",
        "version 2015.3",
        "the 90s club",
        "scored 21-19",
        "45 May",
        "0 May",
    ],
)
def test_money_and_counts_are_no_years(text: str) -> None:
    assert [t for t in expressions(text, THURSDAY) if t.kind == "dated"] == []


@pytest.mark.parametrize(
    "text",
    [
        "cut from 1800 to 1600 jobs",
        "from 1800 to 2000 refugees",
        "1500 of 2000 houses burned",
        "killed in 2000 attacks",
        "rose to 1600 cases",
        "of 2000 soldiers, half fled",
    ],
)
def test_a_number_before_what_it_counts_is_no_year(text: str) -> None:
    assert read(text) == []


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("half a year ago", "a year ago"),
        ("the day after tomorrow", "tomorrow"),
        ("the march 10 days ago", "march 10"),
        ("the week of 6 November", "6 November"),
    ],
)
def test_a_part_of_an_expression_is_not_taken_for_all_of_it(text: str, wrong: str) -> None:
    assert wrong not in [words for words, _, _ in read(text)]


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("early 2016", "2016-01-01", "2016-05-01"),
        ("in mid-2016", "2016-05-01", "2016-09-01"),
        ("late 2016", "2016-09-01", "2016-12-31"),
        ("at the end of October", "2017-10-21", "2017-10-31"),
        ("in mid-May", "2017-05-11", "2017-05-21"),
        ("late last year", "2016-09-01", "2016-12-31"),
    ],
)
def test_parts_of_periods_lie_within_a_few_days_of_their_third(text: str, first: str, last: str) -> None:
    found = expressions(text, THURSDAY)
    assert len(found) == 1
    assert abs(found[0].first - date.fromisoformat(first)) <= timedelta(days=1)
    assert abs(found[0].last - date.fromisoformat(last)) <= timedelta(days=1)


@pytest.mark.parametrize("text", ["laſt week", "in ſeptember 2017", "ſummer of 2014", "ſix days ago", "thıs week"])
def test_letters_that_only_fold_to_english_ones_do_no_harm(text: str) -> None:
    expressions(text, THURSDAY)


@pytest.mark.parametrize("text", ["", " ", "\n", "。", "上周五", "الجمعة", "в пятницу", "\x00", "\ud800", "١٢ May"])
def test_other_texts_hold_none_and_raise_nothing(text: str) -> None:
    assert read(text) == []


_PIECES = """
    on in of the last next this past early mid- late May March Nov. november Friday Friday's summer winter 2017 2016
    1999s 1990s 3 5 31 29 30 0 th st - – , . and to ago days weeks years two a couple of 999 yesterday tomorrow today
    February 2017-11-03 will said since before 31-12 month decade century weekend
"""
PIECES = _PIECES.split()
_WEEK = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday"
WEEK = _WEEK.split()
ANCHORS = st.dates() | st.sampled_from((date.min, date.max, date(2016, 2, 29), date(2017, 12, 31), THURSDAY))


@given(st.lists(st.sampled_from(PIECES), max_size=14).map(" ".join) | st.text(max_size=60), ANCHORS)
@settings(max_examples=200, deadline=None)
def test_any_text_from_any_day_gives_ordered_spans_of_ordered_days(text: str, anchor: date) -> None:
    found = expressions(text, anchor)
    for timex in found:
        assert 0 <= timex.start < timex.end <= len(text)
        assert text[timex.start : timex.end].strip() == text[timex.start : timex.end]
        assert timex.first <= timex.last
    assert all(one.end <= other.start for one, other in pairwise(found))
    assert found == expressions(text, anchor)


@given(st.dates(date(1500, 1, 1), date(2099, 12, 31)), ANCHORS)
@settings(max_examples=100, deadline=None)
def test_a_date_in_full_is_itself_from_any_day(day: date, anchor: date) -> None:
    month = day.strftime("%B")
    for said in (f"{day.day} {month} {day.year}", f"{month} {day.day}, {day.year}", day.isoformat()):
        (timex,) = expressions(f"It fell on {said}.", anchor)
        assert (timex.first, timex.last, timex.kind) == (day, day, "dated")


@given(ANCHORS, st.sampled_from(WEEK))
@settings(deadline=None)
def test_a_weekday_is_within_six_days_and_is_that_weekday(anchor: date, name: str) -> None:
    for text, ahead in ((f"on {name}", False), (f"will on {name}", True)):
        for timex in expressions(text, anchor):
            off = (timex.first - anchor).days
            assert timex.first.strftime("%A") == name
            assert 0 <= off <= 6 if ahead else -6 <= off <= 0


@given(st.integers(1, 9998), st.integers(1, 12))
def test_months_are_whole(year: int, month: int) -> None:
    first, last = month_range(year, month)
    assert (first.day, (last + timedelta(days=1)).day) == (1, 1)
    assert 28 <= (last - first).days + 1 <= 31
    assert year == 9998 or month_range(year, month + 12) == month_range(year + 1, month)


def test_the_future_reaches_no_further_than_its_clause() -> None:
    assert is_future("It will rain on ", 16)
    assert not is_future("It will rain. It rained on ", 27)
    assert not is_future("will" + " so" * 60, 184)


@pytest.mark.parametrize(
    "unit",
    [
        "9",
        "9 ",
        "(",
        "A",
        "A ",
        "May ",
        "may-",
        "the ",
        "last ",
        "2017 ",
        "will ",
        " ",
        "-",
        "3 to ",
        "early ",
        "\n",
        "a\n",
    ],
)
def test_hostile_repetition_costs_in_proportion_to_its_length(unit: str) -> None:
    def work(size: int) -> Callable[[], object]:
        text = (unit * size)[:size]
        return lambda: expressions(text, THURSDAY)

    assert growth(work(4_000), work(32_000)) < 8 * 4


def test_a_megabyte_of_digits_or_brackets_is_read() -> None:
    for unit in ("7", "(", "A"):
        assert expressions(unit * 1_000_000, THURSDAY) == []


def growth(small: Callable[[], object], large: Callable[[], object]) -> float:
    """How many times the processor time of `small` that `large` takes; the best of three, so that others' work counts
    little. Of eight times the input a quadratic algorithm takes 64 times as long."""

    def best(work: Callable[[], object]) -> float:
        times = []
        for _ in range(3):
            start = time.process_time()
            work()
            times.append(time.process_time() - start)
        return min(times)

    return best(large) / max(best(small), 0.002)
