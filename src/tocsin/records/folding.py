"""The shape of folded text, so that every room can use one folding key without importing the room that makes it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray


class FoldedText(NamedTuple):
    """One folded text; `offsets[i]` is the code-point position in the original of folded code point i.

    `offsets` has len(folded) + 1 entries, the last being len(original), so a folded span [s, e) came from
    original[offsets[s]:offsets[e]] (int32).
    """

    folded: str
    offsets: NDArray[np.int32]


class Folder(Protocol):
    """Folds texts. Given to rooms as an argument by the desk (`enrich.fold` is the one implementation)."""

    def keys(self, texts: Sequence[str]) -> list[str]:
        """The folding key of each text, without offsets (fast)."""
        ...

    def texts(self, texts: Sequence[str]) -> list[FoldedText]:
        """The folding key of each text with offsets back to the original."""
        ...


Tokens = Callable[[str], list[str]]
