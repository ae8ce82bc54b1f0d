"""Who shared what and when: the one table that coordination is found in, from posts or from any file's columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from tocsin.records.engine import Engine
from tocsin.records.errors import TocsinInputError

# Rows: one object shared in one post. `posted_us` is microseconds since 1970-01-01 UTC.
SHARES = pa.schema(
    [
        pa.field("layer", pa.string(), nullable=False),
        pa.field("object", pa.string(), nullable=False),
        pa.field("account_id", pa.string(), nullable=False),
        pa.field("content_id", pa.string(), nullable=False),
        pa.field("posted_us", pa.int64(), nullable=False),
    ]
)
LAYERS = ("tag", "link", "text", "repost")

_COLUMNS = "p.leaf_index, p.account_id, p.post_id, p.posted_at"
_LAYER_SQL = {
    "tag": f"SELECT {_COLUMNS}, u.item FROM posts AS p, UNNEST(p.tags) AS u(item)",
    "link": f"SELECT {_COLUMNS}, u.item FROM posts AS p, UNNEST(p.links) AS u(item)",
    "text": f"SELECT {_COLUMNS}, p.text_key AS item FROM posts AS p WHERE p.kind <> 'repost' AND p.word_count >= 4",
    "repost": f"SELECT {_COLUMNS}, p.repost_of_id AS item FROM posts AS p WHERE p.repost_of_id IS NOT NULL",
}


def post_shares(engine: Engine, *, view: str = "shares", layers: Sequence[str] = LAYERS) -> None:
    """Make the shares of the desk's `posts` readable under `view` (the columns of SHARES and `leaf_index`).

    Posts without a time are left out (they cannot be near another in time), and so are empty objects: a post
    without a tag shares no tag with anybody. The text layer leaves out reposts, which the repost layer holds,
    and texts under four words, which people repeat without knowing of each other.
    """
    unknown = [layer for layer in layers if layer not in _LAYER_SQL]
    if unknown or not layers:
        raise TocsinInputError(
            "no such layer of shares", expected=", ".join(_LAYER_SQL), got=", ".join(unknown) or "none"
        )
    parts = " UNION ALL ".join(
        f"SELECT '{layer}' AS layer, s.item AS object, s.account_id, s.post_id AS content_id,"
        f" EPOCH_US(s.posted_at) AS posted_us, s.leaf_index FROM ({_LAYER_SQL[layer]}) AS s"
        f" WHERE s.posted_at IS NOT NULL AND s.item IS NOT NULL AND s.item <> ''"
        for layer in layers
    )
    engine.run(f"CREATE OR REPLACE TEMP TABLE {view} AS {parts}")


def layered_shares(
    objects: Mapping[str, pa.ChunkedArray | pa.Array],
    accounts: pa.ChunkedArray | pa.Array,
    contents: pa.ChunkedArray | pa.Array,
    posted_at: pa.ChunkedArray | pa.Array,
) -> pa.Table:
    """SHARES of a file: one layer a column of objects; rows without object, account, content or time are left out.

    `objects` maps the layer's name to its column; all columns have the same length. `posted_at` is a timestamp
    column (a zone-less one is taken as UTC) or whole numbers, taken as microseconds since 1970.
    """
    if pa.types.is_timestamp(posted_at.type):
        posted_us = pc.cast(posted_at, pa.timestamp("us", tz=posted_at.type.tz), safe=False).cast(pa.int64())
    else:
        posted_us = pc.cast(posted_at, pa.int64())
    tables = []
    for layer, column in objects.items():
        rows = pa.table(
            {
                "layer": pa.array([layer] * len(column), pa.string()),
                "object": pc.cast(column, pa.string()),
                "account_id": pc.cast(accounts, pa.string()),
                "content_id": pc.cast(contents, pa.string()),
                "posted_us": posted_us,
            }
        )
        filled = pc.is_valid(rows["posted_us"])
        for name in ("object", "account_id", "content_id"):
            filled = pc.and_(filled, pc.fill_null(pc.not_equal(rows[name], ""), False))
        tables.append(rows.filter(filled).cast(SHARES))
    return pa.concat_tables(tables) if tables else SHARES.empty_table()
