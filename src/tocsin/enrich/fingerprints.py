"""Digests that tell whether two texts say the same (`text_key`) or nearly the same (`fingerprint`).

Source: A. Broder, On the resemblance and containment of documents, 1997 (MinHash).
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tocsin.enrich.fold import Codes, TableFolder, batches, split
from tocsin.enrich.fold_table import SEPARATOR, SPACE
from tocsin.records.fingerprint import FEWEST_SHINGLES, SHINGLE, SIGNATURE_SIZE

_KEY_BYTES = 8
# Hashes handled at once: both work arrays stay in the processor's second-level cache.
_CHUNK = 1 << 15


class Fingerprints(NamedTuple):
    """What `text_fingerprints` gives, one entry a text."""

    text_keys: list[str]
    word_counts: NDArray[np.int32]
    fingerprints: list[bytes]


def text_fingerprints(folder: TableFolder, prose: Sequence[str]) -> Fingerprints:
    """Digest, word count and MinHash signature of each text (links, mentions and "RT @x:" already taken out)."""
    keys: list[str] = []
    counts: list[NDArray[np.int32]] = []
    fingerprints: list[bytes] = []
    for batch in batches(prose):
        codes = folder.words(batch)
        keys += [_digest(words) for words in split(codes)]
        starts, ends = _bounds(codes)
        counts.append(_word_counts(codes, starts, ends))
        fingerprints += signatures(codes, starts, ends)
    return Fingerprints(keys, np.concatenate(counts) if counts else np.zeros(0, np.int32), fingerprints)


def _digest(words: str) -> str:
    return blake2b(words.encode("utf-8"), digest_size=_KEY_BYTES).hexdigest() if words else ""


def _bounds(codes: Codes) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where each text of a batch starts and ends."""
    separators = np.flatnonzero(codes == SEPARATOR)
    return np.concatenate([[0], separators + 1]), np.concatenate([separators, [len(codes)]])


def _word_counts(codes: Codes, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.int32]:
    spaces = np.concatenate([[0], np.cumsum(codes == SPACE)])
    counts: NDArray[np.int32] = (spaces[ends] - spaces[starts] + (ends > starts)).astype(np.int32)
    return counts


def signatures(codes: Codes, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> list[bytes]:
    """MinHash signature of each text of a batch; b"" for texts with too few shingles."""
    counts = np.maximum(ends - starts - SHINGLE + 1, 0)
    long_enough = np.flatnonzero(counts >= FEWEST_SHINGLES)
    found = [b""] * len(starts)
    if not len(long_enough):
        return found
    counts = counts[long_enough]
    firsts = np.cumsum(counts) - counts
    # The shingles of all long enough texts in one row, none reaching over a text's end.
    at = np.arange(int(counts.sum())) + np.repeat(starts[long_enough] - firsts, counts)
    minima = _minima(_shingle_hashes(codes)[at], firsts)
    raw = np.ascontiguousarray(minima.T).astype("<u4", copy=False).tobytes()
    width = SIGNATURE_SIZE * 4
    for row, index in enumerate(long_enough.tolist()):
        found[index] = raw[row * width : (row + 1) * width]
    return found


def _shingle_hashes(codes: Codes) -> Codes:
    """A well mixed 32-bit hash of the SHINGLE code points that start at each place."""
    mixed = _mixed(codes.astype(np.uint32))
    count = len(codes) - SHINGLE + 1
    hashes = np.zeros(count, dtype=np.uint32)
    for step in range(SHINGLE):
        hashes *= np.uint32(0x9E3779B1)
        hashes += mixed[step : step + count]
    return _mixed(hashes)


def _mixed(values: Codes) -> Codes:
    """Values with every bit spread over all others (a bijection of 32-bit numbers, the finaliser of MurmurHash3)."""
    values = values ^ (values >> np.uint32(16))
    values *= np.uint32(0x85EBCA6B)
    values ^= values >> np.uint32(13)
    values *= np.uint32(0xC2B2AE35)
    values ^= values >> np.uint32(16)
    return values


def _constants() -> tuple[list[np.uint32], list[np.uint32]]:
    """One multiplier (odd) and one mask for each place of a signature, from BLAKE2b so that they never change."""
    digest = b"".join(
        blake2b(b"tocsin/fingerprint/v1/%d" % place, digest_size=8).digest() for place in range(SIGNATURE_SIZE)
    )
    numbers = np.frombuffer(digest, dtype="<u4").reshape(SIGNATURE_SIZE, 2)
    return [np.uint32(int(pair[0]) | 1) for pair in numbers], [np.uint32(int(pair[1])) for pair in numbers]


_MULTIPLIERS, _MASKS = _constants()


def _minima(hashes: Codes, firsts: NDArray[np.int64]) -> Codes:
    """The least hash of each text under each of the SIGNATURE_SIZE hash functions (one row a function)."""
    minima = np.empty((SIGNATURE_SIZE, len(firsts)), dtype=np.uint32)
    work = np.empty(len(hashes), dtype=np.uint32)
    for place in range(SIGNATURE_SIZE):
        np.bitwise_xor(hashes, _MASKS[place], out=work)
        work *= _MULTIPLIERS[place]
        np.minimum.reduceat(work, firsts, out=minima[place])
    return minima
