"""erase: posts leave the desk by order, wherever their bytes lie, and the log says so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tocsin.archive import IndexWriter, Keys, Snapshot, Writer, load_keys, open_writer
from tocsin.archive.erasure import ErasurePlan
from tocsin.archive.erasure import erase as erase_plan
from tocsin.desk.acts import checked_reason
from tocsin.desk.named_post import named_post
from tocsin.desk.place import Desk
from tocsin.desk.replay import occurrences
from tocsin.records.errors import TocsinInputError

_WAIT_S = 60.0
_COLUMNS = [
    "leaf_index", "post_id", "account_id", "channel_id", "repost_of_id", "capture_id", "record_offset", "record_length",
]  # fmt: skip
Ranges = dict[str, set[tuple[int, int]]]


@dataclass(frozen=True, slots=True)
class Erasure:
    """What an order erases, or would erase: post versions, accounts whose names go, what else is affected.

    `lost` are posts of others whose original bytes lie in the same record (a page of a timeline): their rows stay.
    """

    order: int | None  # None: nothing was erased (a dry run)
    posts: int
    versions: int
    reposts: int
    accounts: int
    records: int
    lost: int
    derived: tuple[str, ...]


def erase(
    desk: Desk,
    posts: Sequence[str] = (),
    accounts: Sequence[str] = (),
    *,
    reason: str,
    reference: str = "",
    dry_run: bool = False,
    lose_neighbours: bool = False,
) -> Erasure:
    """What was erased: the posts named (leaf or pseudonym) and all posts of the accounts named, with every version,
    every repost of them and every copy in other captures.

    Raises TocsinInputError where a name fits nothing, the reason is too short, the keys are not at hand, or original
    bytes of other posts would go too and `lose_neighbours` does not allow it.
    """
    detail = {"reason": checked_reason(reason), "reference": reference.strip()}
    keys = load_keys(desk.folder, desk.keys_folder)
    with open_writer(desk.folder, keys, desk.clock, wait_s=_WAIT_S) as writer:
        rows = _rows(writer.snapshot())
        ids = _named(writer.snapshot(), rows, posts, accounts)
        return _carried_out(desk, writer, keys, rows, ids, detail, dry_run=dry_run, lose_neighbours=lose_neighbours)


def erase_leaves(
    desk: Desk, writer: Writer, keys: Keys, leaves: set[int], detail: dict[str, Any], *, dry_run: bool
) -> Erasure:
    """As `erase`, for the posts at these leaves, with a writer that is open already (retention)."""
    rows = _rows(writer.snapshot())
    ids = {row["post_id"] for row in rows if row["leaf_index"] in leaves}
    return _carried_out(desk, writer, keys, rows, ids, detail, dry_run=dry_run, lose_neighbours=True)


def _rows(here: Snapshot) -> list[dict[str, Any]]:
    return list(here.read("posts", _COLUMNS).to_pylist())


def _named(here: Snapshot, rows: list[dict[str, Any]], posts: Sequence[str], accounts: Sequence[str]) -> set[str]:
    ids: set[str] = set()
    for name in posts:
        found = named_post(here, name).post_id
        if found is None:
            raise TocsinInputError(f"{name} is no post that this desk holds")
        ids.add(found)
    known = {row["account_id"] for row in rows}
    for account in accounts:
        if account not in known:
            raise TocsinInputError("no account of this desk has that pseudonym", expected="a pseudonym (27 characters)")
        ids |= {row["post_id"] for row in rows if row["account_id"] == account}
    if not ids:
        raise TocsinInputError("there is nothing to erase", expected="posts, or --account")
    return ids


def _carried_out(
    desk: Desk,
    writer: Writer,
    keys: Keys,
    rows: list[dict[str, Any]],
    ids: set[str],
    detail: dict[str, Any],
    *,
    dry_run: bool,
    lose_neighbours: bool,
) -> Erasure:
    here = writer.snapshot()
    gone = [row for row in rows if row["post_id"] in ids or row["repost_of_id"] in ids]
    reposts = {row["post_id"] for row in gone} - ids
    ids = ids | reposts
    ranges: Ranges = defaultdict(set)
    for row in gone:
        ranges[row["capture_id"]].add((row["record_offset"], row["record_length"]))
    for each in occurrences(desk, keys, ids, here=here):
        ranges[each.capture_id].add((each.offset, each.length))
    leaves = {row["leaf_index"] for row in gone}
    kept = [row for row in rows if row["leaf_index"] not in leaves]
    lost = tuple(row["leaf_index"] for row in kept if _shares(row, ranges))
    held = {row[name] for row in kept for name in ("account_id", "channel_id")}
    accounts = {row["account_id"] for row in gone} - held
    channels = {row["channel_id"] for row in gone if row["channel_id"]} - held
    derived = _derived(desk)
    told = Erasure(
        None, len(ids), len(leaves), len(reposts), len(accounts), sum(map(len, ranges.values())), len(lost), derived
    )
    if lost and not lose_neighbours and not dry_run:
        raise TocsinInputError(
            f"the original bytes of {len(lost):,} other posts lie in the same records and would go too",
            expected="their rows would stay",
            next_step="look with --dry-run; --lose-neighbours allows it",
        )
    if dry_run or not leaves:
        return told
    plan = ErasurePlan(
        tuple(sorted(leaves)),
        frozenset(ids),
        {capture_id: sorted(each) for capture_id, each in ranges.items()},
        frozenset(ids | accounts | channels),
        lost,
        derived,
    )
    order = erase_plan(writer, plan, detail).order
    with IndexWriter(desk.folder):  # made anew from what is left, while nobody else can write
        pass
    return Erasure(order, *(getattr(told, name) for name in Erasure.__slots__[1:]))


def _shares(row: dict[str, Any], ranges: Ranges) -> bool:
    start, end = row["record_offset"], row["record_offset"] + row["record_length"]
    return any(offset < end and start < offset + length for offset, length in ranges.get(row["capture_id"], ()))


def _derived(desk: Desk) -> tuple[str, ...]:
    """Findings and reports of this desk: they were made of the posts as they were, and can be made again."""
    found = [path for folder in (desk.findings, desk.reports) for path in folder.rglob("*") if path.is_file()]
    return tuple(sorted(str(Path(path).relative_to(desk.folder)) for path in found))
