"""X/Twitter API v1.1: posts one a line, arrays, and search payloads; extended, compatible and truncated forms.

A repost carries the text, tags and links of the post it repeats (v1.1 cuts the repost's own at 140 characters). The
reposted and quoted posts nested in it are not counted as posts of their own, as in API v2.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, BinaryIO, Final

from tocsin.collect.json_fields import Json, Place, epoch_instant, id_text, iso_instant, unescaped
from tocsin.collect.json_frames import TOP_ARRAY, element_blocks, value_blocks
from tocsin.collect.json_values import read_value
from tocsin.collect.line_frames import line_blocks
from tocsin.collect.reader import (
    BLOCK_SIZE,
    HEAD_SIZE,
    OpenStream,
    ReadContext,
    ReadOptions,
    Record,
    SourceManifest,
    audience_refusal,
    with_bounded_texts,
)
from tocsin.collect.sniff import sniffed
from tocsin.records.posts import (
    Audience,
    Block,
    CaptureNote,
    ParsedPost,
    PostKind,
    PostStatus,
    QuarantinedRecord,
    TimeBasis,
)

_MONTHS: Final = {
    name: number
    for number, name in enumerate(
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), start=1
    )
}
_NOTICES: Final = {
    "delete": "tweet: deleted",
    "scrub_geo": "tweet: location withdrawn",
    "status_withheld": "tweet: withheld",
    "user_withheld": "user: withheld",
    "limit": "stream limit: a hole in the capture",
    "disconnect": "stream cut: a hole in the capture",
}
_NONE: Final[Json] = {}


@dataclass(frozen=True, slots=True)
class TwitterV1Details:
    """How records lie in the file: "lines", "document", "array" or "search" (one document with `statuses`)."""

    shape: str


class TwitterV1Reader:
    """Reads X/Twitter API v1.1."""

    manifest: Final = SourceManifest(
        source="twitter",
        format="twitter-v1",
        title="X/Twitter API v1.1 (extended, compatible and truncated; search and stream)",
        kinds=("JSONL", "JSON"),
        gives=(
            *("id", "account", "handle", "name", "time", "text", "reply, repost and quote targets", "language"),
            *("tags", "mentions", "links", "media ids", "withheld", "what was gone"),
        ),
        cannot_give=("conversation", "edits", "whole text of truncated posts collected without tweet_mode=extended"),
        times="with offset, or epoch milliseconds: in UTC",
        audience="public; limited where the account is protected",
        private=False,
    )

    def recognises(self, head: bytes, name: str) -> float:
        """0.95 for a post of API v1.1 or a search payload of such."""
        sniff = sniffed(head)
        return max((_likeness(sample) for sample in sniff.samples), default=0.0)

    def context(self, open_stream: OpenStream, options: ReadOptions) -> ReadContext:
        """How records lie in the file."""
        with open_stream() as stream:
            sniff = sniffed(stream.read(HEAD_SIZE))
        shape: str = sniff.shape if sniff.shape in ("document", "array") else "lines"
        if sniff.samples and isinstance(sniff.samples[0], dict) and "statuses" in sniff.samples[0]:
            shape = "search"
        note = CaptureNote("twitter", method="API v1.1 search" if shape == "search" else None)
        return ReadContext("twitter-v1", "twitter", note, options.may_read_private, None, TwitterV1Details(shape))

    def blocks(self, stream: BinaryIO, context: ReadContext, block_size: int = BLOCK_SIZE) -> Iterator[Block]:
        """Blocks of posts."""
        shape = context.details.shape if isinstance(context.details, TwitterV1Details) else "lines"
        if shape == "search":
            yield from element_blocks(stream, (("statuses",),), block_size)
        elif shape == "array":
            yield from element_blocks(stream, (TOP_ARRAY,), block_size)
        else:
            yield from value_blocks(stream, block_size) if shape == "document" else line_blocks(stream, block_size)

    @with_bounded_texts
    def records(self, block: Block, context: ReadContext) -> Iterator[Record]:
        """Posts, notices of what is gone, and what could not be read."""
        for frame in block.frames:
            value, noticed = read_value(block, frame)
            yield from noticed
            if isinstance(value, QuarantinedRecord):
                yield value
                continue
            place = Place(block, frame)
            notice = next((kind for key, kind in _NOTICES.items() if key in value), "") if type(value) is dict else ""
            if type(value) is not dict:
                yield place.quarantined("", "", "not a JSON object")
            elif notice and "user" not in value:
                yield place.gone(notice)
            elif type(value.get("statuses")) is list:
                for index, item in enumerate(value["statuses"]):
                    pointer = f"/statuses/{index}"
                    if type(item) is dict:
                        yield _post(item, place, pointer, context)
                    else:
                        yield place.quarantined(pointer, "", "not a JSON object")
            elif "screen_name" in value and "user" not in value:
                yield place.not_a_post("user")
            else:
                yield _post(value, place, "", context)
            yield from place.dropped


def _likeness(sample: Any) -> float:
    if not isinstance(sample, dict):
        return 0.0
    keys = sample.keys()
    if isinstance(sample.get("statuses"), list):
        return 0.95
    user = sample.get("user")
    if isinstance(user, dict) and "screen_name" in user and keys & {"text", "full_text"}:
        return 0.96
    if keys & {"id_str", "in_reply_to_status_id", "is_quote_status"} and keys & {"text", "full_text"}:
        return 0.9
    return 0.7 if isinstance(sample.get("delete"), dict) and "status" in sample["delete"] else 0.0


def v1_instant(value: Any) -> datetime | None:
    """The UTC instant of a time as API v1.1 writes it, in any locale of this machine.

    >>> v1_instant("Thu Jul 28 16:10:07 +0000 2022")
    datetime.datetime(2022, 7, 28, 16, 10, 7, tzinfo=datetime.timezone.utc)
    """
    if type(value) is not str:
        return None
    parts = value.split()
    if len(parts) != 6 or parts[1] not in _MONTHS:
        return None
    try:
        iso = f"{parts[5]:0>4}-{_MONTHS[parts[1]]:02}-{parts[2]:0>2}T{parts[3]}{parts[4]}"
        return datetime.fromisoformat(iso).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _post(post: Json, place: Place, pointer: str, context: ReadContext) -> Record:
    """One post, or its quarantine where id, account or text are missing or of another type."""
    get = post.get
    post_id = id_text(get("id_str")) or id_text(get("id"))
    if not post_id:
        return place.quarantined(pointer, "id_str", "missing or not an id")
    user = get("user")
    if type(user) is not dict:
        return place.quarantined(pointer, "user", "missing or not an object")
    account = id_text(user.get("id_str")) or id_text(user.get("id"))
    if not account:
        return place.quarantined(pointer, "user/id_str", "missing or not an id")
    audience = Audience.LIMITED if user.get("protected") is True else Audience.PUBLIC
    refusal = audience_refusal(audience, context)
    if refusal:
        return place.quarantined(pointer, "", refusal)
    original = get("retweeted_status")
    if original is not None and type(original) is not dict:
        place.drop(pointer, "retweeted_status")
        original = None
    whole = _whole(original) if original else None
    text, entities, media = whole or _whole(post) or (None, _NONE, _NONE)
    if text is None:
        return place.quarantined(pointer, "full_text" if "full_text" in post else "text", "missing or not text")
    posted_at = v1_instant(get("created_at")) or iso_instant(get("created_at")) or epoch_instant(get("timestamp_ms"))
    if posted_at is None and "created_at" in post:
        place.drop(pointer, "created_at")
    reply_to = id_text(get("in_reply_to_status_id_str")) or id_text(get("in_reply_to_status_id"))
    repost_of = (id_text(original.get("id_str")) or id_text(original.get("id"))) if original else ""
    quote_of = id_text(get("quoted_status_id_str")) or id_text(get("quoted_status_id"))
    if original:
        kind = PostKind.REPOST
    elif reply_to or get("in_reply_to_user_id_str"):
        kind = PostKind.REPLY
    else:
        kind = PostKind.QUOTE if quote_of else PostKind.POST
    inside = f"{pointer}/entities"
    return ParsedPost(
        post_id,
        account,
        place.text(user, "screen_name", f"{pointer}/user"),
        place.text(user, "name", f"{pointer}/user"),
        posted_at,
        TimeBasis.MISSING if posted_at is None else TimeBasis.EXPLICIT,
        text,
        place.offset,
        place.length,
        pointer,
        place.line_no,
        kind,
        audience,
        PostStatus.WITHHELD if get("withheld_in_countries") or get("withheld_copyright") else PostStatus.LIVE,
        "",
        "",
        reply_to,
        repost_of,
        quote_of,
        "",
        "",
        place.text(post, "lang", pointer),
        place.names(entities, "hashtags", "text", inside),
        place.names(entities, "user_mentions", "screen_name", inside),
        _links(entities, place, inside),
        tuple(key for item in place.dicts(media, "media", inside) if (key := id_text(item.get("id_str")))),
    )


def _whole(post: Json) -> tuple[str, Json, Json] | None:
    """Text, entities and media entities of the longest form the payload holds, or None without a text."""
    extended = post.get("extended_tweet")
    forms = (extended, post) if type(extended) is dict else (post,)
    for form in forms:
        text = form.get("full_text")
        if type(text) is not str:
            text = form.get("text")
        if type(text) is str:
            entities, media = form.get("entities"), form.get("extended_entities")
            entities = entities if type(entities) is dict else _NONE
            return unescaped(text), entities, media if type(media) is dict else entities
    return None


def _links(entities: Json, place: Place, inside: str) -> tuple[tuple[str, str], ...]:
    links: list[tuple[str, str]] = []
    for url in place.dicts(entities, "urls", inside):
        written, expanded = url.get("url"), url.get("expanded_url")
        unwound = url.get("unwound")
        if type(unwound) is dict and type(unwound.get("url")) is str:
            expanded = unwound["url"]
        if type(written) is str:
            links.append((written, expanded if type(expanded) is str else ""))
        else:
            place.drop(inside, "urls")
    return tuple(links)
