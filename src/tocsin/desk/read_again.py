"""A capture read again from its chunks, with what its reader learned then, in the blocks of then."""

from __future__ import annotations

import io
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from tocsin.archive import Snapshot
from tocsin.archive.chunks import Place, capture_file, chunk_bytes
from tocsin.collect import ReadContext, ReadOptions, reader_named
from tocsin.collect.context_json import context_of
from tocsin.records.errors import EvidenceError, TocsinError
from tocsin.records.posts import Block, Frame

_STATED_THEN = "as stated in the log then"


@dataclass(frozen=True, slots=True)
class KeptCapture:
    """One capture as its file and the sealed detail of its first statement describe it.

    `file_name` and `query` may name persons. `is_described` is False for captures of version 0.1.0, which kept neither
    how they were read nor, outside the names table, the name of the file.
    """

    capture_id: str
    format: str
    head: dict[str, Any] = field(repr=False)
    places: tuple[Place, ...] = field(repr=False)
    is_described: bool
    file_name: str = field(default="", repr=False)
    query: str | None = field(default=None, repr=False)
    context: str | None = field(default=None, repr=False)


def kept_capture(
    here: Snapshot, capture_id: str, detail: dict[str, Any], block_count: int | None = None
) -> KeptCapture:
    """A capture of the desk; `detail` is that of its statement, `block_count` how many blocks are acknowledged.

    Raises EvidenceError where its file is missing or damaged, or has fewer blocks.
    """
    read = capture_file(here.folder, capture_id)
    if block_count is not None and len(read.places) < block_count:
        raise EvidenceError(
            f"captures/{capture_id}.jsonl has fewer blocks than the log says", expected=str(block_count)
        )
    return KeptCapture(
        capture_id,
        str(read.head.get("format")),
        read.head,
        read.places if block_count is None else read.places[:block_count],
        bool(detail),
        str(detail.get("file_name") or ""),
        detail.get("query"),
        detail.get("context"),
    )


def read_again(here: Snapshot, capture: KeptCapture) -> tuple[ReadContext, Iterator[Block]]:
    """The context of a capture and its blocks: those of its file, with frames as its reader sets them.

    Frames of nothing but white space (records that were erased) are left out. Raises EvidenceError where the capture
    does not read in the blocks of then, TocsinInputError where no reader of this version reads its format.
    """
    reader = reader_named(capture.format)

    def opened() -> io.BufferedReader:
        return io.BufferedReader(_Chunks(here, capture), 1 << 20)

    context = _context(capture, opened)
    return context, _in_places(reader.blocks(opened(), context), here, capture)


def _context(capture: KeptCapture, opened: Any) -> ReadContext:
    if capture.context is not None:
        try:
            return context_of(capture.context)
        except TocsinError:
            pass  # a reader that learns other things now: let it learn them
    told = capture.head.get("options") or {}
    may = told.get("may_read_private", True)
    options = ReadOptions(
        source=told.get("source", capture.head.get("source")),
        mapping=told.get("mapping") or {},
        date_order=told.get("date_order"),
        time_zone=told.get("time_zone"),
        private_ok=_STATED_THEN if may else None,
        my_role=_STATED_THEN if may else None,
    )
    return reader_named(capture.format).context(opened, options)


def _in_places(blocks: Iterator[Block], here: Snapshot, capture: KeptCapture) -> Iterator[Block]:
    """The blocks as the capture's file has them. Where records were erased, the reader may cut otherwise than then."""
    ahead: deque[Frame] = deque()  # of the reader, with offsets in the capture
    read_to = 0
    for place in capture.places:
        end, is_last = place.offset + place.size_bytes, place is capture.places[-1]
        if not ahead and read_to == place.offset:
            block = next(blocks, None)
            if block is not None:
                read_to = block.offset + len(block.data)
                if (block.offset, read_to) == (place.offset, end):
                    yield _without_blanks(block)
                    continue
                ahead.extend(_at_offset(block))
        while read_to < end or is_last:
            block = next(blocks, None)
            if block is None:
                break
            read_to = block.offset + len(block.data)
            ahead.extend(_at_offset(block))
        yield _without_blanks(_cut(ahead, place, here, capture, is_last))
    if ahead or next(blocks, None) is not None:
        raise _otherwise(capture)


def _at_offset(block: Block) -> list[Frame]:
    at = block.offset
    return [Frame(each.start + at, each.end + at, each.pointer, each.line_no) for each in block.frames]


def _cut(ahead: deque[Frame], place: Place, here: Snapshot, capture: KeptCapture, is_last: bool) -> Block:
    """The block of a place, with the reader's frames that lie in it."""
    data = chunk_bytes(here.folder, place, here.sealer, capture.capture_id)
    end = place.offset + place.size_bytes
    frames: list[Frame] = []
    while ahead and (ahead[0].start < end or is_last):
        each = ahead.popleft()
        if each.start < place.offset or each.end > end:
            raise _otherwise(capture)
        frames.append(Frame(each.start - place.offset, each.end - place.offset, each.pointer, each.line_no))
    return Block(place.offset, data, tuple(frames))


def _without_blanks(block: Block) -> Block:
    kept = tuple(each for each in block.frames if not _is_blank(block.data, each))
    return block if len(kept) == len(block.frames) else Block(block.offset, block.data, kept)


def _is_blank(data: bytes, frame: Frame) -> bool:
    return frame.end > frame.start and not data[frame.start : frame.end].strip()


def _otherwise(capture: KeptCapture) -> EvidenceError:
    return EvidenceError(
        f"capture {capture.capture_id} does not read as it did when it was imported",
        expected="records inside the blocks of its file",
        next_step=""
        if capture.is_described
        else "it was imported by version 0.1.0, which did not keep how it was read",
    )


class _Chunks(io.RawIOBase):
    """The bytes of a capture as one stream, one block in memory at a time."""

    def __init__(self, here: Snapshot, capture: KeptCapture) -> None:
        self._here, self._capture_id = here, capture.capture_id
        self._places: Sequence[Place] = [place for place in capture.places if place.size_bytes]
        self._size = self._places[-1].offset + self._places[-1].size_bytes if self._places else 0
        self._at = 0
        self._number = -1
        self._held = b""

    def readable(self) -> bool:
        """True."""
        return True

    def seekable(self) -> bool:
        """True."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place in the capture."""
        self._at = max(0, offset + (0, self._at, self._size)[whence])
        return self._at

    def readinto(self, buffer: Any) -> int:
        """Fill `buffer` from the block here. Raises EvidenceError where it is missing or damaged."""
        if self._at >= self._size:
            return 0
        place = self._places[self._number] if self._number >= 0 else None
        if place is None or not place.offset <= self._at < place.offset + place.size_bytes:
            place = self._found()
        start = self._at - place.offset
        piece = self._held[start : start + len(buffer)]
        buffer[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)

    def _found(self) -> Place:
        low, high = 0, len(self._places) - 1
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if self._places[middle].offset <= self._at else (low, middle - 1)
        self._number = low
        self._held = chunk_bytes(self._here.folder, self._places[low], self._here.sealer, self._capture_id)
        return self._places[low]
