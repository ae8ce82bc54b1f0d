"""judge: what a person says of a post, one of a few labels and why, stated in the log."""

from __future__ import annotations

from dataclasses import dataclass

from tocsin.archive import Snapshot, snapshot
from tocsin.desk.acts import Body, checked_reason, state
from tocsin.desk.named_post import named_post, stored_row
from tocsin.desk.place import Desk
from tocsin.records.errors import TocsinInputError
from tocsin.records.judgements import LABELS


@dataclass(frozen=True, slots=True)
class Judged:
    """What was stated, and where. `label` is None where a judgement was taken back and none put in its place."""

    leaf_index: int  # of the post
    stated_in: int  # leaf of the statement: `tocsin correct` takes it
    label: str | None


def judge(desk: Desk, post: str, label: str, reason: str) -> Judged:
    """A judgement of a post, once it is durable. An earlier one stays; the last one is in force.

    Raises TocsinInputError for another label, without a reason or the keys, or for a post that is not there.
    """
    checked_label(label)
    words = checked_reason(reason)
    named = named_post(snapshot(desk.folder), post)

    def check(here: Snapshot) -> None:
        stored_row(here, named, ["post_id"])

    body: Body = {"type": "judged", "v": 1, "leaf": named.leaf_index}
    return Judged(named.leaf_index, state(desk, body, {"label": label, "reason": words}, check=check), label)


def checked_label(label: str) -> None:
    """Raises TocsinInputError for a label that is none."""
    if label not in LABELS:
        raise TocsinInputError("that is no label of a judgement", expected=", ".join(LABELS))
