"""Malformed files: kinds of damage to one record, whose neighbours must be kept, and kinds of damage to a whole file."""

from __future__ import annotations

import gzip
import io
import json
import random
import re
import zipfile
from collections.abc import Callable, Iterator
from typing import NamedTuple

import pyarrow as pa

from hostile.samples import SAMPLES, Sample

SEED = 20_260
SPOILT = 3  # the record in the middle


class Mutant(NamedTuple):
    """One malformed file. `kept` are the ids of the posts that must come out of it whatever else does."""

    kind: str
    sample: str
    number: int
    ending: str
    data: bytes
    kept: frozenset[str]

    @property
    def name(self) -> str:
        """A file name."""
        return f"{self.sample}--{self.kind}--{self.number}{self.ending}"


Spoil = Callable[[random.Random, bytes, Sample], bytes]
_VALUE = re.compile(rb'(?<=":)( ?)("(?:[^"\\]|\\.)*"|\d+|\[|\{)')


def _cut(rng: random.Random, record: bytes, sample: Sample) -> bytes:
    return record[: rng.randrange(1, len(record))]


def _flipped(rng: random.Random, record: bytes, sample: Sample) -> bytes:
    raw = bytearray(record)
    for _ in range(rng.randrange(1, 6)):
        raw[rng.randrange(len(raw))] ^= 1 << rng.randrange(8)
    return bytes(raw)


def _with_value(value: bytes) -> Spoil:
    """Puts a value in the place of one of the record's own; in formats other than JSON, at a random place."""

    def spoil(rng: random.Random, record: bytes, sample: Sample) -> bytes:
        if not sample.is_json:
            at = rng.randrange(len(record))
            return record[:at] + value.strip(b'"') + record[at + 1 :]
        places = [match for match in _VALUE.finditer(record) if match[2][:1] not in b"[{"]
        match = rng.choice(places)
        return record[: match.start(2)] + value + record[match.end(2) :]

    return spoil


def _one_of(*values: bytes) -> Spoil:
    spoils = [_with_value(value) for value in values]
    return lambda rng, record, sample: rng.choice(spoils)(rng, record, sample)


def _without_field(rng: random.Random, record: bytes, sample: Sample) -> bytes:
    if not sample.is_json:
        return record.replace(b"," if b"," in record else b" - ", b" ", 1)
    value = json.loads(record)
    value.pop(rng.choice(list(value)))
    return json.dumps(value).encode()


def _repeated_key(rng: random.Random, record: bytes, sample: Sample) -> bytes:
    if not sample.is_json:
        return record + record[rng.randrange(len(record)) :]
    key, value = rng.choice(list(json.loads(record).items()))
    again = json.dumps({key: rng.choice([value, 5, None, [], "x"])})[1:-1].encode()
    return record[:-1] + b", " + again + b"}" if record[-1:] == b"}" else record


def _put(*pieces: bytes) -> Spoil:
    """Puts bytes at a random place."""

    def spoil(rng: random.Random, record: bytes, sample: Sample) -> bytes:
        at = rng.randrange(len(record) + 1)
        return record[:at] + rng.choice(pieces) * rng.choice([1, 1, 2, 9]) + record[at:]

    return spoil


def _whole(*records: bytes) -> Spoil:
    return lambda rng, record, sample: rng.choice(records)


def _noise(rng: random.Random, record: bytes, sample: Sample) -> bytes:
    return rng.randbytes(rng.randrange(1, 300)).replace(b"\n", b" ")


def _odd_date(rng: random.Random, record: bytes, sample: Sample) -> bytes:
    dates = (b"9999-99-99", b"0000-00-00T00:00:00Z", b"99/99/9999", b"31/02/2020", b"9" * 40, b"-1", b"yesterday", b"")
    return re.sub(rb"\d{2,4}[-/]\d{2}[-/]\d{2,4}|\d{10}|Fri Apr 03", rng.choice(dates), record, count=1)


def _as_latin(rng: random.Random, record: bytes, sample: Sample) -> bytes:
    return record.replace("خبز".encode(), "خبز".encode("cp1256")).replace(b"1", "é".encode("latin-1"), 1)


RECORD_KINDS: dict[str, Spoil] = {
    "cut record": _cut,
    "flipped bits": _flipped,
    "wrong type": _one_of(b"5", b"null", b"true", b"[]", b"{}", b'"x"', b"[1,[2,[3]]]", b'{"a":{"b":1}}', b"-7"),
    "missing field": _without_field,
    "huge number": _one_of(b"9" * 5000, b"-" + b"9" * 400, b"1" + b"0" * 30, b"0." + b"1" * 5000, b"1e999", b"1e-999"),
    "no number": _one_of(b"NaN", b"Infinity", b"-Infinity", b"0x1F", b"1_000", b"+3", b"007", "٣".encode(), b"1."),
    "odd date": _odd_date,
    "deep nesting": _one_of(b"[" * 2000 + b"]" * 2000, b'{"a":' * 500 + b"1" + b"}" * 500, b"[" * 3000),
    "repeated key": _repeated_key,
    "not UTF-8": _put(b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\x80\x80", b"\xc0\xaf"),
    "another encoding": _as_latin,
    "NUL": _put(b"\0", b"\\u0000"),
    "other line ends": _put(b"\r", b"\r\n", b"\x0b", b"\x0c", "\u2028".encode(), "\x85".encode()),
    "blank lines": _put(b"\n", b"\n\n", b"\n \n"),
    "long field": _one_of(
        b'"' + b"x" * 300_000 + b'"', b'"' + b"\\u0041" * 50_000 + b'"', b'"' + b" " * 200_000 + b'"'
    ),
    "half a pair": _one_of(b'"\\ud800"', b'"a\\udc00b"', b'"\\ud83d\\u0041"', b'"\\\\ud800 \\ud9ff"'),
    "quotes": _put(b'"', b'""', b'\\"', b"'"),
    "brackets": _put(b"{", b"}", b"[", b"]", b"]}", b"{["),
    "separators": _put(b",", b",,", b":", b";", b"\t", b"\\"),
    "a mark inside": _put(b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"),
    "controls": _put(b"\x1b[2J", b"\x07", "\u202e".encode(), "\u200f".encode(), b"\x7f", "\U000e0041".encode()),
    "no object": _whole(b"{}", b"[]", b"null", b"0", b'""', b"[[[]]]", b"true", b"[{}]", b'{"":{}}', b'"x"'),
    "noise": _noise,
    "formula": _one_of(b'"=1+1"', b'"@SUM(1)"', b'"+1"', b'"-1"', b'"\\t=1"'),
}
# What opens or closes a string, a quoted cell or an array can swallow the next record before the reader finds its feet,
# and what is written over a record can be a whole one more.
MAY_COST_ONE_NEIGHBOUR = frozenset(
    {"quotes", "brackets", "cut record", "flipped bits", "deep nesting", "noise", "no object"}
)


def record_mutants(each: int) -> Iterator[Mutant]:
    """Files with one spoilt record among good ones: `each` of every kind and sample."""
    for sample in SAMPLES:
        for kind, spoil in RECORD_KINDS.items():
            for number in range(each):
                rng = random.Random(f"{SEED} {sample.name} {kind} {number}")
                records = list(sample.records)
                records[SPOILT] = spoil(rng, records[SPOILT], sample)
                kept = frozenset(sample.ids[:SPOILT] + sample.ids[SPOILT + 1 :])
                yield Mutant(kind, sample.name, number, sample.ending, sample.joined(tuple(records)), kept)


def _recoded(encoding: str) -> Callable[[random.Random, bytes], bytes]:
    return lambda rng, raw: raw.decode().encode(encoding, "replace")


def _gzip_cut(rng: random.Random, raw: bytes) -> bytes:
    return gzip.compress(raw)[: rng.randrange(12, 80)]


def _flip_any(rng: random.Random, raw: bytes) -> bytes:
    spoilt = bytearray(raw)
    for _ in range(rng.randrange(1, 20)):
        spoilt[rng.randrange(len(spoilt))] ^= 1 << rng.randrange(8)
    return bytes(spoilt)


def _zstd(raw: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as out:
        out.write(raw)
    return bytes(sink.getvalue())


def _zip(raw: bytes, name: str = "a.json", times: int = 1) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for _ in range(times):
            archive.writestr(zipfile.ZipInfo(name), raw)
    return sink.getvalue()


def _swapped(rng: random.Random, raw: bytes) -> bytes:
    at, size = rng.randrange(len(raw)), rng.randrange(1, 200)
    to = rng.randrange(len(raw))
    return raw[:to] + raw[at : at + size] + raw[to:]


# kind -> (what becomes of the file, whether every post must still be read)
FILE_KINDS: dict[str, tuple[Callable[[random.Random, bytes], bytes], bool]] = {
    "cut file": (lambda rng, raw: raw[: rng.randrange(len(raw))], False),
    "flipped anywhere": (_flip_any, False),
    "moved piece": (_swapped, False),
    "UTF-8 mark": (lambda rng, raw: b"\xef\xbb\xbf" + raw, True),
    "UTF-16": (_recoded("utf-16"), True),
    "UTF-16 big-endian": (lambda rng, raw: b"\xfe\xff" + raw.decode().encode("utf-16-be"), True),
    "UTF-32": (_recoded("utf-32"), True),
    "UTF-16 without mark": (_recoded("utf-16-le"), False),
    "UTF-16 cut": (lambda rng, raw: raw.decode().encode("utf-16")[: -rng.randrange(1, 40)], False),
    "Windows-1256": (_recoded("cp1256"), False),
    "empty": (lambda rng, raw: b"", False),
    "blank": (lambda rng, raw: b" \n\t\r\n" * rng.randrange(1, 50), False),
    "carriage returns": (lambda rng, raw: raw.replace(b"\n", b"\r\n"), True),
    "old line ends": (lambda rng, raw: raw.replace(b"\n", b"\r"), False),
    "noise before": (lambda rng, raw: rng.randbytes(rng.randrange(1, 100)) + b"\n" + raw, False),
    "noise after": (lambda rng, raw: raw + rng.randbytes(rng.randrange(1, 100)), False),
    "noise only": (lambda rng, raw: rng.randbytes(rng.randrange(1, 2000)), False),
    "twice": (lambda rng, raw: raw + raw, False),
    "zeros after": (lambda rng, raw: raw + bytes(rng.randrange(1, 10_000)), False),
    "gzip": (lambda rng, raw: gzip.compress(raw), True),
    "gzip of two members": (lambda rng, raw: gzip.compress(raw[:100]) + gzip.compress(raw[100:]), True),
    "gzip cut": (_gzip_cut, False),
    "gzip flipped": (lambda rng, raw: _flip_any(rng, gzip.compress(raw)), False),
    "gzip and noise": (lambda rng, raw: gzip.compress(raw) + rng.randbytes(40), False),
    "zstd": (lambda rng, raw: _zstd(raw), True),
    "zstd flipped": (lambda rng, raw: _flip_any(rng, _zstd(raw)), False),
    "zstd cut": (lambda rng, raw: _zstd(raw)[: -rng.randrange(1, 60)], False),
    "zip": (lambda rng, raw: _zip(raw), True),
    "zip flipped": (lambda rng, raw: _flip_any(rng, _zip(raw)), False),
    "zip cut": (lambda rng, raw: _zip(raw)[: -rng.randrange(1, 200)], False),
    "zip in zip": (lambda rng, raw: _zip(_zip(raw), "a.zip"), False),
    "zip pointing out": (lambda rng, raw: _zip(raw, rng.choice(["../a", "/etc/a", "C:\\a", "a/../../b", ".."])), False),
}


def file_mutants(each: int) -> Iterator[Mutant]:
    """Files damaged as a whole: `each` of every kind and sample."""
    for sample in SAMPLES:
        for kind, (spoil, is_read) in FILE_KINDS.items():
            for number in range(each if not is_read else 1):
                rng = random.Random(f"{SEED} {sample.name} {kind} {number}")
                kept = frozenset(sample.ids if is_read else ())
                yield Mutant(kind, sample.name, number, sample.ending, spoil(rng, sample.joined()), kept)


def parquet_mutants(whole: dict[str, bytes], each: int) -> Iterator[Mutant]:
    """Parquet files, whole under `whole`, damaged in their pages, their footer, or cut."""
    for name, raw in whole.items():
        footer = len(raw) - 8 - int.from_bytes(raw[-8:-4], "little")
        for number in range(each):
            for kind, low, high in (("parquet pages", 4, footer), ("parquet footer", footer, len(raw))):
                rng = random.Random(f"{SEED} {name} {kind} {number}")
                spoilt = bytearray(raw)
                for _ in range(rng.choice([1, 1, 1, 3, 40])):
                    spoilt[rng.randrange(low, high)] ^= rng.choice([1 << rng.randrange(8), 255, rng.randrange(256)])
                yield Mutant(kind, name, number, ".parquet", bytes(spoilt), frozenset())
            rng = random.Random(f"{SEED} {name} cut {number}")
            yield Mutant("parquet cut", name, number, ".parquet", raw[: rng.randrange(len(raw))], frozenset())
            at, size = rng.randrange(4, len(raw) - 8), rng.randrange(1, 64)
            moved = raw[:at] + raw[at + size :] + raw[at : at + size]
            yield Mutant("parquet moved", name, number, ".parquet", moved[:-8] + raw[-8:], frozenset())
