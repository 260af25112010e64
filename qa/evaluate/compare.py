"""Two runs side by side: gains and losses question by question, whether they could be chance, and what was changed.

Compared are the questions that both runs asked in the same words with the same accepted answers. Differences are
B less A. Significance is that of the paired permutation test (Fisher 1935): how often exchanging the two runs'
scores of a question at random gives a mean difference at least as large. The figures are not independent of one
another, and none is corrected for there being several.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TextIO

import numpy as np
from scipy.stats import permutation_test

from index.errors import InputError
from qa.evaluate import bootstrap
from qa.evaluate import manifest as manifests
from qa.evaluate.bootstrap import Floats
from qa.evaluate.folder import MANIFEST, Folder
from qa.evaluate.metrics import RECALL_AT
from qa.evaluate.report import pages
from qa.evaluate.table import guarded, unguarded

PERMUTATIONS = 9_999
# Numbers held at a time by the permutation test.
_BLOCK = 4_000_000


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run made of a question. Scores are None where the file tells no answer, ranks where nothing was found."""

    prediction: str | None
    confidence: float
    exact_match: float | None
    f1: float | None
    passage_rank: int | None
    article_rank: int | None


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of a run and its outcome. Two are the same question when all but the outcome is equal."""

    question: str
    as_of: str
    answers: str
    relevant_articles: str
    outcome: Outcome

    @property
    def key(self) -> tuple[str, ...]:
        """What makes it the same question in another run of the same id."""
        return self.question, self.as_of, self.answers, self.relevant_articles

    @property
    def scores(self) -> list[float]:
        """The figures of `_NAMES`, NaN for one that the question file does not let be told."""
        outcome = self.outcome
        answers = [np.nan if score is None else score for score in (outcome.exact_match, outcome.f1)]
        passages, articles = _ranked(outcome.passage_rank), _ranked(outcome.article_rank)
        if not self.answers:
            passages = [np.nan] * len(passages)
            articles = articles if self.relevant_articles else passages
        return [*answers, *passages, *articles]


@dataclass(frozen=True, slots=True)
class Run:
    """A finished run: its manifest and its questions by id."""

    path: Path
    manifest: manifests.Manifest
    asked: Mapping[str, Asked]


def compare(a: Path, b: Path) -> dict[str, Any]:
    """The comparison of the runs in two folders, ready for JSON.

    Raises InputError for a folder without a finished run, and when the runs have no question in common.
    """
    one, other = _load(a), _load(b)
    common = [name for name in one.asked if name in other.asked]
    same = [name for name in common if one.asked[name].key == other.asked[name].key]
    if not same:
        reason = "the same ids stand for other questions" if common else "they share no id"
        raise InputError(f"{a} and {b} have no question in common: {reason}. Compare runs on one question file.")
    pairs = {name: (one.asked[name], other.asked[name]) for name in same}
    changed = manifests.differences(one.manifest, other.manifest)
    return {
        "a": {"run": str(a), **_times(one)},
        "b": {"run": str(b), **_times(other)},
        "compared": len(same),
        "only_in_a": [name for name in one.asked if name not in other.asked],
        "only_in_b": [name for name in other.asked if name not in one.asked],
        "asked_otherwise": [name for name in common if name not in pairs],
        "changed": {name: {"a": old, "b": new} for name, (old, new) in changed.items()},
        "figures": _figures(list(pairs.values())),
        "interval": bootstrap.METHOD,
        "test": f"paired permutation test, two-sided, {PERMUTATIONS:,} permutations, seed {bootstrap.SEED}",
        **_questions(one, pairs),
    }


def write_html(file: TextIO, comparison: Mapping[str, Any]) -> None:
    """Renders a comparison as one HTML file that needs nothing else."""
    file.write(pages.get_template("compare.html").render(c=comparison))


def _load(path: Path) -> Run:
    manifest = manifests.load(path / MANIFEST)
    table = path / "questions.csv"
    if manifest is None or "predictions_sha256" not in manifest or not table.is_file():
        raise InputError(f"{path} holds no finished run. Run `backissue evaluate QUESTIONS --out {path}` to its end.")
    asked: dict[str, Asked] = {}
    with table.open(encoding="utf-8", newline="") as file:
        # The ids and predictions of the table are dressed for spreadsheets; those of the predictions are true.
        for row, cells in zip(Folder(path).rows(), csv.DictReader(file), strict=False):
            if guarded(row["id"]) != cells["id"]:
                break
            told = {name: unguarded(cells[name]) for name in ("question", "as_of", "answers", "relevant_articles")}
            asked[row["id"]] = Asked(**told, outcome=_outcome(row, cells))
    if len(asked) != manifest["questions"]["number"]:
        raise InputError(f"{table} was changed since it was written. Run the same `backissue evaluate` again.")
    return Run(path, manifest, asked)


def _outcome(row: Mapping[str, Any], cells: Mapping[str, str]) -> Outcome:
    exact, f1 = (float(cells[name]) if cells[name] else None for name in ("exact_match", "f1"))
    passage, article = (int(cells[name]) if cells[name] else None for name in ("passage_rank", "article_rank"))
    return Outcome(row["prediction"], row["confidence"], exact, f1, passage, article)


def _times(run: Run) -> dict[str, Any]:
    return {name: run.manifest[name] for name in manifests.NOTES if name in run.manifest}


_FIRST = (*(f"recall@{k}" for k in RECALL_AT), "mrr")
_NAMES = ("exact_match", "f1", *_FIRST, *(f"articles {name}" for name in _FIRST))


def _figures(pairs: Sequence[tuple[Asked, Asked]]) -> dict[str, Any]:
    """Each figure of both runs over the questions that have it in both, with the difference."""
    columns = np.array([[one.scores, other.scores] for one, other in pairs], np.float64)
    found = {}
    for place, name in enumerate(_NAMES):
        values = columns[:, :, place]
        values = values[np.isfinite(values).all(axis=1)]
        if len(values):
            found[name] = _difference(values)
    return found


def _ranked(rank: int | None) -> list[float]:
    """What a first rank is worth, as `_FIRST` has it."""
    place = rank or np.inf
    return [*(float(place <= k) for k in RECALL_AT), 1 / place]


def _difference(values: Floats) -> dict[str, Any]:
    """Means of both runs, B less A with its interval, and the chance of such a difference; values are (n, 2)."""
    off = values[:, 1] - values[:, 0]
    low, high = bootstrap.of_means(off[:, None])[0]
    return {
        "questions": len(values),
        "a": round(float(values[:, 0].mean()), 4),
        "b": round(float(values[:, 1].mean()), 4),
        "difference": round(float(off.mean()), 4),
        "interval": [round(float(low), 4), round(float(high), 4)],
        "p": round(_chance(off), 4),
        "gains": int((off > 0).sum()),
        "losses": int((off < 0).sum()),
    }


def _chance(off: Floats) -> float:
    """The two-sided p-value of the mean of paired differences (n,)."""
    moved = off[off != 0]  # the others are the same whichever way they are exchanged
    if len(moved) < 2:  # a lone difference is as likely the one way as the other; and scipy takes no sample of one
        return 1.0
    test = permutation_test(
        (moved, np.zeros_like(moved)),
        lambda one, other, axis: np.sum(one - other, axis=axis),
        permutation_type="samples",
        n_resamples=PERMUTATIONS,
        batch=max(1, _BLOCK // len(moved)),
        rng=np.random.default_rng(bootstrap.SEED),
    )
    return float(test.pvalue)


def _questions(run: Run, pairs: Mapping[str, tuple[Asked, Asked]]) -> dict[str, list[dict[str, Any]]]:
    """The questions that B answers better, and worse, by F1 or exact match, the largest difference first; and those
    of the others for which another answer is given, or the first passage or article has another rank."""
    sides: dict[str, list[dict[str, Any]]] = {"gains": [], "losses": [], "moved": []}
    for name, (a, b) in ((name, (one.outcome, other.outcome)) for name, (one, other) in pairs.items()):
        off = ((b.f1 or 0.0) - (a.f1 or 0.0), (b.exact_match or 0.0) - (a.exact_match or 0.0))
        places = [(one.prediction, one.passage_rank, one.article_rank) for one in (a, b)]
        if off == (0.0, 0.0) and places[0] == places[1]:
            continue
        side = "gains" if off > (0.0, 0.0) else "losses" if off < (0.0, 0.0) else "moved"
        asked = run.asked[name]
        told = {"id": name, "question": asked.question, "as_of": asked.as_of or None, "answers": asked.answers}
        sides[side].append({**told, "difference": [round(x, 4) for x in off], "a": asdict(a), "b": asdict(b)})
    for rows in sides.values():
        rows.sort(key=lambda row: (-abs(row["difference"][0]), -abs(row["difference"][1]), row["id"]))
    return sides
