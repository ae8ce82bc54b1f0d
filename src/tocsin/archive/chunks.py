"""The captured bytes: one sealed zlib file a block under a keyed address, one line a block in the capture's own file.

An address is HMAC-SHA256 of the bytes: a bare hash would let anyone with a copy of the folder confirm a guess.
"""

from __future__ import annotations

import hmac
import json
import re
import zlib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from tocsin.archive.sealing import ENDING, Sealer, needed
from tocsin.archive.strict import JsonValue
from tocsin.records.errors import EvidenceError
from tocsin.records.posts import Block, CaptureNote

COMPRESSION_LEVEL = 6
_PIECE = 1 << 20
_NO_LINE_END = re.compile(rb"[^\n]")


class Place(NamedTuple):
    """One block of a capture: where it lies in it, how long it is, and under which address its bytes are kept."""

    offset: int
    size_bytes: int
    address: str
    packed_crc: int  # CRC-32 of the chunk file as it lies on disk: damage is found without the keys

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
    return f"chunks/{address[:2]}/{address}{ENDING}"


def _plain_path(address: str) -> str:
    """Where version 0.1.0 kept them: zlib, not sealed."""
    return f"chunks/{address[:2]}/{address}.z"


def kept_chunk_path(folder: Path, address: str) -> str:
    """Where the bytes of an address do lie in this desk: sealed; blanked in part by the last erasure; or plain, where
    version 0.1.0 wrote them.
    """
    sealed, plain = chunk_path(address), _plain_path(address)
    if (folder / sealed).exists():
        return sealed
    blanked = sorted((folder / sealed).parent.glob(f"{address}.e*{ENDING}"))
    if blanked:
        return f"chunks/{address[:2]}/{blanked[-1].name}"
    return plain if (folder / plain).exists() else sealed


def blanked_path(address: str, order: int) -> str:
    """Where a block lies from which the `order`-th erasure took records: they are blanked with spaces."""
    return f"chunks/{address[:2]}/{address}.e{order:06d}{ENDING}"


def blanked(data: bytes | bytearray) -> bytes:
    """As many bytes that say nothing: spaces, and the ends of lines where they were, so that line numbers stay true."""
    return _NO_LINE_END.sub(b" ", bytes(data))


def is_blanked(path: str) -> bool:
    """Whether a chunk's path is that of a block with erased records."""
    return path.count(".") > 1


def packed_block(folder: Path, address_key: bytes, sealer: Sealer, block: Block) -> tuple[Place, bytes | None]:
    """The place of a block and the bytes of its chunk file, None where the desk has it already.

    Runs well in threads: zlib, HMAC and AES let go of the interpreter lock.
    """
    address = block_address(address_key, block.data)
    for path in (chunk_path(address), _plain_path(address)):
        if (folder / path).exists():
            return Place(block.offset, len(block.data), address, zlib.crc32((folder / path).read_bytes())), None
    fresh = sealer.sealed(zlib.compress(block.data, COMPRESSION_LEVEL), chunk_path(address))
    return Place(block.offset, len(block.data), address, zlib.crc32(fresh)), fresh


def header_line(
    capture_id: str,
    note: CaptureNote,
    format_name: str,
    container: str | None,
    begun_at: str,
    options: Mapping[str, JsonValue] | None = None,
) -> bytes:
    """The first line of a capture file. A file's name can hold a person's name, so it is kept in the names table.

    `options` are those it was read with: what is needed to read it again, and nothing that names a person.
    """
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
        **({} if options is None else {"options": dict(options)}),
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


def chunk_file_bytes(folder: Path, place: Place, capture_id: str) -> tuple[str, bytes]:
    """The path and the bytes of a block's chunk file, checked against the CRC-32 that its capture names.

    Of a block with erased records the log names the CRC-32, and `verify` checks it.

    Raises EvidenceError naming the chunk, and the capture that speaks of it, where it is missing or damaged.
    """
    what = kept_chunk_path(folder, place.address)
    try:
        raw = (folder / what).read_bytes()
    except OSError as error:
        raise EvidenceError(f"{what}, which captures/{capture_id}.jsonl names, is missing or unreadable") from error
    if not is_blanked(what) and zlib.crc32(raw) != place.packed_crc:
        raise EvidenceError(f"{what} is damaged", expected=f"the CRC-32 that captures/{capture_id}.jsonl names")
    return what, raw


def chunk_bytes(folder: Path, place: Place, sealer: Sealer | None, capture_id: str) -> bytes:
    """The bytes of a block.

    Raises EvidenceError naming the chunk where they are missing or damaged, TocsinInputError where they are sealed and
    there is no sealer.
    """
    what, raw = chunk_file_bytes(folder, place, capture_id)
    packed = needed(sealer, "original bytes").opened(raw, what) if what.endswith(ENDING) else raw
    unpacker = zlib.decompressobj()
    try:
        data = unpacker.decompress(packed, place.size_bytes + 1)
    except zlib.error as error:
        raise EvidenceError(f"{what} is damaged", expected="zlib") from error
    if len(data) != place.size_bytes or not unpacker.eof or unpacker.unused_data:
        raise EvidenceError(
            f"{what} has another size than captures/{capture_id}.jsonl says", expected=f"{place.size_bytes} bytes"
        )
    return data


class Originals:
    """Reads original bytes of many records; keeps the last few captures' block lists and blocks at hand."""

    def __init__(self, folder: Path, sealer: Sealer | None) -> None:
        self._folder = folder
        self._capture = lru_cache(maxsize=64)(self._read_capture)
        self._block = lru_cache(maxsize=4)(lambda place, capture_id: chunk_bytes(folder, place, sealer, capture_id))

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
            yield self._block(place, capture_id)[max(0, offset - place.offset) : end - place.offset]


def record_bytes(folder: Path, sealer: Sealer | None, capture_id: str, offset: int, length: int) -> bytes:
    """The original bytes of one record (for many, keep an `Originals`)."""
    return Originals(folder, sealer).record(capture_id, offset, length)
