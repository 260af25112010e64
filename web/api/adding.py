"""Single articles: added and removed at once. Many at once are a job."""

from __future__ import annotations

from typing import Any, Literal

from flask import Blueprint, Response, request
from pydantic import BaseModel, Field
from werkzeug.exceptions import UnsupportedMediaType

from index import ingest
from index.errors import InputError
from index.formats import Reject, read_one
from index.formats.jsonl import MAX_LINE_BYTES
from web.api.operations import operation
from web.api.wire import only_parameters, reply
from web.guard import writes
from web.services import Services

# As `backissue add` reads a line of JSON lines; what else it holds is kept as metadata.
ARTICLE: dict[str, Any] = {
    "type": "object",
    "title": "Article",
    "required": ["text"],
    "properties": {
        "text": {"type": "string", "minLength": 1},
        **{name: {"type": ["string", "null"]} for name in ("title", "url", "source", "language")},
        "id": {"type": ["string", "integer", "null"], "description": "By it the article is known again."},
        "published": {"type": ["string", "null"], "description": "A day or a moment, such as 2017-11-03."},
        "updated": {"type": ["string", "null"], "description": "When it was changed, of a changed article."},
        "authors": {"type": ["array", "string", "null"], "items": {"type": "string"}},
    },
}


class AddedArticle(BaseModel):
    """What became of an article; `id` is that of its newest version."""

    outcome: Literal["added", "updated", "unchanged"]
    id: str


class RemovedArticle(BaseModel):
    """How many versions of an article were removed."""

    removed: int = Field(ge=1)


def blueprint(services: Services) -> Blueprint:
    """POST /api/v1/articles, DELETE /api/v1/articles/ID."""
    api = Blueprint("api_adding", __name__, url_prefix="/api/v1/articles")
    api.before_request(only_parameters)

    @api.post("")
    @operation(
        "Add an article",
        tag="Articles",
        request={"application/json": ARTICLE},
        response=AddedArticle,
        headers={"Location": "The article's address."},
    )
    @writes
    def add_article() -> Response:
        """It can be asked for as soon as this answers. A changed article becomes a new version, and one that the
        archive has stays as it is. The fields are those of a line that `backissue add` reads: `text`, and `id`,
        `url`, `title`, `source`, `published`, `updated`, `authors`, `language`; others are kept as metadata. The
        status is 200 also for an article that is new. One that cannot be added is refused with the reason (422)."""
        request.max_content_length = MAX_LINE_BYTES
        if not request.is_json:
            raise UnsupportedMediaType
        item = read_one(request.get_data(), "body")
        if isinstance(item, Reject):
            raise _refused(item)
        report, article_id = ingest.add_one(services.qa.archive, item)
        if report.rejects:
            raise _refused(report.rejects[0])
        outcome: Literal["added", "updated", "unchanged"] = (
            "added" if report.added else "updated" if report.updated else "unchanged"
        )
        response = reply(AddedArticle(outcome=outcome, id=article_id))
        response.headers["Location"] = f"/api/v1/articles/{article_id}"
        return response

    @api.delete("/<article_id>")
    @operation("Remove an article", tag="Articles", response=RemovedArticle)
    @writes
    def remove_article(article_id: str) -> Response:
        """With all its versions; no answer cites it from then on."""
        return reply(RemovedArticle(removed=services.qa.archive.remove([article_id])))

    return api


def _refused(reject: Reject) -> InputError:
    return InputError(f"The article was rejected, {reject.reason}: {reject.detail.rstrip('.')}.")
