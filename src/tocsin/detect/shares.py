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
# The same without the layer's name: the shares of one layer.
LAYER = pa.schema([field for field in SHARES if field.name != "layer"])
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


def shares_by_layer(
    objects: Mapping[str, pa.ChunkedArray | pa.Array],
    accounts: pa.ChunkedArray | pa.Array,
    contents: pa.ChunkedArray | pa.Array,
    posted_at: pa.ChunkedArray | pa.Array,
) -> dict[str, pa.Table]:
    """The shares of a file, as LAYER: one table a column of objects. Rows without object, account, content or time
    are left out.

    `objects` maps the layer's name to its column; all columns have the same length. `posted_at` is a timestamp
    column (a zone-less one is taken as UTC) or whole numbers, taken as microseconds since 1970.
    """
    if pa.types.is_timestamp(posted_at.type):
        posted_us = pc.cast(posted_at, pa.timestamp("us", tz=posted_at.type.tz), safe=False).cast(pa.int64())
    else:
        posted_us = pc.cast(posted_at, pa.int64())
    others = [pc.cast(accounts, pa.string()), pc.cast(contents, pa.string()), posted_us]
    made = {}
    for layer, column in objects.items():
        rows = pa.table([pc.cast(column, pa.string()), *others], names=LAYER.names)
        rows = rows.filter(_filled(rows["object"]))
        if rows["posted_us"].null_count or not all(_all_filled(rows[name]) for name in ("account_id", "content_id")):
            whole = pc.and_(_filled(rows["account_id"]), _filled(rows["content_id"]))
            rows = rows.filter(pc.and_(whole, pc.is_valid(rows["posted_us"])))
        made[layer] = rows.cast(LAYER)
    return made


def layered_shares(
    objects: Mapping[str, pa.ChunkedArray | pa.Array],
    accounts: pa.ChunkedArray | pa.Array,
    contents: pa.ChunkedArray | pa.Array,
    posted_at: pa.ChunkedArray | pa.Array,
) -> pa.Table:
    """As `shares_by_layer`, the layers in one table of SHARES."""
    tables = [
        rows.add_column(0, SHARES.field("layer"), pa.repeat(pa.scalar(layer, pa.string()), rows.num_rows))
        for layer, rows in shares_by_layer(objects, accounts, contents, posted_at).items()
    ]
    return pa.concat_tables(tables) if tables else SHARES.empty_table()


def _filled(strings: pa.ChunkedArray | pa.Array) -> pa.ChunkedArray | pa.Array:
    """Which strings are there and not empty."""
    return pc.fill_null(pc.greater(pc.binary_length(strings), 0), False)


def _all_filled(strings: pa.ChunkedArray) -> bool:
    return not strings.null_count and (not len(strings) or bool(pc.min(pc.binary_length(strings)).as_py()))
