"""A reader by name."""

from __future__ import annotations

from index.embed import Encoder
from qa.read import Reader, SpanReader
from qa.sentences import SentenceReader
from qa.span_model import SHIPPED, load_span_model

SENTENCE = "sentence"


def load_reader(name: str, encoder: Encoder, threads: int = 0) -> Reader:
    """`backissue` (shipped), `sentence` (whole sentences), or a question-answering model's folder or hub name.

    Raises ModelError.
    """
    if name == SENTENCE:
        return SentenceReader(encoder)
    return SpanReader(load_span_model(name, threads))


__all__ = ["SENTENCE", "SHIPPED", "load_reader"]
