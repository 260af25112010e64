"""Archive: the one door to catalog, vectors, BM25 and the encoder. Here it is made, opened and looked after.

The catalog is the record; both indexes are derived from it, compared with it and rebuilt from it. One process holds an
archive at a time. `index.readable` is what goes out of it, `index.writable` what comes in.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Self

from filelock import FileLock

from index import description, lock, upgrade
from index.article import article_of
from index.catalog import Catalog
from index.chunk import Chunking
from index.embed import BUNDLED, Encoder, Precision
from index.errors import ArchiveCorruptError, ArchiveError, NotFoundError
from index.readable import TITLE_BOOST, LoadEncoder
from index.writable import WritableArchive

__all__ = ["TITLE_BOOST", "Archive"]


class Archive(WritableArchive):
    """A news archive in a folder. Use `Archive.open`, and close it (or use it in a `with` statement)."""

    def __init__(self, folder: Path, held: FileLock, catalog: Catalog, load_encoder: LoadEncoder) -> None:
        super().__init__(folder, catalog, load_encoder)
        self._lock = held

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

    def announce(self, url: str) -> None:
        """Notes in the lock's owner file that this process serves the archive at `url`."""
        lock.write_owner(self.folder, url)

    # --- looking after it

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
