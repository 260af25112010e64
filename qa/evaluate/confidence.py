"""Whether the confidence can be trusted: reliability, calibration error, and what abstaining buys."""

from __future__ import annotations

from typing import Any

import numpy as np

from qa.evaluate import bootstrap
from qa.evaluate.bootstrap import Floats
from qa.evaluate.metrics import RIGHT

BINS = 10
COVERAGES = tuple(number / 10 for number in range(1, 11))


def reliability(confidence: Floats, right: Floats) -> dict[str, Any]:
    """Calibration error of answers given, (n,), `right` being 0 or 1; by tenths of confidence, those with any answer.

    The expected calibration error (Naeini et al. 2015) is the mean distance between the confidence and the share
    right of a tenth, each answer counting alike.
    """
    if not len(confidence):
        return {"answers": 0, "ece": None, "interval": None, "right": f"F1 of at least {RIGHT}", "bins": []}
    places = np.minimum((confidence * BINS).astype(int), BINS - 1)
    within = np.eye(BINS)[places]
    off = (confidence - right)[:, None] * within

    def error(counts: Floats) -> Floats:
        return np.asarray(np.abs(counts @ off).sum(axis=1, keepdims=True) / len(confidence), np.float64)

    ends = bootstrap.interval(len(confidence), error)[0]
    return {
        "answers": len(confidence),
        "ece": _short(error(np.ones((1, len(confidence))))[0, 0]),
        "interval": [_short(end) for end in ends],
        "right": f"F1 of at least {RIGHT}",
        "bins": [
            _bin(number, confidence[here], right[here]) for number in range(BINS) if (here := places == number).any()
        ],
    }


def _bin(number: int, confidence: Floats, right: Floats) -> dict[str, Any]:
    return {
        "from": number / BINS,
        "to": (number + 1) / BINS,
        "answers": len(right),
        "confidence": _short(confidence.mean()),
        "right": _short(right.mean()),
    }


def risk_coverage(confidence: Floats, right: Floats, questions: int) -> tuple[Floats, Floats]:
    """The most confident answers first: the share of all questions answered, and of these answers wrong, (n,) each.

    Answers of equal confidence are given or withheld together.
    """
    order = np.argsort(-confidence, kind="stable")
    number = np.arange(1, len(order) + 1)
    risk = 1 - np.cumsum(right[order]) / number
    last_of_equals = np.append(np.diff(confidence[order]) != 0, np.ones(min(1, len(order)), bool)).astype(bool)
    return (number / max(questions, 1))[last_of_equals], risk[last_of_equals]


def at_coverages(confidence: Floats, right: Floats, questions: int) -> list[dict[str, float]]:
    """The risk at tenths of coverage that are reached, with the confidence from which answers are then given."""
    coverage, risk = risk_coverage(confidence, right, questions)
    levels = np.unique(confidence)[::-1]
    reached = [wanted for wanted in COVERAGES if len(coverage) and coverage[-1] >= wanted - 1e-9]
    places = dict.fromkeys(int(np.argmax(coverage >= wanted - 1e-9)) for wanted in reached)
    return [
        {"coverage": _short(coverage[at]), "risk": _short(risk[at]), "confidence": _short(levels[at])} for at in places
    ]


def _short(value: float) -> float:
    return round(float(value), 4)
