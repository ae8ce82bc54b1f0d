"""detect: findings over a snapshot, what codebooks say of them, and the run that keeps both."""

from __future__ import annotations

import hashlib
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tocsin import __version__
from tocsin.archive import Snapshot, snapshot
from tocsin.assess import Codebook, Findings, assessor, campaign_id_of, campaigns_and_trends
from tocsin.desk.codebooks import chosen_codebooks, keep_codebooks, records_folder
from tocsin.desk.engine import MEMBERSHIPS, DuckDBEngine, snapshot_engine
from tocsin.desk.events_file import EVENTS, events_in
from tocsin.desk.findings_store import Run, save_run
from tocsin.desk.place import Desk
from tocsin.desk.progress import Progress
from tocsin.desk.run_in_log import state_run
from tocsin.detect import (
    burst_members,
    bursts,
    co_sharing_edges,
    coordinated_groups,
    described_clusters,
    efforts,
    group_posts,
    near_duplicate_clusters,
    post_series,
    post_shares,
    with_triggers,
)
from tocsin.enrich import FOLDER
from tocsin.records.errors import TocsinInputError
from tocsin.records.findings import ASSESSMENTS, Burst, Campaign, Cluster, CoordinatedGroup, Effort, Trend

WINDOW_S = 60.0
MIN_PARTICIPATION = 2
Q_VALUE = 0.05
BIN_S = 3600
# A post dated in the year 1 or 9999 (a default of some exporter) would stretch every time line beyond use.
FIRST_PLAUSIBLE, AHEAD = datetime(1990, 1, 1, tzinfo=UTC), timedelta(days=366)
# What this share of many posts carries is what they were collected by, and says nothing of who acts together.
QUERY_SHARE, LEAST_POSTS = 0.5, 10_000
LEFT_OUT = "left_out_objects"  # in the answer and among a run's settings: how many such objects there were
# Posts read at a time by the codebooks.
ASSESSED_AT_ONCE = 20_000
SETTINGS: dict[str, float | int | str] = {
    "window_s": WINDOW_S,
    "min_participation": MIN_PARTICIPATION,
    "q": Q_VALUE,
    "bin_s": BIN_S,
}


@dataclass(frozen=True, slots=True)
class Found:
    """Everything the finders gave; members are tables of (finding id, leaf_index)."""

    bursts: list[Burst]
    burst_posts: pa.Table
    groups: list[CoordinatedGroup]
    group_posts: pa.Table
    group_edges: pa.Table
    clusters: list[Cluster]
    cluster_posts: pa.Table
    efforts: list[Effort]
    left_out_objects: int  # what nearly everything carries, so that it joined nobody


def detect(
    desk: Desk,
    *,
    progress: Progress,
    since: datetime | None = None,
    until: datetime | None = None,
    engine_name: str = "duckdb",
    events: Path | None = None,
    codebooks: Sequence[str] = (),
) -> dict[str, Any]:
    """Counts of what a new detection run found; the run becomes the latest.

    Raises TocsinInputError where the desk holds no posts or an option cannot be used, RefusedError for a codebook
    without a fairness record.
    """
    if engine_name != "duckdb":
        raise TocsinInputError("no such engine", expected="duckdb", got=engine_name)
    if since is not None and until is not None and since >= until:
        raise TocsinInputError("no time lies between --since and --until", expected="--since before --until")
    started = time.perf_counter()
    chosen = chosen_codebooks(codebooks)
    books = tuple(chosen.values())
    dated = events_in(events) if events is not None else EVENTS.empty_table()
    shown = snapshot(desk.folder)
    if shown.rows("posts") == 0:
        raise TocsinInputError("the desk holds no posts", next_step="run tocsin collect EXPORTS")
    desk.staging.mkdir(exist_ok=True)
    plausible = (FIRST_PLAUSIBLE, desk.clock() + AHEAD)
    engine = snapshot_engine(
        shown.files("posts"), since=since, until=until, plausible=plausible, spill_folder=desk.staging
    )
    with progress.bar("finding", 5, "finders") as bar:
        found = findings(engine, dated, bar.advance)
    assessed = assessed_posts(engine, books, desk, progress)
    campaigns, trends = campaigns_of(engine, found, assessed, books)
    post_count = int(engine.table("SELECT count(*) AS n FROM posts")["n"][0].as_py())
    odd_times = engine.table(
        "SELECT count(*) AS n FROM post_versions WHERE posted_at < $first OR posted_at >= $last",
        {"first": plausible[0], "last": plausible[1]},
    )
    settings = {**SETTINGS, LEFT_OUT: found.left_out_objects}
    run = _run(desk, shown, since, until, events is not None, books, settings)
    _save(desk, run, found, assessed, campaigns, trends)
    keep_codebooks(chosen, desk.findings / run.run_id)
    state_run(desk, run)
    engine.close()
    return {
        "run_id": run.run_id,
        "posts": post_count,
        "odd_times": int(odd_times["n"][0].as_py()),
        LEFT_OUT: found.left_out_objects,
        "bursts": len(found.bursts),
        "groups": len(found.groups),
        "clusters": len(found.clusters),
        "efforts": len(found.efforts),
        "campaigns": len(campaigns),
        "trends": len(trends),
        "seconds": round(time.perf_counter() - started, 3),
    }


def findings(engine: DuckDBEngine, events: pa.Table, advance: Any) -> Found:
    """Bursts, coordinated groups, near-duplicate clusters and efforts of the engine's `posts`."""
    series = post_series(engine)
    collected = engine.table("SELECT posted_at FROM posts WHERE posted_at IS NOT NULL").column("posted_at")
    found_bursts = with_triggers(bursts(series, collected=collected, bin_s=BIN_S, q=Q_VALUE), events)
    burst_posts = burst_members(series, found_bursts).rename_columns(["burst_id", "leaf_index"])
    del series
    advance(1)
    post_shares(engine)
    left_out = leave_out_the_query(engine, least_posts=LEAST_POSTS, share=QUERY_SHARE)
    edges = co_sharing_edges(engine, window_s=WINDOW_S, min_participation=MIN_PARTICIPATION)
    groups, members = coordinated_groups(engine, edges, window_s=WINDOW_S, q=Q_VALUE)
    ids = engine.table("SELECT post_id, leaf_index FROM posts")
    group_rows = group_posts(members, ids)
    group_edges = _edges_within(edges, groups)
    del edges, ids
    advance(1)
    texts = engine.table("SELECT leaf_index, folded, fingerprint, text_key FROM posts ORDER BY leaf_index")
    cluster_rows = near_duplicate_clusters(
        texts["leaf_index"], texts["folded"], texts["fingerprint"], texts["text_key"]
    ).rename_columns(["cluster_id", "leaf_index"])
    del texts
    advance(1)
    posts = engine.table("SELECT leaf_index, account_id, posted_at, tags FROM posts ORDER BY leaf_index")
    clusters = described_clusters(cluster_rows, posts)
    advance(1)
    made = efforts(found_bursts, burst_posts, groups, group_rows, clusters, cluster_rows, posts)
    advance(1)
    return Found(found_bursts, burst_posts, groups, group_rows, group_edges, clusters, cluster_rows, made, left_out)


def leave_out_the_query(engine: DuckDBEngine, *, least_posts: int, share: float) -> int:
    """How many objects were taken out of `shares` because `share` or more of at least `least_posts` posts carry them.

    Posts collected by a hashtag all carry it: that joins nobody, and its pairs would be every pair within the window.
    """
    engine.run(
        """
        CREATE OR REPLACE TEMP TABLE everywhere AS
        SELECT layer, object FROM shares GROUP BY layer, object
        HAVING count(DISTINCT content_id) >= greatest($least, $share * (SELECT count(*) FROM posts))
        """,
        {"least": float(least_posts), "share": share},
    )
    found = engine.table("SELECT count(*) AS n FROM everywhere")["n"][0].as_py()
    if found:
        engine.run(
            "CREATE OR REPLACE TEMP TABLE shares AS SELECT s.* FROM shares AS s"
            " ANTI JOIN everywhere AS e ON s.layer = e.layer AND s.object = e.object"
        )
    return int(found)


def _edges_within(edges: pa.Table, groups: Sequence[CoordinatedGroup]) -> pa.Table:
    """Rows: group_id, account_a, account_b, weight of the edges inside each group."""
    parts = []
    for group in groups:
        inside = pa.array(group.account_ids, pa.string())
        kept = edges.filter(
            pc.and_(pc.is_in(edges["account_a"], value_set=inside), pc.is_in(edges["account_b"], value_set=inside))
        ).select(["account_a", "account_b", "weight"])
        parts.append(kept.add_column(0, "group_id", pa.array([group.group_id] * kept.num_rows, pa.string())))
    empty = edges.select(["account_a", "account_b", "weight"]).slice(0, 0)
    return pa.concat_tables([*parts, empty.add_column(0, "group_id", pa.array([], pa.string()))])


def assessed_posts(engine: DuckDBEngine, books: Sequence[Codebook], desk: Desk, progress: Progress) -> pa.Table:
    """ASSESSMENTS of the engine's `posts`: rows only for posts in which something was named."""
    reader = assessor(books, FOLDER, records_folder(desk.folder))
    total = int(engine.table("SELECT count(*) AS n FROM posts")["n"][0].as_py())
    parts = [ASSESSMENTS.empty_table()]
    with progress.bar("assessing", total, "posts") as bar:
        for batch in engine.batches("SELECT leaf_index, text, folded, lang FROM posts", ASSESSED_AT_ONCE):
            columns = (batch.column(name).to_pylist() for name in ("leaf_index", "text", "folded", "lang"))
            parts.append(reader.table(*columns))
            bar.advance(batch.num_rows)
    return pa.concat_tables(parts).sort_by([("leaf_index", "ascending"), ("codebook", "ascending")])


def campaigns_of(
    engine: DuckDBEngine, found: Found, assessed: pa.Table, books: Sequence[Codebook]
) -> tuple[list[Campaign], list[Trend]]:
    """The efforts as campaigns and trends. Only their own posts are read."""
    leaves = {leaf for effort in found.efforts for leaf in effort.leaf_indexes}
    engine.register("effort_leaves", pa.table({"leaf_index": pa.array(sorted(leaves), pa.int64())}))
    posts = engine.table(
        "SELECT p.leaf_index, p.post_id, p.account_id, p.posted_at, p.source, p.lang, p.tags, p.folded FROM posts AS p"
        " JOIN effort_leaves AS e ON p.leaf_index = e.leaf_index"
    )
    return campaigns_and_trends(found.efforts, posts, assessed, _for_assessment(found), books, FOLDER)


def _for_assessment(found: Found) -> Findings:
    leaves: dict[str, list[int]] = defaultdict(list)
    for cluster_id, leaf in zip(*(column.to_pylist() for column in found.cluster_posts.columns), strict=True):
        leaves[cluster_id].append(leaf)
    return Findings(found.bursts, found.groups, found.clusters, leaves)


def _run(
    desk: Desk,
    shown: Snapshot,
    since: datetime | None,
    until: datetime | None,
    events_file: bool,
    books: Sequence[Codebook],
    settings: dict[str, float | int | str],
) -> Run:
    made_at = desk.clock()
    named = f"{made_at.isoformat()} {shown.generation} {since} {until}"
    return Run(
        run_id=f"r{made_at:%Y%m%d%H%M%S}-{hashlib.sha256(named.encode()).hexdigest()[:6]}",
        made_at=made_at,
        log_size=shown.log_size,
        generation=shown.generation,
        engine="duckdb",
        since=since,
        until=until,
        events_file=events_file,
        codebooks=tuple((book.name, book.version) for book in books),
        settings=settings,
        tocsin_version=__version__,
    )


def _save(
    desk: Desk,
    run: Run,
    found: Found,
    assessed: pa.Table,
    campaigns: Sequence[Campaign],
    trends: Sequence[Trend],
) -> None:
    """Keep the run. Posts and accounts are kept for campaigns only: of a trend, and of its groups, counts are kept."""
    named = {campaign.campaign_id for campaign in campaigns}
    shown = {group.group_id for campaign in campaigns for group in campaign.groups}
    groups = [g if g.group_id in shown else replace(g, account_ids=(), objects=()) for g in found.groups]
    edges = found.group_edges.filter(
        pc.is_in(found.group_edges["group_id"], value_set=pa.array(sorted(shown), pa.string()))
    )
    rows = [
        (campaign_id_of(effort), leaf)
        for effort in found.efforts
        if campaign_id_of(effort) in named
        for leaf in effort.leaf_indexes
    ]
    memberships = pa.table([[at for at, _ in rows], [leaf for _, leaf in rows]], schema=MEMBERSHIPS)
    save_run(
        desk.findings,
        run,
        {
            "bursts": found.bursts,
            "groups": groups,
            "clusters": found.clusters,
            "campaigns": campaigns,
            "trends": trends,
        },
        {
            "memberships": memberships,
            "cluster_members": found.cluster_posts,
            "edges": edges,
            "assessments": assessed,
        },
    )


def detect_summary(done: dict[str, Any]) -> list[str]:
    """The plain summary of `tocsin detect`."""
    odd = f"{done['odd_times']:,} posts with impossible times were left out (before 1990, or far ahead)"
    query = (
        "Left out of coordination, because half of the posts or more carry them (what posts are collected by joins "
        f"nobody), tags, links, texts and reposted posts: {done[LEFT_OUT]:,}"
    )
    return [
        *([odd] if done["odd_times"] else []),
        *([query] if done[LEFT_OUT] else []),
        f"{done['posts']:,} posts in {done['seconds']:.1f} s: {done['bursts']:,} bursts, "
        f"{done['groups']:,} coordinated groups, {done['clusters']:,} clusters",
        f"{done['campaigns']:,} campaigns, {done['trends']:,} trends (see tocsin campaigns, tocsin trends)",
    ]
