"""The one place where the archive touches the disk for writing, so that "acknowledged" can mean "survives a power cut".

Every effect first calls `Disk.step`; the torture tests override it to fail at the N-th call. An error in any step is
fatal for the writer that met it: after a failed fsync the kernel may have dropped the pages it could not write, so
trying again would report success for bytes that are gone.
"""

from __future__ import annotations

import contextlib
import itertools
import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO

from tocsin.records.errors import TocsinError

_SYNC_THREADS = 8  # a journalling file system commits many waiting fsyncs in one go


class Disk:
    """Writes files whole or not at all, and folders durably; temporary files lie in one folder, emptied at open."""

    def __init__(self, staging: Path) -> None:
        self._staging = staging
        self._numbers = itertools.count()
        self._unsettled: set[Path] = set()
        self._known_folders: set[Path] = set()
        self._pool = ThreadPoolExecutor(_SYNC_THREADS, thread_name_prefix="tocsin-sync")

    def step(self, what: str, path: Path) -> None:
        """Called before each effect (`what` is open, write, fsync, rename, truncate, remove, folder)."""

    def close(self) -> None:
        """Stop the threads. Nothing is written here."""
        self._pool.shutdown()

    def make_folder(self, folder: Path) -> None:
        """Create a folder and its parents; durable after the next `settle`."""
        if folder in self._known_folders:
            return
        if not folder.is_dir():
            self.make_folder(folder.parent)
            with _told(folder):
                self.step("folder", folder)
                folder.mkdir(exist_ok=True)
            self._unsettled.add(folder.parent)
        self._known_folders.add(folder)

    def write(self, path: Path, data: bytes | memoryview) -> None:
        """Put a whole file in place: temporary file, fsync, rename. Its name is durable after the next `settle`."""
        self.make_folder(path.parent)
        self._put(path, data)
        self._unsettled.add(path.parent)

    def write_stream(self, path: Path, fill: Callable[[BinaryIO], None]) -> None:
        """As `write`, for content that `fill` writes in pieces; where it raises, nothing is left."""
        self.make_folder(path.parent)
        temporary = self._staging / f"{os.getpid()}-{next(self._numbers)}.part"
        try:
            with os.fdopen(self._open(temporary, path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), "wb") as stream:
                fill(stream)
                with _told(path):
                    self.step("write", path)
                    stream.flush()
                self._fsync(stream.fileno(), path)
            self._rename(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
        self._unsettled.add(path.parent)

    def write_all(self, files: Mapping[Path, bytes | memoryview]) -> None:
        """As `write`, for many files at once."""
        for folder in {path.parent for path in files}:
            self.make_folder(folder)
            self._unsettled.add(folder)
        # list() so that the first failure is raised here
        list(self._pool.map(lambda item: self._put(*item), files.items()))

    def publish(self, path: Path, data: bytes) -> None:
        """Replace one file durably, its name included, before returning: the commit points of the desk."""
        self.write(path, data)
        self.settle()

    def append(self, path: Path, start: int, data: bytes) -> None:
        """Make `data` the file's content from byte `start` on, and fsync it; what lay beyond was not acknowledged."""
        self.make_folder(path.parent)
        descriptor = self._open(path, path, os.O_RDWR | os.O_CREAT)
        try:
            with _told(path):
                self.step("truncate", path)
                os.ftruncate(descriptor, start)
                os.lseek(descriptor, start, os.SEEK_SET)
            self._write(descriptor, path, data)
            self._fsync(descriptor, path)
        finally:
            os.close(descriptor)
        self._unsettled.add(path.parent)

    def remove(self, path: Path) -> None:
        """Remove a file that nothing acknowledged names; missing is fine."""
        with _told(path):
            self.step("remove", path)
            path.unlink(missing_ok=True)
        self._unsettled.add(path.parent)

    def note_folder(self, folder: Path) -> None:
        """Have the next `settle` fsync a folder whose entries another (perhaps crashed) writer made."""
        self._unsettled.add(folder)

    def settle(self) -> None:
        """Fsync every folder changed since the last call; after it the names are durable too."""
        folders = sorted(self._unsettled)
        list(self._pool.map(self._fsync_folder, folders))
        self._unsettled.difference_update(folders)

    def _put(self, path: Path, data: bytes | memoryview) -> None:
        temporary = self._staging / f"{os.getpid()}-{next(self._numbers)}"
        descriptor = self._open(temporary, path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        try:
            self._write(descriptor, path, data)
            self._fsync(descriptor, path)
        finally:
            os.close(descriptor)
        self._rename(temporary, path)

    def _open(self, file: Path, path: Path, flags: int) -> int:
        with _told(path):
            self.step("open", path)
            return os.open(file, flags | os.O_CLOEXEC, 0o600)

    def _write(self, descriptor: int, path: Path, data: bytes | memoryview) -> None:
        with _told(path):
            self.step("write", path)
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(descriptor, rest) :]

    def _fsync(self, descriptor: int, path: Path) -> None:
        with _told(path):
            self.step("fsync", path)
            os.fsync(descriptor)

    def _rename(self, temporary: Path, path: Path) -> None:
        with _told(path):
            self.step("rename", path)
            os.replace(temporary, path)

    def _fsync_folder(self, folder: Path) -> None:
        with _told(folder):
            self.step("fsync", folder)
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


class _told(contextlib.AbstractContextManager[None]):
    """Turns an OSError into an error that says which file could not be made durable."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, OSError):
            raise TocsinError(
                f"could not write {self._path.parent.name}/{self._path.name} durably",
                got=os.strerror(error.errno) if error.errno else type(error).__name__,
                next_step="free space or repair the disk, then run the command again; nothing acknowledged was lost",
            ) from error
