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

from pathlib import Path

import pyarrow.parquet as pq

from tocsin.archive import notes
from tocsin.archive.durable import Disk
from tocsin.archive.tables import Manifest, read_manifest
from tocsin.archive.tiles import unacknowledged_tiles
from tocsin.records.errors import EvidenceError


def recovered_manifest(folder: Path, disk: Disk, verifier: notes.Verifier) -> Manifest:
    """The manifest of the last acknowledged state, after making the desk folder be in that state.

    Raises EvidenceError where checkpoint and manifest contradict each other in a way no crash explains.
    """
    manifest = _read(folder / "tables" / "manifest.json")
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
    for path in _leftovers(folder, manifest):
        disk.remove(path)
    for capture_id, each in manifest.open_captures.items():
        path = folder / "captures" / f"{capture_id}.jsonl"
        if path.stat().st_size != each.file_bytes:
            disk.append(path, each.file_bytes, b"")
    disk.settle()
    return manifest


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
    found += [
        path for path in (folder / "secrets").glob("*.jsonl.z") if int(path.name.split(".")[0]) >= manifest.log_size
    ]
    found += [path for path in (folder / "tables").glob("manifest-*.json") if int(path.stem[9:]) > manifest.generation]
    found += [path for path in (folder / "tables").glob("*/*.parquet") if int(path.stem) > manifest.generation]
    known = set(manifest.open_captures)
    for each in manifest.tables["captures"]:
        known.update(pq.read_table(folder / "tables" / each.path, columns=["capture_id"])["capture_id"].to_pylist())
    found += [path for path in (folder / "captures").glob("*.jsonl") if path.stem not in known]
    return found


def _read(path: Path) -> Manifest:
    return read_manifest(path.read_bytes(), f"tables/{path.name}")
