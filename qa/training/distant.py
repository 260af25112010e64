"""Distant supervision: questions with known answers, passages out of the archive, labels by matching words.

For each question the passages of its day are retrieved as for a reader. Those that hold the answer and share
enough words with the question are taken as right (noisy, so the rest are dropped); the best-ranked ones
that do not hold it are hard negatives. Some questions that find no answer at all are kept, with wrong passages.
"""

from __future__ import annotations

import gzip
import json
import random
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from index.archive import Archive
from index.article import Selection, StoredPassage, day_number
from index.errors import InputError
from qa.rank import shared_words, words
from qa.retrieve import Query, Retrieval, retrieve
from qa.spans import is_boundary
from qa.windows import header

# Passages retrieved for a question, and how many of either kind a group keeps.
RETRIEVED, RIGHT, WRONG = 20, 2, 2
# A right passage holds at least this share of the question's words, by rarity. Two digits or one short word stand
# almost everywhere, so such answers need more.
SHARE, SHARE_SHORT = 0.4, 0.6
_NOT_SPANS = frozenset(("yes", "no", "true", "false", "both", "neither", "none", "all"))


@dataclass(frozen=True, slots=True)
class Known:
    """A question with its accepted answers and the day it was asked. Articles count that were published up to `before`,
    from `after` on, and are not of the story that it was `made_of`."""

    question: str
    answers: tuple[str, ...]
    before: date
    after: date | None = None
    made_of: str | None = None


def read_known(path: Path, *, until: date, undated: date | None) -> list[Known]:
    """Questions of a JSON lines file asked up to `until`; `undated` stands in where the file gives no `as_of`.

    Of questions about one article (`url`) the first two are kept: the others repeat them.
    """
    opener = gzip.open if path.suffix == ".gz" else open
    seen: dict[str, int] = {}
    known = []
    with opener(path, "rt", encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            day = date.fromisoformat(row["as_of"]) if row.get("as_of") else undated
            if day is None:
                raise InputError(f"{path}: the question {row['id']!r} has no as_of. Name a day with --undated.")
            url = row.get("url") or row["id"]
            seen[url] = seen.get(url, 0) + 1
            if day <= until and seen[url] <= 2 and any(_usable(answer) for answer in row.get("answers") or []):
                known.append(Known(row["question"], tuple(a for a in row["answers"] if _usable(a)), day))
    return known


def _usable(answer: str) -> bool:
    bare = re.findall(r"\w+", answer.lower())
    return 0 < len(bare) <= 10 and " ".join(bare) not in _NOT_SPANS


def occurrences(text: str, answer: str) -> list[tuple[int, int]]:
    """Where the answer's words stand in a row in the text, whatever the case, marks and leading article."""
    bare = re.findall(r"\w+", answer.lower())
    if bare and bare[0] in ("a", "an", "the"):
        bare = bare[1:]
    if not bare:
        return []
    pattern = r"(?<!\w)" + r"\W+".join(map(re.escape, bare)) + r"(?!\w)"
    spans = [match.span() for match in re.finditer(pattern, text, re.IGNORECASE)]
    return [(a, b) for a, b in spans if is_boundary(text, a) and is_boundary(text, b)]  # no 5 in 1.5 million


def group(known: Known, passages: Sequence[StoredPassage]) -> tuple[dict[str, Any], bool] | None:
    """The question with right and wrong passages, and whether any is right; None when nothing is of use."""
    shares = shared_words(words(known.question), [set(words(f"{p.title} {p.text}")) for p in passages])
    right: list[tuple[float, int, dict[str, Any]]] = []
    wrong: list[dict[str, Any]] = []
    for rank, (passage, share) in enumerate(zip(passages, shares, strict=True)):
        spans = sorted({span for answer in known.answers for span in occurrences(passage.text, answer)})
        row = {"header": header(passage.title, passage.published_at), "text": passage.text, "answers": spans}
        if not spans:
            wrong.append(row)
        elif share >= (SHARE_SHORT if max(map(len, known.answers)) <= 3 else SHARE):
            right.append((-share, rank, row))
    chosen = [row for _, _, row in sorted(right, key=lambda item: item[:2])[:RIGHT]]
    if not chosen and not wrong:
        return None
    return {"question": known.question, "passages": [*chosen, *wrong[:WRONG]]}, bool(chosen)


def groups(archive: Archive, known: Iterable[Known], *, dense: bool, unanswered: float, seed: int) -> Iterator[Any]:
    """A group for each question that has one; of the unanswered, a share. `dense` retrieves by vectors too."""
    chance = random.Random(seed)
    knobs = Retrieval() if dense else replace(Retrieval(), dense_weight=0.0)
    for one in known:
        vector = archive.encoder.encode_queries([one.question])[0] if dense else None
        selection = Selection(as_of=day_number(one.before), after=day_number(one.after) if one.after else None)
        query = Query(one.question, vector, selection, (one.before, one.before))
        found = [item.passage for item in retrieve(archive, query, knobs)]
        made = group(one, [passage for passage in found if passage.story != one.made_of][:RETRIEVED])
        if made and (made[1] or chance.random() < unanswered):
            yield made[0]


def write_groups(path: Path, rows: Iterator[Any]) -> int:
    """Writes groups as gzipped JSON lines; returns how many. The file appears when all are written."""
    part = path.with_suffix(".part")
    count = 0
    with gzip.open(part, "wt", encoding="utf-8") as file:
        for count, row in enumerate(rows, start=1):  # noqa: B007 - the count is wanted
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    part.replace(path)
    return count
