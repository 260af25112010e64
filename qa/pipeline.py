"""QA: the one engine behind page, API, command line and bulk runs."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

from index.archive import Archive
from index.article import Selection, StoredArticle
from qa import assemble, same
from qa.answer import (
    ArchiveInfo,
    Ask,
    AskResponse,
    Coverage,
    CoverageByMonth,
    FoundPassage,
    MonthCount,
    NameCoverage,
    SearchResponse,
    TimelineEntry,
    UnderstoodPeriod,
)
from qa.assemble import Verdict
from qa.cite import Citer, named
from qa.corrections import mistaken
from qa.doubts import both, doubts
from qa.groups import Group, Scale, gather
from qa.naming import Naming, naming
from qa.question import Understood, understand
from qa.read import Reader, Span
from qa.retrieve import Found, Query, Retrieval, retrieve
from qa.timeline import timeline

# Passages that are read at most, and at least retrieved, whatever number is returned: the answer does not depend on it.
READ = 20
# Of these the best are read first; an answer that they make at least so likely stands. On RealTime QA's questions of
# July to December 2023 that settles 71 %, on earlier ones 82 %, with EM and F1 as if all were read (.353, .398); 99 %
# of the answers are the same.
READ_FIRST, SETTLED = 12, 0.1
# Passages read besides for the timeline, which also wants the reports that are old by now; of one month, at most.
HISTORY, A_MONTH = 10, 3


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
        """Answers in the order of the questions, a core each; each is what asking it alone would give."""
        if len(asks) < 2:
            return [self._answer(ask) for ask in asks]
        with ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="ask") as pool:
            return list(pool.map(self._answer, asks))

    def search(self, ask: Ask) -> SearchResponse:
        """Retrieval alone. Raises QuestionError, FilterError."""
        clock = _Clock()
        search = self._find(ask, clock)
        if not search.found and search.understood.can_relax:
            search = self._find(ask, clock, relaxed=True)
        return self._found(ask, search, clock)

    def find(self, ask: Ask) -> Search:
        """What is asked and the passages for it, as `ask` reads them. Raises QuestionError, FilterError."""
        return self._find(ask, _Clock())

    def read(self, search: Search) -> list[Span]:
        """The spans of all READ passages, each asked with the names as it spells them: what calibration goes by."""
        return self._read(search, range(min(READ, len(search.found))))

    def article(self, article_id: str) -> StoredArticle:
        """One article version. Raises NotFoundError."""
        return self.archive.article(article_id)

    def info(self) -> dict[str, Any]:
        """What the archive holds and which models answer, ready for JSON."""
        return {**self.archive.info(), "reader": self.reader.name}

    def steps(self, ask: Ask) -> Iterator[Step]:
        """What `ask` gives, as it becomes known: the passages (once more if the search goes on without the question's
        own dates), the answer without timeline, the whole. Raises QuestionError, FilterError."""
        clock = _Clock()
        search = self._find(ask, clock)
        yield Step("passages", self._found(ask, search, clock))
        reading, said = self._settle(search, clock)
        if not said.groups and search.understood.can_relax:
            search = self._find(ask, clock, relaxed=True)
            yield Step("passages", self._found(ask, search, clock))
            reading, said = self._settle(search, clock)
        answered = self._respond(ask, reading, said, clock)
        yield Step("answer", answered)
        if ask.timeline:
            with clock.time("timeline"):
                later = {"timeline": self._timeline(reading, said), "coverage_by_month": self._by_month(search)}
            answered = answered.model_copy(update={**later, "timings_ms": clock.timings()})
        yield Step("done", answered)

    def _answer(self, ask: Ask) -> AskResponse:
        *_, done = self.steps(ask)
        assert isinstance(done.response, AskResponse)
        return done.response

    def _found(self, ask: Ask, search: Search, clock: _Clock) -> SearchResponse:
        return SearchResponse(**self._common(ask, search, clock))

    def _respond(self, ask: Ask, reading: Reading, said: Verdict, clock: _Clock) -> AskResponse:
        with clock.time("cite"):
            answers = assemble.answers(said, reading.scale, self._citer(reading.search, said.groups, reading.scale))
        return AskResponse(
            **self._common(ask, reading.search, clock),
            understood_as=reading.search.understood.text,
            answer=answers[0] if answers else None,
            no_answer_probability=said.no_answer_probability,
            alternatives=tuple(answers[1:]),
            timeline=(),
        )

    def _settle(self, search: Search, clock: _Clock) -> tuple[Reading, Verdict]:
        """What the best passages say; the next ones, too, where these leave it in doubt."""
        whole = min(READ, len(search.found))
        first = min(READ_FIRST, whole) if self.reader.one_by_one else whole
        reading = self._read_on(Reading(search, [], Scale(search.found, self.reader.calibration), 0), first, clock)
        said = self._say(reading, clock)
        if first < whole and (not said.groups or 1.0 - said.no_answer_probability < SETTLED):
            reading = self._read_on(reading, whole, clock)
            said = self._say(reading, clock)
        return reading, said

    def _read_on(self, reading: Reading, last: int, clock: _Clock) -> Reading:
        """A reading of the first `last` passages, from one of fewer."""
        search = reading.search
        with clock.time("read"):
            more = self._read(search, range(reading.read, last))
        with clock.time("answer"):
            fresh = self.scale(search, more)
        return Reading(search, _best_first([*reading.spans, *more]), fresh.joined(reading.scale), last)

    def _say(self, reading: Reading, clock: _Clock) -> Verdict:
        with clock.time("answer"):
            spans, scale = self._about(reading), reading.scale
            groups = gather(spans, self.keys(reading.search, spans), scale.weights(spans), scale)
        return assemble.verdict(groups, self.reader.calibration)

    def _about(self, reading: Reading) -> list[Span]:
        """The spans that may be about who is asked about: none if no passage mentions anybody of the question, and of
        "the mayor of Paris" none in articles that never mention Paris."""
        search, scale = reading.search, reading.scale
        if search.naming.named and not any(scale.mentioned.values()):
            return []
        if not search.naming.asks_of_one:
            return reading.spans
        elsewhere = {search.found[s.passage].passage.article_id for s in reading.spans if not scale.named(s)}
        names = self.archive.evidence.names_of(sorted(elsewhere))
        mentioning = {one for one, told in names.items() if search.naming.mentioned("\n".join(told))}
        return [s for s in reading.spans if scale.named(s) or search.found[s.passage].passage.article_id in mentioning]

    def _timeline(self, reading: Reading, said: Verdict) -> tuple[TimelineEntry, ...]:
        """The answers over time, from the passages read and some older ones; the answer given keeps its key."""
        if not said.groups:
            return ()
        search, current = reading.search, said.groups[0]
        unread = range(reading.read, min(READ, len(search.found)))
        older = self._read(search, [*unread, *_history(search.found)])
        scale = reading.scale.joined(self.scale(search, older))
        # In passages that do not even mention who is asked about, the old news is of something else.
        spans = [*reading.spans, *older]
        given = {span for _, span in current.spans}
        about = [span for span in spans if scale.named(span) > 0 or span in given]
        keys = self.keys(search, about)
        renamed = {key: current.key for span, key in zip(about, keys, strict=True) if span in given}
        history = timeline(about, [renamed.get(key, key) for key in keys], scale, current.key)
        citer = self._citer(search, [sighted.group for sighted in history], scale)
        return tuple(assemble.entries(history, current.key, scale, citer))

    def _by_month(self, search: Search) -> CoverageByMonth:
        selection = replace(search.understood.selection, after=None, before=None)
        names = [one.forms for one in search.naming.named]
        browse = self.archive.browse
        if names:
            found = browse.months_mentioning(names, selection)
        else:
            found = browse.months_of({item.passage.article_id for item in search.found}, selection)
        months = tuple(MonthCount(month=one.month, articles=one.articles) for one in found.months)
        return CoverageByMonth(of="names" if names else "passages", months=months, undated=found.undated)

    def _citer(self, search: Search, groups: Iterable[Group], scale: Scale) -> Citer:
        chosen = [span for group in groups for span in assemble.cited(group, scale)]
        return Citer(self.archive, search.understood.selection, search.found, chosen)

    def scale(self, search: Search, spans: Sequence[Span]) -> Scale:
        """What these spans weigh."""
        understood = search.understood
        wrong = mistaken(spans, search.found, self.archive, understood.selection)
        left = both(wrong, doubts(understood, search.naming, spans, search.found))
        mentioned = {
            index: search.naming.mentioned(search.words(index)) for index in sorted({span.passage for span in spans})
        }
        return Scale(
            search.found,
            self.reader.calibration,
            of_the_past=understood.of_the_past,
            of_a_state=understood.of_a_state,
            of_an_office=understood.of_an_office,
            left=left,
            mentioned=mentioned,
        )

    def keys(self, search: Search, spans: Sequence[Span]) -> list[str]:
        """The key of each span; those with equal keys say the same."""
        passages = [search.found[span.passage].passage for span in spans]
        said = [
            (same.on_its_day(p.cut(span.start, span.end), p.published_day), p.article_id)
            for span, p in zip(spans, passages, strict=True)
        ]
        names = self.archive.evidence.names_of(sorted({article_id for _, article_id in said}))
        aliases = self.archive.evidence.aliases((text for text, _ in said), search.understood.selection)
        return same.keys(said, names, aliases)

    def _read(self, search: Search, which: Iterable[int]) -> list[Span]:
        """Spans of these passages; those that spell the names alike are read together."""
        asked: dict[str, list[int]] = {}
        for index in which:
            asked.setdefault(search.naming.question_for(search.words(index)), []).append(index)
        spans = []
        for question, indices in asked.items():
            read = self.reader.read(question, [search.found[index].passage for index in indices])
            spans += [replace(span, passage=indices[span.passage]) for span in read]
        return _best_first(spans)

    def _find(self, ask: Ask, clock: _Clock, *, relaxed: bool = False) -> Search:
        last = self.info()["last_published"]
        newest = date.fromisoformat(last) if last else None
        understood = understand(ask, self.archive.source_names(), self.archive.language_names(), newest)
        if relaxed:
            understood = understood.relax()
        selection = understood.selection
        with clock.time("names"):
            names = naming(understood.text, self.archive.evidence, selection, spell=not ask.exact_names)
        vector = None
        if self.knobs.dense_weight:
            with clock.time("embed"):
                vector = self.archive.encoder.encode_queries([understood.text])[0]
        query = Query(understood.text, vector, selection, understood.near, names.spellings, names.asked)
        with clock.time("retrieve"):
            found = retrieve(self.archive, query, self.knobs)
        with clock.time("coverage"):
            return Search(understood, names, found, self._coverage(names, selection))

    def _common(self, ask: Ask, search: Search, clock: _Clock) -> dict[str, Any]:
        understood = search.understood
        return {
            "question": ask.question,
            "as_of": understood.as_of,
            "filters": understood.filters,
            "period": _period(understood),
            "passages": tuple(_passage(item) for item in search.found[: ask.passages]),
            "coverage": search.coverage,
            "timings_ms": clock.timings(),
            "archive": ArchiveInfo(
                id=self.archive.id,
                version=self.archive.version,
                embedding_model=self.archive.model_name,
                reader=self.reader.name,
            ),
        }

    def _coverage(self, asked: Naming, selection: Selection) -> Coverage:
        articles, first, last = self.archive.coverage(selection)
        names = []
        for one in asked.named:
            number = self.archive.evidence.mentioning(one.forms, selection)
            names.append(NameCoverage(name=one.name, spellings=one.forms[1:], articles=number))
        return Coverage(articles=articles, first_published=first, last_published=last, names=tuple(names))


@dataclass(frozen=True, slots=True)
class Step:
    """What is known of an answer at some moment; `done` is the last."""

    name: Literal["passages", "answer", "done"]
    response: SearchResponse | AskResponse


@dataclass(frozen=True, slots=True)
class Search:
    """A question as understood, its names, all passages found for it, best first, and what the archive covers."""

    understood: Understood
    naming: Naming
    found: list[Found]
    coverage: Coverage

    def words(self, index: int) -> str:
        """The title and text of a passage."""
        passage = self.found[index].passage
        return f"{passage.title} {passage.text}"


@dataclass(frozen=True, slots=True)
class Reading:
    """A search, the spans that the reader found in the first `read` of its passages, and what they weigh."""

    search: Search
    spans: list[Span]
    scale: Scale
    read: int


def _best_first(spans: Iterable[Span]) -> list[Span]:
    return sorted(spans, key=lambda span: (-span.score, span.passage, span.start))


def _history(found: Sequence[Found]) -> list[int]:
    """The passages to read for the timeline besides the first READ: the best if time did not count, spread over it."""
    months: Counter[int | None] = Counter(_month(item) for item in found[:READ])
    chosen = []
    for index in sorted(range(READ, len(found)), key=lambda i: (-found[i].timeless, found[i].passage.id)):
        month = _month(found[index])
        if month is not None and months[month] < A_MONTH:
            months[month] += 1
            chosen.append(index)
    return chosen[:HISTORY]


def _month(item: Found) -> int | None:
    day = item.passage.published_day
    return day // 100 if day else None


def _period(understood: Understood) -> UnderstoodPeriod | None:
    found = understood.period
    if found is None:
        return None
    use: Literal["filter", "prefer"] = "prefer" if understood.relaxed else found.use
    return UnderstoodPeriod(text=found.text, first=found.first, last=found.last, use=use, relaxed=understood.relaxed)


class _Clock:
    """Milliseconds that a step took, all its turns together, by name, and in total since the clock was made."""

    def __init__(self) -> None:
        self._start = time.perf_counter()
        self._steps: dict[str, float] = {}

    @contextmanager
    def time(self, step: str) -> Iterator[None]:
        start = time.perf_counter()
        try:
            yield
        finally:
            self._steps[step] = self._steps.get(step, 0.0) + (time.perf_counter() - start) * 1000

    def timings(self) -> dict[str, float]:
        total = (time.perf_counter() - self._start) * 1000
        return {name: round(value, 2) for name, value in {**self._steps, "total": total}.items()}


def _passage(item: Found) -> FoundPassage:
    passage = item.passage
    return FoundPassage(
        **named(passage),
        text=passage.text,
        start=passage.start,
        end=passage.end,
        score=item.score,
        copies=item.copies,
    )
