"""Groups of spans -> the answer, its alternatives and their standing to one another, with citations."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from qa.answer import Answer, Citation, TimelineEntry
from qa.calibration import Calibration
from qa.cite import Citer
from qa.groups import Group, Scale, reports
from qa.read import Span
from qa.timeline import Sighted

ALTERNATIVES = 4
CITATIONS = 5
# Alternatives less likely than this are noise; one answer in twenty is still worth a look.
LEAST_ALTERNATIVE = 0.05
# An alternative contradicts the answer when it is at least this likely beside it and reported in the same period.
CONTRADICTS = 0.2


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the groups amount to: the answer's first, none when none is likely enough; the confidence of each."""

    groups: tuple[Group, ...]
    confidence: tuple[float, ...]
    no_answer_probability: float


def verdict(groups: Sequence[Group], calibration: Calibration) -> Verdict:
    """The answer and the alternatives worth showing among groups, best supported first."""
    confidence = calibration.confidences([group.support for group in groups])
    given = bool(confidence) and confidence[0] >= calibration.threshold
    kept = [
        (group, probability)
        for group, probability in zip(groups[: ALTERNATIVES + 1], confidence, strict=False)
        if given and probability >= min(calibration.threshold, LEAST_ALTERNATIVE)
    ]
    return Verdict(
        tuple(group for group, _ in kept),
        tuple(probability for _, probability in kept),
        round(1.0 - (confidence[0] if confidence else 0.0), 4),
    )


def answers(said: Verdict, scale: Scale, citer: Citer) -> list[Answer]:
    """The answer and its alternatives, best first."""
    made: list[Answer] = []
    told: set[tuple[str, int]] = set()
    for group, confidence in zip(said.groups, said.confidence, strict=True):
        spans = reports(group, scale)
        # What stands in a sentence that bears the answer does not contradict it there: "the town that ISIS lost".
        citations = sorted((citer.cite(span) for span in cited(group, scale)), key=lambda one: _place(one) in told)
        days = sorted(day for span in spans if (day := scale.day(span)) is not None)
        beside = bool(made) and confidence >= CONTRADICTS * made[0].confidence and _same_period(made[0], days)
        beside = beside and _place(citations[0]) not in told
        told |= set(map(_place, citations)) if not made else set()
        text = citations[0].quote[slice(*citations[0].answer_in_quote)]
        made.append(
            Answer(
                text=text,
                confidence=round(confidence, 4),
                independent_sources=independent(spans, scale),
                citations=tuple(citations),
                also_written=also_written(text, spans, scale),
                first_published=days[0] if days else None,
                last_published=days[-1] if days else None,
                conflicting=beside,
            )
        )
    return made


def entries(history: Sequence[Sighted], current: str | None, scale: Scale, citer: Citer) -> list[TimelineEntry]:
    """The timeline's entries; `current` is the key of the answer given."""
    made = []
    for sighted in history:
        spans = reports(sighted.group, scale)
        text = scale.words(spans[0])
        made.append(
            TimelineEntry(
                text=text,
                first_published=sighted.days[0],
                last_published=sighted.days[-1],
                citations=tuple(citer.cite(span) for span in cited(sighted.group, scale)),
                also_written=also_written(text, spans, scale),
                independent_sources=independent(spans, scale),
                published=sighted.days,
                current=sighted.group.key == current,
            )
        )
    return made


def cited(group: Group, scale: Scale) -> list[Span]:
    """The spans to cite: the best of each story first, then what else says it, one of each article."""
    stories: set[str] = set()
    articles: set[str] = set()
    first: list[Span] = []
    rest: list[Span] = []
    for span in reports(group, scale):
        passage = scale.found[span.passage].passage
        if passage.article_id not in articles:
            (rest if passage.story in stories else first).append(span)
        stories.add(passage.story)
        articles.add(passage.article_id)
    return (first + rest)[:CITATIONS]


def independent(spans: Sequence[Span], scale: Scale) -> int:
    """How many reports say it of which no two share a story or an outlet: the largest matching of the two.

    Augmenting paths (Kuhn 1955). A report without a known outlet is one of its own.
    """
    outlets: dict[str, set[str]] = defaultdict(set)
    for span in spans:
        passage = scale.found[span.passage].passage
        outlets[passage.story].add(passage.source or f"unknown:{passage.story}")
    taken: dict[str, str] = {}

    def place(story: str, tried: set[str]) -> bool:
        for outlet in sorted(outlets[story] - tried):
            tried.add(outlet)
            if outlet not in taken or place(taken[outlet], tried):
                taken[outlet] = story
                return True
        return False

    return sum(place(story, set()) for story in sorted(outlets))


def also_written(text: str, spans: Sequence[Span], scale: Scale) -> tuple[str, ...]:
    """The forms but `text` in which a group's answer stands in the articles, case aside, the weightiest first."""
    forms = {text.lower(): text}
    for span in spans:
        forms.setdefault(scale.words(span).lower(), scale.words(span))
    return tuple(forms.values())[1:]


def _place(citation: Citation) -> tuple[str, int]:
    return citation.article_id, citation.start


def _same_period(answer: Answer, days: Sequence[date]) -> bool:
    """Whether something was last reported no earlier than the answer was first."""
    return bool(days) and answer.first_published is not None and days[-1] >= answer.first_published
