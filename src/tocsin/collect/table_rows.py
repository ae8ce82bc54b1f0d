"""A post out of one row of a table."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import Any, Final

from tocsin.collect.date_orders import DateOrder
from tocsin.collect.json_fields import Json, Place, id_text
from tocsin.collect.reader import PRIVATE_SOURCES, ReadContext, Record, audience_refusal
from tocsin.collect.written_times import written_instant
from tocsin.records.posts import Audience, ParsedPost, PostKind, PostStatus, TimeBasis

_AUDIENCES: Final = {
    "": Audience.PUBLIC,
    "public": Audience.PUBLIC,
    "everyone": Audience.PUBLIC,
    "unlisted": Audience.LIMITED,
    "limited": Audience.LIMITED,
    "followers": Audience.LIMITED,
    "private": Audience.PRIVATE,
    "direct": Audience.PRIVATE,
}
_ROUNDED: Final = re.compile(r"\d(?:[.,]\d+)?[eE]\+?\d{1,3}")
_LINK: Final = re.compile(r"https?://[^\s|\"'<>]+")
_SEPARATORS: Final = re.compile(r"[\s,;|\[\]'\"]+")
_MISSING: Final = frozenset({"", "nan", "null", "none", "n/a", "na"})


def row_post(row: Json, place: Place, pointer: str, order: DateOrder | None, context: ReadContext) -> Iterator[Record]:
    """The post of a row (values by field), or its quarantine; fields that had to be dropped come after it."""
    place.dropped = []
    yield _post(row, place, pointer, order, context)
    yield from place.dropped


def _post(row: Json, place: Place, pointer: str, order: DateOrder | None, context: ReadContext) -> Record:
    if context.source in PRIVATE_SOURCES:
        audience = Audience.PRIVATE
    else:
        audience = _AUDIENCES.get(_word(row.get("audience")).lower(), Audience.LIMITED)
    refusal = audience_refusal(audience, context)
    if refusal:
        return place.quarantined(pointer, "", refusal)
    text = row.get("text")
    if type(text) is not str:
        return place.quarantined(pointer, "text", "missing or not text")
    handle, name = _word(row.get("handle")).removeprefix("@"), _word(row.get("name"))
    account = _id(row.get("account")) or (f"handle:{handle.casefold()}" if handle else f"name:{name}" if name else "")
    if not account:
        if "account" not in row or any(field in row for field in ("handle", "name")):
            return place.quarantined(pointer, "account", "missing or not an id")
        account = "unknown"
    written = row.get("posted_at")
    posted_at, basis = written_instant(written, order, context.time_zone)
    if basis is TimeBasis.MISSING and written is not None and str(written).strip().lower() not in _MISSING:
        place.drop(pointer, "posted_at")
    if "id" in row:
        post_id = _id(row["id"])
        if not post_id:
            return place.quarantined(pointer, "id", "missing or not an id")
        if _ROUNDED.fullmatch(post_id):
            return place.quarantined(pointer, "id", "rounded by a spreadsheet, so it no longer names one post")
    else:
        moment = posted_at.isoformat() if posted_at else str(written)
        parts = "\x00".join((moment, account, _id(row.get("channel")), text)).encode("utf-8", "replace")
        post_id = f"derived-{hashlib.sha256(parts).hexdigest()[:32]}"
    reply_to, repost_of = _id(row.get("reply_to")), _id(row.get("repost_of"))
    quote_of, forward = _id(row.get("quote_of")), _id(row.get("forward_from"))
    return ParsedPost(
        post_id,
        account,
        handle,
        name,
        posted_at,
        basis,
        text,
        place.offset,
        place.length,
        pointer,
        place.line_no,
        _kind(reply_to, repost_of, quote_of, forward),
        audience,
        PostStatus.LIVE,
        _id(row.get("channel")),
        _word(row.get("channel_name")),
        reply_to,
        repost_of,
        quote_of,
        forward,
        _id(row.get("thread")),
        _word(row.get("lang")),
        tuple(tag.lstrip("#") for tag in _list(row, "tags", place, pointer)),
        tuple(handle.lstrip("@") for handle in _list(row, "mentions", place, pointer)),
        _links(row, place, pointer),
        tuple(_list(row, "media", place, pointer)),
    )


def _kind(reply_to: str, repost_of: str, quote_of: str, forward: str) -> PostKind:
    if repost_of:
        return PostKind.REPOST
    if forward:
        return PostKind.FORWARD
    if reply_to:
        return PostKind.REPLY
    return PostKind.QUOTE if quote_of else PostKind.POST


def _word(value: Any) -> str:
    """Short text of a cell; "" for what stands for nothing."""
    text = value.strip() if isinstance(value, str) else str(value) if type(value) is int else ""
    return "" if text.lower() in _MISSING else text


def _id(value: Any) -> str:
    """An id of a cell. Floats are no ids (2**53 rounds them), but "42.0", a spreadsheet's whole number, is 42."""
    text = id_text(value)
    if text.lower() in _MISSING:
        return ""
    return text[:-2] if text.endswith(".0") and text[:-2].isdigit() and len(text) < 18 else text


def _list(row: Json, field: str, place: Place, pointer: str) -> list[str]:
    value = row.get(field)
    if value is None:
        return []
    if isinstance(value, str):
        return [part for part in _SEPARATORS.split(value) if part.lower() not in _MISSING]
    if isinstance(value, list):
        words = [part for part in value if isinstance(part, str) and part]
        if len(words) != len(value):
            place.drop(pointer, field)
        return words
    place.drop(pointer, field)
    return []


def _links(row: Json, place: Place, pointer: str) -> tuple[tuple[str, str], ...]:
    value = row.get("links")
    if isinstance(value, str):
        found = [link.rstrip(",;]") for link in _LINK.findall(value)]
    else:
        found = _list(row, "links", place, pointer)
    return tuple((link, link) for link in found)
