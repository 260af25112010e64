"""Rounds of articles with their passages' vectors, the next being embedded while the last is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from index.article import IndexRow
from index.embed import Encoder, Vectors

# Articles a round of indexing takes: some seconds of embedding, so little is repeated after a crash.
ROUND = 32
# Passages between two checkpoints. Questions wait behind these for the encoder: some 100 ms.
SLICE = 8

Round = tuple[Sequence[str], list[IndexRow], Vectors]


def embedded(
    ids: Sequence[str],
    rows_of: Callable[[Sequence[str]], list[IndexRow]],
    encoder: Encoder,
    checkpoint: Callable[[], None] | None = None,
) -> Iterator[Round]:
    """The articles in rounds, each with the rows of its passages and their vectors, (rows, dimension).

    `checkpoint` is called before every SLICE of passages, from another thread; what it raises is raised here.
    """

    def embed(some: Sequence[str]) -> Round:
        rows = rows_of(some)
        texts = [f"{row.title}\n{row.text}" for row in rows]
        if checkpoint is None:
            return some, rows, encoder.encode_documents(texts)
        parts = []
        for i in range(0, len(texts), SLICE):
            checkpoint()
            parts.append(encoder.encode_documents(texts[i : i + SLICE]))
        return some, rows, np.concatenate(parts) if parts else encoder.encode_documents([])

    rounds = [ids[i : i + ROUND] for i in range(0, len(ids), ROUND)]
    if not rounds:
        return
    with ThreadPoolExecutor(1, thread_name_prefix="ahead") as ahead:
        coming = ahead.submit(embed, rounds[0])
        for following in [*rounds[1:], None]:
            current = coming.result()
            if following is not None:
                coming = ahead.submit(embed, following)
            yield current
