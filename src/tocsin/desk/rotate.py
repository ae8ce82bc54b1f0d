"""keys rotate, and handover: the desk's log passes to a new signing key, or to another desk with its whole history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tocsin.archive import hand_over_log, reopen_desk, rotate_key
from tocsin.desk.backup import Copied, written_copy
from tocsin.desk.backup_format import HANDOVER
from tocsin.desk.place import Desk
from tocsin.desk.progress import Progress
from tocsin.desk.write_file import check_writable
from tocsin.share.age_files import recipients

_WAIT_S = 10.0


def rotate(desk: Desk) -> dict[str, Any]:
    """A new signing key for the desk; what the old one signed stays checkable, it signs nothing more."""
    done = rotate_key(desk.folder, desk.keys_folder, desk.clock, wait_s=_WAIT_S)
    return {"old": done.handover.old, "new": done.handover.new, "leaf": done.handover.size, "finished": done.finished}


def hand_over(
    desk: Desk, output: Path, to: Sequence[str], *, extras: Mapping[str, Path] | None = None, progress: Progress
) -> Copied:
    """The case for another desk: all of it with the keys that open it, encrypted; this desk is closed to writing.

    The log says so first, and names the key that goes with the copy. Run again, it writes the same copy again.
    """
    named = recipients(to)
    check_writable(output)
    _, keys = hand_over_log(desk.folder, desk.keys_folder, desk.clock, wait_s=_WAIT_S)
    return written_copy(desk, output, named, HANDOVER, keys, extras or {}, progress)


def reopen(desk: Desk) -> int:
    """The leaf that says a desk that was handed over goes on here as well."""
    return reopen_desk(desk.folder, desk.keys_folder, desk.clock, wait_s=_WAIT_S)
