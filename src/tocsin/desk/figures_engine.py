"""The engine a report's figures are computed on: the snapshot and the findings of one detection run."""

from __future__ import annotations

import pyarrow as pa

from tocsin.archive import finished_captures, snapshot
from tocsin.desk.engine import DuckDBEngine, snapshot_engine
from tocsin.desk.findings_store import Run, load, load_table
from tocsin.desk.place import Desk
from tocsin.records.findings import Campaign
from tocsin.report import BURSTS, CLUSTER_MEMBERS, GROUP_EDGES, burst_rows, capture_rows


def figures_engine(desk: Desk, run: Run) -> DuckDBEngine:
    """An engine with every view that report's registered queries read, bounded by the run's log size.

    The same run gives the same figures after the desk has grown.
    """
    shown = snapshot(desk.folder)
    engine = snapshot_engine(
        shown.files("posts"),
        log_size=run.log_size,
        assessments=load_table(desk.findings, run, "assessments"),
        memberships=load_table(desk.findings, run, "memberships"),
    )
    campaigns = load(desk.findings, run, Campaign)
    bursts = [burst_rows(campaign.campaign_id, campaign.bursts) for campaign in campaigns]
    engine.register("bursts", pa.concat_tables([BURSTS.empty_table(), *bursts]))
    engine.register("group_edges", _group_edges(load_table(desk.findings, run, "edges"), campaigns))
    engine.register("cluster_members", load_table(desk.findings, run, "cluster_members").cast(CLUSTER_MEMBERS))
    captures = [(capture.summary, capture.finished_at) for capture in finished_captures(shown)]
    engine.register("captures", capture_rows(captures))
    return engine


def _group_edges(edges: pa.Table, campaigns: list[Campaign]) -> pa.Table:
    """Edges of the groups that belong to each campaign."""
    engine = DuckDBEngine()
    pairs = [(campaign.campaign_id, group.group_id) for campaign in campaigns for group in campaign.groups]
    engine.register(
        "pairs",
        pa.table([[a for a, _ in pairs], [b for _, b in pairs]], schema=pa.schema([GROUP_EDGES[0], GROUP_EDGES[1]])),
    )
    engine.register("edges", edges)
    found = engine.table(
        "SELECT p.effort_id, e.group_id, e.account_a, e.account_b, e.weight FROM edges AS e"
        " JOIN pairs AS p ON p.group_id = e.group_id ORDER BY ALL"
    )
    engine.close()
    return found.cast(GROUP_EDGES)
