"""CSV with a `question` column: what people keep in spreadsheets. Also how cells are written for one."""

from __future__ import annotations

import csv
import io
from typing import Any

from index.errors import SourceFileError
from qa.evaluate.record import Question, to_question

BETWEEN = " | "
_DELIMITERS = ",;\t"
_LISTS = ("answers", "languages", "sources")
_FILTERS = ("after", "before", "languages", "sources")
_TRUTH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
# What a spreadsheet takes for the start of a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def has_questions(first_line: str) -> bool:
    """Whether a header's line names a column `question`."""
    return "question" in _names(next(csv.reader([first_line], delimiter=_delimiter(first_line)), []))


def read(name: str, text: str, passages: int) -> list[Question]:
    """Columns: question; optional id, as_of, answerable, after, before; answers, sources, languages (" | " between).

    Other columns are kept in `extra`. Rows without an id get their number. Raises SourceFileError naming `name`, the
    line and the field.
    """
    first = text.partition("\n")[0]
    # csv.reader counts lines, so that a cell of several is named by its last.
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(first), strict=True)
    found: list[Question] = []
    try:
        header = _header(name, _names(next(rows, [])))
        for cells in rows:
            if any(cell.strip() for cell in cells):
                where = f"{name}:{rows.line_num}"
                row = {"id": str(len(found) + 1), **_row(header, cells, where)}
                found.append(to_question(row, where, passages))
    except csv.Error as error:
        raise SourceFileError(f"{name}:{rows.line_num}: not valid CSV ({error}).") from error
    return found


def guarded(cell: Any) -> Any:
    """A cell for a spreadsheet: a text that it would run as a formula gets an apostrophe before it."""
    return f"'{cell}" if isinstance(cell, str) and cell.lstrip(" ").startswith(_FORMULA) else cell


def unguarded(cell: str) -> str:
    """The text that `guarded` gave for a cell, without its apostrophe."""
    return cell[1:] if cell.startswith("'") and guarded(cell[1:]) == cell else cell


def _header(name: str, names: list[str]) -> list[str]:
    if "question" not in names:
        raise SourceFileError(f"{name}:1: the first line names no column 'question'. Add such a column.")
    if doubled := sorted({one for one in names if names.count(one) > 1}):
        raise SourceFileError(f"{name}:1: the first line names the column {doubled[0]!r} twice. Rename one.")
    return names


def _row(header: list[str], cells: list[str], where: str) -> dict[str, Any]:
    if len(cells) != len(header):
        raise SourceFileError(
            f"{where}: {len(cells)} columns where the first line names {len(header)}. Quote cells with the delimiter."
        )
    row: dict[str, Any] = {name: cell.strip() for name, cell in zip(header, cells, strict=True) if cell.strip()}
    for name in _LISTS:
        if name in row:
            row[name] = [part.strip() for part in f" {row[name]} ".split(BETWEEN) if part.strip()]
    if "answerable" in row:
        # What is none of these stays as it is, and is refused where the field is checked.
        row["answerable"] = _TRUTH.get(row["answerable"].lower(), row["answerable"])
    filters = {name: row.pop(name) for name in _FILTERS if name in row}
    return {**row, "filters": filters} if filters else row


def _names(cells: list[str]) -> list[str]:
    return [cell.strip().lower() or f"column {number}" for number, cell in enumerate(cells, start=1)]


def _delimiter(first_line: str) -> str:
    return max(_DELIMITERS, key=first_line.count)
