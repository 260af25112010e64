"""SQuAD files, BEIR folders and CSV as question files: what is read, what is refused by file, line and field."""

from __future__ import annotations

import gzip
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from index.errors import SourceFileError
from qa.evaluate.questions import Question, digest, format_of, read_questions
from qa.evaluate.table import guarded, unguarded


def read(path: Path, content: str | bytes) -> list[Question]:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_questions(path, 50)


# --- SQuAD


def squad(*questions: dict[str, Any]) -> dict[str, Any]:
    return {"version": "v2.0", "data": [{"title": "t", "paragraphs": [{"context": "Gulls won.", "qas": questions}]}]}


QAS = (
    {"id": "a", "question": "Who won?", "answers": [{"text": "Gulls", "answer_start": 0}] * 2, "is_impossible": False},
    {"id": "b", "question": "Who lost?", "answers": [], "plausible_answers": [{"text": "x"}], "is_impossible": True},
    {"id": "c", "question": "Why?"},
)


@pytest.mark.parametrize("name", ["dev.json", "dev.json.gz", "dev"])
@pytest.mark.parametrize("indent", [None, 2])
def test_squad_is_asked_of_the_archive(tmp_path: Path, name: str, indent: int | None) -> None:
    content = json.dumps(squad(*QAS), indent=indent).encode()
    a, b, c = read(tmp_path / name, gzip.compress(content) if name.endswith("gz") else content)
    assert format_of(tmp_path / name) == "SQuAD"
    assert (a.id, a.ask.question, a.ask.passages, a.answers, a.answerable) == ("a", "Who won?", 50, ("Gulls",), None)
    assert (b.answers, b.answerable, b.has_key) == ((), False, True)
    assert (c.answers, c.answerable, c.has_key) == ((), None, False)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (squad(), "holds no questions"),
        (squad({"id": "a", "question": ""}), "dev.json: question 'a': the field 'question' is missing or empty"),
        (squad({"question": "Who?"}), "data[0].paragraphs[0].qas[0].id is missing"),
        ({"data": 3}, "data must be a list"),
    ],
)
def test_squad_faults_are_named(tmp_path: Path, content: Any, says: str) -> None:
    with pytest.raises(SourceFileError) as raised:
        read(tmp_path / "dev.json", json.dumps(content))
    assert "dev.json" in str(raised.value)
    assert says in str(raised.value)


# --- BEIR

QUERIES = '{"_id": "1", "text": "Who won?", "metadata": {}}\n{"_id": "2", "text": "Why?", "as_of": "2017-11-09"}\n'
QRELS = "query-id\tcorpus-id\tscore\n1\tdoc a\t2\n1\tb\t0\n"


def beir(folder: Path, queries: str = QUERIES, **qrels: str) -> Path:
    (folder / "qrels").mkdir(parents=True, exist_ok=True)
    (folder / "queries.jsonl").write_text(queries)
    for name, text in (qrels or {"test": QRELS}).items():
        (folder / "qrels" / f"{name}.tsv").write_text(text)
    return folder


def test_beir_queries_have_their_judgements(tmp_path: Path) -> None:
    one, other = read_questions(beir(tmp_path), 50)
    assert format_of(tmp_path) == "BEIR"
    assert (one.id, one.ask.question, dict(one.relevant)) == ("1", "Who won?", {"doc a": 2, "b": 0})
    assert one.extra == {"metadata": {}, "split": "test"}
    assert (other.ask.as_of, dict(other.relevant), other.where) == (date(2017, 11, 9), {}, "queries.jsonl:2")


def test_beir_splits_are_read_together_with_or_without_a_header(tmp_path: Path) -> None:
    one, other = read_questions(beir(tmp_path, dev="2\tc\t1\r\n", test=QRELS), 50)
    assert (one.extra["split"], other.extra["split"], dict(other.relevant)) == ("test", "dev", {"c": 1})


def test_the_digest_of_a_beir_folder_is_of_what_is_read(tmp_path: Path) -> None:
    before = digest(beir(tmp_path))
    (tmp_path / "corpus.jsonl").write_text("{}")
    assert digest(tmp_path) == before
    assert digest(beir(tmp_path, test=QRELS + "2\tc\t1\n")) != before


@pytest.mark.parametrize(
    ("queries", "qrels", "says"),
    [
        ("", QRELS, "qrels/test.tsv:2: the field 'query-id': queries.jsonl holds no '1'"),
        ('{"_id": 1, "text": "x"}', "", "queries.jsonl:1: the field '_id' must be a string"),
        ('{"_id": "1"}', "", "queries.jsonl:1: the field 'text' must be a string"),
        ("[]", "", "queries.jsonl:1: not a JSON object"),
        (QUERIES + '{"_id": "1", "text": "x"}', "", "queries.jsonl:3: the _id '1' stands in the file twice"),
        (QUERIES.replace("2017-11-09", "soon"), "", "queries.jsonl:2: the field 'as_of'"),
        (QUERIES, QRELS + "1 b 1\n", "qrels/test.tsv:4: 1 columns"),
        (QUERIES, QRELS + "1\tc\thigh\n", "qrels/test.tsv:4: the field 'score'"),
        (QUERIES, QRELS + "1\tc\t-1\n", "qrels/test.tsv:4: the field 'score'"),
        (QUERIES, QRELS + "1\tb\t1\n", "qrels/test.tsv:4: 'b' is judged twice"),
        ("", "", "holds no questions"),
    ],
)
def test_beir_faults_are_named(tmp_path: Path, queries: str, qrels: str, says: str) -> None:
    with pytest.raises(SourceFileError) as raised:
        read_questions(beir(tmp_path, queries, test=qrels), 50)
    assert says in str(raised.value)


def test_a_folder_of_other_things_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceFileError, match=r"holds no queries\.jsonl"):
        read_questions(tmp_path, 50)


# --- CSV


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_columns_are_the_fields_of_our_own_files(tmp_path: Path, delimiter: str) -> None:
    rows = [
        ["ID", "Question", "as_of", "answers", "answerable", "after", "sources", "desk"],
        ["a", '"Who won, and ""why""?"', "2017-11-09", "Gulls | The Gulls |", "yes", "2017-11-01", "Post | Wire", "x"],
        ["", "Who lost?", "", "", "FALSE", "", "", ""],
        [""] * 8,
    ]
    one, other = read(tmp_path / "q.csv", "\ufeff" + "".join(delimiter.join(row) + "\r\n" for row in rows))
    assert format_of(tmp_path / "q.csv") == "CSV"
    assert (one.id, one.ask.question, one.answers) == ("a", 'Who won, and "why"?', ("Gulls", "The Gulls"))
    assert (one.ask.as_of, one.ask.after, one.ask.sources) == (date(2017, 11, 9), date(2017, 11, 1), ("Post", "Wire"))
    assert (one.answerable, one.extra) == (True, {"desk": "x"})
    assert (other.id, other.answerable, other.answers, other.extra, other.where) == ("2", False, (), {}, "q.csv:3")


def test_a_question_column_is_enough_whatever_the_file_is_called(tmp_path: Path) -> None:
    assert [one.id for one in read(tmp_path / "questions", "question\nWho?\nWhy?\n")] == ["1", "2"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("id,text\n1,Who?\n", "q.csv:1: the first line names no column 'question'"),
        ("question,id,ID\nWho?,1,2\n", "q.csv:1: the first line names the column 'id' twice"),
        ("question,id\nWho?,1\nWho, me?,2\n", "q.csv:3: 3 columns where the first line names 2"),
        ("question,as_of\nWho?,9.11.2017\n", "q.csv:2: the field 'as_of'"),
        ("question,answerable\nWho?,maybe\n", "q.csv:2: the field 'answerable'"),
        ("question,id\n,1\n", "q.csv:2: the field 'question' is missing"),
        ("question,id\nWho?,1\nWhy?,1\n", "q.csv:3: the id '1' stands in the file twice"),
        ('question,id\n"Who?,1\n', "q.csv:2: not valid CSV"),
        ("question,id\n", "holds no questions"),
        ("", "names no column 'question'"),
    ],
)
def test_csv_faults_are_named(tmp_path: Path, content: str, says: str) -> None:
    with pytest.raises(SourceFileError) as raised:
        read(tmp_path / "q.csv", content)
    assert says in str(raised.value)


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1"])
def test_no_cell_runs_as_a_formula(cell: str) -> None:
    assert guarded(cell) == "'" + cell
    assert unguarded(guarded(cell)) == cell


@pytest.mark.parametrize("cell", ["Who?", "a=b", "", None, -1.5, 3])
def test_other_cells_are_left_alone(cell: Any) -> None:
    assert guarded(cell) == cell


@pytest.mark.parametrize("cell", ["'tis", "'", "", "x"])
def test_an_apostrophe_of_its_own_stays(cell: str) -> None:
    assert unguarded(cell) == cell


# --- which it is


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ('{"id": 1, "question": "Who?"}', "JSON lines"),
        ('{"id": 1, "question": "Who?", "data": []}\n{"id": 2, "question": "Why?"}', "JSON lines"),
        ("{", "JSON lines"),
        ("nonsense", "JSON lines"),
        ("", "JSON lines"),
        ('{"data": []}', "SQuAD"),
        ('{\n"data": []}', "SQuAD"),
        ("asked,question", "CSV"),
    ],
)
def test_the_format_is_told_from_the_content(tmp_path: Path, content: str, kind: str) -> None:
    (tmp_path / "x.txt").write_text(content)
    assert format_of(tmp_path / "x.txt") == kind


def test_gzipped_lines_are_read(tmp_path: Path) -> None:
    assert [q.id for q in read(tmp_path / "q.jsonl.gz", gzip.compress(b'{"id": 1, "question": "Who?"}'))] == ["1"]
    with pytest.raises(SourceFileError, match=r"q\.jsonl\.gz is damaged gzip"):
        read(tmp_path / "q.jsonl.gz", b"\x1f\x8bnonsense")


@pytest.mark.parametrize(("slip", "meant"), [("as_off", "as_of"), ("answer", "answers"), ("filter", "filters")])
def test_a_slip_in_a_fields_name_is_no_field_to_group_by(tmp_path: Path, slip: str, meant: str) -> None:
    with pytest.raises(SourceFileError, match=rf"q\.jsonl:1: there is no field '{slip}'\. Did you mean '{meant}'"):
        read(tmp_path / "q.jsonl", json.dumps({"id": "1", "question": "Who?", slip: "x"}))
