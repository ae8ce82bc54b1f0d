"""Blocks of a stream whose records may span several lines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, Final, Protocol

from tocsin.collect.line_frames import line_blocks
from tocsin.collect.reader import BLOCK_SIZE, MAX_RECORD
from tocsin.records.posts import Block, Frame

MAX_GROUP: Final = 1 << 20  # bytes; more lines than that without a new start are cut off from their record


class StartRule(Protocol):
    """Says of each line in turn whether a record starts there."""

    def starts(self, line: bytes) -> bool:
        """Whether `line`, shown once and in order, starts a record."""
        ...

    def cut(self) -> None:
        """The record was cut before the line just shown, which now starts one."""
        ...


def grouped_blocks(
    stream: BinaryIO, rule: StartRule, block_size: int = BLOCK_SIZE, max_record: int = MAX_RECORD
) -> Iterator[Block]:
    """Blocks of whole records: a line that starts one with the lines up to the next start.

    Lines before the first start form a record too, so that nothing is passed over in silence. Memory: about twice the
    block size and MAX_GROUP.
    """
    kept, kept_at, kept_line = b"", 0, 0  # an unfinished record: bytes, offset, its line (0: only blank lines so far)
    for block in line_blocks(stream, block_size, max_record):
        data = kept + block.data if kept else block.data
        base = kept_at if kept else block.offset
        shift = len(kept)
        frames: list[Frame] = []
        start, end, line_no = (0, len(kept), kept_line) if kept_line else (-1, 0, 0)
        for frame in block.frames:
            first, last = frame.start + shift, frame.end + shift
            if frame.pointer:  # a line too long to hold
                if start >= 0:
                    frames.append(_frame(data, start, end, line_no))
                frames.append(Frame(first, last, frame.pointer, frame.line_no))
                start, end = -1, last
                continue
            is_start = rule.starts(data[first:last])
            if start >= 0 and not is_start and last - start > MAX_GROUP:
                rule.cut()
                is_start = True
            if is_start or start < 0:
                if start >= 0:
                    frames.append(_frame(data, start, first, line_no))
                start, line_no = first, frame.line_no
            end = last
        cut = len(data) if start < 0 else start
        if cut:
            yield Block(base, data[:cut], tuple(frames))
        kept, kept_at, kept_line = data[cut:], base + cut, line_no if start >= 0 else 0
    if kept:
        yield Block(kept_at, kept, (_frame(kept, 0, len(kept), kept_line),))


def _frame(data: bytes, start: int, end: int, line_no: int) -> Frame:
    """A record's frame without the line ends after it."""
    while end > start and data[end - 1] in (10, 13):
        end -= 1
    return Frame(start, end, "", line_no)
