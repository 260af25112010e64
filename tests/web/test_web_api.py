import json

import pytest
from pydantic import TypeAdapter

from qa.answer import AskResponse, SearchResponse
from web.app import create_app
from web.settings import Settings

PIER = "Who runs the ferry pier?"


def ask(client, path="/api/v1/ask", **body):
    return client.post(path, json=body)


def test_ask_answers_by_the_contract_and_cites_true_words(client):
    response = ask(client, question=PIER, as_of="2017-11-10")
    assert response.status_code == 200
    assert response.content_type == "application/json"
    answer = AskResponse.model_validate_json(response.data)
    assert answer.answer.text == "Norvik Lines"
    assert answer.as_of.isoformat() == "2017-11-10"
    citation = answer.answer.citations[0]
    article = client.get(f"/api/v1/articles/{citation.article_id}").get_json()
    assert article["text"][citation.start : citation.end] == citation.quote
    assert article["text"][citation.answer_start : citation.answer_end] == answer.answer.text


def test_no_answer_is_an_answer(client):
    response = ask(client, question="Who won?")
    assert response.status_code == 200
    assert response.get_json()["answer"] is None


def test_search_returns_passages(client):
    response = ask(client, "/api/v1/search", question="pier", sources=["Demo Courier"], passages=1)
    found = SearchResponse.model_validate_json(response.data)
    assert [passage.article_id for passage in found.passages] == ["harbour-2"]
    assert found.filters.sources == ("Demo Courier",)


def test_article_is_whole_and_is_valid_json_whatever_its_metadata(client):
    response = client.get("/api/v1/articles/hostile")
    article = json.loads(response.data, parse_constant=pytest.fail)
    assert article["text"].startswith("<script>")
    assert article["published_at"] is None
    assert article["metadata"] == {"section": "Port", "odd": None}


def test_dates_are_iso(client):
    published = client.get("/api/v1/articles/harbour-1").get_json()["published_at"]
    assert published == "2017-11-03T09:30:00Z"


def test_archive_health_and_readiness(client):
    assert client.get("/api/v1/archive").get_json()["version"] == 7
    assert client.get("/healthz").get_json() == {"status": "ok"}
    assert client.get("/readyz").get_json()["articles"] == 3


@pytest.mark.parametrize(
    ("body", "field", "words"),
    [
        ({"question": PIER, "befor": "2017-01-01"}, "befor", "Did you mean 'before'"),
        ({"question": PIER, "zzz": 1}, "zzz", "Known: "),
        ({"question": PIER, "as_of": "03/11/2017"}, "as_of", "2017-11-03"),
        ({"question": PIER, "as_of": "2017-02-30"}, "as_of", "day is out of range"),
        ({"question": PIER, "after": 20171103}, "after", "must be a date"),
        ({"question": PIER, "before": "0000-01-01"}, "before", "must be a date"),
        ({"question": PIER, "after": "2017-12-01", "before": "2017-11-01"}, "after", "later"),
        ({"question": PIER, "sources": "Demo Courier"}, "sources", "must be a list"),
        ({"question": PIER, "sources": ["Nobody"]}, "sources", "no source"),
        ({"question": PIER, "sources": [1]}, "sources.0", "string"),
        ({"question": PIER, "passages": 51}, "passages", "50"),
        ({"question": PIER, "passages": True}, "passages", "integer"),
        ({"question": ""}, "question", "empty"),
        ({"question": "x" * 10_000}, "question", "2,000"),
        ({"question": 7}, "question", "string"),
        ({}, "question", "missing"),
        ([], "body", "object"),
        ("text", "body", "object"),
    ],
)
@pytest.mark.parametrize("path", ["/api/v1/ask", "/api/v1/search"])
def test_what_cannot_be_used_is_refused_by_name(client, path, body, field, words):
    response = client.post(path, json=body)
    problem = response.get_json()
    assert response.status_code == 422
    assert response.content_type == "application/problem+json"
    assert problem["field"] == field
    assert problem["status"] == 422
    assert words in problem["detail"]


def test_all_faults_are_listed(client):
    problem = ask(client, question=PIER, befor="x", as_of="y").get_json()
    assert [error["field"] for error in problem["errors"]] == ["befor", "as_of"]


def test_body_must_be_json_of_sane_size(client):
    assert client.post("/api/v1/ask", data="question=x").status_code == 415
    assert client.post("/api/v1/ask", data=b"{nope", content_type="application/json").status_code == 400
    assert client.post("/api/v1/ask", data=b"", content_type="application/json").status_code == 400
    assert client.post("/api/v1/ask", data=b"\xff\xfe", content_type="application/json").status_code == 400
    assert client.post("/api/v1/ask", data=b"[" * 60_000, content_type="application/json").status_code == 400
    assert (
        client.post("/api/v1/ask", data=b'{"question":"\\ud800"}', content_type="application/json").status_code == 400
    )
    assert ask(client, question="x" * 70_000).status_code == 413


def test_parameters_in_the_address_are_refused(client):
    assert client.post("/api/v1/ask?as_of=2017-01-01", json={"question": PIER}).get_json()["field"] == "as_of"
    assert client.get("/api/v1/articles/harbour-1?from=3").status_code == 422


def test_default_number_of_passages_comes_from_the_settings(qa):
    client = create_app(Settings(passages=2), qa).test_client()
    assert len(ask(client, question="x").get_json()["passages"]) == 2
    assert len(ask(client, question="x", passages=3).get_json()["passages"]) == 3


def test_longest_question_comes_from_the_settings(qa):
    client = create_app(Settings(max_question_chars=5), qa).test_client()
    assert ask(client, question="  Who?").status_code == 200
    assert ask(client, question="Who is").get_json()["field"] == "question"


def test_problem_json_is_the_documented_shape(client):
    problem = TypeAdapter(dict).validate_json(client.get("/api/v1/articles/none").data)
    assert list(problem) == ["type", "title", "status", "detail", "request_id"]
    assert problem["type"] == "urn:problem-type:backissue:not-found"
