"""Replacing the signing key, step by step, and what a crash between the steps does to it.

    prepared   the key file (outside the desk) holds the old seed and, as next_signing_seed, the new one; durable
    stated     a commit of one leaf, `rotated` or `handed_over`, is acknowledged. Both keys signed its checkpoint, so it
               reads under the desk.json before it and the one after it. The point of no return: a signed head names
               the new key
    named      desk.json gives the new vkey and the handover, signed by the new key; published in one step
    settled    the key file holds the new seed alone; the old one is gone and can be stolen from nowhere

The order is forced: a statement that names a key whose seed no disk holds would end the log for good, so the key file
comes first; desk.json must not name a key that the log does not speak of, so the log comes second; the old seed opens
the crash in between, so it goes last.

Allowed transitions: prepared -> stated -> named -> settled, under the writer's lock. After a crash, the next writer
(`settled_keys`) does prepared -> as before (the new seed is thrown away: nothing was signed with it), and
stated | named -> settled. Readers need no lock and no repair: in every state desk.json's key opens the checkpoint.
A torn commit at `stated` is undone or shown by recovery.py like any other.

A desk handed to others stops at `stated`: its desk.json keeps its key, the copy that goes out gets the new one. The
last leaf says so, and no writer opens it unless told to reopen it; the key file keeps the new seed so that the copy
can be written again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from tocsin.archive.durable import Disk
from tocsin.archive.handovers import HANDED_OVER, Handover, last_handover
from tocsin.archive.keys import DeskInfo, Keys, desk_info, desk_json, write_keys
from tocsin.records.errors import TocsinError, TocsinInputError


def check_still_current(folder: Path, keys: Keys) -> None:
    """Nothing; raises TocsinInputError where another process replaced the key before this one had the lock."""
    if desk_info(folder).vkey != keys.signer.verifier.vkey:
        raise TocsinInputError(
            "the desk's signing key was replaced while this command waited", next_step="run the command again"
        )


def settled_keys(
    folder: Path, keys: Keys, log_size: int, disk: Disk, keys_disk: Callable[[Path], Disk], *, reopen: bool
) -> Keys:
    """The keys to write with, after finishing or undoing a handover that a crash left half done.

    Needs the writer's lock. Raises TocsinError where the desk was handed over (unless `reopen`), TocsinInputError
    where the log was handed to a key that is not at hand.
    """
    info = desk_info(folder)
    last = last_handover(folder, log_size)
    if last is None or last.old != info.vkey:
        return _tidied(keys, info, keys_disk)  # prepared (undone) or named (finished)
    if last.kind == HANDED_OVER:
        if not reopen:
            raise TocsinError(
                f"this desk was handed over on {last.at[:10]}, and takes no more",
                next_step="go on in the copy that was handed over; tocsin handover --reopen goes on here, and the log "
                "says so",
            )
        return keys
    return with_successor(folder, keys, last, disk, keys_disk)


def with_successor(
    folder: Path, keys: Keys, stated: Handover, disk: Disk, keys_disk: Callable[[Path], Disk] = Disk
) -> Keys:
    """stated -> named -> settled: the keys to sign with. Raises TocsinInputError where the new seed is lost."""
    successor = keys.successor
    if successor is None or successor.verifier.vkey != stated.new:
        raise TocsinInputError(
            "the log names a newer signing key than the key file holds",
            expected="the key file as it was when the signing key was replaced",
            next_step="bring it back from a copy (tocsin keys import)",
        )
    info = desk_info(folder)
    named = replace(info, vkey=stated.new, handovers=(*info.handovers, stated))
    disk.publish(folder / "desk.json", desk_json(named, successor))
    return _tidied(replace(keys, signing_seed=successor.seed), named, keys_disk)


def _tidied(keys: Keys, info: DeskInfo, keys_disk: Callable[[Path], Disk]) -> Keys:
    alone = replace(keys, next_seed=None, replaced=tuple(each.old for each in info.handovers))
    if keys.next_seed is not None and keys.kept_in is not None:
        write_keys(alone, keys.kept_in, keys_disk)
    return alone
