"""A tar as a stream of pieces, written and read: plain files only, so that any tar program opens what age decrypts.

Reading is strict, because anybody who knows a recipient's public key can encrypt a file to it: plain files and nothing
else, no link, no folder, no extension header.
"""

from __future__ import annotations

import tarfile
from collections.abc import Callable
from typing import Protocol

from tocsin.records.errors import EvidenceError

BLOCK = tarfile.BLOCKSIZE
_LONGEST_NAME = 100


def fits(name: str) -> bool:
    """Whether a name goes into a plain header."""
    return name.isprintable() and len(name.encode()) <= _LONGEST_NAME


def header(name: str, size_bytes: int, modified_s: int) -> bytes:
    """The header block of a plain file."""
    info = tarfile.TarInfo(name)
    info.size, info.mtime, info.mode = size_bytes, modified_s, 0o600
    return info.tobuf(tarfile.GNU_FORMAT, "utf-8", "strict")


def padding(size_bytes: int) -> bytes:
    """What follows a file's bytes, up to the next block."""
    return bytes(-size_bytes % BLOCK)


def end() -> bytes:
    """What ends a tar."""
    return bytes(2 * BLOCK)


class Member(Protocol):
    """Takes one file."""

    def write(self, data: memoryview) -> None:
        """The next bytes of it."""

    def close(self) -> None:
        """All of it came."""


class TarTaker:
    """Takes a tar in pieces of any size; `begins` gives, for a name and a size, who takes the file's bytes.

    Raises EvidenceError for anything but plain files, and what `begins` and the members raise.
    """

    def __init__(self, begins: Callable[[str, int], Member]) -> None:
        self._begins = begins
        self._block = bytearray()  # of a header, as far as it came
        self._member: Member | None = None
        self._left = self._skip = 0  # bytes of the present file, and of what follows it
        self.ended = False

    def write(self, data: bytes, /) -> int:
        """Take the next piece."""
        rest = memoryview(data)
        while rest:
            if self._left:
                rest = self._content(rest)
            elif self._skip or self.ended:
                taken = len(rest) if self.ended else min(self._skip, len(rest))
                if any(rest[:taken]):
                    raise EvidenceError("the backup holds bytes between or after its files")
                self._skip -= min(taken, self._skip)
                rest = rest[taken:]
            else:
                missing = BLOCK - len(self._block)
                self._block += rest[:missing]
                rest = rest[missing:]
                if len(self._block) == BLOCK:
                    self._begin(bytes(self._block))
                    self._block.clear()
        return len(data)

    def flush(self) -> None:
        """Nothing waits that could be flushed."""

    def _content(self, rest: memoryview) -> memoryview:
        taken = min(self._left, len(rest))
        if self._member is not None:
            self._member.write(rest[:taken])
            self._left -= taken
            if not self._left:
                self._member.close()
        return rest[taken:]

    def _begin(self, block: bytes) -> None:
        if not any(block):
            self.ended = True
            return
        try:
            info = tarfile.TarInfo.frombuf(block, "utf-8", "strict")
        except (tarfile.HeaderError, UnicodeDecodeError) as error:
            raise EvidenceError("the backup is damaged: a file in it has no readable head") from error
        if info.type != tarfile.REGTYPE or info.linkname or info.size < 0:
            raise EvidenceError("the backup holds something else than plain files", expected="files only, no links")
        self._member = self._begins(info.name, info.size)
        self._left, self._skip = info.size, -info.size % BLOCK
        if not info.size:
            self._member.close()
