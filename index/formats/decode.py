"""Bytes -> text: which character set, and whether it is text at all."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable

from charset_normalizer import from_bytes

from index.formats.base import RejectedError

BOMS = (  # UTF-32 before UTF-16: its mark begins with the other's
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
SIGNATURES = {
    b"%PDF-": "a PDF",
    b"{\\rtf": "an RTF document",
    b"PK\x03\x04": "a zip or office file",
    b"\x1f\x8b": "a gzip file",
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
}
CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
HIGH = re.compile(rb"[\x80-\xff]")
MAX_CONTROL_SHARE = 0.02  # a few strays stand in real texts; in binary data about every tenth byte is one
SAMPLE_BYTES = 64 * 1024
# Guessing among these without a mark takes short Western texts for Chinese ones.
NEEDS_MARK = ["utf_16", "utf_16_le", "utf_16_be", "utf_32", "utf_32_le", "utf_32_be", "utf_7"]
# What web pages declare. Others that Python knows (punycode, idna) are slow on hostile input.
DECLARED = re.compile(
    r"windows-125\d|windows-874|iso-8859-\d+|koi8-[ru]|gb2312|gbk|gb18030|big5|shift_jis|euc-(jp|kr)", re.IGNORECASE
)


def marked_encoding(head: bytes) -> str | None:
    """The Unicode encoding that a byte order mark at the start announces."""
    return next((encoding for mark, encoding in BOMS if head.startswith(mark)), None)


def refuse_binary(head: bytes) -> None:
    """Raise RejectedError if the first bytes of a file are not text. Files with a byte order mark pass."""
    kind = next((name for mark, name in SIGNATURES.items() if head.startswith(mark)), None)
    if kind is None and marked_encoding(head) is None:
        controls = len(CONTROLS.findall(head))
        if b"\0" in head or controls > MAX_CONTROL_SHARE * len(head):
            kind = "binary data"
    if kind:
        raise RejectedError("binary file", f"this is {kind}, not text. Convert it to UTF-8 text first")


def decode(data: bytes, declared: str | None = None) -> str:
    """`data` as text: by byte order mark, as UTF-8, as `declared`, as detected, in this order.

    Raises RejectedError for binary data and for text in no known character set.
    """
    refuse_binary(data[:SAMPLE_BYTES])
    encoding = find_encoding([data], declared)
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise unknown_encoding(f"not {encoding} at byte {error.start}") from error


def find_encoding(chunks: Iterable[bytes], declared: str | None = None) -> str:
    """The name of the codec for a file given in chunks. Looks no further than the first bytes that are not UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    chunk = b""
    for number, following in enumerate(chunks):
        if number == 0 and (marked := marked_encoding(following)):
            return marked
        try:
            decoder.decode(following)
        except UnicodeDecodeError as error:
            return _declared_encoding(declared) or _guess(error.object, error.start)
        chunk = following
    if decoder.getstate()[0]:  # the file ends within a character
        return _declared_encoding(declared) or _guess(chunk, len(chunk))
    return "utf-8"


def unknown_encoding(detail: str) -> RejectedError:
    """The error for text in no known character set."""
    return RejectedError("unknown character set", f"{detail}. Save the file as UTF-8")


def _declared_encoding(declared: str | None) -> str | None:
    if not declared or not DECLARED.fullmatch(declared):
        return None
    try:
        codecs.lookup(declared)
    except LookupError:  # iso-8859-99
        return None
    # What calls itself Latin-1 on the web is Windows-1252 (WHATWG Encoding Standard).
    return "cp1252" if declared.lower() == "iso-8859-1" else declared


def _guess(data: bytes, position: int) -> str:
    """The likeliest character set, judged by the bytes around `position`, the first that are not UTF-8."""
    start = max(0, position - SAMPLE_BYTES // 2)
    sample = data[start : start + SAMPLE_BYTES]
    matches = from_bytes(sample, cp_exclusion=NEEDS_MARK)
    best = matches.best()
    if best is None:
        raise unknown_encoding("neither UTF-8 nor any detectable character set")
    # Where the bytes fit several sets equally, or are too few to recognise a language by but half ASCII,
    # it is the Western one, by far the commonest.
    tied = any(m.encoding == "cp1252" and m.chaos <= best.chaos and m.coherence >= best.coherence for m in matches)
    latin = len(HIGH.findall(sample)) < len(sample) / 2
    return "cp1252" if tied or (latin and not best.coherence) else best.encoding
