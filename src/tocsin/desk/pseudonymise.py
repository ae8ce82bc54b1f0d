"""From what a reader understood to what the desk keeps: pseudonyms, names apart, commitments."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import pyarrow as pa

from tocsin.archive import commitment_roots, posted_at_text
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

    def media_id(of_source: str, name: str) -> str:
        return pseudonyms.content("media", of_source, name)

    kinds = (pseudonyms.post, pseudonyms.account, pseudonyms.channel, pseudonyms.handle, media_id)
    makers = _Makers(*map(_Cached, kinds))
    texts = [storable(record.text) for record in records]
    digests = _record_digests(block, records)
    rows: list[tuple[object, ...]] = []
    committed: list[Sequence[str]] = []
    for record, text, found in zip(records, texts, text_mentions(texts), strict=True):
        when = posted_at_text(record.posted_at)
        content_id = _content_id(pseudonyms, record, text, when)
        rows.append(_row(record, text, found, (source, capture_id, content_id), makers))
        committed.append(
            (
                source,
                storable(record.platform_id),
                storable(record.account_platform_id),
                storable(record.channel_platform_id),
                when,
                text,
                record.kind.value,
                digests[(record.record_offset, record.record_length)],
                storable(record.pointer),
            )
        )
    secrets = random_bytes(SECRET_BYTES * len(records))
    return PseudonymousBlock(
        posts=_table(rows),
        names=_names(records, source, makers),
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


class _Makers(NamedTuple):
    """The pseudonym makers of one block."""

    post: _Cached
    account: _Cached
    channel: _Cached
    handle: _Cached
    media: _Cached  # a media key is a platform id, and a file name can hold a person's name


def _table(rows: Sequence[tuple[object, ...]]) -> pa.Table:
    columns = list(zip(*rows, strict=True)) or [()] * len(COLLECTED)
    arrays = [pa.array(column, type=field.type) for column, field in zip(columns, COLLECTED, strict=True)]
    return pa.Table.from_arrays(arrays, schema=COLLECTED)


def _row(
    record: ParsedPost, text: str, found_mentions: Sequence[str], ids: tuple[str, str, str], makers: _Makers
) -> tuple[object, ...]:
    """One row in the order of COLLECTED; `ids` are source, capture id and content id."""
    source, capture_id, content_id = ids
    post = makers.post.of
    mentions = dict.fromkeys(
        makers.handle.of(source, storable(handle).removeprefix("@").casefold())
        for handle in (*record.mentions, *found_mentions)
        if handle.removeprefix("@")
    )
    return (
        post(source, record.platform_id),
        content_id,
        source,
        capture_id,
        record.record_offset,
        record.record_length,
        storable(record.pointer),
        record.line_no,
        makers.account.of(source, record.account_platform_id or UNKNOWN_ACCOUNT),
        makers.channel.of(source, record.channel_platform_id),
        record.posted_at,
        record.time_basis,
        record.kind,
        record.audience,
        record.status,
        text,
        post(source, record.reply_to),
        post(source, record.repost_of),
        post(source, record.quote_of),
        makers.channel.of(source, record.forward_from),
        post(source, record.thread_id),
        storable(record.platform_lang) or None,
        [storable(tag) for tag in record.tags],
        list(mentions),
        [{"written": storable(written), "expanded": storable(expanded)} for written, expanded in record.links],
        [makers.media.of(source, name) for name in record.media if name],
    )


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


def _names(records: Sequence[ParsedPost], source: str, makers: _Makers) -> pa.Table:
    rows: dict[tuple[str, str], tuple[str, str, str, str, str | None, str | None]] = {}
    for record in records:
        account = makers.account.of(source, record.account_platform_id or UNKNOWN_ACCOUNT) or ""
        post = makers.post.of(source, record.platform_id) or ""
        handle, shown = storable(record.handle) or None, storable(record.display_name) or None
        account_id, post_id = storable(record.account_platform_id), storable(record.platform_id)
        rows.setdefault(("account", account), (account, "account", source, account_id, handle, shown))
        rows.setdefault(("post", post), (post, "post", source, post_id, None, None))
        if record.channel_platform_id:
            channel = makers.channel.of(source, record.channel_platform_id) or ""
            channel_id, named = storable(record.channel_platform_id), storable(record.channel_name) or None
            rows.setdefault(("channel", channel), (channel, "channel", source, channel_id, None, named))
    columns = list(zip(*rows.values(), strict=True)) or [()] * len(NAMES)
    return pa.table([pa.array(column, type=f.type) for column, f in zip(columns, NAMES, strict=True)], schema=NAMES)
