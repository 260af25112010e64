"""The JSON contract, in one place: what comes back for a question.

`QA.ask` returns an `AskResponse`; the API serves it with `model_dump(mode="json")`, the page renders it,
the command line prints it and bulk runs write it. All offsets are half-open code-point offsets into the
article's text, so `article.text[c.start:c.end] == c.quote` for every citation.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Contract(BaseModel):
    """Base of the contract's records: fields are fixed, unknown ones are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Filters(Contract):
    """What restricted the search, as applied. Days are inclusive. None or empty means no restriction."""

    after: date | None = None
    before: date | None = None
    sources: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()


class Words(Contract):
    """A run of the article's own words and where it stands."""

    text: str
    start: int
    end: int


class EventDate(Words):
    """A time expression in a quotation, and the days it means, counted from the day of publication."""

    first: date
    last: date


class Reference(Contract):
    """Another article, by what a reader needs to tell it apart."""

    article_id: str
    title: str
    source: str | None
    url: str | None
    published_at: datetime | None


class Citation(Reference):
    """A quotation and where it stands. `[start, end)` is the quote, `[answer_start, answer_end)` the answer in it.

    What the quotation says of itself: `attributed_to` is who says so, where the answer's sentence names somebody;
    `hedges` the words that leave it open; `in_quotation` whether the answer is quoted speech; `event_dates` the days
    it speaks of, which are not those of publication. What the archive says of the article: `copies` tell the same
    story nearly word for word and count as one source with it; `corrected_by` correct it, as far as `as_of` sees;
    `changed_later` is true when the archive holds a newer version than `as_of` sees, which the article links.
    """

    quote: str
    start: int
    end: int
    answer_start: int
    answer_end: int
    attributed_to: Words | None = None
    hedges: tuple[Words, ...] = ()
    in_quotation: bool = False
    event_dates: tuple[EventDate, ...] = ()
    copies: tuple[Reference, ...] = ()
    corrected_by: tuple[Reference, ...] = ()
    changed_later: bool = False

    @property
    def answer_in_quote(self) -> tuple[int, int]:
        """Where the answer stands in the quotation."""
        return self.answer_start - self.start, self.answer_end - self.start


class Answer(Contract):
    """One answer, verbatim, with the best citations that bear it, the very best first.

    `independent_sources` is how many reports say it of which no two share a story or an outlet. `also_written` are
    other forms of the same answer. The dates are of the first and last report among the passages read. `conflicting`
    is true of an alternative that was reported in the same period as the answer given.
    """

    text: str
    confidence: float = Field(ge=0, le=1)
    independent_sources: int
    citations: tuple[Citation, ...]
    also_written: tuple[str, ...] = ()
    first_published: date | None = None
    last_published: date | None = None
    conflicting: bool = False


class TimelineEntry(Contract):
    """A distinct answer and when it was first and last seen; `current` is true of the answer given.

    `published` are the days of the reports that say it.
    """

    text: str
    first_published: date | None
    last_published: date | None
    citations: tuple[Citation, ...]
    also_written: tuple[str, ...] = ()
    independent_sources: int = 1
    published: tuple[date, ...] = ()
    current: bool = False


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


class NameCoverage(Contract):
    """A name of the question: the archive's other spellings of it that were searched for too, and how many articles
    mention it in any of them."""

    name: str
    spellings: tuple[str, ...]
    articles: int


class Coverage(Contract):
    """What the archive holds under the applied filters and `as_of`."""

    articles: int
    first_published: date | None
    last_published: date | None
    names: tuple[NameCoverage, ...] = ()


class MonthCount(Contract):
    """How many articles were published in a month, written 2017-11."""

    month: str
    articles: int


class CoverageByMonth(Contract):
    """When the matter was written about, whatever dates filter: the articles that mention all names of the question,
    or, if it has none, those of the passages found. As of `as_of`; months without articles are left out."""

    of: Literal["names", "passages"]
    months: tuple[MonthCount, ...]
    undated: int


class UnderstoodPeriod(Contract):
    """The time that the question's own words ask about, as days of publication, inclusive, None being open: reports
    follow events, so that "in May 2017" ends a few days into June.

    `use` is "filter" when only reports published then were searched, "prefer" when those were preferred; `relaxed`
    says that a filter found no answer, so that the search went on without it.
    """

    text: str
    first: date | None
    last: date | None
    use: Literal["filter", "prefer"]
    relaxed: bool = False


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
    period: UnderstoodPeriod | None = None
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
    coverage_by_month: CoverageByMonth | None = None


class Exchange(Contract):
    """An answered question that the next one may lean on: `question` as it was understood, the names in it, the words
    of its answer and the days of the first and last report of that: the first since something else was reported."""

    question: str = Field(max_length=2000)
    names: tuple[str, ...] = ()
    answer: str | None = None
    first_published: date | None = None
    last_published: date | None = None

    @classmethod
    def of(cls, response: AskResponse) -> Exchange:
        """What a response leaves for the next question to refer to."""
        answer = response.answer
        return cls(
            question=response.understood_as,
            names=tuple(named.name for named in response.coverage.names),
            answer=answer.text if answer else None,
            first_published=_last_run(response.timeline) or (answer.first_published if answer else None),
            last_published=answer.last_published if answer else None,
        )


def _last_run(timeline: tuple[TimelineEntry, ...]) -> date | None:
    """Since when the current answer has been reported, without days on which only others were."""
    current = next((entry.published for entry in timeline if entry.current), ())
    others = {day for entry in timeline for day in entry.published}.difference(current)
    over = max((day for day in others if current and day < current[-1]), default=date.min)
    return min((day for day in current if day > over), default=None)


class Ask(Contract):
    """A question as the caller puts it. `passages` is how many to return (1 to 50).

    `follows` is the exchange before it, to which "it", "there" or "before that" may refer.

    `ignore_period` leaves the time expressions of the question out of account, `exact_names` other spellings of its
    names; without `timeline` none is made, which takes less time.
    """

    question: str = Field(
        description="The question, of at most 2,000 characters.", json_schema_extra={"minLength": 1, "maxLength": 2000}
    )
    as_of: date | None = Field(
        default=None, description="Answer from the archive as it stood at the end of this day; today, if left out."
    )
    after: date | None = Field(default=None, description="Only articles published on this day or later.")
    before: date | None = Field(default=None, description="Only articles published on this day or earlier.")
    sources: tuple[str, ...] = Field(default=(), description="Only articles of these sources, by name.")
    languages: tuple[str, ...] = Field(default=(), description="Only articles in these languages, as the articles say.")
    chat_id: str | None = Field(default=None, description="The conversation that this question goes on with.")
    follows: Exchange | None = Field(
        default=None, description='The exchange before it, to which "it", "there" or "before that" may refer.'
    )
    passages: int = Field(default=20, ge=1, le=50, description="How many passages to return.")
    ignore_period: bool = Field(default=False, description="Leave the time expressions of the question out of account.")
    exact_names: bool = Field(
        default=False, description="Leave other spellings of the question's names out of account."
    )
    timeline: bool = Field(
        default=True, description="Whether to say what was answered over time and when it was written about."
    )
