"""Question files: ours (JSON lines), SQuAD 1.1 and 2.0, BEIR folders, CSV; the format is told from what is found.

Ours: `{"id", "question", "as_of"?, "answers"?, "answerable"?, "filters"?}`, one object a line.
"""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

from index.errors import SourceFileError
from qa.evaluate import beir, table
from qa.evaluate.files import read_text
from qa.evaluate.record import Question, parse, to_question, unique
from qa.evaluate.squad import read_squad

Format = Literal["JSON lines", "SQuAD", "BEIR", "CSV"]

__all__ = ["Format", "Question", "digest", "format_of", "read_questions"]


def read_questions(path: Path, passages: int) -> list[Question]:
    """All questions of a file or BEIR folder, in its order, each to be asked for `passages` passages.

    Raises SourceFileError, naming file, line and field, at the first that cannot be used: a run over half
    a question file would report averages of something else.
    """
    kind = format_of(path)
    if kind == "BEIR":
        found = beir.read(path, passages)
    elif kind == "SQuAD":
        found = _from_squad(path, passages)
    elif kind == "CSV":
        found = table.read(path.name, read_text(path), passages)
    else:
        found = _from_lines(path, passages)
    if not found:
        raise SourceFileError(f"{path} holds no questions. Write one JSON object a line, with id and question.")
    return unique(found)


def format_of(path: Path) -> Format:
    """What the file holds, told from its content; JSON lines where nothing else fits. Raises SourceFileError."""
    if path.is_dir():
        return "BEIR"
    text = read_text(path).lstrip()
    first = text.partition("\n")[0]
    if text.startswith(("{", "[")):
        return "SQuAD" if _is_squad(first) or (_json(first) is None and _is_squad(text)) else "JSON lines"
    return "CSV" if table.has_questions(first) or path.suffix.lower() == ".csv" else "JSON lines"


def digest(path: Path) -> str:
    """SHA-256 of the bytes of a question file; of a BEIR folder, over the names and bytes of the files read."""
    if not path.is_dir():
        return sha256(path.read_bytes()).hexdigest()
    whole = sha256()
    for file in beir.files(path):
        whole.update(f"{file.relative_to(path).as_posix()}\n{sha256(file.read_bytes()).hexdigest()}\n".encode())
    return whole.hexdigest()


def _from_lines(path: Path, passages: int) -> list[Question]:
    lines = ((f"{path.name}:{number}", line) for number, line in enumerate(read_text(path).split("\n"), start=1))
    return [to_question(parse(line, where), where, passages) for where, line in lines if line.strip()]


def _from_squad(path: Path, passages: int) -> list[Question]:
    """Asked of the archive, not of their paragraphs; a question that is impossible counts as unanswerable there."""
    found = []
    for one in read_squad(path):
        row: dict[str, Any] = {
            "id": one.id,
            "question": one.question,
            "answers": list(dict.fromkeys(one.answers or ())),
        }
        if one.impossible:
            # The answers of an impossible question are only plausible ones.
            row |= {"answers": [], "answerable": False}
        found.append(to_question(row, f"{path.name}: question {one.id!r}", passages))
    return found


def _is_squad(text: str) -> bool:
    value = _json(text)
    return isinstance(value, dict) and "data" in value and "question" not in value


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
