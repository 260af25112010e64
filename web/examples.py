"""The questions that the start page offers: made from the archive in the background, once a version of it."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

from qa.examples import example_questions
from web.store import Store

if TYPE_CHECKING:
    from qa.pipeline import QA

log = logging.getLogger(__name__)

WANTED = 4
PAUSE_SECONDS = 1.0


class Examples:
    """Call it for the questions known by now; it never waits."""

    def __init__(self, qa: QA, store: Store, given: Sequence[str]) -> None:
        """`given` questions are offered instead of made ones."""
        self._qa = qa
        self._given = tuple(given)
        self._file = store.folder / "examples.json"
        self._found: tuple[str, ...] = ()
        self._of: str | None = None
        self._making = False
        self._lock = threading.Lock()

    def __call__(self) -> tuple[str, ...]:
        """The questions; () while there are none yet."""
        if self._given:
            return self._given
        info = self._qa.info()
        current = f"{info['id']}/{info['version']}"
        with self._lock:
            if self._of != current and not self._making:  # one at a time: an archive that grows has many versions
                self._of, self._making = current, True
                threading.Thread(target=self._make, args=(current,), name="examples", daemon=True).start()
            return self._found

    def _make(self, current: str) -> None:
        try:
            self._found = self._kept(current) or tuple(example_questions(self._qa, WANTED, pause=PAUSE_SECONDS))
            self._file.write_text(json.dumps({"of": current, "questions": self._found}), encoding="utf-8")
        except Exception:
            log.exception("No example questions could be made")
        finally:
            self._making = False

    def _kept(self, current: str) -> tuple[str, ...]:
        """Those made before for this version of the archive; () when there are none, or the file is not whole."""
        try:
            kept = json.loads(self._file.read_text(encoding="utf-8"))
            return tuple(kept["questions"]) if kept["of"] == current else ()
        except (OSError, ValueError, KeyError, TypeError):
            return ()
