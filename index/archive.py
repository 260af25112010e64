"""Archive: the one door to catalog, vectors, BM25 and the encoder.

The catalog is the record; both indexes are derived from it and can be rebuilt. Writing goes catalog (pending)
-> indexes -> catalog (indexed), so a crash at any point loses nothing and the next run finishes the job.
One process holds an archive at a time. Its threads may search while one of them changes it: a search sees an
article as it was before a change or after it, in both indexes and the catalog alike.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import asdict, replace
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any, Self

from filelock import FileLock

from index import browse, description, duplicates, evidence, lock, upgrade, versions
from index.ahead import embedded
from index.article import (
    FOREVER,
    Article,
    IndexRow,
    Selection,
    StoredArticle,
    StoredPassage,
    article_of,
)
from index.catalog import Catalog
from index.chunk import Chunking, chunk
from index.embed import BUNDLED, Encoder, Precision, Vectors
from index.errors import ArchiveCorruptError, ArchiveError, ArchiveMismatchError, NotFoundError
from index.gate import Gate
from index.lexical import LexicalIndex
from index.roll import Rolls
from index.rows import aged, index_rows, record
from index.tables import State
from index.vectors import VectorIndex

# What a word in the title counts beside one in the passage. On RealTime QA's questions of 2022 to June 2023 it took
# BM25's MRR from .659 to .679; with vectors beside it there is little between 0 and 0.5.
TITLE_BOOST = 0.2

LoadEncoder = Callable[[str, Precision], Encoder]


class Archive:
    """A news archive in a folder. Use `Archive.open`, and close it (or use it in a `with` statement)."""

    def __init__(self, folder: Path, held: FileLock, catalog: Catalog, load_encoder: LoadEncoder) -> None:
        self.folder = folder
        self._lock = held
        self.catalog = catalog
        self._load_encoder = load_encoder
        self._meta = catalog.meta()
        self._encoder: Encoder | None = None
        self._last_day: tuple[int, bool] | None = None
        self._sources: frozenset[str] | None = None
        self._languages: frozenset[str] | None = None
        self._info: dict[str, Any] | None = None
        # Changes come one after the other; each shows through the gate at once.
        self._changing = threading.RLock()
        self._gate = Gate()
        self._rolls = Rolls(catalog.engine)
        self.evidence = evidence.Evidence(catalog.engine, self._rolls)
        self.browse = browse.Browse(catalog.engine, folder, self.evidence, self._rolls)
        self._open_indexes()

    @classmethod
    def open(
        cls,
        folder: Path,
        load_encoder: LoadEncoder,
        *,
        create: bool = False,
        model: str | None = None,
        precision: Precision | None = None,
        chunking: Chunking | None = None,
        sample: bool = False,
    ) -> Self:
        """Opens the archive in `folder`; with `create`, makes it first where there is none.

        `model`, `precision` and `chunking` default to what the archive was made with (for a new one:
        the bundled MiniLM in int8, 230 tokens). Raises NotFoundError, ArchiveMismatchError when asked for
        other settings than it was made with, ArchiveLockedError, ArchiveCorruptError.
        """
        catalog_file = folder / "catalog.sqlite"
        if not catalog_file.exists():
            if not create:
                raise NotFoundError(
                    f"There is no archive in {folder}. Make one with `backissue --archive {folder} add FILES`."
                )
            if folder.is_dir() and any(entry.name not in lock.FILES for entry in folder.iterdir()):
                raise ArchiveCorruptError(
                    f"{folder} is not empty and holds no catalog.sqlite. Name an empty or new folder, or restore it."
                )
            # First of all: a model that cannot be had must not leave an archive that asks for it behind.
            loaded = load_encoder(model or BUNDLED, precision or "int8")
            load_encoder = partial(_as_loaded, loaded)
            _make_folder(folder)
        with ExitStack() as undo:
            held = lock.take(folder)
            undo.callback(lock.let_go, folder, held)
            catalog = Catalog.in_folder(folder)
            undo.callback(catalog.close)
            if not catalog.meta():
                _refuse_lost_catalog(folder)
                catalog.set_meta(description.describe(model, precision, chunking, sample))
            description.check(catalog.meta(), folder, model, precision, chunking)
            archive = cls(folder, held, catalog, load_encoder)
            if archive._meta["schema"] != description.SCHEMA_VERSION:
                upgrade.bring_up_to_date(catalog, archive.lexical, archive.vectors, archive._meta["schema"])
                archive._set_meta(schema=description.SCHEMA_VERSION)
            undo.pop_all()
        return archive

    def close(self) -> None:
        """Lets go of everything."""
        self.lexical.close()
        self.vectors.close()
        self.catalog.close()
        lock.let_go(self.folder, self._lock)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- what it is

    @property
    def id(self) -> str:
        """The archive's own id, made when it was."""
        return str(self._meta["id"])

    @property
    def version(self) -> int:
        """Rises with every change of content."""
        return int(self._meta["version"])

    @property
    def chunking(self) -> Chunking:
        """How its articles were cut."""
        return Chunking(**self._meta["chunking"])

    @property
    def sample(self) -> bool:
        """Whether it is the sample archive that ships with the package."""
        return bool(self._meta.get("sample"))

    @property
    def model_name(self) -> str:
        """The embedding model and its precision."""
        return str(self._meta.get("model_name") or f"{self._meta['model']}/{self._meta['precision']}")

    @property
    def encoder(self) -> Encoder:
        """The encoder it was made with, loaded on first use. Raises ModelError, ArchiveMismatchError."""
        if self._encoder is None:
            encoder = self._load_encoder(self._meta["model"], self._meta["precision"])
            made_with = self._meta.get("weights")
            if made_with is None:
                self._set_meta(weights=encoder.digest, dimension=encoder.dimension, model_name=encoder.name)
            elif made_with != encoder.digest:
                raise ArchiveMismatchError(
                    f"The archive in {self.folder} was made with other weights of {self._meta['model']!r} "
                    f"({made_with[:12]}..., here {encoder.digest[:12]}...). Put the old model back, or run "
                    "`backissue rebuild` to embed everything anew."
                )
            self._encoder = encoder
        return self._encoder

    def info(self) -> dict[str, Any]:
        """What it holds and how it was made, ready for JSON. Counted once a version."""
        with self._gate.reading():
            if self._info is None:
                self._info = self._count()
            return dict(self._info)

    def _count(self) -> dict[str, Any]:
        counts = self.catalog.counts()
        articles, first, last = self.coverage(Selection())
        return {
            "id": self.id,
            "version": self.version,
            "folder": str(self.folder),
            "created_at": self._meta["created_at"],
            "sample": self.sample,
            "articles": articles,
            "passages": counts["passages"],
            "pending": counts["pending"] + counts["removing"],
            "undated": counts["undated"],
            "first_published": first.isoformat() if first else None,
            "last_published": last.isoformat() if last else None,
            "sources": [{"source": one.source, "articles": one.articles} for one in self.browse.sources()],
            "languages": [asdict(one) for one in self.browse.languages() if one.language is not None],
            "embedding_model": self.model_name,
            "weights": self._meta.get("weights"),
            "chunking": self._meta["chunking"],
        }

    def announce(self, url: str) -> None:
        """Notes in the lock's owner file that this process serves the archive at `url`."""
        lock.write_owner(self.folder, url)

    # --- articles in

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

    def rebuild(self, progress: Callable[[int, int], None] | None = None) -> int:
        """Makes both indexes anew from the catalog; returns how many articles."""
        # Pending first: a crash from here on leaves work to do, never an index that lacks what it should hold.
        with self._changing, self._gate.writing():
            self._move(self.catalog.in_state("indexed"), "pending")
            self.lexical.close()
            self.vectors.close()
            for name in _INDEXES:
                shutil.rmtree(self.folder / name, ignore_errors=True)
            self._open_indexes()
            self._set_meta(weights=None, dimension=None, model_name=None)
            self._encoder = None
        return self.index_pending(progress)

    def verify(self) -> dict[str, list[str]]:
        """Compares the indexes with the catalog; returns the article ids that each lacks or holds in excess, and those
        of passages that no search of the vectors reaches."""
        indexed = self.catalog.in_state("indexed")
        expected = {passage.id for found in self.catalog.passages_of(indexed).values() for passage in found}
        report = {}
        for name, held in (("vectors", self.vectors.passage_ids()), ("bm25", self.lexical.passage_ids())):
            report[f"{name}_lacking"] = _article_ids(expected - set(held))
            report[f"{name}_excess"] = _article_ids(set(held) - expected)
        report["vectors_unreachable"] = _article_ids(expected & set(self.vectors.unreachable()))
        return report

    def repair(self, report: dict[str, list[str]]) -> int:
        """Re-indexes what `verify` found lacking or out of reach and takes out what is in excess; returns how many
        articles."""
        excess = {*report["vectors_excess"], *report["bm25_excess"]}
        # Written again in its place, a vector keeps the links that it had.
        self.vectors.remove({*excess, *report["vectors_unreachable"]})
        self.lexical.remove(excess)
        indexed = set(self.catalog.in_state("indexed"))
        affected = {article_id for ids in report.values() for article_id in ids}
        self._move(sorted(affected & indexed), "pending")
        self.index_pending()
        return len(affected)

    # --- articles out

    def reading(self) -> AbstractContextManager[None]:
        """Within it, searches and what they found are of one moment. Keep it short: changes wait for it."""
        return self._gate.reading()

    def article(self, article_id: str) -> StoredArticle:
        """One article version. Raises NotFoundError."""
        return self.catalog.article(article_id)

    def passages(self, ids: Sequence[str]) -> list[StoredPassage]:
        """Passages by id with their words; those no longer held are left out."""
        return self.catalog.passages(ids)

    def coverage(self, selection: Selection) -> tuple[int, date | None, date | None]:
        """Articles in a selection, and the first and last day on which they were published."""
        return self._rolls.now().coverage(selection)

    def source_names(self) -> frozenset[str]:
        """The sources of its articles."""
        with self._gate.reading():
            if self._sources is None:
                self._sources = self.catalog.source_names()
            return self._sources

    def language_names(self) -> frozenset[str]:
        """The languages that its articles name."""
        with self._gate.reading():
            if self._languages is None:
                self._languages = self.catalog.language_names()
            return self._languages

    def search_lexical(
        self, questions: Sequence[str], selection: Selection, limit: int, *, title_boost: float = TITLE_BOOST
    ) -> list[tuple[str, float]]:
        """Passage ids by BM25, best first; several questions are spellings of one.

        Raises ArchiveCorruptError when the index is gone.
        """
        with self._gate.reading():
            if self.lexical.is_empty:
                self._refuse_lost_index("BM25")
            return self.lexical.search(questions, self._effective(selection), limit, title_boost=title_boost)

    def search_dense(self, vector: Vectors, selection: Selection, limit: int) -> list[tuple[str, float]]:
        """Passage ids by cosine similarity to a query vector, best first. Raises ArchiveCorruptError, likewise."""
        with self._gate.reading():
            selection = self._effective(selection)
            found = self.vectors.search(vector, selection, limit, lambda one: self._rolls.now().holds(one, selection))
            if not found and self.vectors.is_empty:  # counting costs Chroma 15 ms at 117,000 passages: not every time
                self._refuse_lost_index("vector")
            return found

    def export(self) -> Iterator[dict[str, Any]]:
        """Every current article as a record that `backissue add` reads."""
        for article_id in self.catalog.in_state("indexed"):
            article = self.catalog.article(article_id)
            if article.superseded_day == FOREVER:
                yield record(article)

    # --- inside

    def _open_indexes(self) -> None:
        if self._meta["schema"] < description.WITH_LANGUAGES:
            shutil.rmtree(self.folder / "bm25", ignore_errors=True)  # the upgrade fills it anew
        self.lexical = LexicalIndex(self.folder / "bm25")
        self.vectors = VectorIndex(self.folder / "vectors")
        self._forget_counted()

    def _effective(self, selection: Selection) -> Selection:
        """The selection without an `as_of` that excludes nothing: both engines are far quicker without.

        No `as_of` asks for the current versions, as in the catalog; where there are others, that takes a day.
        """
        if self._last_day is None:
            self._last_day = self.catalog.last_day()
        latest, superseded = self._last_day
        if superseded:
            return selection if selection.as_of is not None else replace(selection, as_of=FOREVER - 1)
        if selection.as_of is not None and selection.as_of >= latest:
            return replace(selection, as_of=None)
        return selection

    def _refuse_lost_index(self, name: str) -> None:
        """An empty index is right for an empty archive; otherwise half the answers would be missing unsaid."""
        if self.info()["articles"]:
            raise ArchiveCorruptError(
                f"The {name} index of {self.folder} is empty, though the archive holds articles. "
                "Run `backissue rebuild`."
            )

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

    def _forget_counted(self) -> None:
        self._last_day = self._sources = self._languages = self._info = None

    def _set_meta(self, **values: Any) -> None:
        self._meta.update(values)
        self.catalog.set_meta(values)


_INDEXES = ("vectors", "bm25")


def _as_loaded(encoder: Encoder, _model: str, _precision: Precision) -> Encoder:
    return encoder


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ArchiveError(f"The archive folder {folder} cannot be made: {error.strerror}. Name another.") from error


def _refuse_lost_catalog(folder: Path) -> None:
    if any((folder / name).exists() for name in _INDEXES):
        raise ArchiveCorruptError(
            f"The catalog in {folder} is empty, though the archive was filled. Restore catalog.sqlite from a backup, "
            "or make a new archive in another folder."
        )


def _article_ids(passage_ids: set[str]) -> list[str]:
    return sorted({article_of(passage_id) for passage_id in passage_ids})
