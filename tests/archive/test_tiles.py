"""The log's files: paths, growth in steps of any size, and reading while it grows."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.archive import merkle
from tocsin.archive.tiles import (
    Edge,
    Log,
    bundle,
    bundle_entries,
    edge_of,
    superseded_tiles,
    tile_path,
    unacknowledged_tiles,
)  # fmt: skip
from tocsin.records.errors import EvidenceError

ENTRIES = [b"entry %d" % number for number in range(1100)]


def grown(folder: Path, sizes: list[int]) -> Edge:
    edge = Edge()
    for size in sizes:
        growth = edge.grown(ENTRIES[edge.size : edge.size + size])
        edge = growth.edge
        for path, data in growth.files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(data)
    return edge


@pytest.mark.parametrize(
    ("number", "path"),
    [(0, "000"), (5, "005"), (999, "999"), (1000, "x001/000"), (1234067, "x001/x234/067")],
)
def test_paths_are_those_of_the_specification(number, path):
    assert tile_path(0, number) == f"tile/0/{path}"
    assert tile_path("entries", number, 7) == f"tile/entries/{path}.p/7"


@settings(max_examples=25)
@given(st.lists(st.integers(0, 400), max_size=4))
def test_growing_in_any_steps_gives_the_same_log(tmp_path_factory, sizes):
    folder = tmp_path_factory.mktemp("log")
    sizes = [size for at, size in enumerate(sizes) if sum(sizes[: at + 1]) <= len(ENTRIES)]
    edge = grown(folder, sizes)
    entries = ENTRIES[: edge.size]
    log = Log(folder, edge.size)
    assert edge.root == log.root() == merkle.root([merkle.leaf_hash(entry) for entry in entries])
    assert [entry for _, entry in log.all_entries()] == entries
    assert edge_of(log) == edge
    assert unacknowledged_tiles(folder, edge.size) == []


def test_more_than_65536_leaves_need_a_third_level(tmp_path):
    entries = [b"%d" % number for number in range(65_536 + 300)]
    growth = Edge().grown(entries)
    assert {path.split("/")[1] for path in growth.files} == {"0", "1", "2", "entries"}
    assert growth.files["tile/2/000.p/1"] == merkle.root([merkle.leaf_hash(each) for each in entries[:65_536]])


def test_every_leaf_proves_from_the_tiles(tmp_path):
    edge = grown(tmp_path, [700])
    log = Log(tmp_path, 700)
    for index in range(0, 700, 13):
        proof = merkle.inclusion_proof(log.node(), index, 700)
        merkle.check_inclusion(merkle.leaf_hash(ENTRIES[index]), index, 700, proof, edge.root)


def test_a_reader_of_an_older_size_is_served_by_wider_tiles(tmp_path):
    old = grown(tmp_path, [300])
    grown(tmp_path, [300, 500])
    for path in superseded_tiles(tmp_path, 300, 800):
        path.unlink()
    assert not (tmp_path / "tile/0/001.p").exists() or not list((tmp_path / "tile/0/001.p").iterdir())
    assert Log(tmp_path, 300).root() == old.root
    assert [entry for _, entry in Log(tmp_path, 300).all_entries()] == ENTRIES[:300]


def test_what_a_crashed_writer_left_is_found_and_nothing_else(tmp_path):
    grown(tmp_path, [300])
    before = {path for path in tmp_path.rglob("*") if path.is_file()}
    grown(tmp_path, [300, 700])
    after = {path for path in tmp_path.rglob("*") if path.is_file()}
    assert set(unacknowledged_tiles(tmp_path, 300)) == after - before


def test_bundles_are_read_back_and_a_torn_one_is_refused():
    raw = bundle(ENTRIES[:20])
    assert bundle_entries(raw, "it") == ENTRIES[:20]
    for cut in range(1, 10):
        with pytest.raises(EvidenceError, match="cut off"):
            bundle_entries(raw[:-cut], "it")


def test_missing_tiles_are_named(tmp_path):
    grown(tmp_path, [300])
    (tmp_path / "tile/entries/000").unlink()
    with pytest.raises(EvidenceError, match=r"log/tile/entries/000 is missing"):
        Log(tmp_path, 300).entry(5)


def test_leaf_hashes_are_those_of_rfc_6962(tmp_path):
    growth = Edge().grown([b"a", b"b"])
    assert growth.files["tile/0/000.p/2"] == sha256(b"\x00a").digest() + sha256(b"\x00b").digest()
    assert growth.files["tile/entries/000.p/2"] == b"\x00\x01a\x00\x01b"
