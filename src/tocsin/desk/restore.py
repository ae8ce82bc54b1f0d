"""restore: a backup or a handed-over case becomes a desk again, verified before anybody may use it.

Everything is unpacked into DIR/restoring/, checked file by file against the list at the front of the backup, then
verified as a desk. Only then are its parts moved up, desk.json last. A crash in between leaves DIR without desk.json
and with a file RESTORE-FAILED that says so; an error leaves nothing of what was unpacked.

A backup is encrypted, but not signed: whoever knows the recipient's public key could have made it. So nothing in it is
trusted: paths, sizes and counts are bounded by its own list, and the list by the room on the disk; that it is a desk,
and which one, the desk's own signed log says.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tocsin.archive import (
    Keys,
    LastHead,
    VerifyReport,
    continues,
    desk_info,
    fitting_keys,
    key_file,
    keys_of,
    load_keys,
    rotate_key,
    taken_over,
    verify_desk,
    write_keys,
)
from tocsin.archive.durable import Disk
from tocsin.archive.handovers import last_handover
from tocsin.archive.keys import FOLDERS
from tocsin.desk.backup_format import DESK, HANDOVER, KEYS, Head
from tocsin.desk.place import Clock, keys_folder, utc_now
from tocsin.desk.progress import Progress
from tocsin.desk.unpack import Unpacked, unpack
from tocsin.records.errors import EvidenceError, TocsinInputError
from tocsin.share.age_files import identities

MARK = "RESTORE-FAILED"
_WORK = "restoring"
_MARK_TEXT = """This folder is no desk.
tocsin restore was at work here and did not come to its end. Nothing in it was verified.
Remove the folder and run tocsin restore again.
"""


@dataclass(frozen=True, slots=True)
class Restored:
    """A desk that was restored and verified."""

    desk: Path
    head: Head
    report: VerifyReport
    web_files: int
    keys: str  # "from the backup", "on this machine", "newer than it", "an older copy", "missing"
    older_than_seen: int | None  # size of the longer log this machine saw before
    taken_over: bool

    def as_json(self) -> dict[str, Any]:
        """For scripts."""
        return {
            "desk": self.desk, "made_at": self.head.made_at, "log_size": self.report.entries,
            "posts": self.report.posts, "captures": self.report.captures, "web_files": self.web_files,
            "keys": self.keys, "older_than_seen": self.older_than_seen, "taken_over": self.taken_over,
        }  # fmt: skip


def restore(file: Path, folder: Path, identity: Path, *, progress: Progress, clock: Clock = utc_now) -> Restored:
    """The desk that a backup holds, in a new folder.

    Raises TocsinInputError where the identity does not open it or the folder is in use, EvidenceError where the backup
    was changed or cut off, or what it holds does not verify.
    """
    opened_by = identities(identity)
    with _new_folder(folder) as work, progress.bar("unpacking", None, "files") as bar:
        unpacked = unpack(file, work, opened_by, bar)
        home = keys_folder()
        _complete(work / DESK)
        if desk_info(work / DESK).desk_id != unpacked.head.desk_id:
            raise EvidenceError("the backup holds another desk than its list says")
        keys, where = _keys(work / DESK, unpacked, home)
        took_over = unpacked.head.kind == HANDOVER
        if took_over:
            keys = _own(work / DESK, keys, home, clock)
        with progress.bar("verifying", None, "bundles") as steps:
            report = verify_desk(work / DESK, keys, lambda *_: steps.advance(1))
        if report.entries < unpacked.head.log_size:
            raise EvidenceError("the backup holds a shorter log than its list says")
        if keys is not None and where == "from the backup" and not took_over:
            write_keys(keys, home)
        older = _longer_log_seen(work / DESK, home, report)
        _move_up(work, folder)
    return Restored(folder, unpacked.head, report, unpacked.web_files, where, older, took_over)


@contextmanager
def _new_folder(folder: Path) -> Iterator[Path]:
    """The folder to unpack into; after an error what was unpacked is gone, after a crash the mark says so."""
    if (folder / MARK).exists():
        raise TocsinInputError(
            f"an earlier restore into {folder} was cut off", next_step="remove the folder and run it again"
        )
    made = not folder.exists()
    if not made and (not folder.is_dir() or any(folder.iterdir())):
        raise TocsinInputError(f"{folder} is in use", expected="an empty or missing folder")
    disk = Disk(folder)
    try:
        disk.make_folder(folder)
        disk.publish(folder / MARK, _MARK_TEXT.encode())
        yield folder / _WORK
        disk.remove(folder / MARK)
        disk.settle()
    except BaseException:
        shutil.rmtree(folder / _WORK, ignore_errors=True)
        if not (folder / "desk.json").exists() and not (folder / _WORK).exists():
            (folder / MARK).unlink(missing_ok=True)
            if made:
                shutil.rmtree(folder, ignore_errors=True)
        raise
    finally:
        disk.close()


def _complete(desk: Path) -> None:
    """The folders of a desk that a backup leaves out because they are empty or derived."""
    for name in FOLDERS:
        (desk / name).mkdir(exist_ok=True)
    if not (desk / "desk.json").is_file():
        raise EvidenceError("the backup holds no desk", expected="desk/desk.json")


def _keys(desk: Path, unpacked: Unpacked, home: Path) -> tuple[Keys | None, str]:
    """The desk's keys and where they are from. Raises TocsinInputError where two different ones would meet."""
    info = desk_info(desk)
    kept = key_file(home, info.desk_id)
    if unpacked.key_file is not None:
        keys = keys_of(unpacked.key_file)
        taken = unpacked.head.kind == HANDOVER
        here = fitting_keys(keys, info, to_sign=False) if not taken else keys
        if kept.exists() and (taken or keys_of(kept.read_bytes()) != keys):
            raise TocsinInputError(
                "other keys of the same desk are on this machine, and would be overwritten",
                got=f"{kept.name} in the keys folder",
                next_step="move them away, or name another folder in TOCSIN_KEYS",
            )
        return replace(here, kept_in=home), "from the backup"
    if not kept.exists():
        return None, "missing"
    keys = load_keys(desk, home, to_sign=False)
    if keys.signer.verifier.vkey == info.vkey:
        return keys, "on this machine"
    return keys, "newer than it" if info.vkey in keys.replaced else "an older copy"


def _own(desk: Path, keys: Keys | None, home: Path, clock: Clock) -> Keys:
    """The keys of a case taken over, whose signing key nobody else knows: the one that came with it is replaced."""
    if keys is None:
        raise EvidenceError("the case was handed over without its keys")
    size = int((desk / "log" / "checkpoint").read_bytes().split(b"\n")[1])
    given = last_handover(desk, size)
    if given is None:
        raise EvidenceError("the case was not handed over by its own log")
    taken_over(desk, given, keys)
    write_keys(keys, home)
    try:
        rotate_key(desk, home, clock)
    except BaseException:
        key_file(home, keys.desk_id).unlink(missing_ok=True)
        raise
    return load_keys(desk, home)


def _longer_log_seen(desk: Path, home: Path, report: VerifyReport) -> int | None:
    """The size of a log that this machine saw and the restored desk does not reach, None where it does."""
    info = desk_info(desk)
    last = LastHead(home, info.desk_id)
    try:
        seen = last.read(info.opened_checkpoint)
    except EvidenceError:  # signed with a key that this older copy does not know yet
        line = last.path.read_bytes().split(b"\n")[1]
        return int(line) if line.isdigit() and int(line) > report.entries else None
    return None if seen is None or continues(desk, seen, report.checkpoint) else seen.size


def _move_up(work: Path, folder: Path) -> None:
    """Put what was verified in its place; desk.json, which makes it a desk, last."""
    disk = Disk(folder)
    try:
        for part in sorted((work / DESK).iterdir(), key=lambda path: path.name == "desk.json"):
            if part.name == "desk.json":
                disk.note_folder(folder)
                disk.settle()
            part.rename(folder / part.name)
        for other in work.iterdir():
            if other.name not in (DESK, KEYS):
                other.rename(folder / other.name)
        shutil.rmtree(work)
        disk.note_folder(folder)
        disk.settle()
    finally:
        disk.close()
