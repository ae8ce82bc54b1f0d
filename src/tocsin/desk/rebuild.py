"""rebuild: tables, manifest and search index made anew from captures and log, which alone are the truth."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tocsin.archive import Keys, load_keys, rebuild_index
from tocsin.archive.durable import Disk
from tocsin.archive.rebuilding import Rebuilder, Rebuilt
from tocsin.desk.block_work import BlockPool, BlockWork
from tocsin.desk.place import Desk
from tocsin.desk.progress import Bar, Progress
from tocsin.desk.replay import captures_book
from tocsin.desk.replayed_commits import Replay, ReplayedCommit
from tocsin.records.errors import TocsinError


@dataclass(frozen=True, slots=True)
class RebuildResult:
    """What was rebuilt. `undescribed` are captures whose file names only the names table had; `lost_tombstones` counts
    orders of erasure.
    """

    rebuilt: Rebuilt
    undescribed: int
    lost_tombstones: int
    lost_quarantine: int = 0  # rows about records that were erased

    def as_json(self) -> dict[str, Any]:
        """The machine answer of `tocsin rebuild`."""
        return {
            "tables": {name: asdict(outcome) for name, outcome in self.rebuilt.tables.items()},
            "posts_checked": self.rebuilt.posts_checked,
            "manifest_was_there": self.rebuilt.manifest_was_there,
            "statements": self.rebuilt.statements,
            "captures_without_file_name": self.undescribed,
            "orders_without_tombstones": self.lost_tombstones,
            "quarantine_rows_of_erased_records": self.lost_quarantine,
        }

    def as_text(self) -> list[str]:
        """The plain summary of `tocsin rebuild`."""
        lines = [_table_line(name, **asdict(outcome)) for name, outcome in self.rebuilt.tables.items()]
        if not self.rebuilt.manifest_was_there:
            lines.append("tables/manifest.json was missing or another, and was made anew.")
        if self.undescribed and self.rebuilt.tables["names"].made:
            lines.append(
                f"{self.undescribed:,} captures of version 0.1.0 did not keep the name of their file: it is lost."
            )
        if self.lost_tombstones:
            lines.append(
                f"{self.lost_tombstones:,} orders of erasure did not keep their tombstones: where that table was lost, "
                "an import of the same file could bring back what was erased."
            )
        if self.lost_quarantine and self.rebuilt.tables["quarantine"].made:
            lines.append(
                f"{self.lost_quarantine:,} quarantine rows were about records that are erased: not made again."
            )
        lines.append(f"{self.rebuilt.posts_checked:,} posts are those the log commits to. The search index is new.")
        said = "The log says so" if self.rebuilt.statements else "No table was lost, so the log says nothing of it"
        return [*lines, f"{said}."]


def rebuild(
    desk: Desk,
    *,
    progress: Progress,
    processes: int | None = None,
    disk: Callable[[Path], Disk] = Disk,
) -> RebuildResult:
    """What was rebuilt, once it is durable. Nothing in tables/ or index/ is needed; what is intact there is kept.

    Raises EvidenceError where captures, secrets and log do not give the rows the log commits to: the desk is then as
    it was.
    """
    keys = load_keys(desk.folder, desk.keys_folder)
    desk.staging.mkdir(exist_ok=True)
    with Rebuilder(desk.folder, keys, desk.clock, wait_s=10.0, disk=disk, last_head=keys.last_head) as rebuilder:
        here = rebuilder.snapshot()
        if rebuilder.erasures.lost:
            raise TocsinError(
                "the originals of some posts were erased with another post of the same record, so the tables cannot "
                "be rebuilt from captures and log",
                got=f"{len(rebuilder.erasures.lost):,} such posts",
                next_step="restore tables/ from a backup (tocsin restore)",
            )
        replay = Replay(here, keys, captures_book(here), rebuilder.erasures)
        for commit in _commits(rebuilder, replay, keys, progress, processes):
            rebuilder.take(commit.leaf_index, commit.generation, commit.digest, commit.tables)
        rebuilt = rebuilder.finish(replay.open_captures(), replay.captures_begun)
        rebuild_index(desk.folder)
    return RebuildResult(rebuilt, replay.undescribed, replay.lost_tombstones, replay.lost_quarantine)


def _commits(
    rebuilder: Rebuilder, replay: Replay, keys: Keys, progress: Progress, processes: int | None
) -> Iterator[ReplayedCommit]:
    here = rebuilder.snapshot()
    tasks = captures_book(here).tasks(here, keys, replay.block_order())
    with BlockPool(processes) as pool, progress.bar("rebuilding", None, "bytes") as bar:
        yield from replay.commits(_counted(pool.results(tasks), bar))


def _counted(works: Iterator[BlockWork], bar: Bar) -> Iterator[BlockWork]:
    for work in works:
        bar.advance(len(work.block.data))
        yield work


def _table_line(name: str, rows: int, kept: int, made: int, equal: int, different: int, absent: int) -> str:
    """One line a table: rows, and whether they are those that were there."""
    if not kept and not made:
        return f"{name:<11} no rows" + (f"; {different:,} files had rows before" if different else "")
    compared = []
    if equal:
        compared.append(f"{equal:,} equal to what was there")
    if different:
        compared.append(
            f"{different:,} NOT equal to what was there" + (" (the log vouches for it: kept)" if kept else "")
        )
    if absent:
        compared.append(f"{absent:,} had nothing readable there to compare with")
    return f"{name:<11} {rows:,} rows; files: {kept:,} kept, {made:,} made anew; {', '.join(compared)}"
