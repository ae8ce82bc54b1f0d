"""The forgetful file system forgets what it should, and nothing that was fsynced."""

from __future__ import annotations

import fcntl
import mmap
import os
import random
from pathlib import Path

import pytest

from torture.images import File, Folder, Image
from torture.mounted import mounted
from torture.plan import Plan

SEEDS = range(60)


def with_file(path: str, data: bytes) -> tuple[Image, File]:
    image = Image()
    node = image.make(path, 0o600, File)
    assert isinstance(node, File)
    node.change((0, data))
    return image, node


def after_cut(image: Image, folder: Path, seed: int | None = None) -> dict[str, bytes]:
    """Paths and contents that a power cut leaves."""
    folder = folder / str(seed)
    image.write_to(folder, cut=True, dice=None if seed is None else random.Random(seed))
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_was_fsynced_with_its_name_always_stays(tmp_path):
    image, node = with_file("/a", b"goats")
    node.sync()
    image.root.sync()
    assert all(after_cut(image, tmp_path, seed) == {"a": b"goats"} for seed in (None, *SEEDS))


def test_a_name_that_was_not_fsynced_may_go_and_may_stay(tmp_path):
    image, node = with_file("/a", b"goats")
    node.sync()
    assert after_cut(image, tmp_path) == {}
    assert {frozenset(after_cut(image, tmp_path, seed).items()) for seed in SEEDS} == {
        frozenset(),
        frozenset({("a", b"goats")}),
    }


def test_data_that_was_not_fsynced_is_lost_torn_or_whole(tmp_path):
    image, _ = with_file("/a", b"goats")
    image.root.sync()
    assert after_cut(image, tmp_path) == {"a": b""}
    left = {after_cut(image, tmp_path, seed)["a"] for seed in SEEDS}
    assert {b"", b"goats"} < left
    assert all(b"goats".startswith(each) for each in left)


def test_a_rename_is_the_old_or_the_new_file_and_never_neither(tmp_path):
    image, old = with_file("/log", b"old")
    old.sync()
    image.root.sync()
    new = image.make("/part", 0o600, File)
    assert isinstance(new, File)
    new.change((0, b"new"))
    new.sync()
    image.rename("/part", "/log")
    assert {after_cut(image, tmp_path, seed)["log"] for seed in SEEDS} == {b"old", b"new"}
    image.root.sync()
    assert {after_cut(image, tmp_path / "synced", seed)["log"] for seed in SEEDS} == {b"new"}


def test_a_folder_that_is_not_named_durably_takes_all_in_it_along(tmp_path):
    image = Image()
    inner = image.make("/d", 0o700, Folder)
    node = image.make("/d/a", 0o600, File)
    assert isinstance(inner, Folder)
    inner.sync()
    node.sync()
    assert after_cut(image, tmp_path) == {}
    image.root.sync()
    assert after_cut(image, tmp_path) == {"d/a": b""}


def test_a_failed_fsync_drops_what_a_later_one_says_is_durable(tmp_path):
    image, node = with_file("/a", b"goats")
    image.root.sync()
    node.fail_to_sync()
    node.change((5, b" and sheep"))
    node.sync()
    assert bytes(node.now) == b"goats and sheep"
    assert after_cut(image, tmp_path) == {"a": b"\0\0\0\0\0 and sheep"}


@pytest.mark.needs_fuse
def test_mounted_it_does_what_a_writer_needs_and_the_power_goes_when_told(tmp_path):
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "old").write_bytes(b"old")
    # the changes: make, write, fsync, truncate, write, folder, rename, fsync of the folder, remove
    with mounted(tmp_path / "source", tmp_path / "mount", Plan(cut_at=9)) as disk:
        at = disk.folder
        descriptor = os.open(at / "new", os.O_CREAT | os.O_RDWR, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        os.write(descriptor, b"goats" * 1000)
        os.fsync(descriptor)
        os.ftruncate(descriptor, 5)
        os.pwrite(descriptor, b"G", 0)
        with mmap.mmap(descriptor, 0, prot=mmap.PROT_READ) as seen:
            assert seen[:] == b"Goats"
        os.close(descriptor)
        (at / "d").mkdir()
        (at / "new").replace(at / "old")
        folder = os.open(at, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)
        with pytest.raises(OSError, match="Input/output"):
            (at / "old").unlink()
        with pytest.raises(OSError, match="Input/output"):
            (at / "later").mkdir()
        event = disk.events.get(timeout=10)
        assert event == {"event": "cut", "kind": "remove", "path": "/old"}
        assert disk.counts()["changes"] == 9
        left = disk.least(tmp_path / "least")
    assert (left / "old").read_bytes() == b"goats" * 1000
    assert (left / "d").is_dir()
