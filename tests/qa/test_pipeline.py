"""The one engine over real archives of made-up articles: what must always hold of an answer."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from qa_fakes import (
    HARBOUR,
    Record,
    WordsReader,
    add,
    all_answers,
    all_citations,
    assert_offsets_hold,
    engine,
    log_odds,
    open_archive,
    without_timings,
)

from index.archive import Archive
from index.article import StoredPassage
from index.chunk import Chunking
from index.errors import FilterError, NotFoundError, QuestionError
from qa.answer import Ask, AskResponse, Coverage, Exchange, Filters, NameCoverage
from qa.pipeline import QA, READ, READ_FIRST
from qa.read import Span
from qa.retrieve import Retrieval

QUESTIONS = (
    "Who runs the old ferry pier?",
    "Who won the autumn regatta?",
    "What won first prize at the Ellery show? 🎃",
    "café owners",
    "Who is the archbishop of Zanzibar?",
)


@pytest.fixture(scope="module")
def harbour(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    with open_archive(tmp_path_factory.mktemp("harbour"), HARBOUR) as archive:
        yield archive


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Archive]:
    with open_archive(tmp_path) as archive:
        yield archive


def asked(archive: Archive, question: str, **fields: Any) -> AskResponse:
    return engine(archive).ask(Ask(question=question, **fields))


# --- answers


def test_the_answer_changes_with_the_day(harbour: Archive) -> None:
    question = "Who runs the old ferry pier?"
    for day, runs in (("2017-11-10", "Norvik Lines runs"), ("2017-11-25", "The town of Ellery runs")):
        response = asked(harbour, question, as_of=day)
        assert response.answer is not None
        assert response.answer.text.startswith(runs)
        assert response.answer.citations[0].quote == response.answer.text


def test_before_the_first_article_there_is_no_answer(harbour: Archive) -> None:
    response = asked(harbour, "Who runs the old ferry pier?", as_of="2017-11-02")
    assert response.answer is None
    assert (response.passages, response.alternatives, response.timeline) == ((), (), ())
    assert response.no_answer_probability == 1.0
    assert response.coverage.articles == 0
    assert response.coverage.first_published is response.coverage.last_published is None


def test_a_reader_that_finds_nothing_gives_no_answer_but_the_passages(harbour: Archive) -> None:
    response = QA(harbour, WordsReader("no such words")).ask(Ask(question=QUESTIONS[0]))
    assert response.answer is None
    assert response.no_answer_probability == 1.0
    assert response.passages


def test_an_unlikely_span_is_no_answer(harbour: Archive) -> None:
    response = QA(harbour, WordsReader("Gulls", probability=1e-6)).ask(Ask(question=QUESTIONS[1]))
    assert response.answer is None
    assert response.no_answer_probability > 0.9


@pytest.mark.parametrize("question", QUESTIONS)
def test_offsets_hold(harbour: Archive, question: str) -> None:
    response = asked(harbour, question)
    assert response.passages
    assert_offsets_hold(harbour, response)


def test_offsets_count_code_points_after_an_emoji(harbour: Archive) -> None:
    response = QA(harbour, WordsReader("Café owners")).ask(Ask(question="Who cheered?"))
    assert response.answer is not None
    assert response.answer.text == "Café owners"
    assert_offsets_hold(harbour, response)


def test_the_response_says_what_was_asked_and_of_what(harbour: Archive) -> None:
    response = asked(harbour, "  Who   runs the pier?", as_of="2017-11-25")
    assert response.question == "  Who   runs the pier?"
    assert response.understood_as == "Who runs the pier?"
    assert response.as_of == date(2017, 11, 25)
    assert (response.archive.id, response.archive.version) == (harbour.id, harbour.version)
    assert response.archive.embedding_model == harbour.encoder.name
    assert harbour.encoder.name in response.archive.reader
    assert response.timings_ms["total"] >= max(response.timings_ms[name] for name in ("embed", "retrieve", "read"))


def test_as_of_defaults_to_today(harbour: Archive) -> None:
    before = datetime.now(UTC).date()
    assert before <= (asked(harbour, "pier").as_of or date.min) <= datetime.now(UTC).date()


def test_filters_are_echoed_as_applied(harbour: Archive) -> None:
    response = asked(
        harbour,
        "pier",
        after="2017-11-03",
        before="2017-11-20",
        as_of="2017-12-01",
        sources=("Harbour Post", "Demo Courier", "Harbour Post"),
    )
    assert response.filters == Filters(
        after=date(2017, 11, 3), before=date(2017, 11, 20), sources=("Demo Courier", "Harbour Post")
    )
    assert asked(harbour, "pier").filters == Filters()


@pytest.mark.parametrize(
    ("filters", "titles"),
    [
        ({"sources": ("Demo Courier",)}, {"Court gives the pier back", "Pumpkin of two hundred kilograms"}),
        ({"after": "2017-11-12"}, {"Court gives the pier back", "Gulls win the regatta"}),
        ({"before": "2017-11-12"}, {"Norvik Lines takes over the ferry pier", "Gulls win the regatta"}),
        ({"after": "2017-11-12", "before": "2017-11-12"}, {"Gulls win the regatta"}),
        ({"after": "2017-11-13", "before": "2017-11-19"}, set()),
        ({"sources": ("Harbour Post",), "as_of": "2017-11-11"}, {"Norvik Lines takes over the ferry pier"}),
    ],
)
def test_nothing_outside_the_filters_comes_back(harbour: Archive, filters: dict[str, Any], titles: set[str]) -> None:
    response = asked(harbour, "Who won: the pier, the regatta, the pumpkin of Ellery?", **filters)
    assert {passage.title for passage in response.passages} == titles
    assert {citation.title for citation in all_citations(response)} <= titles
    assert response.coverage.articles == len(titles)


def test_search_finds_what_ask_reads(harbour: Archive) -> None:
    ask = Ask(question=QUESTIONS[0], as_of=date(2017, 11, 25), passages=2)
    found, answered = engine(harbour).search(ask), engine(harbour).ask(ask)
    assert found.passages == answered.passages
    assert len(found.passages) == 2
    assert found.coverage == answered.coverage


# --- one engine


def test_asking_one_by_one_is_asking_many(harbour: Archive) -> None:
    asks = [Ask(question=question, as_of=day) for question in QUESTIONS for day in (None, date(2017, 11, 10))]
    many = engine(harbour).ask_many(asks)
    assert [without_timings(response) for response in many] == [
        without_timings(engine(harbour).ask(ask)) for ask in asks
    ]
    assert engine(harbour).ask_many([]) == []


def test_neighbours_do_not_change_an_answer(harbour: Archive) -> None:
    asks = [Ask(question=question) for question in QUESTIONS]
    forwards = engine(harbour).ask_many(asks)
    backwards = engine(harbour).ask_many(asks[::-1])[::-1]
    assert [without_timings(response) for response in forwards] == [without_timings(response) for response in backwards]


def test_threads_give_the_same_answers(harbour: Archive) -> None:
    qa = engine(harbour)
    asks = [Ask(question=question) for question in QUESTIONS * 4]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(qa.ask, asks))
    assert [without_timings(one) for one in together] == [without_timings(one) for one in qa.ask_many(asks)]


def test_reopening_gives_the_same_answers(tmp_path: Path) -> None:
    with open_archive(tmp_path, HARBOUR) as archive:
        before = [without_timings(asked(archive, question)) for question in QUESTIONS]
    with open_archive(tmp_path) as archive:
        assert [without_timings(asked(archive, question)) for question in QUESTIONS] == before


def test_the_answer_does_not_depend_on_how_many_passages_are_returned(harbour: Archive) -> None:
    one, twenty, fifty = (asked(harbour, QUESTIONS[0], passages=number) for number in (1, 20, 50))
    assert one.answer == twenty.answer == fifty.answer
    assert one.alternatives == twenty.alternatives == fifty.alternatives
    assert one.passages == twenty.passages[:1]


REPORT = (
    "The harbour board of Port Ellery voted six to one on Friday to hand the old ferry pier to Norvik Lines. "
    "The company takes over on Monday and keeps all forty workers, the chair of the board said after the vote."
)


def copy(number: int, **fields: str) -> Record:
    paper = {"id": f"paper-{number:02}", "title": "Pier handed over", "text": REPORT, "published": "2017-11-03"}
    return {**paper, "source": f"Paper {number:02}", **fields}


def test_copies_do_not_make_the_answer_depend_on_how_many_passages_are_returned(tmp_path: Path) -> None:
    other = {
        "id": "other",
        "title": "Gulls win",
        "text": "The Gulls won the autumn regatta off the old ferry pier of Port Ellery by two lengths.",
        "published": "2017-11-03",
    }
    with open_archive(tmp_path, [*(copy(i) for i in range(45)), other]) as archive:
        twenty, fifty = (asked(archive, "Norvik Lines old ferry pier vote", passages=n) for n in (20, 50))
        assert (twenty.answer, twenty.alternatives) == (fifty.answer, fifty.alternatives)
        assert twenty.passages == fifty.passages[:20]


def test_copies_are_one_passage_and_one_independent_source(tmp_path: Path) -> None:
    records = [copy(1), copy(2), copy(3, title="Norvik gets the pier"), HARBOUR[2]]
    with open_archive(tmp_path, records) as archive:
        response = QA(archive, WordsReader("Norvik Lines")).ask(Ask(question="Who runs the ferry pier?"))
        (reports,) = [passage for passage in response.passages if passage.text == REPORT]
        assert len({reports.article_id, *reports.copies}) == 3
        assert all(archive.article(article_id).text == REPORT for article_id in reports.copies)
        assert response.answer is not None
        assert response.answer.independent_sources == 1


def test_two_stories_are_two_independent_sources(harbour: Archive) -> None:
    response = QA(harbour, WordsReader("Norvik Lines")).ask(Ask(question="Who runs the ferry pier?"))
    assert response.answer is not None
    assert response.answer.independent_sources == 2
    assert {citation.source for citation in response.answer.citations} == {"Harbour Post", "Demo Courier"}


# --- the time in a question


def test_the_dates_of_a_question_filter_and_are_shown_as_understood(harbour: Archive) -> None:
    response = asked(harbour, "Who ran the old ferry pier on 20 November 2017?", as_of="2017-12-01")
    period = response.period
    assert period is not None
    assert (period.text, period.use, period.relaxed) == ("on 20 November 2017", "filter", False)
    assert period.first == date(2017, 11, 20)
    assert response.filters == Filters(after=period.first, before=period.last)
    assert {passage.title for passage in response.passages} == {"Court gives the pier back"}
    assert response.coverage.articles == 1


def test_what_was_understood_of_time_can_be_ignored(harbour: Archive) -> None:
    question = "Who ran the old ferry pier on 20 November 2017?"
    response = asked(harbour, question, as_of="2017-12-01", ignore_period=True)
    assert (response.period, response.filters) == (None, Filters())
    assert len(response.passages) == response.coverage.articles == 3


def test_dates_that_nothing_answers_are_only_preferred(harbour: Archive) -> None:
    question = "Who ran the old ferry pier in March 2016?"
    ask = Ask(question=question, as_of=date(2017, 12, 1), sources=("Harbour Post",))
    qa = QA(harbour, WordsReader("Norvik Lines"))
    response = qa.ask(ask)
    assert response.answer is not None
    assert response.period is not None
    assert (response.period.text, response.period.first) == ("in March 2016", date(2016, 3, 1))
    assert (response.period.use, response.period.relaxed) == ("prefer", True)
    assert response.filters == Filters(sources=("Harbour Post",))
    assert response.coverage.articles == 2
    found = qa.search(ask)
    assert (found.period, found.filters, found.passages) == (response.period, response.filters, response.passages)


def test_the_callers_dates_go_before_those_of_the_question(harbour: Archive) -> None:
    question = "Who ran the old ferry pier on 20 November 2017?"
    response = asked(harbour, question, as_of="2017-12-01", before="2017-11-12")
    assert response.period is not None
    assert (response.period.use, response.period.relaxed) == ("prefer", False)
    assert response.filters == Filters(before=date(2017, 11, 12))
    assert {passage.title for passage in response.passages} == {
        "Norvik Lines takes over the ferry pier",
        "Gulls win the regatta",
    }


def test_a_vague_time_is_preferred_and_filters_nothing(harbour: Archive) -> None:
    response = asked(harbour, "Who won the autumn regatta last week?", as_of="2017-11-20")
    period = response.period
    assert period is not None
    assert (period.text, period.use, period.relaxed) == ("last week", "prefer", False)
    assert period.first is not None
    assert period.last is not None
    assert period.first <= date(2017, 11, 17) <= period.last <= date(2017, 11, 20)
    assert response.filters == Filters()
    assert response.coverage.articles == 3


def test_a_question_without_a_time_has_no_period(harbour: Archive) -> None:
    assert asked(harbour, "Who runs the old ferry pier?").period is None


# --- names, and answers over time


class NamesReader(WordsReader):
    """A `WordsReader` that finds the first of its phrases that a passage has, as likely in each."""

    def read(self, question: str, passages: Sequence[StoredPassage]) -> list[Span]:
        spans = []
        for rank, passage in enumerate(passages):
            phrase = next((phrase for phrase in self.phrases if phrase in passage.text), None)
            if phrase:
                start = passage.start + passage.text.index(phrase)
                score = log_odds(self.probability)
                spans.append(Span(rank, start, start + len(phrase), passage.start, passage.end, score))
        return spans


def report(number: int, text: str, day: str, **fields: str) -> Record:
    record = {"id": f"r{number}", "title": f"Report {number}", "text": text, "published": day}
    return {**record, "source": f"Paper {number}", **fields}


SPELLED = (
    report(1, "ISIS holds Albu Kamal, a monitoring group said.", "2017-11-01"),
    report(2, "The army took Al-Bukamal from ISIS, a general said.", "2017-11-09"),
)


def test_a_name_is_found_in_other_spellings_and_the_answer_says_in_which(tmp_path: Path) -> None:
    with open_archive(tmp_path, SPELLED) as archive:
        qa = QA(archive, WordsReader("army"), Retrieval(dense_weight=0))
        question = {"question": "Who took Albu Kamal?", "as_of": "2017-12-01"}
        spelled = qa.ask(Ask.model_validate(question))
        assert spelled.coverage.names == (NameCoverage(name="Albu Kamal", spellings=("Al-Bukamal",), articles=2),)
        assert {passage.title for passage in spelled.passages} == {"Report 1", "Report 2"}
        exact = qa.ask(Ask.model_validate({**question, "exact_names": True}))
        assert exact.coverage.names == (NameCoverage(name="Albu Kamal", spellings=(), articles=1),)
        early = qa.ask(Ask.model_validate({**question, "as_of": "2017-11-08"}))
        assert early.coverage.names == (NameCoverage(name="Albu Kamal", spellings=(), articles=1),)


def test_the_reader_is_asked_with_the_names_as_each_passage_spells_them(tmp_path: Path) -> None:
    class Asked(WordsReader):
        def read(self, question: str, passages: Sequence[StoredPassage]) -> list[Span]:
            asked.extend((passage.title, question) for passage in passages)
            return super().read(question, passages)

    asked: list[tuple[str, str]] = []
    with open_archive(tmp_path, SPELLED) as archive:
        response = QA(archive, Asked("ISIS")).ask(Ask(question="Who holds Albu Kamal?", as_of=date(2017, 12, 1)))
        assert set(asked) == {("Report 1", "Who holds Albu Kamal?"), ("Report 2", "Who holds Al-Bukamal?")}
        assert response.understood_as == "Who holds Albu Kamal?"
        assert_offsets_hold(archive, response)


def test_answers_over_time_are_told_apart_in_order_and_the_answer_given_is_the_current_one(tmp_path: Path) -> None:
    with open_archive(tmp_path, SPELLED) as archive:
        qa = QA(archive, NamesReader("army", "ISIS"))
        response = qa.ask(Ask(question="Who holds Albu Kamal?", as_of=date(2017, 12, 1)))
        assert response.answer is not None
        assert response.answer.text == "army"
        assert [(entry.text, entry.first_published, entry.current) for entry in response.timeline] == [
            ("ISIS", date(2017, 11, 1), False),
            ("army", date(2017, 11, 9), True),
        ]
        assert response.timeline[1].citations == response.answer.citations
        assert_offsets_hold(archive, response)


def test_without_a_timeline_all_else_is_the_same(harbour: Archive) -> None:
    for question in QUESTIONS:
        told, untold = asked(harbour, question), asked(harbour, question, timeline=False)
        assert untold.timeline == ()
        assert untold.coverage_by_month is None
        added = {"timeline": told.timeline, "coverage_by_month": told.coverage_by_month}
        assert without_timings(untold.model_copy(update=added)) == without_timings(told)


def test_coverage_by_month_is_of_the_names_whatever_dates_filter(tmp_path: Path) -> None:
    news = [
        {"id": "1", "title": "A", "text": "Albu Kamal was quiet.", "published": "2017-10-03"},
        {"id": "2", "title": "B", "text": "The army entered Albu Kamal.", "published": "2017-11-09"},
        {"id": "3", "title": "C", "text": "The army left Albu Kamal.", "published": "2017-11-11"},
        {"id": "4", "title": "D", "text": "The army is in Raqqa.", "published": "2017-11-11"},
        {"id": "5", "title": "E", "text": "The army is in Albu Kamal.", "published": "2017-12-11"},
    ]
    with open_archive(tmp_path, news) as archive:
        found = asked(archive, "Who entered Albu Kamal?", as_of="2017-11-30", after="2017-11-01").coverage_by_month
        assert found is not None
        assert found.of == "names"
        assert [(one.month, one.articles) for one in found.months] == [("2017-10", 1), ("2017-11", 2)]
        nameless = asked(archive, "Where is the army?", as_of="2017-11-10").coverage_by_month
        assert nameless is not None
        assert (nameless.of, [one.month for one in nameless.months]) == ("passages", ["2017-10", "2017-11"])


def test_the_timeline_reads_on_where_the_answer_does_not(tmp_path: Path) -> None:
    news = [
        report(i, f"The army leads in Iraq{' now' * i}, paper {i} said of town{i} and hill{i}.", f"2017-11-{i + 1:02}")
        for i in range(READ + 2)
    ]
    old = report(99, "ISIS leads in Iraq, it was said.", "2014-06-10")
    with open_archive(tmp_path, [*news, old]) as archive:
        qa = QA(archive, NamesReader("army", "ISIS"))
        response = qa.ask(Ask(question="Who leads in Iraq?", as_of=date(2018, 1, 1), passages=50))
        assert "Report 99" in [passage.title for passage in response.passages[READ:]]
        assert response.alternatives == ()
        assert [(entry.text, entry.current) for entry in response.timeline] == [("ISIS", False), ("army", True)]
        assert_offsets_hold(archive, response)


class Sure(WordsReader):
    """As sure of every passage as it is told to be of the first ones, or of those that come after."""

    def __init__(self, first: float, later: float) -> None:
        super().__init__("army")
        self.first, self.later = first, later
        self.calls: list[list[str]] = []

    def read(self, question: str, passages: Sequence[StoredPassage]) -> list[Span]:
        self.probability = self.later if self.calls else self.first
        self.calls.append([passage.title for passage in passages])
        return super().read(question, passages)


def leaders(number: int) -> list[Record]:
    return [report(i, f"The army of town{i} leads in Iraq.", f"2017-11-{i % 28 + 1:02}") for i in range(number)]


@pytest.mark.parametrize(
    ("first", "later", "threshold", "calls"),
    [
        pytest.param(0.9, 0.9, 0.15, [READ_FIRST], id="settled"),
        pytest.param(1e-3, 0.9, 0.15, [READ_FIRST, READ - READ_FIRST], id="in doubt"),
        pytest.param(1e-3, 1e-3, 0.15, [READ_FIRST, READ - READ_FIRST], id="to no avail"),
        pytest.param(0.1, 0.9, 0.5, [READ_FIRST, READ - READ_FIRST], id="too little for this reader"),
    ],
)
def test_the_next_passages_are_read_where_the_first_leave_doubt(
    tmp_path: Path, first: float, later: float, threshold: float, calls: list[int]
) -> None:
    reader = Sure(first, later)
    reader.calibration = replace(reader.calibration, threshold=threshold)
    with open_archive(tmp_path, leaders(READ + 9)) as archive:
        qa = QA(archive, reader, Retrieval(dense_weight=0))
        response = qa.ask(Ask(question="Who leads in Iraq?", as_of=date(2018, 1, 1), timeline=False))
    assert list(map(len, reader.calls)) == calls
    assert len({title for call in reader.calls for title in call}) == sum(calls)
    assert (response.answer is not None) == (later == 0.9)


def test_a_reader_that_compares_what_it_reads_reads_all_at_once(tmp_path: Path) -> None:
    reader = Sure(0.9, 0.9)
    reader.one_by_one = False
    with open_archive(tmp_path, leaders(READ + 9)) as archive:
        QA(archive, reader, Retrieval(dense_weight=0)).ask(Ask(question="Who leads in Iraq?", timeline=False))
    assert list(map(len, reader.calls)) == [READ]


@pytest.mark.parametrize("number", [1, READ_FIRST - 1, READ_FIRST])
def test_where_there_are_no_more_passages_none_are_read_again(tmp_path: Path, number: int) -> None:
    reader = Sure(1e-3, 0.9)
    with open_archive(tmp_path, leaders(number)) as archive:
        response = QA(archive, reader, Retrieval(dense_weight=0)).ask(Ask(question="Who leads?", timeline=False))
    assert list(map(len, reader.calls)) == [number]
    assert response.answer is None


@pytest.mark.parametrize("about", ["leads Iraq", "leads the country"])
def test_the_answer_is_current_whatever_else_the_timeline_has_read(tmp_path: Path, about: str) -> None:
    """A full name in a passage that only one of the two reads must not make two answers of one."""
    records = [
        report(1, "Abadi leads Iraq, officials said there of Haider al-Abadi.", "2017-11-03"),
        report(2, f"Haider al-Abadi {about}, a paper wrote on the day.", "2017-11-05"),
    ]
    with open_archive(tmp_path, records) as archive:
        qa = QA(archive, NamesReader("Haider al-Abadi", "Abadi"))
        response = qa.ask(Ask(question="Who leads Iraq?", as_of=date(2018, 1, 1)))
        assert response.answer is not None
        assert response.alternatives == ()
        assert [entry.current for entry in response.timeline] == [True]


# --- refusals


@pytest.mark.parametrize("question", ["", " ", "?!", "🐟", "\x00\x07", "w" * 10_000])
@pytest.mark.parametrize("method", ["ask", "search"])
def test_what_is_no_question_is_refused(harbour: Archive, question: str, method: str) -> None:
    with pytest.raises(QuestionError):
        getattr(engine(harbour), method)(Ask(question=question))


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"sources": ("Harbor Post",)}, "sources"),
        ({"after": "2017-11-09", "before": "2017-11-03"}, "after"),
        ({"as_of": date.min}, "as_of"),
        ({"as_of": date.max}, "as_of"),
        ({"after": "2017-11-09", "as_of": "2017-11-03"}, "after"),
    ],
)
def test_impossible_filters_are_refused(harbour: Archive, fields: dict[str, Any], field: str) -> None:
    with pytest.raises(FilterError) as raised:
        asked(harbour, "pier", **fields)
    assert raised.value.field == field


@pytest.mark.parametrize("question", ["pier AND OR NOT", 'title:"pier" +(-', "pier*~2^9", "NULL", "' OR 1=1 --", "%_"])
def test_query_syntax_is_only_words(harbour: Archive, question: str) -> None:
    if any(character.isalnum() for character in question):
        assert_offsets_hold(harbour, asked(harbour, question))
    else:
        with pytest.raises(QuestionError):
            asked(harbour, question)


def test_unknown_articles_are_refused(harbour: Archive) -> None:
    with pytest.raises(NotFoundError, match="'nope'"):
        engine(harbour).article("nope")


# --- an empty archive


def test_an_empty_archive_answers_nothing_and_says_so(empty: Archive) -> None:
    response = asked(empty, "Who holds Albu Kamal?")
    assert response.answer is None
    assert response.no_answer_probability == 1.0
    assert (response.passages, response.alternatives, response.timeline) == ((), (), ())
    assert response.coverage == Coverage(
        articles=0,
        first_published=None,
        last_published=None,
        names=(NameCoverage(name="Albu Kamal", spellings=(), articles=0),),
    )


def test_an_archive_that_has_been_emptied_answers_nothing(empty: Archive) -> None:
    add(empty, HARBOUR[:1])
    assert asked(empty, "ferry pier").passages
    empty.remove(["https://harbour-post.example/pier-1"])
    response = asked(empty, "ferry pier")
    assert (response.answer, response.passages, response.coverage.articles) == (None, (), 0)
    with pytest.raises(FilterError):
        asked(empty, "ferry pier", sources=("Harbour Post",))


# --- versions


def test_a_correction_counts_from_its_day_on_and_old_citations_stay_true(tmp_path: Path) -> None:
    wrong = {**HARBOUR[2], "text": "The Terns won the autumn regatta by two lengths, ahead of the Gulls."}
    right = {**HARBOUR[2], "updated": "2017-11-15"}
    reader = WordsReader("The Terns", "The Gulls")
    with open_archive(tmp_path, [wrong]) as archive:
        before = QA(archive, reader).ask(Ask(question="Who won the regatta?"))
        add(archive, [right])
        after = QA(archive, reader).ask(Ask(question="Who won the regatta?"))
        then = QA(archive, reader).ask(Ask(question="Who won the regatta?", as_of=date(2017, 11, 14)))
        assert before.answer is not None
        assert after.answer is not None
        assert then.answer is not None
        assert before.answer.text == then.answer.text == "The Terns"
        assert after.answer.text == "The Gulls"
        assert after.coverage.articles == then.coverage.articles == 1
        changed = [
            [citation.changed_later for citation in r.answer.citations] for r in (before, after, then) if r.answer
        ]
        assert changed == [[False], [False], [True]]
        for response in (before, after, then):
            assert_offsets_hold(archive, response)


# --- nothing later leaks in

NOUNS = ("ferry", "pier", "regatta", "pumpkin", "storm", "bridge", "mayor", "court", "school", "tunnel", "museum")
NAMES = ("Norvik", "Ellery", "Tollen", "Castor", "Verrin", "Abel", "Quill", "Marsh", "Doone", "Halley")
FIRST = date(2016, 12, 20)


def random_records(seed: int, number: int = 40) -> list[Record]:
    """Articles of 2016 to 2017 about few things, so that they compete; some are copies, one in ten is undated."""
    draw = random.Random(seed)
    records: list[dict[str, Any]] = []
    for i in range(number):
        sentences = [
            f"{draw.choice(NAMES)} of {draw.choice(NAMES)} opened the {draw.choice(NOUNS)} near the "
            f"{draw.choice(NOUNS)} on day {draw.randrange(99)} — “{draw.choice(NAMES)}’s {draw.choice(NOUNS)}” 🐟."
            for _ in range(draw.randrange(1, 9))
        ]
        record: dict[str, Any] = {
            "id": f"{seed}-{i}",
            "title": f"{draw.choice(NOUNS)} {i}",
            "text": "\n\n".join(sentences),
            "source": draw.choice(["Post", "Courier", "Wire"]),
            "published": (FIRST + timedelta(draw.randrange(40))).isoformat(),
        }
        if records and draw.random() < 0.25:
            record["text"] = draw.choice(records)["text"]
        if draw.random() < 0.1:
            del record["published"]
        records.append(record)
    return records


def revised(records: list[Record], seed: int) -> list[Record]:
    """Some of the records with other words, available later."""
    draw = random.Random(seed)
    some = draw.sample([record for record in records if "published" in record], 6)
    return [
        {
            **record,
            "text": f"Corrected: {record['text']}",
            "updated": (date.fromisoformat(record["published"]) + timedelta(draw.randrange(12))).isoformat(),
        }
        for record in some
    ]


@pytest.mark.parametrize("seed", [1, 2])
def test_nothing_later_than_as_of_leaks_in(tmp_path: Path, seed: int) -> None:
    records = random_records(seed)
    newer = revised(records, seed)
    draw = random.Random(seed)
    with open_archive(tmp_path, records, Chunking(tokens=64)) as archive:
        add(archive, newer)
        qa = engine(archive)
        for offset in range(-1, 56, 3):
            day = FIRST + timedelta(offset)
            available = sum(date.fromisoformat(r["published"]) <= day for r in records if "published" in r)
            question = f"Who opened the {draw.choice(NOUNS)} near the {draw.choice(NOUNS)}?"
            response = qa.ask(Ask(question=question, as_of=day, passages=50))
            assert response.coverage.articles == available
            assert_nothing_later(archive, response, day, records, newer)
            assert_offsets_hold(archive, response)


def assert_nothing_later(
    archive: Archive, response: AskResponse, day: date, records: list[Record], newer: list[Record]
) -> None:
    versions: dict[str, list[tuple[date, str]]] = {}
    for record in records:
        if "published" in record:
            versions[record["title"]] = [(date.fromisoformat(record["published"]), record["text"])]
    for record in newer:
        versions[record["title"]].append((date.fromisoformat(record["updated"]), record["text"]))
    # What each article said at the end of that day; an article that had not appeared is not in it.
    then = {
        title: [text for available, text in found if available <= day][-1]
        for title, found in versions.items()
        if found[0][0] <= day
    }
    cited = {citation.article_id for citation in all_citations(response)}
    ids = {passage.article_id for passage in response.passages} | cited
    ids |= {article_id for passage in response.passages for article_id in passage.copies}
    for citation in all_citations(response):
        ids |= {reference.article_id for reference in (*citation.copies, *citation.corrected_by)}
    for article in map(archive.article, ids):
        assert article.published_at is not None
        assert article.published_at.date() <= day
        assert article.title in then
    for article in map(archive.article, ids):
        assert article.text == then[article.title]
    entries = all_answers(response)
    days = [response.coverage.last_published, *(entry.last_published for entry in entries)]
    for last in [*days, *(day for entry in response.timeline for day in entry.published)]:
        assert last is None or last <= day


def test_without_dense_retrieval_nothing_later_leaks_in_either(harbour: Archive) -> None:
    for knobs in (Retrieval(dense_weight=0), Retrieval(lexical_weight=0)):
        qa = QA(harbour, WordsReader("Norvik Lines"), knobs)
        response = qa.ask(Ask(question="Who appealed against the pier ruling?", as_of=date(2017, 11, 19)))
        assert {passage.published_at.date() for passage in response.passages if passage.published_at} <= {
            date(2017, 11, 3),
            date(2017, 11, 12),
        }
        assert response.passages


def test_the_end_of_the_day_is_utc(tmp_path: Path) -> None:
    late = {"id": "late", "title": "Late", "text": "The night ferry sank at the pier.", "source": "Post"}
    with open_archive(tmp_path, [{**late, "published": "2017-11-03T23:30:00-05:00"}]) as archive:
        assert asked(archive, "night ferry", as_of="2017-11-03").passages == ()
        assert len(asked(archive, "night ferry", as_of="2017-11-04").passages) == 1


def test_an_undated_article_is_not_in_the_archive_before_it_was_added(harbour: Archive) -> None:
    yesterday = datetime.now(UTC).date() - timedelta(1)
    assert "Pumpkin" not in " ".join(p.title for p in asked(harbour, "pumpkin", as_of=yesterday).passages)
    assert "Pumpkin" in " ".join(p.title for p in asked(harbour, "pumpkin").passages)


# --- in steps


def test_the_steps_end_in_what_ask_gives_and_agree_with_it(harbour: Archive) -> None:
    ask = Ask(question="Who runs the old ferry pier?", as_of="2017-11-25")
    steps = list(engine(harbour).steps(ask))
    assert [step.name for step in steps] == ["passages", "answer", "done"]
    found, answered, whole = (step.response for step in steps)
    assert without_timings(whole) == without_timings(engine(harbour).ask(ask))
    assert found.passages == whole.passages
    assert not isinstance(found, AskResponse)
    assert isinstance(answered, AskResponse)
    assert isinstance(whole, AskResponse)
    assert (answered.answer, answered.alternatives) == (whole.answer, whole.alternatives)
    assert answered.timeline == ()
    assert whole.timeline


def test_steps_without_timeline_have_no_step_for_it(harbour: Archive) -> None:
    steps = list(engine(harbour).steps(Ask(question="Who runs the old ferry pier?", timeline=False)))
    assert [step.name for step in steps] == ["passages", "answer", "done"]


def test_many_questions_are_answered_as_each_alone(harbour: Archive) -> None:
    qa = engine(harbour)
    asks = [Ask(question=question, as_of="2017-11-25") for question in QUESTIONS * 5]
    assert [without_timings(r) for r in qa.ask_many(asks)] == [without_timings(qa.ask(ask)) for ask in asks]


def test_a_follow_up_is_asked_in_full(harbour: Archive) -> None:
    qa = engine(harbour)
    first = qa.ask(Ask(question="Who runs the Ferry Pier?", as_of="2017-11-25"))
    second = qa.ask(Ask(question="and who runs it before?", as_of="2017-11-25", follows=Exchange.of(first)))
    assert second.question == "and who runs it before?"
    assert second.understood_as == "Who runs the Ferry Pier before 20 November 2017?"
    assert second.period is not None
    assert second.period.last == date(2017, 11, 19)
