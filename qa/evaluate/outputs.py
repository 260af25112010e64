"""The files that programs read: SQuAD's, TREC's, and a table of one row a question."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from typing import Any, TextIO

from qa.evaluate.record import Question
from qa.evaluate.score import Row, Scored
from qa.evaluate.table import BETWEEN, guarded

COLUMNS = (
    "id", "question", "as_of", "answers", "relevant_articles", "prediction", "confidence", "exact_match", "f1",
    "passage_rank", "article_rank", "match_article_id", "match_url", "match_start", "match_end", "article_ids",
    "milliseconds",
)  # fmt: skip
TAG = "backissue"


def squad(scored: Sequence[Scored]) -> dict[str, str]:
    """`{id: text}` as SQuAD's scorers take it, "" for no answer."""
    return {one.question.id: one.prediction or "" for one in scored}


def na_prob(scored: Sequence[Scored]) -> dict[str, float]:
    """`{id: probability}` that there is no answer, as SQuAD 2.0's scorer takes it."""
    return {one.question.id: one.no_answer_probability for one in scored}


def write_json(file: TextIO, value: Any, indent: int | None = None) -> None:
    """One JSON value and a newline."""
    file.write(json.dumps(value, ensure_ascii=False, indent=indent) + "\n")


def passages_trec(question: Question, row: Row) -> Iterator[str]:
    """The lines of a TREC run of passages."""
    ranked = [(f"{p['article_id']}:{p['start']}-{p['end']}", p["score"]) for p in row["passages"]]
    return _trec(question, ranked)


def articles_trec(scored: Scored, row: Row) -> Iterator[str]:
    """The lines of a TREC run of articles, each with the score of its best passage."""
    best: dict[str, float] = {}
    for passage in row["passages"]:
        best.setdefault(scored.names[passage["article_id"]], passage["score"])
    return _trec(scored.question, list(best.items()))


def _trec(question: Question, ranked: Sequence[tuple[str, float]]) -> Iterator[str]:
    # Blanks separate the fields of a TREC run.
    topic = "_".join(question.id.split())
    for rank, (document, score) in enumerate(ranked, start=1):
        yield f"{topic} Q0 {'_'.join(document.split())} {rank} {score:.6f} {TAG}\n"


def write_table(file: TextIO, scored: Sequence[Scored]) -> None:
    """The CSV of one row a question: ours, then the fields of the question file that are no lists or objects.

    No cell runs as a formula when a spreadsheet opens it.
    """
    fields = _plain_fields(scored)
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([guarded(name) for name in (*COLUMNS, *fields.values())])
    for one in scored:
        writer.writerow([guarded(cell) for cell in (*_cells(one), *(one.question.extra.get(name) for name in fields))])


def _plain_fields(scored: Sequence[Scored]) -> dict[str, str]:
    """The fields of the question file that fit a cell, with the names of their columns."""
    names = list(dict.fromkeys(name for one in scored for name in one.question.extra))
    plain = [name for name in names if not any(isinstance(one.question.extra.get(name), list | dict) for one in scored)]
    return {name: f"{name} (question file)" if name in COLUMNS else name for name in plain}


def _cells(one: Scored) -> list[Any]:
    found, match = one.main, one.match
    return [
        one.question.id,
        one.question.ask.question,
        one.question.ask.as_of,
        BETWEEN.join(one.question.answers),
        sum(grade > 0 for grade in one.question.relevant.values()) if one.question.relevant else None,
        one.prediction,
        one.confidence,
        one.exact_match,
        None if one.f1 is None else round(one.f1, 4),
        found.first_passage,
        found.first_article,
        *((match.article_id, match.url, match.start, match.end) if match else (None,) * 4),
        " ".join(one.names),
        one.milliseconds,
    ]
