"""What came over HTTP as it was sent: taken out of its chunks, unpacked, never to more than a page may have."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable

import brotli

from index.formats import html
from index.formats.base import RejectedError, shown

CHUNK = re.compile(rb"([0-9a-fA-F]{1,8})[ \t]*(?:;[^\r\n]{0,1000})?\r?\n")
GZIP = b"\x1f\x8b"
MAX_CODINGS = 3  # in real life there is one


def dechunked(data: bytes) -> bytes:
    """The bytes of all chunks. As it is, where these are no chunks: some crawlers take them out and keep the header.

    Raises RejectedError when the last chunk is missing.
    """
    parts: list[bytes] = []
    at = 0
    while line := CHUNK.match(data, at):
        size, at = int(line[1], 16), line.end()
        if not size:
            return b"".join(parts)
        parts.append(data[at : at + size])
        at += size
        if data[at : at + 2] != b"\r\n":
            break
        at += 2
    if not parts:
        return data
    raise _cut_short()


def decoded(data: bytes, codings: list[str]) -> bytes:
    """The bytes as they were before these content codings, which were applied in this order.

    As they are, where they are not so coded: some crawlers unpack and keep the header. Raises RejectedError for unknown
    codings, for what ends early, and for what is too large for a page.
    """
    if len(codings) > MAX_CODINGS:
        raise RejectedError("unknown encoding", f"packed {len(codings)} times over. Unpack the page and add it alone")
    for coding in reversed(codings):
        if coding not in DECODERS:
            detail = f"packed as {shown(coding)}; known are {', '.join(DECODERS)}. Capture the page again without it"
            raise RejectedError("unknown encoding", detail)
        data = DECODERS[coding](data)
    return data


def _gzip(data: bytes) -> bytes:
    parts, total = [], 0
    rest = data
    while rest.startswith(GZIP):  # one may follow another
        part, rest = _inflated(rest, zlib.MAX_WBITS | 16, html.MAX_HTML_BYTES - total)
        parts.append(part)
        total += len(part)
    return b"".join(parts) if parts else data


def _deflate(data: bytes) -> bytes:
    for bits in (zlib.MAX_WBITS, -zlib.MAX_WBITS):  # as the standard says, and as many servers send it
        try:
            return _inflated(data, bits, html.MAX_HTML_BYTES)[0]
        except RejectedError as error:
            if error.reason != "damaged record":
                raise
    return data


def _inflated(data: bytes, bits: int, most: int) -> tuple[bytes, bytes]:
    """What is unpacked, and what stands after it."""
    inflating = zlib.decompressobj(bits)
    try:
        found = inflating.decompress(data, most + 1)
    except zlib.error as error:
        raise RejectedError("damaged record", f"{error}. Capture the page again") from error
    if len(found) > most:
        raise _too_large()
    if not inflating.eof:
        raise _cut_short()
    return found, inflating.unused_data


def _brotli(data: bytes) -> bytes:
    try:
        return _unbrotlied(data)
    except RejectedError as error:
        if error.reason != "too large" and data.lstrip().startswith(b"<"):
            return data  # nothing marks brotli, but this is no more than a page
        raise


def _unbrotlied(data: bytes) -> bytes:
    decompressor = brotli.Decompressor()
    found = bytearray()
    try:
        while not decompressor.is_finished():
            # The decompressor keeps what it has not yet unpacked, and then takes nothing new.
            piece = decompressor.process(b"" if found else data, output_buffer_limit=html.MAX_HTML_BYTES + 1)
            found += piece
            if len(found) > html.MAX_HTML_BYTES:
                raise _too_large()
            if not piece and not decompressor.is_finished():
                raise _cut_short()
    except brotli.error as error:
        raise RejectedError("damaged record", "the page does not unpack. Capture it again") from error
    return bytes(found)


def _identity(data: bytes) -> bytes:
    return data


def _cut_short() -> RejectedError:
    return RejectedError("truncated", "the page was not received whole. Capture it again")


def _too_large() -> RejectedError:
    detail = f"unpacks to over {html.MAX_HTML_BYTES:,} bytes, too much for one page"
    return RejectedError("too large", f"{detail}. Save the article's part alone")


DECODERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "br": _brotli,
    "identity": _identity,
}
