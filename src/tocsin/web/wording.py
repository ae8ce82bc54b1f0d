"""Template filters: numbers, times, languages and hostile strings as a person reads them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TypeVar

from django.template import Library
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

from tocsin.records.findings import Burst

register = Library()
_F = TypeVar("_F", bound=Callable[..., object])


def _filter(function: _F) -> _F:
    # Django has no types here: its decorator would make every filter untyped.
    register.filter(function.__name__, function)
    return function


LANGUAGES = {
    **{
        "am": "Amharic",
        "ar": "Arabic",
        "az": "Azerbaijani",
        "bn": "Bengali",
        "bs": "Bosnian",
        "ckb": "Kurdish (Sorani)",
    },
    **{
        "da": "Danish",
        "de": "German",
        "en": "English",
        "es": "Spanish",
        "fa": "Persian",
        "fr": "French",
        "ha": "Hausa",
    },
    **{
        "he": "Hebrew",
        "hi": "Hindi",
        "id": "Indonesian",
        "it": "Italian",
        "ku": "Kurdish",
        "ms": "Malay",
        "nl": "Dutch",
    },
    **{"no": "Norwegian", "pl": "Polish", "ps": "Pashto", "pt": "Portuguese", "ru": "Russian", "so": "Somali"},
    **{"sq": "Albanian", "sv": "Swedish", "sw": "Swahili", "tg": "Tajik", "ti": "Tigrinya", "tl": "Tagalog"},
    **{"tr": "Turkish", "uk": "Ukrainian", "ur": "Urdu", "uz": "Uzbek", "zh": "Chinese", "und": "Language not known"},
}
SOURCES = {
    **{"twitter": "X/Twitter", "telegram": "Telegram", "rocketchat": "Rocket.Chat", "whatsapp": "WhatsApp"},
    **{"csv": "CSV table", "jsonl": "JSON Lines", "parquet": "Parquet table"},
}
# Direction overrides, isolates and embeddings, invisible separators and tag characters. The joiners and marks that
# Arabic, Persian, Hebrew and emoji need (U+200C-U+200F, U+061C) stay.
_DECEPTIVE = re.compile(
    "[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u200b\u202a-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e007f]"
)
_LANG = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")


@_filter
def shown(text: object) -> SafeString:
    """The text escaped, with each deceptive character as a badge that names its code point."""
    pieces: list[str] = []
    at = 0
    plain = str(text)
    for match in _DECEPTIVE.finditer(plain):
        pieces.append(conditional_escape(plain[at : match.start()]))
        pieces.append(f'<span class="code">U+{ord(match.group()):04X}</span>')
        at = match.end()
    pieces.append(conditional_escape(plain[at:]))
    return mark_safe("".join(pieces))  # noqa: S308 - every piece was escaped above


@_filter
def undeceptive(text: object) -> str:
    """The text with deceptive characters written out, for window titles, where a badge cannot stand."""
    return _DECEPTIVE.sub(lambda match: f"[U+{ord(match.group()):04X}]", str(text))


@_filter
def count(number: float) -> str:
    """A count with thousands set apart: 12,345."""
    return f"{number:,.0f}"


@_filter
def counted(number: int, noun: str) -> str:
    """A count with its noun: `1 post`, `2 posts`, `3 replies` (noun "reply,replies")."""
    one, _, many = noun.partition(",")
    return f"{number:,} {one if number == 1 else many or one + 's'}"


@_filter
def percent(share: float | None) -> str:
    """A share of 0-1 in per cent; unknown stays unknown."""
    return "not known" if share is None else f"{share * 100:.0f}%"


@_filter
def times_expected(burst: Burst) -> str:
    """How many times the baseline a burst was, or that the baseline was nearly nothing."""
    if burst.expected_count < 0.5:
        return "almost none expected"
    digits = 1 if burst.expected_count < 100 else 0
    return f"{burst.post_count / burst.expected_count:,.1f} times the expected {burst.expected_count:,.{digits}f}"


@_filter
def moment(instant: datetime | None) -> str:
    """A UTC instant: 3 May 2015, 14:20."""
    if instant is None:
        return "not known"
    at = instant.astimezone(UTC)
    return f"{at.day} {at:%B %Y, %H:%M}"


@_filter
def day(instant: datetime | None) -> str:
    """The UTC day of an instant: 3 May 2015."""
    return "not known" if instant is None else f"{instant.astimezone(UTC).day} {instant.astimezone(UTC):%B %Y}"


@_filter
def machine_time(instant: datetime | None) -> str:
    """The instant for a `datetime` attribute."""
    return "" if instant is None else instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@_filter
def lag(seconds: int) -> str:
    """A time after an event in the unit a person would use."""
    for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if abs(seconds) >= size:
            return counted(round(seconds / size), unit)
    return counted(seconds, "second")


@_filter
def size(size_bytes: int) -> str:
    """Bytes in kB or MB."""
    if size_bytes < 1000:
        return f"{size_bytes} bytes"
    if size_bytes < 1_000_000:
        return f"{size_bytes / 1000:,.0f} kB"
    return f"{size_bytes / 1_000_000:,.1f} MB"


@_filter
def language(code: str) -> str:
    """The English name of a language code, or the code."""
    return LANGUAGES.get(code, code)


@_filter
def source_name(source: str) -> str:
    """The name people use for a source."""
    return SOURCES.get(source, source)


@_filter
def lang_code(code: str) -> str:
    """The code for a `lang` attribute: itself when well formed, else "und"."""
    return code if _LANG.fullmatch(code) else "und"


@_filter
def short_id(pseudonym: str) -> str:
    """The first characters of a pseudonym: enough to tell apart on a page."""
    return pseudonym[:9]


@_filter
def first_of(counts: Mapping[str, int], most: int) -> list[tuple[str, int]]:
    """The first `most` entries of counts, as pairs."""
    return list(counts.items())[:most]


@_filter
def series_words(burst: Burst) -> str:
    """What kind of series a burst is in, as a phrase before its key."""
    words = {"tag": "The tag", "domain": "Links to", "phrase": "The words", "cluster": "One repeated text"}
    return words.get(burst.series, burst.series)


@_filter
def series_key(burst: Burst) -> str:
    """The key of a burst as it may be shown: tags with #, domains defanged, ids of clusters left out."""
    if burst.series == "tag":
        return "#" + burst.key.removeprefix("#")
    if burst.series == "cluster":
        return ""
    return burst.key.replace(".", "[.]") if burst.series == "domain" else burst.key


@_filter
def small(number: float) -> str:
    """A probability with two digits that matter: 0.013, 1.0e-09."""
    return f"{number:.2g}"


@_filter
def time_basis(basis: str) -> str:
    """How instants were obtained, in words."""
    words = {
        "explicit": "with their zone",
        "assumed_utc": "without a zone, taken as UTC",
        "assumed_zone": "in the zone that was named on import",
        "ambiguous": "ambiguously",
        "missing": "not at all",
    }
    return words.get(basis, basis)
