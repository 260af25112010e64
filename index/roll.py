"""The roll of an archive, kept in memory: which article versions stand when, and which of them mention a name.

Whatever counts or sifts articles asks it, not the database: a common name stands in thousands of them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import Engine, select

from index.article import FOREVER, Selection, day_of
from index.names import skeleton
from index.statements import batches
from index.tables import ArticleRow, NameRow

Rows = npt.NDArray[np.intp]
# How many skeletons' names, and how many selections, have their rows remembered.
SKELETONS, SELECTIONS = 8192, 64


class Roll:
    """The indexed article versions as they are at one moment, a row each, in order of their ids.

    `sources` are their sources, `available` (n,) and `published` (n,) their days as YYYYMMDD, the latter 0 where it
    is unknown.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        columns = [
            ArticleRow.id, ArticleRow.source, ArticleRow.language,
            ArticleRow.available_day, ArticleRow.superseded_day, ArticleRow.published_day,
        ]  # fmt: skip
        with engine.connect() as connection:
            held = connection.execute(select(*columns).where(ArticleRow.state == "indexed").order_by(ArticleRow.id))
            found = [tuple(row) for row in held]
        ids, sources, languages, available, superseded, published = zip(*found, strict=True) if found else [()] * 6
        self.ids: tuple[str, ...] = ids
        self.sources: tuple[str | None, ...] = sources
        self.available = np.array(available, np.int32)
        self.published = np.array([day or 0 for day in published], np.int32)
        self._superseded = np.array(superseded, np.int32)
        self._source, self._sources = _coded(sources)
        self._language, self._languages = _coded(languages)
        self._row = {article_id: row for row, article_id in enumerate(ids)}
        self._mentions: dict[str, dict[str, Rows]] = {}
        self._standing: dict[Selection, npt.NDArray[np.bool_]] = {}

    def standing(self, selection: Selection) -> npt.NDArray[np.bool_]:
        """Whether a selection holds each version, (n,)."""
        if (known := self._standing.get(selection)) is None:
            known = self._sift(selection)
            if len(self._standing) >= SELECTIONS:
                self._standing = {}
            self._standing[selection] = known
        return known

    def _sift(self, selection: Selection) -> npt.NDArray[np.bool_]:
        if selection.as_of is None:
            held: npt.NDArray[np.bool_] = self._superseded == FOREVER
        else:
            held = (self.available <= selection.as_of) & (selection.as_of < self._superseded)
        if selection.after is not None:
            held &= self.published >= selection.after
        if selection.before is not None:
            held &= (self.published > 0) & (self.published <= selection.before)
        for wanted, codes, known in (
            (selection.sources, self._source, self._sources),
            (selection.languages, self._language, self._languages),
        ):
            if wanted:
                held &= np.isin(codes, [known[name] for name in wanted if name in known])
        return held

    def coverage(self, selection: Selection) -> tuple[int, date | None, date | None]:
        """How many versions a selection holds, and the first and last day on which they were published."""
        standing = self.standing(selection)
        dated = self.published[standing & (self.published > 0)]
        days = (day_of(int(dated.min())), day_of(int(dated.max()))) if len(dated) else (None, None)
        return int(standing.sum()), *days

    def holds(self, article_id: str, selection: Selection) -> bool:
        """Whether a selection holds a version."""
        row = self._row.get(article_id)
        return row is not None and bool(self.standing(selection)[row])

    def held(self, found: Iterable[Any], selection: Selection) -> list[Any]:
        """Those of a query's rows, few and with the `id` of a version each, that a selection holds.

        The selection is not in the statement: with its days there, SQLite begins at them and reads all articles.
        """
        return [row for row in found if self.holds(row.id, selection)]

    def rows(self, article_ids: Iterable[str], selection: Selection) -> Rows:
        """The rows of those versions that a selection holds."""
        rows = np.array([row for one in article_ids if (row := self._row.get(one)) is not None], np.intp)
        return rows[self.standing(selection)[rows]]

    def mentioning(self, names: Iterable[str], form: Callable[[str], str], selection: Selection) -> Rows:
        """The rows of a selection that mention a name which has the same `form` as one of these."""
        names = list(names)
        wanted = {form(name) for name in names}
        keys = {skeleton(name) for name in names}
        found = [rows for held in self.named(keys).values() for name, rows in held.items() if form(name) in wanted]
        rows = np.unique(np.concatenate(found)) if found else np.array([], np.intp)
        return rows[self.standing(selection)[rows]]

    def named(self, keys: Iterable[str]) -> dict[str, dict[str, Rows]]:
        """For each skeleton (see `index.names`) the names that have it, sorted, with the rows that mention each."""
        known, wanted = self._mentions, sorted(set(keys))  # one dictionary throughout: another thread may replace it
        found = {key: known[key] for key in wanted if key in known}
        if missing := [key for key in wanted if key not in found]:
            found.update(fresh := self._find_named(missing))
            self._mentions = fresh if len(known) + len(fresh) > SKELETONS else {**known, **fresh}
        return found

    def _find_named(self, keys: list[str]) -> dict[str, dict[str, Rows]]:
        found: dict[str, dict[str, list[int]]] = {key: {} for key in keys}
        with self._engine.connect() as connection:
            for batch in batches(keys):
                query = select(NameRow.skeleton, NameRow.name, NameRow.article_id).where(NameRow.skeleton.in_(batch))
                for key, name, article_id in connection.execute(query):
                    if (row := self._row.get(article_id)) is not None:
                        found[key].setdefault(name, []).append(row)
        return {key: {name: np.array(found[key][name], np.intp) for name in sorted(found[key])} for key in keys}


class Rolls:
    """Hands out the roll of now, one to all threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._roll: Roll | None = None

    def now(self) -> Roll:
        """The roll, read anew once after each change."""
        with self._lock:
            if self._roll is None:
                self._roll = Roll(self._engine)
            return self._roll

    def forget(self) -> None:
        """Call when the archive has changed."""
        with self._lock:  # not before one that is being read, of the time before the change, is there to be forgotten
            self._roll = None


def _coded(values: Iterable[str | None]) -> tuple[npt.NDArray[np.int32], dict[str | None, int]]:
    """Values as numbers, (n,), and the number of each."""
    known: dict[str | None, int] = {}
    return np.array([known.setdefault(value, len(known)) for value in values], np.int32), known
