"""The finders on any table file, without a desk: for papers and comparison with other tools."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from tocsin.desk.file_tables import FileRows, file_rows
from tocsin.desk.find_in_tables import bursts, clusters, coordination, instants
from tocsin.desk.place import is_desk
from tocsin.desk.progress import Progress
from tocsin.desk.write_file import check_writable, write_whole
from tocsin.records.errors import TocsinInputError
from tocsin.share import edges_csv_as_given


@dataclass(frozen=True, slots=True)
class CoordinationSettings:
    """Which columns of a file hold what, and what counts as coordination; `objects` are its layers."""

    account: str
    objects: Sequence[str]
    content: str
    time: str
    window_s: float
    min_participation: int = 2
    edge_quantile: float | None = None
    raw_ids: bool = False


@dataclass(frozen=True, slots=True)
class BurstSettings:
    """Which columns of a file hold what, and what counts as a burst; series are of `key`, or of words of `text`."""

    time: str
    key: str | None = None
    text: str | None = None
    id: str | None = None
    q_value: float = 0.05


def coordination_of_file(
    file: Path, settings: CoordinationSettings, *, output: Path, progress: Progress
) -> dict[str, Any]:
    """Counts of the edges written to `output` (CSV: two account columns, then `weight`).

    Accounts are pseudonyms under a key that is thrown away after the run, unless `raw_ids`, which is refused for files
    of a desk. Raises TocsinInputError for what cannot be read or written.
    """
    if settings.raw_ids and any(is_desk(folder) for folder in file.absolute().parents):
        raise TocsinInputError("--raw-ids does not work on the files of a desk", expected="a file outside a desk")
    check_writable(output)
    columns = [settings.account, *settings.objects, settings.content, settings.time]
    rows = _timed(_told(file_rows(file, columns), progress), settings.time, progress)
    edges = coordination(rows, **asdict(settings))
    write_whole(output, edges_csv_as_given(edges).encode("utf-8"))
    accounts = {*edges.column("account_a").to_pylist(), *edges.column("account_b").to_pylist()}
    return {"file": output, "rows": rows.num_rows, "edges": edges.num_rows, "accounts": len(accounts)}


def bursts_of_file(file: Path, settings: BurstSettings, *, progress: Progress) -> Iterator[dict[str, Any]]:
    """Bursts of a file's series, the earliest first, as the objects that `tocsin bursts FILE` writes."""
    named = (settings.time, settings.key, settings.text, settings.id)
    rows = _told(file_rows(file, [name for name in named if name is not None]), progress)
    yield from bursts(_timed(rows, settings.time, progress), **asdict(settings)).to_pylist()


def clusters_of_file(
    file: Path, *, id_column: str, text: str, similarity: float, progress: Progress
) -> Iterator[dict[str, Any]]:
    """Near-duplicate clusters of a file, largest first, as the objects that `tocsin clusters FILE` writes."""
    rows = _told(file_rows(file, [id_column, text]), progress)
    yield from clusters(rows, id=id_column, text=text, similarity=similarity).to_pylist()


def _told(read: FileRows, progress: Progress) -> pa.Table:
    """The rows, after a remark about records that were left out."""
    if read.unread_count:
        progress.note(f"Left out, because they cannot be read: {read.unread_count:,} records.")
    return read.rows


def _timed(rows: pa.Table, time: str, progress: Progress) -> pa.Table:
    """The rows with their times as instants, after a remark about those that have none."""
    times = instants(rows.column(time))
    if 0 < times.null_count < len(times):
        progress.note(f"Left out, because their time cannot be read: {times.null_count:,} of {len(times):,} rows.")
    if times.null_count == len(times) > 0:
        return rows  # the finder says what is wrong
    return rows.set_column(rows.schema.get_field_index(time), time, times)
