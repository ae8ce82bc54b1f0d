"""What leaves the desk is stated in its log: which kind of file, its digest, and which posts it quotes.

The order is: the bytes are written whole under another name, the statement is made durable, the file gets its name.
So a file that was exported is always stated. A crash in between leaves a statement of a file that nobody got, which
does no harm; where the statement cannot be made, the file never appears and an older one of that name stays.
The digest and the leaves lie sealed: the log itself must not tell which posts somebody found worth quoting.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

from tocsin.archive import snapshot
from tocsin.archive.strict import JsonValue
from tocsin.desk.acts import state
from tocsin.desk.place import Desk
from tocsin.desk.write_file import write_whole

EXPORTS = frozenset({"report", "table", "network", "proof"})
SHARED = frozenset({"backup", "handover"})


def state_exported(
    desk: Desk, what: str, file_bytes: bytes, leaves: Iterable[int], *, reason: str | None = None
) -> int:
    """The leaf that states an export: `what` is one of EXPORTS, `leaves` are those of the posts quoted in it, `reason`
    why something that was not public leaves.

    Raises TocsinInputError without the desk's keys, TocsinError where another process keeps writing to the desk.
    """
    if what not in EXPORTS:
        raise ValueError(f"no kind of export: {what}")
    quoted: list[JsonValue] = [*sorted(set(leaves))]
    return state(
        desk,
        {"type": "exported", "v": 1, "what": what},
        {"sha256": sha256(file_bytes).hexdigest(), "leaves": quoted, **({"reason": reason.strip()} if reason else {})},
    )


def write_exported(
    desk: Desk, what: str, file: Path, data: bytes, leaves: Iterable[int], *, reason: str | None = None
) -> None:
    """Write a file that leaves the desk, and state it: both or neither. Raises as the two."""
    write_whole(file, data, before_shown=lambda: state_exported(desk, what, data, leaves, reason=reason))


def state_shared(desk: Desk, what: str) -> int:
    """The leaf that states that a copy of the whole desk is about to be made. Raises as `state_exported`."""
    if what not in SHARED:
        raise ValueError(f"no kind of copy: {what}")
    size = snapshot(desk.folder).log_size
    return state(desk, {"type": "shared", "v": 1, "what": what, "size": size}, {}, wait_s=0.0)
