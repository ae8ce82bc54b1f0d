"""What a reader is: its manifest, the options it takes, what it learns before reading, and the records it gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import wraps
from types import MappingProxyType
from typing import Any, BinaryIO, NamedTuple, Protocol

from tocsin.records.errors import RefusedError, TocsinInputError
from tocsin.records.posts import Audience, Block, CaptureNote, ParsedPost, QuarantinedRecord

BLOCK_SIZE = 1 << 20  # bytes a block aims at
MAX_RECORD = 8 << 20  # bytes; a longer record is quarantined unread
MAX_VALUES = 1 << 20  # JSON values or cells in one record; 3 bytes of JSON can take 64 bytes of memory
MAX_FRAMES = 1 << 14  # records in one block, so that a block of one-byte lines does not fill the memory
FREE_FRAMES = 1 << 16  # records of one stream, before it matters how short they are
MAX_TEXT = 1 << 20  # characters of one post; the longest a platform allows is 65,536
LEAST_RECORD = 8  # bytes a record must take on average, with what stands between; posts take 30 at the very least
HEAD_SIZE = 256 << 10  # bytes of a stream shown to `recognises`

# sources whose every post is private, whatever kind of file holds it
PRIVATE_SOURCES = frozenset({"whatsapp", "signal", "messenger"})
PRIVATE_NEXT_STEP = "if you may lawfully read it, add --private-ok REASON --my-role TEXT"
PRIVATE_REASON = "private audience"
LIMITED_REASON = "limited audience"

OpenStream = Callable[[], BinaryIO]
_NOTHING: Mapping[str, str] = MappingProxyType({})


class NonPost(NamedTuple):
    """One object that was understood and is no post: a user, a list, a count, a service message, a system line.

    It is outside `read = stored + duplicate + quarantined`, which counts posts; the certificate counts it by `kind`.
    """

    record_offset: int
    record_length: int
    line_no: int
    kind: str


class GoneNotice(NamedTuple):
    """What the platform itself said is gone (deleted, suspended, protected, withheld); `kind` never quotes content.

    It speaks of a post or account that is elsewhere or nowhere, so it is no object of its own and outside `read`.
    """

    record_offset: int
    record_length: int
    line_no: int
    kind: str


class DroppedField(NamedTuple):
    """One optional field of another type than expected: the post was kept without it. `field` is a path."""

    record_offset: int
    line_no: int
    field: str


# what a reader may notice; the certificate counts records by these words
DUPLICATE_KEY = "a JSON key given twice: the last value was read"
DUPLICATE_COLUMN = "two columns of one name: the last was read"
HALF_PAIR = "half a surrogate pair: shown as U+FFFD"
NOT_UTF8 = "bytes that are not UTF-8: shown as U+FFFD"
NO_INSTANT = "a value outside what Python can hold: read as missing"


class Noticed(NamedTuple):
    """What is odd about one record that could be read all the same; `kind` never quotes content.

    It is no object of its own and outside `read`: it points to the record so that a person can look at the original.
    """

    record_offset: int
    record_length: int
    line_no: int
    kind: str


Record = ParsedPost | QuarantinedRecord | NonPost | GoneNotice | DroppedField | Noticed


@dataclass(frozen=True, slots=True)
class SourceManifest:
    """What one reader can and cannot give; `tocsin sources` and the docs are made from it."""

    source: str  # "twitter": the namespace of ids
    format: str  # "twitter-v2": unique among readers
    title: str
    kinds: tuple[str, ...]  # kinds of files
    gives: tuple[str, ...]  # fields of a post
    cannot_give: tuple[str, ...]
    times: str  # how the export expresses times, and what is assumed
    audience: str  # the rule that decides who could read a post
    private: bool  # True: refused as a whole unless --private-ok and --my-role are given


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What the user said about an import."""

    source: str | None = None
    mapping: Mapping[str, str] = field(default_factory=lambda: dict(_NOTHING))  # field -> column
    date_order: str | None = None  # "dmy", "mdy" or "ymd"
    time_zone: str | None = None  # IANA name, for times that name no zone
    private_ok: str | None = None  # the reason
    my_role: str | None = None
    encoding: str | None = None  # of texts without a byte order mark, as the user named it; else UTF-8

    @property
    def may_read_private(self) -> bool:
        """Whether both a reason and a role were given."""
        return bool(self.private_ok and self.private_ok.strip() and self.my_role and self.my_role.strip())


@dataclass(frozen=True, slots=True)
class ReadContext:
    """What a reader learned before reading; picklable, so that records can be read in any process."""

    format: str
    source: str
    note: CaptureNote
    may_read_private: bool = False
    time_zone: str | None = None
    details: object = None  # a frozen dataclass of the reader's own


class Reader(Protocol):
    """One format. `records` is pure: the same block and context give the same records in any process."""

    @property
    def manifest(self) -> SourceManifest:
        """What this reader can and cannot give."""
        ...

    def recognises(self, head: bytes, name: str) -> float:
        """How sure this reader is, 0 to 1, from the first bytes; the name only breaks a tie."""
        ...

    def context(self, open_stream: OpenStream, options: ReadOptions) -> ReadContext:
        """What must be known before reading, from a pass of bounded memory; RefusedError for private material."""
        ...

    def blocks(self, stream: BinaryIO, context: ReadContext, block_size: int = BLOCK_SIZE) -> Iterator[Block]:
        """Contiguous blocks that joined are the stream's bytes exactly."""
        ...

    def records(self, block: Block, context: ReadContext) -> Iterator[Record]:
        """The records of one block."""
        ...


def with_bounded_texts(
    read: Callable[[Any, Block, ReadContext], Iterator[Record]],
) -> Callable[[Any, Block, ReadContext], Iterator[Record]]:
    """A reader's `records` that quarantines posts longer than MAX_TEXT: a Parquet file of 1 MB can hold many GB."""

    @wraps(read)
    def bounded(self: Any, block: Block, context: ReadContext) -> Iterator[Record]:
        for record in read(self, block, context):
            if isinstance(record, ParsedPost) and len(record.text) > MAX_TEXT:
                where = (record.record_offset, record.record_length, record.line_no)
                field_path = f"{record.pointer}/text".strip("/")
                yield QuarantinedRecord(*where, field_path, f"text longer than {MAX_TEXT:,} characters")
            else:
                yield record

    return bounded


def check_records(count: int, size: int) -> None:
    """Raise TocsinInputError where `count` records in `size` bytes are too short to be posts: endless, and no use."""
    if count > FREE_FRAMES and count * LEAST_RECORD > size:
        raise TocsinInputError(
            f"{count:,} records in {size:,} bytes are too short to be posts, up to byte {size}",
            expected=f"at least {LEAST_RECORD} bytes a record",
            next_step="what came before was read; is this an export?",
        )


def check_private(what: str, options: ReadOptions) -> None:
    """Raise RefusedError unless a reason and a role for reading private material were given."""
    if not options.may_read_private:
        raise RefusedError(
            f"{what} is private or limited material", expected="a stated reason and role", next_step=PRIVATE_NEXT_STEP
        )


def audience_refusal(audience: Audience, context: ReadContext) -> str:
    """The quarantine reason for a post this audience keeps from us, or "" where it may be read."""
    if audience is Audience.PUBLIC or context.may_read_private:
        return ""
    return PRIVATE_REASON if audience is Audience.PRIVATE else LIMITED_REASON
