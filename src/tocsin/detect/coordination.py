"""Accounts that share the same objects within a time window: edges, exactly as CooRTweet counts them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tocsin.records.engine import Engine
from tocsin.records.errors import TocsinInputError

# Rows: two accounts (account_a < account_b by code point) and how often they shared an object within the window.
EDGES = pa.schema(
    [
        pa.field("account_a", pa.string(), nullable=False),
        pa.field("account_b", pa.string(), nullable=False),
        pa.field("weight", pa.int64(), nullable=False),  # pairs of posts within the window, over all layers
        pa.field("object_count", pa.int64(), nullable=False),  # distinct objects behind the weight
        pa.field("layer_count", pa.int64(), nullable=False),
        pa.field("mean_gap_s", pa.float64(), nullable=False),  # mean seconds between the two posts of a pair
    ]
)
# A pair costs some 100 bytes at worst (each between two accounts that meet only once): 20 million keep under 3 GB.
MAX_PAIRS = 20_000_000

_DISTINCT = """
CREATE OR REPLACE TEMP TABLE co_rows AS
WITH rows_once AS (
  SELECT DISTINCT layer, object, account_id, content_id, posted_us FROM {view} WHERE object <> ''
), active AS (
  SELECT layer, account_id FROM rows_once GROUP BY layer, account_id HAVING COUNT(*) >= {participation}
)
SELECT r.layer, r.object, r.account_id, r.content_id, r.posted_us
FROM rows_once AS r JOIN active AS a ON r.layer = a.layer AND r.account_id = a.account_id
"""
# Strings become numbers in code-point order, so that account_a < account_b means the same before and after.
_ACCOUNTS = """
CREATE OR REPLACE TEMP TABLE co_accounts AS
SELECT account_id, ROW_NUMBER() OVER (ORDER BY account_id) AS account_no
FROM (SELECT DISTINCT account_id FROM co_rows)
"""
_CONTENTS = """
CREATE OR REPLACE TEMP TABLE co_contents AS
SELECT content_id, ROW_NUMBER() OVER (ORDER BY content_id) AS content_no
FROM (SELECT DISTINCT content_id FROM co_rows)
"""
# An object only one account shared joins nobody: most objects of a real collection go here.
_OBJECTS = """
CREATE OR REPLACE TEMP TABLE co_objects AS
SELECT layer, object, ROW_NUMBER() OVER (ORDER BY layer, object) AS object_no
FROM (SELECT layer, object FROM co_rows GROUP BY layer, object HAVING MIN(account_id) <> MAX(account_id))
"""
_SHARES = """
CREATE OR REPLACE TEMP TABLE co_shares AS
SELECT r.layer, o.object_no, a.account_no, c.content_no, r.posted_us,
  CAST(FLOOR(r.posted_us / {width}) AS BIGINT) AS slot
FROM co_rows AS r
JOIN co_accounts AS a ON r.account_id = a.account_id
JOIN co_objects AS o ON r.layer = o.layer AND r.object = o.object
JOIN co_contents AS c ON r.content_id = c.content_id
WHERE r.object <> r.content_id
"""
_ESTIMATE = """
SELECT COALESCE(SUM(n), 0) AS pairs FROM (
  SELECT COUNT(*) OVER (
    PARTITION BY object_no ORDER BY posted_us RANGE BETWEEN {window} PRECEDING AND CURRENT ROW
  ) - 1 AS n FROM co_shares
) AS counted
"""
# Two rows at most one window apart lie in the same slot or in neighbouring ones: an equality join on the slot
# instead of a range join, so that a popular object costs its near pairs and not all of its pairs.
_PAIRS = """
FROM co_shares AS x JOIN (
  SELECT object_no, account_no, content_no, posted_us, slot AS near_slot, 0 AS step FROM co_shares
  UNION ALL
  SELECT object_no, account_no, content_no, posted_us, slot - 1 AS near_slot, 1 AS step FROM co_shares
) AS y ON x.object_no = y.object_no AND x.slot = y.near_slot
WHERE ABS(x.posted_us - y.posted_us) <= {window} AND x.content_no <> y.content_no
  AND ((y.step = 0 AND x.account_no < y.account_no) OR (y.step = 1 AND x.account_no <> y.account_no))
"""
_OBJECT_EDGES = """
CREATE OR REPLACE TEMP TABLE co_object_edges AS
SELECT x.layer, x.object_no, LEAST(x.account_no, y.account_no) AS no_a, GREATEST(x.account_no, y.account_no) AS no_b,
  COUNT(*) AS weight, SUM(ABS(x.posted_us - y.posted_us)) AS gap_us
{pairs}
GROUP BY x.layer, x.object_no, LEAST(x.account_no, y.account_no), GREATEST(x.account_no, y.account_no)
"""
_MET = """
CREATE OR REPLACE TEMP TABLE co_met AS
SELECT DISTINCT met.layer, c.content_id FROM (
  SELECT x.layer, x.content_no {pairs} UNION ALL SELECT x.layer, y.content_no {pairs}
) AS met JOIN co_contents AS c ON met.content_no = c.content_no
"""
_TAKING_PART = """
CREATE OR REPLACE TEMP TABLE co_taking_part AS
SELECT r.layer, a.account_no FROM co_rows AS r
JOIN co_met AS m ON r.layer = m.layer AND r.content_id = m.content_id
JOIN co_accounts AS a ON r.account_id = a.account_id
GROUP BY r.layer, a.account_no HAVING COUNT(*) >= {participation}
"""
_EDGES = """
SELECT a.account_id AS account_a, b.account_id AS account_b, CAST(e.weight AS BIGINT) AS weight,
  CAST(e.object_count AS BIGINT) AS object_count, CAST(e.layer_count AS BIGINT) AS layer_count,
  CAST(e.gap_us AS DOUBLE) / e.weight / 1000000 AS mean_gap_s
FROM (
  SELECT no_a, no_b, SUM(weight) AS weight, COUNT(*) AS object_count, COUNT(DISTINCT layer) AS layer_count,
    SUM(gap_us) AS gap_us
  FROM (
    SELECT e.* FROM co_object_edges AS e
    LEFT JOIN co_taking_part AS p ON e.layer = p.layer AND e.no_a = p.account_no
    LEFT JOIN co_taking_part AS q ON e.layer = q.layer AND e.no_b = q.account_no
    WHERE p.account_no IS NOT NULL OR q.account_no IS NOT NULL
  ) AS kept GROUP BY no_a, no_b
) AS e JOIN co_accounts AS a ON e.no_a = a.account_no JOIN co_accounts AS b ON e.no_b = b.account_no
ORDER BY account_a, account_b
"""
_FORGET = "CREATE OR REPLACE TEMP TABLE {table} AS SELECT 0 AS nothing"
_TABLES = ("rows", "accounts", "contents", "objects", "shares", "object_edges", "met", "taking_part")


def co_sharing_edges(
    engine: Engine,
    shares_view: str = "shares",
    *,
    window_s: float,
    min_participation: int = 2,
    edge_quantile: float | None = None,
    max_pairs: int = MAX_PAIRS,
) -> pa.Table:
    """Edges between accounts that shared the same object within `window_s` seconds, with their weights.

    Rows: EDGES, ordered by account_a, account_b. With `edge_quantile` only edges whose weight is greater than
    that quantile (linear interpolation) of all weights. Several layers are counted each by itself and summed.
    Needs: `shares_view` with the columns of SHARES.
    Raises TocsinInputError for a setting out of range and where more than `max_pairs` pairs of posts would have
    to be looked at; the count is known before any pair is made.
    Source: Righetti and Balluff, CooRTweet (2023), version 2.1.3; Giglietto et al., CooRnet (2020).
    """
    window_us = _checked_window_us(window_s, min_participation, edge_quantile)
    filling = {"view": shares_view, "participation": min_participation, "window": window_us, "width": max(window_us, 1)}
    for statement in (_DISTINCT, _ACCOUNTS, _CONTENTS, _OBJECTS, _SHARES):
        engine.run(statement.format(**filling))
    pair_count = int(engine.table(_ESTIMATE.format(**filling))["pairs"][0].as_py())
    if pair_count > max_pairs:
        raise TocsinInputError(
            f"about {pair_count:,} pairs of posts share an object within {window_s:g} s",
            expected=f"at most {max_pairs:,}",
            next_step="use a shorter window, a higher participation, fewer objects or a shorter time range",
        )
    pairs = _PAIRS.format(**filling)
    engine.run(_OBJECT_EDGES.format(pairs=pairs))
    engine.run(_MET.format(pairs=pairs))
    engine.run(_TAKING_PART.format(**filling))
    edges = engine.table(_EDGES).cast(EDGES)
    for table in _TABLES:
        engine.run(_FORGET.format(table=f"co_{table}"))
    return edges if edge_quantile is None else edges_above(edges, edge_quantile)


def edges_above(edges: pa.Table, edge_quantile: float) -> pa.Table:
    """The edges whose weight is greater than the quantile (linear interpolation) of all weights."""
    if edges.num_rows == 0:
        return edges
    threshold = float(np.quantile(edges["weight"].to_numpy(), edge_quantile))
    return edges.filter(pc.greater(edges["weight"].cast(pa.float64()), threshold))


def _checked_window_us(window_s: float, min_participation: int, edge_quantile: float | None) -> int:
    if not 0 <= window_s <= 366 * 86_400:
        raise TocsinInputError("window out of range", expected="0 to 31,622,400 seconds", got=f"{window_s:g}")
    if min_participation < 1:
        raise TocsinInputError("participation out of range", expected="1 or more", got=str(min_participation))
    if edge_quantile is not None and not 0 <= edge_quantile <= 1:
        raise TocsinInputError("edge quantile out of range", expected="0 to 1", got=f"{edge_quantile:g}")
    return round(window_s * 1_000_000)
