"""Files in and out of a bulk run: read whole, gzipped or not; written whole or not at all."""

from __future__ import annotations

import gzip
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from index.errors import InputError, SourceFileError

_GZIP = b"\x1f\x8b"


def read_text(path: Path) -> str:
    """The text of a UTF-8 file, gzipped or not. Raises SourceFileError naming the file."""
    try:
        data = path.read_bytes()
        if data.startswith(_GZIP) or path.suffix.lower() == ".gz":
            data = gzip.decompress(data)
        return data.decode("utf-8-sig")
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise SourceFileError(f"{path} is damaged gzip ({error}). Fetch the file again.") from error
    except UnicodeDecodeError as error:
        raise SourceFileError(f"{path} is not UTF-8 at byte {error.start}. Save the file as UTF-8.") from error
    except OSError as error:
        raise SourceFileError(f"{path} cannot be read: {error.strerror}.") from error


@contextmanager
def replacing(path: Path) -> Iterator[TextIO]:
    """A file that takes the place of `path` when the block ends well; until then, and otherwise, that stays.

    Raises InputError when nothing can be written there, before there is anything to write.
    """
    path = path.resolve()  # a link stays a link
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    if path.exists() and not path.is_file():
        raise InputError(f"{path} is not a file. Name a file to write.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = part.open("w", encoding="utf-8", newline="\n")
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}. Name another place.") from error
    try:
        with file:
            yield file
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
