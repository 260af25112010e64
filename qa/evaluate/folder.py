"""The folder of a run: what is in it, what may be written there, and how far a run has come."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from index.errors import InputError
from qa.evaluate import manifest as manifests
from qa.evaluate.manifest import Manifest
from qa.evaluate.record import Question

MANIFEST, PREDICTIONS, RETRIEVAL = "run.json", "predictions.jsonl", "retrieval.jsonl"
SCORES = ("squad.json", "na_prob.json", "run.trec", "run.articles.trec", "questions.csv", "metrics.json", "report.html")
OURS = (MANIFEST, PREDICTIONS, RETRIEVAL, *SCORES)


@dataclass(frozen=True, slots=True)
class Folder:
    """The folder of a run."""

    path: Path

    def begin(self, manifest: Manifest, questions_file: Path, *, fresh: bool) -> Manifest:
        """Makes the folder ready for a run; returns the manifest in force, that of the run that is gone on with.

        Raises InputError, with nothing changed, when the folder holds files that no run wrote, or another run.
        With `fresh`, another run is thrown away.
        """
        if questions_file.resolve() in [(self.path / name).resolve() for name in OURS]:
            raise InputError(f"{questions_file} would be written over. Name another --out.", field="out")
        before = manifests.load(self.path / MANIFEST)
        if before is None and (foreign := [name for name in OURS if (self.path / name).exists()]):
            raise InputError(
                f"{self.path} holds {', '.join(foreign)}, but no {MANIFEST} of a run that wrote it. "
                "Name another --out, or move the files away.",
                field="out",
            )
        if before and not fresh:
            self._same(before, manifest)
            return before
        for name in OURS if before else ():
            (self.path / name).unlink(missing_ok=True)
        self.path.mkdir(parents=True, exist_ok=True)
        manifests.save(self.path / MANIFEST, manifest)
        return manifest

    def _same(self, before: Manifest, manifest: Manifest) -> None:
        # As JSON has it: no tuples.
        changed = manifests.differences(before, json.loads(json.dumps(manifest)))
        if changed:
            told = "; ".join(f"{name} was {old!r}, is {new!r}" for name, (old, new) in list(changed.items())[:3])
            raise InputError(
                f"{self.path} holds a run made otherwise: {told}. Add --fresh to throw it away and start over, "
                "or name another --out.",
                field="out",
            )

    def done(self, questions: Sequence[Question], *, retrieval: bool) -> int:
        """How many questions are answered. What a kill left of the last line is cut off.

        Raises InputError when the files hold anything but the first questions in their order.
        """
        names = [PREDICTIONS, *([RETRIEVAL] if retrieval else [])]
        number = min(len(self._whole_lines(name, questions)) for name in names)
        for name in names:
            ends = self._whole_lines(name, questions)
            if (self.path / name).exists():
                os.truncate(self.path / name, ends[number - 1] if number else 0)
        return number

    def _whole_lines(self, name: str, questions: Sequence[Question]) -> list[int]:
        """Where in the file each line ends."""
        file = self.path / name
        ends: list[int] = []
        if not file.exists():
            return ends
        with file.open("rb") as lines:
            for line in lines:
                if not line.endswith(b"\n"):
                    break
                if len(ends) == len(questions) or _id(line) != questions[len(ends)].id:
                    raise InputError(
                        f"{file}:{len(ends) + 1} is not the answer to the question that stands there in the "
                        "question file. Add --fresh to start over, or name another --out.",
                        field="out",
                    )
                ends.append((ends[-1] if ends else 0) + len(line))
        return ends

    def rows(self, name: str = PREDICTIONS) -> Iterator[dict[str, Any]]:
        """The rows of predictions.jsonl or retrieval.jsonl."""
        with (self.path / name).open(encoding="utf-8") as lines:
            for line in lines:
                yield json.loads(line)

    def digest(self) -> str:
        """SHA-256 of the predictions without their times: the same for every repetition of a run."""
        whole = sha256()
        for row in self.rows():
            del row["timings_ms"]
            whole.update((json.dumps(row, ensure_ascii=False, sort_keys=True) + "\n").encode())
        return whole.hexdigest()


def _id(line: bytes) -> Any:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return row.get("id") if isinstance(row, dict) else None
