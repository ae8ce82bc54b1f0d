"""Replacing a desk's signing key, and handing its log to another desk. The states are in handover_states.py."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from tocsin.archive.durable import Disk
from tocsin.archive.handover_states import with_successor
from tocsin.archive.handovers import HANDED_OVER, REOPENED, ROTATED, Handover, last_handover
from tocsin.archive.keys import DeskInfo, Keys, desk_info, fitting_keys, load_keys, write_keys
from tocsin.archive.tables import snapshot
from tocsin.archive.writer import open_writer
from tocsin.records.errors import TocsinError, TocsinInputError

SEED_BYTES = 32
Disks = Callable[[Path], Disk]


@dataclass(frozen=True, slots=True)
class Rotation:
    """A replaced signing key. `finished`: an interrupted rotation was brought to its end, and no other begun."""

    handover: Handover
    finished: bool


def rotate_key(
    folder: Path,
    keys_folder: Path,
    clock: Callable[[], datetime],
    *,
    wait_s: float = 0.0,
    random_bytes: Callable[[int], bytes] = os.urandom,
    disk: Disks = Disk,
    keys_disk: Disks = Disk,
) -> Rotation:
    """The handover to a new signing key, once log, desk.json and key file all have it.

    Raises what `open_writer` raises, TocsinInputError without the keys.
    """
    before = load_keys(folder, keys_folder)
    known = len(desk_info(folder).handovers)
    with open_writer(folder, before, clock, wait_s=wait_s, disk=disk, keys_disk=keys_disk) as writer:
        now = desk_info(folder)
        if len(now.handovers) > known:
            return Rotation(now.handovers[-1], finished=True)
        prepared = replace(writer.keys, next_seed=_new_seed(writer.keys, now, random_bytes))
        write_keys(prepared, keys_folder, keys_disk)
        stated = _stated(writer.hand_over, ROTATED, prepared)
        here = disk(folder / "staging")
        try:
            with_successor(folder, prepared, stated, here, keys_disk)
        finally:
            here.close()
    return Rotation(stated, finished=False)


def hand_over_log(
    folder: Path,
    keys_folder: Path,
    clock: Callable[[], datetime],
    *,
    wait_s: float = 0.0,
    random_bytes: Callable[[int], bytes] = os.urandom,
    disk: Disks = Disk,
    keys_disk: Disks = Disk,
) -> tuple[Handover, Keys]:
    """The statement that hands this desk's log over, and the keys that go with the copy (the new seed, not the old).

    The desk takes no more writes then. Called again on such a desk, it gives the same handover again.
    """
    given = given_away(folder)
    keys = load_keys(folder, keys_folder)
    if given is None:
        with open_writer(folder, keys, clock, wait_s=wait_s, disk=disk, keys_disk=keys_disk) as writer:
            seed = _new_seed(writer.keys, desk_info(folder), random_bytes)
            keys = replace(writer.keys, next_seed=seed)
            write_keys(keys, keys_folder, keys_disk)
            given = _stated(writer.hand_over, HANDED_OVER, keys)
    successor = keys.successor
    if successor is None or successor.verifier.vkey != given.new:
        raise TocsinInputError(
            "this desk was handed over, and the key that went with the copy is not here any more",
            next_step="reopen the desk (tocsin handover --reopen), and hand it over anew",
        )
    return given, replace(keys, signing_seed=successor.seed, next_seed=None, kept_in=None)


def taken_over(folder: Path, given: Handover, keys: Keys, disk: Disks = Disk) -> DeskInfo:
    """What desk.json says once the copy of a handed-over desk in `folder` is a desk of its own, under the new key.

    `keys` are those that came with the copy. Rotate at once afterwards: whoever gave the copy knows its key.
    """
    info = desk_info(folder)
    if given.old != info.vkey or last_handover(folder, snapshot(folder).log_size) != given:
        raise TocsinInputError("this copy was not handed over by its own log")
    here = disk(folder / "staging")
    try:
        with_successor(folder, replace(keys, next_seed=keys.signing_seed, kept_in=None), given, here)
    finally:
        here.close()
    fitting_keys(keys, desk_info(folder), to_sign=True)
    return desk_info(folder)


def given_away(folder: Path) -> Handover | None:
    """The handover by which a desk was given to others and closed to writing, None where it is open."""
    last = last_handover(folder, snapshot(folder).log_size)
    return last if last and last.kind == HANDED_OVER and last.old == desk_info(folder).vkey else None


def reopen_desk(
    folder: Path, keys_folder: Path, clock: Callable[[], datetime], *, wait_s: float = 0.0, disk: Disks = Disk
) -> int:
    """The leaf that says a desk that was handed over goes on here as well. Raises TocsinInputError where it is open."""
    given = given_away(folder)
    if given is None:
        raise TocsinInputError("this desk was not handed over: it is open")
    with open_writer(folder, load_keys(folder, keys_folder), clock, wait_s=wait_s, disk=disk, reopen=True) as writer:
        return writer.append_statements([{"type": REOPENED, "v": 1, "handed_over": given.size}])[0]


def _stated(hand_over: Callable[..., Handover], kind: str, keys: Keys) -> Handover:
    if keys.successor is None:
        raise TocsinError("a handover needs the key it leads to")
    return hand_over(kind, keys.successor)


def _new_seed(keys: Keys, info: DeskInfo, random_bytes: Callable[[int], bytes]) -> bytes:
    """A seed whose key id no key of this log has: signature lines tell keys apart by these four bytes."""
    while True:
        fresh = replace(keys, signing_seed=random_bytes(SEED_BYTES))
        if fresh.signer.verifier.key_id not in {each.key_id for each in info.verifiers}:
            return fresh.signing_seed
