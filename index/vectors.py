"""Dense index over passages (the only module that imports chromadb): cosine, telemetry off.

Filters run inside Chroma's query. A filter over days costs Chroma some 3 ms for every thousand passages
that pass it (measured: 184 ms at 60,000, against 3 ms without a filter), so a search first asks without the
filter for more than it needs: when enough of those pass, they are what the filtered query would return.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, cast

# Chroma adds the vectors of a batch on all threads of a pool, and in a small index now and then links one so that no
# search ever reaches it (one index in twenty, of 11 and then 18 vectors). With one thread it never did, and the same
# articles give the same graph. An index of 100,000 takes minutes longer to embed than to link. Read as Chroma loads.
os.environ["RAYON_NUM_THREADS"] = "1"

import chromadb
import numpy as np
from chromadb.config import Settings
from chromadb.errors import ChromaError

from index.article import IndexRow, Selection, article_of
from index.embed import Vectors
from index.errors import ArchiveCorruptError, ArchiveError

COLLECTION = "passages"
# How many times more neighbours than needed the unfiltered queries ask for. At 117,000 passages and 100 needed: 3 ms,
# then some 15 ms, where the filtered query takes 400 ms; with the filter's fields in the reply it would be 15 and 65.
OVERFETCH = (4, 16)
# How many neighbours of its own vector a passage must be among, and the difference of cosines that rounding makes.
NEAREST, EQUAL = 100, 1e-5


class VectorIndex:
    """Unit vectors of passages in embedded Chroma. Raises ArchiveCorruptError when unreadable."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        try:
            self._client = chromadb.PersistentClient(str(folder), settings=Settings(anonymized_telemetry=False))
            self._collection = self._client.get_or_create_collection(
                COLLECTION,
                # ef_search must reach what a query asks for; Chroma's default of 100 is our usual depth.
                configuration={"hnsw": {"space": "cosine", "ef_search": 400, "ef_construction": 100}},
                embedding_function=None,
            )
        except (ChromaError, ValueError, OSError) as error:
            raise ArchiveCorruptError(
                f"The vector index in {folder} cannot be read ({error}). "
                "See that the disk has room; if it has, delete that folder and run `backissue rebuild`."
            ) from error

    def add(self, rows: Sequence[IndexRow], vectors: Vectors) -> None:
        """Writes passages, replacing those of the same id; `vectors` is (len(rows), dimension). Durable on return.

        An article version is always cut the same way, so no passage of it is ever left behind.
        """
        step = self._client.get_max_batch_size()
        for i in range(0, len(rows), step):
            batch = rows[i : i + step]
            try:
                self._collection.upsert(
                    ids=[row.passage_id for row in batch],
                    embeddings=cast("Any", vectors[i : i + step]),
                    metadatas=[_metadata(row) for row in batch],
                )
            except ChromaError as error:
                raise ArchiveError(
                    f"The vector index in {self._folder} cannot be written to ({error}). See that the disk has room, "
                    "and run the same command again; what was done is kept."
                ) from error

    def update(self, rows: Sequence[IndexRow]) -> None:
        """Writes what is said of passages that are held, not their vectors. Durable on return."""
        step = self._client.get_max_batch_size()
        for i in range(0, len(rows), step):
            batch = rows[i : i + step]
            self._collection.update(ids=[row.passage_id for row in batch], metadatas=[_metadata(row) for row in batch])

    def remove(self, article_ids: Iterable[str]) -> None:
        """Deletes all passages of these articles. Durable on return."""
        wanted = sorted(article_ids)
        for i in range(0, len(wanted), 100):
            where = cast("Any", {"article_id": {"$in": wanted[i : i + 100]}})
            ids = self._collection.get(where=where, include=[])["ids"]
            step = self._client.get_max_batch_size()
            for j in range(0, len(ids), step):
                self._collection.delete(ids=ids[j : j + step])

    @property
    def is_empty(self) -> bool:
        """Whether it holds no passage at all."""
        return not self._collection.count()

    def search(
        self, vector: Vectors, selection: Selection, limit: int, holds: Callable[[str], bool]
    ) -> list[tuple[str, float]]:
        """Passage ids with cosines to `vector`, (dimension,), best first: those of articles that the selection holds,
        which `holds` says of an article version without asking the index."""
        where = _where(selection)
        if not where:
            return self._query(vector, limit, None)
        for more in OVERFETCH:
            nearest = [hit for hit in self._query(vector, limit * more, None) if holds(article_of(hit[0]))]
            if len(nearest) >= limit:
                return nearest[:limit]
        return self._query(vector, limit, where)

    def _query(self, vector: Vectors, limit: int, where: dict[str, Any] | None) -> list[tuple[str, float]]:
        try:
            found = self._collection.query(
                query_embeddings=cast("Any", [vector]),
                n_results=limit,
                where=cast("Any", where),
                include=["distances"],
            )
        except ChromaError as error:
            raise ArchiveCorruptError(
                f"The vector index in {self._folder} failed ({error}). Delete that folder and run `backissue rebuild`."
            ) from error
        near = zip(found["ids"][0], (found["distances"] or [[]])[0], strict=True)
        hits = [(passage_id, 1.0 - float(distance)) for passage_id, distance in near]
        # Copies are equally near, and Chroma orders them at will.
        return sorted(hits, key=lambda hit: (-hit[1], hit[0]))

    def passage_ids(self) -> list[str]:
        """All passage ids, sorted; for verification."""
        return sorted(self._collection.get(include=[])["ids"])

    def unreachable(self) -> list[str]:
        """Ids of passages that are held, but that neither a search for all finds nor one for their own vector, sorted;
        for verification."""
        held = self.passage_ids()
        if not held:
            return []
        # Asked for all of them, Chroma walks all of the graph that it can reach from where the search begins.
        first = self.vectors(held[:1])[0]
        here, opposite = ({one for one, _ in self._query(probe, len(held), None)} for probe in (first, -first))
        return [passage_id for passage_id in sorted(set(held) - (here & opposite)) if not self._finds(passage_id)]

    def _finds(self, passage_id: str) -> bool:
        """Whether a search for a passage's own vector finds it, or enough that are equal to it."""
        nearest = self._query(self.vectors([passage_id])[0], NEAREST, None)
        return passage_id in dict(nearest) or (len(nearest) == NEAREST and nearest[-1][1] > 1 - EQUAL)

    def vectors(self, passage_ids: Sequence[str]) -> Vectors:
        """The stored vectors of these passages, (n, dimension), in the order of the ids."""
        found = self._collection.get(ids=list(passage_ids), include=["embeddings"])
        rows = dict(zip(found["ids"], np.asarray(found["embeddings"], np.float32), strict=True))
        return np.stack([rows[passage_id] for passage_id in passage_ids])

    def close(self) -> None:
        """Lets go of the folder."""
        close = getattr(self._client, "close", None)
        if close:
            close()


def _metadata(row: IndexRow) -> dict[str, Any]:
    days = {"published_day": row.published_day, "available_day": row.available_day}
    return {
        "article_id": row.article_id,
        "source": row.source or "",
        "language": row.language or "",
        "superseded_day": row.superseded_day,
        **days,
    }


def _where(selection: Selection) -> dict[str, Any] | None:
    conditions: list[dict[str, Any]] = []
    if selection.as_of is not None:
        conditions.append({"available_day": {"$lte": selection.as_of}})
        conditions.append({"superseded_day": {"$gt": selection.as_of}})
    if selection.after is not None or selection.before is not None:
        conditions.append({"published_day": {"$gte": selection.after or 1}})
    if selection.before is not None:
        conditions.append({"published_day": {"$lte": selection.before}})
    if selection.sources:
        conditions.append({"source": {"$in": list(selection.sources)}})
    if selection.languages:
        conditions.append({"language": {"$in": list(selection.languages)}})
    if len(conditions) > 1:
        return {"$and": conditions}
    return conditions[0] if conditions else None
