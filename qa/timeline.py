"""Answers over time: what the archive would have answered on each day, as distinct answers with their sightings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from qa.groups import Group, Scale, gather, reports
from qa.read import Span

# An answer that never led is still part of the story when, on some day, it was half as likely as the one that did.
CONTENDER = 0.5
# An answer is part of it only with a report that weighs, age aside, this share of the best of all: on days on which
# nobody spoke of the matter, something is always the likeliest.
WORTH = 0.05


@dataclass(frozen=True, slots=True)
class Sighted:
    """An answer and the days on which reports gave it, in order."""

    group: Group
    days: tuple[date, ...]


def timeline(spans: Sequence[Span], keys: Sequence[str], scale: Scale, given: str | None = None) -> list[Sighted]:
    """The answers that were, on the evening of some day, the likeliest or a contender, and the one that is given, by
    first report.

    On each day on which a passage was published, only the passages published until then count, the newest most.
    Undated passages take no part.
    """
    dated = [(span, key, day) for span, key in zip(spans, keys, strict=True) if (day := scale.day(span)) is not None]
    if not dated:
        return []
    ageless = [scale.ageless(span) for span, _, _ in dated]
    groups = gather([span for span, _, _ in dated], [key for _, key, _ in dated], ageless, scale)
    least = WORTH * max(ageless)
    worthy = {group.key for group in groups if max(weight for weight, _ in group.spans) >= least} | {given}
    told = [(span, key, day) for span, key, day in dated if key in worthy]
    shown = {key for today in sorted({day for _, _, day in told}) for key in _likely(told, today, scale)} | {given}
    entries = [Sighted(group, _days(group, scale)) for group in groups if group.key in shown]
    return sorted(entries, key=lambda entry: (entry.days[0], entry.days[-1], entry.group.key))


def _likely(told: Sequence[tuple[Span, str, date]], today: date, scale: Scale) -> list[str]:
    """The keys of the answers that were likely on a day, from what had been reported."""
    known = [(span, key, day) for span, key, day in told if day <= today]
    weights = scale.on(today, [(span, day) for span, _, day in known])
    groups = gather([span for span, _, _ in known], [key for _, key, _ in known], weights, scale)
    likely = scale.calibration.confidences([group.support for group in groups])
    least = max(scale.calibration.threshold, CONTENDER * likely[0])
    return [group.key for group, probability in zip(groups, likely, strict=True) if probability >= least]


def _days(group: Group, scale: Scale) -> tuple[date, ...]:
    return tuple(sorted({day for span in reports(group, scale) if (day := scale.day(span)) is not None}))
