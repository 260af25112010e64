"""Question and passage -> what a span model is given: windows of word pieces.

A window is `question [SEP] header passage`, as the model's own tokenizer joins a pair. The header, date and title,
gives "its" and "on Thursday" something to mean; no answer is taken from it, since it stands in no article's text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

# Pieces of question and header that are read; what is longer is cut.
MAX_QUESTION, MAX_HEADER = 48, 40
# Pieces that neighbouring windows of a long passage share.
STRIDE = 96


@dataclass(frozen=True, slots=True)
class Window:
    """One input of the model: ids and segment of each piece, and where the passage's pieces lie among them.

    `offsets` are the characters of the passage's pieces, of which the first is `ids[first]`.
    """

    ids: list[int]
    types: list[int]
    first: int
    offsets: list[tuple[int, int]]


def header(title: str, published_at: datetime | None) -> str:
    """The words put before a passage. Empty when neither title nor date is known."""
    date = f"{published_at:%B} {published_at.day}, {published_at.year}." if published_at else ""
    return " ".join(part for part in (date, f"{title.strip()}." if title.strip() else "") if part)


def windows(
    tokenizer: Any, question: str, headers: Sequence[str], texts: Sequence[str], most: int, query: int | None
) -> list[list[Window]]:
    """The windows of each text, each at most `most` pieces long; a text without pieces has none.

    `tokenizer` is a `tokenizers.Tokenizer`. `query` is the id of a question token to put second, if the model has one.
    """
    asked = tokenizer.encode(question, add_special_tokens=False)
    asked.truncate(MAX_QUESTION)
    heads = tokenizer.encode_batch(list(headers), add_special_tokens=False)
    bodies = tokenizer.encode_batch(list(texts), add_special_tokens=False)
    return [_windows(tokenizer, asked, head, body, most, query) for head, body in zip(heads, bodies, strict=True)]


def _windows(tokenizer: Any, asked: Any, head: Any, body: Any, most: int, query: int | None) -> list[Window]:
    if not body.ids:
        return []
    head.truncate(MAX_HEADER)
    room = most - len(asked.ids) - len(head.ids) - tokenizer.num_special_tokens_to_add(True) - (query is not None)
    body.truncate(room, stride=min(STRIDE, room // 2))
    return [_window(tokenizer, asked, head, part, query) for part in (body, *body.overflowing)]


def _window(tokenizer: Any, asked: Any, head: Any, part: Any, query: int | None) -> Window:
    pair = type(part).merge([head, part], growing_offsets=False)
    joined = tokenizer.post_process(asked, pair)
    first = joined.sequence_ids.index(1) + len(head.ids)
    ids, types = list(joined.ids), list(joined.type_ids)
    if query is not None:
        ids.insert(1, query)
        types.insert(1, 0)
        first += 1
    return Window(ids, types, first, list(part.offsets))
