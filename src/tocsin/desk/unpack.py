"""The files of a backup, unpacked one after the other and held against its list; memory does not grow with them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO

from tocsin.archive.durable import Disk
from tocsin.desk.backup_format import (
    KEYS,
    LARGEST_KEY_FILE,
    LARGEST_LISTING,
    LISTING,
    LONGEST_LINE,
    WEB,
    Head,
    Listed,
    read_files,
    read_head,
)
from tocsin.desk.progress import Bar
from tocsin.desk.tar_stream import Member, TarTaker
from tocsin.records.errors import EvidenceError, TocsinInputError
from tocsin.share.age_files import decrypt_into

_BUFFER_BYTES = 8 << 20
_MOST_WAITING = 256  # files
_ROOM_TO_LEAVE = 64 << 20


@dataclass(frozen=True, slots=True)
class Unpacked:
    """What came out of a backup."""

    head: Head
    web_files: int
    key_file: bytes | None = field(repr=False)


def unpack(file: Path, work: Path, with_identities: Sequence[Any], bar: Bar) -> Unpacked:
    """Unpack a backup into the folder `work`; the key file stays in memory.

    Raises TocsinInputError where the identity does not fit or the disk is too small, EvidenceError where the backup
    was changed, was cut off, or holds something else than its list says.
    """
    try:
        source = file.open("rb")
    except OSError as error:
        raise TocsinInputError(f"{file} cannot be read", got=error.strerror or "") from None
    disk = Disk(work / "unpacking")
    taker = _Unpacking(work, disk, bar)
    try:
        disk.make_folder(work / "unpacking")
        tar = TarTaker(taker.begins)
        with source:
            decrypt_into(source, tar, with_identities, file.name)
        if not tar.ended:
            raise EvidenceError(f"{file.name} ends before its last file", next_step="take another copy of it")
        return taker.finished()
    finally:
        taker.close()
        disk.close()
        shutil.rmtree(work / "unpacking", ignore_errors=True)


class _Unpacking:
    """Takes the files in the order of the list."""

    def __init__(self, work: Path, disk: Disk, bar: Bar) -> None:
        self._work, self._disk, self._bar = work, disk, bar
        self._list = work / "unpacking" / LISTING
        self._head: Head | None = None
        self._stream: BinaryIO | None = None
        self._expected: Iterator[Listed] = iter(())
        self._left_bytes = 0
        self._waiting: dict[Path, bytes] = {}
        self._waiting_bytes = 0
        self._folders: set[Path] = set()  # of what waits
        self._web_files = 0
        self._key_file: bytes | None = None

    def begins(self, name: str, size_bytes: int) -> Member:
        """Who takes the next file. Raises EvidenceError unless it is the next of the list, by name and size."""
        if self._head is None:
            if name != LISTING or not 0 < size_bytes <= LARGEST_LISTING:
                raise EvidenceError("this is no backup of a desk", expected=f"a tar that begins with {LISTING}")
            self._check_room(size_bytes)
            return _ToFile(self._disk, self._list, self._list_came)
        listed = next(self._expected, None)
        if listed is None or (listed.stored_as, listed.size_bytes) != (name, size_bytes):
            raise EvidenceError("the backup holds another file than its list says, or of another size")
        self._left_bytes -= size_bytes
        if self._left_bytes < 0:
            raise EvidenceError("the backup holds more bytes than its list says")
        if listed.path.startswith(f"{KEYS}/") and (self._key_file is not None or size_bytes > LARGEST_KEY_FILE):
            raise EvidenceError("the backup holds more than one file of keys, or a key file that is none")
        return _Checked(listed, self._taker(listed))

    def finished(self) -> Unpacked:
        """What came. Raises EvidenceError where the list names more."""
        if self._head is None or next(self._expected, None) is not None or self._left_bytes:
            raise EvidenceError("the backup lacks files that its list names")
        self._flush()
        self._disk.settle()
        return Unpacked(self._head, self._web_files, self._key_file)

    def close(self) -> None:
        """Let go of the list."""
        if self._stream is not None:
            self._stream.close()

    def _list_came(self) -> None:
        stream = self._stream = self._list.open("rb")
        self._head = read_head(stream.readline(LONGEST_LINE))
        self._expected = read_files(stream, self._head.files)
        self._left_bytes = self._head.size_bytes
        self._check_room(self._head.size_bytes)

    def _check_room(self, size_bytes: int) -> None:
        free = shutil.disk_usage(self._work).free
        if size_bytes + _ROOM_TO_LEAVE > free:
            raise TocsinInputError(
                "the disk has no room for what the backup says it holds", expected=f"{size_bytes:,} bytes",
                got=f"{free:,} bytes free", next_step="restore to a larger disk",
            )  # fmt: skip

    def _taker(self, listed: Listed) -> Member:
        self._bar.advance(1)
        if listed.path.startswith(f"{KEYS}/"):
            return _ToMemory(self._keys_came)
        path = self._work / listed.path
        self._web_files += listed.path.startswith(f"{WEB}/")
        if listed.size_bytes > _BUFFER_BYTES:
            self._check_new(path)
            return _ToFile(self._disk, path, lambda: None)
        return _ToMemory(lambda data: self._keep(path, data))

    def _keys_came(self, data: bytes) -> None:
        self._key_file = data

    def _keep(self, path: Path, data: bytes) -> None:
        self._check_new(path)
        if path in self._waiting:
            raise EvidenceError("the backup holds two files of one name")
        self._waiting[path] = data
        self._waiting_bytes += len(data)
        if self._waiting_bytes >= _BUFFER_BYTES or len(self._waiting) >= _MOST_WAITING:
            self._flush()

    def _check_new(self, path: Path) -> None:
        """Raises EvidenceError where a file or a folder of that name came before: nothing is ever written over.

        Asked of the file system, which may take two names for one (capital letters).
        """
        above = [each for each in path.parents if each.is_relative_to(self._work)]
        if path.exists() or path in self._folders or any(each in self._waiting or each.is_file() for each in above):
            raise EvidenceError("the backup holds two files of one name")
        self._folders.update(above)

    def _flush(self) -> None:
        self._disk.write_all(self._waiting)
        self._waiting, self._waiting_bytes = {}, 0
        self._folders.clear()  # they are on the disk now


class _Checked:
    """Counts the digest of a file while another takes it."""

    def __init__(self, listed: Listed, inner: Member) -> None:
        self._listed, self._inner, self._digest = listed, inner, sha256()

    def write(self, data: memoryview) -> None:
        """Take bytes."""
        self._digest.update(data)
        self._inner.write(data)

    def close(self) -> None:
        """Raises EvidenceError unless the file is the one listed."""
        if self._digest.hexdigest() != self._listed.sha256:
            raise EvidenceError(
                f"the backup is damaged: file {self._listed.number + 1} has not the SHA-256 of its list"
            )
        self._inner.close()


class _ToMemory:
    """A small file, given away whole."""

    def __init__(self, done: Any) -> None:
        self._data, self._done = bytearray(), done

    def write(self, data: memoryview) -> None:
        """Take bytes."""
        self._data += data

    def close(self) -> None:
        """Give it away."""
        self._done(bytes(self._data))


class _ToFile:
    """A large file, written in stretches of 8 MiB, each durable."""

    def __init__(self, disk: Disk, path: Path, done: Any) -> None:
        self._disk, self._path, self._done = disk, path, done
        self._data, self._at = bytearray(), 0

    def write(self, data: memoryview) -> None:
        """Take bytes."""
        self._data += data
        if len(self._data) >= _BUFFER_BYTES:
            self._flush()

    def close(self) -> None:
        """Write the rest."""
        self._flush()
        self._done()

    def _flush(self) -> None:
        self._disk.append(self._path, self._at, bytes(self._data))
        self._at += len(self._data)
        self._data.clear()
