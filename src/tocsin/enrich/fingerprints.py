"""Digests that tell whether two texts say the same (`text_key`) or nearly the same (`fingerprint`).

Source: A. Broder, On the resemblance and containment of documents, 1997 (MinHash).
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tocsin.enrich.fold import Codes, TableFolder, batches, bounds, utf8_split
from tocsin.enrich.fold_table import SPACE
from tocsin.records.fingerprint import FEWEST_SHINGLES, SHINGLE, SIGNATURE_SIZE

_KEY_BYTES = 8


class Fingerprints(NamedTuple):
    """What `folded_fingerprints` gives, one entry a text."""

    text_keys: pa.StringArray  # "" for a text without words
    word_counts: NDArray[np.int32]
    fingerprints: pa.BinaryArray  # b"" for a text with too few shingles


def text_fingerprints(folder: TableFolder, prose: Sequence[str]) -> Fingerprints:
    """Digest, word count and MinHash signature of each text (links, mentions and "RT @x:" already taken out)."""
    return joined_fingerprints([word_fingerprints(folder.words(folder.folded(batch))) for batch in batches(prose)])


def word_fingerprints(words: Codes) -> Fingerprints:
    """The same for one batch that `TableFolder.words` gave."""
    starts, ends = bounds(words)
    return Fingerprints(_text_keys(words), _word_counts(words, starts, ends), signatures(words, starts, ends))


def joined_fingerprints(batches: Sequence[Fingerprints]) -> Fingerprints:
    """Those of several batches, one after the other."""
    none = Fingerprints(pa.array([], pa.string()), np.zeros(0, np.int32), pa.array([], pa.binary()))
    keys, counts, signed = zip(none, *batches, strict=True)
    return Fingerprints(pa.concat_arrays(keys), np.concatenate(counts), pa.concat_arrays(signed))


def _text_keys(words: Codes) -> pa.StringArray:
    texts = utf8_split(words)
    digests = b"".join([blake2b(text, digest_size=_KEY_BYTES).digest() for text in texts if text])
    return _column(pa.string(), digests.hex().encode(), np.array([bool(text) for text in texts]))


def _column(kind: pa.DataType, values: bytes | Codes, is_there: NDArray[np.bool_]) -> pa.Array:
    """A column of equally long values; "" (or b"") where none is there."""
    offsets = np.zeros(len(is_there) + 1, dtype=np.int32)
    np.cumsum(is_there, out=offsets[1:])
    buffer = pa.py_buffer(values)
    offsets *= buffer.size // max(int(offsets[-1]), 1)
    return pa.Array.from_buffers(kind, len(is_there), [None, pa.py_buffer(offsets), buffer])


def _word_counts(codes: Codes, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.int32]:
    spaces = np.flatnonzero(codes == SPACE)
    counts = np.searchsorted(spaces, ends) - np.searchsorted(spaces, starts) + (ends > starts)
    return counts.astype(np.int32)


def signatures(codes: Codes, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> pa.BinaryArray:
    """MinHash signature of each text of a batch; b"" for texts with too few shingles."""
    counts = np.maximum(ends - starts - SHINGLE + 1, 0)
    is_signed = counts >= FEWEST_SHINGLES
    if not is_signed.any():
        return _column(pa.binary(), b"", is_signed)
    counts = counts[is_signed]
    firsts = np.cumsum(counts) - counts
    # The shingles of all long enough texts in one row, none reaching over a text's end.
    at = np.arange(int(counts.sum())) + np.repeat(starts[is_signed] - firsts, counts)
    minima = _minima(_shingle_hashes(codes).take(at), firsts)
    return _column(pa.binary(), np.ascontiguousarray(minima.T).astype("<u4", copy=False), is_signed)


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
