from __future__ import annotations

import bz2
import gzip
import io
import lzma
import random
import tarfile
import time
from pathlib import Path

import pytest
from memory import with_peak

from index.formats import Defaults, Located, members, read_path, tar, unpack

TEXT = "Town retaken\n\nThe army is back."
LINE = '{"text": "The army is back."}'
PACK = {
    "a.tar": bytes,
    "a.tar.gz": gzip.compress,
    "a.tgz": gzip.compress,
    "A.TAR.BZ2": bz2.compress,
    "a.tar.xz": lzma.compress,
}


def entry(name: str, data: bytes | str = b"", kind: bytes = tarfile.REGTYPE, **fields: object) -> tuple:
    info = tarfile.TarInfo(name)
    info.type = kind
    content = data.encode() if isinstance(data, str) else data
    info.size = len(content)
    for field, value in fields.items():
        setattr(info, field, value)
    return info, content


def packed(*entries: tuple, form: int = tarfile.PAX_FORMAT) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as archive:
        for info, content in entries:
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def texts(**files: bytes | str) -> bytes:
    return packed(*(entry(name, data) for name, data in files.items()))


def reasons(outcome) -> list[tuple[str, str]]:
    return [(reject.where.partition("!")[2], reject.reason) for reject in outcome.rejects]


def header(name: str, size: int, kind: bytes = tarfile.REGTYPE) -> bytes:
    """A member's header alone, of any size."""
    return entry(name, size=size, kind=kind)[0].tobuf(tarfile.GNU_FORMAT)


@pytest.mark.parametrize("name", PACK)
@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_members_of_every_kind_in_the_order_of_the_file(read, name, form):
    data = packed(
        entry("folder", kind=tarfile.DIRTYPE),
        entry("z.txt", TEXT),
        entry("./b/lines.jsonl", '{"text": "One."}\n{"text": "Two."}\n'),
        entry("b/more.jsonl.gz", gzip.compress(b'{"text": "Three."}')),
        entry("b/" + "long/" * 18 + "table.csv", "title,text\nFour,Fourth\n"),
        entry("._z.txt", "resource"),
        entry(".hidden/b.txt", "hidden"),
        form=form,
    )
    outcome = read(name, PACK[name](data))
    assert not outcome.rejects
    assert [located.where.partition("!")[2] for located in outcome.located] == [
        "z.txt",
        "./b/lines.jsonl:1",
        "./b/lines.jsonl:2",
        "b/more.jsonl.gz:1",
        "b/" + "long/" * 18 + "table.csv:2",
    ]


def test_what_is_no_plain_file_is_named(read):
    data = packed(
        entry("a.txt", TEXT),
        entry("soft.txt", kind=tarfile.SYMTYPE, linkname="/etc/passwd"),
        entry("hard.txt", kind=tarfile.LNKTYPE, linkname="a.txt"),
        entry("pipe.txt", kind=tarfile.FIFOTYPE),
        entry("disk.txt", kind=tarfile.BLKTYPE),
        entry("terminal.txt", kind=tarfile.CHRTYPE),
        entry("../evil.txt", TEXT),
        entry("b.zip", "x"),
        entry("c.TAR.GZ", "x"),
        entry("d.bin", b"\0"),
        entry("e.txt"),
        entry("/etc/x\x1b[2J.txt", TEXT),
    )
    outcome = read("a.tar", data)
    assert reasons(outcome) == [
        ("soft.txt", "link"),
        ("hard.txt", "link"),
        ("pipe.txt", "unreadable"),
        ("disk.txt", "unreadable"),
        ("terminal.txt", "unreadable"),
        ("../evil.txt", "unsafe name"),
        ("b.zip", "nested archive"),
        ("c.TAR.GZ", "nested archive"),
        ("d.bin", "unknown file type"),
        ("e.txt", "empty file"),
    ]
    assert [located.where.partition("!")[2] for located in outcome.located] == ["a.txt", "/etc/x\ufffd[2J.txt"]


def test_sparse_files_of_every_form(read):
    headers = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "s.txt", "GNU.sparse.realsize": "9"}
    newest = entry("GNUSparseFile.0/s.txt", b"1\n0\n1\n".ljust(512, b"\0") + b"x", pax_headers=headers)
    older = entry(
        "t.txt", b"x", pax_headers={"GNU.sparse.map": "0,1", "GNU.sparse.size": "9", "GNU.sparse.name": "t.txt"}
    )
    outcome = read("a.tar", packed(newest, older, entry("u.txt", TEXT)))
    assert [reason for _, reason in reasons(outcome)] == ["sparse file", "sparse file"]
    assert len(outcome.articles) == 1


def test_names_that_are_no_utf_8(read):
    data = packed(entry(b"caf\xe9.txt".decode(errors="surrogateescape"), TEXT), form=tarfile.GNU_FORMAT)
    assert read("a.tar", data).article.metadata["file"] == "caf\ufffd.txt"


def test_a_large_member_is_read_as_often_as_its_reader_asks(read, monkeypatch, tmp_path):
    monkeypatch.setattr(tar, "MAX_SPOOLED_BYTES", 1000)
    rows = "title,text\n" + "".join(f"{number},Words.\n" for number in range(20_000)) + "last,Caf\xe9\n"
    lines = '{"text": "x"}\n' * 20_000
    data = packed(entry("a.csv", rows.encode("cp1252")), entry("b.jsonl.gz", gzip.compress(lines.encode())))
    outcome = read("a.tar.gz", gzip.compress(data))
    assert (len(outcome.articles), outcome.rejects) == (40_001, [])
    assert outcome.articles[20_000].text == "Café"
    assert [path.name for path in tmp_path.iterdir()] == ["a.tar.gz"]


def test_bad_members_leave_the_others_readable(read):
    broken = bytearray(gzip.compress(b'{"text": "One."}' * 100))
    broken[12] ^= 0x55
    data = packed(
        entry("a.jsonl.gz", bytes(broken)), entry("b.jsonl.gz", gzip.compress(b"{}")[:-4]), entry("c.txt", TEXT)
    )
    outcome = read("a.tar", data)
    assert reasons(outcome) == [("a.jsonl.gz", "damaged file"), ("b.jsonl.gz", "truncated")]
    assert len(outcome.articles) == 1


# --- damage


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.tar", b"", "empty file"),
        ("a.tar", packed(), "empty file"),
        ("a.tar", packed(entry(".hidden", "x")), "empty file"),
        ("a.tar", b"no tar file", "truncated"),
        ("a.tar", b"no tar file" * 1000, "damaged file"),
        ("a.tar.gz", b"no tar file" * 1000, "damaged file"),
        ("a.tar.bz2", b"no tar file" * 1000, "damaged file"),
        ("a.tar.xz", b"no tar file" * 1000, "damaged file"),
        ("a.tar.xz", b"", "truncated"),
        ("a.tgz", gzip.compress(b""), "empty file"),
    ],
)
def test_not_a_tar_file(read, name, data, reason):
    assert read(name, data).reject.reason == reason


@pytest.mark.parametrize("name", PACK)
def test_cut_anywhere_what_stands_before_is_kept_and_the_rest_told(read, name):
    data = PACK[name](
        packed(*(entry(f"{n}.txt", f"Story {n}\n\n" + random.Random(n).randbytes(900).hex()) for n in range(4)))
    )
    whole = len(read(name, data).articles)
    assert whole == 4
    for cut in range(7, len(data) - 1, max(1, len(data) // 150)):
        outcome = read(name, data[:cut])
        if name != "a.tar" or not data[: cut + 1].endswith(bytes(513)):
            assert outcome.rejects, cut
        assert all(len(article.text) == 1800 for article in outcome.articles)
        assert all(reject.reason in ("truncated", "damaged file") for reject in outcome.rejects)


@pytest.mark.parametrize("name", PACK)
def test_damage_anywhere_is_reported_not_raised(read, name):
    whole = PACK[name](
        packed(entry("a.txt", TEXT), entry("b" * 200 + ".jsonl", '{"text": "One."}\n'), entry("c.csv", "text\nTwo\n"))
    )
    choice = random.Random(5)
    for _ in range(200):
        data = bytearray(whole)
        for _ in range(choice.randint(1, 3)):
            data[choice.randrange(min(len(data), 6000))] = choice.randrange(256)
        outcome = read(name, bytes(data))
        assert outcome.articles or outcome.rejects


def test_what_stands_after_the_end_is_told(read):
    outcome = read("a.tar", texts(**{"a.txt": TEXT}) + texts(**{"b.txt": TEXT}))
    assert (len(outcome.articles), reasons(outcome)) == (1, [("", "damaged file")])
    assert "second tar file" in outcome.rejects[0].detail


def test_a_header_that_is_none_in_the_middle_is_told(read):
    data = bytearray(packed(entry("a.txt", TEXT), entry("b.txt", TEXT), entry("c.txt", TEXT)))
    data[1024 + 150] ^= 0x11  # the checksum of the second
    outcome = read("a.tar", bytes(data))
    assert (len(outcome.articles), reasons(outcome)) == (1, [("", "damaged file")])


def test_streams_one_after_another(read):
    data = texts(**{"a.txt": TEXT})
    for name, pack in (("a.tar.bz2", bz2.compress), ("a.tar.xz", lzma.compress), ("a.tar.gz", gzip.compress)):
        assert read(name, pack(data[:700]) + pack(data[700:])).article.title == "Town retaken"
    assert read("a.tar.xz", lzma.compress(data) + bytes(400)).article.title == "Town retaken"


# --- hostile files


@pytest.mark.parametrize(("size", "articles"), [(-256, 1), (-1024, 0)])
@pytest.mark.parametrize("first", ["a.bin", "a.jsonl"])
def test_a_size_below_zero_neither_reads_all_nor_goes_round_in_circles(read, size, articles, first):
    data = bytearray(header(first, 0) + texts(**{"b.txt": TEXT}))
    data[124:136] = (256**12 + size).to_bytes(12)
    data[148:156] = b"%06o\0 " % tarfile.calc_chksums(bytes(data[:512]))[0]
    outcome = read("a.tar", bytes(data))
    assert len(outcome.articles) == articles
    assert outcome.rejects[-1].reason == "damaged file"


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME])
def test_headers_of_any_size_are_not_held(read, kind):
    data = texts(**{"a.jsonl": LINE})[:1024] + header("x", 8 * 1024**3, kind) + b"1" * 5_000_000
    outcome, peak = with_peak(lambda: read("a.tar", data))
    assert (len(outcome.articles), reasons(outcome)) == (1, [("", "damaged file")])
    assert peak < 3_000_000


def test_headers_that_old_versions_of_tarfile_search_for_ever(read):
    begun = time.monotonic()
    data = header("x", 100 * 1024, tarfile.XHDTYPE) + b"1" * 100 * 1024 + texts(**{"a.txt": TEXT})
    assert read("a.tar", data).reject.reason == "damaged file"
    assert time.monotonic() - begun < 5


def test_headers_upon_headers(read):
    data = header("x", 512, tarfile.XHDTYPE) + b"9 a=abcd\n".ljust(512, b"\0")
    assert read("a.tar", data * 5000 + texts(**{"a.txt": TEXT})).reject.reason == "damaged file"


def test_a_bomb_of_one_member(read, monkeypatch):
    monkeypatch.setattr(members, "MAX_MEMBER_BYTES", 100_000)
    lines = b'{"text": "x"}\n' * 100_000
    data = packed(entry("a.jsonl", lines), entry("b.jsonl.gz", gzip.compress(lines)), entry("c.txt", TEXT))
    outcome = read("a.tar.gz", gzip.compress(data))
    assert reasons(outcome) == [("a.jsonl", "too large"), ("b.jsonl.gz", "too large")]
    assert outcome.articles[-1].title == "Town retaken"


def test_a_bomb_of_many_members(read, monkeypatch):
    monkeypatch.setattr(members, "MAX_TOTAL_BYTES", 10_000)
    outcome = read("a.tar", texts(**{f"{n}.txt": "word " * 500 for n in range(100)}))
    assert len(outcome.articles) == 4
    assert outcome.rejects[-1].reason == "too large"
    assert "were not read" in outcome.rejects[-1].detail


@pytest.mark.parametrize("name", ["a.tar.gz", "a.tar.bz2", "a.tar.xz"])
def test_a_bomb_of_the_file_itself(read, name, monkeypatch):
    monkeypatch.setattr(unpack, "FREE_BYTES", 1_000_000)
    data = packed(entry("a.txt", TEXT), entry("zeros.bin", bytes(30_000_000)), entry("b.txt", TEXT))
    outcome = read(name, PACK.get(name, bz2.compress)(data))
    assert reasons(outcome) == [("zeros.bin", "unknown file type"), ("", "too large")]
    assert len(outcome.articles) == 1


def test_xz_that_asks_for_all_memory(read, monkeypatch):
    monkeypatch.setattr(unpack, "MAX_XZ_MEMORY", 20_000_000)
    filters = [{"id": lzma.FILTER_LZMA2, "dict_size": 64 * 1024**2}]
    data = lzma.compress(texts(**{"a.txt": TEXT}), filters=filters)
    assert read("a.tar.xz", data).reject.reason == "damaged file"


def test_reading_streams(tmp_path: Path):
    path = tmp_path / "a.tar"
    with tarfile.open(path, "w") as archive:
        for number in range(3000):
            archive.addfile(*((info := entry(f"{number}.jsonl", LINE))[0], io.BytesIO(info[1])))
        archive.addfile(entry("film.bin", size=50_000_000)[0], io.BytesIO(bytes(50_000_000)))
    count, peak = with_peak(lambda: sum(isinstance(item, Located) for item in read_path(path, Defaults())))
    assert count == 3000
    assert peak < 3_000_000
