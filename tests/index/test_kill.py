"""kill -9 at any moment loses nothing: the next run finishes the job."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from fakes import FakeEncoder, located, make_article, open_archive

from index import ahead, ingest
from index.chunk import token_encoding

ROOT = Path(__file__).parents[2]
ARTICLES = [
    make_article(f"k{i}", "\n\n".join(f"Report {i}.{j} speaks of village {i * 7 + j}." for j in range(8)))
    for i in range(60)
]
KILLS = 10


class SlowEncoder(FakeEncoder):
    """Takes its time, so that a kill finds it at work."""

    def encode_documents(self, texts):
        time.sleep(0.2)
        return super().encode_documents(texts)


def fill(folder: Path, encoder: FakeEncoder) -> None:
    token_encoding("cl100k_base")  # takes longest, and changes nothing
    with open_archive(folder, encoder) as archive:
        print("open", flush=True)
        ingest.add(archive, located(ARTICLES), on_indexing=lambda *_: print("indexing", flush=True))
        print("done", flush=True)


def fill_slowly(folder: Path) -> None:
    ahead.ROUND = 2  # many rounds, many moments to be killed in
    ingest.BATCH = 7
    fill(folder, SlowEncoder())


def start(folder: Path) -> subprocess.Popen[str]:
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "index")])
    program = "import sys, pathlib, test_kill; test_kill.fill_slowly(pathlib.Path(sys.argv[1]))"
    return subprocess.Popen(
        [sys.executable, "-c", program, str(folder)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
    )


def kill_after(folder: Path, step: str, seconds: float) -> bool:
    """Starts a run and kills it so long after it got to a step; returns whether it was still at work."""
    process = start(folder)
    assert process.stdout is not None
    said = ""
    while step not in said:
        line = process.stdout.readline()
        assert line, f"the run ended before {step}"
        said += line
    time.sleep(seconds)
    process.kill()
    finished = "done" in process.communicate()[0]
    return not finished


@pytest.mark.slow
def test_ten_kills_and_a_last_run_equal_one_run(tmp_path):
    chance = random.Random(11)
    folder = tmp_path / "killed"
    killed = pending = 0
    for i in range(KILLS):
        # A busy machine registers slowly: so half of the kills wait until indexing has begun.
        killed += kill_after(folder, ("open", "indexing")[i % 2], chance.uniform(0.0, 0.6))
        with open_archive(folder) as archive:
            pending += archive.info()["pending"] > 0
    assert killed >= KILLS // 2, "the runs ended before they could be killed"
    assert pending >= 2, "no kill fell into indexing"
    fill(folder, FakeEncoder())
    fill(tmp_path / "whole", FakeEncoder())
    with open_archive(folder) as one, open_archive(tmp_path / "whole") as other:
        assert one.info()["articles"] == other.info()["articles"] == 60
        assert one.info()["pending"] == 0
        assert not any(one.verify().values())
        ids = other.vectors.passage_ids()
        assert one.vectors.passage_ids() == ids == one.lexical.passage_ids() == other.lexical.passage_ids()
        assert np.array_equal(one.vectors.vectors(ids), other.vectors.vectors(ids))
        indexed = other.catalog.in_state("indexed")
        assert sorted(one.catalog.in_state("indexed")) == sorted(indexed)
        assert one.catalog.articles(indexed) == other.catalog.articles(indexed)
        assert one.catalog.passages_of(indexed) == other.catalog.passages_of(indexed)
