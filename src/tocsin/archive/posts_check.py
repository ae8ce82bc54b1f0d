"""Checks every post row against its leaf: values from the table, the names and the original bytes, and its secret."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from hashlib import sha256

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tocsin.archive.batches import post_entry_parts
from tocsin.archive.chunks import Originals
from tocsin.archive.commitments import commitment_root, field_commitments
from tocsin.archive.erased import Erasures
from tocsin.archive.secret_files import Secrets
from tocsin.archive.tables import Snapshot
from tocsin.archive.versions import Words, id_words
from tocsin.records.errors import EvidenceError, TocsinError

_COLUMNS = [
    "leaf_index", "archived_at", "source", "post_id", "account_id", "channel_id", "posted_at", "text", "kind",
    "capture_id", "record_offset", "record_length", "pointer",
]  # fmt: skip
_POST_ENDING = post_entry_parts("", "")[1]
_BATCH_ROWS = 4096


class LeavesCheck:
    """Walks the posts table beside the log, both in the order of leaves: a row for each post of the log and no other,
    of its capture and time.

    Without the keys that is all: the digests of the table files, which the log states, stand for the values.
    """

    def __init__(self, here: Snapshot, erasures: Erasures) -> None:
        self.count = 0
        self.erased = 0
        self.originals_lost = len(erasures.lost)
        self._here, self._erasures = here, erasures
        self._rows = self._expected()
        self._next = next(self._rows, None)

    def takes(self, leaf_index: int, entry: bytes) -> bool:
        """Whether the leaf is a post's, which then was checked. Raises EvidenceError naming the leaf."""
        row = self._next
        if row is None or row[0] != leaf_index:
            if leaf_index in self._erasures.orders and entry.endswith(_POST_ENDING):
                self.erased += 1
                return True
            if entry.endswith(_POST_ENDING) or (row is not None and row[0] < leaf_index):
                raise EvidenceError(f"leaf {leaf_index} of the log is a post that the posts table does not have")
            return False
        if leaf_index in self._erasures.orders:
            order = self._erasures.orders[leaf_index]
            raise EvidenceError(f"leaf {leaf_index} was erased by order {order}, but the posts table has it still")
        self._check(row, entry)
        self.count += 1
        self._next = next(self._rows, None)
        return True

    def finish(self) -> None:
        """Raises EvidenceError where the posts table goes on beyond the log."""
        if self._next is not None:
            raise EvidenceError(f"the posts table has a row for leaf {self._next[0]}, which the log does not have")

    def _check(self, row: tuple[int, bytes, str], entry: bytes) -> None:
        """Raise EvidenceError unless the row, of which `row[1]` begins the entry, is the leaf's."""
        if not (entry.startswith(row[1]) and entry.endswith(_POST_ENDING)):
            raise EvidenceError(f"leaf {row[0]}: the row of the posts table is of another capture or time")

    def _expected(self) -> Iterator[tuple[int, bytes, str]]:
        for batch in self._here.batches("posts", ["leaf_index", "archived_at", "capture_id"], _BATCH_ROWS):
            rows = pa.Table.from_batches([batch])
            archived = _instants(rows["archived_at"])
            for leaf_index, at, capture_id in zip(
                rows["leaf_index"].to_pylist(), archived, rows["capture_id"].to_pylist(), strict=True
            ):
                yield leaf_index, _entry_head(at, capture_id), capture_id


class PostsCheck(LeavesCheck):
    """With the keys: that the values, names, original bytes and secret of each row give its leaf."""

    def __init__(self, here: Snapshot, originals: Originals, erasures: Erasures) -> None:
        self._originals = originals
        self._secrets = Secrets(here.folder)
        self._names = _Names(here)
        super().__init__(here, erasures)

    def _check(self, row: tuple[int, bytes, str], entry: bytes) -> None:
        if row[0] in self._erasures.lost:
            super()._check(row, entry)  # its record was erased with another post's: there is nothing to hash
        elif row[1] == b"":
            raise EvidenceError(f"leaf {row[0]}: its secret is missing")
        elif row[1] != entry:
            raise EvidenceError(
                f"leaf {row[0]}: the row of the posts table, its names, its original bytes in capture {row[2]} "
                "or its secret are not those that were archived"
            )

    def _expected(self) -> Iterator[tuple[int, bytes, str]]:
        """(leaf index, the entry its row gives, capture id) of each row."""
        for batch in self._here.batches("posts", _COLUMNS, _BATCH_ROWS):
            yield from self._expected_batch(pa.Table.from_batches([batch]))

    def _expected_batch(self, rows: pa.Table) -> Iterator[tuple[int, bytes, str]]:
        leaves = rows["leaf_index"].to_pylist()
        captures = rows["capture_id"].to_pylist()
        offsets, lengths = rows["record_offset"].to_pylist(), rows["record_length"].to_pylist()
        archived = _instants(rows["archived_at"])
        values = zip(
            rows["source"].to_pylist(), self._names.behind(rows["post_id"]), self._names.behind(rows["account_id"]),
            self._names.behind(rows["channel_id"]), _instants(rows["posted_at"]), rows["text"].to_pylist(),
            rows["kind"].to_pylist(), rows["pointer"].to_pylist(), strict=True,
        )  # fmt: skip
        for at, (leaf_index, (*before, kind, pointer)) in enumerate(zip(leaves, values, strict=True)):
            if leaf_index in self._erasures.lost:
                yield leaf_index, _entry_head(archived[at], captures[at]), captures[at]
                continue
            record = self._originals.record(captures[at], offsets[at], lengths[at])
            secret = self._secrets.of(leaf_index)
            if secret is None:
                yield leaf_index, b"", captures[at]
                continue
            fields = field_commitments(secret, (*before, kind, sha256(record).hexdigest(), pointer))
            # A fraction of a second in archived_at stays in the text, and so differs from the entry.
            head, tail = post_entry_parts(archived[at].replace(".000000Z", "Z"), captures[at])
            yield leaf_index, head + base64.b64encode(commitment_root(fields)) + tail, captures[at]


class _Names:
    """Platform ids behind pseudonyms: sorted words and one column, about 30 bytes a name."""

    def __init__(self, here: Snapshot) -> None:
        words: list[Words] = []
        ids: list[pa.Array] = []
        pseudonyms: list[pa.Array] = []
        for batch in here.batches("names", ["pseudonym", "platform_id"], 1 << 17):
            words.append(_words(batch["pseudonym"]))
            ids.append(batch["platform_id"])
            pseudonyms.append(batch["pseudonym"])
        unsorted = np.concatenate(words) if words else np.empty(0, np.uint64)
        self._order = np.argsort(unsorted, kind="stable")
        self._sorted = unsorted[self._order]
        self._ids = pa.chunked_array(ids, pa.string())
        self._pseudonyms = pa.chunked_array(pseudonyms, pa.string())

    def behind(self, column: pa.ChunkedArray) -> list[str]:
        """The platform id behind each pseudonym, "" for null. Raises EvidenceError where one has no name."""
        present = pc.is_valid(column).to_numpy()
        result = np.full(len(column), "", dtype=object)
        known = column.drop_null()
        if not len(known):
            return list(result)
        wanted = _words(known)
        at = np.searchsorted(self._sorted, wanted)
        found = self._order[np.minimum(at, max(len(self._order) - 1, 0))] if len(self._order) else at
        if not len(self._order) or not pc.all(pc.equal(self._pseudonyms.take(pa.array(found)), known)).as_py():
            raise EvidenceError("a post, account or channel of the posts table is missing in the names table")
        result[present] = self._ids.take(pa.array(found)).to_pylist()
        return list(result)


def _entry_head(archived_at: str, capture_id: str) -> bytes:
    """What stands before the root in a post's entry. A fraction of a second stays, and so differs from the entry."""
    return post_entry_parts(archived_at.replace(".000000Z", "Z"), capture_id)[0]


def _words(column: pa.Array | pa.ChunkedArray) -> Words:
    try:
        return id_words(column)
    except TocsinError as error:
        raise EvidenceError("a pseudonym in the tables is malformed") from error


def _instants(column: pa.ChunkedArray) -> list[str]:
    """Instants as committed (see `posted_at_text`)."""
    return list(pc.fill_null(pc.strftime(column, "%Y-%m-%dT%H:%M:%SZ"), "").to_pylist())
