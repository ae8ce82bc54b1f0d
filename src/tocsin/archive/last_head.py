"""The last head of a desk's log that this machine saw, kept beside the keys: `<desk id>.head`, a signed checkpoint.

A whole desk folder put back to an older copy verifies by itself. The head outside the folder does not go back with it,
so the next `verify` or writer on this machine refuses. It is no guard against somebody who may write beside the keys:
against them there are checkpoints given away (consistency.py).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tocsin.archive.consistency import Opened, check_continues, held_head
from tocsin.archive.durable import Disk
from tocsin.records.errors import EvidenceError, TocsinInputError
from tocsin.records.evidence import Checkpoint

NEXT_STEP = (
    "bring the newer desk folder back; if the older one was restored on purpose, say why: "
    "tocsin verify --accept-older REASON"
)

DAMAGED_STEP = "hold a checkpoint kept elsewhere against the desk (tocsin verify --since FILE), then remove this file"


@dataclass(frozen=True, slots=True)
class LastHead:
    """Where the last head of one desk is kept."""

    keys_folder: Path
    desk_id: str

    @property
    def path(self) -> Path:
        """The file; it need not exist."""
        return self.keys_folder / f"{self.desk_id}.head"

    def read(self, opened: Opened) -> Checkpoint | None:
        """The head as kept, None where none is. Raises EvidenceError where the file is damaged.

        Read it before the desk, never after: a writer that goes on meanwhile stores a newer one.
        """
        try:
            note = self.path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise TocsinInputError(f"{self._what} cannot be read", got=error.strerror or "") from error
        return held_head(note, opened, self._what, DAMAGED_STEP)

    def check(self, folder: Path, now: Checkpoint, opened: Opened) -> None:
        """Nothing; raises EvidenceError where the log under head `now` does not go on from the head as kept."""
        held = self.read(opened)
        if held is not None:
            check_is_not_older(folder, held, now)

    def keep(self, now: Checkpoint, opened: Opened, disk: Callable[[Path], Disk] = Disk) -> None:
        """Store a head that was checked, durably, unless the one kept is of as long a log.

        Where nothing may be written beside the keys (a write-protected stick), nothing is.
        """
        if not os.access(self.keys_folder, os.W_OK):
            return
        held = self.read(opened)
        if held is None or held.size < now.size:
            self.replace(now, disk)

    def replace(self, now: Checkpoint, disk: Callable[[Path], Disk] = Disk) -> None:
        """Store a head whatever was kept."""
        here = disk(self.keys_folder)  # the temporary file must not lie in the desk folder
        try:
            here.publish(self.path, now.note.encode())
        finally:
            here.close()

    @property
    def _what(self) -> str:
        return f"{self.path.name} beside the keys"


def check_is_not_older(folder: Path, held: Checkpoint, now: Checkpoint) -> None:
    """Nothing; raises EvidenceError where the log under `now` does not go on from the last head this machine saw."""
    try:
        check_continues(folder, held, now, "the last head this machine saw")
    except EvidenceError as error:
        raise EvidenceError(
            error.wrong, expected=error.expected, got=error.got, next_step=error.next_step or NEXT_STEP
        ) from error
