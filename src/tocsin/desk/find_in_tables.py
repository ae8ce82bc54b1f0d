"""The finders on any table, without a desk: what the commands on files and the notebook share.

A table is anything Arrow can read: a pyarrow Table, a pandas or Polars DataFrame, a dict of columns, or an object with
`__arrow_c_stream__`. Answers are pyarrow Tables (`.to_pandas()`, `polars.from_arrow(...)`).
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tocsin.desk.assess_file import texts_assessor
from tocsin.desk.engine import DuckDBEngine
from tocsin.detect import burst_members, edges_of_layers, near_duplicate_clusters, shares_by_layer, text_series
from tocsin.detect import bursts as series_bursts
from tocsin.enrich import FOLDER, text_columns
from tocsin.records.errors import TocsinInputError
from tocsin.records.ids import Pseudonyms

_UTC_US = pa.timestamp("us", tz="UTC")
_STRINGS = pa.list_(pa.string())
# Rows: two accounts and how often they shared the same object within the window.
EDGE_ROWS = pa.schema([("account_a", pa.string()), ("account_b", pa.string()), ("weight", pa.int64())])
# Rows: one burst of one series; `post_ids` only where an id column was named.
BURST_ROWS = pa.schema(
    [
        ("key", pa.string()),
        ("start_at", _UTC_US),
        ("end_at", _UTC_US),
        ("peak_at", _UTC_US),
        ("post_count", pa.int64()),
        ("expected_count", pa.float64()),
        ("q_value", pa.float64()),
    ]
)
# Rows: what codebooks say of one text; spans are in code points of the text. The id column has the type it came with.
_SPAN = pa.struct([("start", pa.int64()), ("end", pa.int64()), ("concept", pa.string()), ("facet", pa.string())])
ASSESSMENT_ROWS = pa.schema(
    [
        ("lang", pa.string()),
        ("recruitment", pa.float64()),
        ("kind", pa.string()),
        ("stance", pa.string()),
        ("codebook", pa.string()),
        ("reasons", _STRINGS),
        ("spans", pa.list_(_SPAN)),
    ]
)
_TEXTS_AT_ONCE = 1000
# Seconds, milliseconds, microseconds and nanoseconds since 1970 lie orders of magnitude apart.
_INSTANTS = """
SELECT row_no, CASE
    WHEN number IS NULL THEN TRY_CAST(written AS TIMESTAMPTZ)
    WHEN NOT isfinite(number) OR abs(number) >= 1e19 THEN NULL
    WHEN abs(number) >= 1e17 THEN make_timestamptz(CAST(number / 1e3 AS BIGINT))
    WHEN abs(number) >= 1e14 THEN make_timestamptz(CAST(number AS BIGINT))
    WHEN abs(number) >= 1e11 THEN make_timestamptz(CAST(number * 1e3 AS BIGINT))
    ELSE make_timestamptz(CAST(number * 1e6 AS BIGINT)) END AS posted_at
FROM (SELECT row_no, written, TRY_CAST(written AS DOUBLE) AS number FROM times_written) ORDER BY row_no
"""
_FIRST_US, _LAST_US = -62_135_596_800_000_000, 253_402_300_799_999_999  # the years 1 to 9999


def arrow_table(table: Any) -> pa.Table:
    """The table as Arrow. Raises TocsinInputError for what Arrow cannot read as a table."""
    try:
        return pa.table(table)
    except (TypeError, ValueError, pa.ArrowException):
        raise TocsinInputError(
            "that is no table",
            expected="a pyarrow Table, a pandas or Polars DataFrame, or an object with __arrow_c_stream__",
            got=type(table).__name__,
        ) from None


def instants(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """The UTC instants (us) of a column of times, null where unreadable.

    Read are timestamps and dates, ISO 8601 (UTC where no zone is named) and Unix time in seconds, milliseconds,
    microseconds or nanoseconds.
    """
    if pa.types.is_timestamp(column.type) or pa.types.is_date(column.type):
        zoned = pa.types.is_timestamp(column.type) and column.type.tz is not None
        moments = column if zoned else pc.assume_timezone(column.cast(pa.timestamp("us"), safe=False), "UTC")
        found = moments.cast(_UTC_US, safe=False)
    else:
        engine = DuckDBEngine()
        rows = pa.table({"row_no": range(len(column)), "written": column.cast(pa.string())})
        engine.register("times_written", rows)
        found = engine.table(_INSTANTS).column("posted_at").cast(_UTC_US)
        engine.close()
    moment = found.cast(pa.int64())
    named = pc.and_(pc.greater_equal(moment, _FIRST_US), pc.less_equal(moment, _LAST_US))
    return pc.if_else(named, found, pa.scalar(None, _UTC_US))


def coordination(
    table: Any,
    *,
    account: str,
    objects: str | Sequence[str],
    content: str,
    time: str,
    window_s: float,
    min_participation: int = 2,
    edge_quantile: float | None = None,
    raw_ids: bool = False,
) -> pa.Table:
    """Pairs of accounts that shared the same objects within `window_s` seconds, as EDGE_ROWS.

    `objects` names one column or several layers, `content` the column of post ids. Accounts are pseudonyms under a key
    that is thrown away, unless `raw_ids`. Raises TocsinInputError for a column or setting that cannot be used.
    """
    layers = [objects] if isinstance(objects, str) else list(dict.fromkeys(objects))
    rows = _chosen(table, [account, *layers, content, time])
    shares = shares_by_layer(
        {name: _strings(rows, name) for name in layers},
        _strings(rows, account),
        _strings(rows, content),
        _readable_times(rows, time),
    )
    edges = edges_of_layers(
        list(shares.values()), window_s=window_s, min_participation=min_participation, edge_quantile=edge_quantile
    )
    names = [edges.column(side).to_pylist() for side in ("account_a", "account_b")]
    if not raw_ids:
        pseudonyms = Pseudonyms(os.urandom(32))
        known = {name: pseudonyms.account("file", name) for name in {*names[0], *names[1]}}
        names = [[known[name] for name in side] for side in names]
    return pa.table([*names, edges.column("weight")], schema=EDGE_ROWS)


def bursts(
    table: Any,
    *,
    time: str,
    key: str | None = None,
    text: str | None = None,
    id: str | None = None,
    q_value: float = 0.05,
) -> pa.Table:
    """Bursts of a table's series, the earliest first, as BURST_ROWS, with `post_ids` where `id` names a column.

    The series are the values of the column `key`, or the words and tags of the column `text`: name one of the two.
    Raises TocsinInputError for a column or setting that cannot be used.
    """
    if (key is None) == (text is None):
        raise TocsinInputError("bursts need one column of series", expected="either key or text")
    rows = _chosen(table, [name for name in (time, key, text, id) if name is not None])
    times = _readable_times(rows, time)
    numbers = pa.array(range(rows.num_rows), pa.int64())
    if key is not None:
        events = pa.table({"key": _strings(rows, key), "posted_at": times, "id": numbers})
    else:
        events = text_series(numbers, times, pa.array(FOLDER.keys(_texts(rows, str(text))), pa.string()))
    # Rates are against everything collected: rows without a key and texts of rare words only are part of it.
    found = series_bursts(events, collected=times.drop_null(), q=q_value)
    made = pa.Table.from_pylist(
        [{name: getattr(burst, name) for name in BURST_ROWS.names} for burst in found], BURST_ROWS
    )
    if id is None:
        return made
    members: dict[str, list[int]] = {burst.burst_id: [] for burst in found}
    for burst_id, number in zip(*burst_members(events, found).to_pydict().values(), strict=True):
        members[burst_id].append(number)
    return made.append_column("post_ids", _gathered(rows.column(id), [sorted(each) for each in members.values()]))


def clusters(table: Any, *, id: str, text: str, similarity: float = 0.7) -> pa.Table:
    """Near-duplicates of a table, the largest cluster first. Rows: cluster_id, post_ids, post_count.

    Raises TocsinInputError for a column or setting that cannot be used.
    """
    rows = _chosen(table, [id, text])
    columns = text_columns(_texts(rows, text))
    # The name of a cluster is made of its least id, so that it is the same whatever the order of the rows.
    names = _distinct(_strings(rows, id).to_pylist())
    found = near_duplicate_clusters(
        pa.array(names, pa.string()),
        columns["folded"],
        columns["fingerprint"],
        columns["text_key"],
        threshold=similarity,
    )
    row_of = {name: number for number, name in enumerate(names)}
    members: dict[str, list[int]] = {}
    for cluster_id, name in zip(*found.to_pydict().values(), strict=True):
        members.setdefault(cluster_id, []).append(row_of[name])
    ranked = sorted(members.items(), key=lambda item: (-len(item[1]), item[0]))
    return pa.table(
        {
            "cluster_id": pa.array([cluster_id for cluster_id, _ in ranked], pa.string()),
            "post_ids": _gathered(rows.column(id), [sorted(numbers) for _, numbers in ranked]),
            "post_count": pa.array([len(numbers) for _, numbers in ranked], pa.int64()),
        }
    )


def assessments(table: Any, *, id: str, text: str, codebooks: Sequence[str] = ()) -> pa.Table:
    """What codebooks say of each text, in the order of the rows: the id, then ASSESSMENT_ROWS.

    `recruitment` is 0..1, or null for "cannot assess"; codebooks are shipped names or files, none named: the shipped.
    Raises TocsinInputError for a column or codebook that cannot be used.
    """
    rows = _chosen(table, [id, text])
    assessed = texts_assessor(codebooks)
    texts = _texts(rows, text)
    parts = [ASSESSMENT_ROWS.empty_table()]
    for start in range(0, len(texts), _TEXTS_AT_ONCE):
        parts.append(pa.Table.from_pylist(assessed(texts[start : start + _TEXTS_AT_ONCE]), ASSESSMENT_ROWS))
    return pa.concat_tables(parts).add_column(0, "id", rows.column(id))


def _chosen(table: Any, columns: Sequence[str]) -> pa.Table:
    """The columns of a table, each once. Raises TocsinInputError where one is missing, naming those there are."""
    rows = arrow_table(table)
    missing = [name for name in columns if rows.schema.names.count(name) != 1]
    if missing:
        raise TocsinInputError(
            f"the table has no single column {', '.join(missing)}",
            expected="one of " + ", ".join(rows.schema.names[:40]),
        )
    chosen = rows.select(list(dict.fromkeys(columns)))
    # What Polars gives; Arrow's own functions do not all take it.
    plain = [pa.string() if pa.types.is_string_view(field.type) else field.type for field in chosen.schema]
    return chosen.cast(pa.schema(list(zip(chosen.schema.names, plain, strict=True))))


def _strings(rows: pa.Table, name: str) -> pa.ChunkedArray:
    column = rows.column(name)
    try:
        return column.cast(pa.string())
    except pa.ArrowException:
        raise TocsinInputError(
            f"column {name} cannot be read as text", expected="text or numbers", got=str(column.type)
        ) from None


def _texts(rows: pa.Table, name: str) -> list[str]:
    return [value or "" for value in _strings(rows, name).to_pylist()]


def _readable_times(rows: pa.Table, name: str) -> pa.ChunkedArray:
    column = rows.column(name)
    times = instants(column if pa.types.is_temporal(column.type) else _strings(rows, name))
    if len(times) and times.null_count == len(times):
        raise TocsinInputError(
            f"no time in column {name} can be read", expected="ISO 8601 or Unix time", next_step="name another column"
        )
    return times


def _gathered(column: pa.ChunkedArray, groups: Sequence[Sequence[int]]) -> pa.Array:
    """One list of values a group, from row numbers."""
    offsets = [0]
    for group in groups:
        offsets.append(offsets[-1] + len(group))
    numbers = pa.array([number for group in groups for number in group], pa.int64())
    values = column.take(numbers).combine_chunks()
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), values)


def _distinct(names: Sequence[str | None]) -> list[str]:
    """Names that occur once each: a repeated one gets its number."""
    seen: Counter[str] = Counter()
    made = []
    for name in names:
        given = name or ""
        seen[given] += 1
        made.append(given if seen[given] == 1 else f"{given}\x00{seen[given]}")
    return made
