"""Which module reads which file, by the ending of its name."""

from __future__ import annotations

from pathlib import PurePath

from index.formats import html, jsonl, table, text, warc
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
    ".warc": warc.read,
}
COMPRESSED = (".jsonl", ".ndjson", ".csv", ".warc")
ARCHIVES = (".zip", ".wacz", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")  # of files of these kinds
KNOWN = ", ".join([*READERS, *(f"{ending}.gz" for ending in COMPRESSED), *ARCHIVES])


def choose(source: Source) -> tuple[Reader, Source]:
    """The reader for a file, and the file as that reader is to open it: unpacked.

    Raises RejectedError for an unknown ending.
    """
    name = PurePath(source.name.lower())
    if name.suffix == ".gz" and PurePath(name.stem).suffix in COMPRESSED:
        return READERS[PurePath(name.stem).suffix], gunzipped(source)
    if name.suffix in READERS:
        return READERS[name.suffix], source
    raise RejectedError("unknown file type", f"{name.suffix or 'no ending'}. Known are {KNOWN}")
