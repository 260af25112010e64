"""An archive as its readers have it: searched, read, counted, exported.

Threads may search while one of them changes the archive: a search sees an article as it was before a change or after
it, in both indexes and the catalog alike.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from typing import Any

from index import description
from index.article import FOREVER, Selection, StoredArticle, StoredPassage
from index.browse import Browse
from index.catalog import Catalog
from index.chunk import Chunking
from index.embed import Encoder, Precision, Vectors
from index.errors import ArchiveCorruptError, ArchiveMismatchError
from index.evidence import Evidence
from index.gate import Gate
from index.lexical import LexicalIndex
from index.roll import Rolls
from index.rows import record
from index.vectors import VectorIndex

# What a word in the title counts beside one in the passage. On RealTime QA's questions of 2022 to June 2023 it took
# BM25's MRR from .659 to .679; with vectors beside it there is little between 0 and 0.5.
TITLE_BOOST = 0.2

LoadEncoder = Callable[[str, Precision], Encoder]


class ReadableArchive:
    """What an archive does for its readers; `index.archive.Archive` is opened, not this."""

    def __init__(self, folder: Path, catalog: Catalog, load_encoder: LoadEncoder) -> None:
        self.folder = folder
        self.catalog = catalog
        self._load_encoder = load_encoder
        self._meta = catalog.meta()
        self._encoder: Encoder | None = None
        self._last_day: tuple[int, bool] | None = None
        self._sources: frozenset[str] | None = None
        self._languages: frozenset[str] | None = None
        self._info: dict[str, Any] | None = None
        self._gate = Gate()
        self._rolls = Rolls(catalog.engine)
        self.evidence = Evidence(catalog.engine, self._rolls)
        self.browse = Browse(catalog.engine, folder, self.evidence, self._rolls)
        self._open_indexes()

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

    def _forget_counted(self) -> None:
        self._last_day = self._sources = self._languages = self._info = None

    def _set_meta(self, **values: Any) -> None:
        self._meta.update(values)
        self.catalog.set_meta(values)
