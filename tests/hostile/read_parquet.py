"""Reads every damaged Parquet file in a process of its own: a native library may end the process, not raise."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from hostile.mutants import parquet_mutants
from hostile.samples import parquet_file
from hostile.through_readers import read_all

WHOLE = {
    "plain": {"use_dictionary": False, "compression": "none"},
    "snappy": {"compression": "snappy"},
    "zstd": {"compression": "zstd", "write_page_checksum": True},
    "v2-gzip": {"compression": "gzip", "data_page_version": "2.0"},
    "brotli-index": {"compression": "brotli", "write_page_index": True},
}


def main(each: int) -> dict[str, int]:
    """Counts of files, posts, quarantined records and errors; the name of the file under way goes to stderr."""
    counts = {"files": 0, "posts": 0, "quarantined": 0, "errors": 0}
    whole = {name: parquet_file(**options) for name, options in WHOLE.items()}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.parquet")
        for mutant in parquet_mutants(whole, each):
            sys.stderr.write(f"{mutant.name}\n")
            path.write_bytes(mutant.data)
            read = read_all([path], Path(folder))
            counts["files"] += 1
            counts["posts"] += len(read.posts())
            counts["quarantined"] += len(read.quarantined())
            counts["errors"] += len(read.errors)
    return counts


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(int(sys.argv[1]))))
