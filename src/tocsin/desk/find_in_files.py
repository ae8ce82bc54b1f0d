"""The finders on any table file, without a desk: for notebooks, papers and comparison with other tools."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from tocsin.desk.engine import DuckDBEngine
from tocsin.desk.file_tables import file_columns, instants
from tocsin.detect import (
    burst_members,
    bursts,
    co_sharing_edges,
    layered_shares,
    near_duplicate_clusters,
    text_series,
)
from tocsin.enrich import FOLDER, text_columns
from tocsin.records.errors import TocsinInputError
from tocsin.records.ids import Pseudonyms
from tocsin.share import edges_csv_as_given


def coordination_of_file(
    file: Path,
    *,
    account: str,
    objects: Sequence[str],
    content: str,
    time: str,
    window_s: float,
    min_participation: int,
    edge_quantile: float | None,
    output: Path,
    raw_ids: bool = False,
) -> dict[str, Any]:
    """Counts of the edges written to `output` (CSV: two account columns, then `weight`).

    Accounts are pseudonyms under a key that is thrown away after the run, unless `raw_ids`.
    """
    engine = DuckDBEngine()
    file_columns(engine, file, [account, *objects, content, time], "rows_of_file")
    times = instants(engine, "rows_of_file", time).column("posted_at")
    rows = engine.table("SELECT * FROM rows_of_file ORDER BY rowid")
    shares = layered_shares(
        {name: rows.column(name) for name in objects}, rows.column(account), rows.column(content), times
    )
    engine.register("shares", shares)
    edges = co_sharing_edges(
        engine, "shares", window_s=window_s, min_participation=min_participation, edge_quantile=edge_quantile
    )
    names = {"account_a": edges.column("account_a").to_pylist(), "account_b": edges.column("account_b").to_pylist()}
    if not raw_ids:
        pseudonyms = Pseudonyms(os.urandom(32))
        known = {name: pseudonyms.account("file", name) for name in {*names["account_a"], *names["account_b"]}}
        names = {column: [known[name] for name in values] for column, values in names.items()}
    weights = edges.column("weight").combine_chunks()
    written = edges_csv_as_given(
        pa.table({**{k: pa.array(v, pa.string()) for k, v in names.items()}, "weight": weights})
    )
    output.write_text(written, encoding="utf-8", newline="")
    accounts = {*names["account_a"], *names["account_b"]}
    return {"file": output, "rows": rows.num_rows, "edges": edges.num_rows, "accounts": len(accounts)}


def bursts_of_file(
    file: Path, *, time: str, key: str | None, text: str | None, id_column: str | None, q_value: float
) -> Iterator[dict[str, Any]]:
    """Bursts of a file's series, most significant first, as the objects that `tocsin bursts FILE` writes."""
    engine = DuckDBEngine()
    columns = [column for column in (time, key, text, id_column) if column is not None]
    file_columns(engine, file, columns, "rows_of_file")
    timed = instants(engine, "rows_of_file", time)
    rows = engine.table("SELECT * FROM rows_of_file ORDER BY rowid")
    if timed.num_rows and timed.column("posted_at").null_count == timed.num_rows:
        raise TocsinInputError(
            f"no time in column {time} can be read", expected="ISO 8601 or Unix time", next_step="name another --time"
        )
    row_numbers = timed.column("row_no")
    if key is not None:
        events = pa.table({"key": rows.column(key), "posted_at": timed.column("posted_at"), "id": row_numbers})
    else:
        texts = ["" if value is None else value for value in rows.column(str(text)).to_pylist()]
        events = text_series(row_numbers, timed.column("posted_at"), pa.array(FOLDER.keys(texts), pa.string()))
    found = bursts(events, q=q_value)
    members: dict[str, list[str]] = {burst.burst_id: [] for burst in found}
    if id_column is not None:
        ids = rows.column(id_column).to_pylist()
        for burst_id, number in zip(*burst_members(events, found).to_pydict().values(), strict=True):
            members[burst_id].append(ids[number])
    for burst in found:
        line: dict[str, Any] = {
            "key": burst.key,
            "start_at": burst.start_at,
            "end_at": burst.end_at,
            "peak_at": burst.peak_at,
            "post_count": burst.post_count,
            "expected_count": burst.expected_count,
            "q_value": burst.q_value,
        }
        if id_column is not None:
            line["post_ids"] = members[burst.burst_id]
        yield line


def clusters_of_file(file: Path, *, id_column: str, text: str, similarity: float) -> Iterator[dict[str, Any]]:
    """Near-duplicate clusters of a file, largest first, as the objects that `tocsin clusters FILE` writes."""
    engine = DuckDBEngine()
    file_columns(engine, file, [id_column, text], "rows_of_file")
    rows = engine.table("SELECT * FROM rows_of_file ORDER BY rowid")
    ids = rows.column(id_column).to_pylist()
    texts = ["" if value is None else value for value in rows.column(text).to_pylist()]
    columns = text_columns(texts)
    found = near_duplicate_clusters(
        pa.array(range(len(ids)), pa.int64()),
        columns["folded"],
        columns["fingerprint"],
        columns["text_key"],
        threshold=similarity,
    )
    clusters: dict[str, list[str]] = {}
    for cluster_id, number in zip(*found.to_pydict().values(), strict=True):
        clusters.setdefault(cluster_id, []).append(ids[number])
    for cluster_id, members in sorted(clusters.items(), key=lambda item: (-len(item[1]), item[0])):
        yield {"cluster_id": cluster_id, "post_ids": members, "post_count": len(members)}
