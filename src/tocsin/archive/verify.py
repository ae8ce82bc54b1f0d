"""Checks a whole desk against its signed log, item by item, in one pass over the posts.

1. The checkpoint is signed by the desk's key, and the tables belong to it.
2. Entries and tiles recompute to its root, bundle by bundle.
3. Every statement of a commit fits: captured blocks in their places, counts, table files. Where the log passed from
   one signing key to another, both signed that, over this very log, and desk.json says the same.
4. Every post row is the row of its leaf: its values and secret give the root in the entry; no leaf lacks its row.
   (Without the keys: of its capture and time; names and originals are sealed.)
5. The original bytes of every post hash to what was committed. (Without the keys: every chunk file has its CRC-32.)
6. Table files have the size and digest the manifest names, and its row counts.
7. With the keys at hand: every chunk's bytes are those of its keyed address, between the records too.
8. Every import certificate says what the tables say, and its signed head is one that this log had.
9. The log goes on from the head of every older manifest that is still kept.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tocsin.archive import merkle
from tocsin.archive.certificates_check import check_certificates
from tocsin.archive.chunks import (
    Originals,
    Place,
    block_address,
    capture_file,
    chunk_bytes,
    chunk_file_bytes,
    chunk_path,
    is_blanked,
)  # fmt: skip
from tocsin.archive.consistency import check_continues, held_head, newest_head
from tocsin.archive.erased import Erasures, erasures_of
from tocsin.archive.keys import Keys, desk_info
from tocsin.archive.posts_check import LeavesCheck, PostsCheck
from tocsin.archive.recovery import check_not_put_back, latest_generation, manifest_path
from tocsin.archive.statements_check import StatementsCheck
from tocsin.archive.tables import KEPT_MANIFESTS, Snapshot, read_manifest, snapshot
from tocsin.archive.tiles import WIDTH, Log, bundle_entries, tile_path, tile_shape
from tocsin.records.errors import EvidenceError
from tocsin.records.evidence import Checkpoint

Progress = Callable[[str, int, int], None]
"""Called with (step, done, total) now and then."""


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What was checked. There is no report of a failure: that is an EvidenceError naming the item."""

    checkpoint: Checkpoint
    entries: int
    posts: int
    captures: int
    blocks: int
    chunks_checked: int  # 0 without keys
    erased: int  # posts that were erased by order: their leaves are in the log, and confirm nothing
    originals_lost: int  # posts whose original bytes went with an erased one's
    certificates: int


def verify_desk(folder: Path, keys: Keys | None = None, progress: Progress | None = None) -> VerifyReport:
    """What was checked of a desk. Takes no lock: it checks the last acknowledged state while a writer goes on.

    Raises EvidenceError naming the first item that does not verify.
    """
    tell = progress or _untold
    sealer = keys.sealer if keys else None
    here = snapshot(folder, sealer)
    checkpoint = _checked_head(folder, here)  # 1
    log = Log(folder / "log", here.log_size)
    for table in here.manifest.tables:
        _check_files(here, table)  # 6
    erasures = erasures_of(here)
    statements = StatementsCheck(here, erasures)
    posts = PostsCheck(here, Originals(folder, sealer), erasures) if keys else LeavesCheck(here, erasures)
    roots = _Levels(log)
    bundles = -(-log.size // WIDTH)
    for number in range(bundles):
        entries = log.entries(number)
        roots.add(number, entries)  # 2
        for leaf_index, entry in enumerate(entries, number * WIDTH):
            if not posts.takes(leaf_index, entry):  # 4, 5
                statements.add(leaf_index, entry)  # 3
        tell("log and posts", number + 1, bundles)
    roots.finish(checkpoint.root)
    posts.finish()
    captures, blocks = statements.finish()
    chunks = _check_chunks(folder, keys, statements.capture_ids, erasures, tell)  # 5, 7
    certificates = check_certificates(here, desk_info(folder))  # 8
    _check_older_manifests(folder, here, checkpoint)  # 9
    return VerifyReport(
        checkpoint, log.size, posts.count, captures, blocks, chunks, posts.erased, posts.originals_lost, certificates
    )


def _checked_head(folder: Path, here: Snapshot) -> Checkpoint:
    info = desk_info(folder)
    shown = info.opened_checkpoint(here.manifest.checkpoint)
    head = newest_head(folder, info.opened_checkpoint)
    if head.size < shown.size:
        raise EvidenceError("log/checkpoint is older than the tables", expected=str(shown.size), got=str(head.size))
    if head.size == shown.size and head.root != shown.root:
        raise EvidenceError("log/checkpoint and the tables name different logs of the same size")
    if head.size > shown.size:
        _check_one_ahead(folder, here, head)
    latest = latest_generation(folder)  # before the manifest, so that a writer going on raises no alarm
    check_not_put_back(latest, snapshot(folder).generation)
    return shown


def _check_one_ahead(folder: Path, here: Snapshot, head: Checkpoint) -> None:
    """A head beyond the tables is that of the commit being shown, or cut off just there; else the tables are old."""
    following = folder / manifest_path(here.generation + 1)
    if following.exists() and read_manifest(following.read_bytes(), following.name).checkpoint == head.note:
        return
    if snapshot(folder).generation == here.generation:  # no writer went on meanwhile
        raise EvidenceError("the tables are older than log/checkpoint", expected=str(head.size), got=str(here.log_size))


def _check_older_manifests(folder: Path, here: Snapshot, checkpoint: Checkpoint) -> None:
    info = desk_info(folder)
    for generation in range(max(0, here.generation - KEPT_MANIFESTS), here.generation + 1):
        what = manifest_path(generation)
        try:
            older = read_manifest((folder / what).read_bytes(), what)
        except FileNotFoundError:
            continue  # the first was never written; a writer going on may have removed the oldest
        if older.generation != generation:
            raise EvidenceError(f"{what} is of another generation than its name says", got=str(older.generation))
        check_continues(folder, held_head(older.checkpoint.encode(), info.opened_checkpoint, what), checkpoint, what)


def _check_files(here: Snapshot, table: str) -> None:
    for each in here.manifest.tables[table]:
        each.check(here.folder / "tables", here.sealer)


class _Levels:
    """Recomputes the tiles of every level from the entries, and compares each with the file."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._waiting: list[list[bytes]] = []
        self._done: list[int] = []

    def add(self, number: int, entries: list[bytes]) -> None:
        self._up(0, [merkle.leaf_hash(entry) for entry in entries], number)

    def finish(self, root: bytes) -> None:
        for level in range(1, len(self._waiting)):
            full, partial = tile_shape(self._log.size, level)
            if partial:
                self._compare(level, full, self._waiting[level])
        for level in range(len(self._waiting) or 1):
            self._check_narrower(level)
        if self._log.root() != root:
            raise EvidenceError("the tiles do not give the root of log/checkpoint")

    def _check_narrower(self, level: int) -> None:
        """Earlier partial tiles still there must be beginnings of the present one: outsiders may read them."""
        full, partial = tile_shape(self._log.size, level)
        for name in (level, "entries") if level == 0 else (level,):
            widest = self._log.folder / tile_path(name, full, partial)
            for path in sorted(widest.parent.glob("*")) if partial else []:
                if path.name.isdecimal() and int(path.name) < partial:
                    data = path.read_bytes()
                    held = (
                        len(bundle_entries(data, f"log/{tile_path(name, full, int(path.name))}"))
                        if (name == "entries")
                        else len(data) // merkle.HASH_BYTES
                    )
                    if held != int(path.name) or not widest.read_bytes().startswith(data):
                        raise EvidenceError(
                            f"log/{tile_path(name, full, int(path.name))} is not a beginning of the log"
                        )

    def _up(self, level: int, hashes: list[bytes], number: int) -> None:
        self._compare(level, number, hashes)
        if len(hashes) < WIDTH:
            return
        if len(self._waiting) <= level + 1:
            self._waiting += [[] for _ in range(level + 2 - len(self._waiting))]
            self._done += [0] * (level + 2 - len(self._done))
        above = self._waiting[level + 1]
        above.append(merkle.root(hashes))
        if len(above) == WIDTH:
            self._waiting[level + 1] = []
            self._done[level + 1] += 1
            self._up(level + 1, above, self._done[level + 1] - 1)

    def _compare(self, level: int, number: int, hashes: list[bytes]) -> None:
        if self._log.tile(level, number) != b"".join(hashes):
            what = tile_path(level, number, len(hashes))
            raise EvidenceError(f"log/{what} does not agree with the entries under it")


def _check_chunks(folder: Path, keys: Keys | None, capture_ids: list[str], erasures: Erasures, tell: Progress) -> int:
    checked: set[str] = set()
    for number, capture_id in enumerate(capture_ids):
        for place in capture_file(folder, capture_id).places:
            if place.address not in checked:
                if place.address in erasures.chunks:
                    _check_blanked(folder, keys, place, capture_id, erasures.chunks[place.address])
                elif keys is None:
                    chunk_file_bytes(folder, place, capture_id)
                elif (
                    block_address(keys.address_key, chunk_bytes(folder, place, keys.sealer, capture_id))
                    != place.address
                ):
                    raise EvidenceError(f"{chunk_path(place.address)} does not hold the bytes of its address")
                checked.add(place.address)
        tell("chunks", number + 1, len(capture_ids))
    return len(checked) if keys else 0


def _check_blanked(folder: Path, keys: Keys | None, place: Place, capture_id: str, crc: int) -> None:
    """A block with erased records is the file that the log names; its bytes are no longer those of its address."""
    what, raw = chunk_file_bytes(folder, place, capture_id)
    if not is_blanked(what) or zlib.crc32(raw) != crc:
        raise EvidenceError(f"{what} is not the file that the log's statement of erasure names")
    if keys is not None:
        chunk_bytes(folder, place, keys.sealer, capture_id)


def _untold(_step: str, _done: int, _total: int) -> None:
    return
