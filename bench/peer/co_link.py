"""coordination-network-toolkit's co-link network of shares: seconds to load them into its form, and to compute."""

from __future__ import annotations

import csv
import json
import sqlite3
import sys
import time
from contextlib import redirect_stdout
from pathlib import Path
from statistics import median

from coordination_network_toolkit.compute_networks import compute_co_link_network
from coordination_network_toolkit.preprocess import preprocess_data


def main() -> None:
    """Arguments: shares CSV, column of the object, database, window in seconds, processes, how many times after a first (the median is told)."""
    shares, column, database, window_s, processes, times = sys.argv[1:]
    with open(shares, newline="") as given:
        rows = [
            (row["post_id"], row["account_id"], "", "", "", "", row["timestamp"], [row[column]])
            for row in csv.DictReader(given)
            if row[column]
        ]
    load, compute = [], []
    for _ in range(1 + int(times)):
        for ending in ("", "-wal", "-shm"):
            Path(database + ending).unlink(missing_ok=True)
        with redirect_stdout(sys.stderr):
            start = time.perf_counter()
            preprocess_data(database, rows)
            loaded = time.perf_counter()
            compute_co_link_network(database, int(window_s), n_threads=int(processes))
            done = time.perf_counter()
        load.append(loaded - start)
        compute.append(done - loaded)
    counted = "SELECT count(*) FROM co_link_network WHERE user_1 < user_2"
    edges = sqlite3.connect(database).execute(counted).fetchone()[0]
    print(json.dumps({"load_s": median(load[1:]), "compute_s": median(compute[1:]), "edges": edges}))


if __name__ == "__main__":
    main()
