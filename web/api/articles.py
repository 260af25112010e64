"""Articles and what the archive holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response
from pydantic import BaseModel

from index.article import DatePrecision
from web.api.wire import only_parameters, reply
from web.services import Services

if TYPE_CHECKING:
    from index.article import StoredArticle


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


def blueprint(services: Services) -> Blueprint:
    """GET /api/v1/articles/ID and /api/v1/archive."""
    api = Blueprint("api_articles", __name__, url_prefix="/api/v1")
    api.before_request(only_parameters)

    @api.get("/articles/<article_id>")
    def article(article_id: str) -> Response:
        return reply(_response(services.qa.article(article_id)))

    @api.get("/archive")
    def archive() -> Response:
        # Where the archive lies on this machine is nobody's business over the network.
        return reply({name: value for name, value in services.qa.info().items() if name != "folder"})

    return api


def _response(article: StoredArticle) -> ArticleResponse:
    known = {field.name: getattr(article, field.name) for field in fields(article)}
    return ArticleResponse.model_validate({name: known[name] for name in ArticleResponse.model_fields})
