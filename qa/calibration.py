"""A reader's scores -> probabilities that mean something."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

# Logarithms of weights are kept within this, whatever a reader says.
LIMIT = 40.0


@dataclass(frozen=True, slots=True)
class Calibration:
    """What turns a reader's scores into probabilities; fitted by `python -m qa.training calibrate`.

    A span weighs exp(score / temperature + rank * log(1 + its passage's rank) + recency * its recency
    + length * its words + near * the share of the question's words in its quotation + named * the share of the
    question's names that its passage mentions); `null` is the logarithm of the
    weight of "nothing answers", `rivalry` (0 to 1) how much of the other answers' support counts against one. An
    answer less likely than `threshold` is not given.
    """

    temperature: float = 1.0
    rank: float = 0.0
    recency: float = 0.0
    length: float = 0.0
    near: float = 0.0
    named: float = 0.0
    null: float = 0.0
    rivalry: float = 1.0
    threshold: float = 0.0

    def weight(
        self, score: float, rank: int = 0, recency: float = 0.0, words: int = 0, near: float = 0.0, named: float = 1.0
    ) -> float:
        """The weight of a span of this score and length, in the passage of this rank (from 0) and recency (0 to 1)."""
        log = (
            score / self.temperature
            + self.rank * math.log1p(rank)
            + self.recency * recency
            + self.length * words
            + self.near * near
            + self.named * named
        )
        return math.exp(min(max(log, -LIMIT), LIMIT))

    def confidences(self, support: Sequence[float]) -> list[float]:
        """The probability of each answer, (n,), given the support (summed weights) of all."""
        total = math.fsum(support)
        null = math.exp(self.null)
        return [one / (null + one + self.rivalry * (total - one)) for one in support]
