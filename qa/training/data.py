"""Training material: questions with passages as word pieces, and batches of them.

An example is one question with one or more passages, some of which hold the answer; sources are SQuAD files and
the groups that `qa.training.distant` makes. Everything drawn at random comes from a generator that is seeded by
the run's seed and the step, so that a resumed run draws what it would have drawn.
"""

from __future__ import annotations

import gzip
import json
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Self

import torch
from torch import Tensor

from qa.spans import MAX_ANSWER, is_boundary
from qa.windows import MAX_HEADER, MAX_QUESTION, plain_tokenizer


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A passage as word pieces. `gold` are right spans as first and last piece; `starts` and `ends` bound words."""

    header: list[int]
    ids: list[int]
    starts: list[bool]
    ends: list[bool]
    gold: list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Example:
    """A question and its passages. Examples of one `family` are about the same article or question.

    `doubtful`: nobody has looked at the labels.
    """

    text: str
    question: list[int]
    passages: list[Paragraph]
    family: str
    doubtful: bool = False


class Pieces:
    """Texts -> word pieces, with the ids of the special ones."""

    def __init__(self, folder: Path) -> None:
        self.tokenizer = plain_tokenizer((folder / "tokenizer.json").read_text(encoding="utf-8"))
        self.cls, self.sep, self.mask, self.pad = map(self._special, ("[CLS]", "[SEP]", "[MASK]", "[PAD]"))

    def _special(self, token: str) -> int:
        found: int | None = self.tokenizer.token_to_id(token)
        assert found is not None, f"the tokenizer has no {token}"
        return found

    def encode(self, texts: Sequence[str]) -> list[Any]:
        """tokenizers.Encoding of each text, without special tokens."""
        return list(self.tokenizer.encode_batch(list(texts), add_special_tokens=False))

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """Word pieces of each text."""
        return [encoding.ids for encoding in self.encode(texts)]


def read(path: Path, pieces: Pieces) -> list[Example]:
    """The examples of a SQuAD file (.json) or a file of groups (.jsonl), either gzipped or not."""
    return read_groups(path, pieces) if ".jsonl" in path.name else read_squad(path, pieces)


def read_squad(path: Path, pieces: Pieces) -> list[Example]:
    """The questions of a SQuAD file, each with its paragraph; without those whose every answer exceeds MAX_ANSWER."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as file:
        data = json.load(file)["data"]
    examples = []
    for article in data:
        contexts = pieces.encode([paragraph["context"] for paragraph in article["paragraphs"]])
        title = article["title"].replace("_", " ")
        # A colon or digits make it an id, not a title.
        header = pieces.ids([f"{title}."])[0][:MAX_HEADER] if not re.search(r"[:\d]", title) else []
        for paragraph, encoding in zip(article["paragraphs"], contexts, strict=True):
            bounds = word_bounds(paragraph["context"], encoding.offsets)
            questions = pieces.ids([qa["question"].strip() for qa in paragraph["qas"]])
            for qa, question in zip(paragraph["qas"], questions, strict=True):
                spans = {(a["answer_start"], a["answer_start"] + len(a["text"])) for a in qa["answers"]}
                gold = sorted({piece for span in spans if (piece := piece_span(encoding.offsets, *span))})
                if gold or not spans:
                    passage = Paragraph(header, encoding.ids, *bounds, gold)
                    examples.append(Example(qa["question"], question[:MAX_QUESTION], [passage], article["title"]))
    return examples


def read_groups(path: Path, pieces: Pieces) -> list[Example]:
    """The groups that `qa.training.distant` wrote: a question, its passages with header and answer spans."""
    examples = []
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as file:
        for line in file:
            group = json.loads(line)
            encodings = pieces.encode([passage["text"] for passage in group["passages"]])
            headers = pieces.ids([passage["header"] for passage in group["passages"]])
            passages = []
            for passage, encoding, header in zip(group["passages"], encodings, headers, strict=True):
                gold = sorted({span for a in passage["answers"] if (span := piece_span(encoding.offsets, *a))})
                bounds = word_bounds(passage["text"], encoding.offsets)
                passages.append(Paragraph(header[:MAX_HEADER], encoding.ids, *bounds, gold))
            question = pieces.ids([group["question"]])[0][:MAX_QUESTION]
            examples.append(Example(group["question"], question, passages, group["question"], doubtful=True))
    return examples


def piece_span(offsets: Sequence[tuple[int, int]], start: int, end: int) -> tuple[int, int] | None:
    """First and last piece that touch the characters [start, end); None when none does or they are too many."""
    touched = [i for i, (a, b) in enumerate(offsets) if a < end and b > start]
    if not touched or touched[-1] - touched[0] >= MAX_ANSWER:
        return None
    return touched[0], touched[-1]


def word_bounds(text: str, offsets: Sequence[tuple[int, int]]) -> tuple[list[bool], list[bool]]:
    """Whether a word may start at, and end after, each piece."""
    return [is_boundary(text, a) for a, _ in offsets], [is_boundary(text, b) for _, b in offsets]


@dataclass(frozen=True)
class OnDevice:
    """A record of tensors that can be moved together."""

    def to(self, device: str) -> Self:
        """The record with its tensors on a device."""
        return replace(
            self,
            **{f.name: part.to(device) for f in fields(self) if isinstance(part := getattr(self, f.name), Tensor)},
        )


@dataclass(frozen=True)
class Batch(OnDevice):
    """Rows of word pieces, (rows, tokens) each; see `qa.training.model` for `gold`, `groups` and `doubtful`."""

    ids: Tensor
    types: Tensor
    mask: Tensor
    starts: Tensor
    ends: Tensor
    gold: Tensor
    groups: Tensor
    count: int
    doubtful: Tensor


def window(passage: Paragraph, length: int, chance: random.Random) -> Paragraph:
    """At most `length` pieces of the passage, cut at random around a right span where there is one."""
    size = len(passage.ids)
    if size <= length:
        return passage
    first, last = 0, size - length
    if passage.gold:
        start, end = chance.choice(passage.gold)
        first, last = max(0, end - length + 1), min(start, size - length)
    at = chance.randint(min(first, last), last)
    cut = slice(at, at + length)
    gold = [(a - at, b - at) for a, b in passage.gold if a >= at and b < at + length]
    return Paragraph(passage.header, passage.ids[cut], passage.starts[cut], passage.ends[cut], gold)


def padded(length: int) -> int:
    """The next multiple of 16: kernels are made anew for every width, and few widths are soon all made."""
    return -(-length // 16) * 16


def collate(examples: Sequence[Example], pieces: Pieces) -> Batch:
    """Examples -> padded rows, one a passage."""
    rows = [
        (group, example.question, passage) for group, example in enumerate(examples) for passage in example.passages
    ]
    lengths = [len(q) + len(p.header) + len(p.ids) + 4 for _, q, p in rows]
    shape = (len(rows), padded(max(lengths)))
    ids = torch.full(shape, pieces.pad)
    types, mask = torch.zeros(shape, dtype=torch.long), torch.zeros(shape, dtype=torch.long)
    starts, ends = torch.zeros(shape, dtype=torch.bool), torch.zeros(shape, dtype=torch.bool)
    gold = torch.zeros(len(rows), min(MAX_ANSWER, shape[1]), shape[1], dtype=torch.bool)
    for row, (_, question, passage) in enumerate(rows):
        before = [pieces.cls, pieces.mask, *question, pieces.sep]
        line = [*before, *passage.header, *passage.ids, pieces.sep]
        at = len(before) + len(passage.header)
        ids[row, : len(line)] = torch.tensor(line)
        types[row, len(before) : len(line)] = 1
        mask[row, : len(line)] = 1
        starts[row, at : at + len(passage.ids)] = torch.tensor(passage.starts, dtype=torch.bool)
        ends[row, at : at + len(passage.ids)] = torch.tensor(passage.ends, dtype=torch.bool)
        for first, last in passage.gold:
            gold[row, last - first, at + first] = True
            starts[row, at + first] = ends[row, at + last] = True
    groups = torch.tensor([group for group, _, _ in rows])
    doubtful = torch.tensor([example.doubtful for example in examples])
    return Batch(ids, types, mask, starts, ends, gold, groups, len(examples), doubtful)


def batches(
    examples: Sequence[Example],
    pieces: Pieces,
    *,
    tokens: int,
    crop: tuple[int, int],
    seed: int,
    negatives: float,
    masks: float = 0.0,
) -> Iterator[list[Example]]:
    """One epoch in random order: lists of examples that fill `tokens` once padded, examples of like length together.

    Passages are cut to a length drawn from `crop`. To a share `negatives` of the examples with one passage another
    example's passage is added as a wrong one, if possible of the same article; half of these lose the right one.
    Of every other example a share `masks` of the passages' pieces is masked.
    """
    chance = random.Random(seed)
    families: dict[str, list[int]] = {}
    for i, example in enumerate(examples):
        families.setdefault(example.family, []).append(i)
    drawn = [
        _draw(example, examples, families, crop, negatives, masks, pieces, chance)
        for example in chance.sample(examples, len(examples))
    ]
    # Sorted within pools of some hundred, so that padding is small and the order still random.
    pool = 512
    ready: list[list[Example]] = []
    for at in range(0, len(drawn), pool):
        part = sorted(drawn[at : at + pool], key=_longest)
        batch: list[Example] = []
        for example in part:
            rows = sum(len(e.passages) for e in batch) + len(example.passages)
            if batch and rows * padded(_longest(example)) > tokens:
                ready.append(batch)
                batch = []
            batch.append(example)
        ready.append(batch)
    chance.shuffle(ready)
    yield from ready


def _longest(example: Example) -> int:
    return len(example.question) + 4 + max(len(p.header) + len(p.ids) for p in example.passages)


def masked(passage: Paragraph, share: float, mask: int, chance: random.Random) -> Paragraph:
    """The passage with a share of its pieces masked, none of a right span: what a model has by heart it cannot use.

    The mask is the question token too, as in the passages of recurring-span pre-training; its place tells them apart.
    """
    kept = {i for start, end in passage.gold for i in range(start, end + 1)}
    ids = [mask if i not in kept and chance.random() < share else piece for i, piece in enumerate(passage.ids)]
    return replace(passage, ids=ids)


def _draw(
    example: Example,
    examples: Sequence[Example],
    families: dict[str, list[int]],
    crop: tuple[int, int],
    negatives: float,
    masks: float,
    pieces: Pieces,
    chance: random.Random,
) -> Example:
    """One example as this epoch shows it: perhaps another passage, cut, masked, without header, with a typo."""
    passages = list(example.passages)
    if len(passages) == 1 and chance.random() < negatives:
        peers = families[example.family] if chance.random() < 0.7 else range(len(examples))
        wrong = examples[chance.choice(peers)].passages[0]
        if wrong.ids != passages[0].ids:
            wrong = Paragraph(wrong.header, wrong.ids, wrong.starts, wrong.ends, [])
            passages = [wrong] if chance.random() < 0.5 else [passages[0], wrong]
    cut = [window(passage, chance.randint(*crop), chance) for passage in passages]
    if chance.random() < 0.3:
        cut = [Paragraph([], p.ids, p.starts, p.ends, p.gold) for p in cut]
    if masks and chance.random() < 0.5:
        cut = [masked(passage, masks, pieces.mask, chance) for passage in cut]
    question = example.question
    if chance.random() < 0.05:
        question = pieces.ids([typo(example.text, chance)])[0][:MAX_QUESTION]
    return replace(example, question=question, passages=cut)


def typo(text: str, chance: random.Random) -> str:
    """The text with two neighbouring letters of a word swapped, or one left out."""
    places = [match.start() for match in re.finditer(r"(?<=[^\W\d_])[^\W\d_]{2}(?=[^\W\d_])", text)]
    if not places:
        return text
    at = chance.choice(places)
    middle = text[at + 1] + text[at] if chance.random() < 0.5 else text[at]
    return text[:at] + middle + text[at + 2 :]
