"""BEIR folders: queries.jsonl and qrels/*.tsv, which grade articles by the id that they were added with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from index.errors import SourceFileError
from qa.evaluate.files import read_text
from qa.evaluate.record import Question, parse, to_question

QUERIES = "queries.jsonl"


def files(folder: Path) -> list[Path]:
    """The files of a BEIR folder that are read: the queries, then the judgements of every split."""
    return [folder / QUERIES, *sorted((folder / "qrels").glob("*.tsv"))]


def read(folder: Path, passages: int) -> list[Question]:
    """The queries `{"_id", "text"}`, other fields as in our own files; `extra` says in which split one is judged.

    Raises SourceFileError naming file, line and field: also where a judgement names no query of the folder.
    """
    queries, *splits = files(folder)
    if not queries.is_file():
        raise SourceFileError(f"{folder} holds no {QUERIES}. Name a question file, or a BEIR folder.")
    rows: dict[str, tuple[str, dict[str, Any]]] = {}
    for number, line in enumerate(read_text(queries).split("\n"), start=1):
        if line.strip():
            where = f"{QUERIES}:{number}"
            query, row = _query(parse(line, where), where)
            if query in rows:
                raise SourceFileError(f"{where}: the _id {query!r} stands in the file twice.")
            rows[query] = where, row
    relevant: dict[str, dict[str, int]] = {query: {} for query in rows}
    for path in splits:
        _judgements(path, relevant, rows)
    return [to_question(row, where, passages, relevant[query]) for query, (where, row) in rows.items()]


def _query(row: Any, where: str) -> tuple[str, dict[str, Any]]:
    if not isinstance(row, dict):
        raise SourceFileError(f"{where}: not a JSON object.")
    for name in ("_id", "text"):
        if not isinstance(row.get(name), str) or not row[name].strip():
            raise SourceFileError(f"{where}: the field {name!r} must be a string that is not empty.")
    others = {name: value for name, value in row.items() if name not in ("_id", "text")}
    return row["_id"], {**others, "id": row["_id"], "question": row["text"]}


def _judgements(path: Path, relevant: dict[str, dict[str, int]], rows: dict[str, tuple[str, dict[str, Any]]]) -> None:
    """Adds the grades of one split, `query-id corpus-id score` between tabs, the first line naming the columns."""
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        where = f"qrels/{path.name}:{number}"
        cells = line.split("\t")
        if not line.strip() or (number == 1 and not _is_grade(cells[-1])):
            continue
        if len(cells) != 3:
            raise SourceFileError(f"{where}: {len(cells)} columns; write query-id, corpus-id and score between tabs.")
        query, article, grade = (cell.strip() for cell in cells)
        if query not in relevant:
            raise SourceFileError(f"{where}: the field 'query-id': {QUERIES} holds no {query!r}.")
        if not _is_grade(grade):
            raise SourceFileError(f"{where}: the field 'score' must be a whole number from 0 on, not {grade[:40]!r}.")
        if relevant[query].setdefault(article, int(grade)) != int(grade):
            raise SourceFileError(f"{where}: {article!r} is judged twice for {query!r}, with different scores.")
        rows[query][1]["split"] = path.stem


def _is_grade(text: str) -> bool:
    return text.strip().isascii() and text.strip().isdigit()
