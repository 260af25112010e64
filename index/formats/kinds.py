"""Which module reads which file, by the ending of its name."""

from __future__ import annotations

from pathlib import PurePath

from index.formats import feed, html, jsonl, table, text, warc
from index.formats.base import Reader, RejectedError, Source
from index.formats.unpack import gunzipped

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
    ".warc": warc.read,
}
COMPRESSED = (".jsonl", ".ndjson", ".csv", ".warc")
ARCHIVES = (".zip", ".wacz", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")  # of files of these kinds
KNOWN = ", ".join([*READERS, *(f"{ending}.gz" for ending in COMPRESSED), *ARCHIVES])


def choose(source: Source) -> tuple[Reader, Source]:
    """The reader for a file, and the file as that reader is to open it: unpacked.

    Raises RejectedError for an unknown ending.
    """
    reader = reader_of(source.name)
    if reader is None:
        ending = PurePath(source.name).suffix.lower()
        raise RejectedError("unknown file type", f"{ending or 'no ending'}. Known are {KNOWN}")
    return reader, gunzipped(source) if source.name.lower().endswith(".gz") else source


def reader_of(name: str) -> Reader | None:
    """The reader for files of a name, None for an unknown ending."""
    path = PurePath(name.lower())
    if path.suffix == ".gz" and PurePath(path.stem).suffix in COMPRESSED:
        return READERS[PurePath(path.stem).suffix]
    return READERS.get(path.suffix)
