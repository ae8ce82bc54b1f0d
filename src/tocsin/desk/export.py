"""export: findings for other tools, with pseudonyms made anew for each export and no formulas in cells."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tocsin.desk.exported import write_exported
from tocsin.desk.figures_engine import figures_engine
from tocsin.desk.findings_store import Run, latest_run, load, load_table
from tocsin.desk.names import campaign_names
from tocsin.desk.place import Desk
from tocsin.desk.withheld import withheld
from tocsin.records.errors import TocsinInputError
from tocsin.records.findings import Campaign, CoordinatedGroup, Trend
from tocsin.report import Redactor
from tocsin.share import (
    bursts_table,
    campaigns_table,
    edges_gexf,
    edges_graphml,
    findings_csv,
    findings_parquet,
    groups_table,
    new_export_key,
    trends_csv,
    trends_table,
)

# Rows: one narrative of one campaign.
CLUSTERS = pa.schema(
    [
        ("campaign_id", pa.string()),
        ("cluster_id", pa.string()),
        ("post_count", pa.int64()),
        ("account_count", pa.int64()),
        ("call_share", pa.float64()),
        ("terms", pa.list_(pa.string())),
        ("formulaic", pa.bool_()),
    ]
)
_NETWORKS = {".graphml": edges_graphml, ".gexf": edges_gexf}


def clusters_table(campaigns: Iterable[Campaign]) -> pa.Table:
    """Rows: one near-duplicate cluster of one campaign (schema CLUSTERS); those of trends stay on the desk."""
    rows = [
        {"campaign_id": campaign.campaign_id, **{name: getattr(narrative, name) for name in CLUSTERS.names[1:]}}
        for campaign in campaigns
        for narrative in campaign.narratives
    ]
    return pa.Table.from_pylist(rows, schema=CLUSTERS)


_TABLES = {"campaigns": campaigns_table, "bursts": bursts_table, "groups": groups_table, "clusters": clusters_table}


def export(desk: Desk, what: str, output: Path) -> dict[str, Any]:
    """What was written: campaigns, their bursts, groups, clusters or network, or trends as counts.

    Findings of trends have no way out but as counts. Raises TocsinInputError for an ending that does not fit.
    """
    run = latest_run(desk.findings)
    engine = figures_engine(desk, run)
    redactor = Redactor(campaign_names(desk, engine, run))
    engine.close()
    campaigns = [withheld(each, redactor) for each in load(desk.findings, run, Campaign)]
    ending = output.suffix.lower()
    if what == "network":
        rows, data = _network(desk, run, campaigns, ending)
    elif what == "trends":
        rows, data = _trends([withheld(each, redactor) for each in load(desk.findings, run, Trend)], ending)
    else:
        table = _TABLES[what](campaigns)
        key = new_export_key(secrets.token_bytes)
        rows, data = table.num_rows, _as(ending, findings_csv, findings_parquet, table, key)
    write_exported(desk, "network" if what == "network" else "table", output, data, ())  # no post is quoted in them
    return {"file": output, "rows": rows, "what": what}


def _as(ending: str, as_csv: Any, as_parquet: Any, *arguments: Any) -> bytes:
    if ending == ".csv":
        return str(as_csv(*arguments)).encode("utf-8")
    if ending == ".parquet":
        return bytes(as_parquet(*arguments))
    raise TocsinInputError("no table format has that ending", expected=".csv or .parquet", got=ending or "none")


def _trends(trends: list[Trend], ending: str) -> tuple[int, bytes]:
    def parquet(found: list[Trend]) -> bytes:
        return findings_parquet(trends_table(found), new_export_key(secrets.token_bytes))

    return len(trends), _as(ending, trends_csv, parquet, trends)


def _network(desk: Desk, run: Run, campaigns: list[Campaign], ending: str) -> tuple[int, bytes]:
    if ending not in _NETWORKS:
        raise TocsinInputError("no network format has that ending", expected=" or ".join(_NETWORKS), got=ending)
    groups: list[CoordinatedGroup] = [group for campaign in campaigns for group in campaign.groups]
    kept = pa.array([group.group_id for group in groups], pa.string())
    edges = load_table(desk.findings, run, "edges")
    edges = edges.filter(pc.is_in(edges["group_id"], value_set=kept)).drop_columns(["group_id"])
    return edges.num_rows, _NETWORKS[ending](edges, groups, new_export_key(secrets.token_bytes))
