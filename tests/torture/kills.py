"""An import killed at random moments, each time going on from where the one before was stopped."""

from __future__ import annotations

import random
import shutil
import time
from pathlib import Path

from tocsin.archive import verify_desk
from torture.commands import Commands
from torture.power import is_running
from torture.village import Village, check_ends_equal, check_kept, keys_in, posts_of, seen_at

KILLED = -9


def kill_once(
    village: Village, run: Commands, folder: Path, seed: int, *, whole: bool, processes: int = 1, without: str = ""
) -> bool:
    """Whether a resumed import was killed (False: it had ended before) with all of its processes; checks what is left.

    The moment is some commits on and a random time after, so that every part of an import is met, its start too.
    Every other time the next import finds the desk just as it was left; else the recovery is checked here.
    """
    dice = random.Random(seed)
    before = seen_at(folder)
    village.collect(run, folder, processes=processes, without=without)
    _wait(run, dice.choice((0, 1, 1, 2)), dice.uniform(0.0, 0.8) ** 2)
    run.kill()
    ended = run.ended()
    assert ended.code in (0, KILLED), ended.err
    seen = seen_at(folder)
    assert seen.log_size >= before.log_size
    assert seen.posts >= before.posts + (ended.stored if ended.code == 0 else 0)
    if whole or seed % 2:
        check_kept(village, folder, seen, ended, whole=whole)
    else:
        assert len(posts_of(folder)) == seen.posts
        assert posts_of(folder) <= village.posts
    return ended.code == KILLED


def _wait(run: Commands, commits: int, more_s: float) -> None:
    while len(run.commits()) < commits and is_running(run.pid):
        time.sleep(0.005)
    time.sleep(more_s)


def check_end(village: Village, run: Commands, folder: Path) -> None:
    """After all the kills the import ends as one that nobody disturbed; the desk is empty again after it."""
    check_ends_equal(village, run, folder)
    assert verify_desk(folder / "desk", keys_in(folder)).posts == len(village.posts)
    begin_anew(village, folder)


def begin_anew(village: Village, folder: Path) -> None:
    """The desk in `folder` is empty."""
    if folder.exists():
        shutil.rmtree(folder)
    shutil.copytree(village.empty, folder)
