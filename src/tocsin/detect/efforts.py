"""Efforts: findings that are about the same thing, with the posts they are made of. No judgement of content."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import networkx as nx
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tocsin.detect.effort_posts import HeldPosts, Posts, effort_tags, expanded_rows
from tocsin.detect.finding_links import bridges, core_posts, finding_links, merged_communities
from tocsin.detect.timing import US, microseconds
from tocsin.records.findings import Burst, Cluster, CoordinatedGroup, Effort

Ints = NDArray[np.int64]
_DAY_US = 86_400 * US
_WHOLE_FINDINGS = ("tag", "domain", "link", "key", "group")  # kinds that make an effort by themselves
_NAMED = ("tag", "domain", "link", "key")
_MADE = ("group", "cluster")  # the same people or the same text: what lies in both is what joins them
_LEAST_ACCOUNTS = 3  # what one or two people post in a day is no public matter
_MOSTLY = 0.8
_LOUVAIN_SEED = 11


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding with its posts, as rows of the posts table."""

    finding_id: str
    kind: str  # tag, domain, link, phrase, key, group, cluster
    name: str
    rows: Ints
    start_us: int
    end_us: int


def efforts(
    bursts: Sequence[Burst],
    burst_members: pa.Table,
    groups: Sequence[CoordinatedGroup],
    group_members: pa.Table,
    clusters: Sequence[Cluster],
    cluster_members: pa.Table,
    posts: pa.Table,
    *,
    min_posts: int = 8,
    min_cluster_posts: int = 5,
) -> list[Effort]:
    """Efforts, the one with most posts first. The order of any input's rows never matters.

    Needs: members with columns (finding id, leaf_index) in this order; `posts` with leaf_index, account_id,
    posted_at, tags. Findings are joined by the cosine of their sets of posts, and, where they overlap in time, of
    their accounts (an account in many findings counts little); findings across unrelated things join nothing;
    Louvain communities of that
    graph, then communities are one that share 15 % of the smaller one's core posts, or half of its accounts and
    three times as many as chance gives. Formulaic clusters join
    nothing.
    Source: Blondel et al., Louvain (2008).
    """
    table = Posts.of(posts)
    found = _findings(bursts, burst_members, groups, group_members, clusters, cluster_members, table, min_cluster_posts)
    if not found:
        return []
    across = bridges(
        [f.rows for f in found], [f.kind in _NAMED for f in found], [f.kind not in _MADE for f in found], table.accounts
    )
    bridging = [found[i] for i in sorted(across)]
    found = [f for i, f in enumerate(found) if i not in across]
    rows, windows = [f.rows for f in found], [(f.start_us, f.end_us) for f in found]
    communities = _communities(len(found), finding_links(rows, windows, table.accounts))
    firm = [f.kind != "phrase" for f in found]
    communities = merged_communities(communities, rows, windows, table.accounts, firm)
    held = HeldPosts([f.rows for f in bridging])
    made = []
    for community in communities:
        members = [found[i] for i in community]
        # Findings across things that nearly all lie in this effort after all.
        inside = held.mostly(np.unique(np.concatenate([f.rows for f in members])), _MOSTLY)
        members += [bridging[i] for i in inside]
        effort = _effort(members, table, min_posts)
        if effort is not None:
            made.append(effort)
    return sorted(made, key=lambda e: (-len(e.leaf_indexes), e.effort_id))


def _communities(count: int, links: dict[tuple[int, int], float]) -> list[list[int]]:
    graph = nx.Graph()
    graph.add_nodes_from(range(count))
    graph.add_weighted_edges_from((a, b, weight) for (a, b), weight in sorted(links.items()))
    parts = nx.community.louvain_communities(graph, weight="weight", seed=_LOUVAIN_SEED)
    return sorted(sorted(part) for part in parts)


def _findings(
    bursts: Sequence[Burst],
    burst_members: pa.Table,
    groups: Sequence[CoordinatedGroup],
    group_members: pa.Table,
    clusters: Sequence[Cluster],
    cluster_members: pa.Table,
    table: Posts,
    min_cluster_posts: int,
) -> list[Finding]:
    """Every finding that has posts, ordered by id so that nothing depends on the order of input."""
    found = []
    rows_of = table.rows_by(burst_members)
    for burst in bursts:
        window = (microseconds(burst.start_at), microseconds(burst.end_at))
        found.append(Finding(burst.burst_id, burst.series, burst.key, rows_of.get(burst.burst_id, _NO_ROWS), *window))
    rows_of = table.rows_by(group_members)
    for group in groups:
        window = (microseconds(group.first_posted_at), microseconds(group.last_posted_at) + 1)
        found.append(Finding(group.group_id, "group", "", rows_of.get(group.group_id, _NO_ROWS), *window))
    rows_of = table.rows_by(cluster_members)
    for cluster in clusters:
        if cluster.formulaic or cluster.post_count < min_cluster_posts:
            continue
        window = (microseconds(cluster.first_posted_at), microseconds(cluster.last_posted_at) + 1)
        found.append(Finding(cluster.cluster_id, "cluster", "", rows_of.get(cluster.cluster_id, _NO_ROWS), *window))
    unique = {finding.finding_id: finding for finding in found if finding.rows.size}
    return [
        unique[key]
        for key in sorted(unique)
        if unique[key].kind == "group" or np.unique(table.accounts[unique[key].rows]).size >= _LEAST_ACCOUNTS
    ]


_NO_ROWS: Ints = np.zeros(0, dtype=np.int64)


def _effort(members: list[Finding], table: Posts, min_posts: int) -> Effort | None:
    whole = any(f.kind in _WHOLE_FINDINGS for f in members)
    if not whole and len(members) < 2:
        return None
    start_us, end_us = _window(members)
    # One bursting word ("place", "family") is in everybody's posts: it takes two of them, or a finding that is firm.
    rows = core_posts([f.rows for f in members], [f.kind != "phrase" for f in members])
    times = table.times_us[rows]
    rows = rows[table.timed[rows] & (times >= start_us) & (times < end_us)]
    if rows.size == 0:
        return None
    rows = expanded_rows(table, rows, (start_us, end_us))
    if rows.size < min_posts:
        return None
    ids = sorted(f.finding_id for f in members)
    return Effort(
        effort_id="e" + hashlib.sha256("\n".join(ids).encode()).hexdigest()[:12],
        leaf_indexes=tuple(np.sort(table.leaves[rows]).tolist()),
        burst_ids=tuple(f.finding_id for f in members if f.kind not in ("group", "cluster")),
        group_ids=tuple(f.finding_id for f in members if f.kind == "group"),
        cluster_ids=tuple(f.finding_id for f in members if f.kind == "cluster"),
        tags=effort_tags(table, rows),
        reasons=_reasons(members, table, rows),
    )


def _window(members: list[Finding]) -> tuple[int, int]:
    """From the first start to the last end; clusters, which may have strays years away, only without the others."""
    dated = [f for f in members if f.kind != "cluster"] or members
    return min(f.start_us for f in dated) - _DAY_US // 24, max(f.end_us for f in dated)


def _reasons(members: list[Finding], table: Posts, rows: Ints) -> tuple[str, ...]:
    """Why these findings are one effort, in words, with counts only."""
    kinds = [f.kind for f in members]
    burst_count = sum(kind not in ("group", "cluster") for kind in kinds)
    accounts = np.unique(table.accounts[rows]).size
    said = [f"{rows.size} posts by {accounts} accounts in {len(members)} findings"]
    for count, one, many in (
        (burst_count, "burst", "bursts"),
        (kinds.count("group"), "coordinated group", "coordinated groups"),
        (kinds.count("cluster"), "cluster of near-duplicates", "clusters of near-duplicates"),
    ):
        if count:
            said.append(f"{count} {one if count == 1 else many}")
    largest = max(members, key=lambda f: (f.rows.size, f.finding_id))
    if len(members) > 1:
        others = (f.rows for f in members if f is not largest)
        shared = sum(np.intersect1d(other, largest.rows, assume_unique=True).size > 0 for other in others)
        said.append(f"{shared} of the other findings share posts with the largest one")
    return tuple(said)
