"""Question + passages -> answer spans with scores, or none.

`Reader` is the interface; a reader sees each passage on its own, with its title, so that an answer always
knows where it stands. `SentenceReader` answers with whole sentences, chosen by embedding and shared words.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from index.article import StoredPassage
from index.chunk import sentences
from index.embed import Encoder
from qa.rank import shared_words, words


@dataclass(frozen=True, slots=True)
class Span:
    """An answer in a passage: `[start, end)` and the sentence around it, as offsets into the article's text.

    `probability` that the span answers the question is comparable across passages and questions.
    """

    passage: int
    start: int
    end: int
    sentence_start: int
    sentence_end: int
    probability: float


class Reader(Protocol):
    """Finds answers. `name` identifies the model and its weights."""

    name: str

    def read(self, question: str, passages: Sequence[StoredPassage]) -> list[Span]:
        """Answer spans, best first; `Span.passage` is an index into `passages`. Empty when nothing answers."""
        ...


# Sentences that go to the encoder, those that share most with the question first: 24 cost about 100 ms on two cores.
ENCODED = 24
# Logistic regression of "the sentence holds the accepted answer" on RealTime QA 2022 to June 2023: weights of
# cosine, shared words (by rarity, 0 to 1) and the logarithm of the passage's rank; intercept
# (tests/benchmarks/fit_sentence_reader.py).
COSINE, SHARED, RANK, INTERCEPT = 2.44, 1.41, -0.26, -3.52


class SentenceReader:
    """Answers with the sentence nearest to the question: cosine of embeddings and shared words, weighted by rarity."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self.name = f"sentence/{encoder.name}"

    def read(self, question: str, passages: Sequence[StoredPassage]) -> list[Span]:
        """Whole sentences as spans; see `Reader.read`."""
        candidates = candidate_sentences(passages)
        shared = shared_words(words(question), [set(words(text)) for _, _, _, text in candidates])
        order = sorted(range(len(candidates)), key=lambda i: (-shared[i], candidates[i][0], candidates[i][1]))[:ENCODED]
        if not order:
            return []
        query = self._encoder.encode_queries([question])[0]
        vectors = self._encoder.encode_documents([candidates[i][3] for i in order])
        spans = []
        for i, vector in zip(order, vectors, strict=True):
            rank, start, end, _ = candidates[i]
            evidence = COSINE * float(vector @ query) + SHARED * shared[i] + RANK * math.log1p(rank) + INTERCEPT
            spans.append(Span(rank, start, end, start, end, 1 / (1 + math.exp(-evidence))))
        return sorted(spans, key=lambda span: (-span.probability, span.passage, span.start))


def _says_something(text: str) -> bool:
    """Whether a sentence could answer: no question, no heading. Chinese and Japanese put no blanks between words."""
    unspaced = " " not in text and not text.isascii() and len(text) >= 10
    return (len(text.split()) >= 4 or unspaced) and not text.endswith(("?", "？"))


def candidate_sentences(passages: Sequence[StoredPassage]) -> list[tuple[int, int, int, str]]:
    """Each sentence once: passage index, start and end in the article, text. Questions and fragments answer nothing."""
    seen: set[tuple[str, int]] = set()
    found = []
    for index, passage in enumerate(passages):
        for start, end in sentences(passage.text, passage.language):
            text = passage.text[start:end]
            place = (passage.article_id, passage.start + start)
            if place not in seen and _says_something(text):
                seen.add(place)
                found.append((index, passage.start + start, passage.start + end, text))
    return found
