"""Runs that are stopped, killed, repeated or aimed at a folder that is not theirs; the files that programs read."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from qa_fakes import HARBOUR, engine, open_archive

from index.archive import Archive
from index.errors import InputError
from qa.evaluate import run
from qa.evaluate.folder import OURS
from qa.evaluate.run import evaluate
from qa.pipeline import QA

ROOT = Path(__file__).parents[2]
TEXTS = (
    "Who runs the old ferry pier?",
    "Who won the autumn regatta?",
    "Who grew the pumpkin?",
    "What won first prize?",
)
ROWS = [
    {
        "id": f"q {i}",
        "question": TEXTS[i % 4],
        "answers": [("Norvik Lines", "The Gulls", "Maud Tollen", "pumpkin")[i % 4]],
    }
    for i in range(16)
]
# What may differ between two runs: times alone.
TIMED = ("run.json", "metrics.json", "predictions.jsonl", "questions.csv", "report.html")
SAME = [name for name in OURS if name not in TIMED]


@pytest.fixture(autouse=True)
def report(monkeypatch: pytest.MonkeyPatch) -> None:
    """No plots are drawn here."""
    monkeypatch.setattr(run, "write_report", lambda file, *_: file.write("a report"))
    monkeypatch.setattr(run, "BATCH", 4)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    with open_archive(tmp_path_factory.mktemp("archive"), HARBOUR) as archive:
        yield archive


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    path = tmp_path / "questions.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return path


class Stopped(QA):
    """Asks so many batches, and then is interrupted."""

    batches = 2

    def ask_many(self, asks: Any) -> Any:
        if self.batches == 0:
            raise KeyboardInterrupt
        self.batches -= 1
        return super().ask_many(asks)


def stop(archive: Archive, questions: Path, out: Path, **options: Any) -> None:
    whole = engine(archive)
    with pytest.raises(KeyboardInterrupt):
        evaluate(Stopped(archive, whole.reader, whole.knobs), questions, out, **options)


def untimed(folder: Path) -> list[dict[str, Any]]:
    rows = [json.loads(line) for line in (folder / "predictions.jsonl").read_text(encoding="utf-8").splitlines()]
    return [{name: value for name, value in row.items() if name != "timings_ms"} for row in rows]


def assert_same_run(one: Path, other: Path) -> None:
    assert untimed(one) == untimed(other)
    for name in SAME:
        assert (one / name).exists() == (other / name).exists()
        assert not (one / name).exists() or (one / name).read_bytes() == (other / name).read_bytes()
    digests = [json.loads((folder / "run.json").read_text())["predictions_sha256"] for folder in (one, other)]
    assert digests[0] == digests[1]
    timed = ("latency_ms", "intervals", "breakdowns", "run")
    figures = [json.loads((folder / "metrics.json").read_text(encoding="utf-8")) for folder in (one, other)]
    assert {k: v for k, v in figures[0].items() if k not in timed} == {
        k: v for k, v in figures[1].items() if k not in timed
    }


@pytest.mark.parametrize("compare", [False, True])
@pytest.mark.parametrize("torn", [b"", b'{"id": "q 8", "predic', b'{"id": "q 8"}'])
def test_a_run_that_was_stopped_goes_on_and_gives_the_same(
    archive: Archive, questions: Path, tmp_path: Path, torn: bytes, compare: bool
) -> None:
    evaluate(engine(archive), questions, tmp_path / "whole", compare_retrieval=compare)
    broken = tmp_path / "broken"
    stop(archive, questions, broken, compare_retrieval=compare)
    assert not (broken / "metrics.json").exists()
    assert len(untimed(broken)) == 8
    last = "retrieval.jsonl" if compare else "predictions.jsonl"
    with (broken / last).open("ab") as file:
        file.write(torn)
    told: list[tuple[int, int]] = []
    progress: Callable[[int, int], None] = lambda done, total: told.append((done, total))  # noqa: E731
    evaluate(engine(archive), questions, broken, compare_retrieval=compare, progress=progress)
    assert told == [(number, 16) for number in range(9, 17)]
    assert_same_run(tmp_path / "whole", broken)


def test_rows_of_which_the_other_file_lacks_the_pair_are_asked_again(
    archive: Archive, questions: Path, tmp_path: Path
) -> None:
    evaluate(engine(archive), questions, tmp_path / "whole", compare_retrieval=True)
    stop(archive, questions, tmp_path / "broken", compare_retrieval=True)
    file = tmp_path / "broken" / "retrieval.jsonl"
    file.write_bytes(b"".join(file.read_bytes().splitlines(keepends=True)[:5]))
    told: list[int] = []
    options: dict[str, Any] = {"compare_retrieval": True, "progress": lambda done, _: told.append(done)}
    evaluate(engine(archive), questions, tmp_path / "broken", **options)
    assert told[0] == 6
    assert_same_run(tmp_path / "whole", tmp_path / "broken")


@pytest.mark.slow
def test_a_killed_process_loses_nothing_that_it_wrote(tmp_path: Path, questions: Path) -> None:
    folder, out = tmp_path / "archive", tmp_path / "out"
    open_archive(folder, HARBOUR).close()
    script = f"""
import time
from pathlib import Path
from qa_fakes import engine, open_archive
from qa.evaluate import run
run.BATCH = 2
with open_archive(Path({str(folder)!r})) as archive:
    qa = engine(archive)
    ask_many = qa.ask_many
    qa.ask_many = lambda asks: (time.sleep(0.3), ask_many(asks))[1]
    run.evaluate(qa, Path({str(questions)!r}), Path({str(out)!r}))
"""
    path = os.pathsep.join(map(str, (ROOT, ROOT / "tests")))
    with subprocess.Popen([sys.executable, "-c", script], env={**os.environ, "PYTHONPATH": path}) as process:
        written = out / "predictions.jsonl"
        while process.poll() is None and not (written.exists() and written.read_bytes().count(b"\n") >= 4):
            time.sleep(0.02)
        process.kill()
    kept = untimed(out)
    assert 4 <= len(kept) < 16
    assert not (out / "metrics.json").exists()
    told: list[int] = []
    with open_archive(folder) as archive:
        evaluate(engine(archive), questions, out, progress=lambda done, _: told.append(done))
        evaluate(engine(archive), questions, tmp_path / "whole")
    assert told[0] == len(kept) + 1
    assert untimed(out)[: len(kept)] == kept
    assert_same_run(tmp_path / "whole", out)


def test_a_finished_run_is_only_scored_again(archive: Archive, questions: Path, tmp_path: Path) -> None:
    first = evaluate(engine(archive), questions, tmp_path / "out")
    before = (tmp_path / "out" / "predictions.jsonl").read_bytes()
    nothing = Stopped(archive, engine(archive).reader)
    nothing.batches = 0
    assert evaluate(nothing, questions, tmp_path / "out") == first
    assert (tmp_path / "out" / "predictions.jsonl").read_bytes() == before


def test_a_repeated_run_gives_the_same_bytes(archive: Archive, questions: Path, tmp_path: Path) -> None:
    for name in ("one", "other"):
        evaluate(engine(archive), questions, tmp_path / name)
    assert_same_run(tmp_path / "one", tmp_path / "other")
    evaluate(engine(archive), questions, tmp_path / "one", fresh=True)
    assert_same_run(tmp_path / "one", tmp_path / "other")


def test_a_run_made_otherwise_is_refused_until_fresh_is_asked(
    archive: Archive, questions: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    stop(archive, questions, out)
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    questions.write_text(questions.read_text() + json.dumps({"id": "new", "question": "Who?"}) + "\n")
    with pytest.raises(InputError, match=r"questions\.sha256 was .*questions\.number was 16, is 17.*--fresh"):
        evaluate(engine(archive), questions, out)
    with pytest.raises(InputError, match="compare_retrieval was False, is True"):
        evaluate(engine(archive), questions, out, compare_retrieval=True)
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    assert evaluate(engine(archive), questions, out, fresh=True)["questions"] == 17


def test_another_archive_version_is_refused(tmp_path: Path, questions: Path) -> None:
    with open_archive(tmp_path / "archive", HARBOUR[:2]) as archive:
        stop(archive, questions, tmp_path / "out")
    with (
        open_archive(tmp_path / "archive", HARBOUR[2:]) as archive,
        pytest.raises(InputError, match=r"archive\.version was"),
    ):
        evaluate(engine(archive), questions, tmp_path / "out")


@pytest.mark.parametrize("name", OURS)
def test_files_that_no_run_wrote_are_left_alone(archive: Archive, questions: Path, tmp_path: Path, name: str) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / name).write_text('{"mine": 1}')
    for fresh in (False, True):
        with pytest.raises(InputError, match=name.replace(".", r"\.")):
            evaluate(engine(archive), questions, out, fresh=fresh)
    assert {path.name: path.read_text() for path in out.iterdir()} == {name: '{"mine": 1}'}


def test_other_files_in_the_folder_stay(archive: Archive, questions: Path, tmp_path: Path) -> None:
    for fresh in (False, True):
        evaluate(engine(archive), questions, tmp_path, fresh=fresh)
    assert [json.loads(line) for line in questions.read_text().splitlines()] == ROWS


def test_a_question_file_is_not_written_over(archive: Archive, questions: Path, tmp_path: Path) -> None:
    evaluate(engine(archive), questions, tmp_path / "out")
    with pytest.raises(InputError, match=r"questions\.csv would be written over"):
        evaluate(engine(archive), tmp_path / "out" / "questions.csv", tmp_path / "out", fresh=True)


def test_predictions_of_other_questions_are_refused(archive: Archive, questions: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    stop(archive, questions, out)
    lines = (out / "predictions.jsonl").read_text().splitlines()
    (out / "predictions.jsonl").write_text("\n".join([lines[1], lines[0], *lines[2:]]) + "\n")
    with pytest.raises(InputError, match=r"predictions\.jsonl:1 is not the answer"):
        evaluate(engine(archive), questions, out)


# --- the files that programs read


def table(out: Path) -> list[dict[str, str]]:
    with (out / "questions.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_squads_files_have_every_question(archive: Archive, questions: Path, tmp_path: Path) -> None:
    evaluate(engine(archive), questions, tmp_path / "out")
    rows = untimed(tmp_path / "out")
    predicted = json.loads((tmp_path / "out" / "squad.json").read_text(encoding="utf-8"))
    assert predicted == {row["id"]: row["prediction"] or "" for row in rows}
    na_prob = json.loads((tmp_path / "out" / "na_prob.json").read_text(encoding="utf-8"))
    assert na_prob == {row["id"]: row["no_answer_probability"] for row in rows}


def test_the_table_says_where_the_answer_stands(archive: Archive, questions: Path, tmp_path: Path) -> None:
    metrics = evaluate(engine(archive), questions, tmp_path / "out")
    found = [row for row in table(tmp_path / "out") if row["match_article_id"]]
    assert len(found) == 16
    for row in found:
        article = archive.article(row["match_article_id"])
        answer = row["answers"].removeprefix("The ")
        assert article.text[int(row["match_start"]) : int(row["match_end"])].lower() == answer.lower()
        assert (article.url or "") == row["match_url"]
        ids = row["article_ids"].split()
        assert len(ids) == len(set(ids))
        assert ids[int(row["article_rank"]) - 1] == row["match_article_id"]
    first = [float(row["passage_rank"] == "1") for row in found]
    assert sum(first) / 16 == metrics["retrieval"]["hybrid"]["recall@1"]


def test_no_cell_of_the_table_runs_as_a_formula(archive: Archive, tmp_path: Path) -> None:
    evil = '=HYPERLINK("http://evil.example","Who won?")'
    row = {"id": "+1", "question": evil, "answers": ["-2", "@x"], "note": "=1", "@field": 3, "f1": "x", "list": [1]}
    (tmp_path / "q.jsonl").write_text(json.dumps(row))
    evaluate(engine(archive), tmp_path / "q.jsonl", tmp_path / "out")
    (cells,) = table(tmp_path / "out")
    assert (cells["id"], cells["question"], cells["answers"]) == ("'+1", "'" + evil, "'-2 | @x")
    assert (cells["note"], cells["'@field"], cells["f1 (question file)"]) == ("'=1", "3", "x")
    assert "list" not in cells
    assert not any(str(cell).startswith(("=", "+", "-", "@")) for pair in cells.items() for cell in pair)


def test_runs_list_articles_once_with_their_best_score(archive: Archive, questions: Path, tmp_path: Path) -> None:
    evaluate(engine(archive), questions, tmp_path / "out")
    lines = [line.split(" ") for line in (tmp_path / "out" / "run.articles.trec").read_text().splitlines()]
    assert all(len(line) == 6 for line in lines)
    for row, asked in zip(untimed(tmp_path / "out"), table(tmp_path / "out"), strict=True):
        mine = [line for line in lines if line[0] == row["id"].replace(" ", "_")]
        assert [line[2] for line in mine] == asked["article_ids"].split()
        assert [int(line[3]) for line in mine] == list(range(1, len(mine) + 1))
        assert float(mine[0][4]) == pytest.approx(row["passages"][0]["score"], abs=1e-6)


def test_beir_judgements_meet_the_articles_own_ids_and_ours(archive: Archive, tmp_path: Path) -> None:
    (tmp_path / "qrels").mkdir()
    queries = [{"_id": str(i), "text": text} for i, text in enumerate(TEXTS[:3])]
    (tmp_path / "queries.jsonl").write_text("".join(json.dumps(query) + "\n" for query in queries))
    ours = next(article.id for article in archive.catalog.articles(archive.catalog.in_state("indexed"))
                if article.metadata.get("id") == "regatta")  # fmt: skip
    (tmp_path / "qrels" / "test.tsv").write_text(f"q\td\ts\n0\tpier-1\t2\n0\tpier-2\t1\n1\t{ours}\t1\n")
    metrics = evaluate(engine(archive), tmp_path, tmp_path / "out")
    found = metrics["articles"]["hybrid"]
    assert (found["recall@5"], found["mrr"], found["map"]) == (1.0, 1.0, 1.0)
    assert found["ndcg@10"] > 0.8
    assert (metrics["retrieval"], metrics["scored"], metrics["exact_match"]) == ({}, 0, None)
    lines = [line.split(" ")[:3] for line in (tmp_path / "out" / "run.articles.trec").read_text().splitlines()]
    assert {document for topic, _, document in lines if topic == "0"} >= {"pier-1", "pier-2", "regatta"}
    assert ours in {document for topic, _, document in lines if topic == "1"}


def test_squad_questions_that_are_impossible_are_right_without_an_answer(archive: Archive, tmp_path: Path) -> None:
    qas = [
        {"id": "a", "question": TEXTS[1], "answers": [{"text": "Gulls"}]},
        {"id": "b", "question": "Who is the archbishop of Zanzibar?", "is_impossible": True},
    ]
    (tmp_path / "dev.json").write_text(json.dumps({"data": [{"paragraphs": [{"context": "x", "qas": qas}]}]}))
    metrics = evaluate(engine(archive), tmp_path / "dev.json", tmp_path / "out")
    assert metrics["scored"] == 2
    predicted = json.loads((tmp_path / "out" / "squad.json").read_text())
    assert metrics["exact_match"] == (0.5 if predicted["b"] == "" else 0.0)
    assert metrics["run"]["questions"]["format"] == "SQuAD"
