"""Fits the weights of `qa.rank`: which features bring passages with the answer to the top?

    python tests/benchmarks/fit_retrieval.py ARCHIVE questions.jsonl --until 2023-06-30

Questions asked up to a day are fitted on (ListNet's top-one softmax over the candidates of a question, every
passage with the answer counting as right); those asked later are held out. Prints the weights and, for fusion
alone, the weights in force and the new ones, recall@k and MRR on both parts.
"""

from __future__ import annotations

import argparse
from dataclasses import astuple, dataclass
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from index.archive import Archive
from index.embed import load_encoder
from qa.evaluate.metrics import RECALL_AT, first_hit
from qa.evaluate.questions import Question, read_questions
from qa.question import understand
from qa.rank import FITTED, Weights, features
from qa.retrieve import Query, Retrieval, candidates

EPOCHS, LEARNING_RATE, L2 = 200, 0.05, 0.002


@dataclass(frozen=True)
class Rows:
    """A question's candidates: log fused scores (n,), features (n, 5), whether they hold the answer (n,)."""

    fused: npt.NDArray[np.float64]
    features: npt.NDArray[np.float64]
    hits: npt.NDArray[np.bool_]


def rows(archive: Archive, question: Question) -> Rows:
    """What retrieval would rank for the question."""
    asked = understand(question.ask, archive.source_names(), archive.language_names())
    vector = archive.encoder.encode_queries([asked.text])[0]
    fused = candidates(archive, Query(asked.text, vector, asked.selection, asked.near), Retrieval())
    passages = archive.passages(sorted(fused))
    return Rows(
        np.log([fused[passage.id] for passage in passages]),
        features(asked.text, passages, asked.near),
        np.array([first_hit([passage.text], question.answers) is not None for passage in passages], bool),
    )


def fit(part: list[Rows]) -> Weights:
    """The weights of the features where the logarithm of the fused score has weight 1."""
    part = [row for row in part if row.hits.any()]
    scale = np.concatenate([row.features for row in part]).std(axis=0)
    longest = max(len(row.hits) for row in part)
    inputs = torch.zeros(len(part), longest, len(scale) + 1)
    absent = torch.full((len(part), longest), -1e9)
    hits = torch.zeros(len(part), longest, dtype=torch.bool)
    for i, row in enumerate(part):
        n = len(row.hits)
        inputs[i, :n] = torch.tensor(np.column_stack([row.fused, row.features / scale]), dtype=torch.float32)
        absent[i, :n], hits[i, :n] = 0.0, torch.tensor(row.hits)
    weights = torch.zeros(inputs.shape[2], requires_grad=True)
    optimizer = torch.optim.Adam([weights], lr=LEARNING_RATE)
    for _ in range(EPOCHS):
        scores = inputs @ weights + absent
        right = torch.where(hits, scores, torch.tensor(-1e9))
        loss = (scores.logsumexp(1) - right.logsumexp(1)).mean() + L2 * weights.square().sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    found = weights.detach().numpy()
    return Weights(*(round(float(w), 2) for w in found[1:] / scale / found[0]))


def report(name: str, part: list[Rows], weights: Weights) -> None:
    """Prints recall@k and MRR; ties keep the order of passage ids."""
    ranks = []
    for row in part:
        order = np.argsort(-(row.fused + row.features @ np.array(astuple(weights))), kind="stable")
        hits = np.flatnonzero(row.hits[order])
        ranks.append(hits[0] + 1 if len(hits) else np.inf)
    found = np.array(ranks)
    recall = " ".join(f"@{k} {np.mean(found <= k):.3f}" for k in RECALL_AT)
    print(f"{name:36} {len(part):5} questions {recall} MRR {np.mean(1 / found):.3f}")


def main() -> None:
    """Fits on the earlier questions, reports on both parts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archive", type=Path)
    parser.add_argument("questions", type=Path)
    parser.add_argument("--until", type=date.fromisoformat, required=True)
    arguments = parser.parse_args()
    questions = [q for q in read_questions(arguments.questions, 50) if q.extra.get("in_archive") and q.ask.as_of]
    with Archive.open(arguments.archive, load_encoder) as archive:
        made = [(q.ask.as_of, rows(archive, q)) for q in questions]
    early = [row for day, row in made if day and day <= arguments.until]
    late = [row for day, row in made if day and day > arguments.until]
    fitted = fit(early)
    print(fitted)
    for name, weights in (("fusion alone", Weights()), ("in force", FITTED), ("fitted now", fitted)):
        report(f"{name}, fitted on", early, weights)
        report(f"{name}, held out", late, weights)


if __name__ == "__main__":
    main()
