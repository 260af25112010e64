"""CSV: a header that names the fields, then one article a row."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Iterator
from typing import BinaryIO, TextIO, cast

from index.formats.base import DAMAGE, Defaults, Item, Located, Reject, RejectedError, Source
from index.formats.decode import SAMPLE_BYTES, find_encoding, refuse_binary, unknown_encoding
from index.formats.record import to_article

CHUNK_BYTES = 1024 * 1024
# Well over the longest text, so that a text too long is one rejected row; a field or line past this ends the
# reading, since nothing tells where such a row would end. The csv module holds it at four bytes a character.
MAX_FIELD_CHARS = 64_000_000
DELIMITERS = ",;\t"


def read(source: Source, defaults: Defaults) -> Iterator[Item]:
    """One Located or Reject for each row after the header. Holds one row in memory.

    Raises RejectedError when the file is binary, in no known character set, or has no header with "text".
    """
    encoding = _encoding(source)
    with source.opener() as stream, io.TextIOWrapper(cast(BinaryIO, stream), encoding, newline="") as text:
        try:
            yield from _read_rows(text, source.where, defaults)
        except UnicodeDecodeError as error:
            raise unknown_encoding(f"the rows from here on are not {encoding}") from error


def _encoding(source: Source) -> str:
    """Found by a pass over the file, as its first accented letter may stand near its end."""
    with source.opener() as stream:
        chunks = _chunks(stream)
        head = next(chunks, b"")
        if not head:
            raise RejectedError("empty file", "the file has no bytes. Remove it, or fetch it again")
        refuse_binary(head[:SAMPLE_BYTES])
        return find_encoding(itertools.chain([head], chunks))


def _chunks(stream: io.BufferedIOBase) -> Iterator[bytes]:
    """What can be read of the stream. Damage ends it here; the reading proper reports that."""
    try:
        while chunk := stream.read1(CHUNK_BYTES):
            yield chunk
    except (EOFError, *DAMAGE):
        return


def _read_rows(text: TextIO, where: str, defaults: Defaults) -> Iterator[Item]:
    csv.field_size_limit(max(csv.field_size_limit(), MAX_FIELD_CHARS))
    lines = _lines(text)
    first = next(lines, "")
    rows = csv.reader(itertools.chain([first], lines), delimiter=max(DELIMITERS, key=first.count), strict=True)
    header = _header(rows)
    empty = True
    while True:
        line = rows.line_num + 1
        try:
            row = next(rows)
            if not any(row):
                continue
            empty = False
            yield Located(f"{where}:{line}", to_article(_record(header, row), defaults))
        except StopIteration:
            break
        except RejectedError as error:
            empty = False
            yield error.at(f"{where}:{line}")
        except csv.Error as error:
            empty = False
            if "field limit" in str(error):
                yield _oversized().at(f"{where}:{line}")
                return
            yield _malformed(error, f"{where}:{line}")
    if empty:
        raise RejectedError("empty file", "there are no rows under the header. Remove the file, or fetch it again")


def _lines(text: TextIO) -> Iterator[str]:
    while line := text.readline(MAX_FIELD_CHARS):
        if len(line) == MAX_FIELD_CHARS:
            raise _oversized()
        yield line


def _oversized() -> RejectedError:
    return RejectedError(
        "too large", f"over {MAX_FIELD_CHARS:,} characters; the rows from here on were not read. Split it"
    )


def _header(rows: Iterator[list[str]]) -> list[str]:
    try:
        cells = next(rows, [])
    except csv.Error as error:
        raise RejectedError("no header", f"the first line cannot be read: {error}. Name the columns in it") from error
    names = [cell.strip().lower() or f"column {number}" for number, cell in enumerate(cells, 1)]
    if "text" not in names:
        raise RejectedError("no header", 'the first line must name the columns, one of them "text". Add such a line')
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        raise RejectedError("no header", f"the header names {doubled[0]} twice. Rename one of the columns")
    return names


def _record(header: list[str], row: list[str]) -> dict[str, object]:
    if len(row) != len(header):
        detail = f"{len(row)} columns where the header has {len(header)}. Quote fields that hold the delimiter"
        raise RejectedError("ragged row", detail)
    return {name: cell for name, cell in zip(header, row, strict=True) if cell.strip()}


def _malformed(error: csv.Error, where: str) -> Reject:
    message = str(error)
    if "unexpected end" in message:
        return Reject(
            where, "not valid CSV", "a quoted field that begins here never ends, so no row after it is read. Close it"
        )
    return Reject(where, "not valid CSV", f'{message}. Double quotation marks within quoted fields: ""')
