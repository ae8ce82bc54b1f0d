"""Statements read back from the log, each shown to be in the log that the desk's key signed."""

from __future__ import annotations

from pathlib import Path

from tocsin.archive import merkle
from tocsin.archive.keys import desk_info
from tocsin.archive.strict import JsonValue, statement
from tocsin.archive.tables import snapshot
from tocsin.archive.tiles import Log
from tocsin.records.errors import EvidenceError


def logged_statement(folder: Path, leaf_index: int) -> dict[str, JsonValue]:
    """The statement at a place of the log.

    Raises EvidenceError where the signed log has no such place, or another entry there.
    """
    shown = snapshot(folder)  # first: a key replaced meanwhile still opens what came before
    checkpoint = desk_info(folder).opened_checkpoint(shown.manifest.checkpoint)
    if not 0 <= leaf_index < checkpoint.size:
        raise EvidenceError(f"the log has no leaf {leaf_index}", expected=f"one of {checkpoint.size} entries")
    log = Log(folder / "log", checkpoint.size)
    entry = log.entry(leaf_index)
    path = merkle.inclusion_proof(log.node(), leaf_index, log.size)
    merkle.check_inclusion(merkle.leaf_hash(entry), leaf_index, checkpoint.size, path, checkpoint.root)
    return statement(entry, f"leaf {leaf_index}")
