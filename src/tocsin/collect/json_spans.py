"""Where the objects of a window of JSON lie, found for large pieces at once with numpy.

Only quotes, backslashes, brackets and line ends matter. A line end inside a string is no JSON, so it ends the string:
that is how a damaged element of a pretty-printed document loses only itself.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

_OTHER, _QUOTE, _BACKSLASH, _OPEN, _CLOSE, _NEWLINE = range(6)
_CLASSES: Final = bytes(
    {0x22: _QUOTE, 0x5C: _BACKSLASH, 0x7B: _OPEN, 0x5B: _OPEN, 0x7D: _CLOSE, 0x5D: _CLOSE, 0x0A: _NEWLINE}.get(
        byte, _OTHER
    )
    for byte in range(256)
)
# Bytes at a time. Small at first, because after damage the walk begins anew at every element; never large, because the
# arrays take up to 60 bytes for each byte of JSON.
FIRST_PIECE: Final = 1 << 11
_LAST_PIECE: Final = 1 << 17
_NONE: Final = np.empty(0, dtype=np.int64)


def element_spans(
    window: bytes, begin: int = 0, enough: int | None = None
) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
    """Starts and ends of the whole objects and arrays at depth 0 of `window`, and where an unmatched closer is.

    The closer is -1 where there is none. `window` is outside any string at `begin`. The search may end once it found
    `enough` objects.

    >>> element_spans(b'{"a": "}"}, [1] ] {"b"')[2]
    16
    """
    starts, ends = [_NONE], [_NONE]
    depth, in_string, escaped, closer = 0, False, False, -1
    found, base, size = 0, begin, FIRST_PIECE
    while base < len(window):
        piece = window[base : base + size]
        positions, opens, in_string, escaped = _brackets(piece, in_string, escaped)
        depths = depth + np.cumsum(np.where(opens, 1, -1))
        below = np.flatnonzero(depths < 0)
        if len(below):
            closer = base + int(positions[below[0]])
            positions, opens, depths = positions[: below[0]], opens[: below[0]], depths[: below[0]]
        starts.append(positions[opens & (depths == 1)] + base)
        ends.append(positions[~opens & (depths == 0)] + base + 1)
        found += len(ends[-1])
        if closer >= 0 or (enough is not None and found >= enough):
            break
        depth = int(depths[-1]) if len(depths) else depth
        base += size
        size = min(2 * size, _LAST_PIECE)
    all_starts, all_ends = np.concatenate(starts), np.concatenate(ends)
    return all_starts[: len(all_ends)], all_ends, closer


def _brackets(piece: bytes, in_string: bool, escaped: bool) -> tuple[NDArray[np.int64], NDArray[np.bool_], bool, bool]:
    """Where brackets stand outside strings and which of them open; and whether a string and an escape go on after it.

    `in_string` and `escaped` say how the piece begins.
    """
    classes = np.frombuffer(piece.translate(_CLASSES), dtype=np.uint8)
    positions = np.flatnonzero(classes)
    if escaped and len(positions) and positions[0] == 0:
        positions = positions[1:]
    kinds = classes[positions]
    escapes = kinds == _BACKSLASH
    escaped = False
    if escapes.any():
        after = np.zeros(len(piece) + 1, dtype=np.bool_)
        after[_escaped(positions[escapes])] = True
        escaped = bool(after[len(piece)])
        keep = ~escapes & ~after[positions]
        positions, kinds = positions[keep], kinds[keep]
    if not len(positions):
        return positions, np.empty(0, dtype=np.bool_), in_string, escaped
    quotes = np.cumsum(kinds == _QUOTE) + in_string
    at_line_end = np.maximum.accumulate(np.where(kinds == _NEWLINE, quotes, 0))
    inside = ((quotes - at_line_end) & 1) == 1
    brackets = ~inside & ((kinds == _OPEN) | (kinds == _CLOSE))
    return positions[brackets], kinds[brackets] == _OPEN, bool(inside[-1]), escaped


def _escaped(backslashes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Positions that a backslash escapes: the one after the 1st, 3rd, ... of each run."""
    new_run = np.diff(backslashes, prepend=-2) != 1
    first_of_run = np.maximum.accumulate(np.where(new_run, np.arange(len(backslashes)), 0))
    odd = ((np.arange(len(backslashes)) - first_of_run) & 1) == 0
    escaped: NDArray[np.int64] = backslashes[odd] + 1
    return escaped
