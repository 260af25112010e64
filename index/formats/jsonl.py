"""JSON lines: one article an object, one object a line, in UTF-8."""

from __future__ import annotations

import codecs
import io
import json
import math
from collections.abc import Iterator

from index.formats.base import MAX_FILE_BYTES, Defaults, Item, Located, RejectedError, Source
from index.formats.decode import SAMPLE_BYTES, marked_encoding, refuse_binary
from index.formats.record import to_article

MAX_LINE_BYTES = MAX_FILE_BYTES + 1024 * 1024  # the longest text, and room for the other fields
SKIP_BYTES = 1024 * 1024
MAX_DEPTH = 64  # what a catalog keeps as metadata, a server must be able to write out again


def read(source: Source, defaults: Defaults) -> Iterator[Item]:
    """One Located or Reject for each line that is not blank. Holds one line in memory."""
    _refuse_other_encodings(source)
    empty = True
    with source.opener() as stream:
        for number, line in _lines(stream):
            if line is not None and not line.strip():
                continue
            empty = False
            where = f"{source.where}:{number}"
            try:
                yield Located(where, to_article(_parse(line), defaults))
            except RejectedError as error:
                yield error.at(where)
    if empty:
        raise RejectedError("empty file", "the file has no lines. Remove it, or fetch it again")


def read_one(record: bytes, where: str) -> Item:
    """One article, given as the JSON object that its line would be."""
    try:
        return Located(where, to_article(_parse(record if len(record) <= MAX_LINE_BYTES else None), Defaults()))
    except RejectedError as error:
        return error.at(where)


def _refuse_other_encodings(source: Source) -> None:
    with source.opener() as stream:
        head = stream.read1(SAMPLE_BYTES)
    refuse_binary(head)
    if marked_encoding(head) not in (None, "utf-8-sig"):
        raise RejectedError("invalid UTF-8", "the file is in UTF-16 or UTF-32. Save it as UTF-8, as JSON lines must be")


def _lines(stream: io.BufferedIOBase) -> Iterator[tuple[int, bytes | None]]:
    """Line numbers from 1 and lines; None for a line over the limit, which is skipped without being held."""
    number = 0
    while line := stream.readline(MAX_LINE_BYTES + 1):
        number += 1
        if number == 1:
            line = line.removeprefix(codecs.BOM_UTF8)
        if len(line) <= MAX_LINE_BYTES:
            yield number, line
            continue
        while line and not line.endswith(b"\n"):
            line = stream.readline(SKIP_BYTES)
        yield number, None


def _parse(line: bytes | None) -> dict[str, object]:
    if line is None:
        raise RejectedError("too large", f"the line has over {MAX_LINE_BYTES:,} bytes. Split the article")
    try:
        record = json.loads(line.decode(), parse_constant=_refuse_constant, parse_float=_finite)
    except UnicodeDecodeError as error:
        raise RejectedError("invalid UTF-8", f"byte {error.start + 1} of the line. Save the file as UTF-8") from error
    except (ValueError, RecursionError) as error:
        raise RejectedError("not valid JSON", f"{error}. Give one JSON object a line") from error
    if not isinstance(record, dict):
        raise RejectedError("not an object", f"the line is a {type(record).__name__}. Give one JSON object a line")
    if _deeper(record, MAX_DEPTH):
        raise RejectedError(
            "nested too deeply", f"over {MAX_DEPTH} lists or objects in one another. Flatten the fields"
        )
    if b"\\ud" in line.lower():
        _refuse_lone_surrogates(record)
    return record


def _deeper(value: object, depth: int) -> bool:
    """Whether lists and objects stand in one another more than `depth` times."""
    if not isinstance(value, dict | list):
        return False
    return depth == 0 or any(
        _deeper(part, depth - 1) for part in (value.values() if isinstance(value, dict) else value)
    )


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


def _finite(digits: str) -> float:
    value = float(digits)
    if math.isinf(value):
        raise ValueError(f"the number {digits[:20]} is too large")
    return value


def _refuse_lone_surrogates(record: dict[str, object]) -> None:
    """Half of a character cannot be stored or sent on as UTF-8."""
    for name, value in record.items():
        try:
            json.dumps([name, value], ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            field = name.encode("ascii", "backslashreplace").decode()
            detail = f"{field} holds half of a surrogate pair (\\ud800 to \\udfff alone). Write the whole character"
            raise RejectedError("lone surrogate", detail) from error
