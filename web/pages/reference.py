"""The API's reference: the OpenAPI description as a page, without scripts and without anything from elsewhere."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pprint import pformat
from typing import Any
from urllib.parse import urlencode, urljoin

from flask import Blueprint, current_app, render_template, request

from web.api.openapi import description_of
from web.services import Services

Spec = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Piece:
    """Some words. `link` is the schema that they name, `code` says that they are to be typed as they stand."""

    text: str
    link: str | None = None
    code: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A field or parameter."""

    name: str
    type: list[Piece]
    note: str
    says: str


def blueprint(services: Services) -> Blueprint:
    """The route /api/docs."""
    pages = Blueprint("reference", __name__)

    @pages.get("/api/docs")
    def show() -> str:
        spec = description_of(current_app)
        schemas = spec["components"]["schemas"]
        operations: dict[str, list[dict[str, Any]]] = {tag["name"]: [] for tag in spec["tags"]}
        for path, methods in spec["paths"].items():
            for method, operation in methods.items():
                operations[operation["tags"][0]].append(_operation(path, method.upper(), operation, schemas))
        return render_template(
            "reference.html",
            archive=services.qa.info(),
            info=spec["info"],
            operations=operations,
            schemas=[(name, schema, _rows(schema)) for name, schema in schemas.items()],
            words=words,
        )

    return pages


def words(text: str) -> list[list[Piece]]:
    """The paragraphs of a description, what stands in backquotes marked as code."""
    paragraphs = [" ".join(paragraph.split()) for paragraph in re.split(r"\n\s*\n", text.strip())]
    return [
        [Piece(part, code=bool(i % 2)) for i, part in enumerate(paragraph.split("`")) if part]
        for paragraph in paragraphs
    ]


def _operation(path: str, method: str, operation: Spec, schemas: Spec) -> dict[str, Any]:
    """What the page shows of an operation."""
    responses = operation["responses"]
    success = min(responses)
    return {
        "id": operation["operationId"],
        "method": method,
        "path": path,
        "summary": operation["summary"],
        "description": operation["description"],
        "parameters": [
            Row(
                p["name"],
                _type(p["schema"]),
                _note(p["schema"], f"in the {p['in']}", "required" * p["required"]),
                p["description"],
            )
            for p in operation["parameters"]
        ],
        "bodies": _contents(operation.get("requestBody", {})),
        "fields": _body_fields(operation, schemas),
        "success": (success, responses[success]["description"], _contents(responses[success])),
        "headers": [(name, header["description"]) for name, header in responses[success].get("headers", {}).items()],
        "errors": [(status, error["description"]) for status, error in responses.items() if status != success],
        "examples": [
            {"summary": e["summary"], "status": e["status"], "curl": _curl(method, e), "python": _python(method, e)}
            for e in operation["x-examples"]
        ],
    }


def _contents(holder: Spec) -> list[tuple[str, list[Piece], str]]:
    """Media types with what they hold."""
    return [
        (media, _type(content["schema"]), content["schema"].get("description", ""))
        for media, content in holder.get("content", {}).items()
    ]


def _body_fields(operation: Spec, schemas: Spec) -> list[Row]:
    """The fields of a JSON body."""
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    schema = content.get("schema", {})
    return _rows(schemas[_name(schema)] if "$ref" in schema else schema, missing="")


def _name(reference: Spec) -> str:
    return str(reference["$ref"]).rpartition("/")[2]


def _rows(schema: Spec, *, missing: str = "may be missing") -> list[Row]:
    """The fields of an object. Most are there in what is answered, and few are needed in what is sent: what is said
    is the rarer case, `missing` of a field that may be."""
    needed = "" if missing else "required"
    required = schema.get("required", ())
    return [
        Row(name, _type(field), _note(field, needed if name in required else missing), field.get("description", ""))
        for name, field in schema.get("properties", {}).items()
    ]


def _note(schema: Spec, *standing: str) -> str:
    """Whether a value must be given, what it is if it is not, and its bounds."""
    notes = [words for words in standing if words]
    if schema.get("default") not in (None, [], {}, ""):
        notes.append(f"default {json.dumps(schema['default'])}")
    for key, said in (("minimum", "at least"), ("maximum", "at most")):
        notes += [f"{said} {schema[key]}"] if key in schema else []
    for key, said in (("minLength", "at least"), ("maxLength", "at most")):
        notes += [f"{said} {schema[key]:,} characters"] if schema.get(key, 0) > 1 else []
    return ", ".join(notes)


def _type(schema: Spec) -> list[Piece]:
    """A schema in words, such as: list of Citation."""
    if "$ref" in schema:
        return [Piece(_name(schema), link=_name(schema))]
    if "anyOf" in schema:
        return _either([_type(kind) for kind in schema["anyOf"]])
    if "const" in schema or "enum" in schema:
        values = schema["enum"] if "enum" in schema else [schema["const"]]
        return _either([[Piece(json.dumps(value), code=True)] for value in values])
    if schema.get("type") == "array":
        return [Piece("list of "), *_type(schema.get("items") or {"type": "values"})]
    inner = schema.get("additionalProperties")
    if schema.get("type") == "object" and isinstance(inner, Mapping) and inner:
        return [Piece("object of "), *_type(inner)]
    return [Piece(str(schema.get("format") or schema.get("type") or "anything"))]


def _either(kinds: list[list[Piece]]) -> list[Piece]:
    return [piece for kind in kinds for piece in (Piece(" or "), *kind)][1:]


def _address(example: Spec) -> str:
    query = f"?{urlencode(example['query'])}" if example["query"] else ""
    return urljoin(request.host_url, f"{request.script_root}{example['path']}") + query


def _curl(method: str, example: Spec) -> str:
    plain = method == ("GET" if example["body"] is None else "POST")  # what curl sends by itself
    parts = [f"curl -s {'' if plain else f'-X {method} '}{shlex.quote(_address(example))}"]
    if example["body"] is not None:
        body = json.dumps(example["body"], ensure_ascii=False)
        parts += ["-H 'Content-Type: application/json'", f"-d {shlex.quote(body)}"]
    return " \\\n  ".join(parts)


def _python(method: str, example: Spec) -> str:
    arguments = repr(_address(example))
    if example["body"] is not None:
        body = pformat(example["body"], width=88, sort_dicts=False).replace("\n", "\n         ")
        arguments = f"\n    {arguments},\n    json={body},\n"
    return f"import httpx\n\nresponse = httpx.{method.lower()}({arguments})\nprint(response.text)"
