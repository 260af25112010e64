"""Recurring-span pre-training (Splinter, Ram et al. 2021): labels out of plain articles.

A run of words that stands twice in a passage is masked everywhere but once, and each mask must point at the
occurrence that is left. Names, numbers and things recur in news, so the model learns to find what a gap is about.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from index.errors import InputError
from qa.rank import FUNCTION_WORDS
from qa.training.data import OnDevice, Pieces, padded
from qa.training.model import IMPOSSIBLE, SpanModel

# As in the paper: spans of up to 10 words; at most 30 masks a passage of 512 pieces, so half of that in half.
MAX_WORDS, MAX_MASKS = 10, 15
# Word pieces of a passage.
LENGTH = 256
# A run shorter than LEAST is not worth a row; a word is cut after MARGIN pieces, so that no run exceeds LENGTH.
LEAST, MARGIN = 64, 16
# The target that cross-entropy leaves out.
NONE = -100
# Recur everywhere and say nothing; beside the function words of questions.
_PRONOUNS = """
    he she we you i me him us my your our his hers her one two so if not no can could would should may more most
    out up all about than then also been were just over when after before into such only some other any
"""
WEAK = FUNCTION_WORDS | frozenset(_PRONOUNS.split())


@dataclass(frozen=True, slots=True)
class Gaps:
    """A passage with masks: ids, and for each mask (its place, first and last piece of the answer)."""

    ids: list[int]
    masks: list[tuple[int, int, int]]


def gaps(words: Sequence[tuple[str, list[int]]], mask: int, chance: random.Random) -> Gaps | None:
    """Masks recurring spans of `words` (each with its pieces); None when nothing recurs."""
    named = [word[0].isupper() or word[0].isdigit() for word, _ in words]
    chosen = _choose(_recurring([word.lower() for word, _ in words]), named, chance)
    if not chosen:
        return None
    keep: dict[int, tuple[int, int]] = {}  # first word of the occurrence left -> (span, last word)
    masked: dict[int, tuple[int, int]] = {}
    for span, (size, places) in enumerate(chosen):
        left = chance.choice(places)
        for place in places:
            (keep if place == left else masked)[place] = (span, place + size - 1)
    ids: list[int] = []
    gap_places: list[tuple[int, int]] = []
    answers: dict[int, tuple[int, int]] = {}
    word = 0
    while word < len(words):
        if word in masked:
            span, last = masked[word]
            gap_places.append((span, len(ids)))
            ids.append(mask)
        elif word in keep:
            span, last = keep[word]
            first = len(ids)
            ids.extend(piece for _, pieces in words[word : last + 1] for piece in pieces)
            answers[span] = (first, len(ids) - 1)
        else:
            last = word
            ids.extend(words[word][1])
        word = last + 1
    return Gaps(ids, [(place, *answers[span]) for span, place in gap_places])


def _recurring(words: Sequence[str]) -> list[tuple[int, list[int]]]:
    """Runs of words that recur, as (size, places), longest first; none is only function words or marks."""
    found = []
    for size in range(MAX_WORDS, 0, -1):
        places: dict[tuple[str, ...], list[int]] = {}
        for at in range(len(words) - size + 1):
            run = words[at : at + size]
            if not (_weak(run[0]) or _weak(run[-1])):
                places.setdefault(tuple(run), []).append(at)
        found += [(size, at) for at in places.values() if len(at) > 1]
    return found


def _weak(word: str) -> bool:
    return word in WEAK or not word[0].isalnum() or (len(word) == 1 and not word.isdigit())


def _choose(
    found: Sequence[tuple[int, list[int]]], named: Sequence[bool], chance: random.Random
) -> list[tuple[int, list[int]]]:
    """Spans that do not overlap, the longest of a place preferred, up to MAX_MASKS masks."""
    taken = [False] * len(named)
    clear = []
    for size, places in found:
        free = []
        for place in places:
            if not any(taken[place : place + size]):
                free.append(place)
                taken[place : place + size] = [True] * size
        if len(free) > 1:
            clear.append((size, free))
        else:
            for place in free:
                taken[place : place + size] = [False] * size
    # Names and numbers come first: they are what news is asked about.
    chance.shuffle(clear)
    clear.sort(key=lambda item: not any(named[at] for place in item[1] for at in range(place, place + item[0])))
    chosen, masks = [], 0
    for size, places in clear:
        if masks + len(places) - 1 <= MAX_MASKS:
            chosen.append((size, places))
            masks += len(places) - 1
    return chosen


def passages(texts: Sequence[str], pieces: Pieces, chance: random.Random) -> Iterator[list[tuple[str, list[int]]]]:
    """Articles in random order, endlessly, cut into runs of words that have at most LENGTH pieces.

    Raises InputError when no article is long enough.
    """
    found = True
    while found:
        found = False
        for text in chance.sample(texts, len(texts)):
            encoding = pieces.encode([text])[0]
            words: list[tuple[str, list[int]]] = []
            size = 0
            last = None
            for piece, (start, end), word in zip(encoding.ids, encoding.offsets, encoding.word_ids, strict=True):
                if word == last and words and len(words[-1][1]) < MARGIN:
                    words[-1] = (words[-1][0] + text[start:end], [*words[-1][1], piece])
                else:
                    if size >= LENGTH - MARGIN:
                        found = True
                        yield words
                        words, size = [], 0
                    words.append((text[start:end], [piece]))
                last = word
                size += 1
            if size > LEAST:
                found = True
                yield words
    raise InputError(f"No article has more than {LEAST} word pieces: nothing to train on. Check --before.")


@dataclass(frozen=True)
class GapBatch(OnDevice):
    """Rows (rows, tokens); the places of masks and their answers' first and last pieces, (rows, masks), or NONE."""

    ids: Tensor
    mask: Tensor
    places: Tensor
    first: Tensor
    last: Tensor


def collate(rows: Sequence[Gaps], pieces: Pieces) -> GapBatch:
    """Passages with gaps -> padded rows."""
    width = padded(max(len(row.ids) for row in rows) + 2)
    ids = torch.full((len(rows), width), pieces.pad)
    mask = torch.zeros(len(rows), width, dtype=torch.long)
    most = max(len(row.masks) for row in rows)
    masks = torch.full((3, len(rows), most), NONE)
    for i, row in enumerate(rows):
        line = [pieces.cls, *row.ids, pieces.sep]
        ids[i, : len(line)] = torch.tensor(line)
        mask[i, : len(line)] = 1
        masks[:, i, : len(row.masks)] = torch.tensor(row.masks).T + 1
    return GapBatch(ids, mask, *masks)


def loss(model: SpanModel, batch: GapBatch) -> Tensor:
    """Mean cross-entropy of start and end over all masks."""
    states = model.states(batch.ids, torch.ones_like(batch.ids), batch.mask)
    places = batch.places.clamp(min=0).unsqueeze(-1).expand(-1, -1, states.shape[-1])
    start, end = model.head(states, states.gather(1, places))
    absent = (batch.mask == 0).unsqueeze(1)
    start, end = (logits.float().masked_fill(absent, IMPOSSIBLE).transpose(1, 2) for logits in (start, end))
    first = nn.functional.cross_entropy(start, batch.first, ignore_index=NONE)
    return (first + nn.functional.cross_entropy(end, batch.last, ignore_index=NONE)) / 2
