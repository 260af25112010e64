"""What a run is made with, written before it begins: a later run goes on with it only if that is the same."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from importlib import metadata
from pathlib import Path
from typing import Any

import index
import qa
from index.errors import InputError
from qa.evaluate.files import replacing
from qa.evaluate.questions import Question, digest, format_of
from qa.pipeline import QA

FORMAT = 1
# What is noted of a run, and need not be the same to go on with it.
NOTES = ("started_at", "finished_at", "predictions_sha256")
# Libraries on which the predictions depend.
_LIBRARIES = ("chromadb", "numpy", "onnxruntime", "tantivy", "tokenizers")

Manifest = dict[str, Any]


def describe(engine: QA, questions_file: Path, questions: Sequence[Question], method: str, compare: bool) -> Manifest:
    """All that is needed to repeat a run."""
    info, encoder = engine.info(), engine.archive.encoder
    return {
        "backissue_run": FORMAT,
        "questions": {
            "file": questions_file.name,
            "format": format_of(questions_file),
            "sha256": digest(questions_file),
            "number": len(questions),
        },
        "archive": {
            **{name: info[name] for name in ("id", "version", "articles", "passages", "chunking")},
            "weights": encoder.digest,
        },
        "embedding_model": encoder.name,
        "reader": engine.reader.name,
        "calibration": asdict(engine.reader.calibration),
        "method": method,
        "retrieval": asdict(engine.knobs),
        "compare_retrieval": compare,
        "code": {
            "version": _version(),
            "sha256": _code(),
            **{name: metadata.version(name) for name in _LIBRARIES},
        },
        "machine": {"processor": _processor(), "system": platform.system(), "python": platform.python_version()},
        "started_at": now(),
    }


def load(file: Path) -> Manifest | None:
    """The manifest in a file; None where there is none. Raises InputError for a file that is something else."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or found.get("backissue_run") != FORMAT:
        raise InputError(f"{file} was not written by this version of `backissue evaluate`. Name another folder.")
    return found


def save(file: Path, manifest: Mapping[str, Any]) -> None:
    """Writes it, whole or not at all."""
    with replacing(file) as out:
        out.write(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")


def differences(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """What differs between two manifests, notes left out: dotted names with both values, None where it is not told."""
    left, right = _flat(one), _flat(other)
    names = [name for name in {**left, **right} if name not in NOTES]
    return {name: (left.get(name), right.get(name)) for name in names if left.get(name) != right.get(name)}


def now() -> str:
    """The time, to the second, in UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _flat(value: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, below in value.items():
        found |= _flat(below, f"{above}{name}.") if isinstance(below, Mapping) else {f"{above}{name}": below}
    return found


def _version() -> str | None:
    """None where the source is used without being installed."""
    try:
        return metadata.version("backissue")
    except metadata.PackageNotFoundError:
        return None


@cache
def _code() -> str:
    """SHA-256 over the source that answers questions; how answers are scored changes no prediction."""
    whole = sha256()
    for package, pattern in ((index, "**/*.py"), (qa, "*.py")):
        folder = Path(str(package.__file__)).parent
        for file in sorted(folder.glob(pattern)):
            whole.update(f"{file.relative_to(folder).as_posix()}\n".encode() + file.read_bytes())
    return whole.hexdigest()


def _processor() -> str:
    """The processor's own name where the system tells it: int8 arithmetic differs between processors."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, "") or platform.processor() or platform.machine()
