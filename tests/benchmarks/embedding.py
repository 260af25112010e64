"""Compares the ways of embedding in one run: rate, likeness to float32, and recall of dense retrieval.

    python tests/benchmarks/embedding.py --articles articles.jsonl.gz --questions questions.jsonl --since 2023-09-01

Takes the articles published since a day, cuts them as an archive would, embeds all passages with each
encoder, and finds the answer strings of the questions asked since that day by exact cosine search among
passages not later than `as_of`. Prints a table and, with --out, writes it as JSON.
"""

from __future__ import annotations

import argparse
import json
import time
from datetime import date
from pathlib import Path

import numpy as np

from index.article import Article
from index.chunk import Chunking, chunk
from index.clean import clean
from index.embed import Encoder, load_encoder
from index.formats import Defaults, Located, read_path
from qa.evaluate.metrics import first_hit
from qa.evaluate.questions import Question, read_questions

WAYS = (("minilm", "float32"), ("minilm", "int8"), ("static", "float32"))


def main() -> None:
    """Parses the arguments, runs every way over the same passages, prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=Path, required=True)
    parser.add_argument("--questions", type=Path, required=True)
    parser.add_argument("--since", type=date.fromisoformat, required=True)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    passages = cut(arguments.articles, arguments.since)
    questions = [q for q in read_questions(arguments.questions, 50) if answerable(q, arguments.since, passages)]
    print(f"{len(passages):,} passages, {len(questions)} questions")
    figures: dict[str, dict[str, float]] = {}
    reference = np.zeros((0, 0))
    for model, precision in WAYS:
        row, vectors = measure(load_encoder(model, precision), passages, questions)  # type: ignore[arg-type]
        if not figures:
            reference, float32_rate = vectors, row["passages_per_s"]
        if vectors.shape == reference.shape:
            row["cosine_to_float32"] = round(float(np.mean(np.sum(vectors * reference, axis=1))), 4)
        row["rate_to_float32"] = round(row["passages_per_s"] / float32_rate, 2)
        figures[f"{model}/{precision}"] = row
        print(f"{model}/{precision}", json.dumps(row))
    if arguments.out:
        arguments.out.write_text(json.dumps(figures, indent=2) + "\n")


def cut(path: Path, since: date) -> list[tuple[date, str, str]]:
    """(day, title, text) of every passage of the articles published since a day."""
    articles = [clean(item.article) for item in read_path(path, Defaults()) if isinstance(item, Located)]
    recent: list[Article] = [a for a in articles if a.published_at and a.published_at.date() >= since]
    return [
        (article.published_at.date(), article.title, article.text[passage.start : passage.end])
        for article in recent
        if article.published_at
        for passage in chunk("", article.text, Chunking())
    ]


def answerable(question: Question, since: date, passages: list[tuple[date, str, str]]) -> bool:
    """Whether the question was asked since the day, and some passage up to its `as_of` holds the answer."""
    as_of = question.ask.as_of
    if not as_of or as_of < since or not question.extra.get("in_archive"):
        return False
    return first_hit([text for day, _, text in passages if day <= as_of], question.answers) is not None


def measure(
    encoder: Encoder, passages: list[tuple[date, str, str]], questions: list[Question]
) -> tuple[dict[str, float], np.ndarray]:
    """The encoder's rate and recall, and its vectors of all passages."""
    texts = [f"{title}\n{text}" for _, title, text in passages]
    encoder.encode_documents(texts[:8])  # warm-up
    start = time.perf_counter()
    vectors = encoder.encode_documents(texts)
    seconds = time.perf_counter() - start
    days = np.array([day.toordinal() for day, _, _ in passages])
    ranks = []
    for question, vector in zip(questions, encoder.encode_queries([q.ask.question for q in questions]), strict=True):
        allowed = days <= question.ask.as_of.toordinal()  # type: ignore[union-attr]
        order = np.argsort(-np.where(allowed, vectors @ vector, -2.0), kind="stable")[:50]
        ranks.append(first_hit([passages[i][2] for i in order], question.answers) or np.inf)
    found = np.array(ranks)
    row = {"passages_per_s": round(len(texts) / seconds, 1)}
    row.update({f"recall@{k}": round(float(np.mean(found <= k)), 4) for k in (5, 10, 20, 50)})
    row["mrr"] = round(float(np.mean(1 / found)), 4)
    return row, vectors


if __name__ == "__main__":
    main()
