"""Columns of any CSV, TSV, JSONL or Parquet file as Arrow, for the finders that need no desk."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from tocsin.desk.engine import DuckDBEngine
from tocsin.records.errors import TocsinInputError

_READERS = {
    ".csv": "read_csv({file}, all_varchar=true, header=true, sample_size=-1)",
    ".tsv": "read_csv({file}, all_varchar=true, header=true, delim='\\t')",
    ".jsonl": "read_json({file}, format='newline_delimited', ignore_errors=true)",
    ".ndjson": "read_json({file}, format='newline_delimited', ignore_errors=true)",
    ".json": "read_json({file})",
    ".parquet": "read_parquet({file})",
}


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def file_relation(file: Path) -> str:
    """The SQL that reads a file, by its ending (a .gz or .zst after it is fine for text formats)."""
    if not file.is_file():
        raise TocsinInputError(f"{file.name} is not a file", expected="a CSV, TSV, JSONL or Parquet file")
    ending = next((part for part in reversed(file.suffixes) if part not in (".gz", ".zst")), "")
    if ending not in _READERS:
        known = ", ".join(sorted(_READERS))
        raise TocsinInputError(f"{file.name} has an ending no table reader knows", expected=known, got=ending or "none")
    return _READERS[ending].format(file="'" + str(file).replace("'", "''") + "'")


def file_columns(engine: DuckDBEngine, file: Path, columns: Sequence[str], view: str) -> None:
    """Make `columns` of a file readable under `view`, as strings (missing values NULL), one row a record.

    Raises TocsinInputError where the file lacks a column, naming the columns it has.
    """
    relation = file_relation(file)
    try:
        described = engine.table(f"DESCRIBE SELECT * FROM {relation}")
        present = described.column("column_name").to_pylist()
        missing = [name for name in columns if name not in present]
        if missing:
            raise TocsinInputError(
                f"{file.name} has no column {', '.join(missing)}", expected="one of " + ", ".join(present[:40])
            )
        chosen = ", ".join(f"CAST({_quoted(name)} AS VARCHAR) AS {_quoted(name)}" for name in dict.fromkeys(columns))
        engine.run(f"CREATE OR REPLACE TEMPORARY TABLE {view} AS SELECT {chosen} FROM {relation}")
    except engine.errors as error:
        raise TocsinInputError(
            f"{file.name} cannot be read as a table",
            expected="one header line and one row a record, or one JSON object a line",
            got=type(error).__name__,
            next_step="check the file's ending and its first lines",
        ) from None


def instants(engine: DuckDBEngine, view: str, column: str) -> pa.Table:
    """Rows: number of the row in `view` and its UTC instant (us), NULL where unreadable.

    Read are ISO 8601 (UTC where no zone is named) and Unix time in seconds, milliseconds or microseconds.
    """
    time = _quoted(column)
    return engine.table(
        f"""
        SELECT rowid AS row_no,
          CASE WHEN TRY_CAST({time} AS DOUBLE) IS NULL THEN TRY_CAST({time} AS TIMESTAMPTZ)
               WHEN abs(TRY_CAST({time} AS DOUBLE)) >= 1e14 THEN make_timestamptz(CAST({time} AS BIGINT))
               WHEN abs(TRY_CAST({time} AS DOUBLE)) >= 1e11 THEN to_timestamp(CAST({time} AS DOUBLE) / 1e3)
               ELSE to_timestamp(CAST({time} AS DOUBLE)) END AS posted_at
        FROM {view} ORDER BY rowid
        """
    )
