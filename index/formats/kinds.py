"""Which module reads which file, by the ending of its name."""

from __future__ import annotations

import gzip
import io
from pathlib import PurePath

from index.formats import feed, html, jsonl, table, text
from index.formats.base import Reader, RejectedError, Source

READERS: dict[str, Reader] = {
    ".jsonl": jsonl.read,
    ".ndjson": jsonl.read,
    ".csv": table.read,
    ".html": html.read,
    ".htm": html.read,
    ".txt": text.read,
    ".md": text.read_markdown,
    ".xml": feed.read,
    ".rss": feed.read,
    ".atom": feed.read,
}
COMPRESSED = (".jsonl", ".ndjson", ".csv")
KNOWN = ", ".join([*READERS, *(f"{ending}.gz" for ending in COMPRESSED), ".zip"])


def choose(source: Source) -> tuple[Reader, Source]:
    """The reader for a file, and the file as that reader is to open it: unpacked.

    Raises RejectedError for an unknown ending.
    """
    reader = reader_of(source.name)
    if reader is None:
        ending = PurePath(source.name).suffix.lower()
        raise RejectedError("unknown file type", f"{ending or 'no ending'}. Known are {KNOWN}")
    return reader, _unpacked(source) if source.name.lower().endswith(".gz") else source


def reader_of(name: str) -> Reader | None:
    """The reader for files of a name, None for an unknown ending."""
    path = PurePath(name.lower())
    if path.suffix == ".gz" and PurePath(path.stem).suffix in COMPRESSED:
        return READERS[PurePath(path.stem).suffix]
    return READERS.get(path.suffix)


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
