"""Every route answers every kind of error in its own envelope: problem details for programs, a page for people."""

import logging

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
    """Every method raises `error`; without one, works."""

    error = None

    def __getattribute__(self, name):
        error = object.__getattribute__(self, "error")
        if error is not None and name in ("ask", "search", "article", "info"):
            raise error
        return object.__getattribute__(self, name)


QA = BrokenQA()
APP = create_app(Settings(), QA)
# What is answered without a look into the archive.
SILENT = ("/healthz", "/api/openapi.json", "/v1/models", "/session")
ROUTES = [rule for rule in APP.url_map.iter_rules() if rule.endpoint != "static"]


def path_of(rule):
    return rule.rule.replace("<article_id>", "harbour-1").replace("<model_id>", "backissue")


def call(path, method, client=None):
    asked = {"model": "backissue", "messages": [{"role": "user", "content": "Who?"}]}
    body = {"json": asked if path.startswith(OPENAI_PATHS) else {"question": "Who?"}} if method == "POST" else {}
    query = "?q=Who" if path in ("/", "/answer") and method == "GET" else ""
    return (client or APP.test_client()).open(path + query, method=method, **body)


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
@pytest.mark.parametrize("rule", [rule for rule in ROUTES if not rule.rule.startswith(SILENT)], ids=lambda rule: rule.rule)
def test_every_route_answers_every_error(rule, error, monkeypatch, caplog):
    monkeypatch.setattr(QA, "error", error)
    path = path_of(rule)
    method = "POST" if "POST" in rule.methods else "GET"
    with caplog.at_level(logging.ERROR):
        check_envelope(call(path, method), path, ERRORS[error])
    assert bool(caplog.records) == (ERRORS[error] >= 500)


@pytest.mark.parametrize("rule", ROUTES, ids=lambda rule: rule.rule)
def test_every_route_refuses_other_methods(rule):
    path = path_of(rule)
    response = call(path, "PATCH")
    check_envelope(response, path, 405)
    assert response.headers["Allow"]


@pytest.mark.parametrize(
    "path", ["/nowhere", "/api/v1/nowhere", "/api/v2/ask", "/v1/embeddings", "/api", "/articles/", "/static/none.js"]
)
def test_unknown_addresses(path):
    check_envelope(call(path, "GET"), path, 404)


def test_every_answer_carries_the_security_headers():
    for rule in ROUTES:
        response = call(path_of(rule), "POST" if "POST" in rule.methods else "GET")
        assert response.status_code < 500
        assert "script-src 'self'" in response.headers["Content-Security-Policy"]
        assert "unsafe" not in response.headers["Content-Security-Policy"]
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Referrer-Policy"] == "same-origin"
