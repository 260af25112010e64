"""Zip files: each member read as its own kind of file, in the order of names, never unpacked to disk."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable, Iterator
from typing import BinaryIO, cast

from index.formats import members
from index.formats.base import Defaults, Item, RejectedError, Source, guarded, printable
from index.formats.members import Budget

# What zipfile lets slip, beside its own BadZipFile, on headers with impossible values.
MALFORMED = (RuntimeError, ValueError, struct.error)
ENCRYPTED = 0x1  # bit of the general purpose flags
WEB_ARCHIVES = (".warc", ".warc.gz")


def read(source: Source, defaults: Defaults) -> Iterator[Item]:
    """The articles of all members. What is wrong with one member leaves the others readable."""
    nothing = "the zip file has no files in it but hidden ones, if any. Remove it, or fetch it again"
    return _read(source, defaults, members.new_budget(), lambda name: not members.is_hidden(name), nothing)


def read_wacz(source: Source, defaults: Defaults) -> Iterator[Item]:
    """The articles of a WACZ file: of the web archives in it. Its indexes, lists and logs only describe these."""
    budget = members.new_budget()
    budget.member = budget.left  # one crawl may well be one member
    nothing = "there is no web archive in it. A WACZ file of other WACZ files is to be unpacked, and these added"
    return _read(source, defaults, budget, lambda name: name.lower().endswith(WEB_ARCHIVES), nothing)


def _read(
    source: Source, defaults: Defaults, budget: Budget, wanted: Callable[[str], bool], nothing: str
) -> Iterator[Item]:
    with source.opener() as stream, _archive(stream) as archive:
        # Not `is_dir`, which fails on an empty name.
        files = (info for info in archive.infolist() if not info.filename.endswith("/") and wanted(info.filename))
        found = sorted(files, key=lambda info: info.filename)
        if not found:
            raise RejectedError("empty file", nothing)
        for number, info in enumerate(found):
            members.refuse_spent(budget, f"{len(found) - number} of its files were")
            where = f"{source.where}!{printable(info.filename)}"
            yield from guarded(_read_member(archive, info, where, defaults, budget), where)


def _archive(stream: io.BufferedIOBase) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(cast(BinaryIO, stream))
    except MALFORMED as error:
        raise _damaged(error) from error


def _damaged(error: Exception) -> RejectedError:
    return RejectedError("damaged file", f"{error}. Pack it again by the usual method, deflate")


def _read_member(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, where: str, defaults: Defaults, budget: Budget
) -> Iterator[Item]:
    members.refuse_name(info.filename)
    if info.flag_bits & ENCRYPTED:
        raise RejectedError("encrypted", "the file is locked with a password. Unpack it and add it by itself")
    yield from members.read_member(info.filename, where, lambda: _opened(archive, info), defaults, budget)


def _opened(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> io.BufferedIOBase:
    try:
        return cast(io.BufferedIOBase, archive.open(info))
    except MALFORMED as error:
        raise _damaged(error) from error
