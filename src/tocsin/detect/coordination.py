"""Accounts that share the same objects within a time window: edges, exactly as CooRTweet counts them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tocsin.detect.near_pairs import Numbers, ObjectEdges, grouped, near_shares, object_edges
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

_SHARES = "SELECT layer, object, account_id, content_id, posted_us FROM {view} WHERE object <> ''"


def co_sharing_edges(
    engine: Engine,
    shares_view: str = "shares",
    *,
    window_s: float,
    min_participation: int = 2,
    edge_quantile: float | None = None,
    max_pairs: int = MAX_PAIRS,
) -> pa.Table:
    """Edges between accounts of the engine's shares; as `edges_of_layers`, which says what they are.

    Needs: `shares_view` with the columns of SHARES.
    """
    return edges_of_layers(
        _by_layer(engine.table(_SHARES.format(view=shares_view))),
        window_s=window_s,
        min_participation=min_participation,
        edge_quantile=edge_quantile,
        max_pairs=max_pairs,
    )


def edges_of_layers(
    layers: Sequence[pa.Table],
    *,
    window_s: float,
    min_participation: int = 2,
    edge_quantile: float | None = None,
    max_pairs: int = MAX_PAIRS,
) -> pa.Table:
    """Edges between accounts that shared the same object within `window_s` seconds, with their weights.

    `layers`: rows of LAYER, none of them empty. Rows: EDGES, ordered by account_a, account_b. With `edge_quantile`
    only edges whose weight is greater than that quantile (linear interpolation) of all weights. Several layers are
    counted each by itself and summed.
    Raises TocsinInputError for a setting out of range and where more than `max_pairs` pairs of posts would have
    to be looked at; the count is known before any pair is made.
    Source: Righetti and Balluff, CooRTweet (2023), version 2.1.3; Giglietto et al., CooRnet (2020).
    """
    window_us = _checked_window_us(window_s, min_participation, edge_quantile)
    near = [near_shares(rows, window_us, min_participation) for rows in layers]
    pair_count = sum(layer.pair_count for layer in near)
    if pair_count > max_pairs:
        raise TocsinInputError(
            f"about {pair_count:,} pairs of posts share an object within {window_s:g} s",
            expected=f"at most {max_pairs:,}",
            next_step="use a shorter window, a higher participation, fewer objects or a shorter time range",
        )
    edges = _summed([(layer.accounts, object_edges(layer, min_participation)) for layer in near])
    return edges if edge_quantile is None else edges_above(edges, edge_quantile)


def _by_layer(shares: pa.Table) -> list[pa.Table]:
    return [shares.filter(pc.equal(shares["layer"], layer)) for layer in pc.unique(shares["layer"])]


def _summed(layers: Sequence[tuple[pa.Array, ObjectEdges]]) -> pa.Table:
    """EDGES over the layers, each with its own numbers of accounts: names meet here, ordered by code point."""
    used = [np.unique(np.concatenate([edges.account_a, edges.account_b])) for _, edges in layers]
    names = [words.take(pa.array(numbers)) for (words, _), numbers in zip(layers, used, strict=True)]
    every = pc.unique(pa.chunked_array(names, pa.string()))
    every = every.take(pc.sort_indices(every))
    columns: list[list[Numbers]] = [[] for _ in range(5)]
    for layer, ((words, edges), numbers, own) in enumerate(zip(layers, used, names, strict=True)):
        rank = np.zeros(len(words), np.int64)
        rank[numbers] = pc.index_in(own, value_set=every).to_numpy()
        a, b = rank[edges.account_a], rank[edges.account_b]
        parts = (np.minimum(a, b), np.maximum(a, b), edges.weight, edges.gap_us, np.full(len(a), layer))
        for column, part in zip(columns, parts, strict=True):
            column.append(part)
    if not len(every):
        return EDGES.empty_table()
    no_a, no_b, weight, gap_us, layer_no = (np.concatenate(column) for column in columns)
    order, first = grouped(no_a, no_b, layer_no)
    no_a, no_b, weight, gap_us, layer_no = (column[order] for column in (no_a, no_b, weight, gap_us, layer_no))
    pair = first[np.flatnonzero(np.diff(no_a[first], prepend=-1) | np.diff(no_b[first], prepend=-1))]
    total = np.add.reduceat(weight, pair)
    layer_starts = np.zeros(len(order), np.int64)
    layer_starts[first] = 1
    return pa.table(
        [
            every.take(pa.array(no_a[pair])),
            every.take(pa.array(no_b[pair])),
            total,
            np.diff(np.append(pair, len(order))),
            np.add.reduceat(layer_starts, pair),
            np.add.reduceat(gap_us, pair) / total / 1_000_000,
        ],
        schema=EDGES,
    )


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
