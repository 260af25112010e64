"""The contracts that other programs rely on: fields and types, and one answer whichever way it is asked for."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from fakes import FakeEncoder
from pydantic import ValidationError
from qa_fakes import HARBOUR, Record, WordsReader, assert_offsets_hold, engine, open_archive

from index.archive import Archive
from qa.answer import Ask, AskResponse, Contract, SearchResponse
from qa.evaluate.run import evaluate
from qa.pipeline import QA
from web import engine as web_engine
from web.app import create_app
from web.cli import main
from web.settings import Settings

SEARCH = {"question", "as_of", "filters", "period", "passages", "coverage", "timings_ms", "archive"}
ASK = SEARCH | {"understood_as", "answer", "no_answer_probability", "alternatives", "timeline", "coverage_by_month"}
SIGHTED = {"text", "first_published", "last_published", "independent_sources", "also_written", "citations"}
ANSWER = SIGHTED | {"confidence", "conflicting"}
TIMELINE = SIGHTED | {"published", "current"}
REFERENCE = {"article_id", "title", "source", "url", "published_at"}
PLACE = REFERENCE | {"start", "end"}
CITATION = PLACE | {
    "quote",
    "answer_start",
    "answer_end",
    "attributed_to",
    "hedges",
    "in_quotation",
    "event_dates",
    "copies",
    "corrected_by",
    "changed_later",
}
WORDS = {"text", "start", "end"}
EVENT_DATE = WORDS | {"first", "last"}
PASSAGE = PLACE | {"text", "score", "copies"}
COVERAGE = {"articles", "first_published", "last_published", "names"}
PERIOD = {"text", "first", "last", "use", "relaxed"}
OPTIONS = {"ignore_period", "exact_names", "timeline"}

QUESTION = {"question": "Who runs the old ferry pier?", "as_of": "2017-11-25"}


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    with open_archive(tmp_path_factory.mktemp("archive"), HARBOUR) as archive:
        yield archive


@pytest.fixture(scope="module")
def found(archive: Archive) -> dict[str, Any]:
    return json.loads(engine(archive).ask(Ask.model_validate(QUESTION)).model_dump_json())


WIRE = (
    "The army retook Albu Kamal on Friday after a week of fighting, the Ministry of Defence said. "
    "Its soldiers reportedly crossed the river at night and met no resistance in the eastern quarters."
)
BORDER: tuple[Record, ...] = (
    {"id": "wire", "title": "Army retakes town", "text": WIRE, "published": "2017-11-04", "source": "Wire"},
    {"id": "copy", "title": "Army retakes town", "text": WIRE, "published": "2017-11-05", "source": "Post"},
    {
        "id": "note",
        "title": "Correction: Army retakes town",
        "text": "The report said that Albu Kamal was on the river. The town lies beside it.",
        "published": "2017-11-06",
        "source": "Wire",
    },
    {
        "id": "rain",
        "title": "Rain",
        "text": "Rain fell on the hills of the north all day, and nobody there minded it.",
        "published": "2017-11-06",
        "source": "Post",
    },
)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    with open_archive(tmp_path_factory.mktemp("border"), BORDER) as archive:
        qa = QA(archive, WordsReader("army", "soldiers"))
        response = qa.ask(Ask(question="Who retook Al-Bukamal in November 2017?", as_of=date(2018, 1, 1)))
        assert_offsets_hold(archive, response)
        return json.loads(response.model_dump_json())


def test_an_answer_has_the_contracts_fields(found: dict[str, Any]) -> None:
    assert set(found) == ASK
    assert set(found["filters"]) == {"after", "before", "sources", "languages"}
    assert set(found["coverage"]) == COVERAGE
    assert found["period"] is None
    assert set(found["archive"]) == {"id", "version", "embedding_model", "reader"}
    assert "total" in found["timings_ms"]
    assert found["passages"]
    assert found["timeline"]
    for answer in [found["answer"], *found["alternatives"]]:
        assert set(answer) == ANSWER
    for entry in found["timeline"]:
        assert set(entry) == TIMELINE
    for answer in [found["answer"], *found["alternatives"], *found["timeline"]]:
        assert answer["citations"]
        assert all(set(citation) == CITATION for citation in answer["citations"])
    assert all(set(passage) == PASSAGE for passage in found["passages"])


def test_days_and_moments_are_iso_and_numbers_are_numbers(found: dict[str, Any]) -> None:
    assert found["as_of"] == "2017-11-25"
    assert date.fromisoformat(found["coverage"]["first_published"]) == date(2017, 11, 3)
    moments = [datetime.fromisoformat(passage["published_at"]) for passage in found["passages"]]
    assert all(moment.tzinfo is not None for moment in moments)
    assert 0 <= found["no_answer_probability"] <= 1
    assert 0 < found["answer"]["confidence"] <= 1
    assert isinstance(found["answer"]["independent_sources"], int)
    assert all(isinstance(value, float | int) for value in found["timings_ms"].values())


def test_all_that_is_said_of_a_citation_a_name_and_a_period_is_in_the_contract(told: dict[str, Any]) -> None:
    """One question to which every part of an answer applies."""
    assert set(told["period"]) == PERIOD
    assert [told["period"][name] for name in ("text", "use", "relaxed")] == ["in November 2017", "filter", False]
    assert [told["filters"][name] for name in ("after", "before")] == [
        told["period"][name] for name in ("first", "last")
    ]
    assert date.fromisoformat(told["period"]["first"]) == date(2017, 11, 1)
    assert date.fromisoformat(told["period"]["last"]) >= date(2017, 11, 30)
    (name,) = told["coverage"]["names"]
    assert name == {"name": "Al-Bukamal", "spellings": ["Albu Kamal"], "articles": 3}
    citations = [citation for entry in told["timeline"] for citation in entry["citations"]]
    assert all(set(citation["attributed_to"] or WORDS) == WORDS for citation in citations)
    assert any(citation["attributed_to"] for citation in citations)
    assert all(set(hedge) == WORDS for citation in citations for hedge in citation["hedges"])
    assert any(citation["hedges"] for citation in citations)
    assert all(set(event) == EVENT_DATE for citation in citations for event in citation["event_dates"])
    assert any(citation["event_dates"] for citation in citations)
    for field in ("copies", "corrected_by"):
        assert all(set(other) == REFERENCE for citation in citations for other in citation[field])
        assert any(citation[field] for citation in citations)


def test_searching_has_the_contracts_fields(archive: Archive) -> None:
    response = engine(archive).search(Ask.model_validate(QUESTION))
    assert set(response.model_dump()) == SEARCH


def test_the_contract_survives_json(found: dict[str, Any]) -> None:
    assert json.loads(AskResponse.model_validate(found).model_dump_json()) == found


def test_what_may_be_asked() -> None:
    narrowing = {"question", "as_of", "after", "before", "sources", "languages", "chat_id", "follows", "passages"}
    assert set(Ask.model_fields) == narrowing | OPTIONS
    options = Ask(question="who?").model_dump(include=OPTIONS)
    assert options == {"ignore_period": False, "exact_names": False, "timeline": True}
    assert [name for name, field in Ask.model_fields.items() if field.is_required()] == ["question"]


@pytest.mark.parametrize("fields", [{"sources_": ["x"]}, {"passages": 0}, {"passages": 51}, {"as_of": "soon"}])
def test_unknown_fields_and_impossible_values_are_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Ask.model_validate({"question": "who?", **fields})


@pytest.mark.parametrize("kind", [Ask, AskResponse, SearchResponse])
def test_records_of_the_contract_cannot_be_changed(kind: type[Contract], found: dict[str, Any]) -> None:
    record: Any = kind.model_validate(ask() if kind is Ask else {name: found[name] for name in kind.model_fields})
    with pytest.raises(ValidationError, match="frozen"):
        record.question = "another"


def ask() -> dict[str, Any]:
    return {**QUESTION, "as_of": date(2017, 11, 25)}


# --- one engine


def test_engine_api_page_command_line_and_bulk_run_give_the_same_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "archive"
    with open_archive(folder, HARBOUR) as archive:
        qa = engine(archive)
        direct = without_timings(json.loads(qa.ask(Ask.model_validate(QUESTION)).model_dump_json()))
        client = create_app(Settings(), qa).test_client()
        assert without_timings(client.post("/api/v1/ask", json=QUESTION).get_json()) == direct

        page = client.get("/", query_string={"q": QUESTION["question"], "as_of": QUESTION["as_of"]})
        assert direct["answer"]["text"] in html.unescape(page.get_data(as_text=True))

        (tmp_path / "questions.jsonl").write_text(json.dumps({"id": "q", **QUESTION}))
        evaluate(qa, tmp_path / "questions.jsonl", tmp_path / "out")
        row = json.loads((tmp_path / "out" / "predictions.jsonl").read_text(encoding="utf-8"))
        assert row["prediction"] == direct["answer"]["text"]
        assert row["citations"] == direct["answer"]["citations"]
        assert row["confidence"] == direct["answer"]["confidence"]
        assert row["no_answer_probability"] == direct["no_answer_probability"]

    monkeypatch.setattr(web_engine, "load_encoder", lambda *_, **__: FakeEncoder())
    words = ["--archive", str(folder), "ask", QUESTION["question"], "--as-of", QUESTION["as_of"]]
    words += ["--reader", "sentence", "--json"]
    result = CliRunner(env={"BACKISSUE_PASSAGES": ""}).invoke(main, words)
    assert result.exit_code == 0, result.output
    assert without_timings(json.loads(result.stdout)) == direct


def without_timings(response: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in response.items() if name != "timings_ms"}
