"""How far long work is: bars on standard error, in a log a line now and then."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from index.ingest import Report
from web.terminal.console import notes

NOTE_SECONDS = 30


class AddProgress:
    """The progress of `add`: a count while reading, then a bar with articles a second and time left."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task = progress.add_task("Reading", total=None, rate="")
        self._articles = 0
        self._last_note = time.monotonic()

    def read(self, report: Report) -> None:
        """Call after every item read."""
        seen = report.added + report.updated + report.unchanged + len(report.rejects)
        self._progress.update(self._task, completed=seen)

    def indexing(self, articles: int, _passages: int) -> None:
        """Call when it is known how much there is to index."""
        self._progress.remove_task(self._task)
        self._task = self._progress.add_task("Indexing", total=articles, rate="")

    def indexed(self, articles: int, passages: int) -> None:
        """Call after every round of indexing."""
        self._articles += articles
        elapsed = self._progress.tasks[-1].elapsed or 1e-9
        rate = self._articles / elapsed
        self._progress.update(self._task, advance=articles, rate=f"{rate:.1f} articles/s")
        self._note(rate)

    def _note(self, rate: float) -> None:
        """A line now and then where no bar can be drawn: in a log of a long run."""
        if notes.is_terminal or time.monotonic() - self._last_note < NOTE_SECONDS:
            return
        self._last_note = time.monotonic()
        total = int(self._progress.tasks[-1].total or 0)
        left = (total - self._articles) / rate / 60
        notes.print(f"Indexed {self._articles:,} of {total:,} articles, {rate:.1f} articles/s, {left:.0f} min left")


@contextmanager
def progress() -> Iterator[Progress]:
    """A progress display on standard error; silent when that is no terminal."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=notes, transient=True) as display:
        yield display


@contextmanager
def questions_progress(doing: str) -> Iterator[Callable[[int, int], None]]:
    """A bar with questions a second; call what it gives with how many are done, and of how many."""
    with progress() as display:
        task = display.add_task(doing, total=None, rate="")
        before: list[int] = []  # what an earlier run had done

        def advance(done: int, total: int) -> None:
            before[:] = before or [done - 1]
            rate = (done - before[0]) / (display.tasks[0].elapsed or 1e-9)
            display.update(task, completed=done, total=total, rate=f"{rate:.1f} questions/s")

        yield advance
