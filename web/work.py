"""The thread that does the jobs, one after the other, and makes way for people's questions meanwhile."""

from __future__ import annotations

import logging
import os
import re
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from index import ingest
from index.errors import BackissueError, InputError
from index.formats import Defaults, Fetcher, Located, Reject, parse_published, read_address, read_path
from qa.answer import Ask, AskResponse
from qa.pipeline import QA
from web.jobs import AddReport, Job, Jobs, RejectedItem, input_files

log = logging.getLogger(__name__)

EXTENSION = "backissue.worker"
# Between two looks for new jobs, and between two notes of progress.
LOOK_SECONDS = 0.5
# How long a job makes way for questions at a time, so that it gets on even where there are always some.
WAY_SECONDS, STEP_SECONDS = 2.0, 0.02
# Scoring a large run takes some seconds, and can be done again.
STOP_SECONDS = 10.0
# Rejects that a job's report tells; the file rejects.jsonl among its results has all.
SHOWN_REJECTS = 200
UNKNOWN = "Something went wrong here, not in your files. It has been logged."


class Stopped(Exception):  # noqa: N818 - no error
    """The server ends: the job goes on when it starts again."""


class Cancelled(Exception):  # noqa: N818
    """Somebody cancelled the job."""


class Worker:
    """Does the jobs of a store with an engine. `busy` tells whether a question is being answered for somebody."""

    def __init__(self, jobs: Jobs, qa: QA, busy: Callable[[], bool]) -> None:
        self.jobs, self.qa, self.busy = jobs, qa, busy
        self._stopping = threading.Event()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Within it jobs are done. At its end the one at work is put back in line, at once."""
        self._stopping.clear()
        self.jobs.requeue()
        thread = threading.Thread(target=self._run, name="jobs", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._stopping.set()
            thread.join(STOP_SECONDS)

    def _run(self) -> None:
        for job in self.jobs.unwinding():
            self._clear_up(job, 0)
        while not self._stopping.is_set():
            try:
                begun = self.jobs.begin_next()
                if begun:
                    self._do(*begun)
                    continue
            except Exception:
                log.exception("The jobs cannot be looked after")
            self._stopping.wait(LOOK_SECONDS)

    def _do(self, job: Job, resumed: bool) -> None:
        turn = _Turn(self, job)
        work = {"add": self._add, "evaluate": self._evaluate}[job.kind]
        try:
            result = work(turn, resumed)
            self.jobs.finish(job.id, result, turn.done, turn.total)
        except Stopped:
            log.info("Job %s goes on at the next start", job.id)
        except Cancelled:
            self._clear_up(job, turn.done if turn.total is not None else 0)
        except (BackissueError, OSError) as error:
            self.jobs.fail(job.id, _without_folders(str(error), self.jobs.folder(job.id)))
        except Exception:
            log.exception("Job %s failed", job.id)
            self.jobs.fail(job.id, UNKNOWN)

    # --- adding

    def _add(self, turn: _Turn, resumed: bool) -> dict[str, Any]:
        job, archive = turn.job, self.qa.archive

        def read(report: ingest.Report) -> None:
            turn.move(report.added + report.updated + report.unchanged + len(report.rejects), None)

        report = ingest.add(
            archive,
            self._items(job),
            on_read=read,
            on_indexing=lambda articles, _: turn.move(0, articles),
            on_indexed=lambda articles, _: turn.move(turn.done + articles, turn.total),
            checkpoint=turn.checkpoint,
            since=job.started_at if resumed else None,
        )
        if noted := ingest.note_rejects(archive.folder / "rejects", report.rejects):
            results = self.jobs.folder(job.id) / "results"
            results.mkdir(exist_ok=True)
            shutil.copyfile(noted, results / "rejects.jsonl")
        return {"report": _told(report).model_dump()}

    def _items(self, job: Job) -> Iterator[Located | Reject]:
        """The articles of the files handed in, their places named as the files were, and those at the address."""
        defaults = Defaults(source=job.options["source"])
        if job.options["published"]:
            moment, precision = parse_published(job.options["published"], "published")
            defaults = replace(defaults, published_at=moment, date_precision=precision)
        folder = self.jobs.folder(job.id)
        for path in input_files(folder):
            for item in read_path(path, defaults):
                yield replace(item, where=_without_folders(item.where, folder))
        if address := job.options.get("address"):
            # Whoever may use this server may not be allowed to reach all that it can.
            yield from read_address(address, defaults, Fetcher(private=False))

    def _clear_up(self, job: Job, kept: int) -> None:
        """After a cancelled job: what it has read and not yet indexed is taken back."""
        if job.kind == "add" and job.started_at:
            withdrawn = self.qa.archive.withdraw_pending(job.started_at)
            self.jobs.note_result(job.id, {"report": AddReport(added=kept, withdrawn=withdrawn).model_dump()})

    # --- asking

    def _evaluate(self, turn: _Turn, resumed: bool) -> dict[str, Any]:
        from qa.evaluate.run import evaluate  # with matplotlib: some seconds

        job = turn.job
        folder = self.jobs.folder(job.id)
        results = folder / "results"
        arguments = (_PatientQA(self.qa, turn.checkpoint), _questions(folder), results)
        options: dict[str, Any] = {"group": job.options["group"], "progress": turn.move}
        begun_before = resumed and results.exists()
        try:
            metrics = evaluate(*arguments, **options)
        except InputError:
            if not begun_before:
                raise
            metrics = evaluate(*arguments, fresh=True, **options)  # the archive has changed since
        return {"metrics": {name: metrics[name] for name in sorted(set(metrics) - LEFT_IN_FILE)}}


# Parts of the metrics that are long, and read from metrics.json by whoever wants them.
LEFT_IN_FILE = frozenset({"run", "breakdowns", "confidence"})


class _Turn:
    """A job at work: its progress, kept in the store now and then, and whether it may go on."""

    def __init__(self, worker: Worker, job: Job) -> None:
        self.job, self.done, self.total = job, 0, job.total
        self._worker = worker
        self._noted = 0.0

    def move(self, done: int, total: int | None) -> None:
        """Notes progress. Raises Stopped, Cancelled."""
        begins = total != self.total
        self.done, self.total = done, total
        self._note(at_once=begins)

    def checkpoint(self) -> None:
        """Waits while questions are answered, for a moment. Raises Stopped, Cancelled."""
        until = time.monotonic() + WAY_SECONDS
        while self._worker.busy() and time.monotonic() < until:
            if self._worker._stopping.wait(STEP_SECONDS):
                break
        self._note()

    def _note(self, *, at_once: bool = False) -> None:
        if self._worker._stopping.is_set():
            raise Stopped
        moment = time.monotonic()
        if at_once or moment - self._noted >= LOOK_SECONDS:
            self._noted = moment
            if not self._worker.jobs.advance(self.job.id, self.done, self.total):
                raise Cancelled


class _PatientQA(QA):
    """An engine that asks many questions on half of the cores, with a checkpoint every few."""

    def __init__(self, qa: QA, checkpoint: Callable[[], None]) -> None:
        super().__init__(qa.archive, qa.reader, qa.knobs)
        self._checkpoint = checkpoint

    def ask_many(self, asks: Sequence[Ask]) -> list[AskResponse]:
        """As `QA.ask_many`."""
        step = max(1, (os.cpu_count() or 1) // 2)
        answers: list[AskResponse] = []
        for i in range(0, len(asks), step):
            self._checkpoint()
            answers += super().ask_many(asks[i : i + step])
        return answers


def _told(report: ingest.Report) -> AddReport:
    return AddReport(
        added=report.added,
        updated=report.updated,
        unchanged=report.unchanged,
        undated=report.undated,
        rejected=len(report.rejects),
        reasons=dict(report.reasons.most_common()),
        rejects=tuple(RejectedItem(**asdict(reject)) for reject in report.rejects[:SHOWN_REJECTS]),
    )


def _questions(folder: Path) -> Path:
    """The question file; several files are those of a BEIR folder, which is put together from them."""
    files = input_files(folder)
    if len(files) == 1:
        return files[0]
    beir = folder / "beir"
    (beir / "qrels").mkdir(parents=True, exist_ok=True)
    for file in files:
        shutil.copyfile(file, (beir / "qrels" if file.suffix == ".tsv" else beir) / file.name)
    return beir


def _without_folders(text: str, folder: Path) -> str:
    """A text about files handed in, without the places where they lie here."""
    return re.sub(re.escape(folder.as_posix()) + r"/(input/\d+/)?", "", text)
