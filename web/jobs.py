"""Long pieces of work, kept in the store with their files: adding articles, asking a file of questions.

A job's folder is `jobs/ID` of the store's: what was handed in lies in `input`, what came out in `results`.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from secrets import token_hex
from typing import IO, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Select, delete, func, insert, select, update
from werkzeug.exceptions import Conflict, TooManyRequests

from index.errors import ArchiveError, NotFoundError
from web.store import JobRow, Store, now, utc

Kind = Literal["add", "evaluate"]
State = Literal["queued", "running", "done", "failed", "cancelled"]

# A line that is longer helps nobody, and everything in it takes room on disk.
MAX_WAITING = 20
RETRY_SECONDS = 60
MAX_NAME_CHARS = 60  # file systems take 255 bytes
CHUNK_BYTES = 1 << 20


class AddOptions(BaseModel):
    """What is added besides files, and what is taken for articles that do not say themselves."""

    model_config = ConfigDict(extra="forbid")

    address: str | None = Field(default=None, max_length=2000, description="A page, feed or file that is fetched.")
    source: str | None = Field(default=None, max_length=10_000, description="Source of articles that do not say.")
    published: str | None = Field(default=None, max_length=100, description="Date of articles that do not say.")


class EvaluateOptions(BaseModel):
    """How the answers are counted."""

    model_config = ConfigDict(extra="forbid")

    group: str | None = Field(
        default=None, max_length=200, description="Give figures also by the value of this field of the question file."
    )


class RejectedItem(BaseModel):
    """What could not be added: its place, a short reason, and what to do about it."""

    where: str
    reason: str
    detail: str


class AddReport(BaseModel):
    """What became of the articles handed in. `undated` counts those of the added and updated without any date;
    `withdrawn` those read but taken back when the job was cancelled. `rejects` are the first ones."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    undated: int = 0
    withdrawn: int = 0
    rejected: int = 0
    reasons: dict[str, int] = {}
    rejects: tuple[RejectedItem, ...] = ()


class Job(BaseModel):
    """A job as its list shows it. `done` of `total` counts articles or questions; `total` is null until it is known."""

    id: str
    kind: Kind
    state: State
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    files: tuple[str, ...] = Field(description="Names of the files handed in.")
    options: dict[str, str | None]
    done: int
    total: int | None
    report: AddReport | None = Field(description="Of a job of kind add: what became of the articles.")
    metrics: dict[str, Any] | None = Field(description="Of a job of kind evaluate: the figures, as in metrics.json.")
    error: str | None = Field(description="Why it failed, and the remedy.")

    @property
    def handed_in(self) -> tuple[str, ...]:
        """The names of the files, and the address."""
        return (*self.files, *filter(None, [self.options.get("address")]))

    @property
    def over(self) -> bool:
        """Whether nothing more will be done for it."""
        return self.state not in ("queued", "running")

    @property
    def is_unwinding(self) -> bool:
        """Whether it was cancelled and what it has read is still being taken back."""
        return self.kind == "add" and self.state == "cancelled" and self.started_at is not None and self.report is None


class ResultFile(BaseModel):
    """A file that a job wrote."""

    name: str
    bytes: int


class Jobs:
    """The jobs of a store."""

    def __init__(self, store: Store) -> None:
        self._engine = store.engine
        self._folder = store.folder / "jobs"

    # --- for those who hand in and look

    def hand_in(self, kind: Kind, options: AddOptions | EvaluateOptions, files: Iterable[tuple[str, IO[bytes]]]) -> Job:
        """A new job for these files, given by name; it is queued once all of them lie on disk.

        Raises TooManyRequests when many wait already, ArchiveError when the files cannot be kept.
        """
        if self._count(JobRow.state == "queued") >= MAX_WAITING:
            raise TooManyRequests(
                f"{MAX_WAITING} jobs wait already. Hand this one in when some of them are done.",
                retry_after=RETRY_SECONDS,
            )
        job_id = token_hex(8)
        folder = self.folder(job_id)
        try:
            names = _keep(folder, files)
            row = {"id": job_id, "kind": kind, "state": "queued", "created_at": now(), "done": 0}
            with self._engine.begin() as connection:
                connection.execute(insert(JobRow), [{**row, "options": {"files": names, **options.model_dump()}}])
        except BaseException as error:
            shutil.rmtree(folder, ignore_errors=True)
            if isinstance(error, OSError):
                raise ArchiveError(f"The files cannot be kept: {error.strerror}. Free disk space.") from error
            raise
        return self.get(job_id)

    def page(self, limit: int, offset: int = 0) -> tuple[list[Job], int]:
        """Jobs, the latest first, and how many there are in all."""
        query = select(JobRow.__table__).order_by(JobRow.created_at.desc(), JobRow.id).limit(limit).offset(offset)
        return self._read(query), self._count()

    def get(self, job_id: str) -> Job:
        """One job. Raises NotFoundError."""
        found = self._read(select(JobRow.__table__).where(JobRow.id == job_id))
        if not found:
            raise NotFoundError(f"There is no job {job_id[:64]!r}.")
        return found[0]

    def cancel(self, job_id: str) -> Job:
        """Ends a job that waits or runs; what runs stops within moments. Raises NotFoundError, Conflict."""
        if not self._move(job_id, ("queued", "running"), state="cancelled", finished_at=now()):
            raise Conflict(f"The job is {self.get(job_id).state}; only one that waits or runs can be cancelled.")
        return self.get(job_id)

    def delete(self, job_id: str) -> None:
        """Removes a job that is over, with its files. Raises NotFoundError, Conflict."""
        if not self.get(job_id).over:
            raise Conflict("The job is not over. Cancel it first.")
        with self._engine.begin() as connection:
            connection.execute(delete(JobRow).where(JobRow.id == job_id))
        shutil.rmtree(self.folder(job_id), ignore_errors=True)

    def results(self, job_id: str) -> list[ResultFile]:
        """The files that a job has written, by name. Raises NotFoundError."""
        folder = self.folder(self.get(job_id).id) / "results"
        files = sorted(path for path in folder.glob("*") if path.is_file())
        return [ResultFile(name=path.name, bytes=path.stat().st_size) for path in files]

    def result(self, job_id: str, name: str) -> Path:
        """One of these files. Raises NotFoundError."""
        if name not in {file.name for file in self.results(job_id)}:
            raise NotFoundError(f"The job has no result {name[:64]!r}.")
        return self.folder(job_id) / "results" / name

    def folder(self, job_id: str) -> Path:
        """Where the job's files lie."""
        return self._folder / job_id

    # --- for the worker

    def requeue(self) -> None:
        """Puts what was running when its server ended back in line, and clears away what never became a job."""
        with self._engine.begin() as connection:
            connection.execute(update(JobRow).where(JobRow.state == "running").values(state="queued"))
            known = set(connection.scalars(select(JobRow.id)))
        for folder in self._folder.glob("*"):
            if folder.name not in known:
                shutil.rmtree(folder, ignore_errors=True)

    def unwinding(self) -> list[Job]:
        """The jobs that were cancelled and of which something is still to be taken back."""
        query = select(JobRow.__table__).where(JobRow.state == "cancelled", JobRow.kind == "add")
        return [job for job in self._read(query) if job.is_unwinding]

    def begin_next(self) -> tuple[Job, bool] | None:
        """Sets the first of those that wait running; tells also whether it was begun before. None when none waits."""
        query = select(JobRow.__table__).where(JobRow.state == "queued").order_by(JobRow.created_at, JobRow.id)
        with self._engine.connect() as connection:
            row = connection.execute(query.limit(1)).mappings().first()
        if row is None:
            return None
        options = {"began": now().isoformat(), **row["options"]}
        if not self._move(row["id"], ("queued",), state="running", options=options):
            return None
        return self.get(row["id"]), "began" in row["options"]

    def advance(self, job_id: str, done: int, total: int | None) -> bool:
        """Notes progress; False when the job is no longer to run."""
        return self._move(job_id, ("running",), done=done, total=total)

    def finish(self, job_id: str, result: dict[str, Any], done: int, total: int | None) -> None:
        """Notes that a job is done, unless it was cancelled, and what came of it."""
        self._move(job_id, ("running",), state="done", finished_at=now(), result=result, done=done, total=total)

    def fail(self, job_id: str, error: str) -> None:
        """Notes why a job failed, unless it was cancelled."""
        self._move(job_id, ("running",), state="failed", finished_at=now(), error=error)

    def note_result(self, job_id: str, result: dict[str, Any]) -> None:
        """Notes what came of a job that was cancelled."""
        self._move(job_id, ("cancelled",), result=result)

    # --- inside

    def _move(self, job_id: str, states: tuple[State, ...], **values: Any) -> bool:
        """Changes a job that is in one of these states; whether it was."""
        with self._engine.begin() as connection:
            changed = update(JobRow).where(JobRow.id == job_id, JobRow.state.in_(states)).values(**values)
            return connection.execute(changed).rowcount > 0

    def _count(self, *conditions: Any) -> int:
        with self._engine.connect() as connection:
            return connection.scalar(select(func.count()).select_from(JobRow).where(*conditions)) or 0

    def _read(self, query: Select[Any]) -> list[Job]:
        with self._engine.connect() as connection:
            return [_job(row) for row in connection.execute(query).mappings()]


def input_files(folder: Path) -> list[Path]:
    """What was handed in, in its order: each file lies in a numbered folder, so that names may repeat."""
    numbered = sorted((folder / "input").glob("*"), key=lambda path: int(path.name))
    return [path for number in numbered for path in number.iterdir()]


def _keep(folder: Path, files: Iterable[tuple[str, IO[bytes]]]) -> list[str]:
    """Copies files into a job's folder; returns the names they have there."""
    names = []
    (folder / "input").mkdir(parents=True)
    for number, (name, stream) in enumerate(files):
        place = folder / "input" / str(number) / _safe_name(name)
        place.parent.mkdir()
        with place.open("wb") as file:
            shutil.copyfileobj(stream, file, CHUNK_BYTES)
        names.append(place.name)
    return names


def _safe_name(name: str) -> str:
    """The end of the name that a client gives a file, fit for any file system."""
    last = re.split(r"[/\\]", name)[-1].encode(errors="replace").decode()
    clean = "".join(char if char.isprintable() and char not in '<>:"|?*' else "_" for char in last)
    return clean[-MAX_NAME_CHARS:].lstrip(". ") or "unnamed"


def _job(row: Any) -> Job:
    options = dict(row["options"])
    result = row["result"] or {}
    began = options.pop("began", None)
    return Job(
        started_at=utc(datetime.fromisoformat(began)) if began else None,
        files=tuple(options.pop("files")),
        options=options,
        report=result.get("report"),
        metrics=result.get("metrics"),
        created_at=utc(row["created_at"]),
        finished_at=row["finished_at"] and utc(row["finished_at"]),
        **{name: row[name] for name in ("id", "kind", "state", "done", "total", "error")},
    )
