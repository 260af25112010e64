"""An archive as it changes: articles are registered, indexed, and some day removed.

Writing goes catalog (pending) -> indexes -> catalog (indexed), so a crash at any point loses nothing and the next run
finishes the job. Changes come one after the other; each shows through the gate at once.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from functools import partial
from pathlib import Path

from index import duplicates, evidence, versions
from index.ahead import embedded
from index.article import Article, IndexRow
from index.catalog import Catalog
from index.chunk import chunk
from index.embed import Vectors
from index.errors import NotFoundError
from index.readable import LoadEncoder, ReadableArchive
from index.rows import aged, index_rows
from index.tables import State


class WritableArchive(ReadableArchive):
    """An archive to which articles come, and from which they go; `index.archive.Archive` is opened, not this."""

    def __init__(self, folder: Path, catalog: Catalog, load_encoder: LoadEncoder) -> None:
        super().__init__(folder, catalog, load_encoder)
        self._changing = threading.RLock()

    def changing(self) -> AbstractContextManager[object]:
        """Within it, no other thread changes the archive. Searches go on."""
        return self._changing

    def register(self, articles: Sequence[tuple[Article, str]], now: datetime) -> None:
        """Writes articles (with the digests of their raw input) to the catalog as pending, all or none.

        A version that one of them supersedes stays the current one until its successor is indexed.
        """
        with self._changing:
            self._finish_removals()
            self._register(articles, now)
            with self._gate.writing():
                self._info = None

    def _register(self, articles: Sequence[tuple[Article, str]], now: datetime) -> None:
        with self.catalog.writing() as connection:
            for article, digest in articles:
                sketch = duplicates.signature(article.text)
                before = versions.latest(connection, article.base_id)
                story = before.story if before else duplicates.find_story(connection, sketch)
                passages = chunk("", article.text, self.chunking, article.language)
                article_id = versions.register(connection, article, digest, passages, story, now)
                duplicates.remember(connection, article_id, sketch)
                evidence.remember(connection, article_id, article.title, article.text)

    def index_pending(
        self,
        progress: Callable[[int, int], None] | None = None,
        *,
        only: Collection[str] | None = None,
        checkpoint: Callable[[], None] | None = None,
    ) -> int:
        """Indexes what the catalog holds as pending and finishes interrupted removals; returns how many articles.

        `progress(articles, passages)` is called after every round. `only` are the base ids of the articles of which
        all pending versions are indexed, and of no others. `checkpoint` is called every few passages, from any
        thread: it may wait, and what it raises ends the indexing between two rounds.
        """
        with self._changing:
            self._finish_removals()
        pending = self.catalog.in_state("pending", of=only)
        for ids, rows, vectors in (
            embedded(pending, partial(index_rows, self.catalog), self.encoder, checkpoint) if pending else ()
        ):
            with self._changing:
                self._publish(ids, rows, vectors)
            if progress:
                progress(len(ids), len(rows))
        return len(pending)

    def withdraw_pending(self, since: datetime) -> int:
        """Takes back what was registered at `since` or later and is not yet indexed; returns how many articles."""
        with self._changing:
            ids = self.catalog.in_state("pending", since=since)
            with self.catalog.writing() as connection:
                versions.set_state(connection, ids, "removing")
            self._finish_removals()
        return len(ids)

    def remove(self, wanted: Sequence[str]) -> int:
        """Removes articles, all their versions, by id or address; returns how many.

        Raises NotFoundError, with nothing removed, when one is unknown.
        """
        with self._changing:
            found = {name: self.catalog.find(name) for name in wanted}
            if missing := [name for name, ids in found.items() if not ids]:
                raise NotFoundError(f"The archive holds no article {missing[0]!r}; nothing was removed.")
            ids = sorted({article_id for matches in found.values() for article_id in matches})
            self._move(ids, "removing")
            self._finish_removals()
        return len(ids)

    # --- inside

    def _publish(self, ids: Sequence[str], rows: list[IndexRow], vectors: Vectors) -> None:
        """Puts embedded passages into both indexes and shows their articles, in place of the versions before them."""
        waiting = set(self.catalog.in_state("pending")).intersection(ids)  # less what was removed while embedding
        superseded = self.catalog.superseded_by(sorted(waiting))
        mine = [i for i, row in enumerate(rows) if row.article_id in waiting]
        fresh = [aged(rows[i], superseded) for i in mine]
        older = [aged(row, superseded) for row in index_rows(self.catalog, sorted(set(superseded) - waiting))]
        with self._gate.writing():
            if fresh or older:
                self.vectors.add(fresh, vectors[mine])
                self.vectors.update(older)
                self.lexical.add([*fresh, *older])
            self._count_change()
            with self.catalog.writing() as connection:
                versions.publish(connection, sorted(waiting), superseded)
            self._forget_cached()

    def _finish_removals(self) -> None:
        ids = self.catalog.in_state("removing")
        if ids:
            with self._gate.writing():
                self.vectors.remove(ids)
                self.lexical.remove(ids)
                self._count_change()
                self._forget_cached()
            with self.catalog.writing() as connection:  # nobody sees them any more: no need to keep anyone waiting
                evidence.forget(connection, ids)
                versions.forget(connection, ids)
            with self._gate.writing():  # those that were being taken out have been counted
                self._forget_counted()

    def _move(self, ids: Sequence[str], state: State) -> None:
        """Takes indexed articles out of sight at once, whatever becomes of the rest of the work."""
        with self.catalog.writing() as connection:
            versions.set_state(connection, ids, state)
        self._forget_cached()

    def _count_change(self) -> None:
        self._set_meta(version=self.version + 1)

    def _forget_cached(self) -> None:
        """After a change, not before: what is looked up meanwhile, outside the gate, would be kept."""
        self._forget_counted()
        self._rolls.forget()
        self.evidence.forget_cached()
        self.browse.forget_cached()
