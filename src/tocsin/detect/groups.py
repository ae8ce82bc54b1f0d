"""Coordinated groups: communities of accounts whose joint posts are more than chance and more than once."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable

import networkx as nx
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tocsin.detect.chance import adjusted_p_values, poisson_tails
from tocsin.detect.timing import instant
from tocsin.records.engine import Engine
from tocsin.records.findings import CoordinatedGroup

# Rows: one post that a member of a group posted within the window of another member's post on the same object.
GROUP_MEMBERS = pa.schema(
    [
        pa.field("group_id", pa.string(), nullable=False),
        pa.field("account_id", pa.string(), nullable=False),
        pa.field("content_id", pa.string(), nullable=False),
        pa.field("layer", pa.string(), nullable=False),
        pa.field("object", pa.string(), nullable=False),
        pa.field("posted_us", pa.int64(), nullable=False),
    ]
)
# Rows: EDGES and, for one pair of accounts, how many posts of either met the other's, what chance gives, q.
TESTED_EDGES = pa.schema(
    [
        pa.field("account_a", pa.string(), nullable=False),
        pa.field("account_b", pa.string(), nullable=False),
        pa.field("weight", pa.int64(), nullable=False),
        pa.field("joint_posts", pa.int64(), nullable=False),
        pa.field("expected_joint_posts", pa.float64(), nullable=False),
        pa.field("q_value", pa.float64(), nullable=False),
    ]
)
WHOLE_UP_TO = 12  # accounts: a component this small is one group; Louvain would only cut it at random
MAX_OBJECTS_SHOWN = 20
_IMAGINED_POSTS = 12

_CANDIDATES = """
CREATE OR REPLACE TEMP TABLE gr_shares AS
SELECT DISTINCT s.layer, s.object, s.account_id, s.content_id, s.posted_us,
  CAST(FLOOR(s.posted_us / {width}) AS BIGINT) AS slot
FROM {view} AS s JOIN gr_accounts AS g ON s.account_id = g.account_id
WHERE s.object <> '' AND s.object <> s.content_id
"""
# One pair of posts that has two tags and a link in common is one meeting, so contents are counted, not objects.
_JOINT = """
WITH near AS (
  SELECT layer, object, account_id, content_id, posted_us, slot AS near_slot, 0 AS step FROM gr_shares
  UNION ALL
  SELECT layer, object, account_id, content_id, posted_us, slot - 1 AS near_slot, 1 AS step FROM gr_shares
), met AS (
  SELECT x.layer, CASE WHEN x.account_id < y.account_id THEN x.account_id ELSE y.account_id END AS account_a,
    CASE WHEN x.account_id < y.account_id THEN y.account_id ELSE x.account_id END AS account_b,
    CASE WHEN x.account_id < y.account_id THEN x.content_id ELSE y.content_id END AS content_a,
    CASE WHEN x.account_id < y.account_id THEN y.content_id ELSE x.content_id END AS content_b
  FROM gr_shares AS x JOIN near AS y ON x.layer = y.layer AND x.object = y.object AND x.slot = y.near_slot
  WHERE ABS(x.posted_us - y.posted_us) <= {window} AND x.content_id <> y.content_id
    AND ((y.step = 0 AND x.account_id < y.account_id) OR (y.step = 1 AND x.account_id <> y.account_id))
)
SELECT e.account_a, e.account_b, e.weight, m.layer,
  CAST(LEAST(COUNT(DISTINCT m.content_a), COUNT(DISTINCT m.content_b)) AS BIGINT) AS joint_posts
FROM gr_edges AS e JOIN met AS m ON e.account_a = m.account_a AND e.account_b = m.account_b
GROUP BY e.account_a, e.account_b, e.weight, m.layer
"""
# When posts are made in general, by slot of the day (a share, 0-1).
_HABIT = """
CREATE OR REPLACE TEMP TABLE gr_habit AS
WITH slots AS (
  SELECT CAST(FLOOR(posted_us / {slot}) AS BIGINT) - 24 * CAST(FLOOR(posted_us / {day}) AS BIGINT) AS slot_no
  FROM {view} WHERE object <> ''
)
SELECT slot_no, CAST(COUNT(*) AS DOUBLE) / SUM(COUNT(*)) OVER () AS habit FROM slots GROUP BY slot_no
"""
# The chance that two posts on one object on one day lie within the window, if each kept its hour and moved within it.
# {prior} imagined posts follow the general habit, so that an object seldom shared is not explained by itself.
_DAYS = """
CREATE OR REPLACE TEMP TABLE gr_days AS
WITH wanted AS (SELECT DISTINCT layer, object FROM gr_shares), hourly AS (
  SELECT s.layer, s.object, CAST(FLOOR(s.posted_us / {day}) AS BIGINT) AS day_no,
    CAST(FLOOR(s.posted_us / {slot}) AS BIGINT) - 24 * CAST(FLOOR(s.posted_us / {day}) AS BIGINT) AS slot_no,
    CAST(COUNT(DISTINCT s.content_id) AS DOUBLE) AS n
  FROM {view} AS s JOIN wanted AS w ON s.layer = w.layer AND s.object = w.object GROUP BY 1, 2, 3, 4
), general AS (SELECT SUM(habit * habit) AS squares FROM gr_habit)
SELECT h.layer, h.object, h.day_no,
  LEAST(1.0, {near_share} * (SUM(h.n * h.n) + 2 * {prior} * SUM(h.n * g.habit) + {prior} * {prior} * MIN(e.squares))
    / ((SUM(h.n) + {prior}) * (SUM(h.n) + {prior}))) AS chance
FROM hourly AS h JOIN gr_habit AS g ON h.slot_no = g.slot_no CROSS JOIN general AS e
GROUP BY h.layer, h.object, h.day_no
"""
_EXPECTED = """
WITH counts AS (
  SELECT layer, object, account_id, CAST(FLOOR(posted_us / {day}) AS BIGINT) AS day_no, CAST(COUNT(*) AS DOUBLE) AS n
  FROM gr_shares GROUP BY 1, 2, 3, 4
)
SELECT e.account_a, e.account_b, a.layer, SUM(a.n * b.n * d.chance) AS expected
FROM gr_edges AS e JOIN counts AS a ON e.account_a = a.account_id
JOIN counts AS b ON e.account_b = b.account_id AND a.layer = b.layer AND a.object = b.object AND a.day_no = b.day_no
JOIN gr_days AS d ON a.layer = d.layer AND a.object = d.object AND a.day_no = d.day_no
GROUP BY e.account_a, e.account_b, a.layer
"""
# At most this many pairs of accounts could have met: those on one object on one day.
_COULD_MEET = """
SELECT COALESCE(SUM(CAST(n AS DOUBLE) * (n - 1) / 2), 0) AS pairs, COALESCE(SUM(n), 0) AS accounts FROM (
  SELECT COUNT(DISTINCT account_id) AS n FROM {view} WHERE object <> ''
  GROUP BY layer, object, CAST(FLOOR(posted_us / {day}) AS BIGINT)
) AS days
"""
_MEMBERS = """
SELECT group_id, account_id, content_id, layer, object, posted_us FROM (
  SELECT g.group_id, s.account_id, s.content_id, s.layer, s.object, s.posted_us,
    MIN(s.account_id) OVER near AS least_account, MAX(s.account_id) OVER near AS greatest_account
  FROM gr_shares AS s JOIN gr_members AS g ON s.account_id = g.account_id
  WINDOW near AS (
    PARTITION BY g.group_id, s.layer, s.object ORDER BY s.posted_us
    RANGE BETWEEN {window} PRECEDING AND {window} FOLLOWING
  )
) AS seen WHERE least_account <> greatest_account
ORDER BY group_id, posted_us, content_id, layer, object
"""
# A layer is tested by itself, as one post may carry a tag and a link; the layer with most joint posts is told.
_TESTED = """
SELECT j.account_a, j.account_b, j.weight, j.layer, j.joint_posts, COALESCE(x.expected, 0) AS expected
FROM ({joint}) AS j LEFT JOIN ({expected}) AS x
  ON j.account_a = x.account_a AND j.account_b = x.account_b AND j.layer = x.layer
ORDER BY j.account_a, j.account_b, j.layer
"""


def chance_tested_edges(
    engine: Engine, edges: pa.Table, shares_view: str = "shares", *, window_s: float, min_weight: int = 2
) -> pa.Table:
    """Edges of at least `min_weight` with their joint posts, what chance would give, and a q-value.

    Rows: TESTED_EDGES, ordered by account_a, account_b. Chance: each account keeps the objects it shared each day,
    each object its hours, and posts are moved within the hour; objects with few posts that day lean on the hours
    of all posts. Poisson tail in the best layer, corrected for the layers; Benjamini-Hochberg over all pairs of
    accounts that shared an object on one day.
    Source: Amarasingham et al., conditional modeling and the jitter method (2012).
    """
    window = round(window_s * 1_000_000)
    slot = max(3_600_000_000, 10 * window)
    filling = {
        "view": shares_view, "window": window, "width": max(window, 1), "slot": slot, "day": 24 * slot,
        "near_share": repr(min(1.0, 2 * max(window, 1_000_000) / slot)), "prior": _IMAGINED_POSTS,
    }  # fmt: skip
    kept = edges.filter(pc.greater_equal(edges["weight"], min_weight)).select(["account_a", "account_b", "weight"])
    if kept.num_rows == 0:
        return TESTED_EDGES.empty_table()
    engine.register("gr_edges", kept)
    both = pa.chunked_array(kept["account_a"].chunks + kept["account_b"].chunks, pa.string())
    engine.register("gr_accounts", pa.table({"account_id": pc.unique(both)}))
    for statement in (_CANDIDATES, _HABIT, _DAYS):
        engine.run(statement.format(**filling))
    layers = engine.table(_TESTED.format(joint=_JOINT.format(**filling), expected=_EXPECTED.format(**filling)))
    could_meet = int(engine.table(_COULD_MEET.format(**filling))["pairs"][0].as_py())
    return _best_layers(layers, could_meet)


def _best_layers(layers: pa.Table, could_meet: int) -> pa.Table:
    """One row a pair: the layer with the least p-value, times the number of layers of the pair."""
    p_values = poisson_tails(layers["joint_posts"].to_numpy(), layers["expected"].to_numpy())
    accounts = list(zip(layers["account_a"].to_pylist(), layers["account_b"].to_pylist(), strict=True))
    best: dict[tuple[str, str], int] = {}
    layer_count: Counter[tuple[str, str]] = Counter(accounts)
    for row, pair in enumerate(accounts):
        if pair not in best or p_values[row] < p_values[best[pair]]:
            best[pair] = row
    rows = np.array([best[pair] for pair in sorted(best)], dtype=np.int64)
    corrected = np.minimum(p_values[rows] * np.array([layer_count[pair] for pair in sorted(best)]), 1.0)
    told = layers.take(pa.array(rows)).select(["account_a", "account_b", "weight", "joint_posts", "expected"])
    told = told.rename_columns(TESTED_EDGES.names[:5])
    return told.append_column("q_value", pa.array(adjusted_p_values(corrected, test_count=could_meet))).cast(
        TESTED_EDGES
    )


def coordinated_groups(
    engine: Engine,
    edges: pa.Table,
    shares_view: str = "shares",
    *,
    window_s: float,
    min_weight: int = 2,
    min_joint_posts: int = 2,
    min_accounts: int = 3,
    q: float = 0.05,
    seed: int = 20,
) -> tuple[list[CoordinatedGroup], pa.Table]:
    """Groups of accounts joined by edges that chance does not explain, and the posts behind them.

    Rows of the second: GROUP_MEMBERS. An edge joins when both accounts had at least `min_joint_posts` posts near
    the other's and its q-value is at most `q`. Groups are connected components; components of more than 12
    accounts are cut by Louvain with `seed`. The order of rows never matters.
    Source: Blondel et al., Louvain (2008); Tumminello et al., statistically validated networks (2011).
    """
    tested = chance_tested_edges(engine, edges, shares_view, window_s=window_s, min_weight=min_weight)
    kept = tested.filter(
        pc.and_(pc.greater_equal(tested["joint_posts"], min_joint_posts), pc.less_equal(tested["q_value"], q))
    ).sort_by([("account_a", "ascending"), ("account_b", "ascending")])
    communities = [c for c in _communities(kept, seed) if len(c) >= min_accounts]
    if not communities:
        return [], GROUP_MEMBERS.empty_table()
    ids = {group_id_of(community): community for community in communities}
    rows = [(group_id, account) for group_id, community in ids.items() for account in community]
    engine.register(
        "gr_members",
        pa.table({"group_id": [group_id for group_id, _ in rows], "account_id": [account for _, account in rows]}),
    )
    members = engine.table(_MEMBERS.format(window=round(window_s * 1_000_000))).cast(GROUP_MEMBERS)
    groups = [_group(group_id, ids[group_id], kept, members, window_s) for group_id in sorted(ids)]
    return sorted(groups, key=lambda group: (-group.weight, group.group_id)), members


def group_id_of(accounts: Iterable[str]) -> str:
    """The id of a group: the same accounts make the same id."""
    return "g" + hashlib.sha256("\n".join(sorted(accounts)).encode("utf-8", "surrogatepass")).hexdigest()[:12]


def _communities(edges: pa.Table, seed: int) -> list[tuple[str, ...]]:
    graph = nx.Graph()
    graph.add_weighted_edges_from(
        zip(
            edges["account_a"].to_pylist(),
            edges["account_b"].to_pylist(),
            edges["joint_posts"].to_pylist(),
            strict=True,
        )
    )
    found: list[tuple[str, ...]] = []
    for component in sorted(nx.connected_components(graph), key=min):
        if len(component) <= WHOLE_UP_TO:
            found.append(tuple(sorted(component)))
            continue
        ordered = nx.Graph()
        ordered.add_nodes_from(sorted(component))
        ordered.add_edges_from(sorted((*sorted(e[:2]), e[2]) for e in graph.edges(component, data=True)))
        parts = nx.community.louvain_communities(ordered, weight="weight", seed=seed)
        found += [tuple(sorted(part)) for part in parts]
    return sorted(found)


def _group(
    group_id: str, accounts: tuple[str, ...], edges: pa.Table, members: pa.Table, window_s: float
) -> CoordinatedGroup:
    inside = pa.array(accounts, pa.string())
    own_edges = edges.filter(
        pc.and_(pc.is_in(edges["account_a"], value_set=inside), pc.is_in(edges["account_b"], value_set=inside))
    )
    own = members.filter(pc.equal(members["group_id"], group_id))
    counted = own.group_by("object").aggregate([("content_id", "count_distinct")])
    ranked = sorted(
        zip(counted["object"].to_pylist(), counted["content_id_count_distinct"].to_pylist(), strict=True),
        key=lambda item: (-item[1], item[0]),
    )
    return CoordinatedGroup(
        group_id=group_id,
        account_ids=accounts,
        layers=tuple(sorted(set(own["layer"].to_pylist()))),
        objects=tuple(name for name, _ in ranked[:MAX_OBJECTS_SHOWN]),
        window_s=round(window_s),
        edge_count=own_edges.num_rows,
        weight=int(pc.sum(own_edges["weight"]).as_py() or 0),
        first_posted_at=instant(pc.min(own["posted_us"]).as_py()),
        last_posted_at=instant(pc.max(own["posted_us"]).as_py()),
        account_count=len(accounts),
    )


def group_posts(members: pa.Table, posts: pa.Table) -> pa.Table:
    """Rows: group_id and leaf_index of the posts behind groups. Needs `posts` with post_id and leaf_index."""
    known = posts.select(["post_id", "leaf_index"]).rename_columns(["content_id", "leaf_index"])
    joined = members.select(["group_id", "content_id"]).join(known, keys="content_id", join_type="inner")
    once = joined.select(["group_id", "leaf_index"]).group_by(["group_id", "leaf_index"]).aggregate([])
    return once.sort_by([("group_id", "ascending"), ("leaf_index", "ascending")])
