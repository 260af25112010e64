"""Question + passages -> answer spans with scores, or none.

`Reader` is the interface; a reader sees each passage on its own, with its title and date, so that an answer always
knows where it stands. `SpanReader` answers with exact words; `qa.sentences` with whole sentences.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Protocol

from index.article import StoredPassage
from index.chunk import sentences
from index.names import capital, without_titles
from qa.calibration import Calibration
from qa.figures import lacks_figure
from qa.rank import EMPTY_WORDS, words
from qa.span_model import SpanModel, Text
from qa.spans import Scored
from qa.windows import header


@dataclass(frozen=True, slots=True)
class Span:
    """An answer in a passage: `[start, end)` and the quotation around it, as offsets into the article's text.

    `score` is the log-odds that it answers the question against nothing in the passage answering it: comparable
    across passages, not yet calibrated (see `Calibration`). `near` is the share of the question's words, 0 to 1, that
    stand in the quotation.
    """

    passage: int
    start: int
    end: int
    quote_start: int
    quote_end: int
    score: float
    near: float = 0.0


class Reader(Protocol):
    """Finds answers. `name` identifies the model and its weights; `one_by_one` is whether what it says of a passage
    is the same whatever others it reads with it, so that some may be read first."""

    name: str
    calibration: Calibration
    one_by_one: bool

    def read(self, question: str, passages: Sequence[StoredPassage]) -> list[Span]:
        """Answer spans, best first; `Span.passage` is an index into `passages`. Empty when there is nothing to read."""
        ...


_NEXT_WORD = re.compile(r" ([^\W\d_][\w'’-]*)")
# Log-odds that an answer of nothing but the question's own words loses: of 240 questions none had such an answer,
# but "Who won, Ann or Bob?" may. So do a title without its bearer and words where a figure is asked for.
ECHO = 4.0
# Two answers joined by "and" are one when their log-odds differ by no more.
NEARLY = 1.5
_AND = re.compile(r"\s+and\s+(?:(?:its|their|his|her|the)\s+)?", re.IGNORECASE)


class SpanReader:
    """Reads every passage with a span model."""

    one_by_one = True

    def __init__(self, model: SpanModel) -> None:
        self._model = model
        self.name = model.name
        self.calibration = model.calibration

    def read(self, question: str, passages: Sequence[StoredPassage]) -> list[Span]:
        """Exact words as spans; see `Reader.read`."""
        texts = [Text(header(passage.title, passage.published_at), passage.text) for passage in passages]
        spans = []
        for index, found in enumerate(self._model.spans(question, texts)):
            passage = passages[index]
            held = sentences(passage.text, passage.language) if found else []
            for one in joined(passage.text, found):
                start, end = quotation(passage.text, held, one.start, one.end, question)
                at = passage.start
                score = one.score - ECHO * wanting(question, passage, one.start, one.end)
                near = said(question, passage.text[start:end])
                spans.append(Span(index, at + one.start, at + one.end, at + start, at + end, score, near))
        return sorted(spans, key=lambda span: (-span.score, span.passage, span.start))


def joined(text: str, found: Sequence[Scored]) -> list[Scored]:
    """Answers of a passage, best first, with those as one that the passage joins and that are nearly as likely: "the
    Syrian army and its allies" is one answer, not two that contradict one another."""
    left = list(found)
    for one, other in permutations(found, 2):
        beside = _AND.fullmatch(text, one.end, other.start) if one.end <= other.start else None
        if beside and one in left and other in left and abs(one.score - other.score) <= NEARLY:
            left[min(left.index(one), left.index(other))] = Scored(one.start, other.end, max(one.score, other.score))
            left = [span for span in left if span not in (one, other)]
    return left


def wanting(question: str, passage: StoredPassage, start: int, end: int) -> bool:
    """Whether the answer [start, end) of a passage's text is, by its form alone, hardly one."""
    answer = passage.text[start:end]
    no_figure = passage.language in (None, "en") and lacks_figure(question, answer)
    return no_figure or echoes(question, answer) or half_a_name(passage.text, start, end)


def echoes(question: str, answer: str) -> bool:
    """Whether the answer only repeats the question's words, which leaves out no choice that the question offers."""
    said = set(words(answer)) - EMPTY_WORDS
    asked = words(question)
    return bool(said) and said <= set(asked) and "or" not in asked


def half_a_name(text: str, start: int, end: int) -> bool:
    """Whether the answer is a title whose bearer is named right behind it: the "Prime Minister" of "Prime Minister
    Haider al-Abadi" leaves out who it is."""
    behind = _NEXT_WORD.match(text, end)
    return behind is not None and capital(behind[1]) and not without_titles(text[start:end])


def said(question: str, quote: str) -> float:
    """The share of the question's words that the quotation says; 0 for a question of function words alone."""
    asked = set(words(question)) - EMPTY_WORDS
    return len(asked & set(words(quote))) / len(asked) if asked else 0.0


def quotation(text: str, held: Sequence[tuple[int, int]], start: int, end: int, question: str) -> tuple[int, int]:
    """The sentences to quote with the answer [start, end): its own, and a neighbour that better shows what was asked.

    "ISIS has been driven from most of its strongholds. Its last major position is Albu Kamal": the answer is in
    the first sentence, what it answers in the second. `held` are the sentences of `text`.
    """
    own = [i for i, (a, b) in enumerate(held) if a < end and b > start]
    if not own:
        return start, end
    first, last = own[0], own[-1]
    asked = set(words(question)) - EMPTY_WORDS
    said = asked & set(words(text[held[first][0] : held[last][1]]))
    gain = {
        i: len((asked - said) & set(words(text[slice(*held[i])]))) for i in (first - 1, last + 1) if 0 <= i < len(held)
    }
    best = max(gain, key=lambda i: (gain[i], -i), default=first)
    if gain and gain[best] > len(said):
        first, last = min(first, best), max(last, best)
    return min(start, held[first][0]), max(end, held[last][1])
