"""QA: the one engine behind page, API, command line and bulk runs."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from index.archive import Archive
from index.article import StoredArticle
from qa import assemble
from qa.answer import ArchiveInfo, Ask, AskResponse, Coverage, FoundPassage, SearchResponse
from qa.question import Understood, asks_of_the_past, understand
from qa.read import Reader
from qa.retrieve import Found, Retrieval, retrieve

# Passages that are read, and at least retrieved, whatever number is returned: the answer does not depend on it.
READ = 20


class QA:
    """Answers questions over an archive. Safe to call from many threads."""

    def __init__(self, archive: Archive, reader: Reader, knobs: Retrieval | None = None) -> None:
        self.archive = archive
        self.reader = reader
        self.knobs = knobs or Retrieval()

    def ask(self, ask: Ask) -> AskResponse:
        """The answer to one question; `ask_many([ask])[0]`. Raises QuestionError, FilterError."""
        return self.ask_many([ask])[0]

    def ask_many(self, asks: Sequence[Ask]) -> list[AskResponse]:
        """Answers in the order of the questions; each is what asking it alone would give."""
        return [self._answer(ask) for ask in asks]

    def search(self, ask: Ask) -> SearchResponse:
        """Retrieval alone. Raises QuestionError, FilterError."""
        clock = _Clock()
        understood, found = self._find(ask, clock)
        return SearchResponse(**self._common(ask, understood, found, clock))

    def find(self, ask: Ask) -> tuple[Understood, list[Found]]:
        """What is asked and the passages for it, as `ask` reads them. Raises QuestionError, FilterError."""
        return self._find(ask, _Clock())

    def article(self, article_id: str) -> StoredArticle:
        """One article version. Raises NotFoundError."""
        return self.archive.article(article_id)

    def info(self) -> dict[str, Any]:
        """What the archive holds and which models answer, ready for JSON."""
        return {**self.archive.info(), "reader": self.reader.name}

    def _answer(self, ask: Ask) -> AskResponse:
        clock = _Clock()
        understood, found = self._find(ask, clock)
        with clock.time("read"):
            spans = self.reader.read(understood.text, [item.passage for item in found[:READ]])
        with clock.time("answer"):
            verdict = assemble.verdict(
                spans, found, self.reader.calibration, of_the_past=asks_of_the_past(understood.text)
            )
        return AskResponse(
            **self._common(ask, understood, found, clock),
            understood_as=understood.text,
            answer=verdict.answer,
            no_answer_probability=verdict.no_answer_probability,
            alternatives=verdict.alternatives,
            timeline=verdict.timeline,
        )

    def _find(self, ask: Ask, clock: _Clock) -> tuple[Understood, list[Found]]:
        understood = understand(ask, self.archive.source_names())
        vector = None
        if self.knobs.dense_weight:
            with clock.time("embed"):
                vector = self.archive.encoder.encode_queries([understood.text])[0]
        with clock.time("retrieve"):
            found = retrieve(
                self.archive, understood.text, vector, understood.selection, max(ask.passages, READ), self.knobs
            )
        return understood, found

    def _common(self, ask: Ask, understood: Understood, found: Sequence[Found], clock: _Clock) -> dict[str, Any]:
        articles, first, last = self.archive.coverage(understood.selection)
        return {
            "question": ask.question,
            "as_of": understood.as_of,
            "filters": understood.filters,
            "passages": tuple(_passage(item) for item in found[: ask.passages]),
            "coverage": Coverage(articles=articles, first_published=first, last_published=last),
            "timings_ms": clock.timings(),
            "archive": ArchiveInfo(
                id=self.archive.id,
                version=self.archive.version,
                embedding_model=self.archive.model_name,
                reader=self.reader.name,
            ),
        }


class _Clock:
    """Milliseconds a step took, by name, and in total since the clock was made."""

    def __init__(self) -> None:
        self._start = time.perf_counter()
        self._steps: dict[str, float] = {}

    @contextmanager
    def time(self, step: str) -> Iterator[None]:
        start = time.perf_counter()
        try:
            yield
        finally:
            self._steps[step] = (time.perf_counter() - start) * 1000

    def timings(self) -> dict[str, float]:
        total = (time.perf_counter() - self._start) * 1000
        return {name: round(value, 2) for name, value in {**self._steps, "total": total}.items()}


def _passage(item: Found) -> FoundPassage:
    passage = item.passage
    return FoundPassage(
        article_id=passage.article_id,
        title=passage.title,
        source=passage.source,
        url=passage.url,
        published_at=passage.published_at,
        text=passage.text,
        start=passage.start,
        end=passage.end,
        score=item.score,
        copies=item.copies,
    )
