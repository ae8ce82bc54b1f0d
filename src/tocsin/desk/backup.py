"""backup: the desk as of one moment, in one file that only the named recipients can open.

The desk is read without its writer's lock, from a snapshot (archive/parts.py says how); where a writer that erases or
rebuilds takes files away meanwhile, the backup begins anew. Every file is read twice: once for its digest, which the
list at the front of the tar gives, once for its bytes. The list waits in a temporary file, the address of each chunk
in memory; nothing else grows with the desk.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import IO, Any, BinaryIO
from zlib import crc32

from tocsin.archive import Keys, key_file_bytes, load_keys
from tocsin.archive.durable import Disk
from tocsin.archive.parts import MovedOnError, Part, desk_parts
from tocsin.archive.strict import instant_text
from tocsin.desk import tar_stream
from tocsin.desk.backup_format import BACKUP, DESK, KEYS, LISTING, WEB, Head, Listed, read_files
from tocsin.desk.exported import state_shared
from tocsin.desk.place import Desk
from tocsin.desk.progress import Bar, Progress
from tocsin.desk.write_file import check_writable
from tocsin.records.errors import EvidenceError, TocsinError, TocsinInputError
from tocsin.share.age_files import Recipients, encrypt_into, recipients

_PIECE = 1 << 18
_ATTEMPTS = 3
_LIST_IN_MEMORY = 8 << 20


@dataclass(frozen=True, slots=True)
class Copied:
    """What a backup holds."""

    file: Path
    kind: str
    files: int
    size_bytes: int  # of the files in it
    file_bytes: int
    log_size: int
    recipients: int
    keys: bool

    def as_json(self) -> dict[str, Any]:
        """For scripts."""
        return {name: getattr(self, name) for name in Copied.__slots__}


def backup(
    desk: Desk,
    output: Path,
    to: Sequence[str],
    *,
    with_keys: bool = False,
    extras: Mapping[str, Path] | None = None,
    progress: Progress,
) -> Copied:
    """The desk in one encrypted file, written whole or not at all. `extras` go into its web part, by name.

    Needs no keys of the desk, unless they are to be in it. Raises TocsinInputError for a recipient or a file that
    cannot be used, EvidenceError where the desk lacks a file that its own manifest or log names.
    """
    keys = load_keys(desk.folder, desk.keys_folder) if with_keys else None
    named = recipients(to)
    try:
        state_shared(desk, BACKUP)  # before it is made, so that the copy has the statement too
    except TocsinError as error:  # a backup is worth having on a machine without the keys, or beside an import
        progress.note(f"The log does not speak of this backup: {error.message}")
    return written_copy(desk, output, named, BACKUP, keys, extras or {}, progress)


def written_copy(
    desk: Desk,
    output: Path,
    to: Recipients,
    kind: str,
    keys: Keys | None,
    extras: Mapping[str, Path],
    progress: Progress,
) -> Copied:
    """As `backup`, for a backup or a handover."""
    check_writable(output)
    if output.resolve().is_relative_to(desk.folder.resolve()):
        raise TocsinInputError("the copy would lie inside the desk itself", next_step="name another -o FILE")
    for attempt in range(_ATTEMPTS):
        try:
            return _attempt(desk, output, to, kind, keys, extras, progress)
        except MovedOnError as error:
            if attempt == _ATTEMPTS - 1:
                raise EvidenceError(
                    error.wrong, got="the same in three attempts", next_step="run tocsin verify on the desk"
                ) from error
    raise AssertionError("unreachable")


def _attempt(
    desk: Desk,
    output: Path,
    to: Recipients,
    kind: str,
    keys: Keys | None,
    extras: Mapping[str, Path],
    progress: Progress,
) -> Copied:
    parts = desk_parts(desk.folder)
    made_at = desk.clock()

    def every() -> Iterator[Part]:
        yield from (Part(f"{DESK}/{each.path}", each.open, each.length, each.crc) for each in parts)
        for name, path in sorted(extras.items()):
            yield Part(f"{WEB}/{name}", lambda path=path: path.open("rb"))  # type: ignore[misc]
        if keys is not None:
            yield Part(f"{KEYS}/{keys.desk_id}.json", lambda: BytesIO(key_file_bytes(keys)))

    with tempfile.SpooledTemporaryFile(_LIST_IN_MEMORY, dir=_here(desk)) as listing:
        with progress.bar("reading", None, "files") as bar:
            files, size_bytes = _listed(every(), listing, bar)
        head = Head(
            kind, parts.info.desk_id, instant_text(made_at), parts.shown.log_size, files, size_bytes, keys is not None
        )
        disk = Disk(output.absolute().parent)
        try:
            with progress.bar("encrypting", files, "files") as bar:
                pieces = _tar(head, listing, every(), int(made_at.timestamp()), bar)
                disk.write_stream(output.absolute(), lambda stream: encrypt_into(pieces, stream, to))
            disk.settle()
        finally:
            disk.close()
    return Copied(
        output, kind, files, size_bytes, output.stat().st_size, head.log_size, len(to.names), keys is not None
    )


def _here(desk: Desk) -> str | None:
    """Where the list of paths may lie for a while, unnamed: on the desk's own disk rather than another."""
    return str(desk.staging) if desk.staging.is_dir() else None


def _listed(parts: Iterator[Part], listing: IO[bytes], bar: Bar) -> tuple[int, int]:
    files = size_bytes = 0
    for files, part in enumerate(parts, 1):
        digest, crc, size = sha256(), 0, 0
        with part.open() as stream:
            for piece in _pieces(stream, part.length):
                digest.update(piece)
                crc, size = crc32(piece, crc), size + len(piece)
        if (part.crc is not None and crc != part.crc) or (part.length is not None and size != part.length):
            raise MovedOnError(f"{part.path} is damaged: it is not the file that was written")
        listing.write(Listed(part.path, size, digest.hexdigest(), files - 1).line)
        size_bytes += size
        bar.advance(1)
    return files, size_bytes


def _tar(head: Head, listing: IO[bytes], parts: Iterator[Part], modified_s: int, bar: Bar) -> Iterator[bytes]:
    listing.seek(0, 2)
    size = len(head.line) + listing.tell()
    listing.seek(0)
    yield tar_stream.header(LISTING, size, modified_s) + head.line
    yield from _pieces(listing, None)
    yield tar_stream.padding(size)
    listing.seek(0)
    for listed, part in zip(read_files(listing, head.files), parts, strict=True):
        if listed.path != part.path:
            raise MovedOnError("the desk was rewritten while it was copied")
        digest, left = sha256(), listed.size_bytes
        yield tar_stream.header(listed.stored_as, listed.size_bytes, modified_s)
        with part.open() as stream:
            for piece in _pieces(stream, listed.size_bytes):
                digest.update(piece)
                left -= len(piece)
                yield piece
        if left or digest.hexdigest() != listed.sha256:
            raise MovedOnError(f"{part.path} was rewritten while it was copied")
        yield tar_stream.padding(listed.size_bytes)
        bar.advance(1)
    yield tar_stream.end()


def _pieces(stream: BinaryIO | IO[bytes], length: int | None) -> Iterator[bytes]:
    left = length
    while left is None or left > 0:
        piece = stream.read(_PIECE if left is None else min(_PIECE, left))
        if not piece:
            return
        left = None if left is None else left - len(piece)
        yield piece
