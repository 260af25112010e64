"""An archive without articles says so and how to fill it; where nothing answers, why is said as far as it is known."""

import pytest
from fake_archive import FakeQA
from working import opened

from qa.answer import Ask
from web import terminal
from web.api.markdown import markdown
from web.app import create_app
from web.chats import Chats
from web.settings import Settings
from web.yes_no import wants_yes_or_no

EMPTY = "The archive is empty: it holds no articles yet."
IN_WORDS = "Backissue answers in the articles’ own words"


@pytest.fixture
def app(tmp_path):
    with opened(tmp_path, []) as app:
        yield app


def page(app, path):
    response = app.test_client().get(path)
    assert response.status_code == 200
    return " ".join(response.text.replace("&#39;", "'").split())


@pytest.mark.parametrize("path", ["/", "/archive", "/?q=Who+won", "/?q=Who+won&before=1999-01-01"])
def test_every_page_says_that_it_is_empty_and_leads_to_adding(app, path):
    shown = page(app, path)
    assert '<p class="holdings">No articles yet</p>' in shown
    assert EMPTY in shown
    assert '<a href="/add">Add some articles</a>, then ask about them.' in shown
    assert "No article matches" not in shown
    assert "Nothing in the archive answers" not in shown
    assert "Is it right that nothing answers?" not in shown
    assert "no known date" not in shown


@pytest.mark.parametrize("path", ["/", "/archive", "/?q=Who+won"])
def test_who_may_not_add_reads_who_can(tmp_path, path):
    with opened(tmp_path, [], allow_add=False) as app:
        shown = page(app, path)
    assert EMPTY in shown
    assert "adds articles with <code>backissue add</code>, while the server is stopped." in shown
    assert "/add" not in shown


def test_an_answer_that_comes_by_script_says_so_too(app):
    sent = app.test_client().post("/ask", data={"q": "Who won?"}, headers={"Accept": "text/event-stream"})
    assert EMPTY in sent.text
    assert 'href="/add"' in sent.text


def test_the_command_line_and_chat_front_ends_say_so(app, capsys):
    with app.test_request_context():
        response = app.extensions["backissue.worker"].qa.ask(Ask(question="Who won?"))
        assert "".join(markdown(response)) == EMPTY
        early = response.model_copy(update={"as_of": "1999-01-01"})
        assert "No article matches" in "".join(markdown(type(response).model_validate(dict(early))))
    terminal.show_answer(response)
    assert f"{EMPTY} Add some with `backissue add`." in " ".join(capsys.readouterr().out.split())


def test_a_question_kept_from_when_it_was_empty_says_that_it_was(store):
    qa = FakeQA()
    chats = Chats(store)
    chat = chats.create()
    asked = Ask(question="Who won?")
    found = qa.ask(asked)
    nothing = found.coverage.model_copy(update={"articles": 0, "first_published": None, "last_published": None})
    chats.add(chat.id, asked, found.model_copy(update={"coverage": nothing, "passages": ()}))
    shown = page(create_app(Settings(), qa, store=store), f"/chats/{chat.id}")
    assert "The archive held no articles when this was asked." in shown
    assert "/add" not in shown.split("<main")[1]


# --- yes and no


def test_why_nothing_answers_a_yes_or_no_question_is_said_beside_the_nearest_passages():
    app = create_app(Settings(), FakeQA())
    shown = page(app, "/?q=Did+Norvik+win%3F")
    assert IN_WORDS in shown
    assert "Nearest passages" in shown
    assert IN_WORDS not in page(app, "/?q=Who+won%3F")
    assert IN_WORDS not in page(app, "/?q=Is+the+ferry+pier+run+by+Norvik")  # that is answered


@pytest.mark.parametrize(("question", "said"), [("Did Norvik win?", True), ("Who won?", False)])
def test_the_command_line_and_chat_front_ends_say_why_too(capsys, question, said):
    response = FakeQA().ask(Ask(question=question))
    terminal.show_answer(response)
    assert (IN_WORDS in capsys.readouterr().out) == said
    assert (IN_WORDS in "".join(markdown(response))) == said


@pytest.mark.parametrize(
    "question",
    [
        "Did Trump win?",
        "Is Mugabe still president?",
        "and is he still president?",
        "Harvey or Maria?",
        "Isn't it over?",
        "won’t they vote",
        "Has the truce held?",
        "“Was it an accident?”",
        "May they return?",
    ],
)
def test_questions_for_a_yes_a_no_or_a_choice(question):
    assert wants_yes_or_no(question)


@pytest.mark.parametrize(
    "question",
    [
        "Who won?",
        "What did Trump win?",
        "When was Mugabe president, and is he still?",
        "Island of the storm",
        "May 2017 elections in France",
        "Which was stronger, Harvey or Maria?",
        "Oregon fires",
        "president of Zimbabwe",
        "",
    ],
)
def test_other_questions(question):
    assert not wants_yes_or_no(question)
