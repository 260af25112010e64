"""Bulk runs: the files that they write, and that they say what asking one by one says."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from qa_fakes import HARBOUR, engine, open_archive, without_timings

from index.archive import Archive
from index.errors import SourceFileError
from qa.answer import Ask, Citation
from qa.evaluate import run
from qa.evaluate.run import evaluate

ROWS: tuple[dict[str, Any], ...] = (
    {"id": "pier", "question": "Who runs the old ferry pier?", "as_of": "2017-11-10", "answers": ["Norvik Lines"]},
    {"id": "race", "question": "Who won the autumn regatta?", "answers": ["The Gulls", "Gulls"], "kind": "sport"},
    {"id": "before", "question": "Who won the regatta?", "as_of": "2010-01-01", "answers": ["Gulls"], "kind": "sport"},
    {
        "id": "none 1",
        "question": "Who is the archbishop of Zanzibar?",
        "answers": ["nobody known here"],
        "filters": {"sources": ["Demo Courier"], "after": "2017-11-01"},
    },
)
FIELDS = [
    "id",
    "prediction",
    "confidence",
    "no_answer_probability",
    "citations",
    "passages",
    "timings_ms",
]


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    with open_archive(tmp_path_factory.mktemp("archive"), HARBOUR) as archive:
        yield archive


@pytest.fixture(autouse=True)
def report(monkeypatch: pytest.MonkeyPatch) -> None:
    """No plots are drawn here."""
    monkeypatch.setattr(run, "write_report", lambda file, *_: file.write("a report"))


@pytest.fixture
def questions(tmp_path: Path) -> Callable[..., Path]:
    """questions(rows): a question file of them."""

    def write(*rows: dict[str, Any]) -> Path:
        path = tmp_path / "questions.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        return path

    return write


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def test_predictions_have_the_contracts_fields_and_the_engines_answers(
    archive: Archive, questions: Callable[..., Path], tmp_path: Path
) -> None:
    evaluate(engine(archive), questions(*ROWS), tmp_path / "out")
    rows = lines(tmp_path / "out" / "predictions.jsonl")
    assert [row["id"] for row in rows] == [row["id"] for row in ROWS]
    for row, question in zip(rows, ROWS, strict=True):
        assert list(row) == FIELDS
        assert all(set(passage) == {"article_id", "url", "start", "end", "score"} for passage in row["passages"])
        filters = question.get("filters", {})
        response = engine(archive).ask(Ask(question=question["question"], as_of=question.get("as_of"), **filters))
        expected = without_timings(response)
        assert row["prediction"] == (expected["answer"] and expected["answer"]["text"])
        assert row["confidence"] == (expected["answer"]["confidence"] if expected["answer"] else 0.0)
        assert row["citations"] == (expected["answer"]["citations"] if expected["answer"] else [])
        assert row["no_answer_probability"] == expected["no_answer_probability"]
        assert [p["article_id"] for p in row["passages"]] == [p["article_id"] for p in expected["passages"]]
        for citation in map(Citation.model_validate, row["citations"]):
            assert archive.article(citation.article_id).text[citation.start : citation.end] == citation.quote


def test_no_answer_is_null(archive: Archive, questions: Callable[..., Path], tmp_path: Path) -> None:
    evaluate(engine(archive), questions(ROWS[2]), tmp_path)
    (row,) = lines(tmp_path / "predictions.jsonl")
    assert row["prediction"] is None
    assert (row["confidence"], row["no_answer_probability"]) == (0.0, 1.0)
    assert (row["citations"], row["passages"]) == ([], [])


def test_the_run_has_six_columns_ranks_from_one_and_falling_scores(
    archive: Archive, questions: Callable[..., Path], tmp_path: Path
) -> None:
    evaluate(engine(archive), questions(*ROWS), tmp_path)
    columns = [line.split(" ") for line in (tmp_path / "run.trec").read_text().splitlines()]
    assert all(len(row) == 6 for row in columns)
    assert {row[0] for row in columns} == {"pier", "race", "none_1"}  # "before" finds nothing
    assert {row[1] for row in columns} == {"Q0"}
    for topic in ("pier", "race", "none_1"):
        ranked = [row for row in columns if row[0] == topic]
        assert [int(row[3]) for row in ranked] == list(range(1, len(ranked) + 1))
        scores = [float(row[4]) for row in ranked]
        assert scores == sorted(scores, reverse=True)
        assert len({row[2] for row in ranked}) == len(ranked)
    held = set(archive.vectors.passage_ids())
    assert {row[2] for row in columns} <= held
    assert len({row[5] for row in columns}) == 1


def test_metrics_count_every_question_of_the_file(
    archive: Archive, questions: Callable[..., Path], tmp_path: Path
) -> None:
    file = questions(*ROWS)
    metrics = evaluate(engine(archive), file, tmp_path)
    assert json.loads((tmp_path / "metrics.json").read_text(encoding="utf-8")) == metrics
    assert metrics["questions"] == 4
    # Found for "pier" and "race"; not before the day, and no passage names the archbishop.
    assert metrics["retrieval"]["hybrid"]["recall@50"] == 0.5
    assert set(metrics["retrieval"]) == {"hybrid"}
    predictions = [row["prediction"] for row in lines(tmp_path / "predictions.jsonl")]
    assert metrics["answered"] == sum(prediction is not None for prediction in predictions)
    # Whole sentences are never the accepted words alone; shared words count in F1.
    assert metrics["exact_match"] == 0.0
    assert 0 < metrics["f1"] < 0.5
    assert all(math.isfinite(value) and value > 0 for value in metrics["latency_ms"].values())
    assert metrics["groups"] == {}


def test_metrics_say_what_was_run_on_what(archive: Archive, questions: Callable[..., Path], tmp_path: Path) -> None:
    file = questions(*ROWS)
    about = evaluate(engine(archive), file, tmp_path)["run"]
    digest = sha256(file.read_bytes()).hexdigest()
    assert about["questions"] == {"file": "questions.jsonl", "format": "JSON lines", "sha256": digest, "number": 4}
    assert about["archive"]["id"] == archive.id
    assert about["archive"]["version"] == archive.version
    assert about["archive"]["weights"] == archive.encoder.digest
    assert about["reader"] == engine(archive).reader.name
    assert about["retrieval"]["rrf_k"] == engine(archive).knobs.rrf_k


def test_groups_split_the_questions_by_a_field(
    archive: Archive, questions: Callable[..., Path], tmp_path: Path
) -> None:
    groups = evaluate(engine(archive), questions(*ROWS), tmp_path, group="kind")["groups"]
    assert {name: group["questions"] for name, group in groups.items()} == {"kind=null": 2, 'kind="sport"': 2}
    assert groups['kind="sport"']["retrieval"]["hybrid"]["recall@50"] == 0.5


def test_a_field_that_no_question_has_groups_nothing(
    archive: Archive, questions: Callable[..., Path], tmp_path: Path
) -> None:
    with pytest.raises(SourceFileError, match=r"no field 'knid'.*kind"):
        evaluate(engine(archive), questions(*ROWS), tmp_path / "out", group="knid")
    assert not (tmp_path / "out").exists()


def test_rival_retrievals_are_scored_beside(archive: Archive, questions: Callable[..., Path], tmp_path: Path) -> None:
    metrics = evaluate(engine(archive), questions(*ROWS), tmp_path, compare_retrieval=True)
    assert set(metrics["retrieval"]) == set(run.METHODS)
    assert all(figures["recall@50"] == 0.5 for figures in metrics["retrieval"].values())


@pytest.mark.parametrize("method", run.METHODS)
def test_answers_come_from_the_method_that_is_asked_for(
    archive: Archive, questions: Callable[..., Path], tmp_path: Path, method: str
) -> None:
    metrics = evaluate(engine(archive), questions(*ROWS), tmp_path, method=method)
    assert set(metrics["retrieval"]) == {method}
    assert metrics["run"]["method"] == method
    knobs = metrics["run"]["retrieval"]
    assert (knobs["lexical_weight"] == 0, knobs["dense_weight"] == 0) == (method == "dense", method == "bm25")
    assert (knobs["weights"]["week"] == 0) == (method != "hybrid")
    assert (knobs["weights"]["words"] == 0) == (method not in ("hybrid", "timeless"))


@pytest.mark.parametrize("batch", [1, 3, 100])
def test_predictions_do_not_depend_on_the_batch(
    archive: Archive, questions: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    file = questions(*ROWS)
    evaluate(engine(archive), file, tmp_path / "usual")
    monkeypatch.setattr(run, "BATCH", batch)
    evaluate(engine(archive), file, tmp_path / "other")

    def untimed(folder: str) -> list[dict[str, Any]]:
        rows = lines(tmp_path / folder / "predictions.jsonl")
        return [{name: value for name, value in row.items() if name != "timings_ms"} for row in rows]

    assert untimed("usual") == untimed("other")
    assert (tmp_path / "usual" / "run.trec").read_bytes() == (tmp_path / "other" / "run.trec").read_bytes()


def test_progress_is_told_of_every_question(archive: Archive, questions: Callable[..., Path], tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    evaluate(engine(archive), questions(*ROWS), tmp_path, progress=lambda done, total: told.append((done, total)))
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"filters": {"sources": ["Harbor Post"]}}, "Did you mean 'Harbour Post'"),
        ({"question": "?!"}, "question is empty"),
        ({"question": "w" * 10_000}, "10,000 characters"),
        ({"as_of": "0001-01-01"}, "as_of"),
        ({"filters": {"after": "2017-11-09", "before": "2017-11-03"}}, "later than before"),
    ],
)
def test_a_question_that_cannot_be_asked_stops_the_run_before_it_begins(
    archive: Archive, questions: Callable[..., Path], tmp_path: Path, fields: dict[str, Any], says: str
) -> None:
    file = questions(*ROWS, {"id": "bad", "question": "Who?", **fields})
    with pytest.raises(SourceFileError, match=r"^questions\.jsonl:5: .*" + says.replace("?", r"\?")):
        evaluate(engine(archive), file, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_file_in_place_of_the_folder_is_left_alone(
    archive: Archive, questions: Callable[..., Path], tmp_path: Path
) -> None:
    (tmp_path / "out").write_text("mine")
    with pytest.raises(OSError, match="out"):
        evaluate(engine(archive), questions(*ROWS), tmp_path / "out")
    assert (tmp_path / "out").read_text() == "mine"


def test_an_empty_archive_is_scored_as_knowing_nothing(tmp_path: Path, questions: Callable[..., Path]) -> None:
    with open_archive(tmp_path / "empty") as empty:
        metrics = evaluate(engine(empty), questions(*ROWS[:3]), tmp_path / "out")
    assert (metrics["questions"], metrics["answered"], metrics["f1"]) == (3, 0, 0.0)
    assert metrics["retrieval"]["hybrid"]["mrr"] == 0.0


def test_words_of_any_script_survive(tmp_path: Path, questions: Callable[..., Path]) -> None:
    article = {
        "title": "比赛",
        "text": "海鸥 队 赢得 了 秋季 赛船会 的 冠军 🏆.",
        "published": "2017-11-12",
        "source": "Wire",
    }
    with open_archive(tmp_path / "archive", [article]) as archive:
        row = {"id": "谁 🏆", "question": "秋季 赛船会 冠军", "as_of": date.today().isoformat(), "answers": ["海鸥"]}
        metrics = evaluate(engine(archive), questions(row), tmp_path / "out")
    (row,) = lines(tmp_path / "out" / "predictions.jsonl")
    assert row["id"] == "谁 🏆"
    assert "海鸥" in row["prediction"]
    assert metrics["retrieval"]["hybrid"]["recall@1"] == 1.0
