"""Quality floors on a fixed part of a real archive: retrieval and answers may get better, not worse.

The part: RealTime QA's articles since September 2023 and the questions asked since then whose accepted answer
stands in one of them. Lowering a floor in floors.json is a decision to be explained there.
"""

from __future__ import annotations

import gzip
import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from index.archive import Archive
from index.embed import load_encoder
from index.formats import Defaults, read_path
from index.ingest import add
from qa.evaluate.run import evaluate
from qa.evaluate.squad import read
from qa.pipeline import QA
from qa.readers import SHIPPED, load_reader

DATA = Path(__file__).parents[2] / "shared" / "data" / "realtimeqa"
READING = DATA.parent / "reader" / "squadshifts-dev.json.gz"
FLOORS = json.loads((Path(__file__).parent / "floors.json").read_text())
SINCE = FLOORS["since"]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not DATA.exists(), reason="the RealTime QA archive (shared/data/realtimeqa) is not here"),
]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("floors")
    with gzip.open(DATA / "articles.jsonl.gz", "rt") as file:
        articles = [line for line in file if json.loads(line)["published"] >= SINCE]
    (folder / "articles.jsonl").write_text("".join(articles))
    held = {json.loads(line)["url"] for line in articles}
    questions = [json.loads(line) for line in (DATA / "questions.jsonl").open()]
    wanted = [q for q in questions if q["as_of"] >= SINCE and held & set(q["articles_with_answer"])]
    (folder / "questions.jsonl").write_text("".join(json.dumps(q) + "\n" for q in wanted))
    return folder


@pytest.fixture(scope="module")
def metrics(corpus: Path) -> dict[str, Any]:
    with Archive.open(corpus / "archive", load_encoder, create=True) as archive:
        report = add(archive, read_path(corpus / "articles.jsonl", Defaults()))
        assert report.added == FLOORS["articles"]
        qa = QA(archive, load_reader(SHIPPED, archive.encoder))
        return evaluate(qa, corpus / "questions.jsonl", corpus / "run", compare_retrieval=True)


def test_the_subset_is_the_one_that_the_floors_were_measured_on(corpus: Path, metrics: dict[str, Any]) -> None:
    assert sha256((corpus / "articles.jsonl").read_bytes()).hexdigest() == FLOORS["articles_sha256"]
    assert metrics["questions"] == FLOORS["questions"]


@pytest.mark.parametrize("name", FLOORS["hybrid"])
def test_retrieval_is_no_worse(metrics: dict[str, Any], name: str) -> None:
    assert metrics["retrieval"]["hybrid"][name] >= FLOORS["hybrid"][name]


@pytest.mark.parametrize("name", FLOORS["answers"])
def test_answers_are_no_worse(metrics: dict[str, Any], name: str) -> None:
    assert metrics[name] >= FLOORS["answers"][name]


def test_reading_is_no_worse(tmp_path: Path) -> None:
    """Every sixth paragraph of squadshifts-dev, never trained on."""
    with gzip.open(READING, "rt") as file:
        data = json.load(file)
    data["data"] = data["data"][::6]
    (tmp_path / "dev.json").write_text(json.dumps(data))
    figures = read(tmp_path / "dev.json", tmp_path / "predictions.json", reader=SHIPPED)
    assert figures["questions"] == FLOORS["reading"]["questions"]
    assert figures["exact_match"] >= FLOORS["reading"]["exact_match"]
    assert figures["f1"] >= FLOORS["reading"]["f1"]


def test_hybrid_beats_its_parts(metrics: dict[str, Any]) -> None:
    found = metrics["retrieval"]
    assert found["hybrid"]["mrr"] >= max(found["bm25"]["mrr"], found["dense"]["mrr"])
