"""retention: how long this desk keeps posts, and the erasure of what it kept longer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pyarrow as pa
import pyarrow.compute as pc

from tocsin.archive import Snapshot, load_keys, open_writer, snapshot
from tocsin.archive.custody import other_statements
from tocsin.desk.acts import checked_reason, state
from tocsin.desk.erase import Erasure, erase_leaves
from tocsin.desk.place import Desk
from tocsin.records.errors import TocsinInputError

LONGEST_DAYS = 36_525
_WAIT_S = 60.0


@dataclass(frozen=True, slots=True)
class Retention:
    """The rule in force (None: none was stated), how many post versions are older than it, what was done."""

    days: int | None
    stated_in: int | None  # leaf
    due: int
    erasure: Erasure | None


def set_retention(desk: Desk, days: int, *, basis: str) -> Retention:
    """The rule, once the log states it: posts are erased `days` days after they were archived; `basis` says why.

    Raises TocsinInputError for days out of range or without a basis.
    """
    if not 1 <= days <= LONGEST_DAYS:
        raise TocsinInputError("retention out of range", expected=f"1 to {LONGEST_DAYS:,} days", got=str(days))
    state(desk, {"type": "retention", "v": 1, "days": days}, {"basis": checked_reason(basis)})
    return retention(desk)


def retention(desk: Desk, *, apply: bool = False, dry_run: bool = False) -> Retention:
    """The rule in force and what is due by it; with `apply` it is erased, with `dry_run` it is told what would be.

    Raises TocsinInputError where something is to be done and no rule was stated.
    """
    here = snapshot(desk.folder)
    days, leaf = _rule(here)
    if days is None:
        if apply or dry_run:
            raise TocsinInputError(
                "no retention rule was stated", next_step='state one: tocsin retention --days 365 --basis "..."'
            )
        return Retention(None, None, 0, None)
    if not (apply or dry_run):
        return Retention(days, leaf, len(_due(here, desk, days)), None)
    keys = load_keys(desk.folder, desk.keys_folder)
    with open_writer(desk.folder, keys, desk.clock, wait_s=_WAIT_S) as writer:
        due = _due(writer.snapshot(), desk, days)
        detail = {"reason": "retention rule", "rule": leaf}
        done = erase_leaves(desk, writer, keys, due, detail, dry_run=dry_run) if due else None
    return Retention(days, leaf, len(due), done)


def _rule(here: Snapshot) -> tuple[int | None, int | None]:
    found: tuple[int | None, int | None] = (None, None)
    for leaf, body in other_statements(here):
        days = body.get("days")
        if body.get("type") == "retention" and isinstance(days, int):
            found = (days, leaf)
    return found


def _due(here: Snapshot, desk: Desk, days: int) -> set[int]:
    """Leaves of post versions archived longer ago than the rule allows."""
    before = pa.scalar(desk.clock() - timedelta(days=days), pa.timestamp("us", tz="UTC"))
    rows = here.read("posts", ["leaf_index", "archived_at"])
    return set(rows.filter(pc.less(rows["archived_at"], before))["leaf_index"].to_pylist())
