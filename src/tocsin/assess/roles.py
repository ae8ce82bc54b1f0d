"""Roles by behaviour of the accounts that call in a campaign: for drawing and counting, never a score."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

BROADCAST_SHARE = 0.05  # of the campaign's posts by callers, from which an account counts as a broadcaster
BROADCAST_MIN = 5


class Role(StrEnum):
    """What an account mostly does in a campaign."""

    ORIGINATOR = "originator"  # its own words are copied or reposted by others
    BROADCASTER = "broadcaster"  # posts very often
    AMPLIFIER = "amplifier"  # mostly reposts or copies others
    RESPONDER = "responder"  # mostly replies
    PARTICIPANT = "participant"  # none of these


@dataclass(frozen=True, slots=True)
class BehaviourRoles:
    """How many accounts have each role, and the role of each pseudonym for the network picture only."""

    counts: dict[str, int]
    by_account: dict[str, str]


def behaviour_roles(posts: pa.Table, called_leaves: Collection[int]) -> BehaviourRoles:
    """Roles of accounts with at least one call among `called_leaves`; bystanders in the same posts get none.

    Needs posts with leaf_index, post_id, account_id, posted_at, kind, repost_of_id, text_key.
    """
    columns = ("leaf_index", "post_id", "account_id", "posted_at", "kind", "repost_of_id", "text_key")
    called = pa.array(sorted(called_leaves), pa.int64())
    rows = posts.select(columns).filter(pc.is_in(posts["leaf_index"], called)).to_pylist()
    rows.sort(key=lambda row: (row["posted_at"] is None, row["posted_at"] or 0, row["leaf_index"]))
    copied = _copied_posts(rows)
    by_account: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        by_account[row["account_id"]].append(row)
    found = {account: str(_role(own, copied, len(rows))) for account, own in sorted(by_account.items())}
    return BehaviourRoles(dict(sorted(Counter(found.values()).items())), found)


def _copied_posts(rows: list[dict[str, Any]]) -> tuple[set[int], set[int]]:
    """Leaves whose text others took up later, and leaves that take up an earlier text of somebody else."""
    first: dict[str, dict[str, Any]] = {}
    by_post = {row["post_id"]: row for row in rows}
    taken_from: set[int] = set()
    taking: set[int] = set()
    for row in rows:
        source = by_post.get(row["repost_of_id"] or "")
        if source is None and row["text_key"]:
            source = first.setdefault(row["text_key"], row)
        if row["kind"] in ("repost", "forward"):
            taking.add(row["leaf_index"])
        if source is not None and source["account_id"] != row["account_id"]:
            taken_from.add(source["leaf_index"])
            taking.add(row["leaf_index"])
    return taken_from, taking


def _role(own: list[dict[str, Any]], copied: tuple[set[int], set[int]], total: int) -> Role:
    taken_from, taking = copied
    copies = sum(row["leaf_index"] in taking for row in own)
    if copies * 2 < len(own) and any(row["leaf_index"] in taken_from for row in own):
        return Role.ORIGINATOR
    if len(own) >= BROADCAST_MIN and len(own) >= BROADCAST_SHARE * total and copies * 2 < len(own):
        return Role.BROADCASTER
    if copies * 2 >= len(own):
        return Role.AMPLIFIER
    if sum(row["kind"] == "reply" for row in own) * 2 > len(own):
        return Role.RESPONDER
    return Role.PARTICIPANT
