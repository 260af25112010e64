"""A bulk run: a question file in, predictions, scores and a report out. Killed, it goes on where it stopped."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from index.errors import InputError, SourceFileError
from qa.answer import AskResponse
from qa.evaluate import manifest as manifests
from qa.evaluate import outputs
from qa.evaluate.figures import Figures
from qa.evaluate.files import replacing
from qa.evaluate.folder import MANIFEST, PREDICTIONS, RETRIEVAL, Folder
from qa.evaluate.questions import Question, read_questions
from qa.evaluate.report import write_report
from qa.evaluate.score import Scored, score
from qa.pipeline import QA
from qa.question import understand
from qa.rank import Weights
from qa.retrieve import Retrieval

# Recall is reported up to 50 passages; reading does not depend on how many are returned.
PASSAGES = 50
# Questions asked together; at most so many are asked again after a kill.
BATCH = 16

# The ways of retrieval that can be compared: as people are answered; blind to time; the two lists fused and no more;
# one list alone.
METHODS = ("hybrid", "timeless", "fusion", "bm25", "dense")

Progress = Callable[[int, int], None]


def evaluate(
    qa: QA,
    questions_file: Path,
    out: Path,
    *,
    group: str | None = None,
    method: str = METHODS[0],
    compare_retrieval: bool = False,
    fresh: bool = False,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Asks every question, scores the answers and writes it all to the folder `out`; returns the metrics.

    A run that was stopped goes on; one that is finished is only scored again. `group` names a field of the question
    file by whose values figures are given too. `method`, one of METHODS, is how passages are found for the answers;
    with `compare_retrieval`, what the others find is scored too. `fresh` throws an earlier run away.
    Raises SourceFileError for an unusable question file, one that asks for what the archive does not have, or one
    without the field `group`, and InputError when `out` holds other files or another run, before anything is written.
    """
    questions = read_questions(questions_file, PASSAGES)
    _check(qa, questions, group)
    folder = Folder(out)
    engines = _engines(qa)
    qa = engines.pop(method)
    manifest = manifests.describe(qa, questions_file, questions, method, compare_retrieval)
    manifest = folder.begin(manifest, questions_file, fresh=fresh)
    rivals = engines if compare_retrieval else {}
    _ask(qa, rivals, questions, folder, progress)
    digest = folder.digest()
    if digest != manifest.get("predictions_sha256"):
        manifest |= {"finished_at": manifests.now(), "predictions_sha256": digest}
        manifests.save(out / MANIFEST, manifest)
    return _score(qa, questions, folder, manifest, group)


def _check(qa: QA, questions: Sequence[Question], group: str | None) -> None:
    """Refuses now what would otherwise end the run half-way."""
    sources, languages = qa.archive.source_names(), qa.archive.language_names()
    for question in questions:
        try:
            understand(question.ask, sources, languages)
        except InputError as error:
            raise SourceFileError(f"{question.where}: {error}") from error
    known = sorted({name for question in questions for name in question.extra})
    if group and group not in known:
        hint = f"It has {', '.join(known)}." if known else "It has none to group by."
        raise SourceFileError(f"The question file has no field {group!r} to group by. {hint}")


def _engines(qa: QA) -> dict[str, QA]:
    """An engine for each of METHODS."""
    plain = replace(qa.knobs, weights=Weights())
    knobs: dict[str, Retrieval] = {
        "timeless": replace(qa.knobs, weights=replace(qa.knobs.weights, week=0.0, months=0.0)),
        "fusion": plain,
        "bm25": replace(plain, dense_weight=0.0),
        "dense": replace(plain, lexical_weight=0.0),
    }
    return {"hybrid": qa, **{name: QA(qa.archive, qa.reader, value) for name, value in knobs.items()}}


def _ask(
    qa: QA, rivals: dict[str, QA], questions: Sequence[Question], folder: Folder, progress: Progress | None
) -> None:
    """Appends to predictions.jsonl, and to retrieval.jsonl where there are rivals, what is not there yet."""
    done = folder.done(questions, retrieval=bool(rivals))
    with ExitStack() as stack:
        names = [PREDICTIONS, *([RETRIEVAL] if rivals else [])]
        files = [stack.enter_context((folder.path / name).open("a", encoding="utf-8", newline="\n")) for name in names]
        for start in range(done, len(questions), BATCH):
            batch = questions[start : start + BATCH]
            responses = qa.ask_many([question.ask for question in batch])
            rows = [[_prediction(*pair) for pair in zip(batch, responses, strict=True)]]
            rows += [_retrieved(batch, rivals)] if rivals else []
            for file, written in zip(files, rows, strict=True):
                file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in written)
                file.flush()
            if progress:
                for number in range(start, start + len(batch)):
                    progress(number + 1, len(questions))


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


def _retrieved(questions: Sequence[Question], rivals: dict[str, QA]) -> list[dict[str, Any]]:
    """The passages that other methods find for each question, as article id, start, end."""

    def search(question: Question) -> dict[str, Any]:
        found = {name: rival.search(question.ask).passages for name, rival in rivals.items()}
        places = {name: [[p.article_id, p.start, p.end] for p in passages] for name, passages in found.items()}
        return {"id": question.id, "passages": places}

    with ThreadPoolExecutor(thread_name_prefix="rivals") as pool:
        return list(pool.map(search, questions))


def _score(
    qa: QA, questions: Sequence[Question], folder: Folder, manifest: manifests.Manifest, group: str | None
) -> dict[str, Any]:
    """Everything from here on comes from the predictions, the question file and the archive's texts, so that a run
    gone on with gives what an unbroken one gives."""
    with replacing(folder.path / "run.trec") as passages, replacing(folder.path / "run.articles.trec") as articles:
        scored: list[Scored] = []
        for row, one in _scored(qa, questions, folder, manifest):
            passages.writelines(outputs.passages_trec(one.question, row))
            articles.writelines(outputs.articles_trec(one, row))
            scored.append(one)
    figures = Figures.of(scored)
    metrics = {
        **figures.summary(),
        "confidence": figures.confidence(),
        "breakdowns": figures.breakdowns(),
        "groups": figures.groups(group) if group else {},
        "run": manifest,
    }
    for name, value in (("squad.json", outputs.squad(scored)), ("na_prob.json", outputs.na_prob(scored))):
        with replacing(folder.path / name) as file:
            outputs.write_json(file, value)
    with replacing(folder.path / "questions.csv") as file:
        outputs.write_table(file, scored)
    with replacing(folder.path / "report.html") as file:
        write_report(file, qa.archive, folder, figures, metrics)
    with replacing(folder.path / "metrics.json") as file:
        outputs.write_json(file, metrics, indent=2)
    return metrics


def _scored(
    qa: QA, questions: Sequence[Question], folder: Folder, manifest: manifests.Manifest
) -> Iterator[tuple[Any, Scored]]:
    rivals = folder.rows(RETRIEVAL) if manifest["compare_retrieval"] else None
    return score(qa.archive, questions, folder.rows(), manifest["method"], rivals)
