"""The reader alone over a SQuAD file: predictions as the official scorers take them, and those scorers' figures.

SQuAD 1.1 (Rajpurkar et al. 2016): every question has an answer in its context. SQuAD 2.0 (Rajpurkar et al. 2018):
some have none, the right prediction for which is the empty string.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median
from time import perf_counter
from typing import Any, TypeVar

from index.errors import InputError, SettingsError, SourceFileError
from qa.evaluate.files import read_text, replacing
from qa.evaluate.metrics import exact_match, f1, normalise
from qa.readers import SENTENCE
from qa.span_model import SpanModel, Text, load_span_model

T = TypeVar("T")

_KINDS = {dict: "an object", list: "a list", str: "a string", bool: "true or false"}


@dataclass(frozen=True, slots=True)
class Question:
    """A question and its context. `answers` are the accepted ones: () when there is none, None when not told."""

    id: str
    question: str
    context: str
    answers: tuple[str, ...] | None
    impossible: bool | None


@dataclass(frozen=True, slots=True)
class Prediction:
    """What was read: exactly the context's words, or "" for no answer."""

    text: str
    no_answer_probability: float
    seconds: float


def read(
    questions_file: Path,
    out: Path,
    *,
    na_prob: Path | None = None,
    reader: str,
    threads: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """Reads every question's context, writes `{id: text}` to `out` and returns the figures (see `summarise`).

    `na_prob` gets `{id: probability that the context holds no answer}`. What either file held before stays there until
    all is read. Raises SourceFileError for an unusable question file, InputError for an unusable `out` or `na_prob`,
    SettingsError or ModelError for an unusable reader.
    """
    if reader == SENTENCE:
        message = f"The reader {SENTENCE!r} gives whole sentences, no spans. Name another with --reader."
        raise SettingsError(message, field="reader")
    questions = read_squad(questions_file)
    targets = [path for path in (out, na_prob) if path is not None]
    if len({path.resolve() for path in (questions_file, *targets)}) <= len(targets):
        raise InputError("The questions, --out and --na-prob must be different files.")
    with ExitStack() as stack:
        files = [stack.enter_context(replacing(path)) for path in targets]
        predictions = []
        for prediction in predict(load_span_model(reader, threads), questions):
            predictions.append(prediction)
            if progress:
                progress(len(predictions), len(questions))
        ids = [question.id for question in questions]
        columns: list[list[Any]] = [[p.text for p in predictions], [p.no_answer_probability for p in predictions]]
        for file, column in zip(files, columns, strict=False):
            file.write(json.dumps(dict(zip(ids, column, strict=True)), ensure_ascii=False) + "\n")
            file.flush()  # both are whole before either takes its place
    return summarise(questions, predictions)


def predict(model: SpanModel, questions: Sequence[Question]) -> Iterator[Prediction]:
    """The best span of each question's context, one question at a time.

    In a SQuAD 2.0 file the prediction is "" where an answer is less likely than none.
    """
    may_refuse = is_squad_2(questions)
    for question in questions:
        started = perf_counter()
        # No header: the titles of SQuAD files are file names and numbers as often as titles.
        found = model.spans(question.question, [Text("", question.context)])[0]
        weight = model.calibration.weight(found[0].score) if found else 0.0
        likely = weight / (1 + weight)
        given = bool(found) and (likely >= 0.5 or not may_refuse)
        text = question.context[found[0].start : found[0].end] if given else ""
        yield Prediction(text, 1 - likely, perf_counter() - started)


def is_squad_2(questions: Sequence[Question]) -> bool:
    """Whether any question says if it can be answered; the field `version` says anything or nothing."""
    return any(question.impossible is not None for question in questions)


def summarise(questions: Sequence[Question], predictions: Sequence[Prediction]) -> dict[str, Any]:
    """`questions`, `median_seconds` and, if the file tells answers, `scored`, `exact_match` and `f1` in percent.

    For SQuAD 2.0 also `HasAns_exact`, `HasAns_f1`, `HasAns_total` and `NoAns_...`, as its scorer names them.
    """
    summary: dict[str, Any] = {
        "questions": len(questions),
        "median_seconds": median(prediction.seconds for prediction in predictions),
    }
    two = is_squad_2(questions)
    pairs = zip(questions, predictions, strict=True)
    told = [(q.answers, p.text) for q, p in pairs if q.answers or (two and q.answers is not None)]
    if not told:
        return summary
    exact, overlap, total = _figures(told, two)
    summary |= {"scored": total, "exact_match": exact, "f1": overlap}
    for name, wanted in (("HasAns", True), ("NoAns", False)) if two else ():
        if part := [(answers, text) for answers, text in told if bool(answers) == wanted]:
            summary |= zip((f"{name}_exact", f"{name}_f1", f"{name}_total"), _figures(part, two), strict=True)
    return summary


def _figures(told: Sequence[tuple[Sequence[str], str]], two: bool) -> tuple[float, float, int]:
    """Exact match and F1 in percent, and of how many questions."""
    # The scorer of 2.0, unlike that of 1.1, leaves out answers of articles and punctuation alone.
    accepted = [[answer for answer in answers if not two or normalise(answer)] for answers, _ in told]
    texts = [text for _, text in told]
    return 100 * fmean(map(exact_match, texts, accepted)), 100 * fmean(map(f1, texts, accepted)), len(told)


# --- reading the file


def read_squad(path: Path) -> list[Question]:
    """All questions of a SQuAD 1.1 or 2.0 file (.json, .json.gz), in its order; `answers` may be left out.

    Raises SourceFileError, naming the path to the field, at the first that cannot be used.
    """
    root = _Node(path, "", _parse(path))
    found: dict[str, tuple[Question, str]] = {}
    for article in root.each("data"):
        for paragraph in article.each("paragraphs"):
            context = paragraph.text("context")
            for node in paragraph.each("qas"):
                question = _question(node, context)
                if question.id in found:
                    first = found[question.id][1]
                    raise node.wrong("id", f"{question.id!r} is also the id of {first}. Give each question its own")
                found[question.id] = question, node.where
    if not found:
        raise SourceFileError(f"{path} holds no questions: there is none in data[].paragraphs[].qas.")
    return [question for question, _ in found.values()]


def _question(node: _Node, context: str) -> Question:
    impossible = node.field("is_impossible", bool) if node.has("is_impossible") else None
    # Files of unanswerable questions alone often leave their empty lists out.
    answers: tuple[str, ...] | None = () if impossible else None
    if node.has("answers"):
        answers = tuple(answer.text("text") for answer in node.each("answers"))
    return Question(node.text("id"), node.text("question"), context, answers, impossible)


def _parse(path: Path) -> Any:
    try:
        return json.loads(read_text(path))
    except (ValueError, RecursionError) as error:
        raise SourceFileError(f"{path} is not valid JSON ({error}). A SQuAD file is one JSON object.") from error


@dataclass(frozen=True, slots=True)
class _Node:
    """A value of the file and the path to it. Every method raises SourceFileError naming that path."""

    file: Path
    where: str
    value: Any

    def has(self, name: str) -> bool:
        """Whether the field is there and not null."""
        return self._object().get(name) is not None

    def field(self, name: str, kind: type[T]) -> T:
        """A field that must be there and of this kind."""
        value = self._object().get(name)
        if value is None:
            raise self.wrong(name, "is missing")
        if not isinstance(value, kind):
            raise self.wrong(name, f"must be {_KINDS[kind]}")
        return value

    def text(self, name: str) -> str:
        """A field that must be a string that UTF-8 can hold."""
        value = self.field(name, str)
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise self.wrong(name, "holds half of a surrogate pair. Write the whole character") from error
        return value

    def each(self, name: str) -> Iterator[_Node]:
        """The members of a field that must be a list."""
        for number, value in enumerate(self.field(name, list)):
            yield _Node(self.file, f"{self._path(name)}[{number}]", value)

    def wrong(self, name: str, says: str) -> SourceFileError:
        """The error about a field."""
        return SourceFileError(f"{self.file}: {self._path(name)} {says}.")

    def _object(self) -> dict[str, Any]:
        if not isinstance(self.value, dict):
            raise SourceFileError(f"{self.file}: {self.where or 'the whole file'} must be {_KINDS[dict]}.")
        return self.value

    def _path(self, name: str) -> str:
        return f"{self.where}.{name}" if self.where else name
