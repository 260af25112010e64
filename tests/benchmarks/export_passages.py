"""Writes an archive's passages as JSON lines, for benchmarks of other systems on the very same passages.

    python tests/benchmarks/export_passages.py ARCHIVE passages.jsonl

Rows: {"id", "title", "text", "day"}, `day` as the integer YYYYMMDD. Undated passages are left out and counted.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from index.archive import Archive
from index.embed import load_encoder


def main(folder: Path, target: Path) -> None:
    """Reads the archive in `folder`, writes `target`."""
    undated = 0
    with Archive.open(folder, load_encoder) as archive, target.open("w", encoding="utf-8") as file:
        held = archive.catalog.passages_of(archive.catalog.in_state("indexed"))
        for passages in held.values():
            for passage in archive.passages([passage.id for passage in passages]):
                if passage.published_day is None:
                    undated += 1
                    continue
                row = {"id": passage.id, "title": passage.title, "text": passage.text, "day": passage.published_day}
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
    print(f"{undated} undated passages left out")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
