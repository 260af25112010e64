"""Which articles are copies of one story: MinHash over word shingles, banded, kept in the catalog.

Broder 1997 (resemblance by min-wise hashing); banding as in Leskovec, Rajaraman & Ullman, Mining of
Massive Datasets, ch. 3. With 16 bands of 4 rows a pair of resemblance 0.7 is found with probability 0.99.
A story's name is the id of the first article seen of it, so it never changes as copies come in.
"""

from __future__ import annotations

import re
import zlib
from hashlib import blake2b

import numpy as np
from sqlalchemy import Connection, insert, select

from index.tables import ArticleRow, BandRow, SignatureRow

BANDS, ROWS = 16, 4
SHINGLE_WORDS = 4
# Two articles are one story from this share of common shingles on: an agency report with another headline
# and a cut last paragraph stays above it, two reports of one event by different writers stay far below.
RESEMBLANCE = 0.7


def signature(text: str) -> np.ndarray:
    """The MinHash signature of a text, shape (64,), uint64. Case, punctuation and spacing do not count."""
    from datasketch import MinHash  # brings scipy: half a second that only adding should cost

    words = re.findall(r"\w+", text.lower())
    shingles = {" ".join(words[i : i + SHINGLE_WORDS]) for i in range(max(1, len(words) - SHINGLE_WORDS + 1))}
    sketch = MinHash(num_perm=BANDS * ROWS, seed=1, hashfunc=zlib.crc32)
    sketch.update_batch([shingle.encode() for shingle in shingles])
    return np.asarray(sketch.hashvalues, np.uint64)


def find_story(connection: Connection, sketch: np.ndarray) -> str | None:
    """The story of the most similar registered article, or None when nothing is similar enough."""
    values = _bands(sketch)
    query = (
        select(ArticleRow.story, ArticleRow.id, SignatureRow.signature)
        .join(SignatureRow, SignatureRow.article_id == ArticleRow.id)
        .where(
            ArticleRow.state != "removing",
            ArticleRow.id.in_(select(BandRow.article_id).where(BandRow.value.in_(values))),
        )
    )
    best, story = RESEMBLANCE, None
    for row in connection.execute(query.order_by(ArticleRow.added_at, ArticleRow.id)):
        shared = float(np.mean(np.frombuffer(row.signature, np.uint64) == sketch))
        if shared > best or (story is None and shared == best):
            best, story = shared, row.story
    return story


def alike(connection: Connection, sketch: np.ndarray) -> list[str]:
    """The ids of all article versions of the same words, and of some of nearly the same."""
    query = select(BandRow.article_id).where(BandRow.value == _bands(sketch)[0])
    return sorted(connection.scalars(query))


def remember(connection: Connection, article_id: str, sketch: np.ndarray) -> None:
    """Keeps an article's signature and bands, for articles to come."""
    connection.execute(insert(SignatureRow), [{"article_id": article_id, "signature": sketch.tobytes()}])
    rows = [{"article_id": article_id, "band": band, "value": value} for band, value in enumerate(_bands(sketch))]
    connection.execute(insert(BandRow), rows)


def _bands(sketch: np.ndarray) -> list[int]:
    """One signed 64-bit value a band; the band's number is hashed in, so that bands never mix."""
    rows = sketch.reshape(BANDS, ROWS)
    return [
        int.from_bytes(blake2b(bytes([band]) + row.tobytes(), digest_size=8).digest(), "big", signed=True)
        for band, row in enumerate(rows)
    ]
