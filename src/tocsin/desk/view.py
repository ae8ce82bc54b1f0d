"""view: the original bytes of a post and who stands behind its pseudonyms, after the log says who looked and why."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tocsin.archive import load_keys, record_bytes, snapshot, unmasked
from tocsin.archive.erased import erasures_of
from tocsin.desk.acts import Body, checked_reason, state
from tocsin.desk.named_post import named_post, stored_row
from tocsin.desk.place import Desk
from tocsin.desk.write_file import check_writable, write_whole
from tocsin.records.errors import TocsinInputError
from tocsin.report import shown_text

_COLUMNS = [
    "post_id",
    "account_id",
    "channel_id",
    "capture_id",
    "record_offset",
    "record_length",
    "audience",
    "pointer",
]
_KINDS = {"post_id": "post", "account_id": "account", "channel_id": "channel"}


@dataclass(frozen=True, slots=True)
class Viewed:
    """An original. `names` are the rows behind its pseudonyms: kind, platform_id, handle, display_name.

    `record` may hold more posts than this one (a page of a timeline); `own_part` is this one's.
    """

    leaf_index: int
    stated_in: int  # leaf of the statement
    audience: str
    names: tuple[dict[str, Any], ...]
    record: bytes
    pointer: str  # JSON pointer (RFC 6901) to the post in its record, "" where the record is the post
    file: Path | None

    @property
    def own_part(self) -> bytes:
        """The post without its neighbours, as JSON; the whole record where it is no page of posts."""
        if not self.pointer:
            return self.record
        try:
            value = json.loads(self.record)
            for step in self.pointer.split("/")[1:]:
                value = value[int(step)] if isinstance(value, list) else value[step]
        except (ValueError, LookupError, TypeError, RecursionError):
            return self.record
        return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


def view(desk: Desk, post: str, reason: str, output: Path | None = None) -> Viewed:
    """The original of a post, whatever its audience; nothing of it is opened before the statement is durable.

    `output` gets the exact bytes, for its owner only. Raises TocsinInputError without a reason or the keys, for a post
    that is not there (any more), or a file inside the desk; TocsinError where the statement cannot be made.
    """
    words = checked_reason(reason)
    if output is not None:
        check_writable(output)
        if output.resolve().is_relative_to(desk.folder.resolve()):
            raise TocsinInputError("the original would lie open inside the desk", next_step="name another -o FILE")
    keys = load_keys(desk.folder, desk.keys_folder)
    named = named_post(snapshot(desk.folder), post)
    stored_row(snapshot(desk.folder), named, ["post_id"])
    if named.leaf_index in erasures_of(snapshot(desk.folder)).lost:
        raise TocsinInputError(
            f"the original of leaf {named.leaf_index} is gone: it lay in one record with a post that was erased",
            next_step="tocsin custody tells by which order",
        )
    detail: Body = {"reason": words, "to_file": output is not None}
    stated_in = state(desk, {"type": "viewed", "v": 1, "leaf": named.leaf_index}, detail, keys=keys)
    here = snapshot(desk.folder, keys.sealer)
    row = stored_row(here, named, _COLUMNS)
    record = record_bytes(here.folder, here.sealer, row["capture_id"], row["record_offset"], row["record_length"])
    order = [row[column] for column in _KINDS if row[column]]
    names = sorted(unmasked(here, order).to_pylist(), key=lambda each: order.index(each["pseudonym"]))
    if output is not None:
        write_whole(output, record, is_private=True)
    return Viewed(named.leaf_index, stated_in, row["audience"], tuple(names), record, row["pointer"], output)


def shown_bytes(raw: bytes) -> str:
    """Bytes as a terminal may show them: control, direction and undrawn characters, and what is no UTF-8, as badges.

    >>> shown_bytes(b"a\\x1b[2J\\xe2\\x80\\xaeb\\xff")
    'a⟦U+001B⟧[2J⟦RLO⟧b⟦byte FF⟧'
    """
    pieces: list[str] = []
    rest = raw
    while rest:
        try:
            pieces.append(shown_text(rest.decode("utf-8")))
            break
        except UnicodeDecodeError as error:
            pieces.append(shown_text(rest[: error.start].decode("utf-8")))
            pieces += [f"⟦byte {byte:02X}⟧" for byte in rest[error.start : error.end]]
            rest = rest[error.end :]
    return "".join(pieces)
