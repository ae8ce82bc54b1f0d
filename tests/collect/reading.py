"""Reads bytes through a reader at several block sizes and checks what every reader promises."""

from __future__ import annotations

import io
import pickle

from tocsin.collect import HEAD_SIZE, DroppedField, GoneNotice, NonPost, Noticed, Reader, ReadOptions, Record, recognise
from tocsin.records.posts import ParsedPost, QuarantinedRecord

ALLOWED = ReadOptions(private_ok="a court order", my_role="analyst")
SIZES = (1 << 20, 4096, 61, 1)


def records(
    raw: bytes,
    options: ReadOptions = ReadOptions(),  # noqa: B008 (frozen)
    reader: Reader | None = None,
    sizes: tuple[int, ...] = SIZES,
) -> list[Record]:
    """Every record; asserts that blocks join to the input, frames lie inside, and block size changes nothing."""
    reader = reader or recognise(raw[:HEAD_SIZE], "export", options)
    context = reader.context(lambda: io.BytesIO(raw), options)
    context = pickle.loads(pickle.dumps(context))
    found: list[Record] | None = None
    for size in sizes:
        blocks = list(reader.blocks(io.BytesIO(raw), context, size))
        assert b"".join(block.data for block in blocks) == raw
        offset = 0
        for block in blocks:
            assert block.offset == offset
            offset += len(block.data)
            last = 0
            for frame in block.frames:
                assert last <= frame.start <= frame.end <= len(block.data)
                last = frame.end
        read = [record for block in blocks for record in reader.records(block, context)]
        for record in read:
            assert 0 <= record.record_offset <= len(raw)
            if not isinstance(record, DroppedField):
                assert record.record_offset + record.record_length <= len(raw)
        assert found is None or read == found
        found = read
    return found or []


def posts(found: list[Record]) -> list[ParsedPost]:
    """The posts among records."""
    return [record for record in found if isinstance(record, ParsedPost)]


def quarantined(found: list[Record]) -> list[QuarantinedRecord]:
    """The quarantined among records."""
    return [record for record in found if isinstance(record, QuarantinedRecord)]


def kinds(found: list[Record]) -> list[str]:
    """The kinds of objects that are no posts, and of notices of what is gone."""
    return [record.kind for record in found if isinstance(record, NonPost | GoneNotice)]


def dropped(found: list[Record]) -> list[str]:
    """The paths of dropped fields."""
    return [record.field for record in found if isinstance(record, DroppedField)]


def noticed(found: list[Record]) -> list[Noticed]:
    """What was noticed of records that were read."""
    return [record for record in found if isinstance(record, Noticed)]
