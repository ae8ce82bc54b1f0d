"""How values are put into words: counts, shares, instants, languages, sources, roles. English, UTC, never rounded
in the direction that makes a finding look stronger."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import UTC, datetime

from .queries import ColumnKind

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
NOTHING = "–"

LANGUAGES: dict[str, str] = {
    "am": "Amharic",
    "ar": "Arabic",
    "bn": "Bengali",
    "ckb": "Central Kurdish",
    "de": "German",
    "en": "English",
    "es": "Spanish",
    "fa": "Persian",
    "fr": "French",
    "ha": "Hausa",
    "he": "Hebrew",
    "hi": "Hindi",
    "id": "Indonesian",
    "it": "Italian",
    "ku": "Kurdish",
    "ms": "Malay",
    "nl": "Dutch",
    "pl": "Polish",
    "ps": "Pashto",
    "pt": "Portuguese",
    "ru": "Russian",
    "so": "Somali",
    "sv": "Swedish",
    "sw": "Swahili",
    "ti": "Tigrinya",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "und": "language not determined",
    "ur": "Urdu",
    "uz": "Uzbek",
    "zh": "Chinese",
}
SOURCES: dict[str, str] = {
    "twitter": "X/Twitter",
    "telegram": "Telegram",
    "rocketchat": "Rocket.Chat",
    "whatsapp": "WhatsApp",
    "facebook": "Facebook",
    "table": "imported tables",
}
WORDS: dict[str, str] = {
    "tag": "tag",
    "domain": "linked site",
    "phrase": "word",
    "cluster": "repeated text",
    "key": "key",
    "explicit": "time zone given by the export",
    "assumed_utc": "no time zone given, read as UTC",
    "assumed_zone": "time zone named by the analyst",
    "ambiguous": "readable in two ways",
    "missing": "no time",
}
ROLE_MEANINGS: dict[str, str] = {
    "originator": "wrote first what others then repeated",
    "amplifier": "mostly reposted or forwarded",
    "answerer": "mostly replied to others",
    "synchronised": "posted the same things as others within the window",
    "caller": "called in posts of its own, outside any group",
}
RTL_LANGUAGES = frozenset(
    {"ar", "arz", "azb", "ckb", "dv", "fa", "he", "ks", "pnb", "ps", "sd", "syr", "ug", "ur", "yi"}
)


def shown_value(kind: ColumnKind, value: int | float | str | None) -> str:
    """What a dispatch prints for a value.

    >>> shown_value(ColumnKind.COUNT, 1234), shown_value(ColumnKind.PERMILLE, 628)
    ('1,234', '62.8 %')
    >>> shown_value(ColumnKind.EXPECTED, 31.4101), shown_value(ColumnKind.Q_VALUE, 0.00000003)
    ('31.5', 'under 0.001')
    """
    if value is None:
        return NOTHING
    if isinstance(value, str):
        return _shown_text(kind, value)
    if kind is ColumnKind.PERMILLE:
        return f"{int(value) // 10}.{int(value) % 10} %"
    if kind is ColumnKind.EXPECTED:
        return f"{math.ceil(round(value * 10, 6)) / 10:,.1f}"
    if kind is ColumnKind.Q_VALUE:
        return "under 0.001" if value < 0.001 else f"{math.ceil(round(value * 1000, 6)) / 1000:.3f}"
    if kind is ColumnKind.DURATION:
        return duration_text(int(value))
    return f"{int(value):,}"


def _shown_text(kind: ColumnKind, value: str) -> str:
    if kind is ColumnKind.INSTANT:
        return shown_instant(value)
    if kind is ColumnKind.LANGUAGE:
        return LANGUAGES.get(value, value)
    if kind is ColumnKind.SOURCE:
        return SOURCES.get(value, value)
    if kind is ColumnKind.WORD:
        return WORDS.get(value, value.replace("_", " "))
    return value


def parsed_instant(text: str) -> datetime:
    """The aware instant an RFC 3339 text stands for."""
    return datetime.fromisoformat(text).astimezone(UTC)


_INSTANT = re.compile(r"[12]\d{3}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{6})?Z", re.ASCII)


def is_instant(text: str) -> bool:
    """True for an instant as documents carry it: RFC 3339, UTC, a real date.

    >>> is_instant("2026-02-28T14:00:00Z"), is_instant("2026-02-30T14:00:00Z")
    (True, False)
    """
    if _INSTANT.fullmatch(text) is None:
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def shown_instant(text: str, *, with_time: bool = True) -> str:
    """An instant for readers.

    >>> shown_instant("2026-03-03T14:05:00Z")
    '3 Mar 2026, 14:05 UTC'
    """
    at = parsed_instant(text)
    day = f"{at.day} {_MONTHS[at.month - 1]} {at.year}"
    return f"{day}, {at.hour:02d}:{at.minute:02d} UTC" if with_time else day


def duration_text(seconds: int) -> str:
    """A stretch of time in at most two units, cut down.

    >>> duration_text(9 * 3600 + 1800), duration_text(45), duration_text(86400)
    ('9 hours 30 minutes', '45 seconds', '1 day')
    """
    parts = []
    rest = seconds
    for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second")):
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count:,} {plural(count, unit)}")
        elif parts:
            break
    return " ".join(parts[:2]) or "no time"


def plural(count: int | float | str | None, one: str, many: str = "") -> str:
    """The word that fits the count.

    >>> plural(1, "post"), plural(0, "post"), plural(2, "country", "countries")
    ('post', 'posts', 'countries')
    """
    return one if count == 1 else (many or one + "s")


def listing(items: Sequence[str]) -> str:
    """Items joined as a sentence lists them.

    >>> listing(["a", "b", "c"])
    'a, b and c'
    """
    return " and ".join([", ".join(items[:-1]), items[-1]] if len(items) > 1 else items)
