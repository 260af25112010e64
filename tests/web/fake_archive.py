"""A made-up archive and an engine over it: deterministic, no model, offsets as true as the real engine's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import insert

from index import versions
from index.article import FOREVER, StoredArticle, day_number
from index.browse import Browse
from index.catalog import Catalog
from index.errors import FilterError, NotFoundError, QuestionError
from index.evidence import Evidence
from index.roll import Rolls
from index.tables import ArticleRow
from qa.answer import (
    Answer,
    ArchiveInfo,
    Ask,
    AskResponse,
    Citation,
    Coverage,
    EventDate,
    Filters,
    FoundPassage,
    SearchResponse,
    TimelineEntry,
    Words,
)
from qa.followup import in_full
from qa.pipeline import Step

HOSTILE = '<script>alert("x")</script> \u202egnorw si siht\u202c <img src=x onerror=alert(1)> & </p></main>'

STORIES = [
    (
        "harbour-1",
        "Harbour board hands the old ferry pier to Norvik Lines",
        "Sample Harbour Post",
        datetime(2017, 11, 3, 9, 30, tzinfo=UTC),
        "https://harbour-post.example/pier-norvik",
        "PORT ELLERY — The harbour board met on Friday.\n\n"
        "After a vote of six to one, the old ferry pier is now run by Norvik Lines, the board’s chair said. "
        "The company takes over on Monday.\n\nFishing crews said they had not been asked.",
        ("The old ferry pier", "Norvik Lines"),
    ),
    (
        "harbour-2",
        "Court returns ferry pier to the town of Ellery",
        "Demo Courier",
        datetime(2017, 11, 20, tzinfo=UTC),
        "javascript:alert(1)",
        "A judge ruled on Monday that the old ferry pier is run by the town of Ellery until a new tender is held.\n"
        "Norvik Lines said it would appeal.",
        ("the old ferry pier", "the town of Ellery"),
    ),
    (
        "hostile",
        "Title with <b>markup</b> \u202edlrow",
        "Sample <i>Wire</i>",
        None,
        None,
        HOSTILE + "\n" + "x" * 50_000 + "\n\nOne word more about pumpkins.",
        ("pumpkins", "pumpkins"),
    ),
]


# Who says so in the sentence of the answer, and the days that it speaks of, by article.
SPEAKERS = {"harbour-1": "the board’s chair"}
EVENTS = {"harbour-2": ("Monday", date(2017, 11, 20))}


def stored(story, newer=None, version=1) -> StoredArticle:
    key, title, source, published, url, text, _ = story
    day = day_number(published.date()) if published else 20171201
    return StoredArticle(
        id=key,
        version=version,
        title=title,
        text=text,
        url=url,
        source=source,
        published_at=published,
        date_precision="second" if published and published.hour else ("day" if published else None),
        authors=("A. Sampleson",) if published else (),
        language="en",
        metadata={"section": "Port", "odd": float("nan")},
        story=key,
        available_day=day,
        superseded_day=99991231,
        superseded_by=newer,
    )


class FakeArchive:
    """What pages and API look up by themselves, over a real catalog of these articles."""

    def __init__(self, articles: Iterable[StoredArticle]) -> None:
        self._temporary = TemporaryDirectory()
        self.folder = Path(self._temporary.name)
        self.catalog = Catalog.in_folder(self.folder)
        with self.catalog.writing() as connection:
            connection.execute(insert(ArticleRow), [self._row(article) for article in articles])
        self._rolls = rolls = Rolls(self.catalog.engine)
        self.evidence = Evidence(self.catalog.engine, rolls)
        self.browse = Browse(self.catalog.engine, self.folder, self.evidence, rolls)
        self.source_names = self.catalog.source_names

    def remove(self, wanted) -> int:
        ids = [article_id for name in wanted for article_id in self.catalog.find(name)]
        if not ids:
            raise NotFoundError(f"The archive holds no article {wanted[0]!r}; nothing was removed.")
        with self.catalog.writing() as connection:
            versions.set_state(connection, ids, "removing")
        self._rolls.forget()
        return len(ids)

    @staticmethod
    def _row(article: StoredArticle) -> dict:
        row = {field.name: getattr(article, field.name) for field in fields(article)}
        newer, published = row.pop("superseded_by"), article.published_at
        return row | {
            "base_id": newer or article.id,
            "digest": "",
            "state": "indexed",
            "published_at": published.replace(tzinfo=None) if published else None,
            "published_day": day_number(published.date()) if published else None,
            "superseded_day": article.available_day if newer else FOREVER,
            "authors": list(article.authors),
            "extra": row.pop("metadata"),
            "added_at": datetime(2017, 12, 1),
        }


class FakeQA:
    """Answers from `STORIES`: the words after the topic, newest story first."""

    def __init__(self, sample: bool = True) -> None:
        self.sample = sample
        self.articles = {story[0]: stored(story) for story in STORIES}
        self.articles["harbour-1"] = stored(STORIES[0], version=2)
        self.articles["harbour-0"] = stored(("harbour-0", *STORIES[0][1:]), newer="harbour-1")

    @cached_property
    def archive(self) -> FakeArchive:
        """Of the articles that there are when it is first asked for."""
        return FakeArchive(self.articles.values())

    def info(self):
        return {
            "id": "fake",
            "version": 7,
            "created_at": "2017-12-01T00:00:00+00:00",
            "articles": 3,
            "passages": 3,
            "pending": 0,
            "undated": 1,
            "first_published": "2017-11-03",
            "last_published": "2017-11-20",
            "sources": [{"source": story[2], "articles": 1} for story in STORIES],
            "languages": [{"language": "en", "articles": 3}],
            "embedding_model": "none",
            "weights": None,
            "chunking": {},
            "reader": "fake",
            "sample": self.sample,
        }

    def article(self, article_id: str) -> StoredArticle:
        if article_id not in self.articles:
            raise NotFoundError(f"The archive has no article {article_id!r}.")
        return self.articles[article_id]

    def search(self, ask: Ask) -> SearchResponse:
        found = self._matching(ask)
        days = [story[3].date() for story in found if story[3]]
        return SearchResponse(
            question=ask.question,
            as_of=ask.as_of,
            filters=Filters(after=ask.after, before=ask.before, sources=ask.sources),
            passages=tuple(self._passage(story) for story in found)[: ask.passages],
            coverage=Coverage(
                articles=len(found),
                first_published=min(days, default=None),
                last_published=max(days, default=None),
            ),
            timings_ms={"total": 1.0},
            archive=ArchiveInfo(id="fake", version=7, embedding_model="none", reader="fake"),
        )

    def steps(self, ask: Ask):
        yield Step("passages", self.search(ask))
        whole = self.ask(ask)
        yield Step("answer", whole.model_copy(update={"timeline": ()}))
        yield Step("done", whole)

    def ask(self, ask: Ask) -> AskResponse:
        found = self.search(ask)
        answers = [
            self._answer(story, 0.87 - 0.4 * i)
            for i, story in enumerate(s for s in self._matching(ask) if self._about(s, ask.question))
        ]
        best = answers[0] if answers else None
        if len(answers) > 1 and "further" in ask.question:
            both = answers[0].citations + answers[1].citations
            best, answers = Answer(**(dict(answers[0]) | {"citations": both, "independent_sources": 2})), answers[:1]
        return AskResponse(
            **dict(found),
            understood_as=in_full(ask.question, ask.follows, date(2017, 11, 25)) if ask.follows else ask.question,
            answer=best,
            no_answer_probability=0.1 if best else 0.9,
            alternatives=tuple(answers[1:]),
            timeline=tuple(
                TimelineEntry(
                    text=a.text,
                    first_published=a.first_published,
                    last_published=a.last_published,
                    citations=a.citations,
                    independent_sources=a.independent_sources,
                    published=(a.first_published,),
                    current=a is answers[0],
                )
                for a in reversed(answers)
                if ask.timeline and a.first_published  # undated reports take no part in it
            ),
        )

    @staticmethod
    def _about(story, question: str) -> bool:
        return story[6][0].lower().removeprefix("the old ") in question.lower()

    @staticmethod
    def _matching(ask: Ask):
        if not ask.question.strip():
            raise QuestionError("The question is empty. Ask something.", field="question")
        if len(ask.question) > 2000:
            raise QuestionError("The question has more than 2,000 characters. Shorten it.", field="question")
        if ask.after and ask.before and ask.after > ask.before:
            raise FilterError("after must not be later than before.", field="after")
        unknown = set(ask.sources) - {story[2] for story in STORIES}
        if unknown:
            raise FilterError(f"The archive has no source {min(unknown)!r}.", field="sources")
        last = min(day for day in (ask.as_of, ask.before, date.max) if day)
        found = [
            story
            for story in STORIES
            if (not ask.sources or story[2] in ask.sources)
            and (story[3] is None or (ask.after or date.min) <= story[3].date() <= last)
        ]
        return sorted(found, key=lambda story: (story[3] is None, -(story[3] or datetime.now(UTC)).timestamp()))

    @staticmethod
    def _passage(story) -> FoundPassage:
        key, title, source, published, url, text, _ = story
        end = min(len(text), 400)
        return FoundPassage(
            article_id=key,
            title=title,
            source=source,
            url=url,
            published_at=published,
            text=text[:end],
            start=0,
            end=end,
            score=0.5,
        )

    @staticmethod
    def _answer(story, confidence: float) -> Answer:
        key, title, source, published, url, text, (_, words) = story
        at = text.index(words)
        start = max(text.rfind("\n", 0, at) + 1, text.rfind(". ", 0, at) + 2 if ". " in text[:at] else 0)
        end = text.index(".", at) + 1
        quote = text[start:end]

        def place(said: str) -> dict:
            return {"text": said, "start": start + quote.index(said), "end": start + quote.index(said) + len(said)}

        speaker, event = SPEAKERS.get(key), EVENTS.get(key)
        citation = Citation(
            article_id=key,
            title=title,
            source=source,
            url=url,
            published_at=published,
            quote=quote,
            start=start,
            end=end,
            answer_start=at,
            answer_end=at + len(words),
            attributed_to=Words(**place(speaker)) if speaker else None,
            event_dates=(EventDate(**place(event[0]), first=event[1], last=event[1]),) if event else (),
        )
        day = published.date() if published else None
        return Answer(
            text=words,
            confidence=confidence,
            independent_sources=1,
            citations=(citation,),
            first_published=day,
            last_published=day,
        )
