"""The sentence reader: answers with whole sentences, chosen by embedding and shared words.

It needs no weights of its own, so it reads any language that the archive's embedding model knows.
"""

from __future__ import annotations

from collections.abc import Sequence

from index.article import StoredPassage
from index.chunk import sentences
from index.embed import Encoder
from qa.calibration import Calibration
from qa.rank import shared_words, words
from qa.read import Span

# Sentences that go to the encoder, those that share most with the question first: 24 cost about 100 ms on two cores.
ENCODED = 24
# Logistic regression of "the sentence holds the accepted answer" on RealTime QA 2022 to June 2023: weights of
# cosine and shared words (by rarity, 0 to 1), intercept; of the logarithm of the passage's rank and of recency
# (tests/benchmarks/fit_sentence_reader.py). Of the best sentences less likely than 0.15, one in nine held the
# answer, of the others two in five (557 questions).
COSINE, SHARED, INTERCEPT = 2.44, 1.41, -3.52
CALIBRATION = Calibration(temperature=1.0, rank=-0.26, recency=1.2, null=0.0, rivalry=0.0, threshold=0.15)


class SentenceReader:
    """Answers with the sentence nearest to the question: cosine of embeddings and shared words, weighted by rarity
    among what is read at once."""

    one_by_one = False

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self.name = f"sentence/{encoder.name}"
        self.calibration = CALIBRATION

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
            score = COSINE * float(vector @ query) + SHARED * shared[i] + INTERCEPT
            spans.append(Span(rank, start, end, start, end, score))
        return sorted(spans, key=lambda span: (-span.score, span.passage, span.start))


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
