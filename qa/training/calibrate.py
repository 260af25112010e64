"""Fits a reader's calibration on development questions, and says how far its confidence can be trusted.

Parameters maximise the likelihood of the right answer among all that the reader found, "nothing answers" being
right where none is: temperature scaling (Guo et al. 2017) over the evidence of all passages of a question. What is
reported comes from cross-validation: each half of the questions judged with parameters fitted on the other.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from index.errors import InputError
from qa.calibration import Calibration
from qa.evaluate.metrics import RIGHT, exact_match, f1
from qa.evaluate.questions import Question
from qa.groups import together
from qa.pipeline import QA

# What giving an answer costs, in F1. One right in some fifteen is still worth showing, since every answer comes with
# its confidence and its quotation; programs that want more ask for more confidence.
COST = 0.06
# Not fitted: the development questions, which repeat their article's words less than people's own do, would have 0.4
# (EM and F1, cross-validated: .377, .435; 0.9: .373, .427; 1.2: .369, .426); at 0.9 the article that the project
# started from says, and not by a hair, that ISIS holds Albu Kamal.
NEAR = 0.9
# Not fitted either: among 1.5 to 3.0, EM and F1 are best at 2.0.
RECENCY = 2.0
BINS = 10
ABSTAINED = (0.05, 0.1, 0.2)

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Seen:
    """One span of a question's passages, with all that its weight depends on; equal keys say the same."""

    key: str
    text: str
    score: float
    rank: int
    recency: float
    story: str
    near: float = 0.0
    named: float = 1.0
    left: float = 1.0


@dataclass(frozen=True, slots=True)
class Observation:
    """A question, what the reader found, and the accepted answers."""

    id: str
    answers: tuple[str, ...]
    spans: tuple[Seen, ...]
    in_archive: bool


@dataclass(frozen=True, slots=True)
class Judged:
    """A question's best answer under a calibration."""

    text: str | None
    confidence: float
    exact: float
    f1: float
    in_archive: bool


def observe(qa: QA, questions: Sequence[Question]) -> Iterator[Observation]:
    """Reads the passages of each question."""
    for question in questions:
        search = qa.find(question.ask)
        spans = qa.read(search)
        scale = qa.scale(search, spans)
        seen = []
        for span, key in zip(spans, qa.keys(search, spans), strict=True):
            item, text = search.found[span.passage], scale.words(span)
            recent = scale.recency(span)
            seen.append(
                Seen(
                    key,
                    text,
                    span.score,
                    span.passage,
                    recent,
                    item.passage.story,
                    span.near,
                    scale.named(span),
                    scale.left.get(span, 1.0),
                )
            )
        in_archive = bool(question.extra.get("in_archive"))
        yield Observation(question.id, question.answers, tuple(seen), in_archive)


def judge(observation: Observation, calibration: Calibration) -> Judged:
    """The best supported answer and its confidence, as `qa.groups` has them."""
    stories: dict[str, dict[str, tuple[float, str]]] = {}
    for seen in observation.spans:
        weight = calibration.weight(seen.score, seen.rank, seen.recency, len(seen.text.split()), seen.near, seen.named)
        weight *= seen.left
        group = stories.setdefault(seen.key, {})
        group[seen.story] = max(group.get(seen.story, (0.0, "")), (weight, seen.text))
    if not stories:
        return Judged(None, 0.0, 0.0, 0.0, observation.in_archive)
    support = {key: together(weight for weight, _ in group.values()) for key, group in stories.items()}
    order = sorted(support, key=lambda key: (-support[key], key))
    confidence = calibration.confidences([support[key] for key in order])[0]
    text = max(stories[order[0]].values())[1]
    exact, partial = exact_match(text, observation.answers), f1(text, observation.answers)
    return Judged(text, confidence, exact, partial, observation.in_archive)


def fit(observations: Sequence[Observation]) -> Calibration:
    """The parameters of highest likelihood; the threshold is left at 0."""
    from scipy.optimize import minimize

    tables = [table for one in observations if (table := _table(one)) is not None]
    features = np.concatenate([rows for rows, _ in tables])
    right = np.concatenate([marks for _, marks in tables])
    starts = np.cumsum([0, *(len(marks) for _, marks in tables)])[:-1]
    owner = np.repeat(np.arange(len(tables)), [len(marks) for _, marks in tables])
    answerable = np.logical_or.reduceat(right, starts)

    def cost(point: Floats) -> float:
        """Mean surprise that one of the right spans, or nothing where none is right, is the answer."""
        cold, rank, length, named, null = point
        logs = features @ np.array([cold, rank, RECENCY, length, NEAR, named, 1.0])
        top = np.maximum(np.maximum.reduceat(logs, starts), null)
        weights, nothing = np.exp(logs - top[owner]), np.exp(null - top)
        likely = np.where(answerable, np.add.reduceat(weights * right, starts), nothing)
        return float(np.mean(np.log(np.add.reduceat(weights, starts) + nothing) - np.log(likely + 1e-300)))

    best = minimize(cost, np.array([0.5, -0.5, 0.0, 0.5, 1.0]), method="BFGS").x
    cold, rank, length, named, null = (round(float(value), 3) for value in best)
    return Calibration(round(1 / max(cold, 0.05), 3), rank, RECENCY, length, NEAR, named, null, rivalry=1.0)


def _table(observation: Observation) -> tuple[Floats, npt.NDArray[np.bool_]] | None:
    """Score, log rank, recency, words, nearness, share of names and the logarithm of what doubts leave of spans (n, 7),
    and which are right; one a story and answer."""
    best: dict[tuple[str, str], Seen] = {}
    for seen in observation.spans:
        key = (seen.key, seen.story)
        if key not in best or seen.score > best[key].score:
            best[key] = seen
    if not best:
        return None
    rows = [
        (
            seen.score,
            math.log1p(seen.rank),
            seen.recency,
            len(seen.text.split()),
            seen.near,
            seen.named,
            math.log(seen.left),
        )
        for seen in best.values()
    ]
    right = [f1(seen.text, observation.answers) >= RIGHT for seen in best.values()]
    return np.array(rows), np.array(right)


def cross_validated(observations: Sequence[Observation]) -> list[Judged]:
    """Every question judged with parameters fitted on the other half (odd and even ones)."""
    halves = (observations[::2], observations[1::2])
    fitted = [fit(half) for half in halves]
    return [judge(one, fitted[1]) for one in halves[0]] + [judge(one, fitted[0]) for one in halves[1]]


def choose_threshold(judged: Sequence[Judged]) -> float:
    """The confidence below which an answer is more often wrong than it is worth.

    Chosen where the F1 of what is answered, less COST for each answer given, is highest.
    """
    if not judged:
        return 0.0
    # Rounded down, so that the answer whose confidence it is is still given.
    levels = sorted({math.floor(one.confidence * 1000) / 1000 for one in judged} | {1.0})
    return max(levels, key=lambda level: sum(one.f1 - COST for one in judged if one.confidence >= level))


def report(judged: Sequence[Judged]) -> dict[str, Any]:
    """Calibration error and what abstaining buys, over all questions; EM and F1 of those known to be answerable."""
    known = [one for one in judged if one.in_archive]
    return {
        "questions": len(judged),
        "in_archive": len(known),
        "exact_match": _mean([one.exact for one in known]),
        "f1": _mean([one.f1 for one in known]),
        "expected_calibration_error": round(_calibration_error(judged), 4),
        "precision_at_abstention": {f"{share:.0%}": _precision(judged, share) for share in ABSTAINED},
        "precision_at_abstention_in_archive": {f"{share:.0%}": _precision(known, share) for share in ABSTAINED},
    }


def at_threshold(judged: Sequence[Judged], threshold: float) -> dict[str, float | None]:
    """The shares answered of the questions known to be answerable and of the others, and of the answers that are
    right, when the less likely ones are withheld."""
    given = [one.confidence >= threshold for one in judged]
    return {
        "answered_in_archive": _mean([yes for yes, one in zip(given, judged, strict=True) if one.in_archive]),
        "answered_others": _mean([yes for yes, one in zip(given, judged, strict=True) if not one.in_archive]),
        "right": _mean([one.f1 >= RIGHT for yes, one in zip(given, judged, strict=True) if yes]),
    }


def _precision(judged: Sequence[Judged], abstained: float) -> dict[str, float | None]:
    kept = sorted(judged, key=lambda one: -one.confidence)[: round(len(judged) * (1 - abstained))]
    return {"exact_match": _mean([one.exact for one in kept]), "right": _mean([one.f1 >= RIGHT for one in kept])}


def _mean(values: Sequence[float]) -> float | None:
    return round(float(np.mean(values)), 4) if values else None


def bins(judged: Sequence[Judged]) -> list[tuple[float, float, int]]:
    """Mean confidence, share of right answers and number of questions of each tenth of the scale that has any."""
    places = np.minimum((np.array([one.confidence for one in judged]) * BINS).astype(int), BINS - 1)
    found = []
    for place in range(BINS):
        here = [one for one, at in zip(judged, places, strict=True) if at == place]
        if here:
            confidence = float(np.mean([one.confidence for one in here]))
            found.append((confidence, float(np.mean([one.f1 >= RIGHT for one in here])), len(here)))
    return found


def _calibration_error(judged: Sequence[Judged]) -> float:
    return sum(abs(confidence - right) * number for confidence, right, number in bins(judged)) / len(judged)


def plot(judged: Sequence[Judged], path: Path) -> None:
    """Draws the reliability diagram."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.5, 4.5), layout="constrained")
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color="0.7", linestyle="--", label="perfect")
    confidence, right, number = zip(*bins(judged), strict=True)
    axes.plot(confidence, right, marker="o", color="#1f5fa8", label="reader")
    for x, y, count in zip(confidence, right, number, strict=True):
        axes.annotate(str(count), (x, y), textcoords="offset points", xytext=(6, -10), fontsize=8)
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="confidence", ylabel=f"share right (F1 of at least {RIGHT})")
    axes.legend()
    figure.savefig(path, metadata={"Date": None})


def calibrate(
    qa: QA, questions: Sequence[Question], plot_to: Path | None, progress: Callable[[int], None] | None = None
) -> tuple[Calibration, dict[str, Any]]:
    """The calibration fitted on all questions, with its threshold, and the cross-validated report."""
    observations = []
    for number, observation in enumerate(observe(qa, questions), start=1):
        observations.append(observation)
        if progress:
            progress(number)
    if len(observations) < 2:
        raise InputError("A calibration needs questions, and there are fewer than two. Check --since.")
    judged = cross_validated(observations)
    if plot_to:
        plot(judged, plot_to)
    calibration = replace(fit(observations), threshold=choose_threshold(judged))
    told = {**report(judged), "at_threshold": at_threshold(judged, calibration.threshold)}
    return calibration, {**told, "calibration": asdict(calibration)}
