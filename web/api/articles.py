"""Articles and what the archive holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response
from pydantic import BaseModel

from index.article import DatePrecision
from web.api.operations import Example, operation
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


class SourceCount(BaseModel):
    """How many articles are of a source."""

    source: str | None
    articles: int


class ArchiveResponse(BaseModel):
    """What the archive holds, and which models answer."""

    id: str
    version: int
    created_at: datetime
    sample: bool
    articles: int
    passages: int
    pending: int
    undated: int
    first_published: date | None
    last_published: date | None
    sources: tuple[SourceCount, ...]
    embedding_model: str
    weights: str | None
    chunking: Mapping[str, Any]
    reader: str


def blueprint(services: Services) -> Blueprint:
    """GET /api/v1/articles/ID and /api/v1/archive."""
    api = Blueprint("api_articles", __name__, url_prefix="/api/v1")
    api.before_request(only_parameters)

    @api.get("/articles/<article_id>")
    @operation(
        "Read an article",
        tag="Articles",
        path={"article_id": "The `article_id` of a citation or passage."},
        response=ArticleResponse,
        examples=(
            Example("One of the sample archive", path={"article_id": "2ba09138db075ba1"}),
            Example("An article that is not there", path={"article_id": "nowhere"}, status=404),
        ),
    )
    def article(article_id: str) -> Response:
        """One version of an article, whole. A citation's quote is `text[start:end]`, in code points."""
        return reply(_response(services.qa.article(article_id)))

    @api.get("/archive")
    @operation("Describe the archive", tag="Archive", response=ArchiveResponse, examples=(Example("All of it"),))
    def archive() -> Response:
        """What the archive holds, as of now, and which models answer."""
        # Not the folder: where the archive lies on this machine is nobody's business over the network.
        return reply(ArchiveResponse.model_validate(services.qa.info()))

    return api


def _response(article: StoredArticle) -> ArticleResponse:
    known = {field.name: getattr(article, field.name) for field in fields(article)}
    return ArticleResponse.model_validate({name: known[name] for name in ArticleResponse.model_fields})
