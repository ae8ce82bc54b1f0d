"""Where the objects of a window of JSON lie, found for the whole window at once with numpy.

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


def element_spans(window: bytes) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
    """Starts and ends of the whole objects and arrays at depth 0 of `window`, and where an unmatched closer is.

    The closer is -1 where there is none. `window` starts outside any string.

    >>> element_spans(b'{"a": "}"}, [1] ] {"b"')[2]
    16
    """
    classes = np.frombuffer(window.translate(_CLASSES), dtype=np.uint8)
    positions = np.flatnonzero(classes)
    kinds = classes[positions]
    escapes = kinds == _BACKSLASH
    if escapes.any():
        escaped = np.zeros(len(window) + 1, dtype=np.bool_)
        escaped[_escaped(positions[escapes])] = True
        keep = ~escapes & ~escaped[positions]
        positions, kinds = positions[keep], kinds[keep]
    quotes = np.cumsum(kinds == _QUOTE)
    at_line_end = np.maximum.accumulate(np.where(kinds == _NEWLINE, quotes, 0)) if len(quotes) else quotes
    outside = (((quotes - at_line_end) & 1) == 0) & ((kinds == _OPEN) | (kinds == _CLOSE))
    positions, opens = positions[outside], kinds[outside] == _OPEN
    depths = np.cumsum(np.where(opens, 1, -1))
    below = np.flatnonzero(depths < 0)
    closer = -1
    if len(below):
        closer = int(positions[below[0]])
        positions, opens, depths = positions[: below[0]], opens[: below[0]], depths[: below[0]]
    starts = positions[opens & (depths == 1)]
    ends = positions[~opens & (depths == 0)] + 1
    return starts[: len(ends)], ends, closer


def _escaped(backslashes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Positions that a backslash escapes: the one after the 1st, 3rd, ... of each run."""
    new_run = np.diff(backslashes, prepend=-2) != 1
    first_of_run = np.maximum.accumulate(np.where(new_run, np.arange(len(backslashes)), 0))
    odd = ((np.arange(len(backslashes)) - first_of_run) & 1) == 0
    escaped: NDArray[np.int64] = backslashes[odd] + 1
    return escaped
