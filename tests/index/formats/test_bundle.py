from __future__ import annotations

import gzip
import io
import random
import zipfile

import pytest

from index.formats import members

TEXT = "Town retaken\n\nThe army is back."


def zipped(members: dict[str, bytes | str], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def test_members_of_every_kind_in_order(read):
    outcome = read(
        "a.zip",
        zipped(
            {
                "z.txt": TEXT,
                "b/lines.jsonl": '{"text": "One."}\n{"text": "Two."}\n',
                "b/more.jsonl.gz": gzip.compress(b'{"text": "Three."}'),
                "a/table.csv": "title,text\nFour,Fourth\n",
                "a/": "",
                "__MACOSX/a.txt": "resource",
                ".hidden/b.txt": "hidden",
            }
        ),
    )
    assert not outcome.rejects
    names = ["a/table.csv:2", "b/lines.jsonl:1", "b/lines.jsonl:2", "b/more.jsonl.gz:1", "z.txt"]
    assert [located.where.partition("a.zip!")[2] for located in outcome.located] == names


def test_bad_members_leave_the_others_readable(read):
    members = {
        "a.txt": TEXT,
        "b.bin": b"\0",
        "c.zip": zipped({"a.txt": TEXT}),
        "d.txt": "",
        "e.txt": b"\0\1",
        "f.txt": TEXT,
    }
    outcome = read("a.zip", zipped(members))
    assert [r.reason for r in outcome.rejects] == ["unknown file type", "nested archive", "empty file", "binary file"]
    assert [r.where.partition("!")[2] for r in outcome.rejects] == ["b.bin", "c.zip", "d.txt", "e.txt"]
    assert len(outcome.articles) == 2


def test_a_member_with_a_wrong_checksum(read):
    data = bytearray(zipped({"a.txt": TEXT, "b.txt": TEXT}, zipfile.ZIP_STORED))
    data[data.index(b"army")] ^= 1
    outcome = read("a.zip", bytes(data))
    assert [(r.where.partition("!")[2], r.reason) for r in outcome.rejects] == [("a.txt", "damaged file")]
    assert len(outcome.articles) == 1


def test_an_encrypted_member(read):
    data = bytearray(zipped({"a.txt": TEXT}))
    data[data.index(b"PK\x01\x02") + 8] |= 1
    assert read("a.zip", bytes(data)).reject.reason == "encrypted"


def test_an_unsupported_method(read):
    data = bytearray(zipped({"a.txt": TEXT}))
    data[data.index(b"PK\x01\x02") + 10] = 97
    assert read("a.zip", bytes(data)).reject.reason == "damaged file"


def test_a_bomb_of_one_member(read, monkeypatch):
    monkeypatch.setattr(members, "MAX_MEMBER_BYTES", 100_000)
    lines = b'{"text": "x"}\n' * 100_000
    outcome = read("a.zip", zipped({"a.jsonl": lines, "b.jsonl.gz": gzip.compress(lines), "c.txt": TEXT}))
    assert [r.reason for r in outcome.rejects] == ["too large", "too large"]
    assert len(outcome.articles) < 2 * 100_000 / 14 + 2
    assert outcome.articles[-1].title == "Town retaken"


def test_a_bomb_of_many_members(read, monkeypatch):
    monkeypatch.setattr(members, "MAX_TOTAL_BYTES", 10_000)
    outcome = read("a.zip", zipped({f"{n}.txt": "word " * 500 for n in range(100)}))
    assert len(outcome.articles) == 4
    assert [r.reason for r in outcome.rejects][-1] == "too large"
    assert "files were not read" in outcome.rejects[-1].detail


def test_names_that_leave_the_folder_are_only_names(read, tmp_path):
    outcome = read("a.zip", zipped({"../../evil.txt": TEXT, "/etc/x\x1b[2J.txt": TEXT}))
    assert sorted(located.where.partition("!")[2] for located in outcome.located) == ["/etc/x\ufffd[2J.txt"]
    assert list(tmp_path.iterdir()) == [tmp_path / "a.zip"]


@pytest.mark.parametrize("data", [b"", b"no zip file", zipped({"a.txt": TEXT})[:-30]])
def test_not_a_zip_file(read, data):
    assert read("a.zip", data).reject.reason == "damaged file"


def test_without_members(read):
    assert read("a.zip", zipped({})).reject.reason == "empty file"


def test_damage_anywhere_is_reported_not_raised(read):
    whole = zipped({"a.txt": TEXT, "b.jsonl": '{"text": "One."}\n', "c.csv": "text\nTwo\n"})
    choice = random.Random(3)
    for _ in range(300):
        data = bytearray(whole)
        for _ in range(choice.randint(1, 3)):
            data[choice.randrange(len(data))] = choice.randrange(256)
        outcome = read("a.zip", bytes(data))
        assert outcome.articles or outcome.rejects


def test_a_member_without_a_name_is_rejected_alone(read):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("Q", "A title\n\nSome text.")
        archive.writestr("a.txt", "A title\n\nSome text.")
    # Its name, one byte, becomes none: the lengths in both headers go to 0, and the byte goes into the extra field.
    data = packed.getvalue()
    data = data.replace(b"\x01\x00\x00\x00Q", b"\x00\x00\x01\x00Q", 1)
    central = data.index(b"PK\x01\x02")
    data = data[: central + 28] + b"\x00\x00\x01\x00" + data[central + 32 :]
    outcome = read("odd.zip", data)
    assert [article.title for article in outcome.articles] == ["A title"]
    assert len(outcome.rejects) == 1


def test_a_name_that_points_out_of_the_file_is_rejected_not_dropped(read):
    outcome = read("a.zip", zipped({"../evil.txt": TEXT, "good.txt": TEXT}))
    assert [reject.reason for reject in outcome.rejects] == ["unsafe name"]
    assert len(outcome.articles) == 1
