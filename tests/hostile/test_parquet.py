"""Damaged Parquet: no crash, no hang, the other row groups kept."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from hostile.measured import run
from hostile.through_readers import read_all

EACH = 20


def test_damaged_parquet_never_ends_the_process() -> None:
    done = run(["-m", "hostile.read_parquet", str(EACH)])
    assert done.code == 0, f"ended by {done.code} at {done.err.splitlines()[-1:]}"
    told = json.loads(done.out)
    assert told["files"] == EACH * 4 * 5
    assert told["errors"] + told["quarantined"] >= EACH * 4
    assert told["posts"] > 100 * EACH


def test_text_that_is_not_utf8_and_times_python_cannot_hold_cost_no_neighbour(tmp_path: Path) -> None:
    texts = pa.array([b"bread", b"boats \xff", b"rope"]).view(pa.string())
    times = pa.array([0, 2**62, 10**15], pa.timestamp("us"))
    nanos = pa.array([1, 2, 3], pa.timestamp("ns"))
    path = tmp_path / "a.parquet"
    pq.write_table(
        pa.table({"id": ["1", "2", "3"], "user": ["o"] * 3, "text": texts, "date": times, "more": nanos}), path
    )
    read = read_all([path], tmp_path)
    assert [(post.platform_id, post.text) for post in read.posts()] == [
        ("1", "bread"),
        ("2", "boats \ufffd"),
        ("3", "rope"),
    ]
    assert [post.posted_at is None for post in read.posts()] == [False, True, False]
    assert len(read.noticed()) == 2
    assert not read.quarantined()
