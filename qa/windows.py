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
    bare = title.strip()
    stop = "" if not bare or bare.endswith((".", "?", "!")) else "."
    return " ".join(part for part in (date, bare + stop) if part)


def plain_tokenizer(tokenizer_json: str) -> Any:
    """The tokenizer, cutting and padding nothing, to which "[MASK]" in an article is plain text."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_str(tokenizer_json)
    tokenizer.no_truncation()
    tokenizer.no_padding()
    tokenizer.encode_special_tokens = True
    return tokenizer


def windows(
    tokenizer: Any, question: str, headers: Sequence[str], texts: Sequence[str], most: int, query: int | None
) -> list[list[Window]]:
    """The windows of each text, each at most `most` pieces long; a text without pieces has none.

    `tokenizer` is a `tokenizers.Tokenizer`. `query` is the id of a question token to put second, if the model has one.
    """
    frame = _Frame.of(tokenizer)
    asked = tokenizer.encode(question, add_special_tokens=False).ids[:MAX_QUESTION]
    heads = tokenizer.encode_batch(list(headers), add_special_tokens=False)
    bodies = tokenizer.encode_batch(list(texts), add_special_tokens=False)
    before = frame.before + [(piece, frame.question) for piece in asked] + frame.between
    if query is not None:
        before.insert(1, (query, frame.question))
    return [
        [_window(frame, before, head.ids[:MAX_HEADER], body, cut) for cut in _cuts(len(body.ids), room)]
        for head, body in zip(heads, bodies, strict=True)
        for room in [most - len(before) - len(head.ids[:MAX_HEADER]) - len(frame.after)]
    ]


@dataclass(frozen=True, slots=True)
class _Frame:
    """What the model's tokenizer puts around a pair, as (id, segment), and the segments of the pair itself."""

    before: list[tuple[int, int]]
    between: list[tuple[int, int]]
    after: list[tuple[int, int]]
    question: int
    passage: int

    @classmethod
    def of(cls, tokenizer: Any) -> _Frame:
        one, other = (tokenizer.encode(text, add_special_tokens=False) for text in ("a", "b"))
        joined = tokenizer.post_process(one, other)
        pieces = list(zip(joined.ids, joined.type_ids, strict=True))
        first = joined.special_tokens_mask.index(0)
        end = first + len(one.ids)
        second = joined.special_tokens_mask.index(0, end)
        rest = second + len(other.ids)
        return cls(pieces[:first], pieces[end:second], pieces[rest:], pieces[first][1], pieces[second][1])


def _cuts(length: int, room: int) -> list[slice]:
    """Runs of at most `room` pieces that cover all `length`, neighbours sharing STRIDE, or half of a small room."""
    step = room - min(STRIDE, room // 2)
    last = max(0, -(-(length - room) // step))
    return [slice(at * step, at * step + room) for at in range(last + 1)] if length else []


def _window(frame: _Frame, before: list[tuple[int, int]], head: list[int], body: Any, cut: slice) -> Window:
    passage = [(piece, frame.passage) for piece in [*head, *body.ids[cut]]]
    ids, types = zip(*before, *passage, *frame.after, strict=True)
    return Window(list(ids), list(types), len(before) + len(head), body.offsets[cut])
