"""Two runs compared: gains and losses, chance, what was changed, and what cannot be compared."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from qa_fakes import HARBOUR, WordsReader, engine, open_archive

from index.archive import Archive
from index.errors import InputError
from qa.evaluate import compare as module
from qa.evaluate import run
from qa.evaluate.compare import compare
from qa.evaluate.run import evaluate
from qa.pipeline import QA
from web.cli import main

ROWS: list[dict[str, Any]] = [
    {"id": "=pier", "question": "Who runs the old ferry pier?", "as_of": "2017-11-10", "answers": ["Norvik Lines"]},
    {"id": "race", "question": "Who won the autumn regatta?", "answers": ["The Gulls"]},
    {"id": "prize", "question": "Who grew the pumpkin?", "answers": ["Maud Tollen"]},
    {"id": "open", "question": "Who met the board?"},
]


def retrieval(folder: Path) -> dict[str, float]:
    return dict(json.loads((folder / "metrics.json").read_text())["retrieval"]["hybrid"])


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    with open_archive(tmp_path_factory.mktemp("archive"), HARBOUR) as archive:
        yield archive


@pytest.fixture
def make(archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """make(name, rows, *phrases): a run by a reader that knows these phrases."""
    monkeypatch.setattr(run, "write_report", lambda file, *_: file.write("a report"))

    def made(name: str, rows: list[dict[str, Any]], *phrases: str, **knobs: Any) -> Path:
        file = tmp_path / f"{name}.jsonl"
        file.write_text("".join(json.dumps(row) + "\n" for row in rows))
        whole = engine(archive)
        qa = QA(archive, WordsReader(*phrases), replace(whole.knobs, **knobs)) if phrases else whole
        evaluate(qa, file, tmp_path / name)
        return tmp_path / name

    return made


def test_gains_and_losses_are_told_question_by_question(make: Any) -> None:
    a = make("a", ROWS, "Norvik Lines", "Maud Tollen")
    b = make("b", ROWS, "Gulls", "Maud Tollen")
    found = compare(a, b)
    assert [(row["id"], row["a"]["prediction"], row["b"]["prediction"]) for row in found["gains"]] == [
        ("race", "Maud Tollen", "Gulls")
    ]
    assert [row["id"] for row in found["losses"]] == ["=pier"]
    assert found["gains"][0]["answers"] == "The Gulls"
    figures = found["figures"]
    assert figures["exact_match"]["difference"] == 0.0
    assert (figures["exact_match"]["gains"], figures["exact_match"]["losses"]) == (1, 1)
    assert figures["exact_match"]["questions"] == 3, "nothing is known of the fourth"
    assert (figures["recall@5"]["difference"], figures["recall@5"]["questions"]) == (0.0, 3)
    assert [run["recall@5"] for run in (retrieval(a), retrieval(b))] == [figures["recall@5"][x] for x in "ab"]
    assert found["compared"] == 4
    # Another question file of the same questions: the name alone.
    assert set(found["changed"]) == {"questions.file"}
    back = compare(b, a)
    assert [row["id"] for row in back["losses"]] == ["race"]
    assert back["losses"][0]["a"] == found["gains"][0]["b"]


def test_a_run_against_itself_is_no_difference(make: Any) -> None:
    a = make("a", ROWS)
    found = compare(a, a)
    assert (found["gains"], found["losses"], found["moved"], found["changed"]) == ([], [], [], {})
    assert all(
        (one["difference"], one["p"], one["interval"]) == (0.0, 1.0, [0.0, 0.0]) for one in found["figures"].values()
    )


def test_settings_that_were_changed_are_named(make: Any) -> None:
    found = compare(make("a", ROWS, "Gulls"), make("b", ROWS, "Gulls", dense_weight=0.0))
    assert found["changed"]["retrieval.dense_weight"] == {"a": 1.0, "b": 0.0}
    assert not any(name.startswith(("machine", "code", "archive")) for name in found["changed"])


def test_only_what_both_asked_alike_is_compared(make: Any) -> None:
    others = [ROWS[1], {**ROWS[2], "answers": ["x"]}, {"id": "new", "question": "Why?"}]
    found = compare(make("a", ROWS, "Gulls"), make("b", others, "Gulls"))
    assert found["compared"] == 1
    assert (found["only_in_a"], found["only_in_b"], found["asked_otherwise"]) == (["=pier", "open"], ["new"], ["prize"])
    assert "questions.sha256" in found["changed"]


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([{"id": "new", "question": "Why?"}], "they share no id"),
        ([{**ROWS[1], "question": "Why?"}], "for other questions"),
    ],
)
def test_runs_without_a_question_in_common_are_refused(make: Any, rows: list[dict[str, Any]], says: str) -> None:
    with pytest.raises(InputError, match=says):
        compare(make("a", ROWS, "Gulls"), make("b", rows, "Gulls"))


def test_runs_on_judged_articles_are_compared_by_their_ranks(archive: Archive, make: Any, tmp_path: Path) -> None:
    folder = tmp_path / "beir"
    (folder / "qrels").mkdir(parents=True)
    (folder / "queries.jsonl").write_text('{"_id": "1", "text": "Who won the regatta?"}\n{"_id": "2", "text": "Who?"}')
    (folder / "qrels" / "test.tsv").write_text("q\td\ts\n1\tregatta\t1\n")
    for name in ("a", "b"):
        evaluate(engine(archive), folder, tmp_path / name)
    figures = compare(tmp_path / "a", tmp_path / "b")["figures"]
    assert set(figures) == {*(f"articles recall@{k}" for k in (1, 5, 10, 20, 50)), "articles mrr"}
    assert (figures["articles mrr"]["questions"], figures["articles mrr"]["a"]) == (1, 1.0)


def test_unfinished_foreign_and_altered_runs_are_refused(make: Any, tmp_path: Path) -> None:
    a = make("a", ROWS, "Gulls")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="empty holds no finished run"):
        compare(a, tmp_path / "empty")
    (tmp_path / "empty" / "run.json").write_text("{}")
    with pytest.raises(InputError, match=r"run\.json was not written by"):
        compare(tmp_path / "empty", a)
    lines = (a / "questions.csv").read_text().splitlines(keepends=True)
    (a / "questions.csv").write_text("".join([lines[0], *lines[:0:-1]]))
    with pytest.raises(InputError, match=r"questions\.csv was changed"):
        compare(a, a)


@pytest.mark.parametrize(
    ("off", "p"),
    [
        ([1.0] * 5, 2 / 32),
        ([1.0, 1.0, 1.0, -1.0], 10 / 16),
        ([0.0] * 50 + [1.0] * 5, 2 / 32),
        ([0.0], 1.0),
        ([0.0, 1.0], 1.0),
    ],
)
def test_the_chance_of_a_difference_is_exact_for_few(off: list[float], p: float) -> None:
    assert module._chance(np.array(off)) == pytest.approx(p)


def test_a_real_difference_among_many_is_no_chance_and_noise_is() -> None:
    noise = np.random.default_rng(3).choice([-1.0, 0.0, 1.0], 1000)
    assert module._chance(noise - noise.mean()) > 0.5
    assert module._chance(np.where(np.arange(1000) < 150, 1.0, np.where(np.arange(1000) < 200, -1.0, 0.0))) < 0.001


def test_the_command_shows_writes_and_refuses(make: Any, tmp_path: Path) -> None:
    a, b = make("a", ROWS, "Norvik Lines"), make("b", ROWS, "Gulls")
    words = ["compare", str(a), str(b)]
    shown = CliRunner().invoke(main, [*words, "--html", str(tmp_path / "c.html")])
    assert shown.exit_code == 0, shown.output
    for told in ("4 questions compared", "changed: questions.file", "gains: 1", "losses: 1", "'Gulls'"):
        assert told in shown.stdout
    assert "Two runs compared" in (tmp_path / "c.html").read_text()
    assert json.loads(CliRunner().invoke(main, [*words, "--json"]).stdout) == compare(a, b)
    refused = CliRunner().invoke(main, ["compare", str(a), str(tmp_path)])
    assert refused.exit_code == 2
    assert "no finished run" in refused.stderr
