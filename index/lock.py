"""One owner: an archive's folder is open in one process at a time, and the lock says in which."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from index.errors import ArchiveCorruptError, ArchiveLockedError

# The files that this module makes in an archive's folder.
FILES = frozenset({"lock", "owner.json"})


def take(folder: Path) -> FileLock:
    """Takes the folder for this process. Raises ArchiveLockedError, which says who has it, and ArchiveCorruptError."""
    lock = FileLock(str(folder / "lock"))
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        owner = _read_owner(folder)
        who = f"process {owner['pid']} ({owner['command']})" if owner else "another process"
        url = owner.get("url")
        remedy = f"Ask it at {url}, or stop it first." if url else "Wait until it is done, or stop it first."
        raise ArchiveLockedError(f"The archive in {folder} is in use by {who}. {remedy}", url=url) from error
    except OSError as error:
        raise ArchiveCorruptError(f"The archive folder {folder} cannot be locked: {error}.") from error
    write_owner(folder, None)
    return lock


def let_go(folder: Path, lock: FileLock) -> None:
    """Gives the folder back."""
    (folder / "owner.json").unlink(missing_ok=True)
    lock.release()


def write_owner(folder: Path, url: str | None) -> None:
    """Notes who has the folder, and at which address it is served, if it is."""
    command = " ".join([Path(sys.argv[0]).name, *sys.argv[1:]])[:200]
    owner = {"pid": os.getpid(), "command": command, "url": url}
    (folder / "owner.json").write_text(json.dumps(owner))


def _read_owner(folder: Path) -> dict[str, Any]:
    try:
        return dict(json.loads((folder / "owner.json").read_text()))
    except (OSError, ValueError):
        return {}
