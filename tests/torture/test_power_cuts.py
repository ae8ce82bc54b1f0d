"""Power cuts at random moments of an import, on a file system that keeps no more than was fsynced and tears the rest."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tocsin.records.errors import TocsinError
from torture.commands import Commands, commands
from torture.mounted import mounted
from torture.plan import Plan
from torture.power import changes_of_an_import, init_cut, power_cut
from torture.village import Village, village_of

pytestmark = pytest.mark.needs_fuse

CUTS = 15  # 200 in `make torture`


@dataclass(frozen=True, slots=True)
class Scene:
    village: Village
    run: Commands
    changes: int


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("power")
    with commands(folder / "runs") as run:
        village = village_of(folder / "village", run, 700)
        yield Scene(village, run, changes_of_an_import(village, run, folder / "count"))


def test_power_cuts_lose_nothing_acknowledged_and_no_checkpoint_covers_what_is_not_durable(scene, tmp_path):
    source, kinds = scene.village.empty, []
    for seed in range(CUTS):
        cut = power_cut(scene.village, scene.run, source, tmp_path / str(seed), seed, scene.changes)
        source = cut.left
        kinds.append(cut.kind)
    assert len(kinds) - kinds.count("end") >= CUTS // 2
    assert "end" in kinds


def test_a_power_cut_while_a_desk_is_made_leaves_a_desk_or_room_for_one(scene, tmp_path):
    assert [init_cut(scene.run, tmp_path / str(at), at) for at in (5, 30, 1000)] == [True, True, False]


@pytest.mark.parametrize("without", ["files", "folders"])
def test_without_fsync_power_cuts_do_lose_posts(scene, tmp_path, without):
    """The protection taken out: the test above notices, by the end of the import at the latest."""
    lost = 0
    for seed in range(3):
        try:
            work = tmp_path / str(seed)
            power_cut(scene.village, scene.run, scene.village.empty, work, seed, scene.changes, without=without)
        except (AssertionError, TocsinError):
            lost += 1
    assert lost > 0


def test_after_a_power_cut_the_search_index_says_it_covers_no_more_than_it_holds(scene, tmp_path):
    with mounted(scene.village.empty, tmp_path / "mount", Plan()) as disk:
        scene.village.collect(scene.run, disk.folder)
        assert scene.run.ended().code == 0
        images = [disk.cut(seed, tmp_path / str(seed), "/desk/index") for seed in range(80)]
    for index in images:
        if covered(index / "state.json"):
            assert json.loads((index / "meta.json").read_bytes())["segments"], "it says it covers what it does not hold"


def covered(state: Path) -> int:
    """How many leaves an index says it covers; 0 where it says nothing that can be read."""
    try:
        return int(json.loads(state.read_bytes())["log_size"])
    except (OSError, ValueError, LookupError):
        return 0
