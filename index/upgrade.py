"""Archives of an older schema -> what they lack; some minutes for a million passages."""

from __future__ import annotations

from collections.abc import Sequence

from index import evidence
from index.catalog import Catalog
from index.description import WITH_EVIDENCE
from index.lexical import LexicalIndex
from index.rows import index_rows
from index.tables import State
from index.vectors import VectorIndex

ROUND = 500


def bring_up_to_date(catalog: Catalog, lexical: LexicalIndex, vectors: VectorIndex, made_as: int) -> None:
    """Gathers the evidence of names and corrections, and gives both indexes the language of their passages.

    `lexical` was opened empty: its fields are laid down when it is made. May be repeated after an interruption.
    """
    states: tuple[State, ...] = ("indexed", "pending")
    for state in states:
        ids = catalog.in_state(state)
        for i in range(0, len(ids), ROUND):
            batch = ids[i : i + ROUND]
            if made_as < WITH_EVIDENCE:
                _gather_evidence(catalog, batch)
            if state == "indexed":
                rows = index_rows(catalog, batch)
                lexical.add(rows)
                vectors.update([row for row in rows if row.language])


def _gather_evidence(catalog: Catalog, ids: Sequence[str]) -> None:
    with catalog.writing() as connection:
        evidence.forget(connection, ids)  # of an interrupted upgrade
        for article in catalog.articles(ids):
            evidence.remember(connection, article.id, article.title, article.text)
