"""The days that an answer such as "Monday" means stand beside it, wherever it is shown; its words stay its own."""

from datetime import date

import pytest
from fake_archive import FakeQA

from qa.answer import Ask, EventDate
from web import terminal
from web.api.markdown import markdown
from web.app import create_app
from web.chats import Chat, Turn
from web.present import days_meant
from web.settings import Settings
from web.store import now, utc
from web.transcript import markdown as transcript

PIER = "Who runs the ferry pier?"


def saying(answer, words, said="Monday"):
    """The answer with some other words of its quotation, which speaks of 20 November as `said`."""
    citation = answer.citations[0]
    at, event = (citation.start + citation.quote.index(part) for part in (words, said))
    day = date(2017, 11, 20)
    changed = citation.model_copy(
        update={
            "answer_start": at,
            "answer_end": at + len(words),
            "event_dates": (EventDate(text=said, start=event, end=event + len(said), first=day, last=day),),
        }
    )
    return answer.model_copy(update={"text": words, "citations": (changed,)})


class WhenQA(FakeQA):
    """Answers with the weekday that the sentence of its first answer names."""

    def ask(self, ask):
        found = super().ask(ask)
        best = saying(found.answer, "Monday")
        others = tuple(other.model_copy(update={"conflicting": True}) for other in found.alternatives)
        return found.model_copy(update={"answer": best, "alternatives": others})


@pytest.fixture
def response():
    return WhenQA().ask(Ask(question=PIER))


def test_a_page_shows_them_in_the_heading_and_apart_from_the_words():
    page = create_app(Settings(), WhenQA()).test_client().get("/?q=Who+runs+the+ferry+pier").text
    assert '<p class="words" dir="auto">Monday <span class="meant" dir="ltr">(20 November 2017)</span></p>' in page
    assert '<mark class="answer">Monday</mark>' in page


def test_the_command_line_shows_them(response, capsys):
    terminal.show_answer(response)
    assert "Monday (20 November 2017)\n" in capsys.readouterr().out


def test_the_message_for_chat_front_ends_and_the_transcript_show_them(response):
    app = create_app(Settings(), WhenQA())
    with app.test_request_context():
        assert "".join(markdown(response)).startswith("Monday (20 November 2017) [1]\n\n> A judge ruled on Monday that")
    moment = utc(now())
    turn = Turn(position=1, created_at=moment, asked=Ask(question=PIER), response=response)
    chat = Chat(id="a", title="t", created_at=moment, updated_at=moment, turns=1, exchanges=(turn,))
    assert "**Monday** (20 November 2017)\n" in transcript(chat)


@pytest.mark.parametrize(
    ("words", "said", "days"),
    [
        ("Monday", "Monday", "20 November 2017"),
        ("on Monday", "Monday", "20 November 2017"),
        ("Monday", "on Monday", "20 November 2017"),
        ("the town of Ellery", "Monday", ""),
    ],
)
def test_only_times_within_the_answer_count(words, said, days):
    best = FakeQA().ask(Ask(question=PIER)).answer
    assert days_meant(saying(best, words, said).citations[0]) == days


def test_a_time_with_its_year_and_an_answer_that_is_the_whole_quotation_need_none(response):
    citation = response.answer.citations[0]
    assert days_meant(citation.model_copy(update={"answer_start": citation.start, "answer_end": citation.end})) == ""
    dated = citation.event_dates[0].model_copy(update={"text": "20 November 2017"})
    assert days_meant(citation.model_copy(update={"event_dates": (dated,)})) == ""


def test_the_days_of_a_week_are_a_range(response):
    citation = response.answer.citations[0]
    week = citation.event_dates[0].model_copy(update={"text": "last week", "first": date(2017, 11, 13)})
    assert days_meant(citation.model_copy(update={"event_dates": (week,)})) == "13 November 2017 to 20 November 2017"


# --- other answers


@pytest.mark.parametrize(("conflicting", "heading"), [(True, "Reported otherwise in"), (False, "Other answers found")])
def test_other_answers_stand_under_what_they_are(response, capsys, conflicting, heading):
    other = response.alternatives[0].model_copy(update={"conflicting": conflicting})
    terminal.show_answer(response.model_copy(update={"alternatives": (other, other)}))
    shown = capsys.readouterr().out
    assert shown.count(heading) == 1
    assert shown.count("Reported otherwise") + shown.count("Other answers") == 1
    assert shown.count("\nNorvik Lines\n") == 2
