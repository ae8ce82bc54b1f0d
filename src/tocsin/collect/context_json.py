"""What a reader learned before reading, as JSON text and back: a capture is read again with the very same context.

It may hold names (of chats, of a room): it is kept sealed.
"""

from __future__ import annotations

import json
import types
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from typing import Any, Final, Literal, Union, get_args, get_origin, get_type_hints

from tocsin.collect.reader import ReadContext
from tocsin.collect.rocketchat import RocketChatDetails
from tocsin.collect.table import TableDetails
from tocsin.collect.telegram import TelegramDetails
from tocsin.collect.twitter_v1 import TwitterV1Details
from tocsin.collect.twitter_v2 import TwitterV2Details
from tocsin.collect.whatsapp import WhatsAppDetails
from tocsin.records.errors import TocsinError

DETAILS: Final[Mapping[str, type]] = {
    "empty": type(None),
    "rocketchat-history": RocketChatDetails,
    "table": TableDetails,
    "telegram-desktop": TelegramDetails,
    "twitter-v1": TwitterV1Details,
    "twitter-v2": TwitterV2Details,
    "whatsapp-txt": WhatsAppDetails,
}


def context_text(context: ReadContext) -> str:
    """A context as JSON text, ASCII. Raises TocsinError for a format whose details are not listed in DETAILS."""
    if type(context.details) is not DETAILS.get(context.format):
        raise TocsinError("a reader learned what cannot be kept", expected="details listed in DETAILS")
    return json.dumps(_plain(context), ensure_ascii=True, sort_keys=True, separators=(",", ":"))


def context_of(text: str) -> ReadContext:
    """The context as `context_text` wrote it.

    Raises TocsinError where it does not fit the readers of this version.
    """
    try:
        body = json.loads(text)
        details = _typed(DETAILS[body["format"]], body.pop("details"))
        context = _typed(ReadContext, body | {"details": None})
        return ReadContext(
            context.format, context.source, context.note, context.may_read_private, context.time_zone, details
        )
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise TocsinError("what was learned about a capture does not fit the readers of this version") from error


def _plain(value: object) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(inner) for inner in value]
    if isinstance(value, bytes):
        return b64encode(value).decode("ascii")
    if isinstance(value, datetime):
        return value.isoformat()
    return value.value if isinstance(value, Enum) else value


def _typed(kind: Any, value: Any) -> Any:
    """A plain value as its annotated type."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        if value is None:
            return None
        return _typed(next(each for each in inner if each is not type(None)), value)
    if origin is tuple:
        of = [inner[0]] * len(value) if inner[1:] == (...,) else inner
        return tuple(_typed(each, part) for each, part in zip(of, value, strict=True))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {key: _typed(inner[1], part) for key, part in value.items()}
    if origin is Literal:
        if value not in inner:
            raise ValueError("none of the values known")
        return value
    return _simple(kind, value)


def _simple(kind: Any, value: Any) -> Any:
    if kind is object or (value is None and kind is type(None)):
        return value
    if is_dataclass(kind) and isinstance(kind, type):
        hints = get_type_hints(kind)
        return kind(**{name: _typed(hints[name], part) for name, part in value.items()})
    if kind is bytes:
        return b64decode(value, validate=True)
    if kind is datetime:
        return datetime.fromisoformat(value)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(value)
    if type(value) is not kind:
        raise TypeError("of another type")
    return value
