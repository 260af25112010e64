"""Question files: JSON lines `{"id", "question", "as_of"?, "answers"?, "answerable"?, "filters"?}`.

Other fields are kept in `extra`, so that results can be grouped by them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from index.errors import SourceFileError
from qa.answer import Ask

_KNOWN = {"id", "question", "as_of", "answers", "answerable", "filters"}
_FILTERS = {"after", "before", "sources"}
_DAYS = {"as_of", "after", "before"}


@dataclass(frozen=True, slots=True)
class Question:
    """A question of an evaluation file. `answers` are the accepted ones; empty where none is known.

    `where` is its file and line.
    """

    id: str
    ask: Ask
    where: str
    answers: tuple[str, ...] = ()
    answerable: bool | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


def read_questions(path: Path, passages: int) -> list[Question]:
    """All questions of a file, each to be asked for `passages` passages.

    Raises SourceFileError, naming the line and the field, at the first that cannot be used: a run over half
    a question file would report averages of something else.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise SourceFileError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise SourceFileError(f"{path} is not UTF-8 at byte {error.start}. Save the questions as UTF-8.") from error
    found: dict[str, Question] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            question = _question(line, f"{path.name}:{number}", passages)
            if question.id in found:
                raise SourceFileError(f"{path.name}:{number}: the id {question.id!r} stands in the file twice.")
            found[question.id] = question
    if not found:
        raise SourceFileError(f"{path} holds no questions. Write one JSON object a line, with id and question.")
    return list(found.values())


def _question(line: str, where: str, passages: int) -> Question:
    try:
        row = json.loads(line)
        json.dumps(row, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise SourceFileError(f"{where}: holds half of a surrogate pair. Write the whole character.") from error
    except (ValueError, RecursionError) as error:
        raise SourceFileError(f"{where}: not valid JSON ({error}).") from error
    if not isinstance(row, dict):
        raise SourceFileError(f"{where}: not a JSON object.")
    for name in ("id", "question"):
        if row.get(name) is None or not str(row[name]).strip():
            raise SourceFileError(f"{where}: the field {name!r} is missing or empty.")
        if not isinstance(row[name], str | int) or isinstance(row[name], bool):
            raise SourceFileError(f"{where}: the field {name!r} must be a string.")
    answers = _given(row, "answers", [])
    if not isinstance(answers, list) or not all(isinstance(answer, str) for answer in answers):
        raise SourceFileError(f"{where}: the field 'answers' must be a list of strings.")
    answerable = row.get("answerable")
    if not isinstance(answerable, bool | None):
        raise SourceFileError(f"{where}: the field 'answerable' must be true or false.")
    filters = _given(row, "filters", {})
    if not isinstance(filters, dict) or set(filters) - _FILTERS:
        raise SourceFileError(f"{where}: the field 'filters' may hold {', '.join(sorted(_FILTERS))}, nothing else.")
    fields = {"as_of": row.get("as_of"), **filters}
    for name in sorted(_DAYS & set(fields)):
        if fields[name] is not None and not re.fullmatch(r"\d{4}-\d\d-\d\d", str(fields[name]), re.ASCII):
            raise SourceFileError(f"{where}: the field {name!r} must be a day written YYYY-MM-DD.")
    try:
        ask = Ask(question=str(row["question"]), passages=passages, timeline=False, **fields)
    except ValidationError as error:
        first = error.errors()[0]
        raise SourceFileError(f"{where}: the field {first['loc'][0]!r}: {first['msg']}.") from error
    extra = {name: value for name, value in row.items() if name not in _KNOWN}
    return Question(str(row["id"]), ask, where, tuple(answers), answerable, extra)


def _given(row: Mapping[str, Any], name: str, default: Any) -> Any:
    """The field's value; `default` where it is absent or null."""
    value = row.get(name)
    return default if value is None else value
