"""A share of the 10,000 single-bit flips of `make torture`, over every kind of file; and how they are counted."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path

import pytest

from attacks.flip_bits import SHARES, Flip, files_of, flipped, is_named, make_desk, plan, run, verified
from tocsin.archive.keys import desk_info, desk_info_of, key_file, keys_of
from tocsin.records.errors import TocsinError

FLIPS = 150


class Fits:
    """Equal to whatever it is held against."""

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A desk of 600 posts with its keys."""
    folder = tmp_path_factory.mktemp("flips")
    make_desk(folder, 600)
    return folder


def test_every_flip_is_found_and_the_item_named(root: Path):
    assert verified(root) == ""
    flips = plan(root, FLIPS)
    assert Counter(flip.kind for flip in flips).keys() == SHARES.keys()
    bad = [(flip, outcome.error) for flip in flips if not (outcome := flipped(root, flip)).named]
    assert bad == []
    assert verified(root) == ""


def test_every_bit_of_the_small_files_that_everything_hangs_on(root: Path):
    """Key file, last head, desk.json: all their bits, not a share."""
    info = desk_info(root / "desk")
    keys = key_file(root / "keys", info.desk_id)
    readers = {
        keys: keys_of,
        keys.with_suffix(".head"): info.opened_checkpoint,
        root / "desk" / "desk.json": desk_info_of,
    }
    for path, reader in readers.items():
        good = path.read_bytes()
        reader(good)
        for bit in range(len(good) * 8):
            bad = bytearray(good)
            bad[bit // 8] ^= 1 << bit % 8
            with pytest.raises(TocsinError):
                reader(bytes(bad))


def test_every_file_of_a_desk_is_of_a_kind_that_is_flipped(root: Path):
    assert all(files_of(root).values())
    (root / "desk" / "unheard of").write_text("x")
    with pytest.raises(AssertionError, match="unheard of is of no kind"):
        files_of(root)
    (root / "desk" / "unheard of").unlink()


def test_the_plan_is_the_same_each_time_and_repeats_nothing(root: Path):
    flips = plan(root, 500)
    assert flips == plan(root, 500)
    assert len({(flip.path, flip.bit) for flip in flips}) == 500
    assert flips != plan(root, 500, seed=1)


@pytest.mark.parametrize(
    ("protection", "value", "kind"),
    [
        ("tocsin.archive.verify._check_older_manifests", lambda *_: None, "tables"),
        ("tocsin.archive.verify._check_files", lambda *_: None, "tables"),
        ("tocsin.archive.keys.spelling_digest", lambda _head: Fits(), "keys"),
        ("tocsin.archive.verify._Levels._compare", lambda *_: None, "log/tile"),
    ],
)
def test_a_flip_is_missed_without_the_check_that_finds_it(root: Path, monkeypatch, protection, value, kind):
    """The protections taken out, one by one: the test above would fail."""
    flips = [flip for flip in plan(root, 600) if flip.kind == kind]
    monkeypatch.setattr(protection, value)
    assert any(not flipped(root, flip).named for flip in flips)


def test_what_names_an_item():
    flip = Flip("log/tile/entries", "desk/log/tile/entries/001.p/9", 0)
    assert is_named(flip, "leaf 260: the row of the posts table")
    assert not is_named(flip, "leaf 600: the row of the posts table")
    assert is_named(flip, "log/tile/0/001.p/9 does not agree with the entries under it")
    assert not is_named(Flip("tables", "desk/tables/manifest.json", 0), "something is wrong")
    assert is_named(Flip("tables", "desk/tables/manifest.json", 0), "tables/manifest.json is damaged")


def test_a_run_goes_on_where_it_was_stopped_and_says_what_it_missed(tmp_path: Path, capsys, monkeypatch):
    state = tmp_path / "flips.json"
    assert run(state, 10, 60, 1) == 0
    told = json.loads(state.read_text())
    assert told["done"] == sum(told["found"].values()) == 10
    state.write_text(json.dumps({**told, "done": 8, "found": {"keys": 8}}))
    assert run(state, 10, 60, 1) == 0
    assert "8 of 10 flips were done before" in capsys.readouterr().out
    state.write_text(json.dumps({**told, "bad": [["keys", "keys/x", 1, ""]]}))
    assert run(state, 10, 60, 1) == 1
    shutil.rmtree(tmp_path / "flips")
