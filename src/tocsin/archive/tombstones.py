"""What keeps an erased post from coming back with the next import of the same file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tocsin.archive.chunks import blanked
from tocsin.records.ids import Pseudonyms
from tocsin.records.posts import Block, QuarantinedRecord

REASON = "erased by an order: not stored again, its bytes blanked"
BESIDE = "its record holds an erased post too and was blanked: not stored again"
_Kept = tuple[Sequence[Block], pa.Table, bytes, bytes, pa.Table, list[QuarantinedRecord]]


class Tombstones:
    """Knows the erased posts of a desk by a keyed pseudonym of theirs."""

    def __init__(self, pseudonyms: Pseudonyms, rows: pa.Table) -> None:
        """`rows`: the tombstones table."""
        self._make = pseudonyms.maker("tombstone")
        self._marks = frozenset(rows["tombstone"].to_pylist())

    def kept_out(
        self, blocks: Sequence[Block], posts: pa.Table, secrets: bytes, roots: bytes, names: pa.Table
    ) -> _Kept:
        """What a commit was given without erased posts and their reposts: their records are blanked, their rows go, and
        each is a quarantined record instead; so is a post whose record holds an erased one too. The names of a dropped
        post and of accounts that have no other post in the commit go too.
        """
        if not self._marks or not posts.num_rows:
            return blocks, posts, secrets, roots, names, []
        dropped = self._dropped(posts)
        if not dropped.any():
            return blocks, posts, secrets, roots, names, []
        places = list(zip(posts["record_offset"].to_pylist(), posts["record_length"].to_pylist(), strict=True))
        ranges = sorted({place for place, is_dropped in zip(places, dropped, strict=True) if is_dropped})
        beside = np.fromiter((place in set(ranges) for place in places), np.bool_, len(places)) & ~dropped
        refused = [
            QuarantinedRecord(offset, length, line_no, "", REASON if is_dropped else BESIDE)
            for (offset, length), line_no, is_dropped, is_beside in zip(
                places, posts["line_no"].to_pylist(), dropped, beside, strict=True
            )
            if is_dropped or is_beside
        ]
        dropped = dropped | beside
        gone, kept = posts.filter(pa.array(dropped)), posts.filter(pa.array(~dropped))
        secrets = np.frombuffer(secrets, "V16")[~dropped].tobytes()
        roots = np.frombuffer(roots, "V32")[~dropped].tobytes()
        held = pa.concat_arrays(
            [kept[name].combine_chunks().drop_null() for name in ("post_id", "account_id", "channel_id")]
        )
        unnamed = pa.concat_arrays([gone[name].combine_chunks().drop_null() for name in ("post_id", "account_id")])
        away = pc.and_(
            pc.is_in(names["pseudonym"], value_set=unnamed), pc.invert(pc.is_in(names["pseudonym"], value_set=held))
        )
        return (
            [_blanked(block, ranges) for block in blocks],
            kept,
            secrets,
            roots,
            names.filter(pc.invert(away)),
            refused,
        )

    def _dropped(self, posts: pa.Table) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        ids = set(posts["post_id"].to_pylist()) | set(posts["repost_of_id"].to_pylist())
        marked = pa.array([each for each in ids if each and self._make(each) in self._marks], pa.string())
        either = pc.or_(
            pc.is_in(posts["post_id"], value_set=marked),
            pc.fill_null(pc.is_in(posts["repost_of_id"], value_set=marked), False),
        )
        return np.asarray(either.to_numpy())


def _blanked(block: Block, ranges: Sequence[tuple[int, int]]) -> Block:
    data, start = bytearray(block.data), block.offset
    for offset, length in ranges:
        low, high = max(0, offset - start), min(len(data), offset + length - start)
        if low < high:
            data[low:high] = blanked(data[low:high])
    return replace(block, data=bytes(data))
