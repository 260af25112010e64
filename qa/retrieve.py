"""Question -> passages: BM25 and dense lists, fused, weighted by time, copies collapsed.

Reciprocal rank fusion after Cormack, Clarke & Büttcher 2009. The prior for articles shortly before `as_of`
multiplies the fused score by 1 + weight * exp(-age / days).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from index.archive import Archive
from index.article import day_of
from index.catalog import Selection, StoredPassage
from index.embed import Vectors


@dataclass(frozen=True, slots=True)
class Retrieval:
    """Every knob of retrieval. The values were swept on RealTime QA 2022 to June 2023; see tests/floors.json."""

    depth: int = 100
    lexical_weight: float = 1.0
    dense_weight: float = 1.0
    rrf_k: int = 60
    title_boost: float = 0.2
    recency_weight: float = 1.0
    recency_days: float = 14.0


@dataclass(frozen=True, slots=True)
class Found:
    """A passage with its fused score, how recent it was at `as_of` (1: that day, falling to 0), and the ids of
    other articles that hold nearly the same words."""

    passage: StoredPassage
    score: float
    recency: float
    copies: tuple[str, ...] = ()


def retrieve(
    archive: Archive, question: str, vector: Vectors | None, selection: Selection, limit: int, knobs: Retrieval
) -> list[Found]:
    """The best `limit` passages within `selection`, best first; ties are broken by passage id.

    `vector` is the question's, (dimension,); None leaves dense retrieval out.
    """
    lists: list[tuple[float, list[tuple[str, float]]]] = []
    if knobs.lexical_weight:
        found = archive.search_lexical(question, selection, knobs.depth, title_boost=knobs.title_boost)
        lists.append((knobs.lexical_weight, found))
    if knobs.dense_weight and vector is not None:
        lists.append((knobs.dense_weight, archive.search_dense(vector, selection, knobs.depth)))
    fused = fuse(lists, knobs.rrf_k)
    facts = archive.catalog.days_and_stories(_article_id(passage_id) for passage_id in fused)
    as_of = day_of(selection.as_of) if selection.as_of else None
    scored = {
        passage_id: score * (1.0 + knobs.recency_weight * recency(facts[_article_id(passage_id)][0], as_of, knobs))
        for passage_id, score in fused.items()
        if _article_id(passage_id) in facts
    }
    ranked = sorted(scored, key=lambda passage_id: (-scored[passage_id], passage_id))
    # All are read before copies collapse, so that the first passages never depend on how many are wanted.
    read = archive.passages(ranked)
    return _collapse([Found(p, scored[p.id], recency(p.published_day, as_of, knobs)) for p in read])[:limit]


def fuse(lists: Sequence[tuple[float, Sequence[tuple[str, float]]]], k: int) -> dict[str, float]:
    """Reciprocal rank fusion of weighted lists: sum of weight / (k + rank), ranks from 1."""
    fused: dict[str, float] = {}
    for weight, found in lists:
        for rank, (passage_id, _) in enumerate(found, start=1):
            fused[passage_id] = fused.get(passage_id, 0.0) + weight / (k + rank)
    return fused


def recency(published_day: int | None, as_of: date | None, knobs: Retrieval) -> float:
    """exp(-age / recency_days): 1 for the day of `as_of` itself, 0 where a date is unknown."""
    if published_day is None or as_of is None:
        return 0.0
    return math.exp(-max(0, (as_of - day_of(published_day)).days) / knobs.recency_days)


# Two passages of one story are copies when they share this much of their words; what differs more stays.
COPY_OVERLAP = 0.8


def _collapse(found: Sequence[Found]) -> list[Found]:
    """Leaves the best of each set of copies: passages of other articles of one story with nearly the same words."""
    kept: list[Found] = []
    words: list[frozenset[str]] = []
    by_story: dict[str, list[int]] = {}
    for candidate in found:
        mine = frozenset(candidate.passage.text.lower().split())
        peers = by_story.setdefault(candidate.passage.story, [])
        original = next((i for i in peers if _is_copy(kept[i].passage, candidate.passage, words[i], mine)), None)
        if original is None:
            peers.append(len(kept))
            kept.append(candidate)
            words.append(mine)
        elif (article_id := candidate.passage.article_id) not in kept[original].copies:
            kept[original] = replace(kept[original], copies=(*kept[original].copies, article_id))
    return kept


def _is_copy(one: StoredPassage, other: StoredPassage, words: frozenset[str], others: frozenset[str]) -> bool:
    if one.article_id == other.article_id:
        return False
    return len(words & others) >= COPY_OVERLAP * min(len(words), len(others))


def _article_id(passage_id: str) -> str:
    return passage_id.rpartition(":")[0]
