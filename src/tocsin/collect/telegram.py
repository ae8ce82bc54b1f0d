"""Telegram Desktop exports: result.json of one chat, or of several (`chats.list`, `left_chats.list`).

Channels and supergroups whose export says they are public are public; every other chat, and one whose export does
not say, is private. A file with any private chat is refused as a whole: its bytes would be kept with those of the
public ones, and a private chat may not lie on a desk unless somebody said why.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, BinaryIO, Final

from tocsin.collect.json_fields import Json, epoch_instant, id_text, local_instant, zone
from tocsin.collect.json_frames import ANY, element_blocks
from tocsin.collect.json_values import read_value
from tocsin.collect.reader import (
    BLOCK_SIZE,
    DroppedField,
    NonPost,
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
from tocsin.records.errors import TocsinInputError
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

_PATHS: Final = (("messages",), ("chats", "list", ANY, "messages"), ("left_chats", "list", ANY, "messages"))
_PUBLIC_TYPES: Final = frozenset({"public_channel", "public_supergroup"})
# Entities that Telegram finds in text only at the start of a word: glued to the entity before them, a space is missing.
_WORD_ENTITIES: Final = frozenset({"link", "mention", "hashtag", "cashtag", "email", "phone", "bot_command"})
_LINKS: Final = frozenset({"link", "text_link"})
_FILES: Final = ("photo", "file")
MAX_CHATS: Final = 20_000  # in one export; every block of messages is read with the heads of all


@dataclass(frozen=True, slots=True)
class TelegramChat:
    """One chat of an export, as its own head describes it."""

    chat_id: str = ""
    name: str = field(default="", repr=False)
    type: str = ""

    @property
    def audience(self) -> Audience:
        """Public only where the export says so."""
        return Audience.PUBLIC if self.type in _PUBLIC_TYPES else Audience.PRIVATE


@dataclass(frozen=True, slots=True)
class TelegramDetails:
    """The chats of the export by the JSON pointer of their object ("" for a single chat)."""

    chats: Mapping[str, TelegramChat]


class TelegramReader:
    """Reads Telegram Desktop's result.json."""

    manifest: Final = SourceManifest(
        source="telegram",
        format="telegram-desktop",
        title="Telegram Desktop export (result.json)",
        kinds=("JSON",),
        gives=(
            *("id", "account", "name", "time", "text", "reply target", "forward origin", "channel", "topic"),
            *("tags", "mentions", "links", "media file names", "edited"),
        ),
        cannot_give=("handle (the export gives display names)", "deleted messages", "language", "earlier versions"),
        times="date_unixtime in UTC; older exports give local time without a zone: --time-zone, else UTC is assumed",
        audience="public for public channels and public supergroups; anything else is private",
        private=False,
    )

    def recognises(self, head: bytes, name: str) -> float:
        """0.97 for a chat, or list of chats, with Telegram's message fields."""
        sniff = sniffed(head)
        sample = sniff.samples[0] if sniff.samples else None
        if not isinstance(sample, dict):
            return 0.0
        for group in ("chats", "left_chats"):
            listed = sample.get(group)
            if isinstance(listed, dict) and isinstance(listed.get("list"), list):
                return 0.97
        messages = sample.get("messages")
        first = messages[0] if isinstance(messages, list) and messages else None
        if isinstance(first, dict) and "type" in first and first.keys() & {"date_unixtime", "from", "from_id", "date"}:
            return 0.97
        return 0.9 if isinstance(messages, list) and {"name", "type", "id"} <= sample.keys() else 0.0

    def context(self, open_stream: OpenStream, options: ReadOptions) -> ReadContext:
        """Name, id and type of every chat. Raises RefusedError where any chat of the export is private."""
        heads: dict[str, Json] = {"": {}}

        def header(path: tuple[str, ...], value: Any) -> None:
            if path[-1] in ("name", "type", "id") and (len(path) == 1 or (len(path) == 4 and path[1] == "list")):
                head = heads.setdefault(_pointer(path[:-1]), {})
                # given two types, nobody can say who could read the chat: then it is not public
                head[path[-1]] = "" if path[-1] == "type" and head.get("type", value) != value else value
                _check_chats(len(heads))

        seen: set[str] = set()
        with open_stream() as stream:
            for block in element_blocks(stream, _PATHS, header=header):
                seen.update(_chat_pointer(frame.pointer) for frame in block.frames[:: max(1, len(block.frames) - 1)])
                seen.update(_chat_pointer(frame.pointer) for frame in block.frames if frame.pointer.endswith("/0"))
                _check_chats(len(seen))
        if options.time_zone:
            zone(options.time_zone)
        chats = {
            pointer: TelegramChat(id_text(head.get("id")), _str(head.get("name")), _str(head.get("type")))
            for pointer, head in heads.items()
        }
        read = [chats.get(pointer, TelegramChat()) for pointer in seen]
        private = [chat for chat in read if chat.audience is not Audience.PUBLIC]
        if private:
            told = (
                "its export says so" if all(chat.type for chat in private) else "its export does not say it is public"
            )
            check_private(f"a Telegram chat ({told}; {len(private)} of {len(read)} chats)", options)
        note = CaptureNote("telegram", method="Telegram Desktop export")
        details = TelegramDetails(chats)
        return ReadContext("telegram-desktop", "telegram", note, options.may_read_private, options.time_zone, details)

    def blocks(self, stream: BinaryIO, context: ReadContext, block_size: int = BLOCK_SIZE) -> Iterator[Block]:
        """Blocks of messages."""
        yield from element_blocks(stream, _PATHS, block_size)

    @with_bounded_texts
    def records(self, block: Block, context: ReadContext) -> Iterator[Record]:
        """Posts, service messages as NonPost, and what could not be read."""
        details = context.details
        chats = details.chats if isinstance(details, TelegramDetails) else {}
        nowhere = TelegramChat()
        for frame in block.frames:
            value, noticed = read_value(block, frame)
            yield from noticed
            if isinstance(value, QuarantinedRecord):
                yield value
                continue
            where = (block.offset + frame.start, frame.end - frame.start, frame.line_no)
            chat = chats.get(_chat_pointer(frame.pointer), nowhere)
            if type(value) is not dict:
                yield QuarantinedRecord(*where, "", "not a JSON object")
                continue
            if value.get("type") == "service":
                yield NonPost(*where, "service message")
                continue
            refusal = audience_refusal(chat.audience, context)
            if refusal:
                yield QuarantinedRecord(*where, "", refusal)
                continue
            yield from _message(value, chat, where, context)


def _check_chats(count: int) -> None:
    if count > MAX_CHATS:
        raise TocsinInputError("too many chats in one export", expected=f"at most {MAX_CHATS:,}")


def _pointer(path: tuple[str, ...]) -> str:
    return "".join("/" + part for part in path)


def _chat_pointer(pointer: str) -> str:
    """The pointer of the chat that holds the message at `pointer`."""
    return pointer.rpartition("/messages/")[0]


def _str(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _message(message: Json, chat: TelegramChat, where: tuple[int, int, int], context: ReadContext) -> Iterator[Record]:
    get = message.get
    name = get("from")
    account = id_text(get("from_id"))
    dropped: list[str] = []
    if type(name) is not str:
        if name is not None:
            dropped.append("from")
        name = ""
    if not account:
        account = f"name:{name}" if name else (f"channel{chat.chat_id}" if chat.chat_id else "")
    if not account:
        yield QuarantinedRecord(*where, "from_id", "missing, and no name or channel stands for it")
        return
    flat = _flat_text(get("text"))
    if flat is None:
        yield QuarantinedRecord(*where, "text", "missing or neither text nor a list")
        return
    text, entities = flat
    posted_at, basis = _time(message, context)
    if posted_at is None:
        dropped.append("date")
    message_id = id_text(get("id"))
    if not message_id:
        moment = posted_at.isoformat() if posted_at else ""
        digest = hashlib.sha256("\x00".join((moment, account, text)).encode("utf-8", "replace")).hexdigest()
        message_id = f"derived-{digest[:32]}"
    reply_to = id_text(get("reply_to_message_id"))
    forward = get("forwarded_from_id") or get("forwarded_from")
    kind = PostKind.FORWARD if "forwarded_from" in message or forward else PostKind.POST
    if kind is PostKind.POST and reply_to:
        kind = PostKind.REPLY
    space = chat.chat_id or f"name:{chat.name}"
    edited = "edited" in message or "edited_unixtime" in message
    yield ParsedPost(
        f"{space}/{message_id}",
        account,
        "",
        name,
        posted_at,
        basis,
        text,
        *where[:2],
        "",
        where[2],
        kind,
        chat.audience,
        PostStatus.EDITED if edited else PostStatus.LIVE,
        space,
        chat.name,
        f"{space}/{reply_to}" if reply_to else "",
        "",
        "",
        id_text(forward),
        f"{space}/{topic}" if (topic := id_text(get("topic_id"))) else "",
        "",
        tuple(written.lstrip("#") for kind_, written, _ in entities if kind_ == "hashtag"),
        tuple(written.lstrip("@") for kind_, written, _ in entities if kind_ == "mention"),
        tuple((target or written, target or written) for kind_, written, target in entities if kind_ in _LINKS),
        tuple(file for key in _FILES if (file := _file(get(key)))),
    )
    for path in dropped:
        yield DroppedField(where[0], where[2], path)


def _file(value: Any) -> str:
    """A media file name; Telegram writes a parenthesis where the file was not exported."""
    return value if isinstance(value, str) and not value.startswith("(") else ""


def _time(message: Json, context: ReadContext) -> tuple[datetime | None, TimeBasis]:
    instant = epoch_instant(message.get("date_unixtime"))
    if instant is not None:
        return instant, TimeBasis.EXPLICIT
    written = message.get("date")
    if isinstance(written, int):
        instant = epoch_instant(written)
        return instant, TimeBasis.MISSING if instant is None else TimeBasis.EXPLICIT
    try:
        naive = datetime.fromisoformat(written) if isinstance(written, str) else None
        if naive is not None and naive.tzinfo is not None:
            return naive.astimezone(UTC), TimeBasis.EXPLICIT
    except (ValueError, OverflowError):
        naive = None
    return (None, TimeBasis.MISSING) if naive is None else local_instant(naive, context.time_zone)


def _flat_text(value: Any) -> tuple[str, list[tuple[str, str, str]]] | None:
    """The text and its entities as (type, written, target), or None where it is neither text nor a list.

    Parts are joined as they are; only where a link, tag or mention follows another entity without any space is one
    put in, because Telegram finds those at the start of a word only.
    """
    if type(value) is str:
        return value, []
    if type(value) is not list:
        return None
    text = ""
    entities: list[tuple[str, str, str]] = []
    after_entity = False
    for part in value:
        if type(part) is str:
            text += part
            after_entity = False
            continue
        written = part.get("text") if type(part) is dict else None
        if type(written) is not str:
            continue
        kind = _str(part.get("type"))
        if after_entity and kind in _WORD_ENTITIES and text and not text[-1].isspace() and not written[:1].isspace():
            text += " "
        text += written
        after_entity = True
        entities.append((kind, written, _str(part.get("href"))))
    return text, entities
