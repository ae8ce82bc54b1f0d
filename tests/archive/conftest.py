"""A desk with invented posts, made anew for each test."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from archive.village import NOW, clock, imported, records
from tocsin.archive import Keys, Writer, create_desk, open_writer


@dataclass
class VillageDesk:
    folder: Path
    keys_folder: Path
    keys: Keys

    def writer(self, **more) -> Writer:
        return open_writer(self.folder, self.keys, clock, **more)

    def collect(self, lines, **more):
        with self.writer() as writer:
            return imported(writer, self.keys, lines, **more)


def new_desk(folder: Path) -> VillageDesk:
    keys = create_desk(folder / "desk", folder / "keys", purpose="a test", legal_basis="none needed", now=NOW)
    # Many of these tests put an older copy of the desk back; tests/archive/test_last_head.py has what notices that.
    return VillageDesk(folder / "desk", folder / "keys", replace(keys, kept_in=None))


@pytest.fixture
def desk(tmp_path) -> VillageDesk:
    return new_desk(tmp_path)


@pytest.fixture
def full_desk(desk) -> VillageDesk:
    """Three captures: 300 posts, the same again, 200 of which 100 are edited and one record is broken."""
    desk.collect(records(300))
    desk.collect(records(300))
    desk.collect([*records(200, 200, edited=True), b'{"id\n'])
    return desk
