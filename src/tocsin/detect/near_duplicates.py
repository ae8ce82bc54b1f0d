"""Near-duplicate clusters: posts whose folded words are nearly the same, found by sketch and checked exactly."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tocsin.detect.joining import distinct, joined_labels
from tocsin.detect.shingles import exact_similarities
from tocsin.detect.timing import US, instant, present_us
from tocsin.records.errors import TocsinInputError
from tocsin.records.findings import Cluster
from tocsin.records.fingerprint import SIGNATURE_SIZE

Ints = NDArray[np.int64]
THRESHOLD = 0.7  # Jaccard similarity of the sets of shingles
_BAND_ROWS = 4  # 16 bands of 4: a pair at similarity 0.7 meets in some band with 98.8 %, at 0.8 with 99.97 %
_SLACK = 0.2  # a sketch of 64 places errs by 0.057 (one standard deviation) at 0.7
_ALL_PAIRS_UP_TO = 8  # posts in a bucket; in a fuller one each is compared with the first and with neighbours
_NEIGHBOURS = 3
_PAIRS_AT_ONCE = 50_000
_SIGNATURE = np.dtype(f"V{4 * SIGNATURE_SIZE}")

_LINKS_AND_MENTIONS = r"(?:https?://|www\.)\S*|(?:^\s*rt\s+)?@[\pL\pM\pN_.]+:?"


def near_duplicate_clusters(
    ids: pa.ChunkedArray | pa.Array,
    folded_texts: pa.ChunkedArray | pa.Array,
    fingerprints: pa.ChunkedArray | pa.Array,
    text_keys: pa.ChunkedArray | pa.Array,
    *,
    threshold: float = THRESHOLD,
    min_posts: int = 2,
) -> pa.Table:
    """Rows: cluster_id and id, one a post in a cluster of at least `min_posts`; ordered, whatever the order of input.

    Posts with the same text key are together; two texts are joined when the Jaccard similarity of their shingles,
    without links and mentions, is at least `threshold`, and what joined texts join is one cluster. Posts with no
    text key and no fingerprint are in none. The ids must be distinct.
    Source: Broder (1997), MinHash; Leskovec, Rajaraman and Ullman (2014), banding.
    """
    if not 0.4 <= threshold <= 1:
        raise TocsinInputError("threshold out of range", expected="0.4 to 1", got=f"{threshold:g}")
    codes, rows, has_key = _exact_groups(text_keys, fingerprints, folded_texts)
    signed, signatures = _signatures(fingerprints, rows)
    texts = _taken(folded_texts, rows)
    verified = _verified_pairs(signed, signatures, texts, threshold)
    labels = joined_labels(rows.size, verified[0], verified[1])
    member = np.flatnonzero(has_key)
    label_of = labels[codes[member]]
    sizes = np.bincount(label_of, minlength=rows.size)
    kept = sizes[label_of] >= min_posts
    return _named(ids, member[kept], label_of[kept])


def _named(ids: pa.ChunkedArray | pa.Array, rows: Ints, labels: Ints) -> pa.Table:
    """Cluster ids made of the least member id, so that neither order nor growth elsewhere changes them."""
    taken = _taken(ids, rows)
    table = pa.table({"label": labels, "id": taken})
    least = table.group_by("label").aggregate([("id", "min")])
    names = [
        "n" + hashlib.sha256(str(value).encode("utf-8", "surrogatepass")).hexdigest()[:12]
        for value in least["id_min"].to_pylist()
    ]
    size = int(labels.max(initial=-1)) + 1
    at = np.zeros(size, dtype=np.int64)
    at[least["label"].to_numpy()] = np.arange(least.num_rows)
    cluster_ids = pa.array(names, pa.string()).take(pa.array(at[labels]))
    return pa.table({"cluster_id": cluster_ids, "id": taken}).sort_by(
        [("cluster_id", "ascending"), ("id", "ascending")]
    )


def _taken(column: pa.ChunkedArray | pa.Array, rows: Ints) -> pa.Array:
    found = column.take(pa.array(rows))
    return found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found


def _exact_groups(
    text_keys: pa.ChunkedArray | pa.Array,
    fingerprints: pa.ChunkedArray | pa.Array,
    folded_texts: pa.ChunkedArray | pa.Array,
) -> tuple[Ints, Ints, NDArray[np.bool_]]:
    """The group of each post by text key, one row for each group, and which posts have a key at all.

    Groups are numbered by key, so that everything after is the same for any order of rows.
    """
    keys = pc.fill_null(text_keys, "")
    keys = keys.combine_chunks() if isinstance(keys, pa.ChunkedArray) else keys
    encoded = pc.dictionary_encode(keys)
    ranks = np.empty(len(encoded.dictionary), dtype=np.int64)
    ranks[np.asarray(pc.array_sort_indices(encoded.dictionary))] = np.arange(ranks.size)
    codes = ranks[encoded.indices.to_numpy(zero_copy_only=False)]
    first = np.empty(ranks.size, dtype=np.int64)
    first[codes[::-1]] = np.arange(codes.size)[::-1]  # of values for one place the last stays: the least row
    has_key = np.asarray(pc.not_equal(keys, "").to_numpy(zero_copy_only=False), dtype=bool)
    return codes, first, has_key


def _signatures(fingerprints: pa.ChunkedArray | pa.Array, rows: Ints) -> tuple[Ints, NDArray[np.uint32]]:
    """The places in `rows` that have a signature, and the signatures as one matrix."""
    lengths = pc.fill_null(pc.binary_length(fingerprints), 0)
    lengths = lengths.to_numpy() if isinstance(lengths, pa.ChunkedArray) else lengths.to_numpy(zero_copy_only=False)
    wrong = int(((lengths != 0) & (lengths != _SIGNATURE.itemsize)).sum())
    if wrong:
        raise TocsinInputError(
            f"{wrong} fingerprints have another size", expected=f"{_SIGNATURE.itemsize} bytes or none",
            next_step="make the fingerprints again with this version",
        )  # fmt: skip
    whole = np.flatnonzero(lengths[rows] > 0).astype(np.int64)
    source = rows[whole]
    order = np.argsort(source)
    matrix = np.empty(whole.size, dtype=_SIGNATURE)
    first = 0
    # Chunk by chunk into place: a million signatures are a quarter of a gigabyte, and one copy is enough.
    for chunk in fingerprints.chunks if isinstance(fingerprints, pa.ChunkedArray) else [fingerprints]:
        low, high = np.searchsorted(source, (first, first + len(chunk)), sorter=order)
        if low < high:
            values, row_of = _chunk_signatures(chunk)
            matrix[order[low:high]] = values[row_of[source[order[low:high]] - first]]
        first += len(chunk)
    return whole, matrix.view("<u4").reshape(-1, SIGNATURE_SIZE)


def _chunk_signatures(chunk: pa.Array) -> tuple[NDArray[np.void], NDArray[np.int32]]:
    """The signatures of a chunk without those that are null or empty (not copied), and the place of each row's."""
    chunk = pc.fill_null(chunk.cast(pa.binary()), b"")
    ends = np.frombuffer(chunk.buffers()[1], dtype=np.int32)[chunk.offset : chunk.offset + len(chunk) + 1]
    begin, size = int(ends[0]), int(ends[-1] - ends[0])
    count = size // _SIGNATURE.itemsize
    values: NDArray[np.void] = np.frombuffer(chunk.buffers()[2], dtype=_SIGNATURE, offset=begin, count=count)
    return values, (ends[:-1] - begin) // _SIGNATURE.itemsize


def _verified_pairs(
    signed: Ints, signatures: NDArray[np.uint32], texts: pa.Array, threshold: float
) -> tuple[Ints, Ints]:
    """Pairs of texts (places in `texts`) whose shingles' similarity is at least `threshold`."""
    pairs = _candidate_pairs(signatures, threshold)
    left, right = signed[pairs // max(signed.size, 1)], signed[pairs % max(signed.size, 1)]
    found_left, found_right = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for first in range(0, left.size, _PAIRS_AT_ONCE):
        a, b = left[first : first + _PAIRS_AT_ONCE], right[first : first + _PAIRS_AT_ONCE]
        involved, inverse = np.unique(np.concatenate([a, b]), return_inverse=True)
        similarity = exact_similarities(
            plain_words(texts.take(pa.array(involved))), inverse[: a.size], inverse[a.size :]
        )
        near = similarity >= threshold
        found_left.append(a[near])
        found_right.append(b[near])
    return np.concatenate(found_left), np.concatenate(found_right)


def plain_words(folded_texts: pa.Array) -> list[str]:
    """Folded words with one space between them: without links, mentions, a leading "rt", marks and signs."""
    plain = pc.replace_substring_regex(pc.fill_null(folded_texts, ""), _LINKS_AND_MENTIONS, " ")
    plain = pc.replace_substring_regex(plain, r"[^\pL\pM\pN]+", " ")
    return list(pc.utf8_trim_whitespace(plain).to_pylist())


def _candidate_pairs(signatures: NDArray[np.uint32], threshold: float) -> Ints:
    """Codes (row of one * rows + row of other) of pairs that meet in a band and whose sketches are alike."""
    rows = signatures.shape[0]
    found = [np.zeros(0, dtype=np.int64)]
    bands = signatures.view(f"V{4 * _BAND_ROWS}")
    for band in range(SIGNATURE_SIZE // _BAND_ROWS):
        hashes = np.zeros(rows, dtype=np.uint64)
        # The band's own copy: a walk down a column of the whole matrix misses the cache at every step.
        for column in np.ascontiguousarray(bands[:, band]).view("<u4").reshape(rows, _BAND_ROWS).T:
            hashes ^= column
            hashes *= np.uint64(0x9E3779B97F4A7C15)
            hashes ^= hashes >> np.uint64(29)
        codes = _bucket_pairs(hashes)
        for first in range(0, codes.size, _PAIRS_AT_ONCE):
            part = codes[first : first + _PAIRS_AT_ONCE]
            alike = (signatures[part // rows] == signatures[part % rows]).mean(axis=1)
            found.append(part[alike >= threshold - _SLACK])
    return distinct(np.concatenate(found))


def _bucket_pairs(hashes: NDArray[np.uint64]) -> Ints:
    """Codes of the pairs compared in the buckets of one band; never quadratic in a bucket's size."""
    rows = hashes.size
    order = _shared(hashes)
    order = order[np.argsort(hashes[order], kind="stable")]
    starts = np.flatnonzero(np.diff(hashes[order], prepend=~hashes[order[:1]]))
    sizes = np.diff(np.append(starts, order.size))
    start_of, size_of = np.repeat(starts, sizes), np.repeat(sizes, sizes)
    place = np.arange(order.size) - start_of
    found = [np.zeros(0, dtype=np.int64)]
    for step in range(1, _ALL_PAIRS_UP_TO):
        near = (place >= step) & ((size_of <= _ALL_PAIRS_UP_TO) | (step <= _NEIGHBOURS))
        at = np.flatnonzero(near)
        found.append(_codes(order[at - step], order[at], rows))
    at = np.flatnonzero((size_of > _ALL_PAIRS_UP_TO) & (place > _NEIGHBOURS))
    found.append(_codes(order[start_of[at]], order[at], rows))
    return np.concatenate(found)


def _shared(hashes: NDArray[np.uint64]) -> Ints:
    """The rows, ascending, whose hash another row has too, and a few more by chance.

    Nearly all rows are alone in their bucket. To leave them out, hash and row number are packed into one number,
    whose plain sort is many times faster than a sort that keeps an order beside it.
    """
    row_bits = np.uint64((1 << hashes.size.bit_length()) - 1)
    packed = np.sort((hashes & ~row_bits) | np.arange(hashes.size, dtype=np.uint64))
    same = np.zeros(hashes.size + 1, dtype=bool)  # same[i]: the hash at i is the one before
    same[1:-1] = (packed[1:] ^ packed[:-1]) <= row_bits
    return np.sort(packed[same[1:] | same[:-1]] & row_bits).astype(np.int64)


def _codes(a: Ints, b: Ints, rows: int) -> Ints:
    return np.asarray(np.minimum(a, b) * rows + np.maximum(a, b), dtype=np.int64)


def described_clusters(members: pa.Table, posts: pa.Table, *, min_posts: int = 2) -> list[Cluster]:
    """The clusters with their counts, the largest first.

    Needs: `members` of near_duplicate_clusters with leaf_index as id; `posts` with leaf_index, account_id,
    posted_at. Members without a time count, but say nothing of first and last. A cluster none of whose posts has
    a time is left out.
    A cluster is formulaic (a greeting, a condolence, a headline, a template of an app) when at least 10 accounts
    posted it, hardly any of them more than once (accounts at least 0.8 of posts), no day holds more than a
    quarter of its posts, and its posts span at least a third of the time of all posts and seven days.
    """
    table = members.rename_columns(["cluster_id", "leaf_index"]).join(
        posts.select(["leaf_index", "account_id", "posted_at"]), keys="leaf_index", join_type="inner"
    )
    table = table.sort_by([("cluster_id", "ascending"), ("posted_at", "ascending"), ("leaf_index", "ascending")])
    all_us, there = present_us(posts["posted_at"])
    span_us = int(np.ptp(all_us[there])) if there.any() else 0
    times_us, timed = present_us(table["posted_at"])
    names, starts = np.unique(np.asarray(table["cluster_id"].to_pylist(), dtype=object), return_index=True)
    accounts, leaves = table["account_id"].to_pylist(), table["leaf_index"].to_pylist()
    bounds = [*starts.tolist(), table.num_rows]
    found = []
    for name, first, after in zip(names.tolist(), bounds, bounds[1:], strict=False):
        own_us = times_us[first:after][timed[first:after]]
        if after - first < min_posts or own_us.size == 0:
            continue
        account_count = len(set(accounts[first:after]))
        found.append(
            Cluster(
                cluster_id=name,
                post_count=after - first,
                account_count=account_count,
                example_leaf=int(leaves[first]),  # nulls sort last, so the first has the earliest time
                first_posted_at=instant(int(own_us.min())),
                last_posted_at=instant(int(own_us.max())),
                formulaic=is_formulaic(own_us, after - first, account_count, span_us),
            )
        )
    return sorted(found, key=lambda c: (-c.post_count, c.cluster_id))


def is_formulaic(times_us: Ints, post_count: int, account_count: int, span_us: int) -> bool:
    """Whether posts are spread over accounts and time as formulas are (the rule of described_clusters)."""
    day_us = int(timedelta(days=1) / timedelta(microseconds=1))
    if account_count < 10 or account_count < 0.8 * post_count or times_us.size == 0:
        return False
    per_day = np.unique(times_us // day_us, return_counts=True)[1]
    own_span = int(np.ptp(times_us))
    return bool(per_day.max() <= times_us.size / 4 and own_span >= max(span_us / 3, 7 * 86_400 * US))
