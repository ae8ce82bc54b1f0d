"""What a writer does first: bring the desk to its last acknowledged state.

A commit goes through these states, and through no others:

    begun         nothing, or some, of its files are in place; no checkpoint covers them
    written       all its files and folders are fsynced: captures, chunks, secrets, tiles, tables, manifest-<generation>
    acknowledged  log/checkpoint covers it, durably. This is the one point of no return: a signed head may have been
                  seen outside, so it is never taken back
    shown         tables/manifest.json names its files, durably; readers see it

Allowed transitions: begun -> written -> acknowledged -> shown by the writer; after a crash, at the next open,
begun | written -> gone (its files are removed, its capture file is cut back) and acknowledged -> shown (manifest-
<generation> is put in place; it was written before the checkpoint). Readers use the manifest's own copy of the
checkpoint, so they never see a head without its tables or tables without their head.
"""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tocsin.archive import notes
from tocsin.archive.durable import Disk
from tocsin.archive.secret_files import secret_files
from tocsin.archive.tables import Manifest, read_manifest, snapshot
from tocsin.archive.tiles import unacknowledged_tiles
from tocsin.records.errors import EvidenceError

ERASING = "erasing"  # while an erasure goes on: the files it makes and those that go


def recovered_manifest(folder: Path, disk: Disk, verifier: notes.Verifier) -> Manifest:
    """The manifest of the last acknowledged state, after making the desk folder be in that state.

    Raises EvidenceError where checkpoint and manifest contradict each other in a way no crash explains.
    """
    manifest = snapshot(folder).manifest
    try:
        note = (folder / "log" / "checkpoint").read_bytes()
    except FileNotFoundError as error:
        raise EvidenceError("log/checkpoint is missing") from error
    head = notes.opened_checkpoint(note, verifier)
    shown = notes.opened_checkpoint(manifest.checkpoint, verifier)
    if head.size < shown.size:
        raise EvidenceError(
            "log/checkpoint is older than the tables", expected=f"size {shown.size}", got=str(head.size)
        )
    if head.size > shown.size:
        manifest = _shown(folder, disk, manifest.generation + 1, head.note)
    elif head.root != shown.root:
        raise EvidenceError("log/checkpoint and the tables name different logs of the same size")
    check_not_put_back(latest_generation(folder), manifest.generation)
    settle_erasure(folder, disk, manifest.erasures)
    for path in _leftovers(folder, manifest):
        disk.remove(path)
    for capture_id, each in manifest.open_captures.items():
        path = folder / "captures" / f"{capture_id}.jsonl"
        if not path.is_file():
            raise EvidenceError(f"captures/{capture_id}.jsonl is missing")
        if path.stat().st_size != each.file_bytes:
            disk.append(path, each.file_bytes, b"")
    disk.settle()
    return manifest


def settle_erasure(folder: Path, disk: Disk, erasures: int) -> None:
    """Bring an erasure that was cut off to its end, or take it back (erasure.py lists its states).

    `erasures` is how many orders the manifest speaks of. Raises EvidenceError where the marker is damaged.
    """
    try:
        marker = json.loads((folder / ERASING).read_bytes())
        order, made, gone = int(marker["order"]), list(marker["made"]), list(marker["gone"])
    except FileNotFoundError:
        return
    except (ValueError, LookupError, TypeError) as error:
        raise EvidenceError(f"{ERASING} is damaged") from error
    for path in gone if order <= erasures else made:
        disk.remove(folder / str(path))
    disk.settle()
    disk.remove(folder / ERASING)
    disk.settle()


def latest_generation(folder: Path) -> int:
    """The highest generation that any manifest or table file on disk is of."""
    return max((generation for _, generation in _table_files(folder)), default=0)


def check_not_put_back(latest: int, generation: int) -> None:
    """Nothing; raises EvidenceError where files of a later commit than the next one lie beside this generation's.

    A crash leaves files of one commit at most. More of them mean that an older manifest and checkpoint were put back,
    and what came after them is evidence to keep, not rubbish to clear away.
    """
    if latest > generation + 1:
        raise EvidenceError(
            "the tables and the log were put back to an older state",
            expected=f"no table files after generation {generation + 1}",
            got=f"generation {latest}",
            next_step="restore tables/manifest.json and log/checkpoint from where they were kept",
        )


def manifest_path(generation: int) -> str:
    """Where the manifest of one generation lies under the desk folder."""
    return f"tables/manifest-{generation:08d}.json"


def _shown(folder: Path, disk: Disk, generation: int, checkpoint: str) -> Manifest:
    path = folder / manifest_path(generation)
    try:
        manifest = _read(path)
    except FileNotFoundError as error:
        raise EvidenceError("log/checkpoint is newer than the tables", expected=manifest_path(generation)) from error
    if manifest.checkpoint != checkpoint or manifest.generation != generation:
        raise EvidenceError(f"{manifest_path(generation)} is not the one log/checkpoint was signed for")
    disk.note_folder(folder / "log")  # the crash may have come between the rename and the fsync of its folder
    disk.settle()
    disk.publish(folder / "tables" / "manifest.json", manifest.to_json())
    return manifest


def _leftovers(folder: Path, manifest: Manifest) -> list[Path]:
    found = [path for path in (folder / "staging").iterdir() if path.is_file()]
    found += unacknowledged_tiles(folder / "log", manifest.log_size)
    found += [path for path, first_leaf in secret_files(folder) if first_leaf >= manifest.log_size]
    found += [path for path, generation in _table_files(folder) if generation > manifest.generation]
    found += [path for path in (folder / "custody").glob("*.sealed") if int(path.name[:12]) >= manifest.log_size]
    named = {each.path for files in manifest.tables.values() for each in files}
    remade = (folder / "tables").glob("*/*.r*.parquet*")  # of a rebuild that was cut off
    found += [path for path in remade if f"{path.parent.name}/{path.name}" not in named]
    known = set(manifest.open_captures)
    for each in manifest.tables["captures"]:
        try:
            rows = pq.read_table(folder / "tables" / each.path, columns=["capture_id"])
        except (OSError, pa.ArrowException):
            raise EvidenceError(f"tables/{each.path} is missing, damaged or of another schema") from None
        known.update(rows["capture_id"].to_pylist())
    found += [path for path in (folder / "captures").glob("*.jsonl") if path.stem not in known]
    return found


def _table_files(folder: Path) -> list[tuple[Path, int]]:
    """Manifests and table files with their generations; a file somebody else put there has no number for a name."""
    files = [*(folder / "tables").glob("manifest-*.json"), *(folder / "tables").glob("*/*.parquet*")]
    numbered = ((path, path.name.removeprefix("manifest-").split(".")[0]) for path in files)
    return [(path, int(number)) for path, number in numbered if number.isascii() and number.isdecimal()]


def _read(path: Path) -> Manifest:
    return read_manifest(path.read_bytes(), f"tables/{path.name}")
