"""Tocsin's near-duplicates in one process: seconds from texts to clusters, the folding and the signatures included."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import pyarrow as pa

from tocsin.detect import near_duplicate_clusters
from tocsin.detect.near_duplicates import plain_words
from tocsin.enrich import text_columns


def clusters(texts_file: str, threshold: str, checked: str, labels_file: str, plain_file: str) -> dict[str, object]:
    """The cluster of each checked text goes to `labels_file`, the words that were compared to `plain_file`."""
    texts = json.loads(Path(texts_file).read_text())
    text_columns(texts[:2])  # tables that are built at first use: once a process, like an import
    start = time.perf_counter()
    columns = text_columns(texts)
    signed = time.perf_counter()
    ids = pa.array(range(len(texts)), pa.int64())
    found = near_duplicate_clusters(
        ids, columns["folded"], columns["fingerprint"], columns["text_key"], threshold=float(threshold)
    )
    done = time.perf_counter()
    labels = [""] * int(checked)
    for cluster_id, number in zip(found["cluster_id"].to_pylist(), found["id"].to_pylist(), strict=True):
        if number < len(labels):
            labels[number] = cluster_id
    Path(labels_file).write_text(json.dumps(labels))
    Path(plain_file).write_text(json.dumps(plain_words(columns["folded"].combine_chunks())))
    return {"sign_s": signed - start, "cluster_s": done - signed, "clusters": len(set(found["cluster_id"].to_pylist()))}


if __name__ == "__main__":
    print(json.dumps(clusters(*sys.argv[1:])))
