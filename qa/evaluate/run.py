"""A bulk run: a question file in, predictions and figures out."""

from __future__ import annotations

import json
import platform
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, TextIO

from index.errors import InputError, SourceFileError
from qa.answer import AskResponse, FoundPassage
from qa.evaluate.metrics import Scored, exact_match, f1, first_hit, summarise
from qa.evaluate.questions import Question, read_questions
from qa.pipeline import QA
from qa.question import understand
from qa.rank import Weights
from qa.retrieve import Retrieval

# Recall is reported up to 50 passages; reading does not depend on how many are returned.
PASSAGES = 50
BATCH = 8


def evaluate(
    qa: QA,
    questions_file: Path,
    out: Path,
    *,
    group: str | None = None,
    compare_retrieval: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """Asks every question and writes predictions.jsonl, run.trec and metrics.json to `out`; returns the metrics.

    `group` names a field of the question file by whose values figures are given too. With
    `compare_retrieval`, BM25 alone, vectors alone, their plain fusion and the ranking blind to time are scored too.
    Raises SourceFileError for an unusable question file, one that asks for what the archive does not have,
    or one without the field `group`, before anything is written.
    """
    questions = read_questions(questions_file, PASSAGES)
    _check(qa, questions, group)
    out.mkdir(parents=True, exist_ok=True)
    rivals = _rivals(qa) if compare_retrieval else {}
    scored: list[Scored] = []
    with _written(out / "predictions.jsonl") as predictions, _written(out / "run.trec") as trec:
        for question, response in _answers(qa, questions):
            predictions.write(json.dumps(_prediction(question, response), ensure_ascii=False) + "\n")
            trec.writelines(_trec(question, response))
            scored.append(_score(question, response, rivals))
            if progress:
                progress(len(scored), len(questions))
    metrics = {
        **summarise(scored),
        "groups": _groups(questions, scored, group) if group else {},
        "run": _run(qa, questions_file),
    }
    with _written(out / "metrics.json") as file:
        file.write(json.dumps(metrics, indent=2, ensure_ascii=False) + "\n")
    return metrics


def _written(path: Path) -> TextIO:
    """A file to write, the same on every system."""
    return path.open("w", encoding="utf-8", newline="\n")


def _check(qa: QA, questions: Sequence[Question], group: str | None) -> None:
    """Refuses now what would otherwise end the run half-way."""
    sources = qa.archive.source_names()
    for question in questions:
        try:
            understand(question.ask, sources)
        except InputError as error:
            raise SourceFileError(f"{question.where}: {error}") from error
    known = sorted({name for question in questions for name in question.extra})
    if group and group not in known:
        hint = f"It has {', '.join(known)}." if known else "It has none to group by."
        raise SourceFileError(f"The question file has no field {group!r} to group by. {hint}")


def _answers(qa: QA, questions: Sequence[Question]) -> Iterator[tuple[Question, AskResponse]]:
    for i in range(0, len(questions), BATCH):
        batch = questions[i : i + BATCH]
        yield from zip(batch, qa.ask_many([question.ask for question in batch]), strict=True)


def _rivals(qa: QA) -> dict[str, QA]:
    plain = replace(qa.knobs, weights=Weights())
    timeless = replace(qa.knobs, weights=replace(qa.knobs.weights, week=0.0, months=0.0))
    knobs: dict[str, Retrieval] = {
        "hybrid, blind to time": timeless,
        "fusion alone": plain,
        "bm25": replace(plain, dense_weight=0.0),
        "dense": replace(plain, lexical_weight=0.0),
    }
    return {name: QA(qa.archive, qa.reader, value) for name, value in knobs.items()}


def _score(question: Question, response: AskResponse, rivals: dict[str, QA]) -> Scored:
    prediction = response.answer.text if response.answer else None
    hits: dict[str, int | None] = {}
    if question.answers:
        hits["hybrid"] = _hit(response.passages, question)
        hits.update({name: _hit(rival.search(question.ask).passages, question) for name, rival in rivals.items()})
    known = bool(question.answers) or question.answerable is False
    return Scored(
        hits=hits,
        exact_match=exact_match(prediction, question.answers) if known else None,
        f1=f1(prediction, question.answers) if known else None,
        answered=response.answer is not None,
        milliseconds=response.timings_ms["total"],
    )


def _hit(passages: Sequence[FoundPassage], question: Question) -> int | None:
    return first_hit([passage.text for passage in passages], question.answers)


def _prediction(question: Question, response: AskResponse) -> dict[str, Any]:
    answer = response.answer
    return {
        "id": question.id,
        "prediction": answer.text if answer else None,
        "confidence": answer.confidence if answer else 0.0,
        "no_answer_probability": response.no_answer_probability,
        "citations": [citation.model_dump(mode="json") for citation in answer.citations] if answer else [],
        "passages": [
            passage.model_dump(mode="json", include={"article_id", "url", "start", "end", "score"})
            for passage in response.passages
        ],
        "timings_ms": response.timings_ms,
    }


def _trec(question: Question, response: AskResponse) -> Iterator[str]:
    # Blanks separate the fields of a TREC run.
    topic = "_".join(question.id.split())
    for rank, passage in enumerate(response.passages, start=1):
        document = f"{passage.article_id}:{passage.start}-{passage.end}"
        yield f"{topic} Q0 {document} {rank} {passage.score:.6f} backissue\n"


def _groups(questions: Sequence[Question], scored: Sequence[Scored], field: str) -> dict[str, Any]:
    rows: dict[str, list[Scored]] = {}
    for question, row in zip(questions, scored, strict=True):
        rows.setdefault(f"{field}={json.dumps(question.extra.get(field))}", []).append(row)
    return {name: summarise(members) for name, members in sorted(rows.items())}


def _run(qa: QA, questions_file: Path) -> dict[str, Any]:
    info = qa.info()
    return {
        "finished_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "questions": {"file": questions_file.name, "sha256": sha256(questions_file.read_bytes()).hexdigest()},
        "archive": {name: info[name] for name in ("id", "version", "articles", "passages", "chunking", "weights")},
        "embedding_model": info["embedding_model"],
        "reader": info["reader"],
        "retrieval": asdict(qa.knobs),
        "machine": {"processor": platform.processor() or platform.machine(), "python": platform.python_version()},
    }
