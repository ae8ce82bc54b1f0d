"""Checks that a desk's log only ever grew since an older signed head that somebody kept.

Whoever has the desk's keys can write another log and sign it: by itself it verifies. It cannot also fit a head that was
given away before. So one published checkpoint, 200 bytes on paper or in a court's file, holds every entry up to its
size against everybody, the desk's own people included.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from tocsin.archive import merkle, notes
from tocsin.archive.tiles import Log
from tocsin.records.errors import EvidenceError
from tocsin.records.evidence import Checkpoint

Opened = Callable[[bytes], Checkpoint]
"""Opens a signed note of one desk (`DeskInfo.opened_checkpoint`), or raises EvidenceError."""

_NOT_OURS = "if it was published by this desk, then desk.json and the log are not those of that time"


def held_checkpoint(note: bytes, verifiers: Sequence[notes.Verifier], what: str) -> Checkpoint:
    """As `held_head`, for whoever has the log's keys only."""
    return held_head(note, lambda raw: notes.opened_by_one(raw, verifiers), what)


def held_head(note: bytes, opened: Opened, what: str, next_step: str = _NOT_OURS) -> Checkpoint:
    """The older head that somebody kept; `what` names it in errors.

    Raises EvidenceError where no key of the desk signed it: it is of another desk, was changed, or the desk's key was
    replaced without saying so.
    """
    try:
        return opened(note)
    except EvidenceError as error:
        raise EvidenceError(
            f"{what} is not a checkpoint that a key of this desk signed ({error.wrong})",
            next_step=next_step,
        ) from error


def newest_head(folder: Path, opened: Opened) -> Checkpoint:
    """The newest signed head on disk, which a crashed writer may have left one commit ahead of the tables."""
    try:
        note = (folder / "log" / "checkpoint").read_bytes()
    except FileNotFoundError as error:
        raise EvidenceError("log/checkpoint is missing") from error
    return held_head(note, opened, "log/checkpoint")


def continues(folder: Path, held: Checkpoint, now: Checkpoint) -> bool:
    """Whether the log under head `now` begins with all that `held` covers, going by its tiles."""
    return held.size <= now.size and Log(folder / "log", held.size).root() == held.root


def check_continues(folder: Path, held: Checkpoint, now: Checkpoint, what: str) -> None:
    """Nothing; raises EvidenceError unless the log under head `now` begins with all that `held` covers.

    Reads a few tiles only: a consistency proof (RFC 6962 section 2.1.2) is made from them and checked against both
    signed roots, so that damaged tiles cannot make it pass. Run after `verify_desk`, which names a damaged tile.
    """
    if held.size > now.size:
        raise EvidenceError(
            f"the log is shorter than {what} says: entries were cut off, or an older copy of the desk was put back",
            expected=f"at least {held.size:,} entries",
            got=f"{now.size:,}",
        )
    if held.size == now.size and held.root != now.root:
        raise EvidenceError(
            f"the log was forked: {what} and log/checkpoint are of {held.size:,} entries each, and not the same ones"
        )
    if held.size in (0, now.size):
        return  # every log begins with the empty one
    log = Log(folder / "log", now.size)
    proof = merkle.consistency_proof(log.node(), held.size, now.size)
    try:
        merkle.check_consistency(held.size, now.size, proof, held.root, now.root)
    except EvidenceError as error:
        raise EvidenceError(
            f"the log was rewritten: its first {held.size:,} entries are not those that {what} was signed over",
            expected=f"the {held.size:,} entries of then at the beginning of the {now.size:,} of now",
        ) from error
