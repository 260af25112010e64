"""Question -> passages: BM25 and dense lists, ranked together, copies collapsed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from index.archive import TITLE_BOOST, Archive
from index.article import Selection, StoredPassage
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
    """A passage with its score, what the score would be if time did not count, the days between its publication and
    the days asked about, and other articles that hold nearly the same words."""

    passage: StoredPassage
    score: float
    timeless: float
    days_off: int | None
    copies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Query:
    """What is searched for: the question, its vector (dimension,), where, and near which days.

    `vector` None leaves dense retrieval out. `spellings` are the question with its names as the archive also spells
    them; `spelled` puts the names of a text as the question has them.
    """

    question: str
    vector: Vectors | None
    selection: Selection
    near: rank.Days
    spellings: tuple[str, ...] = ()
    spelled: Callable[[str], str] = str


def retrieve(archive: Archive, query: Query, knobs: Retrieval) -> list[Found]:
    """All candidates of both engines within the selection, best first, copies collapsed; ties go by passage id."""
    with archive.reading():
        fused = candidates(archive, query, knobs)
        passages = archive.passages(sorted(fused))
    first = [fused[passage.id] for passage in passages]
    scores, timeless = rank.scores(query.question, passages, first, query.near, knobs.weights, query.spelled)
    found = [
        Found(passage, float(score), float(without), rank.days_off(passage, query.near))
        for passage, score, without in zip(passages, scores, timeless, strict=True)
    ]
    return _collapse(sorted(found, key=lambda item: (-item.score, item.passage.id)))


def candidates(archive: Archive, query: Query, knobs: Retrieval) -> dict[str, float]:
    """Passage ids of both lists with their fused scores."""
    lists: list[tuple[float, list[tuple[str, float]]]] = []
    if knobs.lexical_weight:
        asked = (query.question, *query.spellings)
        found = archive.search_lexical(asked, query.selection, knobs.depth, title_boost=knobs.title_boost)
        lists.append((knobs.lexical_weight, found))
    if knobs.dense_weight and query.vector is not None:
        lists.append((knobs.dense_weight, archive.search_dense(query.vector, query.selection, knobs.depth)))
    return rank.fuse(lists, knobs.rrf_k)


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
