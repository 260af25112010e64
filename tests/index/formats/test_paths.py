from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from memory import with_peak

from index.errors import SourceFileError
from index.formats import Defaults, Located, Reject, read_path


def test_a_folder_with_mixed_files(tmp_path, read_folder):
    for name, text in {
        "b.txt": "Second\n\nWords.",
        "a/one.md": "# First\n\nWords.",
        "c.jsonl": '{"text": "Third."}\n{"no": "text"}\n',
        "d.docx": "what is this",
        "README": "no ending",
        ".git/config.txt": "hidden",
        ".hidden.txt": "hidden",
        "empty.txt": "",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    outcome = read_folder(tmp_path, Defaults(source="Archive"))
    assert [article.title for article in outcome.articles] == ["First", "Second", "Third."]
    assert {article.source for article in outcome.articles} == {"Archive"}
    reasons = {Path(r.where).name: r.reason for r in outcome.rejects}
    assert reasons == {
        "c.jsonl:2": "no text",
        "d.docx": "unknown file type",
        "README": "unknown file type",
        "empty.txt": "empty file",
    }
    assert all(".jsonl.gz" in r.detail for r in outcome.rejects if r.reason == "unknown file type")


def test_an_empty_folder(tmp_path, read_folder):
    assert read_folder(tmp_path).reject.reason == "no files"


@pytest.mark.parametrize("name", ["missing.txt", "missing/a.txt", "nul\0.txt"])
def test_a_missing_path_is_an_error_at_once(tmp_path, name):
    with pytest.raises(SourceFileError, match="Check"):
        read_path(tmp_path / name, Defaults())


def test_a_device_is_an_error(tmp_path):
    os.mkfifo(tmp_path / "pipe.txt")
    with pytest.raises(SourceFileError, match="neither"):
        read_path(tmp_path / "pipe.txt", Defaults())


def test_odd_things_in_a_folder_are_rejected(tmp_path, read_folder):
    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "circle").symlink_to(tmp_path)
    (tmp_path / "nothing.txt").symlink_to(tmp_path / "gone.txt")
    (tmp_path / "story.txt").write_text("Words.")
    (tmp_path / "linked.txt").symlink_to(tmp_path / "story.txt")
    outcome = read_folder(tmp_path)
    assert [r.reason for r in outcome.rejects] == ["symbolic link", "unreadable", "unreadable"]
    assert len(outcome.articles) == 2


def test_an_unreadable_file(tmp_path, monkeypatch, read_folder):
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text("Words.")
    real_open = Path.open

    def refuse(self: Path, mode: str = "r") -> object:
        if self.name == "a.txt":
            raise PermissionError(13, "Permission denied")
        return real_open(self, mode)

    monkeypatch.setattr(Path, "open", refuse)
    outcome = read_folder(tmp_path)
    assert [(r.reason, r.where.endswith("a.txt")) for r in outcome.rejects] == [("unreadable", True)]
    assert len(outcome.articles) == 1
    with pytest.raises(SourceFileError, match="Permission denied"):
        read_path(tmp_path / "a.txt", Defaults())


def test_file_names_are_made_printable(tmp_path, read_folder):
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9\n.txt")).write_text("Words.")
    article = read_folder(tmp_path).article
    assert article.metadata["file"] == "caf\ufffd\ufffd.txt"


def test_reading_streams(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_bytes(
        b'{"text": "' + b"words " * 1000 + b'"}\n' * 1 + (b'{"text": "' + b"words " * 1000 + b'"}\n') * 3000
    )
    count, peak = with_peak(lambda: sum(isinstance(item, Located) for item in read_path(path, Defaults())))
    assert count == 3001
    assert peak < 2_000_000


def test_items_carry_what_others_count_on():
    assert Reject("a.jsonl:1", "no text", "…").reason == "no text"
    moment = datetime(2017, 11, 3, tzinfo=UTC)
    assert Defaults(published_at=moment, date_precision="day").source is None
