"""twarc-csv: flattened posts to CSV."""

from __future__ import annotations

import json
import sys
import time

from twarc_csv import CSVConverter


def main() -> None:
    """Arguments: JSONL of posts, CSV to write."""
    start = time.perf_counter()
    with open(sys.argv[1]) as posts, open(sys.argv[2], "w") as out:
        converter = CSVConverter(infile=posts, outfile=out, hide_progress=True)
        converter.process()
    print(json.dumps({"seconds": time.perf_counter() - start, "rows": converter.converter.counts["rows"]}))


if __name__ == "__main__":
    main()
