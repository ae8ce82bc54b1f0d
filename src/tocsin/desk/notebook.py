"""Each step over tables, for a notebook: `import tocsin`.

    posts = tocsin.read_exports("exports/")
    bursts = tocsin.bursts(posts, time="posted_at", text="text", id="post_id")
    edges = tocsin.coordination(posts, account="account_id", objects=["text_key"], content="post_id",
                                time="posted_at", window_s=60)
    clusters = tocsin.clusters(posts, id="post_id", text="text")
    assessments = tocsin.assessments(posts, id="post_id", text="text")

Tables go in as pyarrow, pandas or Polars and come out as pyarrow. Nothing is kept and nothing is logged: evidence,
campaigns and reports need a desk (`tocsin.desk`), whose posts `tocsin.posts` gives.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from tocsin.archive import snapshot
from tocsin.collect import HEAD_SIZE, Input, ReadOptions, RefusedInput, head_of, open_inputs, recognise
from tocsin.desk.block_work import BlockPool, BlockTask
from tocsin.desk.engine import snapshot_engine
from tocsin.desk.find_in_tables import assessments, bursts, clusters, coordination
from tocsin.desk.place import open_desk
from tocsin.records.errors import TocsinInputError
from tocsin.records.ids import keyed_id
from tocsin.records.posts import ENRICHED

__all__ = ["assessments", "bursts", "clusters", "coordination", "posts", "read_exports"]

KEY_SIZE = 32


def read_exports(
    paths: str | Path | Sequence[str | Path],
    *,
    source: str | None = None,
    mapping: Mapping[str, str] | None = None,
    date_order: str | None = None,
    time_zone: str | None = None,
    key: bytes | None = None,
    processes: int | None = None,
) -> pa.Table:
    """The posts of exports (files, folders), enriched. Rows: one version of one post, in the order read.

    Gives: ENRICHED. Accounts, posts and channels are pseudonyms under `key` (32 secret bytes: the same key gives the
    same pseudonyms), else under one that is thrown away; names and handles are left out. The schema's metadata holds
    tocsin.read = rows + tocsin.duplicate + tocsin.quarantined, and as JSON tocsin.reasons (of quarantine, with counts)
    and tocsin.refused (files inside folders that are no exports). Private and limited posts are not read: they need a
    stated reason and role, which only a desk can log.
    Raises TocsinInputError where a file that was named cannot be read.
    """
    if key is not None and len(key) != KEY_SIZE:
        raise TocsinInputError("the key has another length", expected=f"{KEY_SIZE} bytes", got=f"{len(key)}")
    named = [paths] if isinstance(paths, str | Path) else list(paths)
    options = ReadOptions(source=source, mapping=dict(mapping or {}), date_order=date_order, time_zone=time_zone)
    read = _Reading(options, key or os.urandom(KEY_SIZE))
    folders = {str(path) for path in named if Path(path).is_dir()}
    with tempfile.TemporaryDirectory() as spool, BlockPool(processes) as pool:
        for path in named:
            for given in open_inputs([path], None, Path(spool)):
                refusal = given.reason if isinstance(given, RefusedInput) else read.add(given, pool)
                if refusal and str(path) not in folders:
                    raise TocsinInputError(f"{given.name} cannot be read", got=refusal)
                if refusal:
                    read.refused.append({"name": given.name, "reason": refusal})
    return read.table()


def posts(desk_folder: str | Path, *, since: datetime | None = None, until: datetime | None = None) -> pa.Table:
    """The latest version of each post of a desk (schema POSTS), from `since` on and before `until`.

    Raises TocsinInputError where there is no desk.
    """
    desk = open_desk(Path(desk_folder))
    engine = snapshot_engine(snapshot(desk.folder).files("posts"), since=since, until=until)
    found = engine.table("SELECT * FROM posts ORDER BY leaf_index")
    engine.close()
    return found


class _Reading:
    """The exports of one call, as they are read."""

    def __init__(self, options: ReadOptions, key: bytes) -> None:
        self.refused: list[dict[str, str]] = []
        self._options, self._key = options, key
        self._parts: list[pa.Table] = [ENRICHED.empty_table()]
        self._reasons: Counter[str] = Counter()
        self._captures = 0

    def add(self, given: Input, pool: BlockPool) -> str:
        """Read one input; why it could not be read, or ""."""
        self._captures += 1
        try:
            for work in pool.results(self._tasks(given)):
                self._parts.append(work.posts)
                self._reasons.update(record.reason for record in work.quarantined)
        except TocsinInputError as error:
            return error.message
        return ""

    def _tasks(self, given: Input) -> Iterator[BlockTask]:
        reader = recognise(head_of(given, HEAD_SIZE), given.name, self._options)
        context = reader.context(given.open, self._options)
        capture_id = keyed_id(self._key, "capture", str(self._captures))
        with given.open() as stream:
            for block in reader.blocks(stream, context):
                yield BlockTask(block, reader.manifest.format, context, context.source, capture_id, self._key)

    def table(self) -> pa.Table:
        """Every version once, with the counts in the metadata."""
        rows = pa.concat_tables(self._parts)
        numbered = rows.select(["post_id", "content_id"]).append_column(
            "row", pa.array(range(rows.num_rows), pa.int64())
        )
        first = numbered.group_by(["post_id", "content_id"]).aggregate([("row", "min")])["row_min"]
        kept = rows.take(first.take(pc.sort_indices(first)))
        quarantined = sum(self._reasons.values())
        counts = {
            "tocsin.read": rows.num_rows + quarantined,
            "tocsin.duplicate": rows.num_rows - kept.num_rows,
            "tocsin.quarantined": quarantined,
            "tocsin.reasons": dict(self._reasons),
            "tocsin.refused": self.refused,
        }
        return kept.replace_schema_metadata({name: json.dumps(value) for name, value in counts.items()})
