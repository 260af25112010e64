from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.formats import normalise_text
from index.formats.base import RejectedError
from index.formats.decode import decode, find_encoding

CZECH = "Příliš žluťoučký kůň úpěl ďábelské ódy v neděli večer."


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("Où étaient-ils ?".encode(), "Où étaient-ils ?"),
        (b"\xef\xbb\xbfplain", "plain"),
        ("Où".encode("utf-16"), "Où"),
        ("Où".encode("utf-32"), "Où"),
        ("The café was closed.".encode("cp1252"), "The café was closed."),
        ("He said “no” — twice.".encode("cp1252"), "He said “no” — twice."),
        ("São Paulo não".encode("cp1252"), "São Paulo não"),
        ("The cafe was closed; so was the café".encode("cp1252"), "The cafe was closed; so was the café"),
        (CZECH.encode("cp1250"), CZECH),
    ],
)  # fmt: skip
def test_decode(data, text):
    assert decode(data) == text


def test_the_declared_set_decides_where_it_is_not_utf8():
    assert decode("Войска".encode("koi8-r"), "KOI8-R") == "Войска"


@pytest.mark.parametrize("declared", ["punycode", "rot13", "nonsense", "utf-7"])
def test_declared_names_that_are_not_trusted(declared):
    assert decode("The café was closed.".encode("cp1252"), declared) == "The café was closed."


def test_a_declared_set_that_does_not_fit():
    with pytest.raises(RejectedError, match="unknown character set"):
        decode(b"caf\xe9 \xff", "euc-jp")


def test_a_character_split_between_chunks_is_utf8():
    first, second = "é".encode()[:1], "é".encode()[1:]
    assert find_encoding([b"caf" + first, second]) == "utf-8"


@given(st.binary(max_size=400), st.none() | st.sampled_from(["big5", "shift_jis", "iso-8859-1", "iso-8859-99"]))
def test_any_bytes_are_text_or_rejected(data, declared):
    try:
        assert isinstance(decode(data, declared), str)
    except RejectedError:
        return


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("a\r\nb\rc\u2028d\x0be\x85f", "a\nb\nc\nd\ne\nf"),
        ("e\u0301", "é"),
        ("a\x00b\x1bc\x7fd\te", "abcd\te"),
        ("\u202eevil\u202c \u2066x\u2069 \u200ey\u200f", "evil x y"),
        ("  a  \n b \t\n\n\n", "a\n b"),
        ("\ufeffa\ufeff", "a"),
    ],
)
def test_normalise(raw, text):
    assert normalise_text(raw) == text


@given(st.text())
def test_normalising_twice_changes_nothing(text):
    once = normalise_text(text)
    assert normalise_text(once) == once
    assert "\r" not in once
