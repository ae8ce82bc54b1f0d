"""How what staff do is stated in the log: one statement, its words sealed beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tocsin.archive import Keys, Snapshot, load_keys
from tocsin.archive.committer import Committer
from tocsin.archive.strict import JsonValue
from tocsin.desk.place import Desk
from tocsin.records.errors import TocsinInputError

SHORTEST_REASON, LONGEST_REASON = 10, 1000  # characters
_WAIT_S = 60.0
Body = Mapping[str, JsonValue]


def checked_reason(reason: str) -> str:
    """The reason without white space around it. Raises TocsinInputError where it says too little or too much."""
    words = reason.strip()
    if not SHORTEST_REASON <= len(words) <= LONGEST_REASON:
        raise TocsinInputError(
            "this needs a reason",
            expected=f"{SHORTEST_REASON} to {LONGEST_REASON} characters",
            got=str(len(words)),
            next_step='give one with --reason "..."',
        )
    return words


def state(
    desk: Desk,
    body: Body,
    detail: Body,
    *,
    keys: Keys | None = None,
    check: Callable[[Snapshot], None] | None = None,
    wait_s: float | None = None,
) -> int:
    """The leaf of a statement, once it is durable. `detail` lies sealed; the log has its keyed digest only.

    `check` looks at the desk while nobody else can write to it, and raises where the statement must not be made.
    Raises TocsinInputError without the keys, TocsinError where another process keeps writing.
    """
    keys = keys or load_keys(desk.folder, desk.keys_folder)
    with Committer(
        desk.folder, keys, desk.clock, wait_s=_WAIT_S if wait_s is None else wait_s, last_head=keys.last_head
    ) as writer:
        if check:
            check(writer.snapshot())
        return writer.append_statements([body], [detail])[0]
