"""What people said of answers and citations, kept in the store, and the question file that it makes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from secrets import token_hex
from typing import Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator
from sqlalchemy import delete, func, insert, select

from index.article import StoredArticle
from index.errors import FilterError, NotFoundError
from qa.answer import Ask
from web.store import FeedbackRow, Store, now, utc

Subject = Literal["answer", "citation"]
Verdict = Literal["right", "wrong"]

MAX_COMMENT_CHARS = 2000
# Longer than any answer; articles are not to be copied into the store by the megabyte.
MAX_SPAN_CHARS = 2000
# What of a question makes it another one in a question file, beside its words and its day.
FILTERS = ("after", "before", "sources", "languages")


class Span(BaseModel):
    """Words of an article, as half-open code-point offsets into its text."""

    model_config = ConfigDict(extra="forbid")

    article_id: str = Field(max_length=200)
    start: int = Field(ge=0, le=10**9)
    end: int = Field(ge=0, le=10**9)

    @field_validator("end")
    @classmethod
    def _in_order(cls, end: int, info: ValidationInfo) -> int:
        if end <= info.data.get("start", -1):
            raise ValueError("must be greater than start")
        return end


class Shown(BaseModel):
    """What was judged: the answer's words and where they stand. Both are null when it was that nothing answers."""

    model_config = ConfigDict(extra="forbid")

    text: str | None = Field(default=None, max_length=MAX_SPAN_CHARS)
    citation: Span | None = Field(
        default=None, description="Where the answer stands: `article_id`, `answer_start`, `answer_end` of its citation."
    )


class Judged(BaseModel):
    """A judgement as it is sent, but for the question."""

    model_config = ConfigDict(extra="forbid")

    subject: Subject = Field(description="What is judged: the answer, or one citation of it.")
    verdict: Verdict
    shown: Shown
    better: Span | None = Field(default=None, description="The words of an article that do answer the question.")
    comment: str = Field(default="", max_length=MAX_COMMENT_CHARS)


class FeedbackRequest(Judged):
    """A judgement, and the question that it belongs to."""

    asked: Ask


class Words(Span):
    """Words of an article, with their text."""

    text: str


class Feedback(BaseModel):
    """A judgement as it is kept. All texts are the articles' own."""

    id: str
    created_at: datetime
    asked: Ask
    subject: Subject
    verdict: Verdict
    text: str | None = Field(description="The answer that was judged; null when it was that nothing answers.")
    citation: Span | None
    better: Words | None
    comment: str


class Articles(Protocol):
    """Where the articles' words come from: the engine."""

    def article(self, article_id: str) -> StoredArticle:
        """One article version. Raises NotFoundError."""


class Judgements:
    """The judgements of a store."""

    def __init__(self, store: Store) -> None:
        self._engine = store.engine

    def add(self, asked: Ask, judged: Judged, articles: Articles) -> Feedback:
        """Keeps a judgement. Raises FilterError when its words are not the article's, NotFoundError for no article."""
        shown = judged.shown
        if shown.citation is None and (shown.text is not None or judged.subject == "citation"):
            raise FilterError("citation is missing: it says where the judged words stand.", field="shown.citation")
        text = _words(articles, shown.citation, "shown.citation") if shown.citation else None
        if shown.text not in (text, None):
            raise FilterError(
                f"The words there are {(text or '')[:60]!r}, not {(shown.text or '')[:60]!r}.", field="shown.text"
            )
        better = judged.better
        found = better and Words(**better.model_dump(), text=_words(articles, better, "better"))
        row = {
            "id": token_hex(8),
            "created_at": now(),
            "subject": judged.subject,
            "verdict": judged.verdict,
            "asked": asked.model_dump(mode="json", exclude={"chat_id", "follows"}, exclude_defaults=True),
            "shown": {"text": text, "citation": shown.citation and shown.citation.model_dump()},
            "better": found and found.model_dump(),
            "comment": judged.comment,
        }
        with self._engine.begin() as connection:
            connection.execute(insert(FeedbackRow), [row])
        return _feedback(row)

    def page(self, limit: int, offset: int = 0) -> tuple[list[Feedback], int]:
        """Judgements, the latest first, and how many there are in all."""
        query = select(FeedbackRow.__table__).order_by(FeedbackRow.created_at.desc(), FeedbackRow.id)
        with self._engine.connect() as connection:
            rows = connection.execute(query.limit(limit).offset(offset)).mappings().all()
            total = connection.scalar(select(func.count()).select_from(FeedbackRow)) or 0
        return [_feedback(row) for row in rows], total

    def delete(self, feedback_id: str) -> None:
        """Takes a judgement back. Raises NotFoundError."""
        with self._engine.begin() as connection:
            if not connection.execute(delete(FeedbackRow).where(FeedbackRow.id == feedback_id)).rowcount:
                raise NotFoundError(f"There is no feedback {feedback_id[:64]!r}.")

    def questions(self) -> Iterator[dict[str, Any]]:
        """The questions judged, each with what is right for it, as the lines of a file for `backissue evaluate`.

        Of contradictory judgements the latest counts. A question of which is known only what is wrong is left out.
        """
        known: dict[str, _Known] = {}
        query = select(FeedbackRow.__table__).order_by(FeedbackRow.created_at, FeedbackRow.id)
        with self._engine.connect() as connection:
            for row in connection.execute(query).mappings():
                one = _feedback(row)
                question = _question(one.asked)
                known.setdefault(question["id"], _Known(question)).learn(one)
        for one_known in known.values():
            yield from one_known.lines()


class _Known:
    """What judgements say of one question, told in the order in which they were made."""

    def __init__(self, question: dict[str, Any]) -> None:
        self._question = question
        self._answers: dict[str, None] = {}
        self._unanswerable = False

    def learn(self, one: Feedback) -> None:
        if one.subject == "answer":
            right = one.verdict == "right"
            if one.text is None:
                self._unanswerable = right
                if right:
                    self._answers.clear()
            elif right:
                self._accept(one.text)
            else:
                self._answers.pop(one.text, None)
        if one.better:
            self._accept(one.better.text)

    def lines(self) -> Iterator[dict[str, Any]]:
        if self._unanswerable:
            yield {**self._question, "answerable": False}
        elif self._answers:
            yield {**self._question, "answers": list(self._answers)}

    def _accept(self, text: str) -> None:
        self._answers[text] = None
        self._unanswerable = False


def _question(asked: Ask) -> dict[str, Any]:
    """A question's line, less what is right. Its id stays the same from one export to the next."""
    given = asked.model_dump(mode="json", exclude_defaults=True)
    filters = {name: given[name] for name in FILTERS if given.get(name)}
    line = {"question": asked.question, **({"as_of": given["as_of"]} if given.get("as_of") else {})}
    line |= {"filters": filters} if filters else {}
    return {"id": sha256(repr(sorted(line.items())).encode()).hexdigest()[:16], **line}


def _words(articles: Articles, span: Span, field: str) -> str:
    text = articles.article(span.article_id).text
    if span.end > len(text):
        raise FilterError(f"The article has {len(text):,} characters; {field} ends at {span.end:,}.", field=field)
    if span.end - span.start > MAX_SPAN_CHARS:
        raise FilterError(f"{field} has over {MAX_SPAN_CHARS:,} characters. Choose fewer words.", field=field)
    return text[span.start : span.end]


def _feedback(row: Any) -> Feedback:
    return Feedback(
        id=row["id"],
        created_at=utc(row["created_at"]),
        asked=Ask.model_validate(row["asked"]),
        subject=row["subject"],
        verdict=row["verdict"],
        text=row["shown"]["text"],
        citation=row["shown"]["citation"],
        better=row["better"],
        comment=row["comment"],
    )
