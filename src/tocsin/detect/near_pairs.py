"""Pairs of shares of one object within a window: one pass over sorted numbers, for one layer of shares at a time.

A share here is a place in parallel arrays. Nearly all shares of a real collection are near no other share of their
object, so the pass sorts by object and time, keeps the accounts that are near anybody, and only then looks closer.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Numbers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_LARGEST = 2**62
_PAIRS_AT_ONCE = 4_000_000  # pairs spread out in memory at a time, some 100 bytes each


@dataclass(frozen=True, slots=True)
class Coded:
    """Strings as numbers: `codes[i]` is the place of the i-th string in `words` (distinct, in order of appearance)."""

    codes: npt.NDArray[np.int32]
    words: pa.Array


@dataclass(frozen=True, slots=True)
class NearShares:
    """The distinct shares of the accounts that may be near others, by object and time.

    `reach[i]` is the first place behind i whose share is of another object or later than the window; i + 1 where only
    one account shared the object.
    `shares_itself[i]`: the post is the object (a post counted as a repost of itself); it joins nobody.
    """

    object_no: Numbers
    account_no: Numbers
    content_no: Numbers
    posted_us: Numbers
    reach: Numbers
    shares_itself: Flags
    accounts: pa.Array

    @property
    def pair_count(self) -> int:
        """Pairs of places within one another's reach: what looking at all of them costs."""
        return int((self.reach - np.arange(len(self.reach)) - 1).sum())


@dataclass(frozen=True, slots=True)
class ObjectEdges:
    """One row an object and pair of accounts: pairs of posts (`weight`) and the sum of their gaps."""

    object_no: Numbers
    account_a: Numbers
    account_b: Numbers
    weight: Numbers
    gap_us: Numbers


def coded(strings: pa.ChunkedArray | pa.Array) -> Coded:
    """The strings as numbers, in order of appearance. No nulls."""
    if isinstance(strings, pa.ChunkedArray):
        strings = pa.concat_arrays(strings.chunks) if strings.num_chunks != 1 else strings.chunk(0)
    made = pc.dictionary_encode(strings)
    return Coded(made.indices.to_numpy(), made.dictionary)


def near_shares(rows: pa.Table, window_us: int, min_participation: int) -> NearShares:
    """The shares of one layer that can make an edge, and all other shares of the accounts that made them.

    `rows` has the columns of LAYER. Accounts with fewer than `min_participation` distinct shares are left out.
    """
    with ThreadPoolExecutor(1) as beside:
        coming = [beside.submit(coded, rows[name]) for name in ("account_id", "content_id")]
        objects, posted_us = coded(rows["object"]), rows["posted_us"].to_numpy()
        order, key, limit = _by_object_and_time(objects, posted_us, window_us)
        near = np.zeros(len(key) + 1, np.bool_)
        near[1:-1] = key[1:] <= limit[:-1]
        near[:-1] |= near[1:]
        accounts = coming[0].result()
        may = np.bincount(accounts.codes, minlength=len(accounts.words)) >= min_participation
        may &= _marked(accounts.codes[order[near[:-1]]], len(accounts.words))
        kept = np.flatnonzero(may[accounts.codes[order]])
        at, key, limit = order[kept], key[kept], limit[kept]
        account_no = accounts.codes[at]
        contents = coming[1].result()
    once = _distinct(key, account_no, contents.codes[at])
    active = np.bincount(account_no[once], minlength=len(accounts.words)) >= min_participation
    once &= active[account_no]
    if not once.all():
        at, key, limit = at[once], key[once], limit[once]
    return _near_shares(objects, accounts, contents, posted_us, at, key, limit)


def _near_shares(
    objects: Coded, accounts: Coded, contents: Coded, posted_us: Numbers, at: Numbers, key: Numbers, limit: Numbers
) -> NearShares:
    """NearShares of the rows `at`, which are distinct and in the order of their keys."""
    object_no, account_no, content_no = objects.codes[at], accounts.codes[at], contents.codes[at]
    reach = np.arange(1, len(at) + 1)
    joining = np.flatnonzero(_joining(object_no, account_no))
    reach[joining] = np.searchsorted(key, limit[joining], side="right")
    itself = np.zeros(len(at), np.bool_)
    joined = np.flatnonzero(_joined(reach))
    words = (objects.words.take(pa.array(object_no[joined])), contents.words.take(pa.array(content_no[joined])))
    itself[joined] = pc.equal(*words).to_numpy(zero_copy_only=False)
    return NearShares(
        object_no.astype(np.int64),
        account_no.astype(np.int64),
        content_no.astype(np.int64),
        posted_us[at],
        reach,
        itself,
        accounts.words,
    )


def _joined(reach: Numbers) -> Flags:
    """Which places reach another or are reached."""
    size = len(reach) + 1
    reaching = np.flatnonzero(reach > np.arange(1, size))
    depth = np.bincount(reaching, minlength=size) - np.bincount(reach[reaching], minlength=size)
    return np.cumsum(depth[:-1]) > 0


def _joining(object_no: npt.NDArray[np.int32], account_no: npt.NDArray[np.int32]) -> Flags:
    """Which shares are of an object that more than one account shared: however often one posts alone, it is no pair."""
    joining = np.zeros(len(object_no), np.bool_)
    if len(object_no):
        starts = np.concatenate([[0], np.flatnonzero(object_no[1:] != object_no[:-1]) + 1])
        several = np.minimum.reduceat(account_no, starts) != np.maximum.reduceat(account_no, starts)
        joining = np.repeat(several, np.diff(np.append(starts, len(object_no))))
    return joining


def _marked(numbers: npt.NDArray[np.integer], size: int) -> Flags:
    marks = np.zeros(size, np.bool_)
    marks[numbers] = True
    return marks


def _by_object_and_time(objects: Coded, posted_us: Numbers, window_us: int) -> tuple[Numbers, Numbers, Numbers]:
    """Order by object and time, the sorted keys, and for each key the largest that is still within the window.

    A key is the object's number times a span, plus the time. Where that does not fit 63 bits, the rank of the time
    among all times takes its place, and the limit is the rank of the last time within the window.
    """
    if not len(posted_us):
        none = np.zeros(0, np.int64)
        return none, none, none
    first, last = int(posted_us.min()), int(posted_us.max())
    span = last - first + window_us + 1
    if span * len(objects.words) < _LARGEST:
        key = objects.codes.astype(np.int64) * span + (posted_us - first)
        order = np.argsort(key)
        key = key[order]
        return order, key, key + window_us
    moments, rank = np.unique(posted_us, return_inverse=True)
    reach = np.searchsorted(moments, moments + window_us, side="right") - 1
    start = objects.codes.astype(np.int64) * len(moments)
    key = start + rank
    order = np.argsort(key)
    return order, key[order], (start + reach[rank])[order]


def _distinct(key: Numbers, account_no: npt.NDArray[np.int32], content_no: npt.NDArray[np.int32]) -> Flags:
    """Which rows are the first of their kind; equal rows have equal keys, and keys are sorted."""
    once = np.ones(len(key), np.bool_)
    tied = np.zeros(len(key) + 1, np.bool_)
    tied[1:-1] = key[1:] == key[:-1]
    tied[:-1] |= tied[1:]
    places = np.flatnonzero(tied[:-1])
    if not len(places):
        return once
    tie = np.cumsum(np.diff(key[places], prepend=-1) != 0)
    post = tie * (int(content_no.max()) + 1) + content_no[places]  # below the square of the number of rows
    order = np.argsort(post)
    post = post[order]
    again = np.zeros(len(post) + 1, np.bool_)
    again[1:-1] = post[1:] == post[:-1]
    again[:-1] |= again[1:]
    if again.any():  # the same post twice under one object and time: by the same account, or it is no repetition
        places, post = places[order[again[:-1]]], post[again[:-1]]
        order = np.lexsort((places, account_no[places], post))
        places, post = places[order], post[order]
        repeated = (post[1:] == post[:-1]) & (account_no[places[1:]] == account_no[places[:-1]])
        once[places[1:][repeated]] = False
    return once


def object_edges(shares: NearShares, min_participation: int) -> ObjectEdges:
    """Edges object by object, kept where one of the two accounts took part often enough.

    An account takes part with each share of a post that met another account's post within the window.
    """
    met = np.zeros(int(shares.content_no.max(initial=-1)) + 1, np.bool_)
    parts = []
    for x, y in _pairs(shares):
        met[shares.content_no[x]] = True
        met[shares.content_no[y]] = True
        parts.append(_summed(shares, x, y))
    edges = _merged(parts)
    size = len(shares.accounts)
    taking_part = np.bincount(shares.account_no[met[shares.content_no]], minlength=size) >= min_participation
    kept = taking_part[edges.account_a] | taking_part[edges.account_b]
    return ObjectEdges(*(getattr(edges, name)[kept] for name in ObjectEdges.__slots__))


def _pairs(shares: NearShares) -> Iterator[tuple[Numbers, Numbers]]:
    """Places x < y of pairs within the window: another account, another post; at most so many pairs at a time."""
    place = np.arange(len(shares.reach))
    counts = shares.reach - place - 1
    counts[shares.shares_itself] = 0
    sources = np.flatnonzero(counts)
    counts = counts[sources]
    ends = np.cumsum(counts)
    start = 0
    while start < len(sources):
        done = int(ends[start - 1]) if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, done + _PAIRS_AT_ONCE, side="right")))
        n = counts[start:stop]
        x = np.repeat(sources[start:stop], n)
        y = x + 1 + np.arange(len(x)) - np.repeat(ends[start:stop] - n - done, n)
        apart = (shares.account_no[x] != shares.account_no[y]) & (shares.content_no[x] != shares.content_no[y])
        apart &= ~shares.shares_itself[y]
        if apart.any():
            yield x[apart], y[apart]
        start = stop


def _summed(shares: NearShares, x: Numbers, y: Numbers) -> ObjectEdges:
    one, other = shares.account_no[x], shares.account_no[y]
    every = np.ones(len(x), np.int64)
    gap = shares.posted_us[y] - shares.posted_us[x]
    return _merged([ObjectEdges(shares.object_no[x], np.minimum(one, other), np.maximum(one, other), every, gap)])


def _merged(parts: list[ObjectEdges]) -> ObjectEdges:
    """One row an object and pair, weights and gaps added."""
    if not parts:
        return ObjectEdges(*(np.zeros(0, np.int64) for _ in ObjectEdges.__slots__))
    columns = [np.concatenate([getattr(part, name) for part in parts]) for name in ObjectEdges.__slots__]
    order, first = grouped(columns[0], columns[1], columns[2])
    heads = [column[order[first]] for column in columns[:3]]
    return ObjectEdges(*heads, *(np.add.reduceat(column[order], first) for column in columns[3:]))


def grouped(*keys: Numbers) -> tuple[Numbers, Numbers]:
    """An order in which rows with equal keys stand together, and the places where each group begins.

    Keys are at least 0 and at least one row long; they are packed into one number where they fit 63 bits.
    """
    sizes = [int(key.max()) + 1 for key in keys]
    whole = 1
    for size in sizes:
        whole *= size
    if whole < _LARGEST:
        packed = keys[0]
        for key, size in zip(keys[1:], sizes[1:], strict=True):
            packed = packed * size + key
        order = np.argsort(packed, kind="stable")
        packed = packed[order]
        starts = packed[1:] != packed[:-1]
    else:
        order = np.lexsort(keys[::-1])
        starts = np.zeros(len(order) - 1, np.bool_)
        for key in keys:
            ordered = key[order]
            starts |= ordered[1:] != ordered[:-1]
    return order, np.concatenate([[0], np.flatnonzero(starts) + 1])
