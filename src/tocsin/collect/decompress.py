"""Streams that decompress as they are read, and stop at a bomb or at damage with a clear error."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable
from typing import Any, BinaryIO, Final, cast

import pyarrow as pa

from tocsin.records.errors import TocsinInputError

GZIP: Final = b"\x1f\x8b"
ZSTD: Final = b"\x28\xb5\x2f\xfd"
ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06")
MAX_RATIO: Final = 250  # text of posts compresses 5 to 40 times, the most repetitive seen about 120
_STEP: Final = 1 << 18
_ZSTD_STEP: Final = 1 << 12  # pyarrow loses what a read that meets damage had unpacked
RATIO_FREE: Final = 16 << 20  # bytes that may come out before the ratio matters
_DAMAGE = (OSError, EOFError, zlib.error, zipfile.BadZipFile, pa.ArrowException, NotImplementedError, RuntimeError)


class GuardedStream(io.RawIOBase):
    """The decompressed bytes of `inner`; `packed_bytes()` says how many compressed bytes were used so far.

    Raises TocsinInputError once more than MAX_RATIO bytes came out for each byte that went in, or at damage.
    """

    def __init__(
        self, inner: Any, packed_bytes: Callable[[], int], name: str, also_close: Any = None, step: int = _STEP
    ) -> None:
        self._inner = inner
        self._packed_bytes = packed_bytes
        self._name = name
        self._also_close = also_close
        self._step = step
        self._given = 0

    def readable(self) -> bool:
        """True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill `buffer` with decompressed bytes."""
        try:
            # small steps: what a step fails on is lost, what came before it is not
            piece = self._inner.read(min(len(buffer), self._step))
        except _DAMAGE:
            raise TocsinInputError(
                f"{self._name}: the compressed data is damaged or cut after {self._given} bytes",
                next_step="what came before was read; get the file again",
            ) from None
        self._given += len(piece)
        if self._given > RATIO_FREE and self._given > MAX_RATIO * max(1, self._packed_bytes()):
            raise TocsinInputError(
                f"{self._name}: a decompression bomb",
                expected=f"at most {MAX_RATIO} bytes out of each compressed byte",
                got=f"{self._given} bytes out of {self._packed_bytes()}",
                next_step="unpack it yourself where nothing can be harmed, if it is honest",
            )
        buffer[: len(piece)] = piece
        return len(piece)

    def close(self) -> None:
        """Close the streams below."""
        if not self.closed:
            for stream in (self._inner, self._also_close):
                if stream is not None:
                    stream.close()
        super().close()


def decompressed(opened: BinaryIO, name: str) -> BinaryIO:
    """`opened` itself, or a stream of what is packed in it where it begins as gzip or Zstandard."""
    peekable = opened if isinstance(opened, io.BufferedReader) else io.BufferedReader(cast(Any, opened))
    magic = peekable.peek(4)[:4]
    counter = _Counter(peekable)
    if magic.startswith(GZIP):
        return _buffered(GuardedStream(_Gunzip(counter), counter.count, name, peekable))
    if magic == ZSTD:
        packed = pa.CompressedInputStream(pa.PythonFile(counter, mode="r"), "zstd")
        return _buffered(GuardedStream(packed, counter.count, name, peekable, _ZSTD_STEP))
    return peekable


def is_compressed(head: bytes) -> bool:
    """Whether bytes begin as gzip or Zstandard."""
    return head.startswith((GZIP, ZSTD))


def guarded_member(opened: Any, packed_size: int, name: str) -> BinaryIO:
    """The stream of a zip member, guarded."""
    return _buffered(GuardedStream(opened, lambda: packed_size, name))


def _buffered(guarded: GuardedStream) -> BinaryIO:
    return io.BufferedReader(guarded, 1 << 18)


class _Counter:
    """Counts the bytes read from a stream; enough of a file for gzip and pyarrow."""

    def __init__(self, inner: BinaryIO) -> None:
        self._inner = inner
        self._read = 0
        self.closed = False

    def count(self) -> int:
        return self._read

    def read(self, size: int = -1) -> bytes:
        piece = self._inner.read(size)
        self._read += len(piece)
        return piece

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return False

    def seekable(self) -> bool:
        return False

    def close(self) -> None:
        self.closed = True


class _Gunzip:
    """Gunzips member after member. Unlike the gzip module it loses nothing it had unpacked when it meets damage."""

    def __init__(self, packed: _Counter) -> None:
        self._packed = packed
        self._decoder = zlib.decompressobj(wbits=31)
        self._ended = False

    def read(self, size: int) -> bytes:
        while not self._ended:
            data = self._decoder.unconsumed_tail or self._packed.read(1 << 16)
            if self._decoder.eof:
                data = (self._decoder.unused_data + data).lstrip(b"\0")
                if not data:
                    self._ended = True
                    break
                self._decoder = zlib.decompressobj(wbits=31)
            elif not data:
                raise EOFError("the gzip stream is cut")
            piece = self._decoder.decompress(data, size)
            if piece:
                return piece
        return b""

    def close(self) -> None:
        self._ended = True
