"""datasketch's MinHash LSH over texts: seconds for signatures, for filling the index and for asking it."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from datasketch import MinHash, MinHashLSH

SHINGLE = 5


def shingles(text: str) -> set[bytes]:
    """The runs of a text."""
    return {text[at : at + SHINGLE].encode() for at in range(len(text) - SHINGLE + 1)}


def documented(texts: list[str], permutations: int) -> list[MinHash]:
    """Signatures as the quick start of datasketch makes them: one update a shingle."""
    sketches = []
    for text in texts:
        sketch = MinHash(num_perm=permutations)
        for shingle in shingles(text):
            sketch.update(shingle)
        sketches.append(sketch)
    return sketches


def bulk(texts: list[str], permutations: int) -> list[MinHash]:
    """The same signatures by the fastest way datasketch has."""
    return list(MinHash.bulk([shingles(text) for text in texts], num_perm=permutations))


def main() -> None:
    """Arguments: JSON list of texts, threshold, permutations, how many texts are checked, file for the pairs, way."""
    texts_file, threshold, permutations, checked, pairs_file, way = sys.argv[1:]
    texts = json.loads(Path(texts_file).read_text())
    start = time.perf_counter()
    sketches = {"documented": documented, "bulk": bulk}[way](texts, int(permutations))
    signed = time.perf_counter()
    index = MinHashLSH(threshold=float(threshold), num_perm=int(permutations))
    for number, sketch in enumerate(sketches):
        index.insert(number, sketch)
    inserted = time.perf_counter()
    answers = [index.query(sketch) for sketch in sketches]
    asked = time.perf_counter()
    pairs = [(a, b) for a, found in enumerate(answers[: int(checked)]) for b in found if a < b < int(checked)]
    Path(pairs_file).write_text(json.dumps(pairs))
    print(json.dumps({"sign_s": signed - start, "insert_s": inserted - signed, "query_s": asked - inserted}))


if __name__ == "__main__":
    main()
