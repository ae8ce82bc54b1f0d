"""The posts of an effort: from its findings, and by the tags that are its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tocsin.detect.timing import present_us

Ints = NDArray[np.int64]
_TAG_SHARE = 0.1  # of an effort's posts: a main tag
_LEAST_TAGGED = 3  # posts
_OWN_SHARE = 0.5  # of a tag's posts in the window that the findings hold: the tag is the effort's own, not generic
MAX_TAGS = 12


@dataclass(frozen=True, slots=True)
class Lists:
    """A list of numbers for each of some items, one list after the other."""

    bounds: Ints  # list i is values[bounds[i] : bounds[i + 1]]
    values: Ints

    @classmethod
    def of(cls, owners: Ints, values: Ints, count: int) -> Lists:
        """The lists of `count` items from pairs that are ordered by owner."""
        return cls(np.searchsorted(owners, np.arange(count + 1)), values)

    def joined(self, items: Ints) -> Ints:
        """The lists of several items, one after the other.

        >>> Lists.of(np.array([0, 0, 2]), np.array([7, 8, 9]), 3).joined(np.array([2, 0])).tolist()
        [9, 7, 8]
        """
        return self.values[joined_ranges(self.bounds[items], self.bounds[items + 1])]


def joined_ranges(firsts: Ints, ends: Ints) -> Ints:
    """The numbers of several ranges, one after the other.

    >>> joined_ranges(np.array([5, 2, 2]), np.array([7, 2, 3])).tolist()
    [5, 6, 2]
    """
    sizes = ends - firsts
    return np.arange(sizes.sum()) + np.repeat(ends - np.cumsum(sizes), sizes)


@dataclass(frozen=True, slots=True)
class Posts:
    """The posts as arrays, ordered by leaf index, with their tags findable by post and by tag and time.

    An effort is a small part of a large desk: nothing that is asked for one of thousands may walk over all posts.
    """

    leaves: Ints
    accounts: Ints  # dense numbers, by the order of the ids
    times_us: Ints
    timed: NDArray[np.bool_]
    tags: list[str]  # in order; empty ones left out
    tags_of: Lists  # numbers of the tags of each row
    tagged: Lists  # rows of each tag that have a time, by time
    tagged_us: Ints  # the times of these rows

    @classmethod
    def of(cls, posts: pa.Table) -> Posts:
        """From a table with leaf_index, account_id, posted_at, tags."""
        table = posts.select(["leaf_index", "account_id", "posted_at", "tags"]).sort_by("leaf_index")
        times_us, timed = present_us(table["posted_at"])
        accounts, _ = _ranked(table["account_id"])
        tags = table["tags"].combine_chunks()
        flat = pc.fill_null(pc.list_flatten(tags), "")
        named = pc.not_equal(flat, "")
        rows = np.asarray(pc.list_parent_indices(tags).filter(named).to_numpy(zero_copy_only=False), dtype=np.int64)
        codes, names = _ranked(flat.filter(named))
        dated, dated_codes = rows[timed[rows]], codes[timed[rows]]
        by_tag = np.lexsort((dated, times_us[dated], dated_codes))
        return cls(
            leaves=np.asarray(table["leaf_index"].to_numpy(), dtype=np.int64),
            accounts=accounts,
            times_us=times_us,
            timed=timed,
            tags=names,
            tags_of=Lists.of(rows, codes, table.num_rows),
            tagged=Lists.of(dated_codes[by_tag], dated[by_tag], len(names)),
            tagged_us=times_us[dated[by_tag]],
        )

    def rows_by(self, members: pa.Table) -> dict[str, Ints]:
        """Rows (sorted, each once) of each finding of a table (finding id, leaf_index); unknown posts are left out."""
        if members.num_rows == 0:
            return {}
        encoded = pc.dictionary_encode(members.column(0)).combine_chunks()
        if isinstance(encoded, pa.ChunkedArray):
            encoded = encoded.chunk(0)
        codes = np.asarray(encoded.indices.to_numpy(zero_copy_only=False), dtype=np.int64)
        leaves = np.asarray(members.column(1).to_numpy(), dtype=np.int64)
        rows = np.minimum(np.searchsorted(self.leaves, leaves), max(self.leaves.size - 1, 0))
        known = self.leaves[rows] == leaves if self.leaves.size else np.zeros(leaves.size, dtype=bool)
        codes, rows = codes[known], rows[known]
        order = np.lexsort((rows, codes))
        codes, rows = codes[order], rows[order]
        once = np.ones(codes.size, dtype=bool)
        once[1:] = (codes[1:] != codes[:-1]) | (rows[1:] != rows[:-1])
        codes, rows = codes[once], rows[once]
        names = encoded.dictionary.to_pylist()
        bounds = np.searchsorted(codes, np.arange(len(names) + 1))
        return {str(names[i]): rows[bounds[i] : bounds[i + 1]] for i in range(len(names)) if bounds[i] < bounds[i + 1]}

    def tag_rows(self, tag: int, window: tuple[int, int]) -> Ints:
        """Rows with this tag posted in [start, end), an entry for each time a post names it."""
        low, high = self.tagged.bounds[tag : tag + 2]
        first, last = low + np.searchsorted(self.tagged_us[low:high], window)
        return self.tagged.values[first:last]


def _ranked(column: pa.ChunkedArray | pa.Array) -> tuple[Ints, list[str]]:
    """Each value's place among the distinct values in order, and those: the same for any order of rows."""
    encoded = pc.dictionary_encode(pc.fill_null(column, ""))
    encoded = encoded.combine_chunks() if isinstance(encoded, pa.ChunkedArray) else encoded
    encoded = encoded.chunk(0) if isinstance(encoded, pa.ChunkedArray) else encoded
    order = np.asarray(pc.array_sort_indices(encoded.dictionary).to_numpy(zero_copy_only=False), dtype=np.int64)
    rank = np.empty_like(order)
    rank[order] = np.arange(order.size)
    indices = np.asarray(encoded.indices.to_numpy(zero_copy_only=False), dtype=np.int64)
    return rank[indices], encoded.dictionary.take(pa.array(order)).to_pylist()


def expanded_rows(table: Posts, rows: Ints, window: tuple[int, int]) -> Ints:
    """The rows and every post of the window with a tag that is the effort's own.

    A tag is an effort's own when a tenth of the effort's posts carry it and the effort's findings hold at least
    half of the tag's posts in the window: a generic tag is not, however many of the posts carry it.
    """
    tags, counts = np.unique(table.tags_of.joined(rows), return_counts=True)
    main = counts >= max(_TAG_SHARE * rows.size, _LEAST_TAGGED)
    found = [rows]
    for tag, in_effort in zip(tags[main].tolist(), counts[main].tolist(), strict=True):
        in_window = table.tag_rows(tag, window)
        if in_effort >= _OWN_SHARE * in_window.size:
            found.append(in_window)
    return np.unique(np.concatenate(found))


def effort_tags(table: Posts, rows: Ints) -> tuple[str, ...]:
    """The tags of the posts, most used first, at most twelve."""
    tags, counts = np.unique(table.tags_of.joined(rows), return_counts=True)
    ranked = np.lexsort((tags, -counts))[:MAX_TAGS]
    return tuple(table.tags[i] for i in tags[ranked].tolist())


class HeldPosts:
    """How much of each of some findings a set of posts holds, asked of many sets."""

    def __init__(self, findings: Sequence[Ints]) -> None:
        self._sizes = np.array([rows.size for rows in findings], dtype=np.int64)
        rows = np.concatenate([*findings, np.zeros(0, dtype=np.int64)])
        order = np.argsort(rows, kind="stable")
        self._rows = rows[order]
        self._findings = np.repeat(np.arange(len(findings)), self._sizes)[order]

    def mostly(self, rows: Ints, share: float) -> list[int]:
        """Numbers of the findings of which the rows (each once) hold at least that share."""
        firsts, lasts = (np.searchsorted(self._rows, rows, side) for side in ("left", "right"))
        findings, counts = np.unique(self._findings[joined_ranges(firsts, lasts)], return_counts=True)
        return [int(finding) for finding in findings[counts >= share * self._sizes[findings]]]
