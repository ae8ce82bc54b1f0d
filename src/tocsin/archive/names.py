"""Names behind pseudonyms: what is new in a batch of them, and the one way to look behind a pseudonym."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tocsin.archive.tables import Snapshot
from tocsin.archive.versions import KnownVersions, Words, id_words
from tocsin.records.posts import NAMES


class NewNames(NamedTuple):
    """Rows of a batch that the names table does not have, with their keys."""

    rows: pa.Table
    pseudonyms: Words
    rest: Words


class KnownNames:
    """Rows of the names table already written; a changed handle or display name is a new row, the same is not."""

    def __init__(self) -> None:
        self._known = KnownVersions()

    def new_rows(self, names: pa.Table) -> NewNames:
        """The rows not known yet (for `add` once they are durable)."""
        pseudonyms, rest = id_words(names["pseudonym"]), _rest_words(names)
        mask = self._known.seen(pseudonyms, rest).stored_mask
        return NewNames(names if mask.all() else names.filter(pa.array(mask)), pseudonyms[mask], rest[mask])

    def add(self, new: NewNames) -> None:
        """Remember rows."""
        self._known.add(new.pseudonyms, new.rest)


def known_names(batches: Iterable[pa.RecordBatch]) -> KnownNames:
    """What a names table holds."""
    known = KnownNames()
    for batch in batches:
        known.add(known.new_rows(pa.Table.from_batches([batch])))
    return known


def unmasked(snapshot: Snapshot, pseudonyms: Iterable[str]) -> pa.Table:
    """Rows of the names table behind some pseudonyms (schema NAMES), for verification.

    No verb calls it: showing a handle to a person takes a reason and a log entry, which is the desk's part.
    """
    wanted = pa.array(sorted(set(pseudonyms)), pa.string())
    found = [batch.filter(pc.is_in(batch["pseudonym"], value_set=wanted)) for batch in snapshot.batches("names")]
    return pa.Table.from_batches(found, NAMES)


def _rest_words(names: pa.Table) -> Words:
    """A word for what may change behind a pseudonym. Of a post nothing may; of others handle and display name."""
    words: NDArray[np.uint64] = np.zeros(names.num_rows, np.uint64)
    rows = np.flatnonzero(pc.not_equal(names["kind"], "post").to_numpy(zero_copy_only=False))
    some = names.take(pa.array(rows))
    pairs = zip(some["handle"].to_pylist(), some["display_name"].to_pylist(), strict=True)
    # Python's own hash is keyed anew in every process, and so cannot be aimed at; these words are never written down.
    words[rows] = np.fromiter((hash(pair) & 0xFFFF_FFFF_FFFF_FFFF for pair in pairs), np.uint64, len(rows))
    return words
