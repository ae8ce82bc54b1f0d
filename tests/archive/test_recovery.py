"""Crashes, power cuts and failing disks at every step of a small import: nothing acknowledged is lost, nothing doubled."""

from __future__ import annotations

import errno
import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from archive.conftest import VillageDesk, new_desk
from archive.village import NOW, batch, blocks_of, clock, imported, records
from tocsin.archive import open_writer, record_bytes, snapshot, verify_desk
from tocsin.archive.durable import Disk
from tocsin.archive.tables import Manifest
from tocsin.archive.tiles import unacknowledged_tiles
from tocsin.records.errors import EvidenceError, TocsinError
from tocsin.records.posts import CaptureNote

LINES = [*records(60, words=3), b"{\n"]
SMALL = {"blocks_a_commit": 1, "records_a_block": 40}


# Every step in `make torture`; a third of them, other ones for crashes than for power cuts, in the quick suite.
STRIDE = 1 if os.environ.get("TOCSIN_TORTURE") else 3


class Crash(BaseException):
    """The process is gone."""


class FailingDisk(Disk):
    """Raises at the N-th effect, and at every later one (a dead process does nothing more)."""

    def __init__(self, staging: Path, fail_at: int, error: Callable[[], BaseException]) -> None:
        super().__init__(staging)
        self.steps: list[tuple[str, Path]] = []
        self._fail_at, self._error, self._guard = fail_at, error, threading.Lock()

    def step(self, what: str, path: Path) -> None:
        with self._guard:
            self.steps.append((what, path))
            if len(self.steps) > self._fail_at:
                raise self._error()


class PowerDisk(FailingDisk):
    """Keeps, beside the real folder, what a power cut would leave: contents fsynced, names whose folder was fsynced.

    What was written and not fsynced is half there; names not fsynced are as they were.
    """

    def __init__(self, staging: Path, fail_at: int, shadow: Path, *, forgets: str = "") -> None:
        super().__init__(staging, fail_at, Crash)
        self._root, self._shadow, self._forgets = staging.parent, shadow, forgets
        self._synced: dict[Path, bytes] = {}  # contents by final path, as far as fsynced
        self._pending: dict[Path, list[Callable[[], None]]] = {}
        self._unreached: dict[Path, list[Callable[[], None]]] = {}
        shutil.copytree(self._root, shadow)

    def _fsync(self, descriptor: int, path: Path) -> None:
        super()._fsync(descriptor, path)
        with self._guard:
            content = Path(f"/proc/self/fd/{descriptor}").read_bytes()
            lost = self._forgets == "files"
            self._synced[path] = content[: len(content) // 2] if lost else content
            shadow = self._in_shadow(path)
            if path.parent.name == "captures":
                if shadow.exists():
                    shadow.write_bytes(self._synced[path])
                else:
                    self._later(path.parent, lambda: shadow.write_bytes(self._synced[path]))

    def _rename(self, temporary: Path, path: Path) -> None:
        super()._rename(temporary, path)
        with self._guard:
            content, shadow = self._synced[path], self._in_shadow(path)
            self._later(path.parent, lambda: shadow.write_bytes(content))

    def make_folder(self, folder: Path) -> None:
        made = not folder.is_dir()
        super().make_folder(folder)
        if made:
            with self._guard:
                self._later(folder.parent, lambda: self._appears(folder))

    def remove(self, path: Path) -> None:
        super().remove(path)
        with self._guard:
            self._later(path.parent, lambda: self._in_shadow(path).unlink(missing_ok=True))

    def _fsync_folder(self, folder: Path) -> None:
        super()._fsync_folder(folder)
        with self._guard:
            if self._forgets != "folders":
                effects = self._pending.pop(folder, [])
                if self._in_shadow(folder).is_dir():
                    for effect in effects:
                        effect()
                else:  # durable, but not reachable before its own name is
                    self._unreached.setdefault(folder, []).extend(effects)

    def _appears(self, folder: Path) -> None:
        self._in_shadow(folder).mkdir(exist_ok=True)
        for effect in self._unreached.pop(folder, []):
            effect()

    def _in_shadow(self, path: Path) -> Path:
        return self._shadow / path.relative_to(self._root)

    def _later(self, folder: Path, effect: Callable[[], object]) -> None:
        self._pending.setdefault(folder, []).append(lambda: (effect(), None)[1])


def steps_of_a_whole_import(folder: Path) -> int:
    desk = new_desk(folder)
    disks = []

    def disk(staging: Path) -> FailingDisk:
        disks.append(FailingDisk(staging, 10**9, Crash))
        return disks[-1]

    with open_writer(desk.folder, desk.keys, clock, disk=disk) as writer:
        imported(writer, desk.keys, LINES, **SMALL)
    return len(disks[0].steps)


def import_until_it_fails(desk: VillageDesk, disk: Callable[[Path], Disk], expected: type[BaseException]) -> int:
    """How many posts were acknowledged before the failure."""
    acknowledged = 0
    try:
        with open_writer(desk.folder, desk.keys, clock, disk=disk) as writer:
            blocks = blocks_of(LINES, 40)
            capture = writer.begin_capture(CaptureNote("village"), "village/jsonl", "a.jsonl", blocks[0].data)
            for block in blocks:
                acknowledged += writer.commit(capture, *batch(desk.keys, capture.capture_id, [block])).stored
            writer.finish_capture(capture)
    except expected:
        return acknowledged
    pytest.fail("nothing failed")


def check_nothing_half_there(folder: Path, manifest: Manifest) -> None:
    """No file that the last acknowledged state does not name, and no line of a capture beyond it."""
    assert unacknowledged_tiles(folder / "log", manifest.log_size) == []
    assert not [path for path in (folder / "secrets").iterdir() if int(path.name[:12]) >= manifest.log_size]
    named = {each.path for files in manifest.tables.values() for each in files}
    assert {str(path.relative_to(folder / "tables")) for path in folder.glob("tables/*/*")} == named
    assert not [path for path in folder.glob("tables/manifest-*") if int(path.stem[9:]) > manifest.generation]
    sizes = {path.stem: path.stat().st_size for path in folder.glob("captures/*")}
    assert len(sizes) == manifest.captures_begun
    for capture_id, each in manifest.open_captures.items():
        assert sizes[capture_id] == each.file_bytes


def check_recovered(desk: VillageDesk, acknowledged: int, *, thorough: bool = False) -> None:
    """The desk verifies, has every acknowledged post once, and the import can be finished."""
    shown_before = snapshot(desk.folder).rows("posts")
    with desk.writer() as writer:
        assert writer.snapshot().rows("posts") >= max(acknowledged, shown_before)
        check_nothing_half_there(desk.folder, writer.snapshot().manifest)
    if thorough:
        assert verify_desk(desk.folder, desk.keys).posts >= acknowledged
    certified, _ = desk.collect(LINES, **SMALL)
    rows = snapshot(desk.folder).read("posts", ["post_id", "capture_id", "record_offset", "record_length"])
    assert len(set(rows["post_id"].to_pylist())) == rows.num_rows == 60
    for row in rows.slice(0, 3).to_pylist():
        assert record_bytes(
            desk.folder, desk.keys.sealer, row["capture_id"], row["record_offset"], row["record_length"]
        )
    summary = certified.summary
    assert summary.read == 61 == summary.stored + summary.duplicate + summary.quarantined
    assert verify_desk(desk.folder, desk.keys).posts == 60
    assert not list((desk.folder / "staging").iterdir())


def test_a_crash_at_every_step_of_an_import_loses_and_doubles_nothing(tmp_path):
    steps = steps_of_a_whole_import(tmp_path / "whole")
    assert steps > 100
    template = new_desk(tmp_path / "template")
    for fail_at in range(0, steps, STRIDE):
        desk = copied_desk(template, tmp_path / str(fail_at))
        acknowledged = import_until_it_fails(desk, lambda staging, at=fail_at: FailingDisk(staging, at, Crash), Crash)
        check_recovered(desk, acknowledged, thorough=fail_at % 10 == 0)
        shutil.rmtree(tmp_path / str(fail_at))


def copied_desk(template: VillageDesk, folder: Path) -> VillageDesk:
    shutil.copytree(template.folder, folder / "desk")
    return VillageDesk(folder / "desk", template.keys_folder, template.keys)


def power_cut(template: VillageDesk, folder: Path, fail_at: int, forgets: str = "") -> None:
    desk = copied_desk(template, folder)
    shadow = folder / "after"
    acknowledged = import_until_it_fails(
        desk, lambda staging: PowerDisk(staging, fail_at, shadow, forgets=forgets), Crash
    )
    check_recovered(VillageDesk(shadow, desk.keys_folder, desk.keys), acknowledged)


def test_a_power_cut_at_every_step_loses_and_doubles_nothing(tmp_path):
    template = new_desk(tmp_path / "template")
    for fail_at in range(STRIDE - 1, steps_of_a_whole_import(tmp_path / "whole"), STRIDE):
        power_cut(template, tmp_path / str(fail_at), fail_at)
        shutil.rmtree(tmp_path / str(fail_at))


@pytest.mark.parametrize("forgets", ["files", "folders"])
def test_without_fsync_a_power_cut_does_lose_posts(tmp_path, forgets):
    """The protection taken out: the test above would notice."""
    failed = 0
    template = new_desk(tmp_path / "template")
    for fail_at in range(40, steps_of_a_whole_import(tmp_path / "whole"), 10):
        try:
            power_cut(template, tmp_path / str(fail_at), fail_at, forgets)
        except (AssertionError, TocsinError, OSError):
            failed += 1
    assert failed > 0


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EMFILE])
def test_a_failing_disk_is_a_clear_error_and_fatal_for_the_writer(tmp_path, number):
    for fail_at in range(3, 120, 13):
        desk = new_desk(tmp_path / str(fail_at))
        acknowledged = import_until_it_fails(
            desk, lambda staging, at=fail_at: FailingDisk(staging, at, lambda: OSError(number, "fails")), TocsinError
        )
        check_recovered(desk, acknowledged)
        shutil.rmtree(tmp_path / str(fail_at))


def test_after_a_failed_write_the_writer_refuses_to_go_on(desk):
    made = []

    def disk(staging: Path) -> FailingDisk:
        made.append(FailingDisk(staging, 10**9, lambda: OSError(errno.EIO, "fails")))
        return made[-1]

    with open_writer(desk.folder, desk.keys, clock, disk=disk) as writer:
        made[0]._fail_at = len(made[0].steps) + 3
        with pytest.raises(TocsinError, match="durably"):
            writer.append_statements([{"type": "viewed", "v": 1}])
        made[0]._fail_at = 10**9
        with pytest.raises(TocsinError, match="closed or failed"):
            writer.append_statements([{"type": "viewed", "v": 1}])


def test_an_acknowledged_commit_whose_manifest_was_not_yet_put_in_place_is_rolled_forward(desk):
    desk.collect(records(50))
    old = (desk.folder / "tables" / "manifest.json").read_bytes()
    desk.collect(records(50, 100))
    shutil.copy(desk.folder / "tables" / f"manifest-{snapshot(desk.folder).generation - 1:08d}.json", desk.folder / "m")
    newest = snapshot(desk.folder)
    # as after a crash between the two renames of the last commit
    (desk.folder / "m").replace(desk.folder / "tables" / "manifest.json")
    assert snapshot(desk.folder).log_size < newest.log_size
    with desk.writer() as writer:
        assert writer.snapshot().log_size == newest.log_size
    assert snapshot(desk.folder).generation == newest.generation
    # but an older one than that is no crash
    (desk.folder / "tables" / "manifest.json").write_bytes(old)
    with pytest.raises(EvidenceError):
        desk.writer()


def test_a_checkpoint_older_than_the_tables_is_no_crash(desk):
    old = (desk.folder / "log" / "checkpoint").read_bytes()
    desk.collect(records(50))
    (desk.folder / "log" / "checkpoint").write_bytes(old)
    with pytest.raises(EvidenceError, match="older than the tables"):
        desk.writer()
    with pytest.raises(EvidenceError, match="older than the tables"):
        verify_desk(desk.folder)


def test_a_failed_open_gives_the_lock_back(desk):
    good = (desk.folder / "log" / "checkpoint").read_bytes()
    (desk.folder / "log" / "checkpoint").unlink()
    with pytest.raises(EvidenceError, match="checkpoint is missing"):
        desk.writer()
    (desk.folder / "log" / "checkpoint").write_bytes(good)
    desk.writer().close()
    assert NOW


def test_a_desk_without_its_manifest_is_damaged_and_not_no_desk(full_desk):
    (full_desk.folder / "tables" / "manifest.json").unlink()
    for use in (lambda: snapshot(full_desk.folder), full_desk.writer):
        with pytest.raises(EvidenceError, match="is missing"):
            use()


def test_a_missing_file_of_an_open_capture_is_said(desk):
    with desk.writer() as writer:
        blocks = blocks_of(records(100))
        capture = writer.begin_capture(CaptureNote("village"), "village/jsonl", "posts.jsonl", blocks[0].data)
        writer.commit(capture, *batch(desk.keys, capture.capture_id, blocks))
    (desk.folder / "captures" / f"{capture.capture_id}.jsonl").unlink()
    with pytest.raises(EvidenceError, match=f"{capture.capture_id}.jsonl is missing"):
        desk.writer()
