"""Zip files: each member read as its own kind of file, in the order of names, never unpacked to disk."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import BinaryIO, cast

from index.formats import kinds
from index.formats.base import Defaults, Item, RejectedError, Source, guarded, printable

# A zip file can claim a thousand times its size. Nothing is unpacked to disk or held in memory, so these guard time.
MAX_MEMBER_BYTES = 2 * 1024**3
MAX_TOTAL_BYTES = 16 * 1024**3
NESTED = (".zip", ".tar", ".tgz", ".7z", ".rar")
# What zipfile lets slip, beside its own BadZipFile, on headers with impossible values.
MALFORMED = (RuntimeError, ValueError, struct.error)
ENCRYPTED = 0x1  # bit of the general purpose flags


@dataclass(slots=True)
class _Budget:
    """How many bytes may still be unpacked."""

    left: int


def read(source: Source, defaults: Defaults) -> Iterator[Item]:
    """The articles of all members. What is wrong with one member leaves the others readable."""
    budget = _Budget(MAX_TOTAL_BYTES)
    with source.opener() as stream, _archive(stream) as archive:
        members = sorted((info for info in archive.infolist() if _wanted(info)), key=lambda info: info.filename)
        if not members:
            detail = "the zip file has no files in it but hidden ones, if any. Remove it, or fetch it again"
            raise RejectedError("empty file", detail)
        for number, info in enumerate(members):
            if budget.left <= 0:
                unread = f"{len(members) - number} of its files were not read"
                detail = f"unpacks to over {MAX_TOTAL_BYTES:,} bytes; {unread}. Unpack it and add the folder"
                raise RejectedError("too large", detail)
            where = f"{source.where}!{printable(info.filename)}"
            yield from guarded(_read_member(archive, info, where, defaults, budget), where)


def _archive(stream: io.BufferedIOBase) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(cast(BinaryIO, stream))
    except MALFORMED as error:
        raise _damaged(error) from error


def _damaged(error: Exception) -> RejectedError:
    return RejectedError("damaged file", f"{error}. Pack it again by the usual method, deflate")


def _wanted(info: zipfile.ZipInfo) -> bool:
    """Folders and hidden files are no members to speak of, nor what macOS adds."""
    parts = PurePosixPath(info.filename).parts
    # Not `is_dir`, which fails on an empty name.
    hidden = any(part == "__MACOSX" or (part.startswith(".") and part != "..") for part in parts)
    return not info.filename.endswith("/") and not hidden


def _read_member(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, where: str, defaults: Defaults, budget: _Budget
) -> Iterator[Item]:
    name = PurePosixPath(info.filename).name
    if ".." in PurePosixPath(info.filename).parts:
        raise RejectedError("unsafe name", "its name points out of the zip file. Unpack it by hand and add the file")
    if name.lower().endswith(NESTED):
        raise RejectedError("nested archive", "archives within archives are not read. Unpack it and add it by itself")
    if info.flag_bits & ENCRYPTED:
        raise RejectedError("encrypted", "the file is locked with a password. Unpack it and add it by itself")
    reader, unpacked = kinds.choose(Source(where, printable(name), lambda: _opened(archive, info)))
    member = Source(where, unpacked.name, lambda: io.BufferedReader(_Counted(unpacked.opener(), budget)))
    yield from reader(member, defaults)


def _opened(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> io.BufferedIOBase:
    try:
        return cast(io.BufferedIOBase, archive.open(info))
    except MALFORMED as error:
        raise _damaged(error) from error


class _Counted(io.RawIOBase):
    """A stream that ends in RejectedError once the member or the whole zip file has given too much."""

    def __init__(self, stream: io.BufferedIOBase, budget: _Budget) -> None:
        super().__init__()
        self._stream = stream
        self._budget = budget
        self._left = MAX_MEMBER_BYTES

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self._stream.read1(len(buffer))
        self._left -= len(data)
        self._budget.left -= len(data)
        if self._left < 0 or self._budget.left < 0:
            detail = f"unpacks to over {MAX_MEMBER_BYTES:,} bytes, or the zip file to over {MAX_TOTAL_BYTES:,}"
            raise RejectedError("too large", f"{detail}. Unpack it and add the file by itself")
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._stream.close()
        super().close()
