"""The query engine of a desk: DuckDB in memory, over the Parquet files of one snapshot."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from tocsin.records.errors import EvidenceError, TocsinError
from tocsin.records.findings import ASSESSMENTS
from tocsin.records.posts import POSTS

MEMORY_LIMIT = "1200MB"
MEMBERSHIPS = pa.schema([pa.field("effort_id", pa.string()), pa.field("leaf_index", pa.int64())])


class EngineError(TocsinError):
    """The engine could not read a file or ran out of room; wrong SQL is a bug and stays DuckDB's own error."""


class DuckDBEngine:
    """Implements records.engine.Engine on one DuckDB connection. Makes no network request, installs no extension.

    Raises EngineError where a file cannot be read or memory and disk do not suffice.
    """

    name = "duckdb"

    def __init__(self, *, spill_folder: Path | None = None, memory_limit: str = MEMORY_LIMIT, threads: int = 2) -> None:
        self.connection = duckdb.connect(":memory:")
        settings = {
            "memory_limit": memory_limit,
            "threads": threads,
            "enable_progress_bar": False,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "TimeZone": "UTC",
            "preserve_insertion_order": False,
        }
        for key, value in settings.items():
            shown = f"'{value}'" if isinstance(value, str) else str(value).lower()
            self.connection.execute(f"SET {key} = {shown}")
        if spill_folder is not None:
            self.connection.execute("SET temp_directory = $folder", {"folder": str(spill_folder)})

    def table(self, sql: str, params: Mapping[str, Any] | None = None) -> pa.Table:
        """Rows of a SELECT."""
        with _told():
            return self.connection.sql(sql, params=dict(params) if params else None).to_arrow_table()

    def batches(self, sql: str, rows: int) -> Iterator[pa.RecordBatch]:
        """Rows of a SELECT in pieces, so that they need not all be in memory."""
        with _told():
            yield from self.connection.sql(sql).to_arrow_reader(rows)

    def register(self, view: str, rows: pa.Table) -> None:
        """Make an Arrow table readable under `view`."""
        self.connection.register(view, rows)

    def run(self, sql: str, params: Mapping[str, Any] | None = None) -> None:
        """Run a statement that gives no rows."""
        with _told():
            self.connection.execute(sql, dict(params) if params else None)

    def close(self) -> None:
        """Free the memory and the spill files of this engine."""
        self.connection.close()

    def parquet_view(self, view: str, files: Sequence[str], schema: pa.Schema) -> None:
        """Make Parquet files readable under `view`; with no file, an empty table of that schema."""
        if not files:
            self.register(view, schema.empty_table())
            return
        names = ", ".join(quoted_path(file) for file in files)
        try:
            self.run(f"CREATE OR REPLACE VIEW {view} AS SELECT * FROM read_parquet([{names}])")
        except EngineError:
            raise EvidenceError(
                "a table of the desk is missing or damaged", next_step="run tocsin verify, which names it"
            ) from None


@contextmanager
def _told() -> Iterator[None]:
    """DuckDB's errors of files and memory as EngineError. They may quote what was read: only their kind is told."""
    try:
        yield
    except duckdb.OutOfMemoryException:
        raise EngineError(
            "memory does not suffice", next_step="look at a shorter time, with --since and --until"
        ) from None
    except (
        duckdb.IOException,
        duckdb.InvalidInputException,
        duckdb.ConversionException,
        duckdb.InternalException,
    ) as error:
        raise EngineError(
            "the query engine gave up", got=type(error).__name__, next_step="run tocsin verify to check the desk"
        ) from None


def quoted_path(file: str | Path) -> str:
    """A path as an SQL string that names this one file: DuckDB would read `[`, `*` and `?` in it as a pattern.

    >>> quoted_path("case [1]/it's.csv")
    "'case [[]1]/it''s.csv'"
    """
    plain = "".join(f"[{char}]" if char in "[*?" else char for char in str(file))
    return "'" + plain.replace("'", "''") + "'"


def snapshot_engine(
    post_files: Sequence[str],
    *,
    log_size: int | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    plausible: tuple[datetime, datetime] | None = None,
    assessments: pa.Table | None = None,
    memberships: pa.Table | None = None,
    spill_folder: Path | None = None,
) -> DuckDBEngine:
    """An engine with the views `posts` (latest versions), `post_versions`, `assessments` and `memberships`.

    `log_size` bounds the views to post versions committed before that log size, so that a figure can be
    recomputed after the desk has grown; `since` and `until` bound `posts` by their time. `plausible` leaves out
    of `posts` those that name a time outside of it, and keeps those that name none.
    """
    engine = DuckDBEngine(spill_folder=spill_folder)
    engine.parquet_view("stored_posts", post_files, POSTS)
    bound = "" if log_size is None else f"WHERE leaf_index < {int(log_size)}"
    engine.run(f"CREATE OR REPLACE VIEW post_versions AS SELECT * FROM stored_posts {bound}")
    # An older export imported later must not undo an edit or a deletion: what is no longer live comes last of all.
    superseded = engine.table(
        """
        WITH changed AS (SELECT DISTINCT post_id FROM post_versions WHERE version_no > 1)
        SELECT p.leaf_index FROM post_versions p JOIN changed c ON p.post_id = c.post_id
        QUALIFY row_number() OVER (
          PARTITION BY p.post_id ORDER BY p.status = 'live', p.version_no DESC, p.leaf_index DESC
        ) > 1
        """
    )
    engine.register("superseded", superseded)
    wanted = [] if superseded.num_rows == 0 else ["leaf_index NOT IN (SELECT leaf_index FROM superseded)"]
    wanted += [] if since is None else [f"posted_at >= TIMESTAMPTZ '{since.isoformat()}'"]
    wanted += [] if until is None else [f"posted_at < TIMESTAMPTZ '{until.isoformat()}'"]
    if plausible is not None:
        first, last = (f"TIMESTAMPTZ '{moment.isoformat()}'" for moment in plausible)
        wanted += [f"(posted_at IS NULL OR (posted_at >= {first} AND posted_at < {last}))"]
    latest = f"WHERE {' AND '.join(wanted)}" if wanted else ""
    engine.run(f"CREATE OR REPLACE VIEW posts AS SELECT * FROM post_versions {latest}")
    engine.register("assessments", assessments if assessments is not None else ASSESSMENTS.empty_table())
    engine.register("memberships", memberships if memberships is not None else MEMBERSHIPS.empty_table())
    return engine
