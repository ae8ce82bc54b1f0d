"""The parts of a desk that a copy needs, as of one snapshot, while another process may be writing.

No lock is taken: an import would have to wait for a backup of hours. Instead every part is one that a writer does not
change: files that are written once; captures up to the length that the snapshot's manifest gives; tiles cut to the
snapshot's size from whatever tile is there by now; manifest and checkpoint as the snapshot has them. What the snapshot
does not name (certificates, custody, findings, reports, timestamps and the like) is listed before the snapshot and
after it, again until both lists agree: so nothing the log speaks of is missing, and nothing speaks of a longer log. A
writer that erases or rebuilds does remove files: then a part is missing or has other bytes than a moment before, and
the caller begins anew with a new snapshot.

Left out: staging/ and lock (of the running writer), index/ (derived), older manifests, and web/, whose database is
copied from a dump of its own and never from under a running server.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from tocsin.archive.chunks import capture_file, is_blanked, kept_chunk_path
from tocsin.archive.keys import DeskInfo, desk_info_of
from tocsin.archive.recovery import ERASING
from tocsin.archive.secret_files import secret_files
from tocsin.archive.tables import Manifest, Snapshot, snapshot
from tocsin.archive.tiles import WIDTH, Log, bundle, tile_path, tile_shape
from tocsin.records.errors import EvidenceError, TocsinError, TocsinInputError

NOT_COPIED = frozenset({"staging", "lock", "index", "web", ERASING})
_ATTEMPTS = 50
_NAMED_BY_MANIFEST = frozenset({"captures", "chunks", "secrets", "tables", "desk.json"})


class MovedOnError(TocsinError):
    """A part was taken away while the desk was being read: begin anew with a new snapshot."""


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a copy. `length`: how much of the file belongs to it, None for all of it."""

    path: str  # under the desk folder, with slashes
    open: Callable[[], BinaryIO]
    length: int | None = None
    crc: int | None = None  # CRC-32 of its bytes, where the desk says it


@dataclass(frozen=True, slots=True)
class DeskParts:
    """A desk's parts at one moment. Holds one address a chunk in memory (about 100 bytes for each MiB captured)."""

    info: DeskInfo
    shown: Snapshot
    _head: bytes
    _loose: tuple[str, ...]

    def __iter__(self) -> Iterator[Part]:
        """Every part, each once. Raises MovedOnError where a file the snapshot names is gone."""
        folder, manifest = self.shown.folder, self.shown.manifest
        yield _held("desk.json", self._head)
        yield _held("tables/manifest.json", manifest.to_json())
        yield _held("log/checkpoint", manifest.checkpoint.encode())
        yield from _tiles(Log(folder / "log", manifest.log_size))
        for files in manifest.tables.values():
            yield from (_file(folder, f"tables/{each.path}") for each in files)
        for path, first_leaf in secret_files(folder):
            if first_leaf < manifest.log_size:
                yield _file(folder, f"secrets/{path.name}", crc=int(path.name.split(".")[1], 16))
        yield from _captures(folder, manifest, self._capture_ids())
        yield from (_file(folder, path) for path in self._loose)

    def _capture_ids(self) -> list[str]:
        try:
            finished = self.shown.read("captures", ["capture_id"])["capture_id"].to_pylist()
        except EvidenceError as error:
            raise MovedOnError(error.wrong) from error
        return [*finished, *self.shown.manifest.open_captures]


def desk_parts(folder: Path) -> DeskParts:
    """The parts of a desk as last acknowledged. Takes no lock and needs no keys.

    Raises TocsinInputError where there is no desk, EvidenceError where its head is damaged, MovedOnError where its
    signing key was replaced this very moment.
    """
    if (folder / ERASING).exists():  # what it takes away may still be there, and must not go into a copy
        raise TocsinError(
            "an erasure is under way on this desk, or was interrupted",
            next_step="run this again when it has ended; the next command that writes ends an interrupted one",
        )
    for _ in range(_ATTEMPTS):
        loose = sorted(_loose_files(folder))
        try:
            head = (folder / "desk.json").read_bytes()
        except OSError as error:
            raise TocsinInputError("no desk here", expected="a folder with desk.json") from error
        shown = snapshot(folder)
        if (folder / "desk.json").read_bytes() == head and sorted(_loose_files(folder)) == loose:
            info = desk_info_of(head)
            info.opened_checkpoint(shown.manifest.checkpoint)
            return DeskParts(info, shown, head, tuple(loose))
    raise MovedOnError("the desk is being written to all the time", next_step="try again when an import has ended")


def _held(path: str, data: bytes) -> Part:
    return Part(path, lambda: BytesIO(data), len(data))


def _file(folder: Path, path: str, length: int | None = None, crc: int | None = None) -> Part:
    def opened() -> BinaryIO:
        try:
            return (folder / path).open("rb")
        except OSError as error:
            raise MovedOnError(f"{path} is missing or unreadable") from error

    return Part(path, opened, length, crc)


def _tiles(log: Log) -> Iterator[Part]:
    level = 0
    while log.size >> (8 * level):
        full, partial = tile_shape(log.size, level)
        for number in range(full + (partial > 0)):
            width = WIDTH if number < full else partial
            yield _held(f"log/{tile_path(level, number, width)}", log.tile(level, number))
            if level == 0:
                yield _held(f"log/{tile_path('entries', number, width)}", bundle(log.entries(number)))
        level += 1


def _captures(folder: Path, manifest: Manifest, capture_ids: list[str]) -> Iterator[Part]:
    met: set[bytes] = set()
    for capture_id in capture_ids:
        going_on = manifest.open_captures.get(capture_id)
        yield _file(folder, f"captures/{capture_id}.jsonl", going_on.file_bytes if going_on else None)
        for place in capture_file(folder, capture_id).places:
            if going_on and place.offset >= going_on.size_bytes:
                break
            address = bytes.fromhex(place.address)
            if address not in met:
                met.add(address)
                path = kept_chunk_path(folder, place.address)
                yield _file(folder, path, crc=None if is_blanked(path) else place.packed_crc)


def _loose_files(folder: Path) -> Iterator[str]:
    """Files that no manifest names; links are not followed, files being written (.part) are left out."""
    if not folder.is_dir():
        return
    for top in folder.iterdir():
        if top.name in NOT_COPIED or top.name in _NAMED_BY_MANIFEST or top.is_symlink():
            continue
        for path in (top,) if top.is_file() else _walked(top):
            inside = path.relative_to(folder)
            if path.is_symlink() or not path.is_file() or any(part.endswith(".part") for part in inside.parts):
                continue
            if inside.parts == ("log", "checkpoint"):
                continue
            yield inside.as_posix()


def _walked(folder: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(folder):  # a folder taken away meanwhile is passed over
        if Path(place) == folder and folder.name == "log" and "tile" in folders:
            folders.remove("tile")
        yield from (Path(place) / name for name in names)
