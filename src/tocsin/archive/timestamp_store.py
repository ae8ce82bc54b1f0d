"""Writes timestamps beside the log: pending first, then the answer, then the statement in the log that makes it count.

A crash leaves a checkpoint pending, with or without an answer that nothing states; the next run asks anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from tocsin.archive.durable import Disk
from tocsin.archive.keys import Keys
from tocsin.archive.lock import DeskLock
from tocsin.archive.signers import log_verifiers
from tocsin.archive.timestamps import (
    STATEMENT,
    CheckedTimestamp,
    Pending,
    ca_path,
    checked_timestamps,
    covering,
    pending_record,
    pending_timestamps,
    present_head,
)
from tocsin.archive.writer import open_writer
from tocsin.records.errors import TocsinInputError

_WAIT_S = 10.0
_NOT_YET = "no answer yet"
MakeDisk = Callable[[Path], Disk]


def due_timestamps(folder: Path, keys: Keys, url: str, now: datetime, *, disk: MakeDisk = Disk) -> list[Pending]:
    """What to ask an authority for, smallest first, each noted as pending durably before anything is asked.

    That is all that is pending, and the present head unless a timestamp from this URL covers it already. Raises
    TocsinInputError for an empty log.
    """
    verifiers = log_verifiers(folder)
    with _locked(folder, disk) as here:
        head = present_head(folder, verifiers)
        if head.size == 0:
            raise TocsinInputError("the log is empty: there is nothing to timestamp", next_step="run tocsin collect")
        done = checked_timestamps(folder, verifiers)
        waiting = _without_stated(folder, pending_timestamps(folder, verifiers), done, here)
        from_here = [each for each in done if each.url == url]
        if covering(folder, head, from_here) is None and all(each.size != head.size for each in waiting):
            number = 1 + sum(each.size == head.size for each in done)
            now = now.astimezone(UTC).replace(microsecond=0)
            new = Pending(head.size, number, url, now, now, _NOT_YET, head.note.encode())
            here.write_all({folder / f"{new.name}.note": new.note})
            here.publish(folder / f"{new.name}.pending", pending_record(new, keys.signer))
            waiting.append(new)
    return waiting


def note_failure(
    folder: Path, keys: Keys, waiting: Sequence[Pending], reason: str, now: datetime, *, disk: MakeDisk = Disk
) -> None:
    """Write down when and why those that wait have no timestamp yet; `reason` is printable ASCII."""
    with _locked(folder, disk) as here:
        for each in waiting:
            path = folder / f"{each.name}.pending"
            if path.exists():  # another run may have had more luck meanwhile
                here.write_all({path: pending_record(replace(each, tried_at=now, reason=reason), keys.signer)})
        here.settle()


def keep_timestamps(
    folder: Path,
    keys: Keys,
    answers: Mapping[Pending, bytes],
    ca_pem: bytes,
    url: str,
    clock: Callable[[], datetime],
    *,
    disk: MakeDisk = Disk,
) -> None:
    """Store answers that were found to count, and state them in the log; only then do they count."""
    ca_digest = sha256(ca_pem).hexdigest()
    with open_writer(folder, keys, clock, wait_s=_WAIT_S, disk=disk) as writer, _disk(folder, disk) as here:
        # Again: another run, or this one before a crash that the writer has just mended, may have stated them already.
        verifiers = log_verifiers(folder)
        done = checked_timestamps(folder, verifiers)
        waiting = {each.name for each in _without_stated(folder, pending_timestamps(folder, verifiers), done, here)}
        kept = {each: answer for each, answer in answers.items() if each.name in waiting}
        if not kept:
            here.settle()
            return
        files: dict[Path, bytes | memoryview] = {folder / f"{each.name}.tsr": data for each, data in kept.items()}
        here.write_all({folder / ca_path(ca_digest): ca_pem, **files})
        here.settle()
        writer.append_statements(
            [
                {
                    "type": STATEMENT,
                    "v": 1,
                    "size": each.size,
                    "number": each.number,
                    "url": url,
                    "answer": sha256(answer).hexdigest(),
                    "ca": ca_digest,
                }
                for each, answer in kept.items()
            ]
        )
        for each in kept:
            here.remove(folder / f"{each.name}.pending")
        here.settle()


def _without_stated(
    folder: Path, waiting: Sequence[Pending], done: Sequence[CheckedTimestamp], disk: Disk
) -> list[Pending]:
    """Those that wait, less those whose answer was stated before a crash; what is left of these is removed."""
    stated = {(each.size, each.number) for each in done}
    for each in waiting:
        if (each.size, each.number) in stated:
            disk.remove(folder / f"{each.name}.pending")
    return [each for each in waiting if (each.size, each.number) not in stated]


@contextmanager
def _locked(folder: Path, disk: MakeDisk) -> Iterator[Disk]:
    """The disk, while no other process writes to the desk."""
    lock = DeskLock(folder, wait_s=_WAIT_S)
    try:
        with _disk(folder, disk) as here:
            yield here
    finally:
        lock.release()


@contextmanager
def _disk(folder: Path, disk: MakeDisk) -> Iterator[Disk]:
    here = disk(folder / "staging")
    try:
        yield here
    finally:
        here.close()
