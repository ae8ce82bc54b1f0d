"""Small tables of invented posts with the columns the finders read."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

START = datetime(2026, 1, 5, tzinfo=UTC)
SCHEMA = pa.schema(
    [
        ("leaf_index", pa.int64()),
        ("post_id", pa.string()),
        ("account_id", pa.string()),
        ("posted_at", pa.timestamp("us", tz="UTC")),
        ("kind", pa.string()),
        ("repost_of_id", pa.string()),
        ("folded", pa.string()),
        ("tags", pa.list_(pa.string())),
        ("links", pa.list_(pa.string())),
        ("domains", pa.list_(pa.string())),
        ("text_key", pa.string()),
        ("word_count", pa.int32()),
    ]
)


def post(account: str, seconds: float | None, *tags: str, **more: Any) -> dict[str, Any]:
    return {
        "account_id": account,
        "posted_at": None if seconds is None else START + timedelta(seconds=seconds),
        "tags": list(tags),
        **more,
    }


def posts_table(posts: Iterable[dict[str, Any]]) -> pa.Table:
    rows = []
    for number, given in enumerate(posts):
        text = given.get("folded", "")
        filled = {
            "leaf_index": number, "post_id": f"p{number:06d}", "kind": "post", "repost_of_id": None, "folded": text,
            "links": [], "domains": [], "text_key": text, "word_count": len(text.split()), **given,
        }  # fmt: skip
        rows.append(filled)
    return pa.Table.from_pylist(rows, schema=SCHEMA)
