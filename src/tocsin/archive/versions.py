"""Which posts and contents the archive already has: sorted runs of 16 bytes a version, merged as they grow."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tocsin.records.errors import TocsinError
from tocsin.records.ids import ID_LENGTH

_ALPHABET = b"abcdefghijklmnopqrstuvwxyz234567"
_VALUES = np.full(256, 255, np.uint8)
_VALUES[np.frombuffer(_ALPHABET, np.uint8)] = np.arange(32, dtype=np.uint8)
_DIGITS = 13  # base32 digits that make 64 bits (the first digit of 13 gives its low 4 bits)

Words = NDArray[np.uint64]


def id_words(column: pa.Array | pa.ChunkedArray) -> Words:
    """The first 65 bits of each pseudonym, less the topmost: enough to tell posts of one desk apart with content ids.

    Raises TocsinError where a value is not a prefix letter and 26 base32 characters.
    """
    flat = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    count = len(flat)
    if count == 0:
        return np.empty(0, np.uint64)
    offsets = np.frombuffer(flat.buffers()[1], np.int32)[flat.offset : flat.offset + count + 1]
    if flat.null_count or np.any(np.diff(offsets) != ID_LENGTH):
        raise TocsinError("an id is not a pseudonym of this desk", expected=f"{ID_LENGTH} characters")
    raw = np.frombuffer(flat.buffers()[2], np.uint8)[offsets[0] : offsets[-1]].reshape(count, ID_LENGTH)
    values = _VALUES[raw[:, 1 : 1 + _DIGITS]]
    if np.any(values == 255):
        raise TocsinError("an id is not a pseudonym of this desk", expected="base32 characters")
    words = np.zeros(count, np.uint64)
    for digit in range(_DIGITS):
        words <<= np.uint64(5)
        words |= values[:, digit]
    return words


class Seen(NamedTuple):
    """What a batch holds that is new: rows to store, their version numbers (0 elsewhere), and how many are versions."""

    stored_mask: NDArray[np.bool_]
    version_no: NDArray[np.int32]

    @property
    def versions(self) -> int:
        """How many of the stored rows are a further version of a post."""
        return int(np.count_nonzero(self.version_no > 1))


class Run(NamedTuple):
    """Versions sorted by post, then content."""

    posts: Words
    contents: Words


class KnownVersions:
    """The versions the archive has. A duplicate must agree in 128 bits (64 of the post, 64 of the content).

    Two posts whose 64 bits collide (3 in 10^8 among a million) would only get a version number too high.
    """

    def __init__(self) -> None:
        self._runs: list[Run] = []

    def __len__(self) -> int:
        return sum(len(run.posts) for run in self._runs)

    def seen(self, posts: Words, contents: Words) -> Seen:
        """Which rows of a batch are new, in the order of the rows."""
        count = len(posts)
        order = np.lexsort((np.arange(count), contents, posts))
        post, content = posts[order], contents[order]
        known = np.zeros(count, np.int32)  # versions the archive has of the row's post
        held = np.zeros(count, np.bool_)  # whether it has this very content
        for run in self._runs:
            left = np.searchsorted(run.posts, post, "left")
            right = np.searchsorted(run.posts, post, "right")
            width = right - left
            known += width.astype(np.int32)
            for step in range(int(width.max(initial=0))):
                rows = np.flatnonzero(width > step)
                held[rows] |= run.contents[left[rows] + step] == content[rows]
        repeated = np.zeros(count, np.bool_)
        repeated[1:] = (post[1:] == post[:-1]) & (content[1:] == content[:-1])
        new = ~(held | repeated)
        stored = np.zeros(count, np.bool_)
        stored[order] = new
        before = np.zeros(count, np.int32)
        before[order] = known
        return Seen(stored, np.where(stored, before + 1 + _rank_in_batch(posts, stored), 0).astype(np.int32))

    def add(self, posts: Words, contents: Words) -> None:
        """Remember versions (those that were stored)."""
        if not len(posts):
            return
        order = np.lexsort((contents, posts))
        self._runs.append(Run(posts[order], contents[order]))
        while len(self._runs) > 1 and len(self._runs[-1].posts) * 2 > len(self._runs[-2].posts):
            newer, older = self._runs.pop(), self._runs.pop()
            post = np.concatenate((older.posts, newer.posts))
            content = np.concatenate((older.contents, newer.contents))
            order = np.lexsort((content, post))
            self._runs.append(Run(post[order], content[order]))


def _rank_in_batch(posts: Words, stored: NDArray[np.bool_]) -> NDArray[np.int32]:
    """For each stored row, how many stored rows of the same post come before it in the batch."""
    rank = np.zeros(len(posts), np.int32)
    rows = np.flatnonzero(stored)
    if not len(rows):
        return rank
    order = np.argsort(posts[rows], kind="stable")
    post = posts[rows][order]
    starts = np.flatnonzero(np.concatenate(([True], post[1:] != post[:-1])))
    lengths = np.diff(np.append(starts, len(post)))
    rank[rows[order]] = np.arange(len(post)) - np.repeat(starts, lengths)
    return rank
