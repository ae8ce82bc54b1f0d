"""Files that are small, or quickly made, and want a reader's memory or time: each as a function that writes one."""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

MIB = 1 << 20
POST = b'{"id":"1","author_id":"2","text":"bread"}\n'


def _zstd(pieces: list[bytes]) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as out:
        for piece in pieces:
            out.write(piece)
    return bytes(sink.getvalue())


def _gzip_of(piece: bytes, times: int) -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    packed = [packer.compress(POST * 3)]
    packed += [packer.compress(piece) for _ in range(times)]
    return b"".join(packed) + packer.flush()


def _write(data: Callable[[], bytes]) -> Callable[[Path], None]:
    return lambda path: (path.write_bytes(data()), None)[1]


def _zip(members: list[tuple[str, bytes]], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", method) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return sink.getvalue()


def _overlapping_zip() -> bytes:
    """3,000 names for one deflated member of 32 MiB: 96 GB out of 230 KB."""
    packed = zlib.compress(bytes(32 * MIB), 9)[2:-4]
    crc = zlib.crc32(bytes(32 * MIB))
    local = struct.pack("<IHHHHHIIIHH", 0x04034B50, 20, 0, 8, 0, 33, crc, len(packed), 32 * MIB, 1, 0) + b"a" + packed
    entries = b""
    for number in range(3000):
        name = b"%d.json" % number
        entries += struct.pack(
            "<IHHHHHHIIIHHHHHII", 0x02014B50, 20, 20, 0, 8, 0, 33, crc, len(packed), 32 * MIB, len(name), 0, 0, 0, 0, 0, 0
        )  # fmt: skip
        entries += name
    return local + entries + struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 3000, 3000, len(entries), len(local), 0)


def _many_members() -> bytes:
    """A directory of 300,000 members without their bytes."""
    entries = b"".join(
        struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 20, 20, 0, 0, 0, 33, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0) + b"%06d" % n
        for n in range(300_000)
    )
    return b"PK\x03\x04" + entries + struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 65535, 65535, len(entries), 4, 0)


def _lying_zip() -> bytes:
    """A member that says it is packed in 4 GB, so that no ratio is reached."""
    raw = bytearray(_zip([("a.jsonl", POST * 3 + bytes(200 * MIB))]))
    at = raw.find(b"PK\x01\x02")
    raw[at + 20 : at + 24] = struct.pack("<I", 0xFFFFFFF0)
    return bytes(raw)


def _parquet(table: pa.Table, **options: object) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink, **options)
    return sink.getvalue()


def _parquet_dictionary() -> bytes:
    rows = 200_000
    long = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), pa.array(["x" * (8 * MIB)]))
    return _parquet(pa.table({"id": [str(n) for n in range(rows)], "user": ["o"] * rows, "text": long}),
                    compression="zstd", dictionary_pagesize_limit=64 * MIB)  # fmt: skip


def _parquet_pages() -> bytes:
    texts = ["x" * (20 * MIB)] * 20
    return _parquet(pa.table({"id": [str(n) for n in range(20)], "user": ["o"] * 20, "text": texts}),
                    compression="zstd", use_dictionary=False, data_page_size=1 << 30)  # fmt: skip


def _parquet_nulls() -> bytes:
    rows = 30_000_000
    nothing = pa.nulls(rows, pa.string())
    return _parquet(pa.table({"id": nothing, "user": nothing, "text": nothing}), row_group_size=rows)


def _one_line(first: bytes, fill: bytes) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        with path.open("wb") as out:
            out.write(POST * 3 + first)
            for _ in range(1024):
                out.write(fill * (MIB // len(fill)))
            out.write(b"\n" + POST.replace(b'"1"', b'"9"'))

    return write


def _png(width: int, height: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(10 * MIB), 9)), (b"IEND", b""))
    parts = [struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in chunks]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


_LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(12))
    + "]><l>&m;</l>"
).encode()


def _long_text(number: int) -> bytes:
    return b'{"id":"%d","author_id":"2","text":"%s"}\n' % (number, b"bread and boats " * (MIB // 4))


_V2 = b'{\n "data": [\n  {\n   "id": "1",\n   "author_id": "2",\n   "text": "x"\n  }\n ]\n}\n'
_V1 = b'[{"id_str":"1","text":"a","user":{"id_str":"1"}},{"id_str":"2","text":"a","user":{"id_str":"1"}},'
_TELEGRAM = (
    b'{"name":"q","type":"public_channel","id":7,"messages":[{"id":1,"type":"message","from_id":"c7","text":"x"},'
)

# name -> writer; all of them end within 10 s and 512 MB, by the readers' own limits
BOMBS: dict[str, Callable[[Path], None]] = {
    "zeros.gz": _write(lambda: _gzip_of(bytes(MIB), 2000)),
    "members.gz": _write(lambda: gzip.compress(POST * 3) + gzip.compress(bytes(10 * MIB), 9) * 300),
    "spaces.gz": _write(lambda: _gzip_of(b" " * MIB, 2000)),
    "newlines.gz": _write(lambda: _gzip_of(b"\n" * MIB, 2000)),
    "zeros.zst": _write(lambda: _zstd([POST * 3, *[bytes(16 * MIB)] * 200])),
    "frames.zst": _write(lambda: _zstd([POST * 3]) + _zstd([bytes(16 * MIB)]) * 500),
    "brackets.gz": _write(lambda: _gzip_of(b"[" * MIB, 2000)),
    "zeros.zip": _write(lambda: _zip([("a.jsonl", POST * 3 + bytes(300 * MIB)), ("good.jsonl", POST)])),
    "overlapping.zip": _write(_overlapping_zip),
    "members.zip": _write(_many_members),
    "lying.zip": _write(_lying_zip),
    "lzma.zip": _write(lambda: _zip([("a.jsonl", POST * 3 + bytes(50 * MIB))], zipfile.ZIP_LZMA)),
    "bzip2.zip": _write(lambda: _zip([("a.jsonl", POST * 3 + bytes(200 * MIB))], zipfile.ZIP_BZIP2)),
    "nested.zip": _write(lambda: _zip([("b.zip", _zip([("c.zip", _zip([("d", bytes(100 * MIB))]))]))])),
    "gzip-in.zip": _write(lambda: _zip([("a.gz", _gzip_of(bytes(MIB), 1000))])),
    "laughs.xml": _write(lambda: _LAUGHS),
    "laughs.svg": _write(lambda: b"<svg>" + _LAUGHS),
    "flood.png": _write(lambda: _png(100_000, 100_000)),
    "flood.gif": _write(lambda: b"GIF89a" + struct.pack("<HH", 65535, 65535) + b"\x80\0\0" + bytes(1000)),
    "flood.jpg": _write(lambda: b"\xff\xd8\xff\xc0\0\x11\x08\xff\xff\xff\xff\x03" + bytes(1000)),
    "deep.jsonl": _write(lambda: POST + b'{"id":"2","author_id":"2","text":' + b"[" * 100_000 + b"]" * 100_000 + b"}\n" + POST),
    "deep-objects.json": _write(lambda: b"[" + POST.strip() + b',{"a":' + b'{"a":' * 100_000 + b"1" + b"}" * 100_001 + b"]"),
    "deep-telegram.json": _write(lambda: _TELEGRAM + b'{"id":2,"text":' + b"[" * 100_000 + b"]" * 100_000 + b"}]}"),
    "deep-outside.json": _write(lambda: _TELEGRAM[:-1] + b'],"more":' + b'{"a":[' * 100_000),
    "numbers.jsonl": _write(lambda: (b'{"id":' + b"9" * 5000 + b',"author_id":"2","text":"x"}\n' + POST) * 2000),
    "number.json": _write(lambda: b"[" + b"9" * (20 * MIB) + b"]"),
    "line.jsonl": _one_line(b'{"id":"2","author_id":"2","text":"', b"x"),
    "line-of-quotes.jsonl": _one_line(b'{"id":"2","text":"', b'\\"'),
    "line.csv": _one_line(b'1,"', b",\t"),
    "line.txt": _one_line(b"", b"01/02/19, 11:25 - Osk: x "),
    "string.json": _write(lambda: _TELEGRAM + b'{"id":2,"text":"' + b"x" * (200 * MIB)),
    "empty-lists.json": _write(lambda: b'[{"id":"1","author_id":"2","text":"x"},' + b"[]," * (8 * MIB) + b"1]"),
    "empty-lists.jsonl": _write(lambda: POST + b'{"id":"1","author_id":"2","text":"x","y":[' + b"[]," * (5 * MIB) + b"1]}\n"),
    "long-records.jsonl": _write(lambda: POST + (POST[:-2] + b',"more":"' + b"y" * (7 * MIB) + b'"}\n') * 24),
    "long-texts.jsonl": _write(lambda: POST + b"".join(_long_text(n) for n in range(40))),
    "many-posts.jsonl": _write(lambda: POST + b'{"data":[' + b"{}," * (5 * MIB) + b"1]}\n"),
    "short-lines.jsonl": _write(lambda: POST + b"a\n" * (2 * MIB)),
    "quotes.json": _write(lambda: b'{"' * (8 * MIB)),
    "unclosed.json": _write(lambda: b"[" + b'"\\' * (8 * MIB)),
    "restarts.json": _write(lambda: _V1 + b'x"1\\{"id_str":\\{"id_str":{"id_str":1},\n' * (MIB // 2)),
    "swallowed.json": _write(lambda: _V1 + b'{"id_str":[0,{"id_str": x},' * (MIB // 2)),
    "closers.json": _write(lambda: _V2 + b'"]"]{ "id" :;{:{ "id" :\n' * (MIB // 2)),
    "closers.jsonl": _write(lambda: b'{"data":[{"id":"1","author_id":"2","text":"x"}]}\n' + b"]}\n" * (4 * MIB)),
    "many-values.json": _write(lambda: _TELEGRAM[:-1] + b'],"more":[' + b'{"a":1},' * (3 * MIB)),
    "columns.csv": _write(lambda: b"id,user,text\n1,osk,x\n" + b"," * (8 * MIB) + b"\n"),
    "chats.json": _write(lambda: b'{"chats":{"list":[' + b'{"name":"q","id":1,"messages":[]},' * 200_000 + b"1]}}"),
    "parquet-dictionary.parquet": _write(_parquet_dictionary),
    "parquet-pages.parquet": _write(_parquet_pages),
    "parquet-nulls.parquet": _write(_parquet_nulls),
}  # fmt: skip
