"""Import of a file in one process, with and without the log: processor seconds and bytes on disk.

Without the log: no commitments, no secrets, no entries, tiles or hashes of them; reading, pseudonyms, enrichment,
chunks, tables and index as always. The two take turns, so that what slows the machine slows both.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from unittest import mock

from tocsin.archive import load_keys, quote_proof, snapshot
from tocsin.archive.tiles import Edge, Growth
from tocsin.desk import ReadOptions, Silent, collect, init
from tocsin.desk.place import open_desk

TIMES = 3
PROOFS = 50


@contextmanager
def _without_the_log() -> Iterator[None]:
    with (
        mock.patch("tocsin.desk.pseudonymise.commitment_roots", lambda secrets, rows: bytes(32 * len(rows))),
        mock.patch("tocsin.archive.batches.post_entries", return_value=[]),
        mock.patch("tocsin.archive.committer.packed_secrets", return_value=b""),
        mock.patch.object(Edge, "grown", return_value=Growth(Edge(), {})),
    ):
        yield


def _import_s(corpus: Path, folder: Path, keys: Path) -> float:
    os.environ["TOCSIN_KEYS"] = str(keys)
    desk = init(folder, purpose="bench", legal_basis="generated posts")
    start = time.process_time()
    collect(desk, [corpus], options=ReadOptions(), progress=Silent(), processes=1)
    return time.process_time() - start


def cost(corpus: str, work: str) -> dict[str, float]:
    """Processor seconds of both (medians), bytes a post by folder, and the median time of one proof."""
    root = Path(work)
    with_s, without_s = [], []
    _import_s(Path(corpus), root / "warm", root / "keys")
    for turn in range(TIMES):
        with_s.append(_import_s(Path(corpus), root / f"with-{turn}", root / "keys"))
        with _without_the_log():
            without_s.append(_import_s(Path(corpus), root / f"without-{turn}", root / "keys"))
    desk = open_desk(root / "with-0")
    keys = load_keys(desk.folder, desk.keys_folder)
    leaves = snapshot(desk.folder).read("posts", ["leaf_index"])["leaf_index"].to_pylist()
    proofs = []
    for leaf in leaves[:: max(1, len(leaves) // PROOFS)]:
        start = time.perf_counter()
        quote_proof(desk.folder, keys.sealer, leaf)
        proofs.append(time.perf_counter() - start)
    sizes = {
        f"bytes_{name}": sum(path.stat().st_size for path in (desk.folder / name).rglob("*") if path.is_file())
        / len(leaves)
        for name in ("chunks", "log", "secrets", "tables", "index")
    }
    return {"with_s": median(with_s), "without_s": median(without_s), "proof_s": median(proofs), **sizes}


if __name__ == "__main__":
    print(json.dumps(cost(*sys.argv[1:])))
