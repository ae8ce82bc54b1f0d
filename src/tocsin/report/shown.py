"""Post text as a page may show it: text only, deceptive characters as badges, ordinary writing unharmed."""

from __future__ import annotations

import unicodedata
from typing import NamedTuple

from markupsafe import Markup, escape

_NAMES: dict[str, str] = {
    "\u200b": "ZWSP",
    "\u200c": "ZWNJ",
    "\u200d": "ZWJ",
    "\u200e": "LRM",
    "\u200f": "RLM",
    "\u061c": "ALM",
    "\u202a": "LRE",
    "\u202b": "RLE",
    "\u202c": "PDF",
    "\u202d": "LRO",
    "\u202e": "RLO",
    "\u2060": "WJ",
    "\u2066": "LRI",
    "\u2067": "RLI",
    "\u2068": "FSI",
    "\u2069": "PDI",
    "\ufeff": "BOM",
    "\u00ad": "SHY",
    "\u034f": "CGJ",
    "\u2028": "LS",
    "\u2029": "PS",
}
_MARKS = frozenset("\u200e\u200f\u061c")
_DRAWN_AS_NOTHING = frozenset("\u115f\u1160\u17b4\u17b5\u180e\u2800\u3164\uffa0\u034f")
_MOST_COMBINING = 5  # Arabic needs three, Hebrew with cantillation four; a stack of dozens hides the lines around it


class Piece(NamedTuple):
    """A stretch of text, or the badge that stands for one deceptive character."""

    text: str
    is_badge: bool = False


def shown_pieces(text: str) -> list[Piece]:
    """The text as pieces: plain stretches, and a badge for each character that could deceive.

    Joiners inside Arabic, Indic and emoji writing, and direction marks in right-to-left text, are ordinary and stay.

    >>> shown_pieces("abc\\u202edef")
    [Piece(text='abc', is_badge=False), Piece(text='RLO', is_badge=True), Piece(text='def', is_badge=False)]
    """
    has_rtl = any(unicodedata.bidirectional(char) in ("R", "AL") for char in text)
    pieces: list[Piece] = []
    plain: list[str] = []
    stacked = 0
    for position, char in enumerate(text):
        stacked = stacked + 1 if unicodedata.combining(char) else 0
        if stacked > _MOST_COMBINING:
            continue
        badge = _badge(text, position, has_rtl)
        if badge is None:
            plain.append(char)
            continue
        if plain:
            pieces.append(Piece("".join(plain)))
            plain = []
        if not (badge == "TAG" and pieces and pieces[-1] == Piece("TAG", is_badge=True)):
            pieces.append(Piece(badge, is_badge=True))
    if plain:
        pieces.append(Piece("".join(plain)))
    return pieces


def _badge(text: str, position: int, has_rtl: bool) -> str | None:
    """The badge for the character at `position`, or None where it is ordinary."""
    char = text[position]
    if char in "\n\t" or (char.isascii() and char.isprintable()):
        return None
    if char in _MARKS and has_rtl:
        return None
    if char in "\u200c\u200d" and _joins(text, position):
        return None
    if "\U000e0000" <= char <= "\U000e007f":
        return None if _is_flag_tag(text, position) else "TAG"
    if char in _NAMES:
        return _NAMES[char]
    category = unicodedata.category(char)
    if category in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp") or char in _DRAWN_AS_NOTHING:
        return f"U+{ord(char):04X}"
    return None


def _joins(text: str, position: int) -> bool:
    """True where a joiner stands between two letters of a joining script, or between emoji."""
    before = text[position - 1] if position else ""
    after = text[position + 1] if position + 1 < len(text) else ""
    return (
        bool(before and after)
        and _is_joining(before)
        and (_is_joining(after) or (text[position] == "\u200c" and after == " "))
    )


def _is_joining(char: str) -> bool:
    code = ord(char)
    return (
        unicodedata.bidirectional(char) in ("R", "AL", "NSM")
        or 0x0900 <= code <= 0x0DFF  # Indic scripts
        or 0x1000 <= code <= 0x109F
        or code == 0xFE0F
        or unicodedata.category(char) in ("So", "Sk")
    )


def _is_flag_tag(text: str, position: int) -> bool:
    """True inside an emoji flag sequence (a black flag, then tags up to the cancel tag)."""
    start = position
    while start and "\U000e0000" <= text[start - 1] <= "\U000e007f":
        start -= 1
    return start > 0 and text[start - 1] == "\U0001f3f4" and position - start < 8


def shown_text(text: str) -> str:
    """The text as shown, badges in double brackets: for Markdown, and for comparing with a page."""
    return "".join(f"⟦{piece.text}⟧" if piece.is_badge else piece.text for piece in shown_pieces(text))


def shown_markup(text: str) -> Markup:
    """The text as HTML: escaped, badges as marked spans."""
    return Markup("").join(
        Markup('<span class="badge" title="a character that is not drawn">⟦{}⟧</span>').format(piece.text)
        if piece.is_badge
        else escape(piece.text)
        for piece in shown_pieces(text)
    )
