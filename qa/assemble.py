"""Spans -> the answer: equal answers gathered over articles, the best citation first, the rest as alternatives.

Every span has a weight (`weights`); an answer's support is the root of the summed squares of the best weight in each
independent story: found in five stories it outweighs a slightly better one found once, but a crowd of old stories
does not outweigh the news, and copies of one wire story count once. Its confidence is its share of all support,
that of its rivals and of "nothing answers" included.
"""

from __future__ import annotations

import math
import re
import string
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from qa.answer import Answer, Citation, TimelineEntry
from qa.calibration import Calibration
from qa.read import Span
from qa.retrieve import Found

RECENCY_DAYS = 14.0
# The passages among which the newest is sought: as many as recall@5 speaks of.
BEST = 5
ALTERNATIVES = 4
CITATIONS = 5
# Alternatives less likely than this are noise; one answer in twenty is still worth a look.
LEAST_ALTERNATIVE = 0.05

_PUNCTUATION = str.maketrans("", "", string.punctuation + "“”‘’–—…")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the spans amount to. `answer` is None when none is likely enough."""

    answer: Answer | None
    no_answer_probability: float
    alternatives: tuple[Answer, ...]
    timeline: tuple[TimelineEntry, ...]


@dataclass(slots=True)
class Group:
    """Spans that say the same, with the weight of each; `support` adds them up over independent stories."""

    key: str
    spans: list[tuple[float, Span]] = field(default_factory=list)
    stories: dict[str, float] = field(default_factory=dict)

    def add(self, weight: float, span: Span, story: str) -> None:
        """Adds a span; only the best of a story counts."""
        self.spans.append((weight, span))
        self.stories[story] = max(weight, self.stories.get(story, 0.0))

    @property
    def support(self) -> float:
        """See `together`."""
        return together(self.stories.values())


def together(weights: Iterable[float]) -> float:
    """What the best weights of independent stories amount to: the root of their summed squares.

    On RealTime QA's questions of July to December 2023 (EM, F1): .369, .425; their sum .361, .418; the best alone
    some .34, .39.
    """
    return math.sqrt(math.fsum(weight * weight for weight in weights))


def verdict(
    spans: Sequence[Span], found: Sequence[Found], calibration: Calibration, *, of_the_past: bool = False
) -> Verdict:
    """Groups `spans` (offsets into the articles of `found`) by what they say, best group first.

    Recent passages gain. In a question `of_the_past` recent means before `as_of`; in one of the present it
    means behind the newest of the best passages, so that old news is judged among itself, not against today.
    """
    groups = gather(spans, weights(spans, found, calibration, of_the_past=of_the_past), found)
    confidence = calibration.confidences([group.support for group in groups])
    given = bool(confidence) and confidence[0] >= calibration.threshold
    kept = [
        (group, probability)
        for group, probability in zip(groups[: ALTERNATIVES + 1], confidence, strict=False)
        if given and probability >= min(calibration.threshold, LEAST_ALTERNATIVE)
    ]
    likely = [_answer(group, probability, found) for group, probability in kept]
    return Verdict(
        answer=likely[0] if likely else None,
        no_answer_probability=round(1.0 - (confidence[0] if confidence else 0.0), 4),
        alternatives=tuple(likely[1:]),
        timeline=_timeline([group for group, _ in kept], likely, found),
    )


def weights(
    spans: Sequence[Span], found: Sequence[Found], calibration: Calibration, *, of_the_past: bool
) -> list[float]:
    """The weight of each span: what the reader, the rank of its passage and its recency say, multiplied."""
    newest = 0 if of_the_past else newest_age(found)
    return [
        calibration.weight(
            span.score,
            span.passage,
            recency(found[span.passage], newest),
            len(_words_of(span, found).split()),
            span.near,
        )
        for span in spans
    ]


def gather(spans: Sequence[Span], weight: Sequence[float], found: Sequence[Found]) -> list[Group]:
    """Spans with equal words, normalised, as groups, the best supported first; ties go by the words."""
    groups: dict[str, Group] = {}
    for span, one in zip(spans, weight, strict=True):
        key = normalise(_words_of(span, found)) or _words_of(span, found)
        groups.setdefault(key, Group(key)).add(one, span, found[span.passage].passage.story)
    return sorted(groups.values(), key=lambda group: (-group.support, group.key))


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


def _answer(group: Group, confidence: float, found: Sequence[Found]) -> Answer:
    ordered = sorted(group.spans, key=lambda item: (-item[0], item[1].passage, item[1].start))
    spans = [span for _, span in ordered]
    return Answer(
        text=_words_of(spans[0], found),
        confidence=round(confidence, 4),
        independent_sources=len(group.stories),
        citations=tuple(_citation(span, found) for span in _by_story(spans, found)[:CITATIONS]),
    )


def _by_story(spans: Sequence[Span], found: Sequence[Found]) -> list[Span]:
    """The best span of each story first, then what else says it."""
    seen: set[str] = set()
    first: list[Span] = []
    rest: list[Span] = []
    for span in spans:
        story = found[span.passage].passage.story
        (rest if story in seen else first).append(span)
        seen.add(story)
    return first + rest


def _citation(span: Span, found: Sequence[Found]) -> Citation:
    passage = found[span.passage].passage
    return Citation(
        article_id=passage.article_id,
        title=passage.title,
        source=passage.source,
        url=passage.url,
        published_at=passage.published_at,
        quote=passage.text[span.quote_start - passage.start : span.quote_end - passage.start],
        start=span.quote_start,
        end=span.quote_end,
        answer_start=span.start,
        answer_end=span.end,
    )


def _timeline(groups: Sequence[Group], answers: Sequence[Answer], found: Sequence[Found]) -> tuple[TimelineEntry, ...]:
    """The answers in order of first publication, dated by all that say them; undated ones last."""
    entries = []
    for group, answer in zip(groups, answers, strict=True):
        moments = [found[span.passage].passage.published_at for _, span in group.spans]
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
