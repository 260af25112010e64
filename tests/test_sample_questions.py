"""Questions that people asked of the sample, with what is right: most are answered right, and few wrong.

Many of them were once answered wrong; those that still are stay in the file, and the floors say how many they may be.
"""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from index.archive import Archive
from index.embed import load_encoder
from index.formats import Defaults, read_path
from index.ingest import add
from index.sample import dispatches_path
from qa.answer import Ask
from qa.evaluate.metrics import RIGHT, f1
from qa.pipeline import QA
from qa.readers import SHIPPED, load_reader

HERE = Path(__file__).parent
FLOORS = json.loads((HERE / "floors.json").read_text())["sample"]
QUESTIONS = [json.loads(line) for line in (HERE / "qa" / "sample_questions.jsonl").read_text().splitlines()]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Any]]:
    """The questions by what became of them: right, silent where there is an answer, wrong."""
    found: dict[str, list[Any]] = {"right": [], "silent": [], "wrong": []}
    with Archive.open(tmp_path_factory.mktemp("sample") / "archive", load_encoder, create=True, sample=True) as archive:
        add(archive, read_path(dispatches_path(), Defaults()))
        qa = QA(archive, load_reader(SHIPPED, archive.encoder))
        asks = [
            Ask(question=row["question"], as_of=date.fromisoformat(row["as_of"]) if "as_of" in row else None)
            for row in QUESTIONS
        ]
        for row, response in zip(QUESTIONS, qa.ask_many(asks), strict=True):
            text = response.answer.text if response.answer else None
            found[judge(text, row.get("answers", []))].append((row["question"], row.get("as_of"), text))
    return found


def judge(text: str | None, answers: list[str]) -> str:
    if text is None:
        return "silent" if answers else "right"
    return "right" if any(f1(text, [answer]) >= RIGHT for answer in answers) else "wrong"


def test_the_questions_are_those_that_the_floors_were_measured_on() -> None:
    assert len(QUESTIONS) == FLOORS["questions"]
    assert max(Counter(row["id"] for row in QUESTIONS).values()) == 1


def test_enough_are_answered_right_and_few_wrong(judged: dict[str, list[Any]]) -> None:
    assert len(judged["right"]) >= FLOORS["right"], judged["wrong"] + judged["silent"]
    assert len(judged["wrong"]) <= FLOORS["wrong"], judged["wrong"]


@pytest.mark.parametrize("name", ["Hawija", "Kirkuk", "al-Qaim", "Deir Ezzor", "Turkey", "Japan", "France"])
def test_nobody_is_said_to_hold_what_their_article_never_mentions(judged: dict[str, list[Any]], name: str) -> None:
    """Zimbabwe's army once controlled Hawija."""
    told = {text for kind in judged.values() for question, _, text in kind if name in question}
    assert told.isdisjoint({"Zimbabwe's army", "Mario Mandzukic", "South Africa"})
