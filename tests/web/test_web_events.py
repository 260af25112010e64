"""Server-sent events: their framing, errors in the first step and in a later one, and callers who hang up."""

import http.client
import json
from urllib.parse import urlsplit

import pytest
from fake_archive import FakeQA
from gated import GatedQA, LeftQA
from hypothesis import given
from hypothesis import strategies as st

from index.errors import ArchiveCorruptError, FilterError
from qa.answer import AskResponse, SearchResponse
from web.app import create_app
from web.chats import Chats
from web.events import event, stream
from web.settings import Settings
from web.store import Store

PIER = "Who runs the ferry pier?"
STREAM = {"Accept": "text/event-stream"}
FORM = "application/x-www-form-urlencoded"


def read(body):
    """The events of a stream as the HTML Living Standard (9.2) has them read: [(name, data)]."""
    found, name, data = [], "message", []
    for line in body.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if line == "" and data:
            found.append((name, "\n".join(data)))
        if line == "":
            name, data = "message", []
        elif field == "event":
            name = value
        elif field == "data":
            data.append(value)
    return found


class FailingQA(FakeQA):
    """Raises `error` before it gives step number `at`."""

    def __init__(self, error, at):
        super().__init__()
        self.error, self.at = error, at

    def steps(self, ask):
        for number, step in enumerate(super().steps(ask)):
            if number == self.at:
                raise self.error
            yield step


def ask(client, path="/api/v1/ask", **fields):
    given = {"json": {"question": PIER, **fields}} if path.startswith("/api") else {"data": {"q": PIER, **fields}}
    return client.post(path, headers=STREAM, **given)


def connect(serve, qa, store=None):
    address = serve(create_app(Settings(), qa, store=store, examples=["Who?"]))
    return http.client.HTTPConnection(urlsplit(address).netloc, timeout=20)


def failing(error, at):
    return create_app(Settings(), FailingQA(error, at), examples=["Who?"]).test_client()


@pytest.mark.parametrize(
    "data", ["one", "", "two\nlines", "a\r\nb\rc\n", "\u2028 and \x85 end no line", "data: x\n\nid: 7"]
)
def test_data_of_any_lines_is_one_event(data):
    assert read(event("answer", data)) == [("answer", data.replace("\r\n", "\n").replace("\r", "\n"))]


@given(st.lists(st.text(max_size=40), max_size=4))
def test_events_never_run_together(texts):
    sent = "".join(event("x", text) for text in texts)
    assert [data for _, data in read(sent)] == [text.replace("\r\n", "\n").replace("\r", "\n") for text in texts]


def test_the_api_answers_in_steps_by_the_contract(client):
    response = ask(client, as_of="2017-11-30")
    assert response.content_type == "text/event-stream; charset=utf-8"
    assert response.headers["Cache-Control"] == "no-store"
    (first, found), (second, early), (third, whole) = read(response.text)
    assert (first, second, third) == ("passages", "answer", "done")
    passages = SearchResponse.model_validate_json(found).passages
    assert [passage.article_id for passage in passages] == ["harbour-2", "harbour-1", "hostile"]
    assert AskResponse.model_validate_json(early).timeline == ()
    plain = client.post("/api/v1/ask", json={"question": PIER, "as_of": "2017-11-30"}).get_json()
    assert json.loads(whole) == plain
    assert len(plain["timeline"]) == 2


def test_the_page_gets_pieces_of_itself(client):
    found = dict(read(ask(client, "/ask").text))
    assert list(found) == ["passages", "answer", "later", "done"]
    assert "3 passages found" in found["passages"]
    assert "the town of Ellery" in found["answer"]
    assert "over-time" in found["later"]
    assert "over-time" not in found["answer"]
    done = json.loads(found["done"])
    assert done["address"] == f"/chats/{done['chat']}#turn-1"
    page = client.get(done["address"]).text
    squeezed = "".join(found["later"].split())
    assert squeezed in "".join(page.split())


def test_that_nothing_answers_comes_in_the_same_steps(client):
    assert [name for name, _ in read(ask(client, "/ask", q="Who won?").text)] == ["passages", "answer", "later", "done"]


@pytest.mark.parametrize("path", ["/api/v1/ask", "/ask"])
def test_an_error_before_the_first_step_has_its_status(path):
    response = ask(failing(FilterError("No such source.", field="source"), at=0), path)
    assert response.status_code == 422
    assert "No such source." in response.text
    assert "event:" not in response.text


@pytest.mark.parametrize(
    ("error", "words", "logged"),
    [
        (FilterError("No such source.", field="source"), "No such source.", False),
        (ArchiveCorruptError("The archive is damaged."), "The archive is damaged.", True),
        (ZeroDivisionError("secret"), "Something went wrong here", True),
    ],
    ids=["input", "archive", "unforeseen"],
)
@pytest.mark.parametrize("path", ["/api/v1/ask", "/ask"])
@pytest.mark.parametrize("at", [1, 2])
def test_an_error_in_a_later_step_is_the_last_event(path, at, error, words, logged, caplog):
    response = ask(failing(error, at), path)
    assert response.status_code == 200
    name, data = read(response.text)[-1]
    assert name == "problem"
    assert words in data
    assert "secret" not in response.text
    assert bool([record for record in caplog.records if record.name == "web.events"]) == logged
    if path.startswith("/api"):
        assert json.loads(data)["status"] >= 400
    else:
        assert 'class="problem"' in data


def test_an_unfinished_answer_is_not_kept():
    client = failing(ZeroDivisionError("x"), 2)
    ask(client, "/ask")
    assert client.get("/api/v1/chats").get_json()["total"] == 0


def test_each_step_leaves_at_once(serve):
    qa = GatedQA()
    qa.gate.clear()
    connection = connect(serve, qa)
    body = json.dumps({"question": PIER})
    connection.request("POST", "/api/v1/ask", body, {"Content-Type": "application/json"} | STREAM)
    response = connection.getresponse()
    assert response.readline() == b"event: passages\n"
    assert not qa.gate.is_set()
    qa.gate.set()
    assert read("event: passages\n" + response.read().decode())[-1][0] == "done"


def test_who_hangs_up_is_not_answered_and_nothing_is_kept(serve):
    qa, store = LeftQA(), Store.passing()
    connection = connect(serve, qa, store)
    connection.request("POST", "/ask", "q=Who+runs+the+ferry+pier%3F", {"Content-Type": FORM} | STREAM)
    response = connection.getresponse()
    assert response.readline() == b"event: passages\n"
    response.close()
    connection.close()
    assert qa.closed.wait(20)
    assert "done" not in qa.given
    assert Chats(store).page(1) == ([], 0)


def test_closing_a_stream_closes_its_events(app):
    closed = []

    def steps():
        try:
            yield event("passages", "1")
            yield event("answer", "2")
        finally:
            closed.append(True)

    with app.test_request_context():
        response = stream(steps(), str)
        parts = iter(response.response)
        next(parts)
        response.close()
    assert closed == [True]
