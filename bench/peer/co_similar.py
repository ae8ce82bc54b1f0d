"""coordination-network-toolkit's network of accounts that post similar texts within a window."""

from __future__ import annotations

import json
import sqlite3
import sys
import time
from contextlib import redirect_stdout
from datetime import datetime
from pathlib import Path

from coordination_network_toolkit.compute_networks import compute_co_similar_tweet
from coordination_network_toolkit.preprocess import preprocess_data


def main() -> None:
    """Arguments: JSONL of posts, database, window in seconds, similarity, processes, file for the edges."""
    posts, database, window_s, similarity, processes, edges_file = sys.argv[1:]
    rows = []
    with open(posts) as lines:
        for post in map(json.loads, lines):
            at = datetime.fromisoformat(post["created_at"]).timestamp()
            rows.append((post["id"], post["author_id"], "", "", "", post["text"], at, []))
    for ending in ("", "-wal", "-shm"):
        Path(database + ending).unlink(missing_ok=True)
    with redirect_stdout(sys.stderr):
        start = time.perf_counter()
        preprocess_data(database, rows)
        loaded = time.perf_counter()
        compute_co_similar_tweet(
            database, float(window_s), n_threads=int(processes), similarity_threshold=float(similarity)
        )
        done = time.perf_counter()
    found = "SELECT user_1, user_2 FROM co_similar_tweet_network WHERE user_1 < user_2"
    edges = sqlite3.connect(database).execute(found).fetchall()
    Path(edges_file).write_text(json.dumps(edges))
    print(json.dumps({"load_s": loaded - start, "compute_s": done - loaded, "edges": len(edges)}))


if __name__ == "__main__":
    main()
