"""Rows out of Parquet files, one row group at a time, each row group decodable from its own bytes and the footer."""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Final

import pyarrow as pa
import pyarrow.parquet as pq

from tocsin.collect.decompress import MAX_RATIO
from tocsin.collect.line_frames import ByteSource, oversize_frame
from tocsin.collect.parquet_pages import FREE_BYTES, BadPageError, batch_rows, chunk_pages, pages_refusal
from tocsin.collect.reader import BLOCK_SIZE, NO_INSTANT, NOT_UTF8
from tocsin.records.errors import TocsinInputError
from tocsin.records.posts import Block, Frame

MAGIC: Final = b"PAR1"
MAX_FOOTER: Final = 8 << 20
MAX_ROW_GROUP: Final = 128 << 20  # bytes as stored; a row group is decoded from memory
FREE_ROWS: Final = 1 << 16  # rows of a row group, before each must take a byte
_BATCH: Final = 1024  # rows decoded at a time
_ERRORS: Final = (pa.ArrowException, OSError, ValueError, OverflowError, MemoryError)


@dataclass(frozen=True, slots=True)
class ParquetLayout:
    """Where the row groups of a file lie: (start, first row, rows, why it is not decoded or "")."""

    size: int
    footer_start: int
    footer: bytes = field(repr=False)
    columns: tuple[str, ...]
    groups: tuple[tuple[int, int, int, str], ...]


def parquet_layout(stream: BinaryIO) -> ParquetLayout:
    """The layout told by the footer. Raises TocsinInputError where the file is damaged."""
    size, tail = _tail(stream)
    length = int.from_bytes(tail[-8:-4], "little")
    if tail[-4:] != MAGIC or length + 8 > len(tail):
        raise TocsinInputError(f"a damaged or cut Parquet file: no footer at its end, byte {size}")
    footer = tail[-8 - length :]
    footer_start = size - len(footer)
    try:
        metadata = _opened(size, ((footer_start, footer),)).metadata
        columns = tuple(metadata.schema.to_arrow_schema().names)
        groups, first_row = [], 0
        for index in range(metadata.num_row_groups):
            group = metadata.row_group(index)
            start = min((_chunk_start(group.column(place)) for place in range(group.num_columns)), default=footer_start)
            groups.append((start, first_row, group.num_rows, group.total_byte_size))
            first_row += group.num_rows
    except _ERRORS:
        raise TocsinInputError(f"a damaged Parquet file: its footer at byte {footer_start} cannot be read") from None
    starts = [group[0] for group in groups]
    if starts != sorted(set(starts)) or any(not 4 <= start <= footer_start for start in starts):
        raise TocsinInputError(
            f"a Parquet file whose footer at byte {footer_start} tells of row groups that overlap or lie outside it"
        )
    ends = [*starts[1:], footer_start]
    sized = tuple(
        (start, first, rows, _refusal(end - start, declared, rows))
        for (start, first, rows, declared), end in zip(groups, ends, strict=True)
    )
    return ParquetLayout(size, footer_start, footer, columns, sized)


def _opened(size: int, held: tuple[tuple[int, bytes], ...]) -> Any:
    """The file as pyarrow sees it, where only some pieces of it are held."""
    source = pa.PythonFile(_Sparse(size, held), mode="r")
    return pq.ParquetFile(source, pre_buffer=False, thrift_string_size_limit=MAX_FOOTER)


def _refusal(size: int, declared: int, rows: int) -> str:
    if size > MAX_ROW_GROUP:
        return f"row group longer than {MAX_ROW_GROUP >> 20} MiB"
    if declared > max(FREE_BYTES, MAX_RATIO * size) or rows > max(FREE_ROWS, size):
        return "decompression bomb: the row group declares far more than it stores"
    return "" if rows >= 0 and declared >= 0 else "the footer declares less than nothing"


def _chunk_start(column: Any) -> int:
    starts = [column.data_page_offset]
    if column.has_dictionary_page and column.dictionary_page_offset:
        starts.append(column.dictionary_page_offset)
    return int(min(starts))


def _tail(stream: BinaryIO) -> tuple[int, bytes]:
    """Size of the stream and its last bytes, up to MAX_FOOTER."""
    if stream.seekable():
        size = stream.seek(0, io.SEEK_END)
        stream.seek(max(0, size - 8))
        length = int.from_bytes(stream.read(4), "little") + 8
        stream.seek(max(0, size - min(length, MAX_FOOTER)))
        return size, stream.read()
    size, tail = 0, b""
    while piece := stream.read(1 << 20):
        size += len(piece)
        tail = (tail + piece)[-MAX_FOOTER:]
    return size, tail


def parquet_blocks(stream: BinaryIO, layout: ParquetLayout, block_size: int = BLOCK_SIZE) -> Iterator[Block]:
    """The head, one block a row group (whatever its size up to MAX_ROW_GROUP), and the footer.

    A frame's pointer is the number of its row group.
    """
    source = ByteSource(stream)
    starts = [group[0] for group in layout.groups]
    edges = [0, *starts, layout.footer_start, layout.size]
    for index, (start, end) in enumerate(itertools.pairwise(edges)):
        number = index - 1
        reason = layout.groups[number][3] if 0 <= number < len(layout.groups) else ""
        at = start
        while reason and at < end and (piece := source.read(min(block_size, end - at))):
            at += len(piece)
            frames = (oversize_frame(len(piece), start, end - start, 0, reason),) if at == end else ()
            yield Block(at - len(piece), piece, frames)
        if at < end and (data := source.read(end - at)):
            is_group = 0 <= number < len(layout.groups)
            yield Block(at, data, (Frame(0, len(data), f"/row_group/{number}", 0),) if is_group else ())
    source.check()


def parquet_rows(
    block: Block, frame: Frame, layout: ParquetLayout, columns: list[str]
) -> Iterator[tuple[int, dict[str, Any], tuple[str, ...]]]:
    """Row numbers in the file, their values, and what was noticed in the batch they came with (told once).

    Raises ValueError, with the reason, where the row group or the rest of it is not decoded.
    """
    number = int(frame.pointer.rpartition("/")[2])
    row = layout.groups[number][1]
    held = ((block.offset, block.data), (layout.footer_start, layout.footer))
    given = 0
    try:
        opened = _opened(layout.size, held)
        rows = _checked_batch(block, opened.metadata.row_group(number), columns)
        batches = opened.iter_batches(rows, row_groups=[number], columns=columns, use_threads=False)
        for batch in batches:
            # a dictionary is not counted once but for every row that names a value in it
            given += sum(_plain(column).nbytes for column in batch.columns)
            if given > max(FREE_BYTES, MAX_RATIO * len(block.data)):
                raise _RefusedError("decompression bomb: the rest of the row group unpacks to far more than it stores")
            noticed: set[str] = set()
            found = {name: _values(batch.column(at), noticed) for at, name in enumerate(batch.schema.names)}
            told = tuple(sorted(noticed))
            for at in range(batch.num_rows):
                yield row, {name: values[at] for name, values in found.items()}, told
                row, told = row + 1, ()
    except _RefusedError as error:
        raise ValueError(str(error)) from None
    except _ERRORS:
        raise ValueError("the row group cannot be decoded") from None


def _plain(column: Any) -> Any:
    return column.dictionary_decode() if pa.types.is_dictionary(column.type) else column


class _RefusedError(Exception):
    """Why a row group is not decoded."""


def _checked_batch(block: Block, group: Any, columns: list[str]) -> int:
    """Rows to decode at a time, once the pages of the columns read are found to declare no more than they may."""
    chunks = []
    for place in range(group.num_columns):
        column = group.column(place)
        if column.path_in_schema.split(".", 1)[0] in columns:
            start = _chunk_start(column) - block.offset
            end = start + column.total_compressed_size
            if start < 0 or end > len(block.data):
                raise _RefusedError("a column of the row group lies outside it")
            try:
                chunks.append(chunk_pages(block.data, start, end))
            except BadPageError:
                raise _RefusedError("the row group cannot be decoded: a damaged page header") from None
    refused = pages_refusal(chunks, len(block.data))
    if refused:
        raise _RefusedError(refused)
    return batch_rows(chunks, _BATCH)


def _values(column: Any, noticed: set[str]) -> list[Any]:
    """The values of a column; what Python cannot hold is None, what is no UTF-8 is shown with U+FFFD, both noticed."""
    try:
        return list(column.to_pylist())
    except (ValueError, OverflowError, pa.ArrowException):
        return [_value(each, noticed) for each in column]


def _value(scalar: Any, noticed: set[str]) -> Any:
    try:
        return scalar.as_py()
    except UnicodeDecodeError:
        noticed.add(NOT_UTF8)
        if isinstance(scalar, pa.StringScalar | pa.LargeStringScalar | pa.StringViewScalar):
            return scalar.as_buffer().to_pybytes().decode("utf-8", "replace")
        if isinstance(scalar, pa.DictionaryScalar):
            return _value(scalar.value, noticed)
        return _values(scalar.values, noticed) if isinstance(scalar, pa.ListScalar) else None
    except (ValueError, OverflowError, pa.ArrowException):
        noticed.add(NO_INSTANT)
        return None


class _Sparse:
    """A file of which only some pieces are held; enough of a file for pyarrow."""

    def __init__(self, size: int, pieces: tuple[tuple[int, bytes], ...]) -> None:
        self._size = size
        self._pieces = pieces
        self._at = 0
        self.closed = False

    def read(self, size: int = -1) -> bytes:
        wanted = self._size - self._at if size < 0 else min(size, self._size - self._at)
        for start, data in self._pieces:
            if start <= self._at and self._at + wanted <= start + len(data):
                whole = data[self._at - start : self._at - start + wanted]
                self._at += wanted
                return whole
        # pyarrow reads 64 KiB before the footer on suspicion; what is not held is zeros, which decode as nothing
        found = bytearray(wanted)
        for start, data in self._pieces:
            first, last = max(start, self._at), min(start + len(data), self._at + wanted)
            if first < last:
                found[first - self._at : last - self._at] = data[first - start : last - start]
        self._at += wanted
        return bytes(found)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def tell(self) -> int:
        return self._at

    def size(self) -> int:
        return self._size

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return False

    def seekable(self) -> bool:
        return True

    def close(self) -> None:
        self.closed = True
