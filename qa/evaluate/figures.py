"""Figures of a run, with intervals: EM, F1, what retrieval found, latency; of all questions or of some.

Retrieval is measured by ir-measures, for passages and for articles. Our `recall@k` is its Success@k, the share of
questions with a relevant passage (article) among the first k, as open-domain question answering has it; `mrr` its RR.
Where the file grades articles (BEIR), articles also have nDCG@10 and MAP. The denominator is every question of the
file whose right answer (relevant article) the file tells, whatever was returned for it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ir_measures
import numpy as np
import numpy.typing as npt
from ir_measures import AP, RR, Success, nDCG

from qa.evaluate import bootstrap
from qa.evaluate.bootstrap import Floats
from qa.evaluate.confidence import at_coverages, reliability
from qa.evaluate.metrics import RECALL_AT, RIGHT
from qa.evaluate.score import Scored

PERCENTILES = (50, 90, 95, 99)
_FIRST = {**{f"recall@{k}": Success @ k for k in RECALL_AT}, "mrr": RR}
_GRADED = {"ndcg@10": nDCG @ 10, "map": AP}
_WORDS = ("who", "whose", "whom", "what", "which", "when", "where", "why", "how")
_LENGTHS = ((1, "1"), (2, "2"), (3, "3"), (5, "4 or 5"))

Path = tuple[str, ...]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Figures:
    """A run's scores as columns (n,), NaN where a question cannot be scored; and what was scored."""

    scored: Sequence[Scored]
    columns: Mapping[Path, Floats]

    @classmethod
    def of(cls, scored: Sequence[Scored]) -> Figures:
        """The columns of all questions."""
        columns: dict[Path, Floats] = {
            ("exact_match",): _column([one.exact_match for one in scored]),
            ("f1",): _column([one.f1 for one in scored]),
        }
        for method in scored[0].found if scored else ():
            for kind, found in (("retrieval", _passages(scored, method)), ("articles", _articles(scored, method))):
                columns |= {(kind, method, name): values for name, values in found.items()}
        return cls(scored, columns)

    def summary(self, which: Mask | None = None) -> dict[str, Any]:
        """Means over those of the questions that can be scored, 95 % intervals at the same keys under `intervals`."""
        chosen = np.ones(len(self.scored), bool) if which is None else which
        some = [one for one, yes in zip(self.scored, chosen, strict=True) if yes]
        table = np.stack([values[chosen] for values in self.columns.values()], axis=1)
        known = np.isfinite(table).sum(axis=0)
        means = np.where(known, np.nansum(table, axis=0) / np.maximum(known, 1), np.nan)
        latency = np.array([one.milliseconds for one in some])
        names = [f"p{q}" for q in PERCENTILES]
        return {
            "questions": len(some),
            "answered": sum(one.prediction is not None for one in some),
            "scored": int(known[0]),
            **_nested(self.columns, means),
            "latency_ms": _rounded(dict(zip(names, np.percentile(latency, PERCENTILES), strict=True)), 1),
            "intervals": {
                "method": bootstrap.METHOD,
                **_nested(self.columns, bootstrap.of_means(table)),
                "latency_ms": _rounded(
                    dict(zip(names, bootstrap.of_percentiles(latency, PERCENTILES), strict=True)), 1
                ),
            },
        }

    def breakdowns(self) -> dict[str, dict[str, Any]]:
        """EM, F1 and recall by the question's word, by the length of its answer and by the year of its `as_of`."""
        labels = {
            "question_word": [question_word(one.question.ask.question) for one in self.scored],
            "answer_words": [answer_words(one.question.answers) for one in self.scored],
            "year": [str(one.question.ask.as_of.year) if one.question.ask.as_of else "none" for one in self.scored],
        }
        return {name: self.split(values) for name, values in labels.items()}

    def split(self, labels: Sequence[str]) -> dict[str, Any]:
        """The summary of the questions of each label."""
        held = np.array(labels)
        return {str(label): self.summary(held == label) for label in sorted(set(labels), key=_order)}

    def groups(self, field: str) -> dict[str, Any]:
        """The summary of each value of a field of the question file."""
        return self.split([f"{field}={json.dumps(one.question.extra.get(field))}" for one in self.scored])

    def given(self) -> tuple[Floats, Floats, int]:
        """Confidence of the answers given and whether each is right, (n,); and of how many questions with a key."""
        known = [one for one in self.scored if one.f1 is not None]
        given = [one for one in known if one.prediction is not None]
        right = np.array([(one.f1 or 0.0) >= RIGHT for one in given], np.float64)
        return np.array([one.confidence for one in given], np.float64), right, len(known)

    def confidence(self) -> dict[str, Any]:
        """Reliability of the confidence, and the share of wrong answers by the share of questions answered."""
        confidence, right, questions = self.given()
        return {**reliability(confidence, right), "abstaining": at_coverages(confidence, right, questions)}


def question_word(question: str) -> str:
    """The first of who, what, when, ... in it; "other" without any."""
    return next((word for word in re.findall(r"\w+", question.lower()) if word in _WORDS), "other")


def answer_words(answers: Sequence[str]) -> str:
    """How many words the first accepted answer has, "none" where there is none."""
    if not answers:
        return "none"
    number = len(answers[0].split())
    return next((label for most, label in _LENGTHS if number <= most), "6 or more")


def _order(label: str) -> tuple[bool, str]:
    return label in ("other", "none", "null"), label


def _column(values: Sequence[float | None]) -> Floats:
    return np.array([np.nan if value is None else value for value in values], np.float64)


def _passages(scored: Sequence[Scored], method: str) -> dict[str, Floats]:
    """Relevant are the passages that hold an accepted answer."""
    judged = [one.found[method].passages if one.question.answers else None for one in scored]
    qrels = [None if g is None else {str(i): grade for i, grade in enumerate(g)} for g in judged]
    runs = [[str(i) for i in range(len(one.found[method].passages))] for one in scored]
    return _measured(_FIRST, qrels, runs)


def _articles(scored: Sequence[Scored], method: str) -> dict[str, Floats]:
    """Relevant are the articles that the file grades above 0, else those that hold an accepted answer."""
    found = [one.found[method].articles for one in scored]
    graded = [one.question.relevant or None for one in scored]
    qrels = [
        grades or (dict(articles) if one.question.answers else None)
        for one, articles, grades in zip(scored, found, graded, strict=True)
    ]
    runs = [[name for name, _ in articles] for articles in found]
    measured = _measured(_FIRST, qrels, runs)
    return measured | (_measured(_GRADED, graded, runs) if any(graded) else {})


def _measured(
    measures: Mapping[str, Any], qrels: Sequence[Mapping[str, int] | None], runs: Sequence[Sequence[str]]
) -> dict[str, Floats]:
    """Each measure of each question, (n,): `qrels` grade what `runs` list, best first; NaN where they are None."""
    values = {measure: np.full(len(runs), np.nan) for measure in measures.values()}
    topics = {str(i): dict(grades) for i, grades in enumerate(qrels) if grades is not None}
    for column in values.values():
        column[[int(topic) for topic in topics]] = 0.0  # a question for which nothing was found counts
    ranked = {topic: {name: float(-rank) for rank, name in enumerate(runs[int(topic)])} for topic in topics}
    for metric in ir_measures.iter_calc(list(values), topics, ranked):
        values[metric.measure][int(metric.query_id)] = metric.value
    return {name: values[measure] for name, measure in measures.items()}


def _nested(columns: Mapping[Path, Floats], values: Floats) -> dict[str, Any]:
    """The values by the parts of the columns' names; None for a figure that there is not, no entry for a method
    without any."""
    nested: dict[str, Any] = {"retrieval": {}, "articles": {}}
    for path, value in zip(columns, values, strict=True):
        told = bool(np.isfinite(value).all())
        if len(path) == 1:
            nested[path[0]] = _number(value) if told else None
        elif told:
            nested[path[0]].setdefault(path[1], {})[path[2]] = _number(value)
    return nested


def _number(value: Any, digits: int = 4) -> Any:
    """A number, or a pair of them, rounded."""
    return [round(float(end), digits) for end in value] if np.ndim(value) else round(float(value), digits)


def _rounded(values: Mapping[str, Any], digits: int) -> dict[str, Any]:
    return {name: _number(value, digits) for name, value in values.items()}
