"""What captures and log give once more: the rows of every commit, and where the records of a post lie.

The captures and the log are the truth; what is made of them here depends on them, the keys and this version's readers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pyarrow as pa

from tocsin.archive import Keys, Snapshot, snapshot
from tocsin.archive.custody import opened_detail
from tocsin.archive.logged_acts import logged_acts
from tocsin.archive.tiles import Log
from tocsin.desk.block_work import BlockPool, BlockTask
from tocsin.desk.place import Desk
from tocsin.desk.progress import Progress, Silent
from tocsin.desk.read_again import KeptCapture, kept_capture, read_again
from tocsin.records.errors import EvidenceError
from tocsin.records.posts import Block


class Occurrence(NamedTuple):
    """One record that holds a post: `offset` and `length` are bytes of the capture, as in the posts table.

    Two posts of one page give two occurrences of the same place. `post_id` is the pseudonym that was asked for. With
    `is_repost`, the record is not that post itself: it reposts it (its repost_of_id is `post_id`), under an id of its
    own, `row_post_id`; else `row_post_id` is `post_id`.
    """

    capture_id: str
    offset: int
    length: int
    post_id: str
    is_repost: bool
    row_post_id: str


def occurrences(
    desk: Desk,
    keys: Keys,
    post_ids: Collection[str],
    *,
    here: Snapshot | None = None,
    progress: Progress | None = None,
    processes: int | None = None,
) -> list[Occurrence]:
    """Every record in any capture that is one of these posts or reposts one, stored or duplicate, in order of captures.

    `here` is a snapshot with the keys' sealer (a writer's `snapshot()`), by default the desk as last acknowledged:
    captures are read as far as it acknowledges them. Records already erased are blank, and found no more. Reads every
    capture with its own reader: minutes for a large desk, memory for a few blocks.

    Signature: occurrences(desk, keys, post_ids, *, here=None, progress=None, processes=None) -> list[Occurrence].
    Raises EvidenceError where a capture is missing or damaged, or its records no longer lie where they did.
    """
    wanted = pa.array(sorted(set(post_ids)), pa.string())
    here = here or snapshot(desk.folder, keys.sealer)
    book = captures_book(here)
    found: list[Occurrence] = []
    with BlockPool(processes) as pool, (progress or Silent()).bar("looking through captures", None, "bytes") as bar:
        for work in pool.results(book.tasks(here, keys, book.in_one_go())):
            bar.advance(len(work.block.data))
            found += _found(work.posts, wanted)
    return found


def _found(posts: pa.Table, wanted: pa.Array) -> Iterator[Occurrence]:
    asked = set(wanted.to_pylist())
    columns = ("capture_id", "record_offset", "record_length", "post_id", "repost_of_id")
    for capture_id, offset, length, post_id, of_id in zip(*(posts[name].to_pylist() for name in columns), strict=True):
        if post_id in asked:
            yield Occurrence(capture_id, offset, length, post_id, False, post_id)
        elif of_id in asked:
            yield Occurrence(capture_id, offset, length, of_id, True, post_id)


@dataclass
class CapturesBook:
    """The captures a log speaks of, in its order: how many blocks are acknowledged, and the details sealed of them."""

    blocks: Counter[str] = field(default_factory=Counter)
    details: dict[str, dict[str, Any]] = field(default_factory=dict, repr=False)

    def in_one_go(self) -> Iterator[tuple[str, int]]:
        """(capture, its blocks), capture by capture."""
        yield from self.blocks.items()

    def kept(self, here: Snapshot, capture_id: str) -> KeptCapture:
        """A capture as far as it is acknowledged. Raises EvidenceError where the log does not speak of it."""
        if capture_id not in self.details:
            raise EvidenceError("the log speaks of a capture before it begins")
        return kept_capture(here, capture_id, self.details[capture_id], self.blocks[capture_id])

    def tasks(self, here: Snapshot, keys: Keys, order: Iterator[tuple[str, int]]) -> Iterator[BlockTask]:
        """The work on blocks in an order: so many of this capture, so many of that, each going on where it was."""
        reading: dict[str, tuple[KeptCapture, Any, Iterator[Block]]] = {}
        left = Counter(self.blocks)
        for capture_id, count in order:
            if capture_id not in reading:
                kept = self.kept(here, capture_id)
                reading[capture_id] = (kept, *read_again(here, kept))
            kept, context, blocks = reading[capture_id]
            for _ in range(count):
                block = next(blocks)
                yield BlockTask(block, kept.format, context, context.source, capture_id, keys.pseudonym_key)
            left[capture_id] -= count
            if not left[capture_id]:
                next(blocks, None)  # lets it say that records went on beyond the last block
                del reading[capture_id]


def captures_book(here: Snapshot) -> CapturesBook:
    """The captures of a snapshot's log. Raises TocsinInputError without the keys."""
    book = CapturesBook()
    for act in logged_acts(Log(here.folder / "log", here.log_size)):
        if act.kind == "capture":
            detail = opened_detail(here.folder, here.sealer, act.leaf_index) if "detail" in act.body else None
            book.details[act.capture_id] = dict(detail or {})
            book.blocks[act.capture_id] += 0
        elif act.kind == "batch":
            book.blocks[act.capture_id] += act.count("blocks")
    return book
