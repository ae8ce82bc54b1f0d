"""Older heads of the desk's log, held against the present one: those somebody gave, and the last this machine saw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tocsin.archive import (
    LastHead,
    check_continues,
    check_is_not_older,
    desk_info,
    held_head,
    newest_head,
)
from tocsin.desk.place import Desk
from tocsin.records.errors import TocsinInputError
from tocsin.records.evidence import Checkpoint

_LARGEST_FILE = 1_000_000


@dataclass(frozen=True, slots=True)
class OlderHeads:
    """What the log must go on from."""

    desk: Desk
    given: tuple[tuple[str, Checkpoint], ...]  # (file name, head)
    last_seen: Checkpoint | None
    last_head: LastHead

    @staticmethod
    def read(desk: Desk, files: Sequence[Path]) -> OlderHeads:
        """The heads, to be read before the desk is: a writer that goes on meanwhile stores a newer one.

        Raises EvidenceError where one is not signed by a key of this desk, TocsinInputError where it cannot be read.
        """
        info = desk_info(desk.folder)
        opened, last = info.opened_checkpoint, LastHead(desk.keys_folder, info.desk_id)
        given = tuple((file.name, held_head(_read(file), opened, file.name)) for file in files)
        return OlderHeads(desk, given, last.read(opened), last)

    def checked(self, shown: Checkpoint) -> list[str]:
        """The steps that held, for a desk whose log verified up to `shown`; that head is then kept as the last seen.

        Raises EvidenceError naming the first head that the log does not go on from.
        """
        folder, opened = self.desk.folder, desk_info(self.desk.folder).opened_checkpoint
        newest = newest_head(folder, opened)
        steps = []
        for name, head in self.given:
            check_continues(folder, head, shown if head.size <= shown.size else newest, name)
            steps.append(f"the log goes on from {name}: its first {head.size:,} entries are those of then")
        if self.last_seen:
            seen = self.last_seen
            check_is_not_older(folder, seen, shown if seen.size <= shown.size else newest)
            steps.append(f"the log goes on from the {seen.size:,} entries that this machine saw last")
        self.last_head.keep(shown, opened)
        return steps


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            return stream.read(_LARGEST_FILE + 1)
    except OSError as error:
        raise TocsinInputError(f"{file} cannot be read", got=error.strerror or "") from error
