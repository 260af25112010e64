"""Spans -> the answer: equal answers gathered over articles, the best citation first, the rest as alternatives."""

from __future__ import annotations

import math
import re
import string
from collections.abc import Sequence
from dataclasses import dataclass, replace

from qa.answer import Answer, Citation, TimelineEntry
from qa.read import Span
from qa.retrieve import Found

# Of the best sentences less likely than this, one in nine held the answer, of the others two in five
# (tests/benchmarks/fit_sentence_reader.py, 557 questions).
MIN_CONFIDENCE = 0.15
# Log-odds that the recency of a passage adds, fitted together with the reader's own weights.
RECENCY, RECENCY_DAYS = 1.2, 14.0
# The passages among which the newest is sought: as many as recall@5 speaks of.
BEST = 5
ALTERNATIVES = 4
CITATIONS = 5

_PUNCTUATION = str.maketrans("", "", string.punctuation + "“”‘’–—…")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the spans amount to. `answer` is None when none is likely enough."""

    answer: Answer | None
    no_answer_probability: float
    alternatives: tuple[Answer, ...]
    timeline: tuple[TimelineEntry, ...]


@dataclass(frozen=True, slots=True)
class _Group:
    """Spans that say the same."""

    key: str
    spans: list[Span]

    @property
    def confidence(self) -> float:
        return max(span.probability for span in self.spans)


def verdict(spans: Sequence[Span], found: Sequence[Found], *, of_the_past: bool = False) -> Verdict:
    """Groups `spans` (offsets into the articles of `found`) by what they say, best group first.

    Recent passages gain. In a question `of_the_past` recent means before `as_of`; in one of the present it
    means behind the newest of the best passages, so that old news is judged among itself, not against today.
    """
    groups: dict[str, _Group] = {}
    for span in _weighed_by_time(spans, found, 0 if of_the_past else newest_age(found)):
        key = normalise(_words_of(span, found)) or _words_of(span, found)
        groups.setdefault(key, _Group(key, [])).spans.append(span)
    ranked = sorted(groups.values(), key=lambda group: (-group.confidence, group.key))
    kept = [group for group in ranked[: ALTERNATIVES + 1] if group.confidence >= MIN_CONFIDENCE]
    likely = [_answer(group, found) for group in kept]
    best = ranked[0].confidence if ranked else 0.0
    return Verdict(
        answer=likely[0] if likely else None,
        no_answer_probability=round(1.0 - best, 4),
        alternatives=tuple(likely[1:]),
        timeline=_timeline(kept, likely, found),
    )


def _weighed_by_time(spans: Sequence[Span], found: Sequence[Found], newest: int) -> list[Span]:
    """Adds what recency says to the reader's odds: news questions are mostly about the latest."""
    weighed = []
    for span in spans:
        certain = 1e-6  # odds are finite; a reader may still say 0 or 1
        probability = min(max(span.probability, certain), 1 - certain)
        odds = math.log(probability / (1 - probability)) + RECENCY * recency(found[span.passage], newest)
        weighed.append(replace(span, probability=1 / (1 + math.exp(-odds))))
    return weighed


def newest_age(found: Sequence[Found]) -> int:
    """Days from the newest of the best passages to `as_of`."""
    return min((item.age_days for item in found[:BEST] if item.age_days is not None), default=0)


def recency(item: Found, newest: int) -> float:
    """exp(-days behind the newest / RECENCY_DAYS), at most 1; 0 where the age is unknown."""
    return math.exp(-max(0, item.age_days - newest) / RECENCY_DAYS) if item.age_days is not None else 0.0


def normalise(text: str) -> str:
    """Lower case, no punctuation, no articles, single spaces: the SQuAD normaliser, with typographic marks too."""
    bare = text.lower().translate(_PUNCTUATION)
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", bare).split())


def _answer(group: _Group, found: Sequence[Found]) -> Answer:
    spans = sorted(group.spans, key=lambda span: (-span.probability, span.passage, span.start))
    citations = tuple(_citation(span, found) for span in spans[:CITATIONS])
    stories = {found[span.passage].passage.story for span in spans}
    return Answer(
        text=_words_of(spans[0], found),
        confidence=round(group.confidence, 4),
        independent_sources=len(stories),
        citations=citations,
    )


def _citation(span: Span, found: Sequence[Found]) -> Citation:
    passage = found[span.passage].passage
    return Citation(
        article_id=passage.article_id,
        title=passage.title,
        source=passage.source,
        url=passage.url,
        published_at=passage.published_at,
        quote=passage.text[span.sentence_start - passage.start : span.sentence_end - passage.start],
        start=span.sentence_start,
        end=span.sentence_end,
        answer_start=span.start,
        answer_end=span.end,
    )


def _timeline(groups: Sequence[_Group], answers: Sequence[Answer], found: Sequence[Found]) -> tuple[TimelineEntry, ...]:
    """The answers in order of first publication, dated by all that say them; undated ones last."""
    entries = []
    for group, answer in zip(groups, answers, strict=True):
        moments = [found[span.passage].passage.published_at for span in group.spans]
        days = sorted(moment.date() for moment in moments if moment)
        entries.append(
            TimelineEntry(
                text=answer.text,
                first_published=days[0] if days else None,
                last_published=days[-1] if days else None,
                citations=answer.citations,
            )
        )
    return tuple(sorted(entries, key=lambda e: (e.first_published is None, e.first_published or 0, e.text)))


def _words_of(span: Span, found: Sequence[Found]) -> str:
    passage = found[span.passage].passage
    return passage.text[span.start - passage.start : span.end - passage.start]
