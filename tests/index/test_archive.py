"""Opening, refusing, locking, repairing and rebuilding archives."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from fakes import FakeEncoder, located, make_article, open_archive
from sqlalchemy import event

from index import ingest
from index.archive import Archive
from index.article import FOREVER, IndexRow, Selection, article_of
from index.chunk import Chunking
from index.embed import Encoder
from index.errors import (
    ArchiveCorruptError,
    ArchiveError,
    ArchiveLockedError,
    ArchiveMismatchError,
    ModelError,
    NotFoundError,
)

ROOT = Path(__file__).parents[2]
ARTICLES = [
    make_article(f"k{i}", f"Report {i} speaks of village {i * 7}. It lies on the river.", f"2017-11-{i + 1:02}")
    for i in range(20)
]


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    folder = tmp_path_factory.mktemp("filled") / "archive"
    with open_archive(folder) as archive:
        ingest.add(archive, located(ARTICLES))
    return folder


@pytest.fixture
def folder(filled, tmp_path):
    """A copy of a filled archive."""
    return Path(shutil.copytree(filled, tmp_path / "archive"))


def contents(folder: Path) -> dict[str, str]:
    """Every file of an archive but the lock's, with its digest."""
    files = (file for file in folder.rglob("*") if file.is_file() and file.name not in {"lock", "owner.json"})
    kept = (file for file in files if not file.name.endswith((".lock", "-shm", "-wal")))
    return {str(file.relative_to(folder)): sha256(file.read_bytes()).hexdigest() for file in kept}


def garble(file: Path, keep: int = 0) -> None:
    data = file.read_bytes()
    file.write_bytes(data[:keep] + b"garbage!" * ((len(data) - keep) // 8))


def stored_vectors(archive):
    ids = archive.vectors.passage_ids()
    return ids, archive.vectors.vectors(ids)


# --- opening


def test_a_new_archive_describes_itself(tmp_path):
    with open_archive(tmp_path / "deep" / "archive", chunking=Chunking(tokens=100)) as archive:
        info = archive.info()
    assert info["articles"] == info["passages"] == info["pending"] == info["version"] == 0
    assert info["first_published"] is None
    assert info["chunking"] == {"tokens": 100, "overlap_sentences": 1, "encoding": "cl100k_base"}
    assert info["embedding_model"] == "minilm/int8"


def test_a_filled_archive_describes_itself(folder):
    with open_archive(folder, create=False) as archive:
        info = archive.info()
        json.dumps(info)
    assert (info["articles"], info["passages"], info["pending"]) == (20, 20, 0)
    assert (info["first_published"], info["last_published"]) == ("2017-11-01", "2017-11-20")
    assert (info["embedding_model"], info["weights"]) == ("fake/words", "f" * 64)


def test_reopening_changes_no_id_and_no_version(folder):
    with open_archive(folder) as archive:
        before = archive.id, archive.version
    with open_archive(folder) as archive:
        assert (archive.id, archive.version) == before


def test_a_missing_archive_names_the_command_that_makes_one(tmp_path):
    with pytest.raises(NotFoundError, match=r"backissue --archive .*nowhere add"):
        open_archive(tmp_path / "nowhere", create=False)
    assert not (tmp_path / "nowhere").exists()


def test_a_folder_of_other_files_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(ArchiveCorruptError, match="not empty"):
        open_archive(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_file_in_place_of_a_folder_is_refused(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(ArchiveError, match="file"):
        open_archive(tmp_path / "file")
    assert (tmp_path / "file").read_text() == "x"


def test_an_archive_whose_making_was_interrupted_is_made(tmp_path):
    folder = tmp_path / "archive"
    folder.mkdir()
    (folder / "lock").touch()
    (folder / "owner.json").write_text("{}")
    with open_archive(folder) as archive:
        assert archive.version == 0


# --- other settings


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"model": "static"}, "model 'minilm', not 'static'"),
        ({"precision": "float32"}, "precision 'int8', not 'float32'"),
        ({"chunking": Chunking(tokens=100)}, "chunking .*230.*100"),
    ],
)
def test_other_settings_than_it_was_made_with_are_refused(folder, settings, named):
    before = contents(folder)
    with pytest.raises(ArchiveMismatchError, match=named) as caught:
        open_archive(folder, **settings)
    assert "Leave the setting out" in str(caught.value)
    assert contents(folder) == before


def test_the_settings_it_was_made_with_are_accepted(folder):
    with open_archive(folder, model="minilm", precision="int8", chunking=Chunking()) as archive:
        assert archive.chunking == Chunking()


def test_other_weights_are_refused_and_rebuild_is_the_remedy(folder):
    other = FakeEncoder("fake/other", "0" * 64, dimension=32)
    with open_archive(folder, other) as archive:
        with pytest.raises(ArchiveMismatchError, match=r"other weights.*backissue rebuild"):
            _ = archive.encoder
        with pytest.raises(ArchiveMismatchError):
            ingest.add(archive, located([make_article("new", "New words.")]))
        assert archive.rebuild() == 21
        assert archive.encoder is other
        assert stored_vectors(archive)[1].shape == (21, 32)
    with open_archive(folder, other) as archive:
        assert archive.info()["embedding_model"] == "fake/other"


def test_another_schema_is_refused(folder):
    with open_archive(folder) as archive:
        archive.catalog.set_meta({"schema": 99})
    with pytest.raises(ArchiveMismatchError, match=r"schema 99.*Export"):
        open_archive(folder)


# --- damage


@pytest.mark.parametrize("keep", [0, 4096], ids=["from the start", "after the first page"])
def test_a_garbled_catalog_is_refused_and_left_as_it_is(folder, keep):
    garble(folder / "catalog.sqlite", keep)
    before = contents(folder)
    with pytest.raises(ArchiveCorruptError, match=r"catalog.*backup"), open_archive(folder) as archive:
        archive.info()
    assert contents(folder) == before


def test_an_emptied_catalog_does_not_pass_for_a_new_archive(folder):
    (folder / "catalog.sqlite").write_bytes(b"")
    indexes = {name: digest for name, digest in contents(folder).items() if name != "catalog.sqlite"}
    with pytest.raises(ArchiveCorruptError, match=r"empty.*backup"):
        open_archive(folder)
    assert {name: digest for name, digest in contents(folder).items() if name != "catalog.sqlite"} == indexes


def garbled_meta(folder):
    garble(folder / "bm25" / "meta.json")


def garbled_segments(folder):
    for file in (folder / "bm25").glob("*.*"):
        if file.suffix in {".term", ".idx", ".store"}:
            garble(file)


def missing_segments(folder):
    for file in (folder / "bm25").glob("*.term"):
        file.unlink()


def file_for_bm25(folder):
    shutil.rmtree(folder / "bm25")
    (folder / "bm25").write_text("x")


def garbled_chroma(folder):
    garble(folder / "vectors" / "chroma.sqlite3")


def garbled_chroma_pages(folder):
    garble(folder / "vectors" / "chroma.sqlite3", 4096)


def file_for_vectors(folder):
    shutil.rmtree(folder / "vectors")
    (folder / "vectors").write_text("x")


@pytest.mark.parametrize(
    ("damage", "index"),
    [
        (garbled_meta, "bm25"),
        (garbled_segments, "bm25"),
        (missing_segments, "bm25"),
        (file_for_bm25, "bm25"),
        (garbled_chroma, "vectors"),
        (garbled_chroma_pages, "vectors"),
        (file_for_vectors, "vectors"),
    ],
)
def test_a_damaged_index_is_refused_and_its_remedy_works(folder, damage, index):
    damage(folder)
    before = contents(folder)
    with pytest.raises(ArchiveCorruptError, match=rf"{index}.*(?i:delete that folder).*backissue rebuild"):
        open_archive(folder)
    assert contents(folder) == before
    assert not (folder / "owner.json").exists(), "a failed opening names no owner"
    # Chroma remembers within a process that a path failed; the user's next command is another process.
    folder = folder.rename(folder.with_name("moved"))
    path = folder / index
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    with open_archive(folder) as archive:
        archive.rebuild()
        assert not any(archive.verify().values())
        assert archive.info()["pending"] == 0


@pytest.mark.parametrize("index", ["vectors", "bm25"])
def test_a_lost_index_is_seen_and_repaired(folder, index):
    shutil.rmtree(folder / index)
    with open_archive(folder) as archive:
        report = archive.verify()
        assert len(report[f"{index}_lacking"]) == 20
        assert archive.repair(report) == 20
        assert not any(archive.verify().values())


# --- verify, repair, rebuild


def test_a_sound_archive_verifies(folder):
    with open_archive(folder) as archive:
        assert archive.verify() == {
            "vectors_lacking": [], "vectors_excess": [], "bm25_lacking": [], "bm25_excess": [],
            "vectors_unreachable": [],
        }  # fmt: skip


def stray(article_id: str) -> IndexRow:
    return IndexRow(f"{article_id}:0-9", article_id, "Stray", "stray words", None, 20171101, 20171101, FOREVER)


def test_planted_damage_is_found_and_repaired(folder):
    first, second, third = sorted(article.base_id for article in ARTICLES[:3])
    with open_archive(folder) as archive:
        sound = stored_vectors(archive)
        archive.vectors.remove([first])
        archive.lexical.remove([second])
        archive.lexical.add([stray("f" * 16)])
        archive.vectors.add([stray("e" * 16)], FakeEncoder().encode_documents(["stray"]))
        archive.vectors.remove([third])
        archive.lexical.add([stray(third)])
        report = archive.verify()
        assert report == {
            "vectors_lacking": [first, third],
            "vectors_excess": ["e" * 16],
            "bm25_lacking": sorted([second, third]),
            "bm25_excess": sorted(["f" * 16, third]),
            "vectors_unreachable": [],
        }
        archive.repair(report)
        assert not any(archive.verify().values())
        ids, vectors = stored_vectors(archive)
        assert ids == sound[0]
        assert np.array_equal(vectors, sound[1])


def test_what_no_search_reaches_is_linked_anew(folder, monkeypatch):
    with open_archive(folder) as archive:
        sound = stored_vectors(archive)
        lost = sound[0][3]
        removed, take_out = [], archive.vectors.remove
        monkeypatch.setattr(archive.vectors, "unreachable", lambda: [] if removed else [lost])
        monkeypatch.setattr(archive.vectors, "remove", lambda ids: removed.extend(ids) or take_out(ids))
        report = archive.verify()
        assert report["vectors_unreachable"] == [article_of(lost)]
        assert archive.repair(report) == 1
        assert removed == [article_of(lost)]
        assert not any(archive.verify().values())
        ids, vectors = stored_vectors(archive)
        assert ids == sound[0]
        assert np.array_equal(vectors, sound[1])


def test_rebuild_gives_equal_indexes(folder):
    with open_archive(folder) as archive:
        ids, vectors = stored_vectors(archive)
        words = archive.lexical.passage_ids()
        rounds = []
        assert archive.rebuild(lambda articles, passages: rounds.append((articles, passages))) == 20
        again, same = stored_vectors(archive)
        assert ids == again == words == archive.lexical.passage_ids()
        assert np.array_equal(vectors, same)
        assert rounds == [(20, 20)]


def test_a_rebuild_interrupted_is_finished_by_the_next_run(folder, monkeypatch):
    with open_archive(folder) as archive:
        sound = stored_vectors(archive)
        with monkeypatch.context() as patch:
            patch.setattr(FakeEncoder, "encode_documents", lambda *_: 1 / 0)
            archive.coverage(Selection())
            with pytest.raises(ZeroDivisionError):
                archive.rebuild()
        # What no index holds any more, nothing tells of.
        assert archive.coverage(Selection()) == (0, None, None)
        assert archive.search_lexical(["Mosul"], Selection(), 5) == []
    with open_archive(folder) as archive:
        assert archive.info()["pending"] == 20
        assert archive.index_pending() == 20
        assert not any(archive.verify().values())
        assert np.array_equal(stored_vectors(archive)[1], sound[1])


def test_a_model_that_cannot_be_loaded_leaves_the_archive_readable(folder):
    def missing(_model, _precision):
        raise ModelError("no weights")

    from index.archive import Archive

    with Archive.open(folder, missing) as archive:
        assert archive.info()["articles"] == 20
        with pytest.raises(ModelError, match="no weights"):
            _ = archive.encoder


# --- one owner

HOLD = """
import sys
from pathlib import Path
from fakes import open_archive
with open_archive(Path(sys.argv[1])) as archive:
    if sys.argv[2:]:
        archive.announce(sys.argv[2])
    print("ready", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(folder):
    """Starts another process that holds the archive until its input ends."""
    started = []

    def start(*arguments: str) -> subprocess.Popen[str]:
        path = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
        process = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(folder), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": path},
        )
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        return process

    yield start
    for process in started:
        process.communicate()


def test_a_second_process_is_refused_and_told_who_holds_it(folder, holder):
    process = holder()
    with pytest.raises(ArchiveLockedError, match=rf"in use by process {process.pid} ") as caught:
        open_archive(folder)
    assert caught.value.url is None
    process.communicate()
    with open_archive(folder) as archive:
        assert archive.info()["articles"] == 20


def test_the_owner_that_serves_tells_its_address(folder, holder):
    holder("http://127.0.0.1:8710")
    with pytest.raises(ArchiveLockedError, match=r"Ask it at http://127\.0\.0\.1:8710") as caught:
        open_archive(folder)
    assert caught.value.url == "http://127.0.0.1:8710"


def test_a_killed_owner_holds_nothing(folder, holder):
    process = holder()
    process.kill()
    process.wait()
    with open_archive(folder) as archive:
        assert not any(archive.verify().values())


def test_a_second_opening_in_one_process_is_refused(folder):
    with open_archive(folder), pytest.raises(ArchiveLockedError, match=f"process {os.getpid()}"):
        open_archive(folder)
    with open_archive(folder) as archive:
        assert archive.info()["articles"] == 20


def test_a_full_disk_is_told_in_words_and_the_next_run_goes_on(tmp_path):
    articles = located([make_article(str(i), f"Words of {i}. " * 500) for i in range(5)])
    with open_archive(tmp_path / "archive") as archive:

        @event.listens_for(archive.catalog.engine, "connect")
        def _small(connection, _record):
            connection.execute("PRAGMA max_page_count = 1")

        archive.catalog.engine.dispose()
        with pytest.raises(ArchiveError, match=r"full.*Free disk space"):
            ingest.add(archive, articles)
    with open_archive(tmp_path / "archive") as archive:
        assert ingest.add(archive, articles).added == 5


def test_a_model_that_cannot_be_had_leaves_no_archive_behind(tmp_path: Path) -> None:
    def missing(_model: str, _precision: str) -> Encoder:
        raise ModelError("no such model")

    with pytest.raises(ModelError):
        Archive.open(tmp_path / "new", missing, create=True, model="none")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(("name", "said"), [("vectors", "vector index"), ("bm25", "BM25 index")])
def test_an_index_that_was_deleted_is_not_answered_around(tmp_path: Path, name: str, said: str) -> None:
    with open_archive(tmp_path) as archive:
        ingest.add(archive, located([make_article("a", "The ferry pier was sold.")]))
    shutil.rmtree(tmp_path / name)
    with open_archive(tmp_path) as archive:
        vector = archive.encoder.encode_queries(["ferry"])[0]
        searches = {
            "vectors": lambda: archive.search_dense(vector, Selection(), 5),
            "bm25": lambda: archive.search_lexical(["ferry"], Selection(), 5),
        }
        with pytest.raises(ArchiveCorruptError, match=rf"{said}.*rebuild"):
            searches[name]()
        archive.rebuild()
        assert all(search() for search in searches.values())
