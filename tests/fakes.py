"""Stand-ins for tests: an encoder without a model, and archives made with it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path

import numpy as np

from index.archive import Archive
from index.article import Article
from index.chunk import Chunking
from index.embed import Precision, Vectors
from index.formats import Located

DIMENSION = 64


class FakeEncoder:
    """Bags of words as unit vectors: a word is a point that its hash picks. Implements index.embed.Encoder."""

    def __init__(self, name: str = "fake/words", digest: str = "f" * 64, dimension: int = DIMENSION) -> None:
        self.name, self.digest, self.dimension = name, digest, dimension

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        if not texts:
            return np.zeros((0, self.dimension), np.float32)
        return np.stack([self._vector(text) for text in texts])

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return self.encode_documents(texts)

    def _vector(self, text: str) -> Vectors:
        words = re.findall(r"\w+", text.lower()) or [""]
        total = np.sum([_point(word, self.dimension) for word in words], axis=0)
        return np.asarray(total / max(float(np.linalg.norm(total)), 1e-12), np.float32)


@lru_cache(maxsize=65536)
def _point(word: str, dimension: int) -> np.ndarray:
    seed = int.from_bytes(blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")
    return np.random.default_rng(seed).standard_normal(dimension)


def open_archive(
    folder: Path,
    encoder: FakeEncoder | None = None,
    *,
    create: bool = True,
    model: str | None = None,
    precision: Precision | None = None,
    chunking: Chunking | None = None,
) -> Archive:
    """The archive in `folder`, made where there is none, with a FakeEncoder (or the one given)."""
    chosen = encoder or FakeEncoder()
    return Archive.open(
        folder, lambda _model, _precision: chosen, create=create, model=model, precision=precision, chunking=chunking
    )


def make_article(key: str, text: str, published: str | None = "2017-11-03", **fields: object) -> Article:
    """An article with an id of its own; `published` is an ISO day or None."""
    moment = datetime.fromisoformat(published).replace(tzinfo=UTC) if published else None
    date = {"published_at": moment, "date_precision": "day" if moment else None}
    return Article(**{"title": f"Title of {key}", "text": text, "key": key, **date, **fields})  # type: ignore[arg-type]


def located(articles: Sequence[Article], file: str = "articles.jsonl") -> list[Located]:
    """Articles as if they had been read from the lines of a file."""
    return [Located(f"{file}:{line}", article) for line, article in enumerate(articles, 1)]
