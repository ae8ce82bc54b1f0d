"""Blocks of a stream whose records are lines."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from typing import BinaryIO, Final

from tocsin.collect.reader import BLOCK_SIZE, MAX_FRAMES, MAX_RECORD, check_records
from tocsin.records.errors import TocsinInputError
from tocsin.records.posts import Block, Frame, QuarantinedRecord

BOM = b"\xef\xbb\xbf"
_BLANK_LINES: Final = re.compile(rb"(?:[ \t\r]*+\n)++")
_REFUSED = "#refused"
_TOO_LONG = f"record longer than {MAX_RECORD >> 20} MiB"


class ByteSource:
    """Reads a stream piece by piece; damage in it is held back until what came before was handed on."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._damage: TocsinInputError | None = None

    def read(self, size: int) -> bytes:
        """Up to `size` bytes; b"" at the end or at damage (see `check`)."""
        pieces: list[bytes] = []
        # a buffered read that fails loses what it had gathered; single reads do not
        read_once = getattr(self._stream, "read1", self._stream.read)
        while size > 0 and self._damage is None:
            try:
                piece = read_once(size)
            except TocsinInputError as error:
                self._damage = error
                break
            if not piece:
                break
            pieces.append(piece)
            size -= len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def check(self) -> None:
        """Raise the damage met, if any."""
        if self._damage is not None:
            raise self._damage


def oversize_frame(position: int, offset: int, length: int, line_no: int, reason: str = _TOO_LONG) -> Frame:
    """The frame that stands for a record that is not to be held: its pointer tells where it lay and why."""
    return Frame(position, position, f"{_REFUSED}/{offset}/{length}/{reason}", line_no)


def oversize_record(frame: Frame) -> QuarantinedRecord | None:
    """The quarantined record an oversize frame stands for, or None for an ordinary frame."""
    if not frame.pointer.startswith(_REFUSED):
        return None
    _, offset, length, reason = frame.pointer.split("/", 3)
    return QuarantinedRecord(int(offset), int(length), frame.line_no, "", reason)


def line_blocks(stream: BinaryIO, block_size: int = BLOCK_SIZE, max_record: int = MAX_RECORD) -> Iterator[Block]:
    """Blocks of whole lines, one frame a line that is not blank (line ends left out).

    Memory: about twice the block size, or twice `max_record` while one line is longer than a block.
    """
    source = ByteSource(stream)
    offset, line_no, count = 0, 1, 0
    pending: list[bytes] = []
    pending_size = 0
    rest = b""
    while piece := rest or source.read(block_size):
        rest = b""
        cut = piece.rfind(b"\n") + 1
        if not cut:
            pending.append(piece)
            pending_size += len(piece)
            if pending_size > max_record:
                offset, rest = yield from _oversize_blocks(source, pending, offset, line_no, block_size)
                line_no += 1
                pending, pending_size = [], 0
            continue
        data = b"".join((*pending, piece[:cut]))
        pending = [piece[cut:]] if cut < len(piece) else []
        pending_size = len(piece) - cut
        line_no, count = yield from _framed(data, offset, line_no, count, max_record)
        offset += len(data)
    if pending:
        yield from _framed(b"".join(pending), offset, line_no, count, max_record)
    source.check()


def _framed(
    data: bytes, offset: int, line_no: int, count: int, max_record: int
) -> Generator[Block, None, tuple[int, int]]:
    """Blocks of at most MAX_FRAMES lines each; returns the number of the line after them, and of the frames so far."""
    at = 0
    while at < len(data):
        frames, line_no, end = line_frames(data[at:] if at else data, offset + at, line_no, max_record)
        yield Block(offset + at, data[at : at + end], tuple(frames))
        at += end
        count += len(frames)
        check_records(count, offset + at)
    return line_no, count


def _oversize_blocks(
    source: ByteSource, pending: list[bytes], offset: int, line_no: int, block_size: int
) -> Generator[Block, None, tuple[int, bytes]]:
    """Blocks of a line too long to hold; returns the offset after it and the bytes already read beyond it."""
    start = offset
    for piece in pending:
        yield Block(offset, piece, ())
        offset += len(piece)
    while piece := source.read(block_size):
        cut = piece.find(b"\n") + 1
        if cut:
            length = offset + cut - 1 - start
            yield Block(offset, piece[:cut], (oversize_frame(cut, start, length, line_no),))
            return offset + cut, piece[cut:]
        yield Block(offset, piece, ())
        offset += len(piece)
    yield Block(offset, b"", (oversize_frame(0, start, offset - start, line_no),))
    return offset, b""


def line_frames(data: bytes, offset: int, line_no: int, max_record: int = MAX_RECORD) -> tuple[list[Frame], int, int]:
    """The frames of the first MAX_FRAMES lines in `data`, the number of the line after them and where it begins."""
    frames: list[Frame] = []
    start = len(BOM) if offset == 0 and data.startswith(BOM) else 0
    size = len(data)
    find = data.find
    while start < size and len(frames) < MAX_FRAMES:
        if data[start] <= 32 and (blank := _BLANK_LINES.match(data, start)) is not None:
            line_no += data.count(b"\n", start, blank.end())
            start = blank.end()
            continue
        end = find(b"\n", start)
        stop = size if end < 0 else end
        last = stop - 1 if stop > start and data[stop - 1] == 13 else stop
        if stop - start > max_record:
            frames.append(oversize_frame(start, offset + start, stop - start, line_no))
        elif last > start and (data[start] > 32 or data[start:last].strip()):
            frames.append(Frame(start, last, "", line_no))
        if end < 0:
            return frames, line_no, size
        start = end + 1
        line_no += 1
    return frames, line_no, max(start, min(size, 1))
