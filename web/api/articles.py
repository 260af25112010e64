"""Articles and what the archive holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, request
from pydantic import BaseModel, ConfigDict, Field

from index.article import DatePrecision, day_number
from index.browse import LanguageCount, Listed, MonthCount, SourceCount, Version
from index.evidence import Related
from index.occurrences import occurrences
from index.rejects import Rejects
from web.api.operations import Example, operation
from web.api.wire import only_parameters, reply
from web.asking import AskError, FieldError, parse_day, validated
from web.listing import Narrowed, parse_listing
from web.services import Services

if TYPE_CHECKING:
    from index.article import StoredArticle

MAX_CHARS, MAX_LISTED, MAX_OCCURRENCES, MAX_WORDS_CHARS = 1_000_000, 500, 1000, 200
NEWEST_REJECTS = 50

ARTICLE_ID = {"article_id": "The `article_id` of a citation or passage."}
SAMPLE_ID = {"article_id": "2ba09138db075ba1"}
NOWHERE = Example("An article that is not there", path={"article_id": "nowhere"}, status=404)


class Part(BaseModel):
    """Which part of an article's text is wanted, and what to look for in all of it."""

    model_config = ConfigDict(extra="forbid")

    offset: int = Field(default=0, ge=0, le=10**9, description="Code points of the text to pass over.")
    limit: int | None = Field(
        default=None, ge=1, le=MAX_CHARS, description="Code points of the text at most; the rest of it, if left out."
    )
    find: str | None = Field(
        default=None,
        max_length=MAX_WORDS_CHARS,
        description="Words to look for: whole words, whatever their capitals and transliteration.",
    )


class Place(BaseModel):
    """A run of the article's text, in code points of the whole text."""

    start: int
    end: int


class ArticleResponse(BaseModel):
    """An article version as programs see it. Offsets of citations count code points of the whole text."""

    id: str
    version: int
    title: str
    text: str = Field(description="The text from `offset` on.")
    offset: int = Field(default=0, description="Where in the whole text `text` begins.")
    length: int = Field(description="Code points of the whole text.")
    url: str | None
    source: str | None
    published_at: datetime | None
    date_precision: DatePrecision | None
    authors: tuple[str, ...]
    language: str | None
    metadata: Mapping[str, Any]
    superseded_by: str | None
    occurrences: tuple[Place, ...] | None = Field(
        default=None, description=f"Where the text holds the words of `find`, the first {MAX_OCCURRENCES:,} places."
    )


class AsOf(BaseModel):
    """A day."""

    as_of: date | None = Field(default=None, description="Only what the archive held at the end of this day.")


class RelatedResponse(BaseModel):
    """What stands around an article: its versions, oldest first; other articles that tell the same story nearly word
    for word; articles that correct it; and those that its source published just before and after."""

    versions: tuple[Version, ...]
    copies: tuple[Listed, ...]
    corrected_by: tuple[Related, ...]
    earlier: tuple[Listed, ...]
    later: tuple[Listed, ...]


class ListQuery(Narrowed):
    """Which articles are wanted, and which part of the list."""

    offset: int = Field(default=0, ge=0, le=10**9, description="How many to pass over.")
    limit: int = Field(default=50, ge=1, le=MAX_LISTED, description="How many at most.")


class ArticleList(BaseModel):
    """Articles, the newest first, undated ones last; `total` counts all there are."""

    articles: tuple[Listed, ...]
    total: int


class ArchiveResponse(BaseModel):
    """What the archive holds, and which models answer."""

    id: str
    version: int
    created_at: datetime
    sample: bool
    articles: int
    passages: int
    pending: int
    first_published: date | None
    last_published: date | None
    months: tuple[MonthCount, ...]
    undated: int = Field(description="Articles of unknown date, which are in none of the months.")
    sources: tuple[SourceCount, ...]
    languages: tuple[LanguageCount, ...]
    last_added: tuple[Listed, ...]
    rejects: Rejects
    embedding_model: str
    weights: str | None
    chunking: Mapping[str, Any]
    reader: str


def blueprint(services: Services) -> Blueprint:
    """GET /api/v1/articles, /api/v1/articles/ID, what is related to one, and /api/v1/archive."""
    api = Blueprint("api_articles", __name__, url_prefix="/api/v1")

    @api.get("/articles")
    @operation(
        "List articles",
        tag="Articles",
        query=ListQuery,
        response=ArticleList,
        examples=(
            Example("Those of a month", query={"after": "2017-11-01", "before": "2017-11-30", "limit": "5"}),
            Example("A source that the archive does not have", query={"source": "Nobody"}, status=422),
        ),
    )
    def list_articles() -> Response:
        """The newest first, without their texts."""
        if blank := [
            FieldError(name, f"{name} is empty: leave it out.") for name in request.args if not request.args[name]
        ]:
            raise AskError(blank)
        wanted = parse_listing(ListQuery, request.args, services.qa.archive.source_names())
        total, found = services.qa.archive.browse.articles(wanted.listing, wanted.offset, wanted.limit)
        return reply(ArticleList(articles=tuple(found), total=total))

    @api.get("/articles/<article_id>")
    @operation(
        "Read an article",
        tag="Articles",
        path=ARTICLE_ID,
        query=Part,
        response=ArticleResponse,
        examples=(
            Example("One of the sample archive", path=SAMPLE_ID),
            Example("Where it mentions the army", path=SAMPLE_ID, query={"find": "army", "limit": "100"}),
            NOWHERE,
        ),
    )
    def article(article_id: str) -> Response:
        """One version of an article, whole or in part. A citation's quote is `text[start:end]` of the whole text, in
        code points."""
        only_parameters(Part.model_fields)
        part = validated(Part, request.args.to_dict(), numbers=("offset", "limit"))
        return reply(_response(services.qa.article(article_id), part))

    @api.get("/articles/<article_id>/related")
    @operation(
        "Find what is related to an article",
        tag="Articles",
        path=ARTICLE_ID,
        query=AsOf,
        response=RelatedResponse,
        examples=(Example("As of a day", path=SAMPLE_ID, query={"as_of": "2017-11-10"}), NOWHERE),
    )
    def related(article_id: str) -> Response:
        """Its versions, copies, corrections, and neighbours in time."""
        only_parameters(AsOf.model_fields)
        given = request.args.get("as_of")
        as_of = day_number(parse_day(given, "as_of")) if given is not None else None
        around = services.qa.archive.browse.around(services.qa.article(article_id), as_of)
        return reply(RelatedResponse(**{field.name: getattr(around, field.name) for field in fields(around)}))

    @api.get("/archive")
    @operation("Describe the archive", tag="Archive", response=ArchiveResponse, examples=(Example("All of it"),))
    def archive() -> Response:
        """What the archive holds, as of now, and which models answer."""
        only_parameters()
        browse = services.qa.archive.browse
        overview = browse.overview()
        # Not the folder: where the archive lies on this machine is nobody's business over the network.
        counted = {
            "months": overview.months.months,
            "undated": overview.months.undated,
            "sources": overview.sources,
            "languages": overview.languages,
            "last_added": overview.last_added,
            "rejects": browse.rejects(NEWEST_REJECTS),
        }
        return reply(ArchiveResponse.model_validate(services.qa.info() | counted))

    return api


def _response(article: StoredArticle, part: Part) -> ArticleResponse:
    known = {field.name: getattr(article, field.name) for field in fields(article)}
    known["text"] = article.text[part.offset :][: part.limit]
    known |= {"offset": part.offset, "length": len(article.text)}
    if part.find is not None:
        places = occurrences(article.text, part.find, MAX_OCCURRENCES)
        known["occurrences"] = [{"start": start, "end": end} for start, end in places]
    return ArticleResponse.model_validate({name: known[name] for name in ArticleResponse.model_fields if name in known})
