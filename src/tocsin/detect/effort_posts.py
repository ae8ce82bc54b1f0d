"""The posts of an effort: from its findings, and by the tags that are its own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tocsin.detect.timing import present_us

Ints = NDArray[np.int64]
_TAG_SHARE = 0.1  # of an effort's posts: a main tag
_OWN_SHARE = 0.5  # of a tag's posts in the window that the findings hold: the tag is the effort's own, not generic
MAX_TAGS = 12


@dataclass(frozen=True, slots=True)
class Posts:
    """The posts as arrays, ordered by leaf index."""

    leaves: Ints
    accounts: Ints  # dense numbers, by the order of the ids
    times_us: Ints
    timed: NDArray[np.bool_]
    tag_rows: Ints  # one entry a post's tag, ordered by tag
    tag_codes: Ints
    tags: list[str]

    @classmethod
    def of(cls, posts: pa.Table) -> Posts:
        """From a table with leaf_index, account_id, posted_at, tags."""
        table = posts.select(["leaf_index", "account_id", "posted_at", "tags"]).sort_by("leaf_index")
        times_us, timed = present_us(table["posted_at"])
        accounts, _ = _ranked(table["account_id"])
        tags = table["tags"].combine_chunks()
        flat = pc.fill_null(pc.list_flatten(tags), "")
        parents = np.asarray(pc.list_parent_indices(tags).to_numpy(zero_copy_only=False), dtype=np.int64)
        codes, tag_names = _ranked(flat)
        order = np.lexsort((parents, codes))
        return cls(
            leaves=np.asarray(table["leaf_index"].to_numpy(), dtype=np.int64),
            accounts=accounts,
            times_us=times_us,
            timed=timed,
            tag_rows=parents[order],
            tag_codes=codes[order],
            tags=tag_names,
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
        names = encoded.dictionary.to_pylist()
        bounds = np.searchsorted(codes, np.arange(len(names) + 1))
        return {
            str(names[i]): np.unique(rows[bounds[i] : bounds[i + 1]])
            for i in range(len(names))
            if bounds[i] < bounds[i + 1]
        }


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


def expanded_rows(table: Posts, rows: Ints, window: tuple[int, int]) -> tuple[Ints, tuple[str, ...]]:
    """The rows and every post of the window with a tag that is the effort's own; and those tags.

    A tag is an effort's own when a tenth of the effort's posts carry it and the effort's findings hold at least
    half of the tag's posts in the window: a generic tag is not, however many of the posts carry it.
    """
    inside = table.timed & (table.times_us >= window[0]) & (table.times_us < window[1])
    of_effort = np.zeros(table.leaves.size, dtype=bool)
    of_effort[rows] = True
    tag_count = len(table.tags)
    in_effort = np.bincount(table.tag_codes[of_effort[table.tag_rows]], minlength=tag_count)
    in_window = np.bincount(table.tag_codes[inside[table.tag_rows]], minlength=tag_count)
    own = (in_effort >= _TAG_SHARE * rows.size) & (in_effort >= 3) & (in_effort >= _OWN_SHARE * in_window)
    own &= np.array([bool(tag) for tag in table.tags], dtype=bool) if tag_count else own
    chosen = own[table.tag_codes] & inside[table.tag_rows] if tag_count else np.zeros(0, dtype=bool)
    all_rows = np.union1d(rows, table.tag_rows[chosen])
    return all_rows, tuple(sorted(table.tags[i] for i in np.flatnonzero(own)))


def effort_tags(table: Posts, rows: Ints) -> tuple[str, ...]:
    """The tags of the posts, most used first, at most twelve."""
    of_effort = np.zeros(table.leaves.size, dtype=bool)
    of_effort[rows] = True
    counts = np.bincount(table.tag_codes[of_effort[table.tag_rows]], minlength=len(table.tags))
    used = [i for i in np.flatnonzero(counts).tolist() if table.tags[i]]
    ranked = sorted(used, key=lambda i: (-int(counts[i]), table.tags[i]))
    return tuple(table.tags[i] for i in ranked[:MAX_TAGS])
