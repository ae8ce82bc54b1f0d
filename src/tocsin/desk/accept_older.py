"""accept_older: an older copy of the desk was put back on purpose; the log says so, and work goes on."""

from __future__ import annotations

from urllib.parse import quote

from tocsin.archive import LastHead, continues, desk_info, load_keys, newest_head, open_writer
from tocsin.desk.collect import AS_IS, LONGEST_STATED
from tocsin.desk.place import Desk
from tocsin.records.errors import TocsinInputError
from tocsin.records.evidence import Checkpoint

_WAIT_S = 10.0


def accept_older(desk: Desk, reason: str) -> str:
    """What was stated, for the door to say. The log keeps what was lost by size and root, and why; then work goes on.

    Whoever holds a checkpoint of the newer log still sees that the present one does not go on from it.
    Raises TocsinInputError without a reason, without the keys, or where there is nothing to accept.
    """
    if not reason.strip() or len(reason) > LONGEST_STATED:
        raise TocsinInputError(
            "putting back an older desk needs a reason", expected=f"1 to {LONGEST_STATED} characters"
        )
    keys = load_keys(desk.folder, desk.keys_folder)
    last, opened = LastHead(desk.keys_folder, keys.desk_id), desk_info(desk.folder).opened_checkpoint
    seen = last.read(opened)
    with open_writer(desk.folder, keys, desk.clock, wait_s=_WAIT_S, may_be_older=True) as writer:
        now = newest_head(desk.folder, opened)
        if seen is None or continues(desk.folder, seen, now):
            raise TocsinInputError("there is nothing to accept: the log goes on from the last head this machine saw")
        leaf = writer.append_statements([_stated(reason, seen, now)])[-1]
    last.replace(newest_head(desk.folder, opened))
    return f"Stated in the log (leaf {leaf}): this copy has {now.size:,} entries, {seen.size:,} were seen before."


def _stated(reason: str, seen: Checkpoint, now: Checkpoint) -> dict[str, str | int]:
    """The statement; text is percent-encoded UTF-8 (RFC 3986)."""
    return {
        "type": "older_accepted",
        "v": 1,
        "seen_size": seen.size,
        "seen_root": seen.root.hex(),
        "size": now.size,
        "root": now.root.hex(),
        "reason": quote(reason.strip(), safe=AS_IS),
    }
