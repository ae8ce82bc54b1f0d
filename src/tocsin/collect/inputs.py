"""The byte streams a user named: files, folders, compressed files, members of zip archives, standard input."""

from __future__ import annotations

import io
import os
import shutil
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

from tocsin.collect.decompress import ZIP, decompressed, is_compressed
from tocsin.collect.encodings import as_utf8, marked_encoding, named_encoding
from tocsin.collect.zip_members import zip_members
from tocsin.records.errors import TocsinError

STDIN: Final = "-"
_SPOOLED: Final = "stdin"


@dataclass(frozen=True, slots=True)
class Input:
    """One thing to read. `open` gives a fresh stream of its decompressed bytes each time.

    `container_name` and `container_open` name and give the original bytes of the compressed file or archive it lies in
    (several members of a zip share one container); None where the input is a plain file.
    """

    name: str
    size: int | None  # bytes once decompressed, where known
    open: Callable[[], BinaryIO] = field(repr=False)
    container_name: str | None = None
    container_open: Callable[[], BinaryIO] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class RefusedInput:
    """One thing that could not be opened, and why; its neighbours are read."""

    name: str
    reason: str


def open_inputs(
    paths: Iterable[str | Path], stdin: BinaryIO | None, spool_dir: Path, encoding: str | None = None
) -> Iterator[Input | RefusedInput]:
    """Every input under `paths`, folders in sorted order, hidden files left out; "-" is `stdin`, kept in `spool_dir`.

    Symbolic links inside folders are not followed: a folder handed over may not reach outside itself. `encoding` is
    that of texts without a byte order mark, as the user named it. Raises TocsinInputError for one that is not read.
    """
    encoding = named_encoding(encoding)
    for path in paths:
        if str(path) == STDIN:
            if stdin is None:
                yield RefusedInput(_SPOOLED, "standard input is not available")
                continue
            spooled = spool_dir / f"{_SPOOLED}.spool"
            try:
                with spooled.open("wb") as target:
                    shutil.copyfileobj(stdin, target, 1 << 20)
            except OSError as error:
                yield RefusedInput(_SPOOLED, f"could not be kept while it is read: {error.strerror}")
                continue
            yield from _file_inputs(spooled, _SPOOLED, encoding)
            continue
        path = Path(path)
        if path.is_dir():
            for found in _files_under(path):
                yield from _file_inputs(found, f"{path.name or path}/{found.relative_to(path).as_posix()}", encoding)
        else:
            yield from _file_inputs(path, path.name, encoding)


def _files_under(folder: Path) -> Iterator[Path]:
    for parent, folders, files in os.walk(folder):
        if "desk.json" in files and (Path(parent) / "tables" / "manifest.json").is_file():
            folders.clear()  # a desk: what was read before is no export
            continue
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            found = Path(parent, name)
            if not name.startswith(".") and not found.is_symlink():
                yield found


def _file_inputs(path: Path, name: str, encoding: str | None) -> Iterator[Input | RefusedInput]:
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            yield RefusedInput(name, "not a regular file")
            return
        with path.open("rb") as stream:
            head = stream.read(4)
        if head in ZIP:
            yield from _zip_inputs(path, name, encoding)
            return
        # what is kept is what posts point to: the text as UTF-8, as it is the content of a compressed file
        packed = is_compressed(head) or marked_encoding(head) is not None or encoding is not None
        given = Input(
            name,
            None if packed else status.st_size,
            lambda: as_utf8(decompressed(path.open("rb"), name), name, encoding),
            name if packed else None,
            (lambda: path.open("rb")) if packed else None,
        )
        yield _tried(given)
    except OSError as error:
        yield RefusedInput(name, f"cannot be opened: {error.strerror or type(error).__name__}")


def _tried(given: Input) -> Input | RefusedInput:
    """The input, or why its first bytes cannot be read."""
    try:
        with given.open() as stream:
            stream.read(1)
    except TocsinError as error:
        return RefusedInput(given.name, error.message)
    return given


def _zip_inputs(path: Path, name: str, encoding: str | None) -> Iterator[Input | RefusedInput]:
    for member in zip_members(path, name):
        if member.refusal or member.open is None:
            yield RefusedInput(member.shown, member.refusal)
        else:
            yield _tried(_member_input(path, name, member.shown, member.size, member.open, encoding))


def _member_input(
    path: Path, container: str, shown: str, size: int, open_member: Callable[[], BinaryIO], encoding: str | None
) -> Input:
    def opened() -> BinaryIO:
        return as_utf8(decompressed(open_member(), shown), shown, encoding)

    return Input(shown, size, opened, container, lambda: path.open("rb"))


def head_of(given: Input, size: int) -> bytes:
    """The first bytes of an input. Raises TocsinInputError where they cannot be decompressed."""
    with given.open() as stream:
        return io.BufferedReader.read(stream, size) if isinstance(stream, io.BufferedReader) else stream.read(size)
