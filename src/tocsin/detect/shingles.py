"""Exact Jaccard similarity of texts by their runs of code points."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tocsin.detect.joining import distinct
from tocsin.records.fingerprint import SHINGLE

Ints = NDArray[np.int64]
_PAIRS_AT_ONCE = 20_000


def shingle_sets(texts: Sequence[str], width: int = SHINGLE) -> tuple[NDArray[np.uint64], Ints]:
    """The distinct shingles of all texts as one sorted array of (text number << 32 | hash), and where each text begins.

    The second has len(texts) + 1 entries. A text of fewer than `width` code points has no shingle.
    """
    lengths = np.fromiter((len(text) for text in texts), dtype=np.int64, count=len(texts))
    codes = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), dtype="<u4")
    starts = np.cumsum(lengths) - lengths
    runs = np.maximum(lengths - width + 1, 0)
    at = np.arange(int(runs.sum())) + np.repeat(starts - (np.cumsum(runs) - runs), runs)
    hashes = np.zeros(max(codes.size - width + 1, 0), dtype=np.uint64)
    for step in range(width):
        hashes = (hashes ^ codes[step : step + hashes.size]) * np.uint64(0x9E3779B97F4A7C15)
        hashes ^= hashes >> np.uint64(32)
    owner = np.repeat(np.arange(len(texts), dtype=np.uint64), runs)
    keys = distinct((owner << np.uint64(32)) | (hashes[at] & np.uint64(0xFFFFFFFF)))
    bounds = np.searchsorted(keys, np.arange(len(texts) + 1, dtype=np.uint64) << np.uint64(32))
    return keys, bounds.astype(np.int64)


def exact_similarities(texts: Sequence[str], left: Ints, right: Ints) -> NDArray[np.float64]:
    """Jaccard similarity (0-1) of the shingle sets of texts[left[i]] and texts[right[i]]; 0 where either has none."""
    keys, bounds = shingle_sets(texts)
    sizes = np.diff(bounds)
    similarities = np.zeros(left.size)
    low = np.uint64(0xFFFFFFFF)
    for first in range(0, left.size, _PAIRS_AT_ONCE):
        a, b = left[first : first + _PAIRS_AT_ONCE], right[first : first + _PAIRS_AT_ONCE]
        swap = sizes[a] > sizes[b]
        small, large = np.where(swap, b, a), np.where(swap, a, b)
        counts = sizes[small]
        pair = np.repeat(np.arange(a.size), counts)
        at = np.arange(int(counts.sum())) + np.repeat(bounds[small] - (np.cumsum(counts) - counts), counts)
        sought = (large[pair].astype(np.uint64) << np.uint64(32)) | (keys[at] & low)
        place = np.minimum(np.searchsorted(keys, sought), max(keys.size - 1, 0))
        shared = np.bincount(pair, keys[place] == sought, a.size) if pair.size else np.zeros(a.size)
        union = sizes[a] + sizes[b] - shared
        similarities[first : first + a.size] = np.where(union > 0, shared / np.maximum(union, 1), 0.0)
    return similarities
