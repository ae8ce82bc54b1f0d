"""Tocsin's coordination finder in one process: seconds from columns in memory to edges."""

from __future__ import annotations

import json
import sys
import time
from datetime import datetime
from pathlib import Path
from statistics import median

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv

from tocsin.detect import edges_of_layers, near_duplicate_clusters, shares_by_layer
from tocsin.enrich import text_columns

TIMES = 15


def shared(shares: str, window_s: str, participation: str, *objects: str) -> dict[str, object]:
    """Edges of a shares file, with the German data's columns: the median of TIMES after a first, in one process, as for the peer."""
    text = ["account_id", "post_id", *objects]
    read = pcsv.ConvertOptions(column_types=dict.fromkeys(text, pa.string()), include_columns=[*text, "timestamp"])
    rows = pcsv.read_csv(shares, convert_options=read)
    seconds = []
    for _ in range(1 + TIMES):
        start = time.perf_counter()
        made = shares_by_layer(
            {name: rows[name] for name in objects},
            rows["account_id"],
            rows["post_id"],
            pc.multiply(rows["timestamp"], 1_000_000),
        )
        edges = edges_of_layers(list(made.values()), window_s=float(window_s), min_participation=int(participation))
        seconds.append(time.perf_counter() - start)
    return {"seconds": median(seconds[1:]), "edges": edges.num_rows}


def similar(posts: str, window_s: str, similarity: str, edges_file: str) -> dict[str, object]:
    """Edges between accounts that posted near-duplicates within the window: clusters first, then who met in them."""
    with open(posts) as lines:
        rows = [json.loads(line) for line in lines]
    texts = [row["text"] for row in rows]
    accounts, ids = pa.array([row["author_id"] for row in rows]), pa.array([row["id"] for row in rows])
    times = pa.array([datetime.fromisoformat(row["created_at"]) for row in rows], pa.timestamp("us", tz="UTC"))
    start = time.perf_counter()
    columns = text_columns(texts)
    found = near_duplicate_clusters(
        pa.array(range(len(texts)), pa.int64()),
        columns["folded"],
        columns["fingerprint"],
        columns["text_key"],
        threshold=float(similarity),
    )
    at = found["id"]
    shares = shares_by_layer({"text": found["cluster_id"]}, accounts.take(at), ids.take(at), times.take(at))
    edges = edges_of_layers(list(shares.values()), window_s=float(window_s), min_participation=1)
    seconds = time.perf_counter() - start
    pairs = list(zip(edges["account_a"].to_pylist(), edges["account_b"].to_pylist(), strict=True))
    Path(edges_file).write_text(json.dumps(pairs))
    return {"seconds": seconds, "edges": edges.num_rows}


if __name__ == "__main__":
    print(json.dumps({"shared": shared, "similar": similar}[sys.argv[1]](*sys.argv[2:])))
