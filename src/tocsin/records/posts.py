"""What a post is between rooms: what readers give, and the Arrow schemas of the tables made from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

import pyarrow as pa


class Audience(StrEnum):
    """Who could read the post where it was posted."""

    PUBLIC = "public"
    LIMITED = "limited"  # unlisted, followers only, invite-only channels
    PRIVATE = "private"  # direct messages, closed groups


class PostKind(StrEnum):
    """What the author did."""

    POST = "post"
    REPLY = "reply"
    REPOST = "repost"
    QUOTE = "quote"
    FORWARD = "forward"


class PostStatus(StrEnum):
    """What the platform said of the post when it was collected."""

    LIVE = "live"
    EDITED = "edited"
    DELETED = "deleted"
    WITHHELD = "withheld"


class TimeBasis(StrEnum):
    """How the instant `posted_at` was obtained."""

    EXPLICIT = "explicit"  # the export names the zone or gives epoch time
    ASSUMED_UTC = "assumed_utc"  # the export names no zone; UTC was assumed and the certificate says so
    ASSUMED_ZONE = "assumed_zone"  # the user named the zone
    AMBIGUOUS = "ambiguous"  # day/month order or hour could be read two ways
    MISSING = "missing"


class ParsedPost(NamedTuple):
    """One post as a reader understood it; platform ids and names in clear, before pseudonyms.

    Offsets are bytes in the capture (the decompressed member); `pointer` is an RFC 6901 JSON pointer or
    `/row/N` inside the record where one record holds several posts, else "". Times are aware UTC instants.
    """

    platform_id: str  # "" is refused: a reader without ids derives one from chat, time, author and text
    account_platform_id: str
    handle: str
    display_name: str
    posted_at: datetime | None
    time_basis: TimeBasis
    text: str
    record_offset: int
    record_length: int
    pointer: str = ""
    line_no: int = 0  # 1-based line of the record in the file, 0 where lines mean nothing
    kind: PostKind = PostKind.POST
    audience: Audience = Audience.PUBLIC
    status: PostStatus = PostStatus.LIVE
    channel_platform_id: str = ""
    channel_name: str = ""
    reply_to: str = ""  # platform ids of targets
    repost_of: str = ""
    quote_of: str = ""
    forward_from: str = ""  # platform id or name of the channel or account forwarded from
    thread_id: str = ""  # platform id of the conversation or thread
    platform_lang: str = ""  # the platform's own BCP-47 guess
    tags: tuple[str, ...] = ()  # as the platform declares them, without '#'; text tags are found by enrich
    mentions: tuple[str, ...] = ()  # handles as the platform declares them
    links: tuple[tuple[str, str], ...] = ()  # (as written, expanded or "")
    media: tuple[str, ...] = ()  # platform media keys or file names


class QuarantinedRecord(NamedTuple):
    """One record that could not be read; its bytes stay in the capture at this offset.

    `field` is a path such as `data/3/created_at` or "" for the whole record; `reason` never quotes content.
    """

    record_offset: int
    record_length: int
    line_no: int
    field: str
    reason: str


class Frame(NamedTuple):
    """Where one record lies inside a block: `start:end` are positions in `Block.data`."""

    start: int
    end: int
    pointer: str
    line_no: int


@dataclass(frozen=True, slots=True)
class Block:
    """A contiguous piece of a capture, about 1 MiB, cut at record boundaries.

    The blocks of a capture, joined, are its bytes exactly: bytes between records (array commas, a document's
    head and tail) belong to the block they lie in but to no frame.
    """

    offset: int
    data: bytes = field(repr=False)
    frames: tuple[Frame, ...]


@dataclass(frozen=True, slots=True)
class CaptureNote:
    """What is known of how bytes were collected; unknown is None, never invented."""

    source: str
    query: str | None = None
    method: str | None = None
    collected_at: datetime | None = None
    gone: tuple[str, ...] = ()  # what the platform itself said was deleted, suspended or withheld: kind and count


_UTC_US = pa.timestamp("us", tz="UTC")
_IDS = pa.list_(pa.string())

# Rows: one version of one post. Columns given by collect (through the desk's pseudonyms).
COLLECTED_FIELDS: tuple[pa.Field, ...] = (
    pa.field("post_id", pa.string(), nullable=False),
    pa.field("content_id", pa.string(), nullable=False),
    pa.field("source", pa.string(), nullable=False),
    pa.field("capture_id", pa.string(), nullable=False),
    pa.field("record_offset", pa.int64(), nullable=False),
    pa.field("record_length", pa.int64(), nullable=False),
    pa.field("pointer", pa.string(), nullable=False),
    pa.field("line_no", pa.int64(), nullable=False),
    pa.field("account_id", pa.string(), nullable=False),
    pa.field("channel_id", pa.string()),
    pa.field("posted_at", _UTC_US),
    pa.field("time_basis", pa.string(), nullable=False),
    pa.field("kind", pa.string(), nullable=False),
    pa.field("audience", pa.string(), nullable=False),
    pa.field("status", pa.string(), nullable=False),
    pa.field("text", pa.string(), nullable=False),
    pa.field("reply_to_id", pa.string()),
    pa.field("repost_of_id", pa.string()),
    pa.field("quote_of_id", pa.string()),
    pa.field("forward_from_id", pa.string()),
    pa.field("thread_id", pa.string()),
    pa.field("platform_lang", pa.string()),
    pa.field("declared_tags", _IDS),
    pa.field("mentions", _IDS),  # handle pseudonyms
    pa.field("declared_links", pa.list_(pa.struct([("written", pa.string()), ("expanded", pa.string())]))),
    pa.field("media", _IDS),  # pseudonyms of media keys and file names
)

# Columns added by enrich; it adds columns, never rows.
ENRICHED_FIELDS: tuple[pa.Field, ...] = (
    pa.field("lang", pa.string(), nullable=False),  # BCP-47 primary subtag, or "und"
    pa.field("lang_confidence", pa.float32(), nullable=False),  # 0-1
    pa.field("folded", pa.string(), nullable=False),  # the folding key of `text`
    pa.field("tags", _IDS, nullable=False),  # folded, without '#', each once
    pa.field("links", _IDS, nullable=False),  # expanded, tracking parameters removed, each once
    pa.field("domains", _IDS, nullable=False),  # registrable host as written, lower case, each once
    pa.field(
        "text_key", pa.string(), nullable=False
    ),  # keyless digest of folded words without links/mentions; "" if none
    pa.field("word_count", pa.int32(), nullable=False),
    pa.field("fingerprint", pa.binary(), nullable=False),  # MinHash of folded shingles; b"" if too short
)

# Columns given by the archive when the version is committed to the log.
ARCHIVED_FIELDS: tuple[pa.Field, ...] = (
    pa.field("leaf_index", pa.int64(), nullable=False),  # position in the log: unique and in order, not dense
    pa.field("version_no", pa.int32(), nullable=False),  # 1 for the first content seen of the post
    pa.field("archived_at", _UTC_US, nullable=False),
)

COLLECTED = pa.schema(COLLECTED_FIELDS)
ENRICHED = pa.schema(COLLECTED_FIELDS + ENRICHED_FIELDS)
POSTS = pa.schema(ARCHIVED_FIELDS + COLLECTED_FIELDS + ENRICHED_FIELDS)

# Rows: one pseudonym and what stands behind it. The only table with names, handles and platform ids;
# nothing outside `archive` and an unmasking verb reads it.
NAMES = pa.schema(
    [
        pa.field("pseudonym", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),  # account, channel, post, handle
        pa.field("source", pa.string(), nullable=False),
        pa.field("platform_id", pa.string(), nullable=False),
        pa.field("handle", pa.string()),
        pa.field("display_name", pa.string()),
    ]
)

# Rows: one record that could not be read.
QUARANTINE = pa.schema(
    [
        pa.field("quarantine_id", pa.string(), nullable=False),
        pa.field("capture_id", pa.string(), nullable=False),
        pa.field("record_offset", pa.int64(), nullable=False),
        pa.field("record_length", pa.int64(), nullable=False),
        pa.field("line_no", pa.int64(), nullable=False),
        pa.field("field", pa.string(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("quarantined_at", _UTC_US, nullable=False),
    ]
)
