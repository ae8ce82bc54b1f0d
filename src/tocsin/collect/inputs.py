"""The byte streams a user named: files, folders, compressed files, members of zip archives, standard input."""

from __future__ import annotations

import io
import os
import shutil
import stat
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final

from tocsin.collect.decompress import MAX_RATIO, RATIO_FREE, ZIP, decompressed, guarded_member, is_compressed
from tocsin.records.errors import TocsinError, TocsinInputError

STDIN: Final = "-"
MAX_MEMBERS: Final = 10_000
MAX_ZIP_FREE: Final = 1 << 30  # bytes all members together may declare before the ratio of the whole archive matters
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


def open_inputs(paths: Iterable[str | Path], stdin: BinaryIO | None, spool_dir: Path) -> Iterator[Input | RefusedInput]:
    """Every input under `paths`, folders in sorted order, hidden files left out; "-" is `stdin`, kept in `spool_dir`.

    Symbolic links inside folders are not followed: a folder handed over may not reach outside itself.
    """
    for path in paths:
        if str(path) == STDIN:
            if stdin is None:
                yield RefusedInput(_SPOOLED, "standard input is not available")
                continue
            spooled = spool_dir / f"{_SPOOLED}.spool"
            with spooled.open("wb") as target:
                shutil.copyfileobj(stdin, target, 1 << 20)
            yield from _file_inputs(spooled, _SPOOLED)
            continue
        path = Path(path)
        if path.is_dir():
            for found in _files_under(path):
                yield from _file_inputs(found, f"{path.name or path}/{found.relative_to(path).as_posix()}")
        else:
            yield from _file_inputs(path, path.name)


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


def _file_inputs(path: Path, name: str) -> Iterator[Input | RefusedInput]:
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            yield RefusedInput(name, "not a regular file")
            return
        with path.open("rb") as stream:
            head = stream.read(4)
        if head in ZIP:
            yield from _zip_inputs(path, name)
            return
        packed = is_compressed(head)
        given = Input(
            name,
            None if packed else status.st_size,
            lambda: decompressed(path.open("rb"), name),
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


def _zip_inputs(path: Path, name: str) -> Iterator[Input | RefusedInput]:
    try:
        # one for all members: reading the directory anew for each would take time squared in their number;
        # it closes itself once no input refers to it
        archive = zipfile.ZipFile(path)
        members = [member for member in archive.infolist() if not member.is_dir()]
    except (zipfile.BadZipFile, OSError, NotImplementedError, ValueError, UnicodeError):
        yield RefusedInput(name, "a damaged zip archive")
        return
    declared = sum(member.file_size for member in members)
    if len(members) > MAX_MEMBERS:
        yield RefusedInput(name, f"a zip archive of more than {MAX_MEMBERS} members")
        return
    if declared > MAX_ZIP_FREE and declared > MAX_RATIO * path.stat().st_size:
        yield RefusedInput(name, f"a decompression bomb: it declares {declared} bytes")
        return
    for member in sorted(members, key=lambda member: member.filename):
        shown = f"{name}!{member.filename}"
        parts = PurePosixPath(member.filename.replace("\\", "/")).parts
        if any(part.startswith(".") or part == "__MACOSX" for part in parts if part != ".."):
            continue
        reason = _member_refusal(member, parts)
        yield RefusedInput(shown, reason) if reason else _tried(_member_input(archive, path, name, shown, member))


def _member_refusal(member: zipfile.ZipInfo, parts: tuple[str, ...]) -> str:
    if not parts or ".." in parts or parts[0] == "/" or ":" in parts[0]:
        return "its name points outside the archive"
    if member.flag_bits & 0x1:
        return "encrypted: unpack it with its password first"
    if member.file_size > RATIO_FREE and member.file_size > MAX_RATIO * max(1, member.compress_size):
        return f"a decompression bomb: it declares {member.file_size} bytes out of {member.compress_size}"
    return ""


def _member_input(archive: zipfile.ZipFile, path: Path, container: str, shown: str, member: zipfile.ZipInfo) -> Input:
    def opened() -> BinaryIO:
        try:
            stream = archive.open(member)
        except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError):
            raise TocsinInputError(f"{shown}: a damaged member of a zip archive") from None
        return decompressed(guarded_member(stream, member.compress_size, shown), shown)

    return Input(shown, member.file_size, opened, container, lambda: path.open("rb"))


def head_of(given: Input, size: int) -> bytes:
    """The first bytes of an input. Raises TocsinInputError where they cannot be decompressed."""
    with given.open() as stream:
        return io.BufferedReader.read(stream, size) if isinstance(stream, io.BufferedReader) else stream.read(size)
