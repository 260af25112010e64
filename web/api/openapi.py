"""The OpenAPI 3.1 description of the API: Flask's own routes, with what their views say of themselves."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from http import HTTPStatus
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Flask, Response, current_app
from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, models_json_schema

from web.api.operations import (
    JSON,
    Content,
    Example,
    OpenAIProblem,
    Operation,
    ProblemDetail,
    Schema,
    operation,
    operation_of,
)
from web.api.wire import only_parameters, reply
from web.problems import OPENAI_PATHS

if TYPE_CHECKING:
    from werkzeug.routing import Rule

DESCRIBED_PATHS = ("/api/", "/v1/", "/healthz", "/readyz")
REFERENCE = "#/components/schemas/{model}"
# The order of what is described; other tags come after.
TAGS = ("Asking", "Conversations", "Articles", "Archive", "Jobs", "Feedback", "OpenAI", "Server")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")

DESCRIPTION = """\
Question answering over a news archive: the articles' own words, each with its source, its date and its exact place.

All offsets are half-open code-point offsets into an article's `text`: a citation's quote is `text[start:end]`.
Days are `YYYY-MM-DD`, moments ISO 8601 in UTC. A field or parameter that nobody knows is refused, with a hint.
Errors are RFC 9457 problem details, under `/v1/` errors in OpenAI's shape; both name the field and the remedy.
"""

WRITES = (
    "This changes the archive: it needs a token made with `--scope write`, except from a server on loopback whose "
    "setting `allow_add` is on."
)

ERRORS = {
    400: "The body is not valid JSON.",
    401: "A token is missing, unknown or revoked.",
    403: "The token, or the place that the request comes from, does not allow this.",
    404: "There is no such thing.",
    409: "The state of things does not allow this now.",
    413: "The body is too large.",
    415: "The body is not of a type that is read here.",
    421: "The server does not answer under this host name.",
    422: "A field or parameter cannot be used: `field` names it, `errors` lists all.",
    429: "Too many requests. `Retry-After` says how many seconds to wait.",
    503: "The archive or a model cannot be used at present.",
}
ERROR_HEADERS = {401: ("WWW-Authenticate", "string"), 429: ("Retry-After", "integer")}
ALWAYS = (401, 403, 421, 422, 429, 503)
WITH_BODY = (400, 413, 415)


class _Schemas(GenerateJsonSchema):
    """A response has all of its fields, those with a default too."""

    def field_is_required(self, field: Any, total: bool) -> bool:
        return self.mode == "serialization" or super().field_is_required(field, total)


def blueprint() -> Blueprint:
    """GET /api/openapi.json."""
    api = Blueprint("openapi", __name__, url_prefix="/api")
    api.before_request(only_parameters)

    @api.get("/openapi.json")
    @operation("This description", tag="Server", response={"type": "object", "required": ["openapi", "paths"]})
    def openapi() -> Response:
        """OpenAPI 3.1, as JSON. `/api/docs` shows the same to people."""
        return reply(description_of(current_app._get_current_object()))  # type: ignore[attr-defined]

    return api


def description_of(app: Flask) -> dict[str, Any]:
    """The whole description, ready for JSON. Made once an application, from all that is registered by then."""
    if "openapi" not in app.extensions:
        app.extensions["openapi"] = _describe(app)
    found: dict[str, Any] = app.extensions["openapi"]
    return found


def is_described(rule: Rule) -> bool:
    """Whether what is at this route belongs into the description."""
    return rule.rule.startswith(DESCRIBED_PATHS) and rule.rule != "/api/docs"


def methods(rule: Rule) -> Iterator[str]:
    """The methods of a route that a view answers itself."""
    return (method for method in METHODS if method in (rule.methods or ()))


def _describe(app: Flask) -> dict[str, Any]:
    described = sorted(_described(app), key=lambda found: (*TAGS, found[2].tag).index(found[2].tag))
    schemas = _Components([found[2] for found in described])
    paths: dict[str, dict[str, Any]] = {}
    for rule, method, what in described:
        paths.setdefault(_path(rule), {})[method.lower()] = _operation(rule, what, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Backissue", "version": version("backissue"), "description": DESCRIPTION},
        "servers": [{"url": "/"}],
        "security": [{}, {"token": []}],
        "tags": [{"name": tag} for tag in dict.fromkeys(what.tag for _, _, what in described)],
        "paths": paths,
        "components": {
            "schemas": schemas.definitions,
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "Made with `backissue token create`. Not needed to read on a server that listens "
                    "on loopback.",
                }
            },
        },
    }


def _described(app: Flask) -> Iterator[tuple[Rule, str, Operation]]:
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        what = operation_of(view)
        if what and is_described(rule):
            if getattr(view, "writes", False):
                what = replace(what, description=f"{what.description}\n\n{WRITES}")
            for method in methods(rule):
                yield rule, method, what


class _Components:
    """The schemas of all models, each of its own name, and references to them."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        used: dict[tuple[type[BaseModel], JsonSchemaMode], None] = {
            (ProblemDetail, "validation"): None,
            (OpenAIProblem, "serialization"): None,
        }
        for what in operations:
            used |= {(model, "validation"): None for model in _models(what.request.values())}
            used |= {(model, "serialization"): None for model in _models(what.response.values())}
        references, found = models_json_schema(list(used), ref_template=REFERENCE, schema_generator=_Schemas)
        definitions = found.get("$defs", {})
        names = {REFERENCE.format(model=name): REFERENCE.format(model=_short(name)) for name in definitions}
        self._references = {key: _renamed(reference, names) for key, reference in references.items()}
        self.definitions = {_short(name): _renamed(schema, names) for name, schema in definitions.items()}

    def content(self, content: Content, mode: JsonSchemaMode) -> dict[str, Any]:
        """Media types with their schemas."""
        return {media: {"schema": self.schema(schema, mode)} for media, schema in content.items()}

    def schema(self, schema: Schema, mode: JsonSchemaMode) -> Mapping[str, Any]:
        """A reference to a model's schema; a schema as it is."""
        return schema if isinstance(schema, Mapping) else self._references[schema, mode]


def _short(name: str) -> str:
    """pydantic's name of a schema, which tells namesakes apart by their whole modules, in the form of a class's: the
    `Words` of `web.feedback` are FeedbackWords. What is sent goes by the plain name, should it differ when answered."""
    *modules, plain = name.removesuffix("-Input").split("__")
    return modules[-1].title() + plain if modules else plain


def _renamed(schema: Any, names: Mapping[str, str]) -> Any:
    """A schema with its references following `names`."""
    if isinstance(schema, dict):
        return {key: names[value] if key == "$ref" else _renamed(value, names) for key, value in schema.items()}
    return [_renamed(part, names) for part in schema] if isinstance(schema, list) else schema


def _models(schemas: Iterable[Schema]) -> Iterator[type[BaseModel]]:
    return (schema for schema in schemas if not isinstance(schema, Mapping))


def _operation(rule: Rule, what: Operation, schemas: _Components) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": what.id,
        "summary": what.summary,
        "description": what.description,
        "tags": [what.tag],
        "parameters": [*_path_parameters(rule, what), *_query_parameters(what)],
        "responses": _responses(rule, what, schemas),
        "x-examples": [_example(rule, what, example) for example in what.examples],
    }
    if what.request:
        content = schemas.content(what.request, "validation")
        if JSON in content and (shown := _bodies(what)):
            content[JSON]["examples"] = shown
        found["requestBody"] = {"required": True, "content": content}
    if what.anyone:
        found["security"] = []
    return found


def _bodies(what: Operation) -> dict[str, Any]:
    """The example bodies that are accepted, as OpenAPI's own examples."""
    good = [e for e in what.examples if e.body is not None and e.status in (None, what.status)]
    return {f"example{i}": {"summary": example.summary, "value": example.body} for i, example in enumerate(good, 1)}


def _path_parameters(rule: Rule, what: Operation) -> Iterator[dict[str, Any]]:
    for converter, name in re.findall(r"<(?:(\w+)(?:\(.*?\))?:)?(\w+)>", rule.rule):
        yield {
            "name": name,
            "in": "path",
            "required": True,
            "description": what.path.get(name, ""),
            "schema": {"type": "integer", "minimum": 0} if converter == "int" else {"type": "string", "minLength": 1},
        } | _shown(e.path.get(name) for e in what.examples if e.status in (None, what.status))


def _query_parameters(what: Operation) -> Iterator[dict[str, Any]]:
    if what.query is None:
        return
    model = what.query.model_json_schema()
    for name, field in model["properties"].items():
        schema = {key: value for key, value in field.items() if key not in ("title", "description")}
        yield {
            "name": name,
            "in": "query",
            "required": name in model.get("required", ()),
            "description": field.get("description", ""),
            "schema": _without_null(schema),
        }


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A parameter in an address is there or not: it cannot be null."""
    if "anyOf" not in schema:
        return schema
    kinds = [kind for kind in schema["anyOf"] if kind != {"type": "null"}]
    rest = {key: value for key, value in schema.items() if key != "anyOf" and value is not None}
    return rest | (kinds[0] if len(kinds) == 1 else {"anyOf": kinds})


def _shown(values: Iterable[str | None]) -> dict[str, Any]:
    first = next((value for value in values if value is not None), None)
    return {} if first is None else {"example": first}


def _responses(rule: Rule, what: Operation, schemas: _Components) -> dict[str, Any]:
    success: dict[str, Any] = {"description": HTTPStatus(what.status).phrase}
    if what.response:
        success["content"] = schemas.content(what.response, "serialization")
    if what.headers:
        success["headers"] = {name: _header(says, "string") for name, says in what.headers.items()}
    statuses = {*what.errors, *(() if what.anyone else ALWAYS)}
    statuses |= {404} if "<" in rule.rule else set()
    statuses |= set(WITH_BODY) if what.request else set()
    openai = rule.rule.startswith(OPENAI_PATHS)
    return {str(what.status): success} | {str(status): _error(status, openai, schemas) for status in sorted(statuses)}


def _error(status: int, openai: bool, schemas: _Components) -> dict[str, Any]:
    content: Content = {JSON: OpenAIProblem} if openai else {"application/problem+json": ProblemDetail}
    error: dict[str, Any] = {
        "description": ERRORS.get(status, HTTPStatus(status).phrase),
        "content": schemas.content(content, "serialization" if openai else "validation"),
    }
    if status in ERROR_HEADERS:
        name, kind = ERROR_HEADERS[status]
        error["headers"] = {name: _header("", kind)}
    return error


def _header(says: str, kind: str) -> dict[str, Any]:
    return {"description": says, "schema": {"type": kind}}


def _example(rule: Rule, what: Operation, example: Example) -> dict[str, Any]:
    """An example whole: what is sent where, and the status it gives."""
    address = re.sub(r"<(?:.*?:)?(\w+)>", lambda found: example.path.get(found[1], found[0]), rule.rule)
    return {
        "summary": example.summary,
        "path": address,
        "query": dict(example.query),
        "body": example.body,
        "status": example.status or what.status,
    }


def _path(rule: Rule) -> str:
    return re.sub(r"<(?:.*?:)?(\w+)>", r"{\1}", rule.rule)
