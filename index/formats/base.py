"""What every format module shares: a source to read, the items it yields, and the limits that hold for all."""

from __future__ import annotations

import gzip
import io
import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from index.article import Article, DatePrecision

MAX_TEXT_CHARS = 10_000_000  # some twenty novels: longer is no article, and every later stage holds the text in memory
MAX_FILE_BYTES = 4 * MAX_TEXT_CHARS  # UTF-8 needs at most four bytes a character
DAMAGE = (zlib.error, lzma.LZMAError, gzip.BadGzipFile, zipfile.BadZipFile)


@dataclass(frozen=True, slots=True)
class Defaults:
    """What the files do not say: used only for articles that themselves say nothing."""

    published_at: datetime | None = None
    date_precision: DatePrecision | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Located:
    """An article and where it was read: "file.jsonl:12", "archive.zip!a/b.html"."""

    where: str
    article: Article


@dataclass(frozen=True, slots=True)
class Reject:
    """What could not be read as an article. `reason` is short and stable, for counting; `detail` names the remedy."""

    where: str
    reason: str
    detail: str


Item = Located | Reject


@dataclass(frozen=True, slots=True)
class Source:
    """One file to read. `opener` gives its bytes from the start, as often as it is called."""

    where: str
    name: str
    opener: Callable[[], io.BufferedIOBase]


Reader = Callable[[Source, Defaults], Iterator[Item]]


class RejectedError(Exception):
    """Within this package: this record or file is to be rejected. Readers turn it into a Reject."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail

    def at(self, where: str) -> Reject:
        """The Reject for the place `where`."""
        return Reject(where, self.reason, self.detail)


def guarded(items: Iterator[Item], where: str) -> Iterator[Item]:
    """Yield `items`; whatever ends them early becomes a last Reject, so what was read before it is kept."""
    try:
        yield from items
    except RejectedError as error:
        yield error.at(where)
    except EOFError:
        yield Reject(where, "truncated", "the file ends early; articles before that were read. Fetch the file again")
    except DAMAGE as error:
        yield Reject(where, "damaged file", f"{error}; articles before the damage were read. Fetch the file again")
    except OSError as error:
        yield Reject(where, "unreadable", f"{error.strerror or error}. Check the file and its permissions")


def read_whole(source: Source) -> bytes:
    """All bytes of a file that holds one article. Raises RejectedError when there are none or too many."""
    with source.opener() as stream:
        data = stream.read(MAX_FILE_BYTES + 1)
    if not data:
        raise RejectedError("empty file", "the file has no bytes. Remove it, or fetch it again")
    if len(data) > MAX_FILE_BYTES:
        raise RejectedError("too large", f"over {MAX_FILE_BYTES:,} bytes for one article. Split it into articles")
    return data


def shown(value: object, limit: int = 60) -> str:
    """A value from a file, short and printable, to name it in a message."""
    quoted = repr(value[:limit] if isinstance(value, str) else value)
    return quoted if len(quoted) <= limit + 2 else quoted[:limit] + "…"


def printable(name: str) -> str:
    """A file name that can be printed and stored: control characters and undecodable bytes replaced."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in name)
