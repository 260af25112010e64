"""A question of an evaluation file, and the one place where its fields are checked."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError
from rapidfuzz.distance import Levenshtein

from index.errors import SourceFileError
from qa.answer import Ask

_KNOWN = {"id", "question", "as_of", "answers", "answerable", "filters"}
_FILTERS = {"after", "before", "languages", "sources"}
_DAYS = {"as_of", "after", "before"}


@dataclass(frozen=True, slots=True)
class Question:
    """A question of an evaluation file. `answers` are the accepted ones; empty where none is known.

    `where` is its file and line. `extra` keeps the fields that are not known, so that results can be grouped by them.
    `relevant` has the grade of each article that the file judges (BEIR), by the article's own id or its Backissue id.
    """

    id: str
    ask: Ask
    where: str
    answers: tuple[str, ...] = ()
    answerable: bool | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    relevant: Mapping[str, int] = field(default_factory=dict)

    @property
    def has_key(self) -> bool:
        """Whether the file tells what the right answer is, be it that there is none."""
        return bool(self.answers) or self.answerable is False


def to_question(row: Any, where: str, passages: int, relevant: Mapping[str, int] | None = None) -> Question:
    """The question that a row's fields describe, to be asked for `passages` passages.

    Raises SourceFileError naming `where` and the field that cannot be used.
    """
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
    for name in sorted(row.keys() - _KNOWN):
        # Read as a field to group by, a slip would ask another question.
        if slip := next((known for known in sorted(_KNOWN) if Levenshtein.distance(name, known) == 1), None):
            raise SourceFileError(f"{where}: there is no field {name!r}. Did you mean {slip!r}?")
    extra = {name: value for name, value in row.items() if name not in _KNOWN}
    ask = _ask(row, where, passages)
    return Question(str(row["id"]), ask, where, tuple(answers), answerable, extra, dict(relevant or {}))


def parse(line: str, where: str) -> Any:
    """A line of JSON whose text can be written again. Raises SourceFileError naming `where`."""
    try:
        row = json.loads(line)
        json.dumps(row, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise SourceFileError(f"{where}: holds half of a surrogate pair. Write the whole character.") from error
    except (ValueError, RecursionError) as error:
        raise SourceFileError(f"{where}: not valid JSON ({error}).") from error
    return row


def unique(questions: list[Question]) -> list[Question]:
    """The same questions. Raises SourceFileError when two have one id."""
    seen: set[str] = set()
    for question in questions:
        if question.id in seen:
            raise SourceFileError(f"{question.where}: the id {question.id!r} stands in the file twice.")
        seen.add(question.id)
    return questions


def _ask(row: Mapping[str, Any], where: str, passages: int) -> Ask:
    filters = _given(row, "filters", {})
    if not isinstance(filters, dict) or set(filters) - _FILTERS:
        raise SourceFileError(f"{where}: the field 'filters' may hold {', '.join(sorted(_FILTERS))}, nothing else.")
    fields = {"as_of": row.get("as_of"), **filters}
    for name in sorted(_DAYS & set(fields)):
        if fields[name] is not None and not re.fullmatch(r"\d{4}-\d\d-\d\d", str(fields[name]), re.ASCII):
            raise SourceFileError(f"{where}: the field {name!r} must be a day written YYYY-MM-DD.")
    try:
        return Ask(question=str(row["question"]), passages=passages, timeline=False, **fields)
    except ValidationError as error:
        first = error.errors()[0]
        raise SourceFileError(f"{where}: the field {first['loc'][0]!r}: {first['msg']}.") from error


def _given(row: Mapping[str, Any], name: str, default: Any) -> Any:
    """The field's value; `default` where it is absent or null."""
    value = row.get(name)
    return default if value is None else value
