"""Columns of any CSV, TSV, JSONL or Parquet file as Arrow, for the finders that need no desk."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from tocsin.desk.engine import DuckDBEngine, EngineError, quoted_path
from tocsin.records.errors import TocsinInputError

# The dialect is told, not guessed: one odd line anywhere makes DuckDB's guess fail or take another delimiter.
_DELIMITED = (
    "read_csv({file}, auto_detect=false, header=true, columns={columns}, delim={delimiter}, quote='\"', escape='\"',"
    " strict_mode=false, store_rejects=true)"
)
_DELIMITERS = (",", ";", "\t", "|")
_HEADER_BYTES = 1 << 18
_OBJECTS = "read_json({file}, format='{shape}', columns={columns}, ignore_errors={ignore})"
_KEYS = """
SELECT k FROM (SELECT unnest(json_keys(json)) AS k FROM (
  SELECT json FROM read_json_objects({file}, format='{shape}', ignore_errors={ignore})
  WHERE json_type(json) = 'OBJECT' LIMIT 1000)) GROUP BY k ORDER BY k
"""
# What is in posts and not in the names of their columns: handles, links, sentences, numbers, dates.
_NO_NAME = re.compile(r"@|://|(?:\S+\s+){4}|^[\d\s.,:TZ+-]+$")
_ENDINGS = {
    ".csv": "delimited",
    ".tsv": "delimited",
    ".jsonl": "newline_delimited",
    ".ndjson": "newline_delimited",
    ".json": "auto",
    ".parquet": "parquet",
}


class FileRows(NamedTuple):
    """Columns of a file as strings (missing values null), in the file's order."""

    rows: pa.Table
    unread_count: int  # records that could not be read, or had none of the columns


def file_rows(file: Path, columns: Sequence[str]) -> FileRows:
    """The columns of a file, by its ending (a .gz or .zst after it is fine for text formats).

    A damaged record is counted and does not lose its neighbours. Raises TocsinInputError where the file cannot be read
    or lacks a column, naming the columns it has.
    """
    if not file.is_file():
        raise TocsinInputError(f"{file.name} is not a file", expected="a CSV, TSV, JSONL or Parquet file")
    ending = next((part.lower() for part in reversed(file.suffixes) if part not in (".gz", ".zst")), "")
    if ending not in _ENDINGS:
        known = ", ".join(sorted(_ENDINGS))
        raise TocsinInputError(f"{file.name} has an ending no table reader knows", expected=known, got=ending or "none")
    wanted = list(dict.fromkeys(columns))
    engine = DuckDBEngine()
    try:
        # Post ids are given back in the file's order.
        engine.run("SET preserve_insertion_order = true")
        read = _read(engine, file, ending, wanted)
    except (EngineError, OSError, csv.Error):
        raise TocsinInputError(
            f"{file.name} cannot be read as a table",
            expected="one header line and one row a record, or one JSON object a line",
            next_step="check the file's ending and its first lines",
        ) from None
    finally:
        engine.close()
    if read.unread_count and not read.rows.num_rows:
        raise TocsinInputError(f"no record of {file.name} can be read", expected="UTF-8 text, one record a row or line")
    return read


def _read(engine: DuckDBEngine, file: Path, ending: str, wanted: Sequence[str]) -> FileRows:
    kind = _ENDINGS[ending]
    if kind == "parquet":
        return _parquet_rows(engine, file, wanted)
    if kind == "delimited":
        return _delimited_rows(engine, file, ("\t",) if ending == ".tsv" else _DELIMITERS, wanted)
    return _object_rows(engine, file, kind, wanted)


def _delimited_rows(engine: DuckDBEngine, file: Path, delimiters: Sequence[str], wanted: Sequence[str]) -> FileRows:
    present, delimiter = _header(file, delimiters)
    _check_present(file, wanted, present)
    columns = "{" + ", ".join(f"{_literal(name)}: 'VARCHAR'" for name in present) + "}"
    relation = _DELIMITED.format(file=quoted_path(file), columns=columns, delimiter=_literal(delimiter))
    rows = engine.table(f"SELECT {', '.join(map(_quoted, wanted))} FROM {relation}")
    rejected = engine.table("SELECT count(DISTINCT line) AS n FROM reject_errors")["n"][0].as_py()
    return FileRows(rows, int(rejected))


def _header(file: Path, delimiters: Sequence[str]) -> tuple[list[str], str]:
    """The names of the columns, each once, and the delimiter: the one that parts the first line most."""
    with pa.input_stream(str(file), compression="detect") as stream:
        head = stream.read(_HEADER_BYTES).decode("utf-8-sig", "replace")
    lines = {mark: next(csv.reader(io.StringIO(head, newline=""), delimiter=mark), []) for mark in delimiters}
    delimiter = max(delimiters, key=lambda mark: len(lines[mark]))
    names: list[str] = []
    for number, name in enumerate(lines[delimiter]):
        names.append(name if name and name not in names else f"{name or 'column'}_{number}")
    return names, delimiter


def _parquet_rows(engine: DuckDBEngine, file: Path, wanted: Sequence[str]) -> FileRows:
    relation = f"read_parquet({quoted_path(file)})"
    present = engine.table(f"DESCRIBE SELECT * FROM {relation}").column("column_name").to_pylist()
    _check_present(file, wanted, present)
    chosen = ", ".join(f"CAST({_quoted(name)} AS VARCHAR) AS {_quoted(name)}" for name in wanted)
    return FileRows(engine.table(f"SELECT {chosen} FROM {relation}"), 0)


def _object_rows(engine: DuckDBEngine, file: Path, shape: str, wanted: Sequence[str]) -> FileRows:
    """Every column is read as text: a type guessed from the first lines would blank what comes later."""
    named = {"file": quoted_path(file), "shape": shape, "ignore": str(shape == "newline_delimited").lower()}
    columns = "{" + ", ".join(f"{_literal(name)}: 'VARCHAR'" for name in wanted) + "}"
    rows = engine.table(f"SELECT * FROM {_OBJECTS.format(columns=columns, **named)}")
    if any(rows.column(name).null_count == rows.num_rows for name in wanted):
        present = engine.table(_KEYS.format(**named)).column("k").to_pylist()
        _check_present(file, wanted, present)
    empty = pa.scalar(value=True)
    for name in wanted:
        empty = pc.and_(empty, pc.is_null(rows.column(name)))
    return FileRows(rows.filter(pc.invert(empty)), pc.sum(empty).as_py() or 0)


def _check_present(file: Path, wanted: Sequence[str], present: Sequence[str]) -> None:
    missing = [name for name in wanted if name not in present]
    if not missing:
        return
    if any(_NO_NAME.search(name) or len(name) > 40 for name in present):
        # A file without a header: its first record would be quoted.
        raise TocsinInputError(f"{file.name} seems to have no line of column names", expected=", ".join(missing))
    raise TocsinInputError(
        f"{file.name} has no column {', '.join(missing)}",
        expected="one of " + ", ".join(present[:40]) if present else "records with columns",
    )


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(name: str) -> str:
    return "'" + name.replace("'", "''") + "'"
