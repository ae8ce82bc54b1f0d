"""Names that a report must not print: handles and display names of the accounts that posted in a campaign."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from tocsin.archive import snapshot
from tocsin.desk.engine import DuckDBEngine
from tocsin.desk.findings_store import Run
from tocsin.desk.place import Desk
from tocsin.records.posts import NAMES

# Shorter ones are words more often than names, and withholding them would blank ordinary sentences.
LEAST_HANDLE, LEAST_NAME = 5, 3


def names_to_withhold(desk: Desk, engine: DuckDBEngine, run: Run, campaign_id: str) -> list[str]:
    """Handles, and display names of more than one word, of every account that posted in the campaign, sorted.

    Bounded by the run's generation, so that a report can be verified after the desk has grown. What is also a tag of
    the campaign is left out: a tag is what the report is about.
    """
    files = [file for file in snapshot(desk.folder).files("names") if int(Path(file).stem) <= run.generation]
    engine.parquet_view("known_names", files, NAMES)
    found = engine.table(
        """
        WITH members AS (
          SELECT p.account_id FROM memberships AS m JOIN post_versions AS p ON p.leaf_index = m.leaf_index
          WHERE m.effort_id = $campaign
        )
        SELECT DISTINCT unnest([n.handle, n.display_name]) AS name FROM known_names AS n
        WHERE n.kind = 'account' AND n.pseudonym IN (SELECT account_id FROM members)
        """,
        {"campaign": campaign_id},
    )
    tags: pa.Table = engine.table(
        """
        SELECT DISTINCT unnest(p.tags) AS tag FROM memberships AS m
        JOIN post_versions AS p ON p.leaf_index = m.leaf_index WHERE m.effort_id = $campaign
        """,
        {"campaign": campaign_id},
    )
    known = set(tags["tag"].to_pylist())
    names = {name.strip() for name in found["name"].to_pylist() if name}
    return sorted(
        name
        for name in names
        if name.casefold() not in known and (len(name) >= LEAST_HANDLE if " " not in name else len(name) >= LEAST_NAME)
    )
