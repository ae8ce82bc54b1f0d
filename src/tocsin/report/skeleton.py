"""A text as a reader's eye takes it, with positions back to the original: what redaction searches in."""

from __future__ import annotations

import unicodedata
from typing import NamedTuple

# Letters of other scripts that stand in for Latin ones in disguised links and handles. Only what is drawn alike.
_LOOKALIKES = str.maketrans(
    "аеорсухтмкіјѕԁԛԝһӏɡοαρυνκτ∕⁄․。。﹫‐‑‒–−",
    "aeopcyxtmkijsdqwhlgoapuvkt//...@-----",
)
_ALWAYS_GONE = frozenset("\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u2800\u3164\uffa0\ufeff")


class Skeleton(NamedTuple):
    """`text[i]` came from `original[starts[i]:ends[i]]`."""

    text: str
    starts: list[int]
    ends: list[int]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where a span of the skeleton lies in the original."""
        return self.starts[start], self.ends[end - 1]


def is_invisible(char: str) -> bool:
    """True for characters drawn as nothing: zero-width, bidi controls, tags, variation selectors, soft hyphens."""
    return char in _ALWAYS_GONE or unicodedata.category(char) == "Cf" or "\ufe00" <= char <= "\ufe0f"


def skeleton(text: str) -> Skeleton:
    """The skeleton of a text: invisible characters gone, widths and look-alikes folded, digits ASCII, lower case.

    >>> skeleton("＠ｎａ\\u200bme ٠١").text
    '@name 01'
    """
    if text.isascii():
        positions = list(range(len(text)))
        return Skeleton(text.lower(), positions, [position + 1 for position in positions])
    chars: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for position, original in enumerate(text):
        if is_invisible(original):
            continue
        digit = unicodedata.digit(original, None)
        folded = str(digit) if digit is not None else unicodedata.normalize("NFKC", original).casefold()
        for char in folded.translate(_LOOKALIKES):
            chars.append(char)
            starts.append(position)
            ends.append(position + 1)
    return Skeleton("".join(chars), starts, ends)
