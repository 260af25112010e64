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
from qa_fakes import HARBOUR, engine, open_archive

from index.archive import Archive
from qa.answer import Ask, AskResponse, Contract, SearchResponse
from qa.evaluate.run import evaluate
from web import engine as web_engine
from web.app import create_app
from web.cli import main
from web.settings import Settings

SEARCH = {"question", "as_of", "filters", "passages", "coverage", "timings_ms", "archive"}
ASK = SEARCH | {"understood_as", "answer", "no_answer_probability", "alternatives", "timeline"}
ANSWER = {"text", "confidence", "independent_sources", "citations"}
PLACE = {"article_id", "title", "source", "url", "published_at", "start", "end"}
CITATION = PLACE | {"quote", "answer_start", "answer_end"}
PASSAGE = PLACE | {"text", "score", "copies"}
TIMELINE = {"text", "first_published", "last_published", "citations"}

QUESTION = {"question": "Who runs the old ferry pier?", "as_of": "2017-11-25"}


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    with open_archive(tmp_path_factory.mktemp("archive"), HARBOUR) as archive:
        yield archive


@pytest.fixture(scope="module")
def found(archive: Archive) -> dict[str, Any]:
    return json.loads(engine(archive).ask(Ask.model_validate(QUESTION)).model_dump_json())


def test_an_answer_has_the_contracts_fields(found: dict[str, Any]) -> None:
    assert set(found) == ASK
    assert set(found["filters"]) == {"after", "before", "sources"}
    assert set(found["coverage"]) == {"articles", "first_published", "last_published"}
    assert set(found["archive"]) == {"id", "version", "embedding_model", "reader"}
    assert "total" in found["timings_ms"]
    assert found["passages"]
    assert found["timeline"]
    for answer in [found["answer"], *found["alternatives"]]:
        assert set(answer) == ANSWER
        assert answer["citations"]
        assert all(set(citation) == CITATION for citation in answer["citations"])
    for entry in found["timeline"]:
        assert set(entry) == TIMELINE
        assert all(set(citation) == CITATION for citation in entry["citations"])
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


def test_searching_has_the_contracts_fields(archive: Archive) -> None:
    response = engine(archive).search(Ask.model_validate(QUESTION))
    assert set(response.model_dump()) == SEARCH


def test_the_contract_survives_json(found: dict[str, Any]) -> None:
    assert json.loads(AskResponse.model_validate(found).model_dump_json()) == found


def test_what_may_be_asked() -> None:
    assert set(Ask.model_fields) == {"question", "as_of", "after", "before", "sources", "chat_id", "passages"}
    assert [name for name, field in Ask.model_fields.items() if field.is_required()] == ["question"]


@pytest.mark.parametrize("fields", [{"sources_": ["x"]}, {"passages": 0}, {"passages": 51}, {"as_of": "soon"}])
def test_unknown_fields_and_impossible_values_are_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Ask.model_validate({"question": "who?", **fields})


@pytest.mark.parametrize("kind", [Ask, AskResponse, SearchResponse])
def test_records_of_the_contract_cannot_be_changed(kind: type[Contract], found: dict[str, Any]) -> None:
    record: Any = kind.model_validate({name: found[name] for name in kind.model_fields if name in found} | extra(kind))
    with pytest.raises(ValidationError, match="frozen"):
        record.question = "another"


def extra(kind: type[Contract]) -> dict[str, Any]:
    return {"passages": 20} if kind is Ask else {}


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
