"""Invented posts for the archive's tests, as the desk hands them over."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from tocsin.archive import Keys, commitments, committed_values
from tocsin.records.posts import ENRICHED, NAMES, Block, Frame, ParsedPost, QuarantinedRecord, TimeBasis

START = datetime(2030, 1, 1, tzinfo=UTC)
NOW = datetime(2030, 6, 1, 12, tzinfo=UTC)


def clock() -> datetime:
    return NOW


class Batch(NamedTuple):
    """What one commit takes."""

    blocks: list[Block]
    posts: pa.Table
    secrets: bytes
    roots: bytes
    names: pa.Table
    quarantine: list[QuarantinedRecord]


def records(count: int, first: int = 0, words: int = 8, edited: bool = False) -> list[bytes]:
    """JSON lines of invented posts; `edited` gives the same ids another text."""
    village = ("market", "bridge", "harbour", "bread", "lantern", "weather", "goats", "well", "school", "road")
    lines = []
    for number in range(first, first + count):
        text = " ".join(village[(number * 7 + at * 3) % 10] for at in range(words)) + f" {number}"
        body = {
            "id": str(10**15 + number),
            "account": str(number % 50),
            "at": (START + timedelta(minutes=number)).isoformat(),
            "text": text + (" (edited)" if edited else ""),
        }
        lines.append(json.dumps(body).encode() + b"\n")
    return lines


def blocks_of(lines: list[bytes], records_a_block: int = 100) -> list[Block]:
    """Blocks of whole lines."""
    made, offset, line_no = [], 0, 1
    for at in range(0, len(lines), records_a_block):
        some = lines[at : at + records_a_block]
        frames, place = [], 0
        for line in some:
            frames.append(Frame(place, place + len(line) - 1, "", line_no))
            place, line_no = place + len(line), line_no + 1
        made.append(Block(offset, b"".join(some), tuple(frames)))
        offset += place
    return made


def batch(keys: Keys, capture_id: str, blocks: list[Block]) -> Batch:
    """Blocks read, pseudonymised, committed to and (barely) enriched."""
    pseudonyms = keys.pseudonyms
    rows, values, names, quarantine = [], [], {}, []
    for block in blocks:
        for frame in block.frames:
            raw = block.data[frame.start : frame.end]
            try:
                body = json.loads(raw)
            except ValueError:
                quarantine.append(
                    QuarantinedRecord(block.offset + frame.start, len(raw), frame.line_no, "", "not JSON")
                )
                continue
            post = ParsedPost(
                body["id"], body["account"], "villager" + body["account"], "Villager " + body["account"],
                datetime.fromisoformat(body["at"]) if body["at"] else None, TimeBasis.EXPLICIT, body["text"],
                block.offset + frame.start, len(raw), line_no=frame.line_no,
            )  # fmt: skip
            values.append(committed_values("village", post, raw))
            rows.append(_row(pseudonyms, capture_id, post))
            names[rows[-1]["post_id"]] = ("post", post.platform_id, None, None)
            names[rows[-1]["account_id"]] = ("account", post.account_platform_id, post.handle, post.display_name)
    secrets = os.urandom(16 * len(rows))
    roots = b"".join(each.root for each in commitments(secrets, values))
    name_rows = [
        dict(zip(NAMES.names, (key, kind, "village", *rest), strict=True)) for key, (kind, *rest) in names.items()
    ]
    return Batch(
        blocks, pa.Table.from_pylist(rows, schema=ENRICHED), secrets, roots,
        pa.Table.from_pylist(name_rows, schema=NAMES), quarantine,
    )  # fmt: skip


def _row(pseudonyms, capture_id: str, post: ParsedPost) -> dict[str, object]:
    row: dict[str, object] = {
        "post_id": pseudonyms.post("village", post.platform_id),
        "content_id": pseudonyms.content(post.text, str(post.posted_at)),
        "source": "village",
        "capture_id": capture_id,
        "record_offset": post.record_offset,
        "record_length": post.record_length,
        "pointer": post.pointer,
        "line_no": post.line_no,
        "account_id": pseudonyms.account("village", post.account_platform_id),
        "posted_at": post.posted_at,
        "time_basis": str(post.time_basis),
        "kind": str(post.kind),
        "audience": str(post.audience),
        "status": str(post.status),
        "text": post.text,
        "lang": "en",
        "lang_confidence": 0.9,
        "folded": post.text.lower(),
        "tags": ["osk"],
        "links": [],
        "domains": [],
        "text_key": "t",
        "word_count": len(post.text.split()),
        "fingerprint": np.zeros(8, np.uint8).tobytes(),
    }
    return row


def imported(
    writer,
    keys: Keys,
    lines: list[bytes],
    *,
    file_name: str = "posts.jsonl",
    blocks_a_commit: int = 2,
    records_a_block: int = 100,
):
    """A whole import as the desk does it: (certified capture, commit results); resumes what was interrupted."""
    from tocsin.records.posts import CaptureNote

    blocks = blocks_of(lines, records_a_block)
    capture = writer.begin_capture(CaptureNote("village"), "village/jsonl", file_name, blocks[0].data)
    waiting = [block for block in blocks if not writer.skips(capture, block)]
    results = []
    for at in range(0, len(waiting), blocks_a_commit):
        results.append(writer.commit(capture, *batch(keys, capture.capture_id, waiting[at : at + blocks_a_commit])))
    return writer.finish_capture(capture), results
