"""The captured bytes: one zlib file a block under a keyed address, and one line a block in the capture's own file.

An address is HMAC-SHA256 of the bytes: a bare hash would let anyone with a copy of the folder confirm a guess.
"""

from __future__ import annotations

import hmac
import json
import zlib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from tocsin.records.errors import EvidenceError
from tocsin.records.posts import Block, CaptureNote

COMPRESSION_LEVEL = 6
_PIECE = 1 << 20


class Place(NamedTuple):
    """One block of a capture: where it lies in it, how long it is, and under which address its bytes are kept."""

    offset: int
    size_bytes: int
    address: str
    packed_crc: int  # CRC-32 of the chunk file: zlib itself does not notice a flip in the last byte's unused bits

    @property
    def line(self) -> bytes:
        """The block's line in the capture file."""
        text = '{"offset":%d,"size":%d,"address":"%s","packed_crc":%d}\n'
        return (text % (self.offset, self.size_bytes, self.address, self.packed_crc)).encode("ascii")


def block_address(address_key: bytes, data: bytes) -> str:
    """The keyed address of bytes."""
    return hmac.digest(address_key, data, "sha256").hex()


def container_digest(address_key: bytes, stream: BinaryIO) -> str:
    """The keyed digest of a whole container (the .zip or .gz a capture came in), read in pieces."""
    digest = hmac.new(address_key, digestmod="sha256")
    while piece := stream.read(_PIECE):
        digest.update(piece)
    return digest.hexdigest()


def chunk_path(address: str) -> str:
    """Where the bytes of an address lie under the desk folder."""
    return f"chunks/{address[:2]}/{address}.z"


def packed_block(folder: Path, address_key: bytes, block: Block) -> tuple[Place, bytes | None]:
    """The place of a block and its compressed bytes, None where the desk has them already.

    Runs well in threads: zlib and HMAC let go of the interpreter lock.
    """
    address = block_address(address_key, block.data)
    kept = folder / chunk_path(address)
    packed = kept.read_bytes() if kept.exists() else None
    fresh = zlib.compress(block.data, COMPRESSION_LEVEL) if packed is None else None
    crc = zlib.crc32(fresh if packed is None and fresh is not None else packed or b"")
    return Place(block.offset, len(block.data), address, crc), fresh


def header_line(capture_id: str, note: CaptureNote, format_name: str, container: str | None, begun_at: str) -> bytes:
    """The first line of a capture file. A file's name can hold a person's name, so it is kept in the names table."""
    head = {
        "capture_id": capture_id,
        "source": note.source,
        "format": format_name,
        "query": note.query,
        "method": note.method,
        "collected_at": note.collected_at.isoformat() if note.collected_at else None,
        "gone": list(note.gone),
        "container": container,
        "begun_at": begun_at,
    }
    return json.dumps(head, ensure_ascii=True).encode() + b"\n"


class CaptureFile(NamedTuple):
    """A capture file as read: what was noted, its blocks in order, and whether it is complete."""

    head: dict[str, Any]
    places: tuple[Place, ...]
    end: dict[str, Any] | None


def capture_file(folder: Path, capture_id: str) -> CaptureFile:
    """A capture's file. Raises EvidenceError where it is missing or damaged."""
    what = f"captures/{capture_id}.jsonl"
    if not capture_id.isalnum() or not capture_id.isascii():
        raise EvidenceError("a capture id is malformed", expected="letters and digits")
    try:
        raw = (folder / what).read_bytes()
    except FileNotFoundError as error:
        raise EvidenceError(f"{what} is missing") from error
    lines = raw.split(b"\n")
    lines.pop()  # empty, or a line that a writer is just adding
    try:
        read = [json.loads(line) for line in lines]
        end = read.pop() if len(read) > 1 and read[-1].get("complete") is True else None
        places = tuple(Place(line["offset"], line["size"], line["address"], line["packed_crc"]) for line in read[1:])
        head = dict(read[0])
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise EvidenceError(f"{what} is damaged") from error
    expected = 0
    for number, place in enumerate(places, 2):
        if place.offset != expected or not isinstance(place.size_bytes, int) or place.size_bytes < 0:
            raise EvidenceError(f"{what} line {number}: the blocks do not join", expected=f"offset {expected}")
        expected += place.size_bytes
    return CaptureFile(head, places, end)


def chunk_bytes(folder: Path, place: Place) -> bytes:
    """The bytes of a block. Raises EvidenceError naming the chunk where they are missing or damaged."""
    what = chunk_path(place.address)
    try:
        packed = (folder / what).read_bytes()
    except OSError as error:
        raise EvidenceError(f"{what} is missing or unreadable") from error
    if zlib.crc32(packed) != place.packed_crc:
        raise EvidenceError(f"{what} is damaged", expected="the CRC-32 that its capture names")
    unpacker = zlib.decompressobj()
    try:
        data = unpacker.decompress(packed, place.size_bytes + 1)
    except zlib.error as error:
        raise EvidenceError(f"{what} is damaged", expected="zlib") from error
    if len(data) != place.size_bytes or not unpacker.eof or unpacker.unused_data:
        raise EvidenceError(f"{what} has the wrong size", expected=f"{place.size_bytes} bytes")
    return data


class Originals:
    """Reads original bytes of many records; keeps the last few captures' block lists and blocks at hand."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._capture = lru_cache(maxsize=64)(self._read_capture)
        self._block = lru_cache(maxsize=4)(lambda place: chunk_bytes(folder, place))

    def places(self, capture_id: str) -> tuple[Place, ...]:
        """The blocks of a capture."""
        return self._capture(capture_id)

    def _read_capture(self, capture_id: str) -> tuple[Place, ...]:
        return capture_file(self._folder, capture_id).places

    def record(self, capture_id: str, offset: int, length: int) -> bytes:
        """The original bytes of a record. Raises EvidenceError where the capture does not reach that far."""
        data = b"".join(self._pieces(capture_id, offset, length))
        if offset < 0 or length < 0 or len(data) != length:
            raise EvidenceError(
                f"captures/{capture_id}.jsonl does not cover bytes {offset} to {offset + length}", got=str(len(data))
            )
        return data

    def _pieces(self, capture_id: str, offset: int, length: int) -> Iterator[bytes]:
        places = self._capture(capture_id)
        low, high = 0, len(places)
        while low < high:
            middle = (low + high) // 2
            if places[middle].offset + places[middle].size_bytes <= offset:
                low = middle + 1
            else:
                high = middle
        end = offset + length
        for place in places[low:]:
            if place.offset >= end:
                return
            yield self._block(place)[max(0, offset - place.offset) : end - place.offset]


def record_bytes(folder: Path, capture_id: str, offset: int, length: int) -> bytes:
    """The original bytes of one record (for many, keep an `Originals`)."""
    return Originals(folder).record(capture_id, offset, length)
