"""Many readers or one writer: a change shows to every reader whole, or not yet."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Gate:
    """Neither side starves: readers wait for a writer that waits, and those who waited go before the next writer.

    A thread that reads or writes may read again within that.
    """

    def __init__(self) -> None:
        self._moved = threading.Condition()
        self._own = threading.local()
        self._readers = self._waiting_readers = self._waiting_writers = 0
        # Readers that waited for a writer who is through, and have not yet gone in.
        self._due = 0
        self._writing = False
        self._written = 0

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Within it, nothing changes. Keep it short: it holds up who writes, and so all who come after."""
        if getattr(self._own, "inside", False):
            yield
            return
        self._enter()
        self._own.inside = True
        try:
            yield
        finally:
            self._own.inside = False
            with self._moved:
                self._readers -= 1
                self._moved.notify_all()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Within it, nobody else reads or writes. Not to be entered while reading or writing."""
        with self._moved:
            self._waiting_writers += 1
            try:
                self._moved.wait_for(lambda: not (self._writing or self._readers or self._due))
                self._writing = True
            finally:
                self._waiting_writers -= 1
                self._moved.notify_all()
        self._own.inside = True
        try:
            yield
        finally:
            self._own.inside = False
            with self._moved:
                self._writing = False
                self._written += 1
                self._due = self._waiting_readers
                self._moved.notify_all()

    def _enter(self) -> None:
        with self._moved:
            if self._writing or self._waiting_writers:
                self._wait()
            self._readers += 1

    def _wait(self) -> None:
        before = self._written
        self._waiting_readers += 1
        try:
            self._moved.wait_for(lambda: not self._writing and (self._written > before or not self._waiting_writers))
        finally:
            self._waiting_readers -= 1
            self._due -= self._written > before
