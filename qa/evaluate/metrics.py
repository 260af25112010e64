"""Figures of a run: recall@k, MRR, EM, F1, latency.

Retrieval is scored on passages: one is relevant when an accepted answer stands in its text as a run of whole
words, both bare of case, punctuation and articles. EM and F1 are SQuAD's (Rajpurkar et al. 2016). The
denominator is every question of the file whose right answer the file tells, whatever was returned for it.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

RECALL_AT = (1, 5, 10, 20, 50)
_PUNCTUATION = str.maketrans("", "", string.punctuation)


def normalise(text: str) -> str:
    """SQuAD's: lower case, ASCII punctuation out, a/an/the out, single spaces."""
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", text.lower().translate(_PUNCTUATION)).split())


def exact_match(prediction: str | None, answers: Sequence[str]) -> float:
    """1 when the prediction equals an accepted answer, both normalised; None counts as the empty answer."""
    return max((float(normalise(prediction or "") == normalise(answer)) for answer in answers or [""]), default=0.0)


def f1(prediction: str | None, answers: Sequence[str]) -> float:
    """The best harmonic mean of word precision and recall over the accepted answers."""
    return max(_f1(normalise(prediction or "").split(), normalise(answer).split()) for answer in answers or [""])


def _f1(predicted: list[str], accepted: list[str]) -> float:
    if not predicted or not accepted:
        return float(predicted == accepted)
    common = sum((Counter(predicted) & Counter(accepted)).values())
    return 2 * common / (len(predicted) + len(accepted))


def first_hit(passages: Sequence[str], answers: Sequence[str]) -> int | None:
    """The rank, from 1, of the first passage text that holds an accepted answer; None when none does."""
    wanted = [f" {answer} " for answer in map(_bare_words, answers) if answer]
    for rank, text in enumerate(passages, start=1):
        words = f" {_bare_words(text)} "
        if any(answer in words for answer in wanted):
            return rank
    return None


def _bare_words(text: str) -> str:
    """Words alone, so that “Squid Game” and "Squid Game", ISIS-held and ISIS meet; SQuAD's normaliser parts them."""
    return " ".join(word for word in re.findall(r"\w+", text.lower()) if word not in ("a", "an", "the"))


@dataclass(frozen=True, slots=True)
class Scored:
    """One question's figures.

    `hits` has the rank of the first relevant passage by retrieval method; empty where the question file gives no
    answer. `exact_match` and `f1` are None where it does not say what would be right.
    """

    hits: dict[str, int | None]
    exact_match: float | None
    f1: float | None
    answered: bool
    milliseconds: float


def summarise(rows: Sequence[Scored]) -> dict[str, Any]:
    """Means over all questions that can be scored; recall and MRR by retrieval method."""
    if not rows:
        return {"questions": 0}
    latency = np.array([row.milliseconds for row in rows])
    exact = [row.exact_match for row in rows if row.exact_match is not None]
    searched = [row.hits for row in rows if row.hits]
    methods = searched[0] if searched else {}
    return {
        "questions": len(rows),
        "answered": sum(row.answered for row in rows),
        "scored": len(exact),
        "exact_match": round(float(np.mean(exact)), 4) if exact else None,
        "f1": round(float(np.mean([row.f1 for row in rows if row.f1 is not None])), 4) if exact else None,
        "retrieval": {method: _retrieval([hits[method] for hits in searched]) for method in methods},
        "latency_ms": {f"p{q}": round(float(np.percentile(latency, q)), 1) for q in (50, 90, 95, 99)},
    }


def _retrieval(ranks: Sequence[int | None]) -> dict[str, float]:
    found = np.array([rank or np.inf for rank in ranks])
    recall = {f"recall@{k}": round(float(np.mean(found <= k)), 4) for k in RECALL_AT}
    return {**recall, "mrr": round(float(np.mean(1 / found)), 4)}
