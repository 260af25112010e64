"""What could not be added, as `backissue add` noted it down in the archive's folder `rejects`."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

# Bytes of notes that are read, the newest first: some 50,000 rejects. Older ones lie in their files.
MAX_BYTES = 10_000_000

_FOLDERS = re.compile(r"(?<![\w.:/\\])(?:[A-Za-z]:)?[/\\](?:[^\s/\\:!]+[/\\])+")


@dataclass(frozen=True, slots=True)
class Rejected:
    """One reject: its place, why, and what to do about it. Of places only the file's name is told, for who reads of
    it may sit at another machine. `at` is when it was rejected, None where the file's name does not say."""

    where: str
    reason: str
    detail: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class ReasonCount:
    """A reason for rejecting."""

    reason: str
    rejects: int


@dataclass(frozen=True, slots=True)
class Rejects:
    """Rejects by reason, the commonest first, and the newest ones. `complete` unless there were too many to count."""

    total: int
    reasons: tuple[ReasonCount, ...]
    newest: tuple[Rejected, ...]
    complete: bool = True


def read_rejects(folder: Path, limit: int) -> Rejects:
    """All rejects noted in a folder, and the newest `limit`; none when there is no such folder."""
    files = sorted(folder.glob("*.jsonl"), reverse=True)  # their names begin with the time
    reasons: Counter[str] = Counter()
    newest: list[Rejected] = []
    left = MAX_BYTES
    for file in files:
        if left <= 0:
            break
        for reject in _read(file, left):
            reasons[reject.reason] += 1
            if len(newest) < limit:
                newest.append(reject)
        left -= file.stat().st_size
    ordered = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
    counts = tuple(ReasonCount(reason, number) for reason, number in ordered)
    return Rejects(reasons.total(), counts, tuple(newest), complete=left >= 0)


def _read(file: Path, most: int) -> Iterator[Rejected]:
    """The rejects in the first `most` bytes of a file."""
    at = _time_of(file)
    with file.open("rb") as stream:
        lines = stream.readlines(most)
    for number, line in enumerate(lines, start=1):
        try:
            yield _reject(json.loads(line), at)
        except (ValueError, KeyError, TypeError, RecursionError):
            remedy = "This line of the notes cannot be read. Add the same files again to have it anew."
            yield Rejected(f"{file.name}:{number}", "unreadable note", remedy, at)


def _reject(note: dict[str, Any], at: datetime | None) -> Rejected:
    where, reason, detail = (str(note[name]) for name in ("where", "reason", "detail"))
    outer, mark, inner = where.partition("!")
    folder = re.match(r".*[/\\]", outer)
    if folder:
        detail = detail.replace(folder.group(), "")
    return Rejected(outer[folder.end() if folder else 0 :] + mark + inner, reason, _FOLDERS.sub("", detail), at)


def _time_of(file: Path) -> datetime | None:
    try:
        return datetime.strptime(file.stem, "%Y%m%dT%H%M%S.%f").replace(tzinfo=UTC)
    except ValueError:
        return None
