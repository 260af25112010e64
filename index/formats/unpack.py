"""Compressed files: unpacked as they are read, with a limit to what a few bytes may become."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
from collections.abc import Callable

from index.formats.base import RejectedError, Source

# A bomb becomes a thousand times its size, a file of articles ten times; so the time taken stays in keeping with what
# was handed in.
MAX_RATIO = 100
FREE_BYTES = 1024**3  # that much any file may become
MAX_XZ_MEMORY = 256 * 1024**2  # `xz -9` takes 65 MiB; a file can ask for 4 GiB
CHUNK_BYTES = 64 * 1024

_Decompressor = Callable[[], bz2.BZ2Decompressor | lzma.LZMADecompressor]


def gunzipped(source: Source) -> Source:
    """The file as it was before gzip. Reading it raises EOFError, zlib.error, BadGzipFile or RejectedError."""
    return _unpacked(source, lambda packed: gzip.GzipFile(fileobj=packed, mode="rb"))


def bunzipped(source: Source) -> Source:
    """The file as it was before bzip2. Reading it raises EOFError or RejectedError."""
    return _unpacked(source, lambda packed: _blocks(packed, bz2.BZ2Decompressor))


def unxzed(source: Source) -> Source:
    """The file as it was before xz. Reading it raises EOFError or RejectedError."""
    return _unpacked(source, lambda packed: _blocks(packed, lambda: lzma.LZMADecompressor(memlimit=MAX_XZ_MEMORY)))


def metered(
    stream: io.BufferedIOBase, charge: Callable[[int], None], below: io.BufferedIOBase | None = None
) -> io.BufferedIOBase:
    """The stream, telling `charge` how many bytes it gave, which may end the reading by an exception.

    What ended the reading ends every later one too: after damage nothing sensible can follow. Closes `below` as well.
    """
    return io.BufferedReader(_Metered(stream, charge, below), CHUNK_BYTES)


class _Metered(io.RawIOBase):
    def __init__(
        self, stream: io.BufferedIOBase, charge: Callable[[int], None], below: io.BufferedIOBase | None
    ) -> None:
        super().__init__()
        self._stream, self._charge, self._below = stream, charge, below
        self._failure: Exception | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if self._failure:
            raise self._failure
        try:
            data = self._stream.read1(min(len(buffer), CHUNK_BYTES))  # which may take room for as many at once
            self._charge(len(data))
        except Exception as error:
            self._failure = error
            raise
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._stream.close()
        if self._below:
            self._below.close()
        super().close()


def _unpacked(source: Source, unpacker: Callable[[io.BufferedIOBase], io.BufferedIOBase]) -> Source:
    def opened() -> io.BufferedIOBase:
        packed = source.opener()
        given = 0

        def charge(count: int) -> None:
            nonlocal given
            given += count
            if given > FREE_BYTES and given > MAX_RATIO * packed.tell():
                detail = f"unpacks to over {MAX_RATIO} times its size, which no articles do"
                raise RejectedError("too large", f"{detail}. Unpack it and add what is in it")

        return metered(unpacker(packed), charge, packed)

    return Source(source.where, source.name, opened)


def _blocks(packed: io.BufferedIOBase, decompressor: _Decompressor) -> io.BufferedIOBase:
    return io.BufferedReader(_Blocks(packed, decompressor), CHUNK_BYTES)


class _Blocks(io.RawIOBase):
    """What the standard library's files for bzip2 and xz do, with a decompressor of one's own choice of limits."""

    def __init__(self, packed: io.BufferedIOBase, decompressor: _Decompressor) -> None:
        super().__init__()
        self._packed, self._new = packed, decompressor
        self._decompressor = decompressor()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while True:
            chunk = b""
            if self._decompressor.eof:  # such files may stand one after another, with zeros between
                chunk = self._decompressor.unused_data.lstrip(b"\0")
                while not chunk:
                    if not (more := self._packed.read(CHUNK_BYTES)):
                        return 0
                    chunk = more.lstrip(b"\0")
                self._decompressor = self._new()
            elif self._decompressor.needs_input and not (chunk := self._packed.read(CHUNK_BYTES)):
                raise EOFError("the compressed file ends early")
            try:
                data = self._decompressor.decompress(chunk, len(buffer))
            except (OSError, lzma.LZMAError) as error:
                detail = f"{error}; what stands before the damage was read. Fetch the file again"
                raise RejectedError("damaged file", detail) from error
            if data:
                buffer[: len(data)] = data
                return len(data)
