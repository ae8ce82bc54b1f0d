"""One power cut in an import, and what must be true of the disk it leaves."""

from __future__ import annotations

import queue
import random
import shutil
from dataclasses import dataclass
from pathlib import Path

from tocsin.archive import open_writer
from tocsin.desk.place import utc_now
from torture.commands import Commands
from torture.mounted import Mounted, mounted
from torture.plan import Plan
from torture.village import (
    STATED,
    Acknowledged,
    Village,
    check_ends_equal,
    check_head_is_durable,
    check_kept,
    keys_in,
    seen_at,
)


@dataclass(frozen=True, slots=True)
class Cut:
    """Where a cut came (`kind` "end": after the import had ended) and the state to go on from."""

    kind: str
    left: Path


def power_cut(
    village: Village, run: Commands, source: Path, work: Path, seed: int, changes: int, *, without: str = ""
) -> Cut:
    """Import from the state `source` with the power going at a random one of the next `changes` changes, and check.

    Fails where anything acknowledged is lost, or a checkpoint covers an entry that is not durable.
    """
    dice = random.Random(seed)
    before = _before(source, work)
    with mounted(source, work / "mount", Plan(cut_at=dice.randint(1, changes))) as disk:
        village.collect(run, disk.folder, without=without)
        kind = _cut_kind(disk, run)
        ended = run.ended()
        now, least = disk.now(work / "now"), disk.least(work / "least")
        left = disk.cut(seed, work / "left")
    assert kind != "end" or ended.code == 0, ended.err
    seen = seen_at(now) if (now / "desk" / "tables" / "manifest.json").exists() else Acknowledged()
    assert seen.posts >= before + (ended.stored if kind == "end" else 0)
    check_head_is_durable(now, least)
    for image in (least, shutil.copytree(left, work / "checked")):
        check_kept(village, image, seen, ended)
    if seed % 5 == 0:
        check_ends_equal(village, run, work / "checked")
    for each in (now, least, work / "checked"):
        shutil.rmtree(each)
    return Cut(kind, village.empty if kind == "end" else left)


def _before(source: Path, work: Path) -> int:
    """How many posts the desk has before the import goes on, after recovery."""
    copy = shutil.copytree(source, work / "before")
    with open_writer(copy / "desk", keys_in(copy), utc_now) as writer:
        posts = writer.snapshot().rows("posts")
    shutil.rmtree(copy)
    return posts


def _cut_kind(disk: Mounted, run: Commands) -> str:
    """What the power cut interrupted, the command killed with it; "end" where the command ended before."""
    last_look = False
    while True:
        try:
            event = disk.events.get(timeout=0.05)
        except queue.Empty:
            if last_look:
                return "end"
            if not is_running(run.pid):
                disk.counts()  # its answer comes after every event there was
                last_look = True
            continue
        assert event is not None, "the file system ended"
        if event["event"] == "cut":
            run.kill()
            return str(event["kind"])


def is_running(pid: int) -> bool:
    """Whether a process is there that has not ended."""
    try:
        told = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return told.rpartition(")")[2].split()[0] != "Z"


def changes_of_an_import(village: Village, run: Commands, work: Path) -> int:
    """How many changes, as plans count them, a whole import makes."""
    with mounted(village.empty, work / "mount", Plan()) as disk:
        village.collect(run, disk.folder)
        ended = run.ended()
        assert ended.code == 0, ended.err
        return int(disk.counts()["changes"])


def init_cut(run: Commands, work: Path, cut_at: int) -> bool:
    """Whether the power went at this change of `tocsin init` (False: it had ended before). What the cut leaves is a
    desk with its keys that verifies, or a place where the same command makes one."""
    nothing = work / "nothing"
    nothing.mkdir(parents=True)
    with mounted(nothing, work / "mount", Plan(cut_at=cut_at)) as disk:
        run.begin("init", disk.folder / "desk", *STATED, keys=disk.folder / "keys")
        kind = _cut_kind(disk, run)
        ended = run.ended()
        images = [disk.least(work / "least"), disk.cut(cut_at, work / "left")]
    for image in images:
        if not (image / "desk" / "desk.json").exists():
            assert kind != "end", "the desk that was made is gone"
            again = run.run("init", image / "desk", *STATED, keys=image / "keys")
            assert again.code == 0, again.err
        verified = run.run("verify", "--desk", image / "desk", keys=image / "keys")
        assert verified.code == 0, verified.err
    assert kind != "end" or ended.code == 0, ended.err
    shutil.rmtree(work)
    return kind != "end"
