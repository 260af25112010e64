"""Which module reads which file, by the ending of its name."""

from __future__ import annotations

import gzip
import io
from pathlib import PurePath

from index.formats import html, jsonl, table, text
from index.formats.base import Reader, RejectedError, Source

READERS: dict[str, Reader] = {
    ".jsonl": jsonl.read,
    ".ndjson": jsonl.read,
    ".csv": table.read,
    ".html": html.read,
    ".htm": html.read,
    ".txt": text.read,
    ".md": text.read_markdown,
}
COMPRESSED = (".jsonl", ".ndjson", ".csv")
KNOWN = ", ".join([*READERS, *(f"{ending}.gz" for ending in COMPRESSED), ".zip"])


def choose(source: Source) -> tuple[Reader, Source]:
    """The reader for a file, and the file as that reader is to open it: unpacked.

    Raises RejectedError for an unknown ending.
    """
    name = PurePath(source.name.lower())
    if name.suffix == ".gz" and PurePath(name.stem).suffix in COMPRESSED:
        return READERS[PurePath(name.stem).suffix], _unpacked(source)
    if name.suffix in READERS:
        return READERS[name.suffix], source
    raise RejectedError("unknown file type", f"{name.suffix or 'no ending'}. Known are {KNOWN}")


def _unpacked(source: Source) -> Source:
    return Source(source.where, source.name, lambda: _Gunzip(source.opener()))


class _Gunzip(gzip.GzipFile):
    """GzipFile that closes the stream it was handed."""

    def __init__(self, stream: io.BufferedIOBase) -> None:
        super().__init__(fileobj=stream, mode="rb")
        self._stream = stream

    def close(self) -> None:
        super().close()
        self._stream.close()
