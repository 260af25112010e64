"""Fits the sentence reader's weights: which sentence holds the accepted answer?

    python tests/benchmarks/fit_sentence_reader.py ARCHIVE questions.jsonl --until 2023-06-30

For every answerable question asked up to a day, the candidate sentences of the retrieved passages become rows
(cosine, shared words, log rank, recency; label: holds the answer), and a logistic regression gives the
constants of `qa.sentences`. Questions asked later show how often the best sentence is right, how
well probabilities are calibrated, and what precision a threshold buys.
"""

from __future__ import annotations

import argparse
import math
from datetime import date
from pathlib import Path

import numpy as np
import torch

from index.archive import Archive
from index.embed import load_encoder
from qa.evaluate.metrics import first_hit
from qa.evaluate.questions import Question, read_questions
from qa.groups import Scale
from qa.pipeline import READ
from qa.question import understand
from qa.rank import shared_words, words
from qa.read import Span
from qa.retrieve import Query, Retrieval, retrieve
from qa.sentences import CALIBRATION, ENCODED, candidate_sentences


def _span(rank: int, start: int, end: int, _text: str) -> Span:
    return Span(rank, start, end, start, end, 0.0)


def rows(archive: Archive, question: Question) -> tuple[np.ndarray, np.ndarray]:
    """Features (n, 4) and labels (n,) of the sentences that the reader would encode."""
    asked = understand(question.ask, archive.source_names(), archive.language_names())
    vector = archive.encoder.encode_queries([asked.text])[0]
    found = retrieve(archive, Query(asked.text, vector, asked.selection, asked.near), Retrieval())[:READ]
    sentences = candidate_sentences([item.passage for item in found])
    shared = shared_words(words(asked.text), [set(words(text)) for _, _, _, text in sentences])
    best = sorted(range(len(sentences)), key=lambda i: (-shared[i], sentences[i][:2]))[:ENCODED]
    vectors = archive.encoder.encode_documents([sentences[i][3] for i in best])
    scale = Scale(found, CALIBRATION, asked.of_the_past)
    features = [
        (float(v @ vector), shared[i], math.log1p(sentences[i][0]), scale.recency(_span(*sentences[i])))
        for i, v in zip(best, vectors, strict=True)
    ]
    labels = [first_hit([sentences[i][3]], question.answers) is not None for i in best]
    return np.array(features).reshape(-1, 4), np.array(labels, bool)


def main() -> None:
    """Fits on the earlier questions, reports on the later ones."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archive", type=Path)
    parser.add_argument("questions", type=Path)
    parser.add_argument("--until", type=date.fromisoformat, required=True)
    parser.add_argument("--sample", type=int, default=1, help="take every n-th question")
    arguments = parser.parse_args()
    questions = [q for q in read_questions(arguments.questions, READ) if q.extra.get("in_archive")][:: arguments.sample]
    with Archive.open(arguments.archive, load_encoder) as archive:
        made = [(question, rows(archive, question)) for question in questions]
    early = [r for q, r in made if q.ask.as_of and q.ask.as_of <= arguments.until and len(r[1])]
    late = [r for q, r in made if q.ask.as_of and q.ask.as_of > arguments.until and len(r[1])]
    weights = fit(np.concatenate([x for x, _ in early]), np.concatenate([y for _, y in early]))
    print("COSINE, SHARED, RANK, RECENCY, INTERCEPT =", ", ".join(f"{weight:.2f}" for weight in weights))
    for name, part in (("fitted on", early), ("held out", late)):
        report(name, [(1 / (1 + np.exp(-(x @ weights[:-1] + weights[-1]))), y) for x, y in part])


def fit(features: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Weights (5,), the intercept last, that maximise the likelihood of the labels."""
    inputs = torch.tensor(np.column_stack([features, np.ones(len(features))]))
    target = torch.tensor(labels.astype(float))
    weights = torch.zeros(inputs.shape[1], dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([weights], max_iter=200, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        value = torch.nn.functional.binary_cross_entropy_with_logits(inputs @ weights, target)
        value.backward()
        return value

    optimizer.step(loss)
    return weights.detach().numpy()


def report(name: str, scored: list[tuple[np.ndarray, np.ndarray]]) -> None:
    """How often the best sentence is right, and at what probability."""
    top = np.array([(p.max(), y[p.argmax()]) for p, y in scored])
    print(f"{name}: {len(top)} questions, best sentence right {top[:, 1].mean():.3f}, said {top[:, 0].mean():.3f}")
    for low in (0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5):
        kept = top[top[:, 0] >= low]
        print(f"  at {low:.2f} and above: {len(kept)} answered, right {kept[:, 1].mean() if len(kept) else 0:.3f}")


if __name__ == "__main__":
    main()
