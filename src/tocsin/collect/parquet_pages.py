"""What the pages of Parquet columns declare, read before they are decoded: a page of 100 bytes may declare 2 GB.

pyarrow allocates what a page header declares and offers Python no memory limit, so the headers are walked here first.
Source: Apache Parquet format, parquet.thrift (PageHeader); Thrift compact protocol.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

MAX_PAGES_BYTES: Final = 192 << 20  # unpacked, the longest page of each column read together
FREE_BYTES: Final = 64 << 20  # unpacked, before the ratio matters
MAX_PAGE_RATIO: Final = 60  # bytes a chunk declares for each byte of the row group; text in zstd has 3 to 15
FREE_VALUES: Final = 1 << 20
VALUES_A_BYTE: Final = 4  # values of a column for each byte of its row group
_BATCH_BYTES: Final = 32 << 20
_DICTIONARY: Final = 2
_MAX_DEPTH: Final = 8
_BOMB: Final = "decompression bomb: its pages declare far more than they store"


class Pages(NamedTuple):
    """What the pages of one column chunk declare, in bytes once unpacked."""

    longest: int
    total: int
    values: int
    dictionary: int


class BadPageError(ValueError):
    """The bytes are no page header."""


def chunk_pages(data: bytes, start: int, end: int) -> Pages:
    """What the pages between two positions declare. Raises BadPageError where they are no pages."""
    longest = total = values = dictionary = 0
    while start < end:
        fields, start = _struct(data, start, 0)
        kind, unpacked, packed = (_number(fields.get(key)) for key in (1, 2, 3))
        if min(unpacked, packed) < 0 or start + packed > end:
            raise BadPageError
        start += packed
        header = next((found for key in (5, 7, 8) if isinstance(found := fields.get(key), dict)), {})
        total += unpacked
        longest = max(longest, unpacked)
        count = _number(header.get(1, 0))
        if kind == _DICTIONARY:
            dictionary = max(dictionary, unpacked)
        values += abs(count)
    return Pages(longest, total, values, dictionary)


def pages_refusal(chunks: Iterable[Pages], stored: int) -> str:
    """Why the chunks of a row group of `stored` bytes are not decoded, or ""."""
    chunks = list(chunks)
    if sum(pages.longest for pages in chunks) > MAX_PAGES_BYTES:
        return f"pages longer than {MAX_PAGES_BYTES >> 20} MiB"
    if sum(pages.total for pages in chunks) > max(FREE_BYTES, MAX_PAGE_RATIO * stored):
        return _BOMB
    if any(pages.values > max(FREE_VALUES, VALUES_A_BYTE * stored) for pages in chunks):
        return _BOMB
    return ""


def batch_rows(chunks: Iterable[Pages], most: int) -> int:
    """Rows to decode at a time: each may hold the longest value of a dictionary."""
    longest = max((pages.dictionary for pages in chunks), default=0)
    return max(1, min(most, _BATCH_BYTES // max(1, longest)))


_Value = int | dict[int, "_Value"] | None


def _number(value: object) -> int:
    if not isinstance(value, int):
        raise BadPageError
    return value


def _struct(data: bytes, at: int, depth: int) -> tuple[dict[int, _Value], int]:
    """The whole numbers and structs of a struct by field id, and where it ends; of other values only the length."""
    if depth > _MAX_DEPTH:
        raise BadPageError
    found: dict[int, _Value] = {}
    field = 0
    while True:
        head, at = _byte(data, at)
        if not head:
            return found, at
        if head >> 4:
            field += head >> 4
        else:
            number, at = _varint(data, at)
            field = _zigzag(number)
        found[field], at = _value(data, at, head & 15, depth)


def _value(data: bytes, at: int, kind: int, depth: int) -> tuple[_Value, int]:
    """A value of a compact type and where it ends."""
    if kind in (1, 2):  # true and false lie in the type
        return None, at
    if kind == 3:
        return None, at + 1
    if kind in (4, 5, 6):
        number, at = _varint(data, at)
        return _zigzag(number), at
    if kind == 7:
        return None, at + 8
    if kind == 8:
        size, at = _varint(data, at)
        return None, at + size
    if kind in (9, 10):
        head, at = _byte(data, at)
        size = head >> 4
        if size == 15:
            size, at = _varint(data, at)
        for _ in range(size):
            _, at = _value(data, at + (head & 15 in (1, 2)), head & 15, depth + 1)
            if at > len(data):
                raise BadPageError
        return None, at
    if kind == 12:
        return _struct(data, at, depth + 1)
    raise BadPageError


def _byte(data: bytes, at: int) -> tuple[int, int]:
    if at >= len(data):
        raise BadPageError
    return data[at], at + 1


def _varint(data: bytes, at: int) -> tuple[int, int]:
    number = 0
    for shift in range(0, 70, 7):
        byte, at = _byte(data, at)
        number |= (byte & 127) << shift
        if byte < 128:
            return number, at
    raise BadPageError


def _zigzag(number: int) -> int:
    return (number >> 1) ^ -(number & 1)
