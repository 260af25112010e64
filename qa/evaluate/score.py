"""Predictions, question file and the archive's texts -> each question's scores."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import islice
from typing import Any

from index.archive import Archive
from index.article import StoredArticle
from qa.evaluate.metrics import Finder, exact_match, f1
from qa.evaluate.record import Question

# Questions whose articles are fetched together, and articles kept in memory for later questions.
_TOGETHER, _KEPT = 32, 10_000

Row = Mapping[str, Any]
# A passage: article id, start, end.
Place = tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class Found:
    """What a retrieval method returned for a question, best first: the grades of its passages, and of its articles by
    name, an article standing where its best passage does. A grade of 0 is not relevant."""

    passages: tuple[int, ...]
    articles: tuple[tuple[str, int], ...]

    @property
    def first_passage(self) -> int | None:
        """The rank of the first relevant passage, from 1."""
        return _first(self.passages)

    @property
    def first_article(self) -> int | None:
        """The rank of the first relevant article, from 1."""
        return _first([grade for _, grade in self.articles])


@dataclass(frozen=True, slots=True)
class Match:
    """Where an accepted answer stands: `[start, end)` of the article's text."""

    article_id: str
    url: str | None
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Scored:
    """One question's scores.

    `exact_match` and `f1` are None where the file does not tell what is right. `found` is by retrieval method, the
    first being that whose passages the answer was read from; `match` the accepted answer in the first passage that
    holds one, else in the first article. `names` are the names under which runs list the articles, by article id, in
    the order of their best passages.
    """

    question: Question
    prediction: str | None
    confidence: float
    no_answer_probability: float
    milliseconds: float
    exact_match: float | None
    f1: float | None
    found: Mapping[str, Found]
    match: Match | None
    names: Mapping[str, str]

    @property
    def main(self) -> Found:
        """What the method found whose passages the answer was read from."""
        return next(iter(self.found.values()))


def score(
    archive: Archive,
    questions: Sequence[Question],
    rows: Iterable[Row],
    method: str,
    rivals: Iterable[Row] | None = None,
) -> Iterator[tuple[Row, Scored]]:
    """Each row of predictions.jsonl with its scores. `rows` are in the order of `questions`; so are `rivals`, the rows
    of retrieval.jsonl, with the passages of other methods than `method`.
    """
    others = rivals if rivals is not None else ({"passages": {}} for _ in questions)
    waiting, shelf = zip(questions, rows, others, strict=True), _Shelf(archive)
    while batch := list(islice(waiting, _TOGETHER)):
        places = [_places(row, method, other) for _, row, other in batch]
        shelf.fetch({place[0] for methods in places for found in methods.values() for place in found})
        for (question, row, _), methods in zip(batch, places, strict=True):
            yield row, _score(question, row, methods, shelf)


def _places(row: Row, method: str, other: Row) -> dict[str, list[Place]]:
    found = {method: [(passage["article_id"], passage["start"], passage["end"]) for passage in row["passages"]]}
    return found | {name: [(a, s, e) for a, s, e in passages] for name, passages in other["passages"].items()}


def _score(question: Question, row: Row, methods: Mapping[str, list[Place]], shelf: _Shelf) -> Scored:
    judge = _Judge(question, shelf.held)
    main = next(iter(methods.values()))
    return Scored(
        question=question,
        prediction=row["prediction"],
        confidence=row["confidence"],
        no_answer_probability=row["no_answer_probability"],
        milliseconds=row["timings_ms"]["total"],
        exact_match=exact_match(row["prediction"], question.answers) if question.has_key else None,
        f1=f1(row["prediction"], question.answers) if question.has_key else None,
        found={name: judge.found(places) for name, places in methods.items()},
        match=judge.match(main),
        names={place[0]: judge.name(place[0]) for place in main},
    )


class _Shelf:
    """Articles by id, each with its text in lower case, since questions share many. Those asked for last are kept."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self.held: dict[str, tuple[StoredArticle, str]] = {}

    def fetch(self, ids: Set[str]) -> None:
        """Takes these articles out of the archive, as far as it has them."""
        kept = {article_id: self.held.pop(article_id) for article_id in sorted(ids) if article_id in self.held}
        for article_id in list(self.held)[: max(0, len(self.held) + len(ids) - _KEPT)]:
            del self.held[article_id]
        self.held |= kept
        for article in self._archive.catalog.articles(sorted(ids - kept.keys())):
            self.held[article.id] = (article, article.text.lower())


class _Judge:
    """What is relevant to one question; each article and passage is looked through once, whatever methods found it."""

    def __init__(self, question: Question, articles: Mapping[str, tuple[StoredArticle, str]]) -> None:
        self._question = question
        self._articles = articles
        self._finder = Finder(question.answers)
        self._in_article: dict[str, tuple[int, int] | None] = {}
        self._in_passage: dict[Place, tuple[int, int] | None] = {}

    def found(self, places: Sequence[Place]) -> Found:
        passages = tuple(int(self._passage(place) is not None) for place in places)
        grades: dict[str, int] = {}
        for article_id, _, _ in places:
            name = self.name(article_id)
            if name not in grades:
                grades[name] = self._grade(article_id, name)
        return Found(passages, tuple(grades.items()))

    def match(self, places: Sequence[Place]) -> Match | None:
        """The answer in the first passage that holds it, else in the first article."""
        spans = [(place[0], self._passage(place)) for place in places]
        spans += [(article_id, self._article(article_id)) for article_id, _, _ in places]
        for article_id, span in spans:
            if span:
                return Match(article_id, self._articles[article_id][0].url, *span)
        return None

    def name(self, article_id: str) -> str:
        """The article as the question file knows it, where that judges articles; else its Backissue id."""
        judged = self._question.relevant
        if not judged or article_id not in self._articles:
            return article_id
        article = self._articles[article_id][0]
        own = article.metadata.get("id") or article.metadata.get("_id")
        base = article_id.partition(".")[0]  # a later version is the same article
        return next((name for name in (article_id, base) if name in judged), str(own or base))

    def _grade(self, article_id: str, name: str) -> int:
        if self._question.relevant:
            return self._question.relevant.get(name, 0)
        return int(self._article(article_id) is not None)

    def _article(self, article_id: str) -> tuple[int, int] | None:
        if article_id not in self._in_article:
            held = self._articles.get(article_id)
            self._in_article[article_id] = self._finder.find(held[0].text, held[1]) if held else None
        return self._in_article[article_id]

    def _passage(self, place: Place) -> tuple[int, int] | None:
        if place not in self._in_passage:
            article_id, start, end = place
            span = None
            if self._article(article_id):
                found = self._finder.find(self._articles[article_id][0].text[start:end])
                span = (start + found[0], start + found[1]) if found else None
            self._in_passage[place] = span
        return self._in_passage[place]


def _first(grades: Sequence[int]) -> int | None:
    return next((rank for rank, grade in enumerate(grades, start=1) if grade > 0), None)
