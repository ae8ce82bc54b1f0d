"""What the torture tests import: invented posts of a village, an empty desk for them, and how it ends undisturbed."""

from __future__ import annotations

import shutil
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from desk.made import row, written
from tocsin.archive import Keys, load_keys, open_writer, search_index, snapshot, verify_desk
from tocsin.archive.keys import desk_info
from tocsin.archive.notes import opened_checkpoint
from tocsin.archive.tiles import Log
from tocsin.desk.place import utc_now
from torture.commands import Commands, Ended

STATED = ("--purpose", "a test on invented posts", "--legal-basis", "no personal data")
Rows = frozenset[tuple[str, str]]
"""Rows: one post, as (post_id, text)."""


@dataclass(frozen=True, slots=True)
class Village:
    """An empty desk in `empty`/desk with its keys in `empty`/keys, the file to import, the posts an import gives.

    A copy of `empty` is a desk of its own, with the same keys: ids are the same too. (Keys are copied with their desk:
    they remember the last head of its log.)
    """

    empty: Path
    file: Path
    posts: Rows

    def collect(self, run: Commands, folder: Path, *, without: str = "", processes: int = 1) -> None:
        """Begin the import into the desk in `folder`."""
        words = ("collect", self.file, "--desk", folder / "desk", "--json")
        run.begin(*words, keys=folder / "keys", without=without, processes=processes)


def keys_in(folder: Path) -> Keys:
    """The keys of the desk in `folder`."""
    return load_keys(folder / "desk", folder / "keys")


def village_of(folder: Path, run: Commands, posts: int) -> Village:
    """A village of so many posts; the one made in `folder` before, where there is one."""
    file, empty, whole = folder / "posts.jsonl", folder / "empty", folder / "whole"
    if not (folder / "made").exists():
        if folder.exists():
            shutil.rmtree(folder)
        written(file, map(_post, range(posts)))
        made = run.run("init", empty / "desk", *STATED, keys=empty / "keys")
        assert made.code == 0, made.err
        shutil.copytree(empty, whole)
        Village(empty, file, frozenset()).collect(run, whole)
        done = run.ended()
        assert (done.code, done.stored) == (0, posts), done.err
        (folder / "made").touch()
    expected = posts_of(whole)
    assert len(expected) == posts
    return Village(empty, file, expected)


def _post(number: int) -> dict[str, Any]:
    text = f"p{number}: {number % 7} goats and {number % 11} sheep at the market of Tarn on day {number % 50} #tarn"
    return row(number, text, f"2026-01-{1 + number % 28:02}T08:00:00Z", f"n{number % 30}")


def posts_of(folder: Path) -> Rows:
    """The posts of the desk in `folder`. Fails where one is there twice."""
    rows = snapshot(folder / "desk").read("posts", ["post_id", "text"])
    found = Counter(zip(rows["post_id"].to_pylist(), rows["text"].to_pylist(), strict=True))
    assert not [each for each, count in found.items() if count > 1], "a post is there twice"
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """What somebody outside may know of a desk at one moment: its signed head and how many posts are kept."""

    log_size: int = 0
    root: bytes = b""
    posts: int = 0


def seen_at(folder: Path) -> Acknowledged:
    """What a reader of the desk in `folder` sees."""
    here = snapshot(folder / "desk")
    return Acknowledged(here.log_size, here.checkpoint.root, here.rows("posts"))


def check_kept(
    village: Village, folder: Path, seen: Acknowledged, ended: Ended | None = None, *, whole: bool = True
) -> None:
    """After a disturbance: the desk recovers, has all that was acknowledged, nothing twice, and verifies (`whole`)."""
    desk, keys = folder / "desk", keys_in(folder)
    with open_writer(desk, keys, utc_now) as writer:
        size = writer.snapshot().log_size
    least = max(seen.log_size, ended.log_size if ended else 0)
    assert size >= least, f"the log has {size} entries, {least} were acknowledged"
    if seen.log_size:
        assert Log(desk / "log", seen.log_size).root() == seen.root, "the log is another one than was acknowledged"
    found = posts_of(folder)
    assert len(found) >= seen.posts, f"{len(found)} posts are there, {seen.posts} were acknowledged"
    assert found <= village.posts, "a post is there that nobody wrote"
    if whole:
        report = verify_desk(desk, keys)
        assert report.posts == len(found)
        assert report.entries == size


def check_head_is_durable(now: Path, least: Path) -> None:
    """Whatever log/checkpoint readers could see, each entry under it lies on the disk already."""
    info = desk_info(now / "desk")
    head = opened_checkpoint((now / "desk" / "log" / "checkpoint").read_bytes(), info.verifier)
    if head.size:
        assert Log(least / "desk" / "log", head.size).root() == head.root, "a checkpoint covers what is not durable"


def check_ends_equal(village: Village, run: Commands, folder: Path) -> None:
    """The import goes on from here and ends as one that was never disturbed, search included."""
    village.collect(run, folder)
    done = run.ended()
    assert done.code == 0, done.err
    assert posts_of(folder) == village.posts
    assert verify_desk(folder / "desk", keys_in(folder)).posts == len(village.posts)
    found = search_index(folder / "desk", "goats", fold=str.lower, limit=2 * len(village.posts))
    assert len(found) == len(set(found)) == len(village.posts), "the search index lost posts, or has them twice"
