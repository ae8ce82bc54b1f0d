"""init: an empty desk with its keys kept elsewhere."""

from __future__ import annotations

from pathlib import Path

from tocsin.archive import create_desk
from tocsin.desk.place import Clock, Desk, keys_folder, utc_now

NOT_STATED = "not stated"


def init(folder: Path, *, purpose: str, legal_basis: str, clock: Clock = utc_now) -> Desk:
    """The empty desk made in `folder`. Raises TocsinInputError where a desk or other files are there already."""
    desk = Desk(folder, keys_folder(), clock)
    create_desk(folder, desk.keys_folder, purpose=purpose, legal_basis=legal_basis, now=clock())
    return desk
