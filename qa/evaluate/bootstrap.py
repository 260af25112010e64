"""95 % intervals by the percentile bootstrap over questions (Efron & Tibshirani 1993), seeded."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

RESAMPLES = 2_000
SEED = 20_171_103
METHOD = f"percentile bootstrap over questions, {RESAMPLES:,} resamples, 95 %, seed {SEED}"
_LEVELS = (2.5, 97.5)
# Numbers held at a time.
_BLOCK = 4_000_000

Floats = npt.NDArray[np.float64]
# How often each question was drawn, (b, n), -> what is estimated, (b, m).
Statistic = Callable[[Floats], Floats]


def interval(questions: int, statistic: Statistic) -> Floats:
    """(m, 2): lower and upper end for each of the statistic's m columns; NaN where it is never defined."""
    drawn = np.concatenate([statistic(counts) for counts in _resamples(questions)])
    defined = np.isfinite(drawn).any(axis=0)
    ends = np.full((drawn.shape[1], 2), np.nan)
    if defined.any():
        ends[defined] = np.nanpercentile(drawn[:, defined], _LEVELS, axis=0).T
    return ends


def of_means(values: Floats) -> Floats:
    """(m, 2): intervals of the means of columns (n, m), each over its questions that are not NaN."""
    known = np.isfinite(values)
    filled = np.where(known, values, 0.0)

    def means(counts: Floats) -> Floats:
        with np.errstate(invalid="ignore"):  # a resample may hold none of a column's questions
            return np.asarray((counts @ filled) / (counts @ known.astype(np.float64)), np.float64)

    return interval(len(values), means)


def of_percentiles(values: Floats, percentiles: tuple[int, ...]) -> Floats:
    """(m, 2): intervals of percentiles of values (n,)."""
    order = np.sort(values)
    places = np.argsort(values, kind="stable")

    def found(counts: Floats) -> Floats:
        reached = np.cumsum(counts[:, places], axis=1) / len(values)
        return np.stack([order[np.argmax(reached >= q / 100 - 1e-12, axis=1)] for q in percentiles], axis=1)

    return interval(len(values), found)


def _resamples(questions: int) -> Iterator[Floats]:
    generator = np.random.default_rng(SEED)
    even = np.full(questions, 1 / questions)
    left = RESAMPLES
    while left:
        size = min(left, max(1, _BLOCK // questions))
        yield generator.multinomial(questions, even, size=size).astype(np.float64)
        left -= size
