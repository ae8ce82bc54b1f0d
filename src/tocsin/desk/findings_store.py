"""Where detection runs are kept: derived, so a run can be thrown away and made again from the posts.

findings/<run_id>/run.json, bursts.jsonl, groups.jsonl, clusters.jsonl, campaigns.jsonl, trends.jsonl,
                  memberships.parquet, cluster_members.parquet, edges.parquet, assessments.parquet
                  terms.json (folded terms of its codebooks), statement.json (where the log speaks of the run)
findings/latest   the run_id that readers see; replaced in one step when a run is complete
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from tocsin.records.errors import TocsinError, TocsinInputError
from tocsin.records.findings import Burst, Campaign, Cluster, CoordinatedGroup, Trend

Finding = TypeVar("Finding", Burst, CoordinatedGroup, Cluster, Campaign, Trend)
KINDS: dict[type, str] = {
    Burst: "bursts",
    CoordinatedGroup: "groups",
    Cluster: "clusters",
    Campaign: "campaigns",
    Trend: "trends",
}
# Runs kept beside the latest, so that a report made from an older run can still be verified.
RUNS_KEPT = 20


@dataclass(frozen=True, slots=True)
class Run:
    """One detection run: on which snapshot, with which settings."""

    run_id: str
    made_at: datetime
    log_size: int
    generation: int
    engine: str
    since: datetime | None
    until: datetime | None
    events_file: bool
    codebooks: tuple[tuple[str, str], ...]  # (name, version)
    settings: dict[str, float | int | str]
    tocsin_version: str


def save_run(folder: Path, run: Run, findings: dict[str, Sequence[object]], tables: dict[str, pa.Table]) -> None:
    """Keep a run whole and make it the latest. `findings` and `tables` are by name, as in the module's docstring."""
    part = folder / f"{run.run_id}.part"
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    (part / "run.json").write_bytes(msgspec.json.encode(run))
    for name, values in findings.items():
        (part / f"{name}.jsonl").write_bytes(b"".join(msgspec.json.encode(value) + b"\n" for value in values))
    for name, table in tables.items():
        pq.write_table(table, part / f"{name}.parquet", compression="zstd")
    whole = folder / run.run_id
    shutil.rmtree(whole, ignore_errors=True)
    part.rename(whole)
    pointer = folder / "latest.part"
    pointer.write_text(run.run_id + "\n", encoding="ascii")
    pointer.replace(folder / "latest")
    _forget_old_runs(folder)


def _forget_old_runs(folder: Path) -> None:
    runs = sorted((path for path in folder.iterdir() if path.is_dir()), key=lambda path: path.stat().st_mtime_ns)
    for path in runs[:-RUNS_KEPT]:
        shutil.rmtree(path, ignore_errors=True)


def latest_run(folder: Path) -> Run:
    """The run that readers see. Raises TocsinInputError where nothing was detected yet."""
    pointer = folder / "latest"
    if not pointer.is_file():
        raise TocsinInputError("nothing was detected on this desk yet", next_step="run tocsin detect")
    return run_named(folder, pointer.read_text(encoding="ascii").strip())


def run_named(folder: Path, run_id: str) -> Run:
    """A run by its id. Raises TocsinInputError where it is not (or no longer) kept."""
    file = folder / run_id / "run.json"
    if os.sep in run_id or run_id.startswith(".") or not file.is_file():
        raise TocsinInputError(
            "that detection run is not kept on this desk", next_step="run tocsin detect and write the report anew"
        )
    try:
        return msgspec.json.decode(file.read_bytes(), type=Run)
    except msgspec.DecodeError:
        raise _damaged(file) from None


def load(folder: Path, run: Run, kind: type[Finding]) -> list[Finding]:
    """The findings of one kind of a run, in the order they were ranked."""
    file = folder / run.run_id / f"{KINDS[kind]}.jsonl"
    try:
        return [msgspec.json.decode(line, type=kind) for line in _lines(file)]
    except (msgspec.DecodeError, OSError):
        raise _damaged(file) from None


def load_table(folder: Path, run: Run, name: str) -> pa.Table:
    """A table of a run: memberships, cluster_members, edges or assessments."""
    file = folder / run.run_id / f"{name}.parquet"
    try:
        return pq.read_table(file)
    except (pa.ArrowException, OSError):
        raise _damaged(file) from None


def _damaged(file: Path) -> TocsinError:
    return TocsinError(
        f"findings/{file.parent.name}/{file.name} is missing or damaged",
        next_step="run tocsin detect again: findings are made from the posts",
    )


def _lines(file: Path) -> Iterable[bytes]:
    return (line for line in file.read_bytes().split(b"\n") if line)
