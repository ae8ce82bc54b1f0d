"""Instants out of the times people and spreadsheets write."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from typing import Any, Final

from dateutil import parser as dateutil_parser

from tocsin.collect.date_orders import DateOrder, written_date
from tocsin.collect.json_fields import epoch_instant, local_instant
from tocsin.collect.twitter_v1 import v1_instant
from tocsin.records.posts import TimeBasis

THREE_NUMBERS: Final = re.compile(r"\s*(\d{1,4})[./-](\d{1,2})[./-](\d{1,4})(?!\d)[,،T]?\s*")
_NUMBER: Final = re.compile(r"-?\d{9,19}(?:\.\d{1,9})?")
_CLOCK: Final = re.compile(
    r"(\d{1,2})[:.](\d{2})(?:[:.](\d{2})(?:[.,]\d+)?)?\s*(?:([ap])\.?\s?m\.?)?\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2})?\s*",
    re.IGNORECASE,
)
_MAX_TEXT: Final = 64
_FIRST, _SECOND = datetime.fromisoformat("2000-01-01"), datetime.fromisoformat("2001-02-02T03:04:05")
_UTC_NAMES: Final = frozenset({"UTC", "GMT", "Z"})


def written_instant(value: Any, order: DateOrder | None, time_zone: str | None) -> tuple[datetime | None, TimeBasis]:
    """The UTC instant of a value, and on what ground. Reads datetimes, epoch numbers, ISO 8601 and written dates.

    A date that can be read two ways while `order` is None is AMBIGUOUS; what names no day is MISSING. Never raises.

    >>> written_instant("03/04/2020 10:00", None, None)[1].value
    'ambiguous'
    >>> written_instant("03/04/2020 10:00", "dmy", None)[0].day
    3
    """
    if isinstance(value, datetime):
        return _settled(value, time_zone)
    if isinstance(value, date):
        return local_instant(datetime.combine(value, time()), time_zone)
    if isinstance(value, int | float) and not isinstance(value, bool):
        instant = epoch_instant(value)
        return instant, TimeBasis.MISSING if instant is None else TimeBasis.EXPLICIT
    if not isinstance(value, str) or not 6 <= len(value.strip()) <= _MAX_TEXT:
        return None, TimeBasis.MISSING
    text = value.strip()
    if _NUMBER.fullmatch(text):
        instant = epoch_instant(text)
        return instant, TimeBasis.MISSING if instant is None else TimeBasis.EXPLICIT
    try:
        return _settled(datetime.fromisoformat(text), time_zone)
    except (ValueError, OverflowError):
        instant = v1_instant(text)
    if instant is not None:
        return instant, TimeBasis.EXPLICIT
    numbers = THREE_NUMBERS.match(text)
    return _numbered(text, numbers, order, time_zone) if numbers else _worded(text, time_zone)


def _settled(moment: datetime, time_zone: str | None) -> tuple[datetime | None, TimeBasis]:
    if moment.tzinfo is None:
        return local_instant(moment, time_zone)
    try:
        return moment.astimezone(UTC), TimeBasis.EXPLICIT
    except (ValueError, OverflowError):
        return None, TimeBasis.MISSING


def _numbered(
    text: str, match: re.Match[str], order: DateOrder | None, time_zone: str | None
) -> tuple[datetime | None, TimeBasis]:
    """The instant of a date of three numbers, perhaps with a clock time."""
    numbers = (int(match[1]), int(match[2]), int(match[3]))
    if len(match[1]) == 4:
        order = "ymd"
    if order is None:
        readings = {read for read in (written_date(numbers, "dmy"), written_date(numbers, "mdy")) if read}
    else:
        readings = {read for read in (written_date(numbers, order),) if read}
    if len(readings) != 1:
        return None, TimeBasis.AMBIGUOUS if readings else TimeBasis.MISSING
    day = readings.pop()
    moment = datetime.combine(day, time())
    rest = text[match.end() :]
    if not rest:
        return local_instant(moment, time_zone)
    clock = _CLOCK.fullmatch(rest)
    if clock is None:
        return None, TimeBasis.MISSING
    hour = int(clock[1])
    if clock[4]:
        hour = hour % 12 + (12 if clock[4].lower() == "p" else 0)
    try:
        moment = moment.replace(hour=hour, minute=int(clock[2]), second=int(clock[3] or 0))
        if clock[5]:
            moment = moment.replace(tzinfo=timezone(_offset(clock[5])))
    except ValueError:
        return None, TimeBasis.MISSING
    return _settled(moment, time_zone)


def _offset(text: str) -> timedelta:
    if text.upper() in _UTC_NAMES:
        return timedelta(0)
    size = timedelta(hours=int(text[1:3]), minutes=int(text[-2:]))
    return -size if text[0] == "-" else size


def _worded(text: str, time_zone: str | None) -> tuple[datetime | None, TimeBasis]:
    """The instant of a date with the month in words, through dateutil.

    dateutil fills what is not written from a default: two defaults that differ show whether the day was written.
    A zone abbreviation other than UTC names several zones (IST, CST), so the hour is ambiguous.
    """
    unknown: list[str] = []

    def zone_of(name: str | None, offset: int | None) -> tzinfo | None:
        if offset is not None:
            return timezone(timedelta(seconds=offset))
        if name and name.upper() in _UTC_NAMES:
            return UTC
        if name:
            unknown.append(name)
        return None

    try:
        first = dateutil_parser.parse(text, default=_FIRST, tzinfos=zone_of)
        second = dateutil_parser.parse(text, default=_SECOND, tzinfos=zone_of)
    except (ValueError, OverflowError, TypeError, AttributeError):
        return None, TimeBasis.MISSING
    if first.date() != second.date():
        return None, TimeBasis.MISSING
    return (None, TimeBasis.AMBIGUOUS) if unknown else _settled(first, time_zone)
