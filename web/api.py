"""The JSON API: the engine's answers as they are, under /api/v1, and the health checks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, request
from pydantic import BaseModel
from pydantic_core import from_json, to_json
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from index.article import DatePrecision
from index.errors import FilterError
from qa.answer import Ask
from web.asking import parse_ask
from web.settings import Settings

if TYPE_CHECKING:
    from index.article import StoredArticle
    from qa.pipeline import QA


class ArticleResponse(BaseModel):
    """An article version as programs see it. Offsets of citations count code points of `text`."""

    id: str
    version: int
    title: str
    text: str
    url: str | None
    source: str | None
    published_at: datetime | None
    date_precision: DatePrecision | None
    authors: tuple[str, ...]
    language: str | None
    metadata: Mapping[str, Any]
    superseded_by: str | None


def blueprint(qa: QA, settings: Settings) -> Blueprint:
    """The routes under /api/v1."""
    api = Blueprint("api", __name__, url_prefix="/api/v1")
    api.before_request(_refuse_parameters)

    @api.post("/ask")
    def ask() -> Response:
        return _json(qa.ask(_read_ask(settings)))

    @api.post("/search")
    def search() -> Response:
        return _json(qa.search(_read_ask(settings)))

    @api.get("/articles/<article_id>")
    def article(article_id: str) -> Response:
        return _json(_article_response(qa.article(article_id)))

    @api.get("/archive")
    def archive() -> Response:
        # Where the archive lies on this machine is nobody's business over the network.
        return _json({name: value for name, value in qa.info().items() if name != "folder"})

    return api


def health(qa: QA) -> Blueprint:
    """/healthz: the process lives. /readyz: the archive answers."""
    checks = Blueprint("health", __name__)

    @checks.get("/healthz")
    def healthz() -> Response:
        return _json({"status": "ok"})

    @checks.get("/readyz")
    def readyz() -> Response:
        info = qa.info()
        return _json({"status": "ok", "archive": info["id"], "version": info["version"], "articles": info["articles"]})

    return checks


def _read_ask(settings: Settings) -> Ask:
    if not request.is_json:
        raise UnsupportedMediaType
    try:
        # Not json.loads: this parser bounds nesting, which a hostile body could otherwise drive into the stack's end.
        data = from_json(request.get_data())
    except ValueError as error:
        raise BadRequest(f"The body is not valid JSON: {error}.") from None
    return parse_ask(data, settings)


def _refuse_parameters() -> None:
    for name in request.args:
        where = "Fields go in the JSON body, not in the address" if request.method == "POST" else "Takes no parameters"
        raise FilterError(f"{where}: {name[:64]!r}.", field=name)


def _article_response(article: StoredArticle) -> ArticleResponse:
    known = {field.name: getattr(article, field.name) for field in fields(article)}
    return ArticleResponse.model_validate({name: known[name] for name in ArticleResponse.model_fields})


def _json(value: BaseModel | dict[str, Any]) -> Response:
    # One serialiser for all: ISO dates, and null for the NaN that someone's metadata may hold.
    return Response(to_json(value, inf_nan_mode="null"), content_type="application/json")
