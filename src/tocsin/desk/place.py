"""Where a desk is: its folder, the folder of its keys, its clock."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import platformdirs

from tocsin.records.errors import TocsinInputError

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The present instant, UTC."""
    return datetime.now(UTC)


def keys_folder() -> Path:
    """Where the keys of desks are kept, apart from the desks: $TOCSIN_KEYS, else the user's own data folder."""
    named = os.environ.get("TOCSIN_KEYS")
    return Path(named) if named else Path(platformdirs.user_data_dir("tocsin", appauthor=False)) / "keys"


@dataclass(frozen=True, slots=True)
class Desk:
    """One desk, not yet opened for anything."""

    folder: Path
    keys_folder: Path
    clock: Clock = utc_now

    @property
    def staging(self) -> Path:
        """Folder for spill and spool files; emptied by the next writer."""
        return self.folder / "staging"

    @property
    def findings(self) -> Path:
        """Folder of detection runs."""
        return self.folder / "findings"

    @property
    def reports(self) -> Path:
        """Folder where `serve` finds reports."""
        return self.folder / "reports"


def is_desk(folder: Path) -> bool:
    """Whether a folder holds a desk."""
    return (folder / "desk.json").is_file()


def open_desk(folder: Path, *, clock: Clock = utc_now) -> Desk:
    """The desk in a folder. Raises TocsinInputError where there is none."""
    if not is_desk(folder):
        raise TocsinInputError(
            f"no desk in {folder}",
            expected="a folder made by tocsin init",
            next_step='run tocsin init DIR --purpose "..." --legal-basis "...", or name the desk with --desk',
        )
    return Desk(folder, keys_folder(), clock)
