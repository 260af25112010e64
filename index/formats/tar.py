"""Tar files, packed or not: each member read as its own kind of file, in the order of the file, in one pass.

A stream cannot go back, as some readers must: the member being read is kept, in memory or, if it is large, in a
temporary file without a name.
"""

from __future__ import annotations

import io
import re
import tarfile
from collections.abc import Callable, Iterator
from tempfile import SpooledTemporaryFile
from typing import IO, Any, cast

from index.formats import members
from index.formats.base import Defaults, Item, RejectedError, Source, guarded, printable
from index.formats.members import Budget
from index.formats.unpack import CHUNK_BYTES, bunzipped, gunzipped, unxzed

UNPACKED: dict[str, Callable[[Source], Source]] = {
    ".tar": lambda source: source,
    ".tar.gz": gunzipped,
    ".tgz": gunzipped,
    ".tar.bz2": bunzipped,
    ".tar.xz": unxzed,
}
MAX_HEADER_BYTES = 128 * 1024  # of one member: with long names and extended attributes some thousand
MAX_SPOOLED_BYTES = 4 * 1024**2  # a larger member goes to the temporary file
BLOCK = tarfile.BLOCKSIZE
END = bytes(BLOCK)
DIGITS = re.compile(rb"\d{200}")
# What tarfile lets slip, beside its own TarError, on headers with impossible values.
MALFORMED = (tarfile.TarError, ValueError, IndexError, OverflowError, RecursionError)


def read(source: Source, defaults: Defaults) -> Iterator[Item]:
    """The articles of all members. What is wrong with one member leaves the others readable.

    Raises RejectedError or EOFError where the file cannot be read on.
    """
    budget = members.new_budget()
    with _unpacked(source).opener() as opened:
        stream = _Forward(opened)
        archive: tarfile.TarFile | None = None
        empty = True
        while True:
            archive, info = _next(archive, stream)
            if info is None:
                break
            if not info.isdir() and not members.is_hidden(info.name):
                empty = False
                members.refuse_spent(budget, "the files from here on were")
                where = f"{source.where}!{printable(info.name)}"
                yield from guarded(_read_member(stream, info, where, defaults, budget), where)
            stream.seek(archive.offset)
        stream.refuse_more()
    if empty:
        detail = "the tar file has no files in it but hidden ones, if any. Remove it, or fetch it again"
        raise RejectedError("empty file", detail)


def _unpacked(source: Source) -> Source:
    name = source.name.lower()
    ending = max((ending for ending in UNPACKED if name.endswith(ending)), key=len)
    return UNPACKED[ending](source)


class _Forward:
    """A stream as tarfile wants it, but forwards only, and for no more than MAX_HEADER_BYTES of headers at a time."""

    def __init__(self, stream: io.BufferedIOBase) -> None:
        self._stream = stream
        self._position = 0
        self.allowed = MAX_HEADER_BYTES
        self.last = b""  # what tarfile read last

    def tell(self) -> int:
        """The position."""
        return self._position

    def seek(self, position: int) -> None:
        """Go forwards. Raises EOFError where the stream ends before, RejectedError for backwards."""
        if position < self._position:
            raise _damaged("a member has an impossible size")
        while self._position < position:
            self.data(min(CHUNK_BYTES, position - self._position))

    def read(self, size: int) -> bytes:
        """Bytes of a header. Raises RejectedError."""
        self.allowed -= size
        if size < 0 or self.allowed < 0:
            raise _damaged(f"the headers of a member have over {MAX_HEADER_BYTES:,} bytes")
        self.last = self._stream.read(size)
        self._position += len(self.last)
        if DIGITS.search(self.last):  # the search of older versions of tarfile takes the square of their number
            raise _damaged("a header holds no sensible number")
        return self.last

    def data(self, size: int) -> bytes:
        """Some bytes of a member, at most `size`. Raises EOFError where there are none."""
        data = self._stream.read(size)
        if not data:
            raise EOFError
        self._position += len(data)
        return data

    def refuse_more(self) -> None:
        """After the end: raises RejectedError for anything else than zeros, and what damage comes to light."""
        while data := self._stream.read(CHUNK_BYTES):
            if data.strip(b"\0"):
                detail = "more stands after its end, perhaps a second tar file, and was not read"
                raise RejectedError("damaged file", f"{detail}. Unpack it and add the folder")


def _next(archive: tarfile.TarFile | None, stream: _Forward) -> tuple[tarfile.TarFile, tarfile.TarInfo | None]:
    """The file and its next member, None after the last. Raises RejectedError, EOFError."""
    stream.allowed, stream.last = MAX_HEADER_BYTES, b""
    try:
        if archive is None:
            archive = tarfile.TarFile(fileobj=cast(IO[bytes], stream))  # reads the first header
        info = archive.next()
    except MALFORMED as error:
        if not stream.tell():
            raise RejectedError("empty file", "the file has no bytes. Remove it, or fetch it again") from error
        if len(stream.last) % BLOCK or not stream.last:
            raise EOFError from error
        raise _damaged(str(error)) from error
    cast(Any, archive).members.clear()  # it would keep the headers of millions
    if info is None and stream.last != END:  # tarfile takes any of this for the end
        raise _damaged("a header is no header") if len(stream.last) == BLOCK else EOFError()
    return archive, info


def _read_member(
    stream: _Forward, info: tarfile.TarInfo, where: str, defaults: Defaults, budget: Budget
) -> Iterator[Item]:
    members.refuse_name(info.name)
    if info.issym() or info.islnk():
        raise RejectedError("link", "it only names another file, which is read if it is in the archive itself")
    if not info.isreg():
        raise RejectedError("unreadable", "neither a file nor a folder. Remove it")
    if info.issparse():
        raise RejectedError("sparse file", "it is packed with its gaps left out. Unpack it and add it by itself")
    if info.size < 0:
        raise RejectedError("damaged file", "its size is below zero. Fetch the tar file again")
    if info.size > budget.member:
        detail = f"it has {info.size:,} bytes, the most is {budget.member:,}. Unpack it and add it by itself"
        raise RejectedError("too large", detail)
    with SpooledTemporaryFile(MAX_SPOOLED_BYTES) as spool:
        filled = False

        def opened() -> io.BufferedIOBase:
            nonlocal filled
            if not filled:
                filled = True
                _copy(stream, info.size, spool)
            return io.BufferedReader(_Again(spool), CHUNK_BYTES)

        yield from members.read_member(info.name, where, opened, defaults, budget)


def _copy(stream: _Forward, size: int, spool: IO[bytes]) -> None:
    while size:
        data = stream.data(min(CHUNK_BYTES, size))
        spool.write(data)
        size -= len(data)


class _Again(io.RawIOBase):
    """A file from its start, which stays open when this is closed."""

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__()
        self._file = file
        self._position = 0

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        self._file.seek(self._position)
        data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)


def _damaged(what: str) -> RejectedError:
    return RejectedError("damaged file", f"{what}; the files before that were read. Fetch the file again")
