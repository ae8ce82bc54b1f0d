"""Names that a report must not print: handles and display names of the accounts that posted in a campaign."""

from __future__ import annotations

from collections.abc import Collection

import pyarrow as pa
import pyarrow.compute as pc

from tocsin.archive import load_keys, snapshot
from tocsin.desk.codebooks import declared_terms, term_keys
from tocsin.desk.engine import DuckDBEngine
from tocsin.desk.findings_store import Run, load
from tocsin.desk.place import Desk
from tocsin.records.findings import Campaign
from tocsin.records.posts import NAMES

_ACCOUNT_NAMES = pa.schema([NAMES.field(name) for name in ("pseudonym", "kind", "handle", "display_name")])
# Shorter ones are words more often than names, and withholding them would blank ordinary sentences.
LEAST_HANDLE, LEAST_NAME = 5, 3


def account_names(desk: Desk, *, until: int | None = None) -> pa.Table:
    """The pseudonym, handle and display name of every account, as of a generation if given.

    Raises TocsinInputError where the desk's keys are not at hand: names are sealed, and what cannot be withheld cannot
    be shown.
    """
    shown = snapshot(desk.folder, load_keys(desk.folder, desk.keys_folder, to_sign=False).sealer)
    accounts = [
        batch.filter(pc.equal(batch["kind"], "account"))
        for batch in shown.batches("names", ["pseudonym", "kind", "handle", "display_name"], until=until)
    ]
    return pa.Table.from_batches(accounts, _ACCOUNT_NAMES)


def names_to_withhold(desk: Desk, engine: DuckDBEngine, run: Run, campaign_id: str) -> list[str]:
    """Handles, and display names of more than one word, of every account that posted in the campaign, sorted.

    Bounded by the run's generation, so that a report can be verified after the desk has grown. What its codebook
    declares is left out: a report is about those terms. A tag alone is not enough, since anybody can make somebody's
    name a tag.
    """
    engine.register("known_names", account_names(desk, until=run.generation))
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
    declared = _declared(desk, run, campaign_id)
    names = sorted({name.strip() for name in found["name"].to_pylist() if name})
    return [
        name for name, key in zip(names, term_keys(names), strict=True) if key not in declared and _is_withheld(name)
    ]


def _is_withheld(name: str) -> bool:
    return len(name) >= (LEAST_NAME if " " in name else LEAST_HANDLE)


def author_names(desk: Desk, engine: DuckDBEngine, account_ids: Collection[str]) -> list[str]:
    """Handles and display names of these accounts, sorted: people sign their posts."""
    engine.register("known_names", account_names(desk))
    found = engine.table(
        "SELECT DISTINCT unnest([handle, display_name]) AS name FROM known_names"
        " WHERE kind = 'account' AND pseudonym IN (SELECT unnest($accounts))",
        {"accounts": sorted(account_ids)},
    )
    names = sorted({name.strip() for name in found["name"].to_pylist() if name})
    return [name for name in names if _is_withheld(name)]


def campaign_names(desk: Desk, engine: DuckDBEngine, run: Run) -> list[str]:
    """The names to withhold of every campaign of a run, each once, sorted."""
    campaigns = load(desk.findings, run, Campaign)
    return sorted({name for one in campaigns for name in names_to_withhold(desk, engine, run, one.campaign_id)})


def _declared(desk: Desk, run: Run, campaign_id: str) -> set[str]:
    """The folded terms of the codebook that made the campaign."""
    named = [one.codebook for one in load(desk.findings, run, Campaign) if one.campaign_id == campaign_id]
    return declared_terms(desk.findings, run, named[0]) if named else set()
