"""From what a reader understood to what the desk keeps: pseudonyms, names apart, commitments."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pyarrow as pa

from tocsin.archive import commitment_roots
from tocsin.records.ids import Pseudonyms
from tocsin.records.posts import COLLECTED, NAMES, Block, ParsedPost

SECRET_BYTES = 16
# A table without a column of accounts: one stand-in, so that nothing is ever "shared by several accounts" there.
UNKNOWN_ACCOUNT = "\x00unknown"


@dataclass(frozen=True, slots=True)
class PseudonymousBlock:
    """The posts of one block as the desk keeps them; rows of `posts`, `secrets` and `roots` correspond."""

    posts: pa.Table  # COLLECTED
    names: pa.Table  # NAMES
    secrets: bytes = field(repr=False)  # SECRET_BYTES a post
    roots: bytes = field(repr=False)  # 32 a post


def committed_time(instant: datetime | None) -> str:
    """The text form of an instant that is committed to: ISO 8601, UTC, microseconds, "Z"; "" where unknown.

    >>> committed_time(datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC))
    '2026-02-03T04:05:06.000000Z'
    """
    if instant is None:
        return ""
    return instant.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def storable(text: str) -> str:
    """The text with lone surrogates replaced: they cannot be written as UTF-8; the original bytes stay archived."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


class _Cached:
    """A pseudonym maker that remembers, since accounts, channels and targets repeat within a block."""

    def __init__(self, make: Callable[..., str]) -> None:
        self.make = make
        self.known: dict[tuple[str, str], str] = {}

    def of(self, source: str, platform_id: str) -> str | None:
        """The pseudonym, or None for an empty id."""
        if not platform_id:
            return None
        key = (source, platform_id)
        found = self.known.get(key)
        if found is None:
            found = self.known[key] = self.make(source, platform_id)
        return found


def pseudonymous_block(
    block: Block,
    records: Sequence[ParsedPost],
    *,
    source: str,
    capture_id: str,
    pseudonyms: Pseudonyms,
    text_mentions: Callable[[Sequence[str]], list[list[str]]],
    random_bytes: Callable[[int], bytes] = os.urandom,
) -> PseudonymousBlock:
    """The posts of a block with pseudonyms for every platform id and handle, names apart, and their commitments."""
    post_id, account_id = _Cached(pseudonyms.post), _Cached(pseudonyms.account)
    channel_id, handle_id = _Cached(pseudonyms.channel), _Cached(pseudonyms.handle)
    texts = [storable(record.text) for record in records]
    digests = _record_digests(block, records)
    columns: dict[str, list[object]] = {name: [] for name in COLLECTED.names}
    committed: list[Sequence[str]] = []
    for record, text, found in zip(records, texts, text_mentions(texts), strict=True):
        when = committed_time(record.posted_at)
        row = _row(record, text, found, source, capture_id, post_id, account_id, channel_id, handle_id)
        row["content_id"] = _content_id(pseudonyms, record, text, when)
        for name, value in row.items():
            columns[name].append(value)
        committed.append(
            (
                source,
                record.platform_id,
                record.account_platform_id,
                record.channel_platform_id,
                when,
                text,
                record.kind.value,
                digests[(record.record_offset, record.record_length)],
                record.pointer,
            )
        )
    secrets = random_bytes(SECRET_BYTES * len(records))
    return PseudonymousBlock(
        posts=pa.table(columns, schema=COLLECTED),
        names=_names(records, source, post_id, account_id, channel_id),
        secrets=secrets,
        roots=commitment_roots(secrets, committed),
    )


def _record_digests(block: Block, records: Sequence[ParsedPost]) -> dict[tuple[int, int], str]:
    """SHA-256 (hex) of the original bytes of each record; several posts may share one record."""
    view = memoryview(block.data)
    digests: dict[tuple[int, int], str] = {}
    for record in records:
        place = (record.record_offset, record.record_length)
        if place not in digests:
            start = record.record_offset - block.offset
            digests[place] = hashlib.sha256(view[start : start + record.record_length]).hexdigest()
    return digests


def _row(
    record: ParsedPost,
    text: str,
    found_mentions: Sequence[str],
    source: str,
    capture_id: str,
    post_id: _Cached,
    account_id: _Cached,
    channel_id: _Cached,
    handle_id: _Cached,
) -> dict[str, object]:
    mentions = dict.fromkeys(
        handle_id.of(source, storable(handle).removeprefix("@").casefold())
        for handle in (*record.mentions, *found_mentions)
        if handle
    )
    return {
        "post_id": post_id.of(source, record.platform_id),
        "source": source,
        "capture_id": capture_id,
        "record_offset": record.record_offset,
        "record_length": record.record_length,
        "pointer": record.pointer,
        "line_no": record.line_no,
        "account_id": account_id.of(source, record.account_platform_id or UNKNOWN_ACCOUNT),
        "channel_id": channel_id.of(source, record.channel_platform_id),
        "posted_at": record.posted_at,
        "time_basis": record.time_basis.value,
        "kind": record.kind.value,
        "audience": record.audience.value,
        "status": record.status.value,
        "text": text,
        "reply_to_id": post_id.of(source, record.reply_to),
        "repost_of_id": post_id.of(source, record.repost_of),
        "quote_of_id": post_id.of(source, record.quote_of),
        "forward_from_id": channel_id.of(source, record.forward_from),
        "thread_id": post_id.of(source, record.thread_id),
        "platform_lang": record.platform_lang or None,
        "declared_tags": [storable(tag) for tag in record.tags],
        "mentions": list(mentions),
        "declared_links": [
            {"written": storable(written), "expanded": storable(expanded)} for written, expanded in record.links
        ],
        "media": list(record.media),
    }


def _content_id(pseudonyms: Pseudonyms, record: ParsedPost, text: str, when: str) -> str:
    """What makes two deliveries the same version: what was said, by whom, when, to what; not counts of likes."""
    return pseudonyms.content(
        text,
        when,
        record.account_platform_id,
        record.kind.value,
        record.status.value,
        record.reply_to,
        record.repost_of,
        record.quote_of,
        record.forward_from,
        *(storable(expanded or written) for written, expanded in record.links),
        "\x00media",
        *record.media,
    )


def _names(
    records: Sequence[ParsedPost], source: str, post_id: _Cached, account_id: _Cached, channel_id: _Cached
) -> pa.Table:
    rows: dict[tuple[str, str], tuple[str, str, str, str, str | None, str | None]] = {}
    for record in records:
        account = account_id.of(source, record.account_platform_id or UNKNOWN_ACCOUNT) or ""
        post = post_id.of(source, record.platform_id) or ""
        handle, shown = storable(record.handle) or None, storable(record.display_name) or None
        rows.setdefault(("account", account), (account, "account", source, record.account_platform_id, handle, shown))
        rows.setdefault(("post", post), (post, "post", source, record.platform_id, None, None))
        if record.channel_platform_id:
            channel = channel_id.of(source, record.channel_platform_id) or ""
            rows.setdefault(
                ("channel", channel),
                (channel, "channel", source, record.channel_platform_id, None, storable(record.channel_name) or None),
            )
    columns = list(zip(*rows.values(), strict=True)) or [()] * len(NAMES)
    return pa.table([pa.array(column, type=f.type) for column, f in zip(columns, NAMES, strict=True)], schema=NAMES)
