"""What is asked: cleaned, checked, refused with a reason."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.article import day_number
from index.errors import FilterError, QuestionError
from qa.answer import Ask, Filters
from qa.question import MAX_QUESTION_CHARS, Understood, asks_of_the_past, understand

SOURCES = ("Harbour Post", "Demo Courier")


@pytest.mark.parametrize(
    "text", ["", "   ", "\n\t", "?!…", "🐟🚢", "\x00\x1b", "\u200b\u200d", "\u202e", "—", "\ud800"]
)
def test_a_question_without_words_is_refused(text: str) -> None:
    with pytest.raises(QuestionError, match="Ask something") as raised:
        understand(Ask(question=text), SOURCES)
    assert raised.value.field == "question"


def test_the_longest_question_is_taken_and_one_character_more_is_refused() -> None:
    longest = "a" * MAX_QUESTION_CHARS
    assert understand(Ask(question=longest), SOURCES).text == longest
    with pytest.raises(QuestionError, match=r"2,001 characters") as raised:
        understand(Ask(question=longest + "a"), SOURCES)
    assert raised.value.field == "question"


def test_a_question_of_ten_thousand_characters_is_refused_not_cut() -> None:
    with pytest.raises(QuestionError, match="10,000"):
        understand(Ask(question="w" * 10_000), SOURCES)


@pytest.mark.parametrize(
    ("asked", "understood"),
    [
        ("  who\n\nruns\tit? ", "who runs it?"),
        ("who\x00runs\x1b[31mit?", "who runs [31mit?"),
        ("wh\u200bo \u202eruns it", "wh o runs it"),
        ("cafe\u0301?", "café?"),
        ("🐟 fish?", "🐟 fish?"),
        ("谁赢了?", "谁赢了?"),
    ],
)
def test_what_cannot_be_seen_does_not_count(asked: str, understood: str) -> None:
    assert understand(Ask(question=asked), SOURCES).text == understood


@given(st.text(max_size=80))
def test_any_text_is_either_understood_or_refused(text: str) -> None:
    try:
        understood = understand(Ask(question=text), SOURCES)
    except QuestionError:
        assert not any(character.isascii() and character.isalnum() for character in text)
    else:
        assert understood.text == " ".join(understood.text.split())
        assert all(character.isprintable() for character in understood.text if character.isascii())
        assert understand(Ask(question=understood.text), SOURCES) == understood


def test_as_of_is_today_unless_given() -> None:
    before = datetime.now(UTC).date()
    understood = understand(Ask(question="who?"), SOURCES)
    assert before <= understood.as_of <= datetime.now(UTC).date()
    assert understand(Ask(question="who?", as_of=date(2017, 11, 9)), SOURCES).as_of == date(2017, 11, 9)


@pytest.mark.parametrize("field", ["as_of", "after", "before"])
@pytest.mark.parametrize("day", [date.min, date.max, date(1399, 12, 31), date(3000, 1, 1)])
def test_a_year_out_of_reach_is_refused_by_field(field: str, day: date) -> None:
    with pytest.raises(FilterError, match=f"{field}.*{day.year}") as raised:
        understand(Ask.model_validate({"question": "who?", field: day}), SOURCES)
    assert raised.value.field == field


def test_dates_that_contradict_one_another_are_refused() -> None:
    early, late = date(2017, 11, 3), date(2017, 11, 9)
    with pytest.raises(FilterError, match=r"2017-11-09.*2017-11-03") as raised:
        understand(Ask(question="who?", after=late, before=early), SOURCES)
    assert raised.value.field == "after"
    with pytest.raises(FilterError, match="as_of") as raised:
        understand(Ask(question="who?", after=late, as_of=early), SOURCES)
    assert raised.value.field == "after"


def test_one_day_is_a_range() -> None:
    day = date(2017, 11, 3)
    understood = understand(Ask(question="who?", after=day, before=day, as_of=day), SOURCES)
    assert (understood.filters.after, understood.filters.before) == (day, day)


def test_an_unknown_source_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(FilterError, match=r"'Harbor Post'.*Did you mean 'Harbour Post'") as raised:
        understand(Ask(question="who?", sources=("Harbor Post",)), SOURCES)
    assert raised.value.field == "sources"
    assert "Demo Courier" not in str(raised.value)


def test_an_unknown_source_that_resembles_none_is_refused_without_a_guess() -> None:
    with pytest.raises(FilterError, match=r"no source 'zzz'\. .*info") as raised:
        understand(Ask(question="who?", sources=("zzz",)), SOURCES)
    assert "Did you mean" not in str(raised.value)


def test_any_source_is_unknown_to_an_empty_archive() -> None:
    with pytest.raises(FilterError, match="no source"):
        understand(Ask(question="who?", sources=("Harbour Post",)), ())


def test_sources_are_a_set_and_reach_the_selection_with_the_days() -> None:
    ask = Ask(
        question="who?",
        as_of=date(2017, 11, 20),
        after=date(2017, 11, 1),
        before=date(2017, 11, 9),
        sources=("Harbour Post", "Demo Courier", "Harbour Post"),
    )
    selection = understand(ask, SOURCES).selection
    assert selection.sources == ("Demo Courier", "Harbour Post")
    assert (selection.as_of, selection.after, selection.before) == (20171120, 20171101, 20171109)
    assert selection.as_of == day_number(date(2017, 11, 20))


# --- time: what the question's own words say

AS_OF = date(2017, 11, 20)


def understood(question: str, **fields: object) -> Understood:
    return understand(Ask.model_validate({"question": question, "as_of": AS_OF, **fields}), SOURCES)


def test_the_questions_dates_are_filters_of_its_own() -> None:
    found = understood("Who ran the pier on 3 November 2017?", sources=("Harbour Post",))
    assert found.period is not None
    assert found.period.use == "filter"
    assert found.asked == Filters(sources=("Harbour Post",))
    assert found.filters == Filters(after=found.period.first, before=found.period.last, sources=("Harbour Post",))
    assert found.filters.after == date(2017, 11, 3)
    assert found.selection.after == 20171103
    assert not found.relaxed


def test_relaxing_leaves_the_callers_filters_and_the_days_asked_about() -> None:
    found = understood("Who ran the pier on 3 November 2017?", sources=("Harbour Post",))
    relaxed = found.relax()
    assert (relaxed.filters, relaxed.relaxed) == (found.asked, True)
    assert (relaxed.selection.after, relaxed.selection.before) == (None, None)
    assert (relaxed.near, relaxed.period, relaxed.text) == (found.near, found.period, found.text)


def test_a_long_time_that_goes_on_is_asked_of_the_newest_reports() -> None:
    found = understood("How much have prices risen over the past year?")
    assert found.period is not None
    assert found.near == (found.as_of, found.as_of)
    assert not found.of_the_past


def test_a_vague_time_does_not_filter() -> None:
    found = understood("Who ran the pier last week?")
    assert found.period is not None
    assert found.period.use == "prefer"
    assert found.filters == found.asked == Filters()
    assert found.near == (found.period.first, found.period.last)


@pytest.mark.parametrize("field", ["after", "before"])
def test_a_callers_own_date_makes_the_questions_a_preference(field: str) -> None:
    day = date(2017, 11, 2)
    found = understood("Who ran the pier on 3 November 2017?", **{field: day})
    assert found.period is not None
    assert found.period.use == "prefer"
    assert found.filters == found.asked == Filters.model_validate({field: day})


def test_the_time_of_a_question_can_be_left_out_of_account() -> None:
    found = understood("Who runs the pier on 3 November 2017?", ignore_period=True)
    assert found.period is None
    assert found.filters == found.asked == Filters()
    assert found.near == (AS_OF, AS_OF)


@pytest.mark.parametrize(
    ("question", "fields", "near"),
    [
        ("Who runs the pier?", {}, (AS_OF, AS_OF)),
        ("Who runs the pier?", {"before": date(2017, 11, 9)}, (date(2017, 11, 9), date(2017, 11, 9))),
        ("Who runs the pier?", {"before": date(2017, 12, 9)}, (AS_OF, AS_OF)),
        ("Who runs the pier?", {"after": date(2017, 11, 9)}, (AS_OF, AS_OF)),
        ("Who ran the pier before 3 November 2017?", {}, (date(2017, 11, 2), date(2017, 11, 2))),
        ("Who has run the pier since 2015?", {}, (AS_OF, AS_OF)),
    ],
)
def test_the_days_asked_about_are_the_last_unless_the_question_has_its_own(
    question: str, fields: dict[str, date], near: tuple[date, date]
) -> None:
    assert understood(question, **fields).near == near


@pytest.mark.parametrize(
    ("question", "of_the_past", "of_a_state"),
    [
        ("Who holds Albu Kamal?", False, True),
        ("Who is in control of Albu Kamal?", False, True),
        ("Who is the prime minister of Iraq?", False, True),
        ("who’s the mayor?", False, True),
        ("Which party rules Iraq now?", False, True),
        ("Who held Albu Kamal?", True, False),
        ("Who holds Albu Kamal on 3 November 2017?", True, False),
        ("Who held Albu Kamal last week?", True, False),
        ("Who has held Albu Kamal since 2015?", True, False),
        ("How many people fled?", True, False),
        ("Why is the pier closed?", True, False),
        ("How does the ferry sail?", False, False),
    ],
)
def test_questions_of_the_past_and_of_how_things_stand(question: str, of_the_past: bool, of_a_state: bool) -> None:
    found = understood(question)
    assert (found.of_the_past, found.of_a_state) == (of_the_past, of_a_state)


@pytest.mark.parametrize(
    "question", ["Who won the cup?", "Who was king?", "Which town did they take?", "Who resigned?"]
)
def test_the_past_is_told_by_its_verb(question: str) -> None:
    assert asks_of_the_past(question)


@pytest.mark.parametrize("question", ["Who holds Albu Kamal?", "Who is king?", "Which towns are free?", "Who leads?"])
def test_the_present_is_not_taken_for_the_past(question: str) -> None:
    assert not asks_of_the_past(question)


def test_times_without_a_year_count_from_the_archives_last_day_where_no_day_is_asked_of() -> None:
    newest = date(2017, 11, 30)
    found = understand(Ask(question="Who held it in October?"), (), (), newest)
    assert found.period is not None
    assert found.period.first == date(2017, 10, 1)
    found = understand(Ask(question="Who held it in October?", as_of=date(2020, 1, 1)), (), (), newest)
    assert found.period is not None
    assert found.period.first == date(2019, 10, 1)
