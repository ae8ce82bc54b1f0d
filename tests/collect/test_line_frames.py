from __future__ import annotations

import io
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.collect.line_frames import line_blocks, oversize_record
from tocsin.records.errors import TocsinInputError
from tocsin.records.posts import Block


def lines(blocks: list[Block]) -> list[tuple[int, bytes]]:
    return [(frame.line_no, block.data[frame.start : frame.end]) for block in blocks for frame in block.frames]


@settings(max_examples=200, deadline=None, database=None)
@given(
    st.lists(st.sampled_from([b"a", b"bb ", b" ", b"", b"\xff\0"])),
    st.sampled_from([b"\n", b"\r\n"]),
    st.integers(1, 9),
)
def test_every_line_that_is_not_blank_is_framed_with_its_number(parts: list[bytes], end: bytes, size: int) -> None:
    raw = end.join(parts)
    blocks = list(line_blocks(io.BytesIO(raw), size))
    assert b"".join(block.data for block in blocks) == raw
    assert lines(blocks) == [(number, line) for number, line in enumerate(parts, 1) if line.strip()]


def test_a_byte_order_mark_is_no_part_of_the_first_line() -> None:
    assert lines(list(line_blocks(io.BytesIO(b"\xef\xbb\xbfa\nb"), 1))) == [(1, b"a"), (2, b"b")]


@pytest.mark.parametrize("size", [1, 3, 10, 1 << 20])
@pytest.mark.parametrize("end", [b"", b"\n", b"\nafter\n"])
def test_a_line_too_long_is_told_by_place_and_length_and_the_next_are_read(size: int, end: bytes) -> None:
    raw = b"before\n" + b"x" * 100 + end
    blocks = list(line_blocks(io.BytesIO(raw), size, max_record=20))
    assert b"".join(block.data for block in blocks) == raw
    found = [oversize_record(frame) for block in blocks for frame in block.frames]
    assert [(record.record_offset, record.record_length, record.line_no) for record in found if record] == [(7, 100, 2)]
    kept = [line for _, line in lines(blocks) if line]
    assert kept == ([b"before", b"after"] if b"after" in end else [b"before"])


class LongLine(io.RawIOBase):
    """One line of `size` bytes, made as it is read, and a short one."""

    def __init__(self, size: int) -> None:
        self._left = size

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if self._left < 0:
            return b""
        given = min(size, self._left)
        self._left = self._left - given or -1
        return b"x" * given + (b"\nafter" if self._left < 0 else b"")


def test_memory_does_not_grow_with_a_line() -> None:
    size, limit = 40 << 20, 4 << 20
    tracemalloc.start()
    found = [
        (oversize_record(frame), block.data[frame.start : frame.end])
        for block in line_blocks(LongLine(size), 1 << 20, limit)  # type: ignore[arg-type]
        for frame in block.frames
    ]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    refused, (after, text) = found[0][0], found[1]
    assert refused is not None
    assert refused.record_length == size
    assert (after, text) == (None, b"after")
    assert peak < 4 * limit


class Breaking(io.BytesIO):
    """Gives its bytes, then fails as a damaged archive does."""

    def read1(self, size: int | None = -1, /) -> bytes:
        piece = super().read1(size)
        if not piece:
            raise TocsinInputError("damaged")
        return piece


def test_what_came_before_damage_is_handed_on_before_the_error() -> None:
    blocks: list[Block] = []
    with pytest.raises(TocsinInputError, match="damaged"):
        blocks.extend(iter_into(blocks, Breaking(b"one\ntwo\nthr")))
    assert [line for _, line in lines(blocks)] == [b"one", b"two", b"thr"]


def iter_into(blocks: list[Block], stream: io.BytesIO) -> list[Block]:
    for block in line_blocks(stream, 6):
        blocks.append(block)
    return []


@pytest.mark.parametrize("size", [7, 64, 1 << 20])
def test_lines_are_numbered_rightly_after_one_too_long_to_hold(size: int) -> None:
    raw = b"one\n" + b"x" * 500 + b"\nthree\n"
    frames = [frame for block in line_blocks(io.BytesIO(raw), size, 100) for frame in block.frames]
    assert [frame.line_no for frame in frames] == [1, 2, 3]
