"""Small invented exports of every format, as a head, records that can be spoiled one by one, and a tail."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

RECORDS = 7
WORDS = ("bread", "خبز اليوم", "boats", "የዛሬ ዳቦ", "rope & nails", "tea at the quay", "le marché")
NOON = datetime(2020, 4, 3, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Sample:
    """An export: the bytes of its records, what stands around and between them, and the id each post has."""

    name: str
    ending: str
    head: bytes
    records: tuple[bytes, ...]
    between: bytes
    tail: bytes
    ids: tuple[str, ...]
    is_json: bool

    def joined(self, records: tuple[bytes, ...] | None = None) -> bytes:
        """The whole file."""
        return self.head + self.between.join(self.records if records is None else records) + self.tail


def _text(number: int) -> str:
    return f"{WORDS[number % len(WORDS)]} {number}"


def _time(number: int) -> str:
    return (NOON + timedelta(hours=number)).isoformat().replace("+00:00", ".000Z")


def _v2(number: int) -> dict[str, Any]:
    return {
        "id": str(100 + number),
        "author_id": "7",
        "created_at": _time(number),
        "text": _text(number),
        "entities": {"hashtags": [{"tag": "quay"}], "urls": [{"url": "https://t.example/1", "expanded_url": None}]},
        "referenced_tweets": [{"type": "replied_to", "id": "99"}],
    }


def _v1(number: int) -> dict[str, Any]:
    return {
        "id_str": str(100 + number),
        "created_at": f"Fri Apr 03 {12 + number}:00:00 +0000 2020",
        "full_text": _text(number),
        "user": {"id_str": "7", "screen_name": "osk_baker", "name": "Osk"},
        "entities": {"hashtags": [{"text": "quay"}], "urls": []},
    }


def _telegram(number: int) -> dict[str, Any]:
    return {
        "id": 100 + number,
        "type": "message",
        "date_unixtime": str(int(NOON.timestamp()) + 3600 * number),
        "from": "Osk",
        "from_id": "channel7",
        "text": [_text(number), {"type": "link", "text": "https://osk.example"}],
    }


def _rocket(number: int) -> dict[str, Any]:
    return {
        "_id": str(100 + number),
        "rid": "R",
        "u": {"_id": "U", "username": "osk"},
        "ts": _time(number),
        "msg": _text(number),
    }


def _row(number: int) -> dict[str, Any]:
    return {"post_id": str(100 + number), "user": "osk", "text": _text(number), "created_at": _time(number)}


def _dumped(make: Callable[[int], dict[str, Any]], **options: Any) -> tuple[bytes, ...]:
    return tuple(json.dumps(make(number), **options).encode() for number in range(RECORDS))


def _indented(make: Callable[[int], dict[str, Any]], by: int) -> tuple[bytes, ...]:
    pad = " " * by
    return tuple(
        "\n".join(pad + line for line in json.dumps(make(n), indent=1, ensure_ascii=False).split("\n")).encode()
        for n in range(RECORDS)
    )


def _csv(number: int, mark: str) -> bytes:
    text = _text(number) + (mark + " and more" if number % 2 else "")
    return mark.join((str(100 + number), "osk", f'"{text}"', _time(number))).encode()


def _chat(number: int) -> bytes:
    return f"{13 + number}/04/2020, 12:0{number} - Osk Baker: {_text(number)}\nand a second line".encode()


IDS = tuple(str(100 + number) for number in range(RECORDS))
_PLAIN = {"ensure_ascii": False, "separators": (",", ":")}
_TG_HEAD = b'{\n "name": "Quay",\n "type": "public_channel",\n "id": 7,\n "messages": [\n'
_ALL = (
    ("v2-lines", ".jsonl", b"", _dumped(_v2, **_PLAIN), b"\n", b"\n", IDS, True),
    ("v2-array", ".json", b"[\n", _indented(_v2, 1), b",\n", b"\n]\n", IDS, True),
    ("v2-values", ".json", b"", _indented(_v2, 0), b"\n", b"\n", IDS, True),
    ("v1-lines", ".jsonl", b"", _dumped(_v1), b"\n", b"\n", IDS, True),
    ("v1-search", ".json", b'{"statuses": [', _dumped(_v1), b", ", b'], "search_metadata": {"count": 7}}', IDS, True),
    ("telegram", ".json", _TG_HEAD, _indented(_telegram, 2), b",\n", b"\n ]\n}", tuple(f"7/{i}" for i in IDS), True),
    ("rocketchat-page", ".json", b'{"messages":[', _dumped(_rocket, **_PLAIN), b",", b'],"success":true}', IDS, True),
    ("rocketchat-lines", ".jsonl", b"", _dumped(_rocket), b"\n", b"\n", IDS, True),
    ("table-lines", ".jsonl", b"", _dumped(_row), b"\n", b"\n", IDS, True),
    ("table-array", ".json", b"[", _dumped(_row), b",\n", b"]", IDS, True),
    (
        "table-csv",
        ".csv",
        b"post_id,user,text,created_at\n",
        tuple(_csv(n, ",") for n in range(RECORDS)),
        b"\n",
        b"\n",
        IDS,
        False,
    ),
    (
        "table-tsv",
        ".tsv",
        b"post_id\tuser\ttext\tcreated_at\n",
        tuple(_csv(n, "\t") for n in range(RECORDS)),
        b"\n",
        b"\n",
        IDS,
        False,
    ),
    # ids are derived: the numbers at the end of the texts stand for them
    ("whatsapp", ".txt", b"", tuple(_chat(n) for n in range(RECORDS)), b"\n", b"\n", tuple("0123456"), False),
)
SAMPLES = tuple(Sample(*parts) for parts in _ALL)


def parquet_table() -> pa.Table:
    """The rows as an Arrow table."""
    rows = [_row(number) for number in range(400)]
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    columns["created_at"] = pa.array([NOON + timedelta(hours=n) for n in range(400)], pa.timestamp("us", "UTC"))
    columns["urls"] = [["https://osk.example"]] * 400
    return pa.table(columns)


def parquet_file(**options: Any) -> bytes:
    """A Parquet file of 400 rows in four row groups."""
    sink = io.BytesIO()
    pq.write_table(parquet_table(), sink, row_group_size=100, **options)
    return sink.getvalue()
