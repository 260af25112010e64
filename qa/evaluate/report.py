"""The report of a run: one HTML file that needs nothing else, with plots, their numbers, and the worst answers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, TextIO

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined

from index.archive import Archive
from index.article import StoredPassage
from qa.evaluate import plots
from qa.evaluate.confidence import risk_coverage
from qa.evaluate.figures import Figures
from qa.evaluate.folder import Folder
from qa.evaluate.metrics import RIGHT, Finder
from qa.evaluate.score import Scored

WORST = 50
PASSAGES_SHOWN = 5
# Characters of a passage; long enough for any that was cut by default.
MOST = 4_000
NAMES = {
    "question_word": "question word",
    "answer_words": "words of the answer",
    "year": "year of as_of",
    "exact_match": "EM",
    "f1": "F1",
    "mrr": "MRR",
    "articles mrr": "articles MRR",
    "ndcg@10": "nDCG@10",
    "map": "MAP",
}

pages = Environment(
    loader=PackageLoader("qa.evaluate", "."), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)
pages.filters["named"] = lambda name: NAMES.get(name, name)
pages.filters["figure"] = lambda value: "–" if value is None else f"{value:.3f}"
# What no page may hold: controls, and halves of surrogate pairs.
pages.filters["clean"] = lambda text: re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]", "\ufffd", text)


def write_report(file: TextIO, archive: Archive, folder: Folder, figures: Figures, metrics: Mapping[str, Any]) -> None:
    """Renders the report of a run that is asked and scored."""
    worst = worst_of(figures.scored)
    wanted = {one.question.id for one in worst}
    rows = {row["id"]: row["passages"][:PASSAGES_SHOWN] for row in folder.rows() if row["id"] in wanted}
    ids = {f"{p['article_id']}:{p['start']}-{p['end']}": p["score"] for row in rows.values() for p in row}
    passages = {passage.id: passage for passage in archive.passages(sorted(ids))}
    shown = [
        (one, [_marked(one, found) for p in rows[one.question.id] if (found := passages.get(_id(p)))]) for one in worst
    ]
    breakdowns = dict(metrics["breakdowns"])
    if metrics["groups"]:
        breakdowns["groups of the question file"] = metrics["groups"]
    page = pages.get_template("report.html")
    pictures = _pictures(figures, metrics, breakdowns)
    file.write(page.render(metrics=metrics, breakdowns=breakdowns, pictures=pictures, worst=shown, right=RIGHT))


def worst_of(scored: Sequence[Scored]) -> list[Scored]:
    """The most confident of the wrong answers, and then the questions left without one; at most fifty."""
    wrong = [one for one in scored if one.f1 is not None and one.f1 < RIGHT]
    return sorted(wrong, key=lambda one: (one.prediction is None, -one.confidence, one.f1))[:WORST]


def _pictures(figures: Figures, metrics: Mapping[str, Any], breakdowns: Mapping[str, Any]) -> dict[str, Any]:
    pictures: dict[str, Any] = {
        "latency": plots.latency_histogram(np.array([one.milliseconds for one in figures.scored])),
        **{name: plots.bars(parts, NAMES.get(name, name)) for name, parts in breakdowns.items() if _has_scores(parts)},
    }
    asked = [one for one in figures.scored if one.question.answers]
    judged = [one for one in figures.scored if one.question.answers or one.question.relevant]
    methods = figures.scored[0].found
    if asked:
        ranks = {name: [one.found[name].first_passage for one in asked] for name in methods}
        pictures["retrieval"] = plots.recall_curve(ranks, "passages")
    if judged:
        ranks = {name: [one.found[name].first_article for one in judged] for name in methods}
        pictures["articles"] = plots.recall_curve(ranks, "articles")
    if metrics["confidence"]["answers"]:
        pictures["reliability"] = plots.reliability_diagram(metrics["confidence"]["bins"])
        pictures["risk"] = plots.risk_coverage_curve(*risk_coverage(*figures.given()))
    return pictures


def _has_scores(parts: Mapping[str, Any]) -> bool:
    return any(part["scored"] for part in parts.values())


def _id(passage: Mapping[str, Any]) -> str:
    return f"{passage['article_id']}:{passage['start']}-{passage['end']}"


def _marked(one: Scored, passage: StoredPassage) -> dict[str, Any]:
    """A passage and its text in three parts: before, in and after an accepted answer."""
    text = passage.text[:MOST]
    start, end = Finder(one.question.answers).find(text) or (len(text), len(text))
    return {"passage": passage, "parts": (text[:start], text[start:end], text[end:])}
