"""What the archive keeps and proves: statements, commitments, proofs. Bytes are shown as base64 (RFC 4648, 4)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

# The fields of a post that are committed one by one, in this order, so that a proof can disclose some and
# withhold the rest. The order is part of the format "tocsin/post/v1".
COMMITTED_FIELDS: tuple[str, ...] = (
    "source",
    "post",
    "account",
    "channel",
    "posted_at",
    "text",
    "kind",
    "record_sha256",
    "pointer",
)


class Commitment(NamedTuple):
    """What makes the leaf of one post: the secret salts derive from, and the root over the field commitments."""

    secret: bytes  # 16 random bytes; erasing them leaves a leaf that confirms nothing
    root: bytes  # 32 bytes


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A signed tree head: C2SP tlog-checkpoint."""

    origin: str
    size: int
    root: bytes
    note: str  # the signed note as written


@dataclass(frozen=True, slots=True)
class QuoteProof:
    """What an outsider needs to check one quoted post: disclosed fields with salts, the other commitments, the path."""

    leaf_index: int
    disclosed: dict[str, tuple[str, str]]  # field -> (value, salt in base64)
    withheld: dict[str, str]  # field -> commitment in base64
    entry: str  # the leaf's statement, RFC 8785 JSON
    inclusion: tuple[str, ...]  # hashes from leaf to root, base64
    checkpoint: str  # the signed note


@dataclass(frozen=True, slots=True)
class CaptureSummary:
    """What one capture gave: `read == stored + duplicate + quarantined`."""

    capture_id: str
    source: str
    format: str
    size_bytes: int
    read: int
    stored: int
    duplicate: int
    quarantined: int
    versions: int  # of the stored ones, how many are a new version of a post already here
    first_posted_at: datetime | None
    last_posted_at: datetime | None
    time_bases: dict[str, int]
    audiences: dict[str, int]
    reasons: dict[str, int]  # quarantine reason -> count
    collected_at: datetime | None
    query: str | None
    method: str | None
    gone: tuple[str, ...]
    noticed: dict[str, int] = field(default_factory=dict)  # what is odd about records that were read -> count
    noticed_at: dict[str, list[str]] = field(default_factory=dict)  # the same -> where the first few are
