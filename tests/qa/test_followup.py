"""Follow-up questions stand alone once the one before them is put in."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.answer import Ask, Exchange
from qa.followup import in_full, leans
from qa.question import understand

AS_OF = date(2017, 11, 20)
HELD = Exchange(
    question="Who holds Albu Kamal?",
    names=("Albu Kamal",),
    answer="ISIS",
    first_published=date(2017, 11, 12),
    last_published=date(2017, 11, 13),
)
VISIT = Exchange(question="When did Putin visit Kyiv?", names=("Putin", "Kyiv"), answer="in May", first_published=AS_OF)
MAYOR = Exchange(question="who is the mayor of raqqa?", names=("raqqa",), answer="Leila Mustafa")
CASSINI = Exchange(
    question="How long was Cassini in orbit around Saturn?", names=("Cassini", "Saturn"), answer="13 years"
)
REGATTA = Exchange(question="Who won the autumn regatta?", answer=None)


@pytest.mark.parametrize(
    ("before", "asked", "full"),
    [
        (HELD, "and who held it before?", "Who held Albu Kamal before 12 November 2017?"),
        (HELD, "Who held it before that?", "Who held Albu Kamal before 12 November 2017?"),
        (HELD, "and after that?", "Who holds Albu Kamal after 13 November 2017?"),
        (HELD, "And before?", "Who holds Albu Kamal before 12 November 2017?"),
        (HELD, "when was that?", "Since when does ISIS hold Albu Kamal?"),
        (HELD, "Why?", "Why does ISIS hold Albu Kamal?"),
        (HELD, "who says so?", "Who said that ISIS holds Albu Kamal?"),
        (HELD, "When did they lose it?", "When did ISIS lose Albu Kamal?"),
        (HELD, "Who attacked the town?", "Who attacked Albu Kamal?"),
        (HELD, "How many people died there?", "How many people died in Albu Kamal?"),
        (HELD, "What did the Ministry of Defence say?", "What did the Ministry of Defence say about Albu Kamal?"),
        (HELD, "How many died?", "How many died, Albu Kamal?"),
        (HELD, "What about Raqqa?", "Who holds Raqqa?"),
        (HELD, "and al-Qaim?", "Who holds al-Qaim?"),
        (HELD, "and on 3 November?", "Who holds Albu Kamal on 3 November?"),
        (HELD, "and in October 2017", "Who holds Albu Kamal in October 2017?"),
        (VISIT, "Who said that?", "Who said so about Kyiv?"),
        (VISIT, "Why?", "Why did Putin visit Kyiv?"),
        (VISIT, "What did he say there?", "What did Putin say in Kyiv?"),
        (VISIT, "and Biden?", "When did Putin visit Biden?"),
        (MAYOR, "When was she born?", "When was Leila Mustafa born?"),
        (MAYOR, "What is her party?", "What is Leila Mustafa's party?"),
        (CASSINI, "When did it plunge?", "When did Cassini plunge?"),
        (REGATTA, "When was it held?", "When was the autumn regatta held?"),
    ],
)
def test_a_follow_up_is_put_in_full(before: Exchange, asked: str, full: str) -> None:
    assert in_full(asked, before, AS_OF) == full


@pytest.mark.parametrize(
    "asked",
    [
        "Who won the autumn regatta?",
        "Who is the mayor of Raqqa?",
        "What did Putin say about his army?",
        "Is it true that Raqqa fell?",
        "Albu Kamal",
        "Are there any survivors in Raqqa?",
        "What happened in Mosul in October 2017?",
        "what did the Pentagon say about Mosul?",
    ],
)
def test_a_question_of_its_own_stays_as_it_is(asked: str) -> None:
    assert in_full(asked, HELD, AS_OF) == asked


def test_a_day_takes_the_place_of_the_day_before() -> None:
    before = HELD.model_copy(update={"question": "Who held Albu Kamal in October 2017?"})
    assert in_full("and in November 2017?", before, AS_OF) == "Who held Albu Kamal in November 2017?"


def test_without_known_days_before_stays_loose() -> None:
    assert in_full("and who ran it before?", MAYOR, AS_OF) == "Who ran raqqa before?"


@pytest.mark.parametrize(
    ("question", "does"), [("and before?", True), ("When was that?", True), ("Who won in Rome?", False)]
)
def test_whether_a_question_leans_on_another(question: str, does: bool) -> None:
    assert leans(question, AS_OF) is does


def test_what_was_understood_is_what_is_searched() -> None:
    found = understand(Ask(question="and who held it before?", as_of=AS_OF, follows=HELD), ())
    assert found.text == "Who held Albu Kamal before 12 November 2017?"
    assert found.filters.before == date(2017, 11, 11)


@given(st.text(max_size=80), st.text(max_size=80), st.none() | st.text(max_size=80))
@settings(max_examples=200, deadline=None)
def test_whatever_is_said_gives_a_question(asked: str, question: str, answer: str | None) -> None:
    assert isinstance(in_full(asked, Exchange(question=question, answer=answer), AS_OF), str)
