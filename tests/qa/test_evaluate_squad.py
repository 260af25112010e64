"""SQuAD files: what is read and refused, what is predicted, and the official scorers' figures."""

from __future__ import annotations

import collections
import gzip
import json
import math
import os
import random
import re
import string
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from index.errors import InputError, SettingsError, SourceFileError
from qa.calibration import Calibration
from qa.evaluate import squad
from qa.evaluate.squad import Question, read_squad
from qa.span_model import Text
from qa.spans import Scored

SHIFTS = Path(__file__).parents[3] / "shared" / "data" / "reader" / "squadshifts-dev.json.gz"
CONTEXT = "The Gulls won the regatta in Óbidos by two lengths."


class ScriptedModel:
    """Gives each question the spans it was told: (words of the context, score), best first; [] otherwise."""

    name = "scripted"

    def __init__(self, script: dict[str, list[tuple[str, float]]], calibration: Calibration | None = None) -> None:
        self.script = script
        self.calibration = calibration or Calibration()
        self.headers: set[str] = set()

    def spans(self, question: str, texts: Sequence[Text]) -> list[list[Scored]]:
        self.headers |= {text.header for text in texts}
        return [[self._span(text.body, *one) for one in self.script.get(question, [])] for text in texts]

    @staticmethod
    def _span(body: str, words: str, score: float) -> Scored:
        return Scored(body.index(words), body.index(words) + len(words), score)


def qa(name: str, *answers: str, **more: Any) -> dict[str, Any]:
    given = [{"text": answer, "answer_start": CONTEXT.find(answer)} for answer in answers]
    return {"id": name, "question": f"{name}?", "answers": given, **more}


def data(*qas: Any, context: Any = CONTEXT) -> dict[str, Any]:
    return {"data": [{"title": "a_b_c.txt", "paragraphs": [{"context": context, "qas": list(qas)}]}]}


@pytest.fixture
def write(tmp_path: Path) -> Callable[[Any], Path]:
    def write(content: Any) -> Path:
        path = tmp_path / "squad.json"
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        return path

    return write


Write = Callable[[Any], Path]


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Callable[[ScriptedModel], None]:
    return lambda model: monkeypatch.setattr(squad, "load_span_model", lambda name, threads: model)


Load = Callable[[ScriptedModel], None]


# --- reading


def test_every_question_is_read_with_its_context(write: Write) -> None:
    file = data(qa("a", "The Gulls", "Gulls"), qa("b", is_impossible=True), {"id": "c", "question": ""})
    file["data"] += data(qa("d"), context="")["data"]
    assert read_squad(write({"version": 3, **file})) == [
        Question("a", "a?", CONTEXT, ("The Gulls", "Gulls"), None),
        Question("b", "b?", CONTEXT, (), True),
        Question("c", "", CONTEXT, None, None),
        Question("d", "d?", "", (), None),
    ]


def test_null_is_absent_and_an_impossible_question_needs_no_list(write: Write) -> None:
    rows = [
        {"id": "a", "question": "?", "answers": None, "is_impossible": None},
        {"id": "b", "question": "?", "is_impossible": True},
    ]
    a, b = read_squad(write(data(*rows)))
    assert (a.answers, a.impossible) == (None, None)
    assert (b.answers, b.impossible) == ((), True)


@pytest.mark.parametrize("name", ["squad.json.gz", "squad.json", "SQUAD.GZ"])
def test_gzip_and_a_byte_order_mark_are_read(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(gzip.compress(b"\xef\xbb\xbf" + json.dumps(data(qa("a"))).encode()))
    assert [question.id for question in read_squad(path)] == ["a"]


def deep(name: str, value: Any) -> dict[str, Any]:
    """A file of two articles, in the last question of which a field has this value."""
    file = data(qa("a"))
    file["data"] += data(qa("b"), {**qa("c", "Gulls"), name: value})["data"]
    return file


LAST = "data[1].paragraphs[0].qas[1]"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is not valid JSON"),
        (b"{", "is not valid JSON"),
        (b"[" * 200_000, "is not valid JSON"),
        (b'{"data": "\xff"}', "is not UTF-8 at byte 10"),
        (b"\x1f\x8b\x08nonsense", "is damaged gzip"),
        (gzip.compress(b"{}" * 99)[:-9], "is damaged gzip"),
        ([], "the whole file must be an object"),
        ({}, "data is missing"),
        ({"data": {}}, "data must be a list"),
        ({"data": [1]}, "data[0] must be an object"),
        ({"data": [{}]}, "data[0].paragraphs is missing"),
        ({"data": [{"paragraphs": [{"qas": []}]}]}, "data[0].paragraphs[0].context is missing"),
        (data(context=7), "data[0].paragraphs[0].context must be a string"),
        ({"data": [{"paragraphs": [{"context": "x"}]}]}, "data[0].paragraphs[0].qas is missing"),
        ({"data": []}, "holds no questions"),
        (data(), "holds no questions"),
        (data("who?"), "data[0].paragraphs[0].qas[0] must be an object"),
        (deep("id", 7), f"{LAST}.id must be a string"),
        (deep("id", None), f"{LAST}.id is missing"),
        (deep("id", "a"), f"{LAST}.id 'a' is also the id of data[0].paragraphs[0].qas[0]"),
        (deep("question", None), f"{LAST}.question is missing"),
        (deep("question", ["who?"]), f"{LAST}.question must be a string"),
        (deep("question", "\ud800"), f"{LAST}.question holds half of a surrogate pair"),
        (deep("answers", "Gulls"), f"{LAST}.answers must be a list"),
        (deep("answers", ["Gulls"]), f"{LAST}.answers[0] must be an object"),
        (deep("answers", [{"text": "Gulls"}, {}]), f"{LAST}.answers[1].text is missing"),
        (deep("is_impossible", "false"), f"{LAST}.is_impossible must be true or false"),
    ],
)
def test_what_cannot_be_used_is_named(write: Write, content: Any, says: str) -> None:
    path = write(content)
    with pytest.raises(SourceFileError) as caught:
        read_squad(path)
    assert str(path) in str(caught.value)
    assert says in str(caught.value)


def test_a_file_named_gz_that_is_none_and_a_missing_one_are_named(tmp_path: Path) -> None:
    (tmp_path / "x.gz").write_text("{}")
    with pytest.raises(SourceFileError, match=r"x\.gz is damaged gzip"):
        read_squad(tmp_path / "x.gz")
    with pytest.raises(SourceFileError, match="cannot be read"):
        read_squad(tmp_path / "none.json")


def test_the_held_out_paragraphs_are_all_read() -> None:
    if not SHIFTS.exists():
        pytest.skip(f"{SHIFTS} is not there: the data sets are not part of the repository")
    questions = read_squad(SHIFTS)
    assert len(questions) == 1820
    assert all(question.answers for question in questions)
    assert not squad.is_squad_2(questions)


# --- predicting


def predictions(tmp_path: Path, file: Path, **options: Any) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Figures, predictions, probabilities of no answer."""
    out, na_prob = tmp_path / "new" / "p.json", tmp_path / "new" / "na.json"
    figures = squad.read(file, out, na_prob=na_prob, reader="scripted", **options)
    return figures, json.loads(out.read_text(encoding="utf-8")), json.loads(na_prob.read_text(encoding="utf-8"))


SCRIPT = {"sure?": [("Gulls", 2.0), ("two", 1.0)], "unsure?": [("in Óbidos", -1.0)]}


def test_squad_1_always_gives_the_best_span(tmp_path: Path, write: Write, load: Load) -> None:
    model = ScriptedModel(SCRIPT)
    load(model)
    seen: list[tuple[int, int]] = []
    file = write(data(qa("sure", "Gulls"), qa("unsure", "Óbidos"), qa("none", "two")))
    _, found, na_prob = predictions(tmp_path, file, progress=lambda *at: seen.append(at))
    assert found == {"sure": "Gulls", "unsure": "in Óbidos", "none": ""}
    assert na_prob == {
        "sure": pytest.approx(1 / (1 + math.exp(2))),
        "unsure": pytest.approx(1 / (1 + math.exp(-1))),
        "none": 1.0,
    }
    assert model.headers == {""}
    assert seen == [(1, 3), (2, 3), (3, 3)]


def test_one_question_that_says_so_makes_the_file_squad_2(tmp_path: Path, write: Write, load: Load) -> None:
    load(ScriptedModel(SCRIPT))
    file = write(data(qa("sure", "Gulls"), qa("unsure", is_impossible=False), qa("none")))
    assert predictions(tmp_path, file)[1] == {"sure": "Gulls", "unsure": "", "none": ""}


def test_the_calibration_decides_what_is_likely(tmp_path: Path, write: Write, load: Load) -> None:
    load(ScriptedModel({"even?": [("two", 0.0)], "huge?": [("two", 1e9)]}, Calibration(temperature=3.0)))
    _, found, na_prob = predictions(tmp_path, write(data(qa("even", is_impossible=True), qa("huge"))))
    assert found == {"even": "two", "huge": "two"}
    assert na_prob == {"even": 0.5, "huge": pytest.approx(0.0)}


def test_a_context_without_words_has_no_answer(tmp_path: Path, write: Write, load: Load) -> None:
    load(ScriptedModel({}))
    _, found, na_prob = predictions(tmp_path, write(data(qa("a", "x"), context="")))
    assert (found, na_prob) == ({"a": ""}, {"a": 1.0})


# --- the files


def test_predictions_are_utf_8_and_only_asked_files_are_written(tmp_path: Path, write: Write, load: Load) -> None:
    load(ScriptedModel(SCRIPT))
    squad.read(write(data(qa("unsure"))), tmp_path / "p.json", reader="scripted")
    assert (tmp_path / "p.json").read_bytes() == '{"unsure": "in Óbidos"}\n'.encode()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["p.json", "squad.json"]


def test_a_failure_half_way_leaves_what_was_there(tmp_path: Path, write: Write, load: Load) -> None:
    class Broken(ScriptedModel):
        def spans(self, question: str, texts: Sequence[Text]) -> list[list[Scored]]:
            if question == "b?":
                raise KeyboardInterrupt
            return super().spans(question, texts)

    load(Broken({}))
    for name in ("p.json", "na.json"):
        (tmp_path / name).write_text("mine")
    with pytest.raises(KeyboardInterrupt):
        squad.read(write(data(qa("a"), qa("b"))), tmp_path / "p.json", na_prob=tmp_path / "na.json", reader="x")
    assert {path.name: path.read_text() for path in tmp_path.glob("*.json") if path.name != "squad.json"} == {
        "p.json": "mine",
        "na.json": "mine",
    }
    assert len(list(tmp_path.iterdir())) == 3


def test_a_link_to_a_file_stays_one(tmp_path: Path, write: Write, load: Load) -> None:
    load(ScriptedModel(SCRIPT))
    (tmp_path / "kept").mkdir()
    (tmp_path / "p.json").symlink_to(tmp_path / "kept" / "p.json")
    squad.read(write(data(qa("sure"))), tmp_path / "p.json", reader="x")
    assert (tmp_path / "p.json").is_symlink()
    assert json.loads((tmp_path / "kept" / "p.json").read_text()) == {"sure": "Gulls"}


@pytest.mark.parametrize(
    ("out", "na_prob", "says"),
    [
        ("squad.json", None, "different files"),
        ("./p.json", "new/../p.json", "different files"),
        ("p.json", "squad.json", "different files"),
        ("folder", None, "is not a file"),
        ("squad.json/p.json", None, "cannot be written"),
        (os.devnull, None, "is not a file"),
    ],
)
def test_files_that_cannot_be_written_are_refused_before_reading(
    tmp_path: Path, write: Write, monkeypatch: pytest.MonkeyPatch, out: str, na_prob: str | None, says: str
) -> None:
    monkeypatch.setattr(squad, "load_span_model", lambda *_: pytest.fail("reads"))
    (tmp_path / "folder").mkdir()
    file = write(data(qa("a")))
    before = file.read_bytes()
    with pytest.raises(InputError, match=says):
        squad.read(file, tmp_path / out, na_prob=tmp_path / na_prob if na_prob else None, reader="x")
    assert file.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "squad.json"]


def test_a_reader_of_sentences_gives_no_spans(tmp_path: Path, write: Write) -> None:
    with pytest.raises(SettingsError, match="whole sentences"):
        squad.read(write(data(qa("a"))), tmp_path / "p.json", reader="sentence")


# --- the figures


def official(file: dict[str, Any], predicted: dict[str, str]) -> dict[str, float]:
    """The scores that SQuAD 2.0's evaluation defines, from its description.

    Texts are compared in lower case, without ASCII punctuation, without articles, with single spaces. Accepted answers
    that are then empty do not count; without any, the empty string is the accepted one. F1 counts words as a bag;
    against nothing, only nothing scores.
    """
    drop = set(string.punctuation)

    def bare(text: str) -> list[str]:
        kept = "".join(letter for letter in text.lower() if letter not in drop)
        return [word for word in re.sub(r"\b(?:a|an|the)\b", " ", kept).split() if word]

    def overlap(gold: list[str], said: list[str]) -> float:
        if not gold or not said:
            return 1.0 if gold == said else 0.0
        left = collections.Counter(gold)
        shared = 0
        for word in said:
            if left[word] > 0:
                left[word] -= 1
                shared += 1
        if not shared:
            return 0.0
        precision, recall = shared / len(said), shared / len(gold)
        return 2 * precision * recall / (precision + recall)

    rows: dict[str, list[tuple[float, float]]] = {"": [], "HasAns_": [], "NoAns_": []}
    for article in file["data"]:
        for paragraph in article["paragraphs"]:
            for asked in paragraph["qas"]:
                golds = [words for a in asked["answers"] if (words := bare(a["text"]))] or [[]]
                said = bare(predicted[asked["id"]])
                row = (max(float(gold == said) for gold in golds), max(overlap(gold, said) for gold in golds))
                rows[""].append(row)
                rows["HasAns_" if asked["answers"] else "NoAns_"].append(row)
    figures: dict[str, float] = {}
    for prefix, scored in rows.items():
        if scored:
            figures[f"{prefix}exact"] = 100 * sum(row[0] for row in scored) / len(scored)
            figures[f"{prefix}f1"] = 100 * sum(row[1] for row in scored) / len(scored)
            figures[f"{prefix}total"] = len(scored)
    return figures


WORDS = ["The", "the", "a", "An", "gull", "gull", "Gulls,", "won", "U.S.", "£5", "Óbidos", "—", "it's", "co-op"]


@pytest.mark.parametrize("two", [True, False])
@pytest.mark.parametrize("seed", range(5))
def test_the_figures_are_the_official_scorers(tmp_path: Path, write: Write, load: Load, seed: int, two: bool) -> None:
    pick = random.Random(seed)

    def phrase() -> str:
        return " ".join(pick.choices(WORDS, k=pick.randint(1, 4)))

    context = " ".join(WORDS * 3)
    script: dict[str, list[tuple[str, float]]] = {}
    rows = []
    for number in range(200):
        impossible = two and pick.random() < 0.4
        # The scorer of 1.1 knows no empty answers, so it is given none.
        answers = [] if impossible else [phrase() + ("" if two else " word") for _ in range(pick.randint(1, 3))]
        rows.append(qa(f"q{number}", *answers, **({"is_impossible": impossible} if two else {})))
        begin = pick.randrange(len(context))
        script[f"q{number}?"] = [(context[begin : begin + pick.randint(1, 20)], pick.uniform(-2, 2))]
    load(ScriptedModel(script))
    file = data(*rows, context=context)
    figures, found, _ = predictions(tmp_path, write(file))
    assert any(0 < figures[name] < 100 for name in ("exact_match", "f1"))
    expected = official(file, found)
    assert figures["questions"] == figures["scored"] == expected.pop("total") == 200
    assert figures["exact_match"] == pytest.approx(expected.pop("exact"))
    assert figures["f1"] == pytest.approx(expected.pop("f1"))
    if two:
        assert {name: figures[name] for name in expected} == pytest.approx(expected)
    else:
        assert not any(name.startswith(("HasAns", "NoAns")) for name in figures)
    assert figures["median_seconds"] >= 0


def test_without_answers_nothing_is_scored(tmp_path: Path, write: Write, load: Load) -> None:
    load(ScriptedModel(SCRIPT))
    figures, found, _ = predictions(tmp_path, write(data({"id": "a", "question": "sure?"}, qa("b"))))
    assert found == {"a": "Gulls", "b": ""}
    assert set(figures) == {"questions", "median_seconds"}


def test_questions_without_answers_are_left_out_of_the_figures(tmp_path: Path, write: Write, load: Load) -> None:
    load(ScriptedModel(SCRIPT))
    figures, _, _ = predictions(tmp_path, write(data({"id": "a", "question": "x"}, qa("sure", "Gulls"))))
    assert (figures["questions"], figures["scored"], figures["exact_match"]) == (2, 1, 100.0)


def test_a_file_of_unanswerable_questions_alone_is_scored(tmp_path: Path, write: Write, load: Load) -> None:
    load(ScriptedModel(SCRIPT))
    figures, _, _ = predictions(tmp_path, write(data(*(qa(name, is_impossible=True) for name in ("sure", "none")))))
    assert (figures["NoAns_exact"], figures["NoAns_total"], figures["f1"]) == (50.0, 2, 50.0)
    assert "HasAns_total" not in figures
