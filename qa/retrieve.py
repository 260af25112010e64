"""Question -> passages: BM25 and dense lists, ranked together, copies collapsed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from index.archive import TITLE_BOOST, Archive
from index.article import Selection, StoredPassage, day_of
from index.embed import Vectors
from qa import rank


@dataclass(frozen=True, slots=True)
class Retrieval:
    """Every knob of retrieval. Swept on RealTime QA's questions of 2022 to June 2023."""

    depth: int = 100
    lexical_weight: float = 1.0
    dense_weight: float = 1.0
    rrf_k: int = 60
    title_boost: float = TITLE_BOOST
    weights: rank.Weights = rank.FITTED


@dataclass(frozen=True, slots=True)
class Found:
    """A passage with its score, its age in days at `as_of`, and other articles that hold nearly the same words."""

    passage: StoredPassage
    score: float
    age_days: int | None
    copies: tuple[str, ...] = ()


def retrieve(
    archive: Archive, question: str, vector: Vectors | None, selection: Selection, limit: int, knobs: Retrieval
) -> list[Found]:
    """The best `limit` passages within `selection`, best first; ties are broken by passage id.

    `vector` is the question's, (dimension,); None leaves dense retrieval out.
    """
    fused = candidates(archive, question, vector, selection, knobs)
    # All are read before copies collapse, so that the first passages never depend on how many are wanted.
    passages = archive.passages(sorted(fused))
    as_of = as_of_day(selection)
    scores = rank.scores(question, passages, [fused[passage.id] for passage in passages], as_of, knobs.weights)
    found = [
        Found(passage, float(score), rank.age_days(passage, as_of))
        for passage, score in zip(passages, scores, strict=True)
    ]
    return _collapse(sorted(found, key=lambda item: (-item.score, item.passage.id)))[:limit]


def candidates(
    archive: Archive, question: str, vector: Vectors | None, selection: Selection, knobs: Retrieval
) -> dict[str, float]:
    """Passage ids of both lists with their fused scores."""
    lists: list[tuple[float, list[tuple[str, float]]]] = []
    if knobs.lexical_weight:
        found = archive.search_lexical(question, selection, knobs.depth, title_boost=knobs.title_boost)
        lists.append((knobs.lexical_weight, found))
    if knobs.dense_weight and vector is not None:
        lists.append((knobs.dense_weight, archive.search_dense(vector, selection, knobs.depth)))
    return rank.fuse(lists, knobs.rrf_k)


def as_of_day(selection: Selection) -> date | None:
    """The day of `as_of`."""
    return day_of(selection.as_of) if selection.as_of else None


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
