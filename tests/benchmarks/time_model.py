"""What the time model is worth: the engine against one that only filters by `as_of`, in one run, by kind of question.

    python tests/benchmarks/time_model.py ARCHIVE questions.jsonl --since 2023-07-01

"strict filtering alone" leaves out the preference for reports near the days asked about (in ranking and in reading)
and the dates in questions; "exact names" leaves out other spellings. Kinds: questions of "this week" and the like;
dated ones, whose own words give a time of the past; all others. Prints a table of recall@5 and F1, of questions whose
accepted answer is in the archive.
"""

from __future__ import annotations

import argparse
import re
from collections import defaultdict
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from index.archive import Archive
from index.embed import load_encoder
from qa.answer import Ask
from qa.evaluate.metrics import f1, first_hit
from qa.evaluate.questions import Question, read_questions
from qa.period import period
from qa.pipeline import QA
from qa.readers import load_reader

THIS_WEEK = re.compile(r"\b(?:this|past)\s+week|\brecently\b|\bnow\b|\bcurrently\b|\btoday\b", re.IGNORECASE)


def kind(question: Question) -> str:
    """The kind of a question, by its words."""
    if THIS_WEEK.search(question.ask.question):
        return "this week"
    return "dated" if period(question.ask.question, question.ask.as_of or date.today()) else "others"


def main() -> None:
    """Runs both and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archive", type=Path)
    parser.add_argument("questions", type=Path)
    parser.add_argument("--since", type=date.fromisoformat, required=True)
    parser.add_argument("--every", type=int, default=1, help="take every n-th question")
    arguments = parser.parse_args()
    questions = [
        question
        for question in read_questions(arguments.questions, 5)
        if question.extra.get("in_archive") and question.ask.as_of and question.ask.as_of >= arguments.since
    ][:: arguments.every]
    with Archive.open(arguments.archive, load_encoder) as archive:
        reader, blind = (load_reader("backissue", archive.encoder) for _ in range(2))
        blind.calibration = replace(blind.calibration, recency=0.0)
        engine, strict = QA(archive, reader), QA(archive, blind)
        strict.knobs = replace(strict.knobs, weights=replace(strict.knobs.weights, week=0.0, months=0.0))
        systems: dict[str, tuple[QA, dict[str, Any]]] = {
            "strict filtering alone": (strict, {"ignore_period": True}),
            "no dates from questions": (engine, {"ignore_period": True}),
            "exact names": (engine, {"exact_names": True}),
            "Backissue": (engine, {}),
        }
        rows: dict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)
        for question in questions:
            for name, (qa, change) in systems.items():
                response = qa.ask(Ask.model_validate({**question.ask.model_dump(), **change}))
                hit = first_hit([passage.text for passage in response.passages], question.answers) is not None
                said = response.answer.text if response.answer else None
                rows[name, kind(question)].append((float(hit), f1(said, question.answers)))
    kinds = sorted({of for _, of in rows})
    for name in systems:
        for of in [*kinds, "all"]:
            pairs = [
                pair for (system, k), found in rows.items() if system == name and of in (k, "all") for pair in found
            ]
            recall, partial = np.mean(pairs, axis=0)
            print(f"{name:26} {of:10} {len(pairs):5} questions  recall@5 {recall:.3f}  F1 {partial:.3f}")


if __name__ == "__main__":
    main()
