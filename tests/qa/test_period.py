"""When a question asks about: explicit dates filter, vague ones prefer, dates that only explain do nothing."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.period import Period, period

AS_OF = date(2017, 11, 9)  # a Thursday


def asked(question: str, as_of: date = AS_OF) -> tuple[str | None, str | None, str] | None:
    found = period(question, as_of)
    return found and (found.first and str(found.first), found.last and str(found.last), found.use)


@pytest.mark.parametrize(
    ("question", "words", "first", "last"),
    [
        ("Who held Albu Kamal in November 2017?", "in November 2017", "2017-11-01", "2017-11-09"),
        ("who held albu kamal in october 2017", "in october 2017", "2017-10-01", "2017-11-03"),
        ("Who held Albu Kamal on 3 November 2017?", "on 3 November 2017", "2017-11-03", "2017-11-04"),
        ("Who held Albu Kamal on November 3, 2017?", "on November 3, 2017", "2017-11-03", "2017-11-04"),
        ("Who held Albu Kamal on November 3rd?", "on November 3rd", "2017-11-03", "2017-11-04"),
        ("Who held it on 2017-11-03?", "on 2017-11-03", "2017-11-03", "2017-11-04"),
        ("Who spoke on Sunday, 5 November?", "on Sunday, 5 November", "2017-11-05", "2017-11-06"),
        ("What happened on 29 February 2016?", "on 29 February 2016", "2016-02-29", "2016-03-01"),
        ("What happened on 9 November?", "on 9 November", "2017-11-09", "2017-11-09"),
        ("Who was president in 1998?", "in 1998", "1998-01-01", "1999-02-05"),
        ("Who won in the summer of 2014?", "summer of 2014", "2014-06-01", "2014-09-09"),
        ("Who has won since 2015?", "since 2015", "2015-01-01", None),
        ("How many have died since the war began in 2011?", "since the war began in 2011", "2011-01-01", None),
        ("What happened after 10 July 2017?", "after 10 July 2017", "2017-07-11", None),
        ("What happened before November 2017?", "before November 2017", None, "2017-10-31"),
        (
            "What happened before the Mosul offensive ended on 10 July 2017?",
            "before the Mosul offensive ended on 10 July 2017",
            None,
            "2017-07-09",
        ),
        ("Who was prime minister until 2014?", "until 2014", None, "2014-12-31"),
        ("By 2016, how many had fled?", "By 2016", None, "2016-12-31"),
        ("As of 2 November, who held the town?", "As of 2 November", None, "2017-11-02"),
        ("Who won between 2010 and 2014?", "between 2010 and 2014", "2010-01-01", "2015-07-01"),
        ("What happened from 1 June to 5 July 2017?", "from 1 June to 5 July 2017", "2017-06-01", "2017-07-08"),
    ],
)
def test_explicit_dates_filter(question: str, words: str, first: str | None, last: str | None) -> None:
    found = period(question, AS_OF)
    assert found is not None
    assert found.text.lower() in question.lower()
    assert (found.text, asked(question)) == (words, (first, last, "filter"))


@pytest.mark.parametrize(
    ("question", "first", "last"),
    [
        ("What happened last week?", "2017-10-30", "2017-11-06"),
        ("What happened yesterday?", "2017-11-08", "2017-11-09"),
        ("Who died on Friday?", "2017-11-03", "2017-11-04"),
        ("Who died last month?", "2017-10-01", "2017-11-03"),
        ("Who was elected in May?", "2017-05-01", "2017-06-03"),
        ("who was elected in may", "2017-05-01", "2017-06-03"),
        ("What happened in the last two weeks?", "2017-10-26", "2017-11-09"),
        ("Who has led Britain since last July?", "2017-07-01", None),
        ("What happened before last week?", None, "2017-10-29"),
        ("How did it start in 2016 and end in 2017?", "2016-01-01", "2017-11-09"),
    ],
)
def test_vague_times_are_preferred(question: str, first: str | None, last: str | None) -> None:
    assert asked(question) == (first, last, "prefer")


@pytest.mark.parametrize(
    "question",
    [
        "Who holds Albu Kamal?",
        "who holds albu kamal",
        "What is happening in Mosul now?",
        "Who is currently president of Iraq?",
        "What happened this week?",
        "Which player retired in 2018 but made it official this week?",
        "For the first time since 1979, which team won?",
        "Which country had its worst drought since 1988?",
        "What has not been seen since 1990?",
        "Who won the 2015 election?",
        "What did Theresa May say in Brussels?",
        "What was found in room 2015?",
        "How many of 2000 troops left?",
        "Since when has Putin been president?",
        "when did the war end",
        "",
        "?",
    ],
)
def test_questions_of_the_present_or_of_no_time(question: str) -> None:
    assert period(question, AS_OF) is None


@pytest.mark.parametrize(
    "question",
    [
        "Who will win in 2020?",
        "What happens next week?",
        "What is planned for 10 November 2017?",
        "Will the talks resume on Friday?",
        "What is due by 2030?",
        "What happens tomorrow?",
    ],
)
def test_what_lies_ahead_is_no_time_of_publication(question: str) -> None:
    assert period(question, AS_OF) is None


@pytest.mark.parametrize(
    "question",
    [
        "Who leads the party founded in 2013?",
        "Who holds the town that fell in 2014?",
        "In 2014 ISIS took Mosul. Who holds it?",
        "Who owns the company that Facebook bought in 2014?",
        "Which treaty, signed in 1992, is Trump leaving?",
        "Is the law of 1986 still in force?",
    ],
)
def test_a_past_date_that_only_explains_a_present_question_does_not_filter(question: str) -> None:
    found = period(question, AS_OF)
    assert found is None or found.use != "filter", found


@pytest.mark.parametrize(
    "question",
    [
        "For the first time since the war ended in 1991, which party won?",
        "What was the highest figure since records began in 1979?",
    ],
)
def test_a_comparison_with_an_event_is_no_period(question: str) -> None:
    assert period(question, AS_OF) is None


@pytest.mark.parametrize(
    ("question", "first", "last"),
    [
        ("What happened between June and August 2016?", "2016-06-01", "2016-08-31"),
        ("What happened from 3 November to 10 November 2016?", "2016-11-03", "2016-11-10"),
        ("What happened between 28 October and 3 November 2015?", "2015-10-28", "2015-11-03"),
        ("Who was sworn in between 28 December and 3 January?", "2016-12-28", "2017-01-03"),
        ("What happened in 2003–2011?", "2003-01-01", "2011-12-31"),
        ("What happened between 2014 and 2020?", "2014-01-01", "2017-11-09"),
        ("What happened between October and December 2017?", "2017-10-01", "2017-11-09"),
    ],
)
def test_both_ends_of_a_range_count(question: str, first: str, last: str) -> None:
    found = period(question, AS_OF)
    assert found is not None
    assert str(found.first) == first
    assert found.last is None or str(found.last) >= last


@pytest.mark.parametrize(
    ("question", "first", "use"),
    [
        ("Who was arrested on 3 May?", "2017-05-03", "prefer"),
        ("Who was sworn in on January 20?", "2017-01-20", "prefer"),
        ("what happened on march 10", "2017-03-10", "prefer"),
        ("What happened on 10 November?", "2016-11-10", "prefer"),
        ("Who was killed on Dec. 24?", "2016-12-24", "prefer"),
        ("Who held it on 3 November?", "2017-11-03", "filter"),
        ("Who was arrested on October 19?", "2017-10-19", "filter"),
    ],
)
def test_a_day_without_a_year_is_the_last_one_and_filters_if_it_is_just_past(
    question: str, first: str, use: str
) -> None:
    found = period(question, AS_OF)
    assert found is not None
    assert (str(found.first), found.use) == (first, use)


@pytest.mark.parametrize(
    ("question", "first", "last"),
    [
        ("What did USA Today report on 3 November 2017?", "2017-11-03", "2017-11-04"),
        ("Who was the current champion in October 2017?", "2017-10-01", "2017-11-03"),
        ("Who is currently in control as of 2 November 2017?", None, "2017-11-02"),
    ],
)
def test_a_word_of_the_present_does_not_undo_an_explicit_date(question: str, first: str | None, last: str) -> None:
    assert asked(question) == (first, last, "filter")


@pytest.mark.parametrize(
    "question",
    [
        "What did Merkel say to May?",
        "What was the debate between Corbyn and May about?",
        "What did May say in Brussels?",
    ],
)
def test_may_the_prime_minister_is_no_month(question: str) -> None:
    assert period(question, AS_OF) is None


def test_may_the_prime_minister_does_not_widen_a_period() -> None:
    found = period("Who quit after May lost her majority in June 2017?", AS_OF)
    assert found is not None
    assert found.first is not None
    assert found.first >= date(2017, 6, 1)


@pytest.mark.parametrize("question", ["What did The Sunday Times report?", "How many shopped on Black Friday?"])
def test_a_weekday_in_a_proper_name_is_no_period(question: str) -> None:
    assert period(question, AS_OF) is None


@pytest.mark.parametrize(
    ("question", "day"),
    [
        ("After losing Raqqa in October 2017, where did ISIS go?", date(2017, 10, 25)),
        ("What happened before the Mosul offensive ended in July 2017?", date(2017, 7, 5)),
        ("What was said before and after 3 November 2017?", date(2017, 11, 2)),
        ("Who fled in the week of 3 November 2017?", date(2017, 11, 1)),
    ],
)
def test_no_filter_hides_days_that_are_asked_about(question: str, day: date) -> None:
    found = period(question, AS_OF)
    shown = found is None or found.use == "prefer" or _holds(found, day)
    assert shown, found


def _holds(found: Period, day: date) -> bool:
    return (found.first or day) <= day <= (found.last or day)


@pytest.mark.parametrize(
    ("as_of", "first", "last"),
    [
        (date(2018, 1, 1), "2017-12-25", "2018-01-01"),
        (date(2016, 3, 3), "2016-02-22", "2016-02-29"),
        (date(2000, 1, 3), "1999-12-27", "2000-01-03"),
    ],
)
def test_last_week_at_turns_of_the_calendar(as_of: date, first: str, last: str) -> None:
    assert asked("What happened last week?", as_of) == (first, last, "prefer")


@pytest.mark.parametrize("question", ["until November", "by November", "before the war ended in November"])
def test_a_month_that_is_not_over_ends_with_as_of(question: str) -> None:
    assert asked(f"Who held it {question}?") == (None, AS_OF.isoformat(), "prefer")


_WORDS = """
    Who held it what happened in on since after before until by from between and to of as May June 2016 2017 2018
    3 November 10 October 31 December Friday last next week yesterday month , . ? first war ended will 1990s the
    now not summer early Nov. 5th 2017-11-03 2020
"""
QUESTIONS = st.lists(st.sampled_from(_WORDS.split()), max_size=14).map(" ".join)


@given(QUESTIONS | st.text(max_size=60), st.dates(date(1400, 1, 1), date(2999, 12, 31)) | st.just(AS_OF))
@settings(max_examples=200, deadline=None)
def test_a_period_never_begins_after_as_of_nor_ends_before_it_begins(question: str, as_of: date) -> None:
    found = period(question, as_of)
    if found is None:
        return
    assert found.text
    assert found.text in question
    assert found.first is not None or found.last is not None
    assert found.last is None or found.last <= as_of
    if found.first and found.last:
        assert found.first <= found.last
