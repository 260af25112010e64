"""The description of the API: complete, true (every example is run), and readable without scripts."""

from __future__ import annotations

import html
import json
import re

import jsonschema
import pytest
from fake_archive import FakeQA
from flask import Flask, Response
from openapi_spec_validator import OpenAPIV31SpecValidator
from pydantic import BaseModel, Field

from index import sample
from index.formats import Defaults, read_path
from index.ingest import add
from web.api.openapi import description_of, is_described
from web.api.operations import Example, operation, operation_of
from web.app import create_app
from web.engine import open_archive, open_qa
from web.settings import Settings

SPEC = description_of(create_app(Settings(), FakeQA()))
OPERATIONS = [(method, path, found) for path, methods in SPEC["paths"].items() for method, found in methods.items()]
EXAMPLES = [(method, found, example) for method, _, found in OPERATIONS for example in found["x-examples"]]


def test_every_route_of_the_api_is_described(app):
    routes = [rule for rule in app.url_map.iter_rules() if is_described(rule)]
    assert routes
    assert [rule.rule for rule in routes if operation_of(app.view_functions[rule.endpoint]) is None] == []


def test_it_is_valid_openapi_with_names_of_its_own_for_all_operations():
    OpenAPIV31SpecValidator(SPEC).validate()
    ids = [found["operationId"] for _, _, found in OPERATIONS]
    assert sorted(set(ids)) == sorted(ids)
    assert all(found["summary"] and found["tags"] for _, _, found in OPERATIONS)
    assert [name for name in SPEC["components"]["schemas"] if "__" in name or name.endswith("-Input")] == []


def test_it_is_served_as_json_and_takes_no_parameters(client):
    response = client.get("/api/openapi.json")
    assert response.content_type == "application/json"
    assert response.get_json() == json.loads(json.dumps(SPEC))
    assert client.get("/api/openapi.json?format=yaml").status_code == 422


def test_responses_have_all_their_fields_and_requests_only_those_that_must_be():
    schemas = SPEC["components"]["schemas"]
    assert set(schemas["Citation"]["required"]) == set(schemas["Citation"]["properties"])
    asked = next(found for _, path, found in OPERATIONS if path == "/api/v1/ask")
    assert asked["requestBody"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Ask"}
    assert schemas["Ask"]["required"] == ["question"]
    assert schemas["Ask"]["properties"]["question"]["maxLength"] == 2000


def test_errors_have_the_shape_of_their_place():
    def error(path, method, status):
        return SPEC["paths"][path][method]["responses"][status]

    assert set(error("/api/v1/ask", "post", "429")["headers"]) == {"Retry-After"}
    assert set(error("/api/v1/ask", "post", "415")["content"]) == {"application/problem+json"}
    assert set(error("/v1/chat/completions", "post", "401")["content"]) == {"application/json"}
    assert list(SPEC["paths"]["/healthz"]["get"]["responses"]) == ["200"]
    assert SPEC["paths"]["/healthz"]["get"]["security"] == []


# --- the decorator


class Page(BaseModel):
    limit: int = Field(default=10, ge=1, le=50, description="How many.")
    source: str | None = Field(default=None, description="Of which.")


class Made(BaseModel):
    id: str
    size: int = 0


@pytest.fixture
def made():
    app = Flask(__name__)

    @app.get("/api/v1/things/<int:number>/<path:name>")
    @operation("List", tag="Things", query=Page, path={"number": "Which."}, response=Made)
    def things(number: int, name: str) -> Response:
        """First paragraph.

        Second one.
        """

    @app.post("/api/v1/things")
    @operation(
        "Upload",
        tag="Things",
        request={"multipart/form-data": {"type": "object"}, "application/json": Made},
        response=Made,
        status=202,
        headers={"Location": "Where it goes on."},
        errors=(409,),
        examples=(Example("One", body={"id": "a"}), Example("None", body={}, status=422)),
    )
    def upload() -> Response:
        """Takes it."""

    @app.delete("/api/v1/things")
    @operation("Delete", tag="Things", status=204)
    def remove() -> Response:
        """Removes it."""

    found = description_of(app)
    OpenAPIV31SpecValidator(found).validate()
    return found


def test_parameters_come_from_the_route_and_the_model(made):
    got = made["paths"]["/api/v1/things/{number}/{name}"]["get"]
    assert [(p["name"], p["in"], p["required"], p["schema"].get("type")) for p in got["parameters"]] == [
        ("number", "path", True, "integer"),
        ("name", "path", True, "string"),
        ("limit", "query", False, "integer"),
        ("source", "query", False, "string"),
    ]
    assert got["parameters"][0]["description"] == "Which."
    assert got["parameters"][2]["schema"] == {"default": 10, "minimum": 1, "maximum": 50, "type": "integer"}
    assert got["description"] == "First paragraph.\n\nSecond one."
    assert "404" in got["responses"]


def test_bodies_statuses_and_headers_are_as_said(made):
    post, delete = made["paths"]["/api/v1/things"]["post"], made["paths"]["/api/v1/things"]["delete"]
    assert list(post["requestBody"]["content"]) == ["multipart/form-data", "application/json"]
    assert post["responses"]["202"]["headers"]["Location"]["description"] == "Where it goes on."
    assert {"202", "400", "409", "413", "415"} <= set(post["responses"])
    shown = post["requestBody"]["content"]["application/json"]["examples"]
    assert [example["value"] for example in shown.values()] == [{"id": "a"}]
    assert [example["status"] for example in post["x-examples"]] == [202, 422]
    assert "content" not in delete["responses"]["204"]
    assert "requestBody" not in delete


# --- every example


@pytest.fixture(scope="module")
def sample_client(tmp_path_factory):
    settings = Settings(archive=tmp_path_factory.mktemp("sample") / "archive", rate_limit="")
    with open_archive(settings, create=True, sample=True) as archive:
        add(archive, read_path(sample.dispatches_path(), Defaults()))
        yield create_app(settings, open_qa(archive, settings)).test_client()


def check(schema, value):
    jsonschema.validate(value, {**schema, "components": SPEC["components"]}, jsonschema.Draft202012Validator)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("method", "found", "example"),
    EXAMPLES,
    ids=[f"{found['operationId']}: {e['summary']}" for _, found, e in EXAMPLES],
)
def test_every_example_answers_as_it_says(sample_client, method, found, example):
    if example["body"] is not None and example["status"] < 400:
        check(found["requestBody"]["content"]["application/json"]["schema"], example["body"])
    response = sample_client.open(example["path"], method=method, query_string=example["query"], json=example["body"])
    assert response.status_code == example["status"], response.text
    content = found["responses"][str(example["status"])].get("content", {})
    if not content:
        assert response.data == b""
    elif response.mimetype == "text/event-stream":
        events = [
            dict(line.split(": ", 1) for line in event.splitlines()) for event in response.text.split("\n\n")[:-1]
        ]
        assert events
        for event in events:
            check(content[response.mimetype]["schema"], event)
    elif response.mimetype.endswith("json"):
        check(content[response.mimetype]["schema"], response.get_json())
    else:
        assert response.mimetype in content


# --- the page


@pytest.fixture
def page(client):
    response = client.get("/api/docs")
    assert response.content_type == "text/html; charset=utf-8"
    return response.text


def test_the_page_shows_all_operations_examples_and_schemas(page):
    text = html.unescape(page)
    for method, path, found in OPERATIONS:
        assert f"<strong>{method.upper()}</strong> {path}" in text
        assert f'id="{found["operationId"]}"' in text
        for status in found["responses"]:
            assert status in text
    for name, schema in SPEC["components"]["schemas"].items():
        assert f'id="schema-{name}"' in text
        assert all(f"<code>{field}</code>" in text for field in schema.get("properties", {}))
    assert text.count("curl -s ") == text.count("import httpx") == len(EXAMPLES)


def test_every_link_of_the_page_leads_somewhere(page, client):
    targets = set(re.findall(r'href="#([^"]+)"', page))
    assert targets <= set(re.findall(r'id="([^"]+)"', page))
    assert client.get(re.search(r'href="([^"]+openapi[^"]+)"', page)[1]).status_code == 200


def test_the_page_needs_no_script_and_nothing_from_elsewhere(page):
    assert "<script" not in page
    assert "style=" not in page
    assert set(re.findall(r'(?:src|href)="(https?:)', page)) == set()


def test_examples_are_ready_to_be_run(page):
    text = html.unescape(page)
    code = re.findall(r"import httpx\n.*?print\(response.text\)", text, re.S)
    for source in code:
        compile(source, "example", "exec")
    assert """-d '{"question": "Who holds Albu Kamal?", "as_of": "2017-11-09"}'""" in text
