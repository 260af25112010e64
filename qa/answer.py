"""The JSON contract, in one place: what comes back for a question.

`QA.ask` returns an `AskResponse`; the API serves it with `model_dump(mode="json")`, the page renders it,
the command line prints it and bulk runs write it. All offsets are half-open code-point offsets into the
article's text, so `article.text[c.start:c.end] == c.quote` for every citation.
"""

from __future__ import annotations

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict, Field


class Contract(BaseModel):
    """Base of the contract's records: fields are fixed, unknown ones are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Filters(Contract):
    """What restricted the search, as applied. Days are inclusive. None or empty means no restriction."""

    after: date | None = None
    before: date | None = None
    sources: tuple[str, ...] = ()


class Citation(Contract):
    """A quotation and where it stands. `[start, end)` is the quote, `[answer_start, answer_end)` the answer in it."""

    article_id: str
    title: str
    source: str | None
    url: str | None
    published_at: datetime | None
    quote: str
    start: int
    end: int
    answer_start: int
    answer_end: int


class Answer(Contract):
    """One answer, verbatim, with the best citations that bear it, the very best first."""

    text: str
    confidence: float = Field(ge=0, le=1)
    independent_sources: int
    citations: tuple[Citation, ...]


class TimelineEntry(Contract):
    """A distinct answer and when it was first and last seen."""

    text: str
    first_published: date | None
    last_published: date | None
    citations: tuple[Citation, ...]


class FoundPassage(Contract):
    """A passage that retrieval returned. `copies` lists other articles that hold the same words."""

    article_id: str
    title: str
    source: str | None
    url: str | None
    published_at: datetime | None
    text: str
    start: int
    end: int
    score: float
    copies: tuple[str, ...] = ()


class Coverage(Contract):
    """What the archive holds under the applied filters and `as_of`."""

    articles: int
    first_published: date | None
    last_published: date | None


class ArchiveInfo(Contract):
    """Which archive and models answered: enough to reproduce the answer."""

    id: str
    version: int
    embedding_model: str
    reader: str


class SearchResponse(Contract):
    """Retrieval alone."""

    question: str
    as_of: date | None
    filters: Filters
    passages: tuple[FoundPassage, ...]
    coverage: Coverage
    timings_ms: dict[str, float]
    archive: ArchiveInfo


class AskResponse(SearchResponse):
    """The whole answer. `answer` is None when nothing in the archive answers."""

    understood_as: str
    answer: Answer | None
    no_answer_probability: float = Field(ge=0, le=1)
    alternatives: tuple[Answer, ...]
    timeline: tuple[TimelineEntry, ...]


class Ask(Contract):
    """A question as the caller puts it. `passages` is how many to return and read (1 to 50)."""

    question: str
    as_of: date | None = None
    after: date | None = None
    before: date | None = None
    sources: tuple[str, ...] = ()
    chat_id: str | None = None
    passages: int = Field(default=20, ge=1, le=50)
