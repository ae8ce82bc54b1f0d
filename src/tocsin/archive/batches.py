"""What one commit writes, worked out before anything is written: log entries, table files, secrets."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tocsin.archive.chunks import Place
from tocsin.archive.strict import JsonValue, base64_text, canonical_json, instant_text
from tocsin.archive.tables import TableFile, pairs_digest
from tocsin.records.errors import TocsinError
from tocsin.records.ids import Pseudonyms
from tocsin.records.posts import ENRICHED, POSTS, QUARANTINE, QuarantinedRecord

Statement = dict[str, JsonValue]


@dataclass(frozen=True, slots=True)
class CommitResult:
    """What a commit did. `rows` are the stored versions (schema POSTS), for the search index and for figures."""

    read: int
    stored: int
    duplicate: int
    quarantined: int
    versions: int
    stored_mask: NDArray[np.bool_] = field(repr=False)  # one a row of `posts` as given
    rows: pa.Table = field(repr=False)
    generation: int
    log_size: int


@dataclass(frozen=True, slots=True)
class Sifted:
    """What of a batch is new: the rows to store with their version numbers, secrets and roots."""

    mask: NDArray[np.bool_]
    version_no: NDArray[np.int32]
    versions: int
    posts: pa.Table
    secrets: bytes = field(repr=False)
    roots: bytes
    post_words: NDArray[np.uint64]
    content_words: NDArray[np.uint64]

    @property
    def stored(self) -> int:
        """How many rows are new."""
        return int(self.posts.num_rows)

    def counts(self, quarantined: int) -> dict[str, int]:
        """Records of the batch by what became of them."""
        given = len(self.mask)
        return {
            "read": given + quarantined,
            "stored": self.stored,
            "duplicate": given - self.stored,
            "quarantined": quarantined,
        }


def post_entry_parts(at: str, capture_id: str) -> tuple[bytes, bytes]:
    """What stands before and after the root in the log entry of a post (RFC 8785; the root is base64).

    >>> b"ROOT".join(post_entry_parts("2030-01-02T03:04:05Z", "kabc"))
    b'{"at":"2030-01-02T03:04:05Z","capture":"kabc","root":"ROOT","type":"post","v":1}'
    """
    return f'{{"at":"{at}","capture":"{capture_id}","root":"'.encode("ascii"), b'","type":"post","v":1}'


def post_entries(at: str, capture_id: str, roots: bytes) -> list[bytes]:
    """The log entries of posts, from their commitment roots (32 bytes each)."""
    before, after = post_entry_parts(at, capture_id)
    encode = base64.b64encode
    return [before + encode(roots[start : start + 32]) + after for start in range(0, len(roots), 32)]


def capture_statement(at: datetime, capture_id: str, ordinal: int, header: bytes, secret: bytes) -> Statement:
    """Says that a capture begins, and with which header line (a digest keyed with an erasable secret)."""
    return {
        "at": instant_text(at),
        "capture": capture_id,
        "header": header_digest(secret, header),
        "ordinal": ordinal,
        "type": "capture",
        "v": 1,
    }


def header_digest(secret: bytes, header: bytes) -> str:
    """The keyed digest of a capture file's header line (base64)."""
    return base64_text(hmac.digest(secret, header, "sha256"))


def places_digest(places: Sequence[Place]) -> str:
    """Digest of where blocks lie and of their keyed addresses (base64): ties every captured byte to the log."""
    return base64_text(sha256(b"".join(place.line for place in places)).digest())


def batch_statement(at: datetime, capture_id: str, places: Sequence[Place], counts: Mapping[str, int]) -> Statement:
    """Says which bytes of a capture were kept and how many records they gave; one a commit with captured bytes."""
    return {
        "at": instant_text(at),
        "blocks": len(places),
        "capture": capture_id,
        "places": places_digest(places),
        "type": "batch",
        "v": 1,
        **counts,
    }


def resumed_statement(at: datetime, capture_id: str) -> Statement:
    """Says that an interrupted import goes on."""
    return {"at": instant_text(at), "capture": capture_id, "type": "resumed", "v": 1}


def finish_statement(at: datetime, capture_id: str, size_bytes: int, counts: Mapping[str, int]) -> Statement:
    """Says that a capture is complete, with its counts."""
    return {
        "at": instant_text(at),
        "capture": capture_id,
        "size": size_bytes,
        "type": "complete",
        "v": 1,
        **counts,
    }


def tables_statement(at: datetime, generation: int, secret: bytes, files: Mapping[str, TableFile]) -> Statement:
    """Says which table files a commit added, as a digest keyed with an erasable secret."""
    return {
        "at": instant_text(at),
        "digest": tables_digest(secret, files),
        "generation": generation,
        "type": "tables",
        "v": 1,
    }


def tables_digest(secret: bytes, files: Mapping[str, TableFile]) -> str:
    """The keyed digest of table files (base64)."""
    return base64_text(hmac.digest(secret, pairs_digest(files), "sha256"))


def encoded(statements: Sequence[Mapping[str, JsonValue]]) -> list[bytes]:
    """Statements as log entries."""
    return [canonical_json(each) for each in statements]


def archived_rows(posts: pa.Table, first_leaf: int, version_no: NDArray[np.int32], at: datetime) -> pa.Table:
    """The stored rows (schema POSTS); row i is leaf `first_leaf` + i."""
    count = posts.num_rows
    instant = pa.scalar(at, pa.timestamp("us", tz="UTC"))
    columns = {
        "leaf_index": pa.array(np.arange(first_leaf, first_leaf + count, dtype=np.int64)),
        "version_no": pa.array(version_no),
        "archived_at": pa.repeat(instant, count),
    }
    arrays = [columns[name] if name in columns else posts[name] for name in POSTS.names]
    return pa.Table.from_arrays(arrays, schema=POSTS)


def checked_posts(posts: pa.Table, secrets: bytes, roots: bytes, capture_id: str) -> pa.Table:
    """The rows as given, in the column order of ENRICHED. Raises TocsinError where a batch does not fit together."""
    if set(posts.schema.names) != set(ENRICHED.names):
        missing = sorted(set(ENRICHED.names) ^ set(posts.schema.names))
        raise TocsinError("posts do not have the columns of ENRICHED", got="differing: " + ", ".join(missing))
    posts = posts.select(ENRICHED.names).cast(ENRICHED)
    if len(secrets) != 16 * posts.num_rows or len(roots) != 32 * posts.num_rows:
        raise TocsinError("secrets or roots do not fit the rows", expected="16 and 32 bytes a row")
    if posts.num_rows and posts["capture_id"].unique().to_pylist() != [capture_id]:
        raise TocsinError("rows of another capture in a batch")
    return posts


def quarantine_rows(
    pseudonyms: Pseudonyms, capture_id: str, records: Sequence[QuarantinedRecord], at: datetime
) -> pa.Table:
    """Rows of the quarantine table."""
    make = pseudonyms.maker("quarantine")
    rows = [
        {
            "quarantine_id": make(capture_id, str(record.record_offset), str(record.line_no), record.field),
            "capture_id": capture_id,
            **record._asdict(),
            "quarantined_at": at,
        }
        for record in records
    ]
    return pa.Table.from_pylist(rows, schema=QUARANTINE)
