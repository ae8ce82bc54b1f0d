"""The log in order as what was done: each statement with the posts that came just before it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from tocsin.archive.batches import post_entry_parts
from tocsin.archive.strict import JsonValue, instant, statement
from tocsin.archive.tiles import Log
from tocsin.records.errors import EvidenceError

_POST_ENDING = post_entry_parts("", "")[1]


@dataclass(frozen=True, slots=True)
class Act:
    """One statement. The posts of a commit are the leaves from `first_post` on, just before its `batch` statement."""

    leaf_index: int
    body: dict[str, JsonValue]
    post_count: int

    @property
    def kind(self) -> str:
        """What it states: capture, batch, complete, tables, erased, ..."""
        return str(self.body.get("type"))

    @property
    def capture_id(self) -> str:
        """The capture it speaks of, "" where it speaks of none."""
        return str(self.body.get("capture", ""))

    @property
    def first_post(self) -> int:
        """Leaf of the first post just before it."""
        return self.leaf_index - self.post_count

    @property
    def at(self) -> datetime:
        """When. Raises EvidenceError where it does not say."""
        return instant(str(self.body.get("at")), f"leaf {self.leaf_index}: at")

    def count(self, name: str) -> int:
        """A count it states. Raises EvidenceError where it does not."""
        value = self.body.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise EvidenceError(f"leaf {self.leaf_index}: {name} is not a count")
        return value


def logged_acts(log: Log) -> Iterator[Act]:
    """Every statement of a log, in order. Raises EvidenceError where an entry is none, or posts belong to no batch."""
    posts = 0
    for leaf_index, entry in log.all_entries():
        if entry.endswith(_POST_ENDING):
            posts += 1
            continue
        act = Act(leaf_index, statement(entry, f"leaf {leaf_index}"), posts)
        if posts and act.kind != "batch":
            raise EvidenceError(f"leaf {leaf_index} follows posts, and is not the statement of their commit")
        posts = 0
        yield act
    if posts:
        raise EvidenceError("the log ends in posts without the statement of their commit")
