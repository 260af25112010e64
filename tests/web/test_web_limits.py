"""How much one caller may ask and send, what is told of each request, and what caches may keep."""

import logging
import re
import threading
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace

import pytest
from fake_archive import FakeQA
from flask import current_app, request

from index.errors import SettingsError
from web import limits
from web.app import create_app
from web.limits import Turns, server_threads
from web.settings import Settings
from web.store import Store
from web.tokens import Tokens

QUESTION = {"question": "Who runs the ferry pier?"}
ASK = "/api/v1/ask"
EVENTS = {"Accept": "text/event-stream"}


def client_of(qa=None, **settings):
    return create_app(Settings(**settings), qa or FakeQA()).test_client()


def statuses(client, times, **options):
    return [client.post(ASK, json=QUESTION, **options).status_code for _ in range(times)]


# --- questions a caller


def test_beyond_the_rate_a_question_is_refused_and_told_when_to_come_again():
    client = client_of(rate_limit="2 per minute")
    assert statuses(client, 2) == [200, 200]
    for path, refused in ((ASK, client.post(ASK, json=QUESTION)), ("/", client.get("/?q=Who"))):
        assert refused.status_code == 429, path
        assert re.fullmatch("[1-9][0-9]?", refused.headers["Retry-After"])
        assert f"Ask again in {refused.headers['Retry-After']} seconds" in refused.text
    assert client.post(ASK, json=QUESTION).get_json()["status"] == 429
    assert client.post(ASK, json=QUESTION, headers={"X-Forwarded-For": "10.1.1.1"}).status_code == 429
    assert client.post(ASK, json=QUESTION, environ_base={"REMOTE_ADDR": "127.0.0.2"}).status_code == 200


def test_only_questions_count():
    client = client_of(rate_limit="1 per hour")
    for path in ("/", "/healthz", "/static/style.css", "/api/v1/articles/harbour-1", "/articles/harbour-1") * 3:
        assert client.get(path).status_code == 200, path
    assert statuses(client, 2) == [200, 429]


def test_tokens_are_counted_apart():
    store = Store.passing()
    tokens = Tokens(store)
    client = create_app(Settings(host="0.0.0.0", rate_limit="1 per hour"), FakeQA(), store=store).test_client()
    for name in ("Reading room", "Desk"):
        headers = {"Authorization": f"Bearer {tokens.create(name, 'read')[1]}"}
        assert statuses(client, 2, headers=headers) == [200, 429]
    assert statuses(client, 2) == [401, 401]
    store.close()


def test_the_first_limit_that_is_reached_counts():
    assert statuses(client_of(rate_limit="100 per minute; 3 per hour"), 4) == [200, 200, 200, 429]


def test_no_limit_and_ordinary_use():
    assert set(statuses(client_of(rate_limit=""), 150)) == {200}
    client = client_of()
    assert {client.get(f"/?q=Who+{number}").status_code for number in range(60)} == {200}


@pytest.mark.parametrize("rate", ["some-thing", "120", "0 per minute", "-1 per minute", "10 per fortnight", "5/s,,"])
def test_a_rate_that_is_none_stops_the_start(rate):
    with pytest.raises(SettingsError, match="rate_limit must be like") as caught:
        client_of(rate_limit=rate)
    assert caught.value.field == "rate_limit"


class NotingQA(FakeQA):
    """Notes each view that puts a question, and whether it is marked."""

    def __init__(self):
        super().__init__()
        self.views = {}

    def search(self, ask):  # which all ways of asking go through
        view = current_app.view_functions[request.endpoint]
        self.views[request.endpoint] = getattr(view, "asks", False)
        return super().search(ask)


def test_every_view_that_puts_a_question_is_marked():
    qa = NotingQA()
    client = client_of(qa, rate_limit="")
    chat = {"model": "backissue", "messages": [{"role": "user", "content": "Who?"}]}
    for rule in client.application.url_map.iter_rules():
        path = re.sub(r"<[^>]+>", "harbour-1", rule.rule)
        if "POST" in rule.methods:
            client.post(path, json=chat if path.startswith("/v1/") else QUESTION)
            client.post(path, data={"q": "Who?"})
        elif "GET" in rule.methods:
            client.get(path + "?q=Who")
    assert {"api_ask.ask", "api_ask.search", "chat.home"} <= set(qa.views)
    assert [view for view, marked in qa.views.items() if not marked] == []


# --- questions at a time


class SlowQA(FakeQA):
    """Answers no question before it is let go."""

    def __init__(self):
        super().__init__()
        self.begun = threading.Semaphore(0)
        self.go = threading.Event()

    def search(self, ask):
        self.begun.release()
        assert self.go.wait(30)
        return super().search(ask)


def test_beyond_a_bounded_line_questions_are_refused(monkeypatch):
    monkeypatch.setattr(limits, "WAITING", 2)
    qa = SlowQA()
    app = create_app(Settings(max_concurrent=1), qa)

    def ask(_):
        return app.test_client().post(ASK, json=QUESTION)

    with ThreadPoolExecutor(5) as callers:
        first = callers.submit(ask, 0)
        assert qa.begun.acquire(timeout=30)
        others = [callers.submit(ask, number) for number in range(4)]
        done = as_completed(others, timeout=30)
        assert [next(done).result().status_code, next(done).result().status_code] == [429, 429]  # the others wait
        assert not qa.begun.acquire(blocking=False)
        assert app.test_client().get("/healthz").status_code == 200
        qa.go.set()
        answers = [future.result() for future in (first, *others)]
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 429, 429]
    assert {answer.headers["Retry-After"] for answer in answers if answer.status_code == 429} == {"1"}
    assert ask(0).status_code == 200


def test_whoever_waits_too_long_is_refused():
    turns = Turns(1, 1, 0.01)
    assert turns.take()
    assert not turns.take()
    turns.give_back()
    assert turns.take()


class FailingQA(FakeQA):
    """Fails as soon as it is asked."""

    def search(self, ask):
        raise ZeroDivisionError


@pytest.mark.parametrize(
    ("qa", "options"),
    [(FakeQA, {}), (FailingQA, {}), (FakeQA, {"headers": EVENTS}), (FailingQA, {"headers": EVENTS})],
)
def test_a_turn_is_given_back_whatever_becomes_of_the_question(monkeypatch, qa, options):
    monkeypatch.setattr(limits, "WAITING", 0)
    monkeypatch.setattr(limits, "PATIENCE_SECONDS", 0.0)
    client = client_of(qa(), max_concurrent=1)
    for body in (QUESTION, {}, QUESTION):
        response = client.post(ASK, json=body, **options)
        assert response.status_code in (200, 422, 500)
        response.close()


def test_a_turn_lasts_as_long_as_its_answer_is_sent(monkeypatch):
    monkeypatch.setattr(limits, "WAITING", 0)
    client = client_of(max_concurrent=1)
    sending = client.post(ASK, json=QUESTION, headers=EVENTS)
    assert b"event: passages" in next(iter(sending.response))
    assert statuses(client, 1) == [429]
    sending.close()  # the caller has gone
    assert statuses(client, 1) == [200]


def test_a_server_has_threads_beyond_those_that_questions_can_hold():
    assert server_threads(Settings(max_concurrent=3)) > 3 + limits.WAITING
    assert server_threads(Settings(threads=2)) < server_threads(Settings(threads=2, max_concurrent=5))


# --- bodies


@pytest.fixture
def taker():
    """An application with a view that takes a MiB."""
    app = create_app(Settings(), FakeQA())

    @app.post("/api/v1/take")
    def take():
        request.max_content_length = 2**20
        return {"form": len(request.form), "bytes": len(request.get_data())}

    return app.test_client()


def test_a_body_has_a_limit_which_a_view_may_raise(taker):
    plain = {"content_type": "application/json"}
    for path, number, words in (
        (ASK, 2**16 + 1, "The body is larger than 64 KiB."),
        (ASK, 2**20, "The body is larger than 64 KiB."),
        ("/api/v1/take", 2**20 + 1, "The body is larger than 1 MiB."),
    ):
        refused = taker.post(path, data=b"x" * number, **plain)
        assert (refused.status_code, refused.get_json()["detail"]) == (413, words)
    assert taker.post("/api/v1/take", data=b"x" * 2**20, **plain).get_json()["bytes"] == 2**20
    assert taker.post(ASK, data=b"x" * 2**16, **plain).status_code == 400


def test_a_field_of_a_form_has_its_own(taker):
    refused = taker.post("/api/v1/take", data={"text": "x" * 600_000}, content_type="multipart/form-data")
    assert (refused.status_code, refused.get_json()["detail"]) == (413, "A field of the form is larger than 488.3 KiB.")


# --- request ids


@pytest.mark.parametrize("given", ["a", "01HZX-7.b_C", "x" * 64])
def test_a_harmless_request_id_is_kept(client, given):
    response = client.get("/api/v1/articles/none", headers={"X-Request-ID": given})
    assert response.headers["X-Request-ID"] == response.get_json()["request_id"] == given


@pytest.mark.parametrize("given", ["", "x" * 65, "a b", "a;b", "<b>", "ü", "a\tb"])
def test_any_other_is_replaced(client, given):
    made = client.get("/readyz", headers={"X-Request-ID": given}).headers["X-Request-ID"]
    assert re.fullmatch("[0-9a-f]{16}", made)
    assert made != client.get("/readyz").headers["X-Request-ID"]


@pytest.mark.parametrize("path", ["/", "/healthz", "/static/style.css", "/static/none", "/nowhere", "/api/v1/archive"])
def test_every_answer_has_one(client, path):
    assert client.get(path).headers["X-Request-ID"]
    assert client.delete(path).headers["X-Request-ID"]


def test_a_failure_is_found_in_the_log_by_it(caplog):
    client = client_of(FailingQA())
    with caplog.at_level(logging.ERROR):
        response = client.post(ASK, json=QUESTION, headers={"X-Request-ID": "find.me"})
        page = client.get("/?q=Who", headers={"X-Request-ID": "find.me.too"})
    assert response.get_json()["request_id"] == "find.me"
    assert "find.me.too" in page.text
    assert ["find.me" in caplog.messages[0], "find.me.too" in caplog.messages[1]] == [True, True]


# --- caches

ARTICLE = "/api/v1/articles/harbour-1"


@pytest.mark.parametrize("path", [ARTICLE, "/static/style.css"])
def test_what_has_not_changed_is_not_sent_again(client, path):
    first = client.get(path)
    tag = first.headers["ETag"]
    assert client.head(path).headers["ETag"] == tag
    for given in (tag, f'"other", {tag}', f"W/{tag}"):
        again = client.get(path, headers={"If-None-Match": given})
        assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag)
        assert again.headers["X-Request-ID"]
    assert client.get(path, headers={"If-None-Match": '"other"'}).data == first.data


def test_a_newer_version_changes_the_tag(client, qa):
    tag = client.get(ARTICLE).headers["ETag"]
    qa.articles["harbour-1"] = replace(qa.articles["harbour-1"], superseded_by="harbour-9")
    changed = client.get(ARTICLE, headers={"If-None-Match": tag})
    assert changed.status_code == 200
    assert changed.headers["ETag"] != tag
    assert client.get("/api/v1/articles/none", headers={"If-None-Match": "*"}).status_code == 404


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("/", "private, no-cache"),
        ("/?q=Who", "private, no-cache"),
        ("/articles/harbour-1", "private, no-cache"),
        (ARTICLE, "private, no-cache"),
        ("/static/style.css", "no-cache"),
        ("/static/none", "no-store"),
        ("/session", "no-store"),
        ("/healthz", "no-store"),
        ("/readyz", "no-store"),
        ("/api/v1/articles/none", "no-store"),
        ("/?q=", "no-store"),
    ],
)
def test_what_caches_may_keep(client, path, kept):
    assert client.get(path).headers["Cache-Control"] == kept
