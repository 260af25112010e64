"""A file or folder -> the articles in it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

from index.errors import SourceFileError
from index.formats import bundle, kinds, tar
from index.formats.base import Defaults, Item, Reader, Reject, Source, guarded, printable

ARCHIVES: dict[str, Reader] = {".zip": bundle.read, ".wacz": bundle.read_wacz, **dict.fromkeys(tar.UNPACKED, tar.read)}


def read_path(path: Path, defaults: Defaults = Defaults()) -> Iterator[Item]:  # noqa: B008 - it is frozen
    """The articles of a file or of a folder and its subfolders, in the order of names, read as they are asked for.

    Hidden files in folders are passed over. What cannot be read is a Reject; only where `path` itself
    does not exist or cannot be opened, SourceFileError is raised, at once.
    """
    _refuse_unreadable(path)
    return _read_all(path, defaults)


def _refuse_unreadable(path: Path) -> None:
    try:
        if path.is_dir():
            next(path.iterdir(), None)
        elif path.is_file():
            path.open("rb").close()
        elif path.exists():
            raise SourceFileError(f"{path} is neither a file nor a folder. Name one of these")
        else:
            raise SourceFileError(f"{path} does not exist. Check the path")
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = getattr(error, "strerror", None) or error
        raise SourceFileError(f"{path} cannot be read: {reason}. Check its permissions") from error


def _read_all(path: Path, defaults: Defaults) -> Iterator[Item]:
    empty = True
    for found in _walk(path):
        empty = False
        if isinstance(found, Reject):
            yield found
        else:
            where = printable(found.as_posix())
            yield from guarded(_read_file(found, where, defaults), where)
    if empty:
        yield Reject(printable(path.as_posix()), "no files", f"the folder is empty. Known files are {kinds.KNOWN}")


def _walk(top: Path) -> Iterator[Path | Reject]:
    """All files below `top`, or `top` itself. Does not follow links to folders, which may lead in circles."""
    waiting = [top]
    while waiting:
        path = waiting.pop()
        where = printable(path.as_posix())
        try:
            if path.is_file():
                yield path
            elif not path.is_dir():
                yield Reject(where, "unreadable", "neither a file nor a folder, or a link to nothing. Remove it")
            elif path.is_symlink() and path != top:
                yield Reject(where, "symbolic link", "links to folders are not followed. Add the folder by itself")
            else:
                visible = (child for child in path.iterdir() if not child.name.startswith("."))
                waiting.extend(sorted(visible, reverse=True))
        except OSError as error:
            yield Reject(where, "unreadable", f"{error.strerror}. Check its permissions")


def _read_file(path: Path, where: str, defaults: Defaults) -> Iterator[Item]:
    yield from read_source(Source(where, printable(path.name), lambda: _opened(path)), defaults)


def read_source(source: Source, defaults: Defaults) -> Iterator[Item]:
    """The articles of a file, by the ending of its name. Raises RejectedError where it holds none."""
    name = source.name.lower()
    archive = next((read for ending, read in ARCHIVES.items() if name.endswith(ending)), None)
    if archive:
        yield from archive(source, defaults)
    else:
        reader, unpacked = kinds.choose(source)
        yield from reader(unpacked, defaults)


def _opened(path: Path) -> io.BufferedIOBase:
    return path.open("rb")
