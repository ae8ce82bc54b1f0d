"""campaigns, bursts, groups, clusters, trends: the findings of the latest detection run, redacted as in a report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from tocsin.desk.figures_engine import figures_engine
from tocsin.desk.findings_store import latest_run, load
from tocsin.desk.names import campaign_names
from tocsin.desk.place import Desk
from tocsin.desk.withheld import withheld
from tocsin.records.findings import Burst, Campaign, Cluster, CoordinatedGroup, Trend
from tocsin.report import Redactor

_KINDS: dict[str, type] = {
    "campaigns": Campaign,
    "bursts": Burst,
    "groups": CoordinatedGroup,
    "clusters": Cluster,
    "trends": Trend,
}
_COLUMNS: dict[str, tuple[str, ...]] = {
    "campaigns": ("campaign_id", "score", "post_count", "account_count", "first_posted_at", "title"),
    "bursts": ("burst_id", "series", "key", "start_at", "end_at", "post_count", "expected_count", "q_value"),
    "groups": ("group_id", "account_count", "edge_count", "weight", "layers", "first_posted_at"),
    "clusters": ("cluster_id", "post_count", "account_count", "formulaic", "first_posted_at"),
    "trends": ("trend_id", "post_count", "account_count", "first_posted_at", "title"),
}


def listed(desk: Desk, what: str) -> list[dict[str, Any]]:
    """The findings of one kind, ranked, as plain values."""
    run = latest_run(desk.findings)
    engine = figures_engine(desk, run)
    redactor = Redactor(campaign_names(desk, engine, run))
    engine.close()
    return [msgspec.to_builtins(withheld(value, redactor)) for value in load(desk.findings, run, _KINDS[what])]


def as_table(what: str, rows: Sequence[dict[str, Any]]) -> list[str]:
    """Findings as aligned lines for a terminal, with a line of headings; one line where there are none."""
    if not rows:
        return [f"No {what} were found in the latest detection run."]
    columns = _COLUMNS[what]
    cells = [list(columns), *([_shown(row[column]) for column in columns] for row in rows)]
    widths = [max(len(line[at]) for line in cells) for at in range(len(columns))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in cells]


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.3g}"
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    return str(value)
