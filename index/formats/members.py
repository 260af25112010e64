"""What the files within a zip or tar file share: which are read, as what, and how much they may unpack to."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from index.formats import kinds
from index.formats.base import Defaults, Item, RejectedError, Source, printable
from index.formats.unpack import metered

# A file can claim a thousand times its size. No more than a member at a time is held, so these guard time.
MAX_MEMBER_BYTES = 2 * 1024**3
MAX_TOTAL_BYTES = 16 * 1024**3
NESTED = (*kinds.ARCHIVES, ".tar.zst", ".tbz2", ".txz", ".7z", ".rar")


@dataclass(slots=True)
class Budget:
    """How many bytes may still be unpacked of all members, and how many of each."""

    left: int
    member: int


def new_budget() -> Budget:
    """The budget that a zip or tar file begins with."""
    return Budget(MAX_TOTAL_BYTES, MAX_MEMBER_BYTES)


def is_hidden(name: str) -> bool:
    """Whether a member is hidden, or in a hidden folder, or what macOS adds: these are no members to speak of."""
    return any(part == "__MACOSX" or (part.startswith(".") and part != "..") for part in PurePosixPath(name).parts)


def refuse_name(name: str) -> None:
    """Raises RejectedError for names that point elsewhere and for archives within archives."""
    if ".." in PurePosixPath(name).parts:
        raise RejectedError("unsafe name", "its name points out of the archive. Unpack it by hand and add the file")
    if name.lower().endswith(NESTED):
        raise RejectedError("nested archive", "archives within archives are not read. Unpack it and add it by itself")


def read_member(
    name: str, where: str, opener: Callable[[], io.BufferedIOBase], defaults: Defaults, budget: Budget
) -> Iterator[Item]:
    """The articles of one member, read as its own kind of file. Raises RejectedError, also for an unknown kind."""
    reader, unpacked = kinds.choose(Source(where, printable(PurePosixPath(name).name), opener))
    counted = Source(where, unpacked.name, lambda: _counted(unpacked.opener(), budget))
    yield from reader(counted, defaults)


def refuse_spent(budget: Budget, unread: str) -> None:
    """Raises RejectedError, naming what was left `unread`, when the budget is spent."""
    if budget.left <= 0:
        detail = f"unpacks to over {MAX_TOTAL_BYTES:,} bytes; {unread} not read. Unpack it and add the folder"
        raise RejectedError("too large", detail)


def _counted(stream: io.BufferedIOBase, budget: Budget) -> io.BufferedIOBase:
    """The stream, ending in RejectedError once the member or all of them have given too much."""
    left = budget.member

    def charge(count: int) -> None:
        nonlocal left
        left -= count
        budget.left -= count
        if left < 0 or budget.left < 0:
            detail = f"unpacks to over {budget.member:,} bytes, or the whole archive to over {MAX_TOTAL_BYTES:,}"
            raise RejectedError("too large", f"{detail}. Unpack it and add the file by itself")

    return metered(stream, charge)
