"""Spans -> groups that say the same, with their support.

A span's weight is what the reader, the rank of its passage and its recency say, multiplied. An answer's support is
the root of the summed squares of the best weight in each independent story: found in five stories it outweighs a
slightly better one found once, but a crowd of old stories does not outweigh the news, and copies of one wire story
count once.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import islice

from index.article import day_of
from qa.calibration import Calibration
from qa.read import Span
from qa.retrieve import Found

# How fast reports age, in days: in questions of events and figures, and in those of how things stand, where a newer
# report says that the older ones are over; and how much more an old one loses in the latter.
EVENT_DAYS, STATE_DAYS = 14.0, 3.0
# An office is held for years, and who holds it is not told every day: from 14 days to a year serve the sample alike.
OFFICE_DAYS = 365.0
# Set on the sample: with 2.0 a town that fell today was still held by those who held it in six older reports.
STATE_PULL = 3.0
# A span reports its answer when its weight, age aside, is at least this share of the answer's best.
SIGHTING = 0.1
# The passages among which the newest is sought: as many as recall@5 speaks of.
BEST = 5


@dataclass(frozen=True, slots=True)
class Scale:
    """What the spans of one question weigh; offsets of spans are into the passages of `found`.

    Recent passages gain. In a question `of_the_past` recent means near the days asked about; in one of the present
    it means behind the newest of the best passages about who is asked about, so that old news is judged among itself,
    not against today. `of_a_state` is how things stand, where news counts more and sooner, `of_an_office` who holds
    one, where it counts longer. `left` is what is left of the weight of spans that something speaks against, 1 where
    it is left out. `mentioned` is the share of the question's names that each passage mentions, by index, likewise.
    """

    found: Sequence[Found]
    calibration: Calibration
    of_the_past: bool = False
    of_a_state: bool = False
    of_an_office: bool = False
    left: Mapping[Span, float] = field(default_factory=dict)
    mentioned: Mapping[int, float] = field(default_factory=dict)

    def joined(self, other: Scale) -> Scale:
        """The scale of these spans and those of another of the same question."""
        return replace(self, left={**self.left, **other.left}, mentioned={**self.mentioned, **other.mentioned})

    def weights(self, spans: Iterable[Span]) -> list[float]:
        """The weight of each span as the question was asked."""
        newest = self._newest()
        return [self._weigh(span, self._recency(span, newest)) for span in spans]

    def on(self, day: date, spans: Sequence[tuple[Span, date]]) -> list[float]:
        """The weight of each span, given with its day of publication, on a day no earlier."""
        return [self._weigh(span, self._recent((day - published).days)) for span, published in spans]

    def ageless(self, span: Span) -> float:
        """The weight of a span if it were of today."""
        return self._weigh(span, self._recent(0))

    def recency(self, span: Span) -> float:
        """How much being new counts for a span: 1 for the newest, less for older ones; 0 where its age is unknown."""
        return self._recency(span, self._newest())

    def _newest(self) -> int:
        """The age that counts as none."""
        return 0 if self.of_the_past else newest_age(self.found, self.mentioned)

    def _recency(self, span: Span, newest: int) -> float:
        age = self.found[span.passage].days_off
        return self._recent(max(0, age - newest)) if age is not None else 0.0

    def _recent(self, age: int) -> float:
        if self.of_an_office:
            return math.exp(-age / OFFICE_DAYS)
        if self.of_a_state:
            return 1 - STATE_PULL * (1 - math.exp(-age / STATE_DAYS))
        return math.exp(-age / EVENT_DAYS)

    def words(self, span: Span) -> str:
        """The words of a span."""
        return self.found[span.passage].passage.cut(span.start, span.end)

    def day(self, span: Span) -> date | None:
        """The day on which its article was published."""
        number = self.found[span.passage].passage.published_day
        return day_of(number) if number else None

    def named(self, span: Span) -> float:
        """The share of the question's names that its passage mentions."""
        return self.mentioned.get(span.passage, 1.0)

    def _weigh(self, span: Span, recent: float) -> float:
        length = len(self.words(span).split())
        weight = self.calibration.weight(span.score, span.passage, recent, length, span.near, self.named(span))
        return weight * self.left.get(span, 1.0)


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


def gather(spans: Sequence[Span], keys: Sequence[str], weight: Sequence[float], scale: Scale) -> list[Group]:
    """Spans with equal keys as groups, the best supported first; ties go by the key."""
    groups: dict[str, Group] = {}
    for span, key, one in zip(spans, keys, weight, strict=True):
        groups.setdefault(key, Group(key)).add(one, span, scale.found[span.passage].passage.story)
    return sorted(groups.values(), key=lambda group: (-group.support, group.key))


def reports(group: Group, scale: Scale) -> list[Span]:
    """The spans of a group that clearly say it, the weightiest first, which always counts; no passing mentions."""
    best_first = sorted(group.spans, key=lambda item: (-item[0], item[1].passage, item[1].start))
    ageless = {span: scale.ageless(span) for _, span in best_first}
    least = SIGHTING * max(ageless.values())
    return [span for i, (_, span) in enumerate(best_first) if i == 0 or ageless[span] >= least]


def newest_age(found: Sequence[Found], mentioned: Mapping[int, float]) -> int:
    """Days from the newest of the best passages to the days asked about, among those that mention most of the names
    asked about: of another matter there may be newer reports."""
    most = max(mentioned.values(), default=1.0)
    about = (item for index, item in enumerate(found) if mentioned.get(index, most) >= most)
    return min((item.days_off for item in islice(about, BEST) if item.days_off is not None), default=0)
