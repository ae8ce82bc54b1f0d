"""The members of a zip archive, or why they are not opened: bounded in number, ratio, names and ways of packing."""

from __future__ import annotations

import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, Final

from tocsin.collect.decompress import MAX_RATIO, RATIO_FREE, guarded_member
from tocsin.records.errors import TocsinInputError

MAX_MEMBERS: Final = 10_000
MAX_DIRECTORY: Final = 4 << 20  # bytes; Python holds ten times as many for it
MAX_ZIP_FREE: Final = 64 << 20  # bytes all members together may declare before the ratio of the whole archive matters
# LZMA may ask for 4 GB before it unpacks a byte, and no platform exports so
_METHODS: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2})
_DAMAGE: Final = (zipfile.BadZipFile, OSError, NotImplementedError, ValueError, UnicodeError, RuntimeError, EOFError)


@dataclass(frozen=True, slots=True)
class ZipMember:
    """One member: `open` gives its bytes as they were packed; where it is refused, why."""

    shown: str
    size: int
    refusal: str
    open: Callable[[], BinaryIO] | None = field(default=None, repr=False)


def zip_members(path: Path, name: str) -> Iterator[ZipMember]:
    """The members in the order of their names; hidden ones are left out. A refusal may stand for the whole archive."""
    try:
        with path.open("rb") as opened:
            zipfile.ZipFile(_ShortReads(opened)).close()
        # one for all members: reading the directory anew for each would take time squared in their number;
        # it closes itself once no input refers to it
        archive = zipfile.ZipFile(path)
        members = [member for member in archive.infolist() if not member.is_dir()]
    except _LongDirectoryError:
        yield ZipMember(name, 0, f"a zip archive whose directory is longer than {MAX_DIRECTORY >> 20} MiB")
        return
    except _DAMAGE:
        yield ZipMember(name, 0, f"a damaged zip archive: no directory at its end, byte {path.stat().st_size}")
        return
    size = path.stat().st_size
    # what is refused on its own is not unpacked, and loses no neighbour
    declared = sum(each.file_size for each in members if not _refusal(each, size))
    if len(members) > MAX_MEMBERS:
        yield ZipMember(name, 0, f"a zip archive of more than {MAX_MEMBERS} members")
        return
    if declared > max(MAX_ZIP_FREE, MAX_RATIO * size):
        yield ZipMember(name, 0, f"a decompression bomb: it declares {declared} bytes out of {size}")
        return
    seen: Counter[str] = Counter()
    for member in sorted(members, key=lambda member: (member.filename, member.header_offset)):
        parts = _parts(member)
        if any(part.startswith(".") or part == "__MACOSX" for part in parts if part != ".."):
            continue
        seen[member.filename] += 1
        again = f"#{seen[member.filename]}" if seen[member.filename] > 1 else ""  # two of one name: both are read
        shown = f"{name}!{member.filename}{again}"
        refusal = _refusal(member, size)
        opened_by = None if refusal else _opener(archive, member, min(member.compress_size, size), shown)
        yield ZipMember(shown, member.file_size, refusal, opened_by)


def _parts(member: zipfile.ZipInfo) -> tuple[str, ...]:
    return PurePosixPath(member.filename.replace("\\", "/")).parts


def _refusal(member: zipfile.ZipInfo, archive_size: int) -> str:
    parts = _parts(member)
    packed = min(member.compress_size, archive_size)  # what it says of itself may be anything
    if not parts or ".." in parts or parts[0] == "/" or ":" in parts[0]:
        return "its name points outside the archive"
    if member.flag_bits & 0x1:
        return "encrypted: unpack it with its password first"
    if member.compress_type not in _METHODS:
        return "packed in a way that is not read (stored, deflate and bzip2 are): unpack it first"
    if member.file_size > max(RATIO_FREE, MAX_RATIO * packed):
        return f"a decompression bomb: it declares {member.file_size} bytes out of {packed}"
    return ""


def _opener(archive: zipfile.ZipFile, member: zipfile.ZipInfo, packed: int, shown: str) -> Callable[[], BinaryIO]:
    def opened() -> BinaryIO:
        try:
            stream = archive.open(member)
        except _DAMAGE:
            raise TocsinInputError(
                f"{shown}: a damaged member of a zip archive at byte {member.header_offset}"
            ) from None
        return guarded_member(stream, packed, shown)

    return opened


class _LongDirectoryError(Exception):
    """The directory of the archive is longer than MAX_DIRECTORY."""


class _ShortReads:
    """A file that refuses the one long read zipfile makes: that of the directory, before it looks at any of it."""

    def __init__(self, inner: BinaryIO) -> None:
        self._inner = inner

    def read(self, size: int = -1) -> bytes:
        if size > MAX_DIRECTORY:
            raise _LongDirectoryError
        return self._inner.read(size)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)
