"""What an archive says of itself: schema, id, model, chunking. It is refused when opened as anything else."""

from __future__ import annotations

import uuid
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from index.chunk import Chunking
from index.embed import BUNDLED, Precision
from index.errors import ArchiveMismatchError

SCHEMA_VERSION = 3
# Opening an archive brings older schemas up to date: those before lacked the evidence of names and corrections, and
# the language of passages in both indexes.
WITH_EVIDENCE, WITH_LANGUAGES = 2, 3
UPGRADED = (1, 2)


def describe(model: str | None, precision: Precision | None, chunking: Chunking | None, sample: bool) -> dict[str, Any]:
    """The description of a new archive; what is not given gets its default."""
    return {
        "schema": SCHEMA_VERSION,
        "id": uuid.uuid4().hex[:12],
        "version": 0,
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "model": model or BUNDLED,
        "precision": precision or "int8",
        "chunking": asdict(chunking or Chunking()),
        "sample": sample,
    }


def check(
    meta: dict[str, Any], folder: Path, model: str | None, precision: Precision | None, chunking: Chunking | None
) -> None:
    """Raises ArchiveMismatchError unless the archive is of this schema and was made as asked; None asks nothing."""
    if meta.get("schema") not in (SCHEMA_VERSION, *UPGRADED):
        raise ArchiveMismatchError(
            f"The archive in {folder} has schema {meta.get('schema')}, this Backissue reads {SCHEMA_VERSION}. "
            "Export it with the version that made it, and add the export to a new archive."
        )
    asked = {"model": model, "precision": precision, "chunking": asdict(chunking) if chunking else None}
    for name, value in asked.items():
        if value is not None and value != meta[name]:
            raise ArchiveMismatchError(
                f"The archive in {folder} was made with {name} {meta[name]!r}, not {value!r}. Leave the setting out "
                "to use the archive as it is, or make a new archive in another folder."
            )
