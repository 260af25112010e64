"""Every route answers every kind of error in its own envelope: problem details for programs, a page for people."""

import logging
import re

import pytest
from fake_archive import FakeQA

from index.errors import (
    ArchiveCorruptError,
    ArchiveLockedError,
    BackissueError,
    FilterError,
    ModelError,
    NotFoundError,
    QuestionError,
)
from web.app import create_app
from web.problems import OPENAI_PATHS, for_programs
from web.settings import Settings

ERRORS = {
    QuestionError("No question.", field="question"): 422,
    FilterError("No such filter.", field="after"): 422,
    NotFoundError("No such article."): 404,
    ArchiveCorruptError("Damaged."): 503,
    ArchiveLockedError("Held by another process."): 503,
    ModelError("Weights altered."): 503,
    BackissueError("secret: base"): 500,
    ZeroDivisionError("secret: division"): 500,
}


class BrokenQA(FakeQA):
    """Every method raises `error`, and counts how often; without one, works."""

    error = None
    raised = 0

    def __getattribute__(self, name):
        error = object.__getattribute__(self, "error")
        if error is not None and name in ("ask", "search", "steps", "article", "archive", "info"):
            BrokenQA.raised += 1
            raise error
        return object.__getattribute__(self, name)


QA = BrokenQA()
APP = create_app(Settings(), QA, examples=("Who?",))  # or they would be made while an error is set
# These look into the archive, whatever they are sent; others may be answered without.
LOOKING = {"/", "/ask", "/readyz", "/api/v1/ask", "/api/v1/search", "/api/v1/archive", "/v1/chat/completions"}
LOOKING |= {"/articles/<article_id>", "/api/v1/articles/<article_id>"}
ROUTES = [rule for rule in APP.url_map.iter_rules() if rule.endpoint != "static"]


def path_of(rule):
    return re.sub("<[^>]+>", "harbour-1", rule.rule.replace("<model_id>", "backissue"))


def call(path, method, client=None):
    asked = {"model": "backissue", "messages": [{"role": "user", "content": "Who?"}]}
    body = {"json": asked if path.startswith(OPENAI_PATHS) else {"question": "Who?"}}
    body = body if for_programs(path) else {"data": {"q": "Who?"}}
    query = "?q=Who" if path == "/" and method == "GET" else ""
    return (client or APP.test_client()).open(path + query, method=method, **(body if method == "POST" else {}))


def check_envelope(response, path, status):
    assert response.status_code == status
    assert "secret" not in response.text
    assert "Traceback" not in response.text
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    if path.startswith(OPENAI_PATHS):
        assert set(response.get_json()["error"]) == {"message", "type", "param", "code"}
    elif for_programs(path):
        assert response.content_type == "application/problem+json"
        problem = response.get_json()
        assert problem["status"] == status
        assert {"type", "title", "detail"} <= set(problem)
    else:
        assert response.content_type == "text/html; charset=utf-8"
        assert 'class="problem' in response.text


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("rule", ROUTES, ids=lambda rule: rule.rule)
def test_every_route_answers_every_error(rule, error, monkeypatch, caplog):
    monkeypatch.setattr(QA, "error", error)
    path, raised = path_of(rule), BrokenQA.raised
    method = next((method for method in ("POST", "GET") if method in rule.methods), "DELETE")
    with caplog.at_level(logging.ERROR):
        response = call(path, method)
    if BrokenQA.raised == raised:
        assert rule.rule not in LOOKING
        assert response.status_code < 500
    else:
        check_envelope(response, path, ERRORS[error])
        assert bool(caplog.records) == (ERRORS[error] >= 500)


@pytest.mark.parametrize("rule", ROUTES, ids=lambda rule: rule.rule)
def test_every_route_refuses_other_methods(rule):
    path = path_of(rule)
    response = call(path, "TRACE")
    check_envelope(response, path, 405)
    assert response.headers["Allow"]


@pytest.mark.parametrize(
    "path", ["/nowhere", "/api/v1/nowhere", "/api/v2/ask", "/v1/embeddings", "/api", "/articles/", "/static/none.js"]
)
def test_unknown_addresses(path):
    check_envelope(call(path, "GET"), path, 404)


def test_every_answer_carries_the_security_headers():
    for rule in ROUTES:
        method = next((method for method in ("POST", "GET") if method in rule.methods), "DELETE")
        response = call(path_of(rule), method)
        assert response.status_code < 500
        assert "script-src 'self'" in response.headers["Content-Security-Policy"]
        assert "unsafe" not in response.headers["Content-Security-Policy"]
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Referrer-Policy"] == "same-origin"
