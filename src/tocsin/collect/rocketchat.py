"""Rocket.Chat: channel history pages as the REST API gives them, and messages one a line.

`channels.history` only ever answers for public channels, and a page does not name the room's type; so a page is
public unless its room says otherwise or a room id is made of two user ids, which is how direct rooms are named.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, BinaryIO, Final
from urllib.parse import parse_qs, urlsplit

from tocsin.collect.json_fields import Json, Place, epoch_instant, id_text, iso_instant
from tocsin.collect.json_frames import TOP_ARRAY, Path, element_blocks
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
    check_private,
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

_ROOMS: Final = frozenset({"channel", "room", "group", "im"})
_PRIVATE_TYPES: Final = frozenset({"p", "d", "l", "v", "private", "direct", "group"})
_MESSAGE_KEYS: Final = frozenset({"rid", "u", "ts", "msg"})
_USER_ID_LENGTH: Final = 17  # of Rocket.Chat's random ids


@dataclass(frozen=True, slots=True)
class RocketChatDetails:
    """How messages lie in the file ("lines", "array" or "pages"), and what its head says of the room."""

    shape: str
    audience: Audience = Audience.PUBLIC
    room_name: str = field(default="", repr=False)


class RocketChatReader:
    """Reads Rocket.Chat channel history."""

    manifest: Final = SourceManifest(
        source="rocketchat",
        format="rocketchat-history",
        title="Rocket.Chat channel history (REST pages, messages one a line)",
        kinds=("JSON", "JSONL"),
        gives=(
            *("id", "account", "handle", "name", "time", "text", "thread", "reply and quote targets", "channel"),
            *("mentions", "links", "file names", "edited", "removed messages"),
        ),
        cannot_give=("language", "earlier versions", "text of end-to-end encrypted messages"),
        times="ISO 8601 or epoch milliseconds, in UTC",
        audience="public, unless the room's type is private or direct",
        private=False,
    )

    def recognises(self, head: bytes, name: str) -> float:
        """0.97 for messages with a room, a user and a time."""
        sniff = sniffed(head)
        for sample in sniff.samples[:3]:
            if not isinstance(sample, dict):
                continue
            messages = sample.get("messages")
            first = messages[0] if isinstance(messages, list) and messages else sample
            if isinstance(first, dict) and len(_MESSAGE_KEYS & first.keys()) >= 3:
                return 0.97
            if isinstance(messages, list) and "success" in sample:
                return 0.6
        return 0.0

    def context(self, open_stream: OpenStream, options: ReadOptions) -> ReadContext:
        """Shape, room name and audience. Raises RefusedError where the room says it is private or direct."""
        with open_stream() as stream:
            sniff = sniffed(stream.read(HEAD_SIZE))
        first = sniff.samples[0] if sniff.samples else {}
        if sniff.shape == "array":
            shape = "array"
        else:
            shape = "lines" if isinstance(first, dict) and "messages" not in first else "pages"
        names: set[str] = set()
        types: set[str] = set()

        def header(path: Path, value: Any) -> None:
            if len(path) == 2 and path[0] in _ROOMS and path[1] == "name" and isinstance(value, str) and len(names) < 2:
                names.add(value)
            if path[-1] in ("t", "type") and (len(path) == 1 or (len(path) == 2 and path[0] in _ROOMS)):
                types.update({str(value)} & _PRIVATE_TYPES)

        if shape == "pages":
            with open_stream() as stream:
                for _ in element_blocks(stream, (("messages",),), header=header):
                    pass
        audience = Audience.PRIVATE if types else Audience.PUBLIC
        if audience is Audience.PRIVATE:
            check_private("a private or direct Rocket.Chat room", options)
        note = CaptureNote("rocketchat", method="REST channel history" if shape == "pages" else None)
        details = RocketChatDetails(shape, audience, "".join(names) if len(names) == 1 else "")
        return ReadContext("rocketchat-history", "rocketchat", note, options.may_read_private, None, details)

    def blocks(self, stream: BinaryIO, context: ReadContext, block_size: int = BLOCK_SIZE) -> Iterator[Block]:
        """Blocks of messages."""
        shape = context.details.shape if isinstance(context.details, RocketChatDetails) else "lines"
        if shape == "lines":
            yield from line_blocks(stream, block_size)
        else:
            yield from element_blocks(stream, (TOP_ARRAY,) if shape == "array" else (("messages",),), block_size)

    @with_bounded_texts
    def records(self, block: Block, context: ReadContext) -> Iterator[Record]:
        """Posts, system messages as NonPost, removed messages as GoneNotice, and what could not be read."""
        for frame in block.frames:
            value, noticed = read_value(block, frame)
            yield from noticed
            if isinstance(value, QuarantinedRecord):
                yield value
                continue
            place = Place(block, frame)
            if type(value) is dict:
                yield _message(value, place, context)
            else:
                yield place.quarantined("", "", "not a JSON object")
            yield from place.dropped


def _message(message: Json, place: Place, context: ReadContext) -> Record:
    get = message.get
    kind_of_message = get("t")
    if kind_of_message == "rm":
        return place.gone("message: removed")
    user = get("u")
    if type(user) is not dict:
        return place.quarantined("", "u", "missing or not an object")
    account = id_text(user.get("_id")) or id_text(user.get("username"))
    if not account:
        return place.quarantined("", "u/_id", "missing or not an id")
    room = id_text(get("rid"))
    audience = _audience(room, account, context)
    refusal = audience_refusal(audience, context)
    if refusal:
        return place.quarantined("", "", refusal)
    if kind_of_message == "e2e":
        return place.quarantined("", "msg", "end-to-end encrypted")
    if isinstance(kind_of_message, str) and kind_of_message:
        return place.not_a_post("system message")
    message_id = id_text(get("_id"))
    if not message_id:
        return place.quarantined("", "_id", "missing or not an id")
    text = get("msg")
    if type(text) is not str:
        return place.quarantined("", "msg", "missing or not text")
    posted_at = _instant(get("ts"))
    if posted_at is None and "ts" in message:
        place.drop("", "ts")
    thread = id_text(get("tmid"))
    attachments = place.dicts(message, "attachments", "")
    quote_of = next((found for item in attachments if (found := _quoted(item))), "")
    kind = PostKind.REPLY if thread else PostKind.QUOTE if quote_of else PostKind.POST
    details = context.details
    return ParsedPost(
        message_id,
        account,
        place.text(user, "username", "u"),
        place.text(user, "name", "u"),
        posted_at,
        TimeBasis.MISSING if posted_at is None else TimeBasis.EXPLICIT,
        text,
        place.offset,
        place.length,
        "",
        place.line_no,
        kind,
        audience,
        PostStatus.EDITED if get("editedAt") else PostStatus.LIVE,
        room,
        details.room_name if isinstance(details, RocketChatDetails) else "",
        thread,
        "",
        quote_of,
        "",
        thread,
        "",
        (),
        place.names(message, "mentions", "username", ""),
        tuple((url, url) for url in place.names(message, "urls", "url", "")),
        _files(message, place),
    )


def _audience(room: str, account: str, context: ReadContext) -> Audience:
    if isinstance(context.details, RocketChatDetails) and context.details.audience is not Audience.PUBLIC:
        return context.details.audience
    direct = len(room) == 2 * _USER_ID_LENGTH and (room.startswith(account) or room.endswith(account))
    return Audience.PRIVATE if direct else Audience.PUBLIC


def _instant(value: Any) -> datetime | None:
    if type(value) is dict:
        value = value.get("$date")
        if type(value) is dict:
            value = value.get("$numberLong")
    return iso_instant(value) or epoch_instant(value)


def _quoted(attachment: Json) -> str:
    """The id of the message an attachment quotes: its link ends in ?msg=ID."""
    link = attachment.get("message_link")
    if not isinstance(link, str):
        return ""
    try:
        return parse_qs(urlsplit(link).query, max_num_fields=20).get("msg", [""])[0]
    except ValueError:
        return ""


def _files(message: Json, place: Place) -> tuple[str, ...]:
    names = place.names(message, "files", "name", "")
    one = message.get("file")
    if not names and type(one) is dict:
        names = (place.text(one, "name", "file"),) if one.get("name") else ()
    return names
