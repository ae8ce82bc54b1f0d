"""Fields out of parsed JSON that never trust a type, and the times platforms write."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from tocsin.collect.reader import DroppedField, GoneNotice, NonPost, Noticed
from tocsin.records.errors import TocsinInputError
from tocsin.records.posts import Block, Frame, QuarantinedRecord, TimeBasis

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MIN_EPOCH_S, _MAX_EPOCH_S = -2_208_988_800, 4_102_444_800  # years 1900 and 2100
Json = dict[str, Any]


def unescaped(text: str) -> str:
    """Text with the three entities X/Twitter escapes turned back, the ampersand last.

    >>> unescaped("a &amp;lt; b &lt; c")
    'a &lt; b < c'
    """
    if "&" not in text:
        return text
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def id_text(value: Any) -> str:
    """A platform id as text; "" where there is none of a usable type."""
    kind = type(value)
    if kind is str:
        return str(value).strip()
    return str(value) if kind is int else ""


def iso_instant(value: Any) -> datetime | None:
    """The UTC instant of an ISO 8601 time that names its zone, else None."""
    if type(value) is not str:
        return None
    try:
        parsed = datetime.fromisoformat(value)
        if parsed.tzinfo is UTC:
            return parsed
        return parsed.astimezone(UTC) if parsed.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def epoch_instant(value: Any) -> datetime | None:
    """The UTC instant of epoch seconds, milliseconds, microseconds or nanoseconds (told apart by size), else None.

    >>> epoch_instant("1544006350"), epoch_instant(1544006350000) == epoch_instant(1544006350)
    (datetime.datetime(2018, 12, 5, 10, 39, 10, tzinfo=datetime.timezone.utc), True)
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number: int | float = int(value) if isinstance(value, int) or str(value).lstrip("-").isdigit() else float(value)
    except (ValueError, OverflowError):
        return None
    unit = 1
    while abs(number) >= _MAX_EPOCH_S * unit and unit < 10**9:
        unit *= 1000
    if not _MIN_EPOCH_S * unit <= number < _MAX_EPOCH_S * unit:  # false for nan too
        return None
    microseconds = number * 1_000_000 // unit if isinstance(number, int) else round(number * 1_000_000 / unit)
    return _EPOCH + timedelta(microseconds=microseconds)


def is_utf8(raw: bytes) -> bool:
    """Whether the bytes are UTF-8."""
    if raw.isascii():
        return True
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


@lru_cache(maxsize=64)
def zone(name: str) -> tzinfo:
    """The zone of an IANA name. Raises TocsinInputError for a name that is none."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        raise TocsinInputError(
            "no such time zone", expected='an IANA name such as "Africa/Cairo"', got=repr(name[:40])
        ) from None


def local_instant(naive: datetime, time_zone: str | None) -> tuple[datetime | None, TimeBasis]:
    """The UTC instant of a time that names no zone, and on what ground: the zone the user named, else UTC.

    An hour that occurs twice when clocks go back is read as the first (PEP 495 fold=0).
    """
    try:
        if time_zone:
            return naive.replace(tzinfo=zone(time_zone)).astimezone(UTC), TimeBasis.ASSUMED_ZONE
        return naive.replace(tzinfo=UTC), TimeBasis.ASSUMED_UTC
    except (ValueError, OverflowError):
        return None, TimeBasis.MISSING


class Place:
    """Where the record being read lies, and the fields dropped from it so far."""

    __slots__ = ("dropped", "length", "line_no", "offset")

    def __init__(self, block: Block, frame: Frame) -> None:
        self.offset = block.offset + frame.start
        self.length = frame.end - frame.start
        self.line_no = frame.line_no
        self.dropped: list[DroppedField] = []

    def quarantined(self, pointer: str, field: str, reason: str) -> QuarantinedRecord:
        """The record, or the part of it at `pointer`, as quarantined for `field`."""
        return QuarantinedRecord(self.offset, self.length, self.line_no, f"{pointer}/{field}".strip("/"), reason)

    def not_a_post(self, kind: str) -> NonPost:
        """The record as an object that is no post."""
        return NonPost(self.offset, self.length, self.line_no, kind)

    def noticed(self, kind: str) -> Noticed:
        """What is odd about this record, which is read all the same."""
        return Noticed(self.offset, self.length, self.line_no, kind)

    def gone(self, kind: str) -> GoneNotice:
        """What this record says is gone."""
        return GoneNotice(self.offset, self.length, self.line_no, kind)

    def drop(self, pointer: str, field: str) -> None:
        """Note that an optional field is of another type than expected."""
        self.dropped.append(DroppedField(self.offset, self.line_no, f"{pointer}/{field}".strip("/")))

    def text(self, source: Json, field: str, pointer: str) -> str:
        """An optional text field; "" where absent or, noted as dropped, of another type."""
        value = source.get(field)
        if type(value) is str:
            return value
        if value is not None:
            self.drop(pointer, field)
        return ""

    def dicts(self, source: Json, field: str, pointer: str) -> list[Json]:
        """The objects of an optional list field; whatever else is in it is noted as dropped."""
        found = source.get(field)
        if found is None:
            return []
        if type(found) is not list:
            self.drop(pointer, field)
            return []
        objects = [item for item in found if type(item) is dict]
        if len(objects) != len(found):
            self.drop(pointer, field)
        return objects

    def names(self, source: Json, field: str, key: str, pointer: str) -> tuple[str, ...]:
        """The text under `key` of each object of an optional list field."""
        names: list[str] = []
        for item in self.dicts(source, field, pointer):
            name = item.get(key)
            if type(name) is str:
                names.append(name)
            else:
                self.drop(pointer, field)
        return tuple(names)
