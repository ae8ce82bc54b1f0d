"""The one folding key of the house: a search form of a text in which spellings of the same words agree; never shown.

Order of work, for a whole batch at once: every code point is looked up (dropped, replaced or expanded), then
runs are shortened. Shortening: a run of one space, sign or emoji becomes one; three or more of one letter become
two where languages double that letter ("goood" is "good", never "god") and else one ("joiiin" is "join");
digits are never touched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tocsin.enrich.fold_table import (
    CODE_POINT_COUNT,
    DROP,
    EXPANDS,
    RUN_OF_THREE_TO_ONE,
    RUN_OF_THREE_TO_TWO,
    RUN_TO_ONE,
    SEPARATOR,
    SPACE,
    FoldTable,
)
from tocsin.records.folding import FoldedText

_SEPARATOR_CHAR = chr(SEPARATOR)
_SEPARATOR_UTF8 = _SEPARATOR_CHAR.encode()
_UTF32 = "utf-32-le"
# Code points handled at once: large enough that numpy's fixed costs vanish, small enough to stay in the cache.
BATCH_CODE_POINTS = 1 << 16

Codes = NDArray[np.uint32]


class FoldedBatch(NamedTuple):
    """Folded texts in one array, SEPARATOR between them; `positions` point into the joined originals."""

    codes: Codes
    positions: NDArray[np.int64] | None


def batches(texts: Sequence[str], limit: int = BATCH_CODE_POINTS) -> Iterator[Sequence[str]]:
    """`texts` cut into pieces of about `limit` code points (a longer text is a piece of its own)."""
    ends = np.cumsum(np.fromiter(map(len, texts), dtype=np.int64, count=len(texts)) + 1)
    start, done = 0, 0
    while start < len(texts):
        stop = min(int(np.searchsorted(ends, done + limit)) + 1, len(texts))
        yield texts[start:stop]
        start, done = stop, int(ends[stop - 1])


def joined(texts: Sequence[str]) -> Codes:
    """Code points of the texts with SEPARATOR between them (a SEPARATOR inside a text becomes NUL)."""
    text = _SEPARATOR_CHAR.join(texts)
    if text.count(_SEPARATOR_CHAR) != len(texts) - 1:
        text = _SEPARATOR_CHAR.join([part.replace(_SEPARATOR_CHAR, "\0") for part in texts])
    return np.frombuffer(text.encode(_UTF32, "surrogatepass"), dtype="<u4").astype(np.uint32, copy=False)


def split(codes: Codes) -> list[str]:
    """The texts of an array with SEPARATOR between them."""
    return _text_of(codes).split(_SEPARATOR_CHAR)


def utf8_split(codes: Codes) -> list[bytes]:
    """The same in UTF-8."""
    return _text_of(codes).encode().split(_SEPARATOR_UTF8)


def split_column(codes: Codes) -> pa.StringArray:
    """The same as a column, without a Python object a text."""
    return pc.list_flatten(pc.split_pattern(pa.array([_text_of(codes)], pa.string()), _SEPARATOR_CHAR))


def _text_of(codes: Codes) -> str:
    return codes.astype("<u4", copy=False).tobytes().decode(_UTF32)


class _Breaks(dict[int, int]):
    """For `str.translate`: word characters to themselves, all others to a space; filled as characters are met."""

    def __init__(self, is_word: NDArray[np.bool_]) -> None:
        super().__init__()
        self._is_word = is_word

    def __missing__(self, code: int) -> int:
        self[code] = result = code if self._is_word[code] else SPACE
        return result


class TableFolder:
    """Folds texts by a table; implements `records.folding.Folder`."""

    def __init__(self, make_table: Callable[[], FoldTable]) -> None:
        self._make_table = make_table  # called when the first text is folded: many commands fold none

    @cached_property
    def _table(self) -> FoldTable:
        return self._make_table()

    @cached_property
    def _breaks(self) -> _Breaks:
        return _Breaks(self._table.is_word)

    @cached_property
    def _word_codes(self) -> Codes:
        """What each folded code point is among words: itself, or a space."""
        codes = np.where(self._table.is_word, np.arange(CODE_POINT_COUNT, dtype=np.uint32), np.uint32(SPACE))
        codes[SEPARATOR] = SEPARATOR
        return codes

    def keys(self, texts: Sequence[str]) -> list[str]:
        """The folding key of each text.

        >>> from tocsin.enrich import FOLDER
        >>> FOLDER.keys(["Ｃａｆé  au  LAIT", "قهوةٌ", "١٢٣"])
        ['cafe au lait', 'قهوه', '123']
        """
        keys: list[str] = []
        for batch in batches(texts):
            keys += split(self.folded(batch))
        return keys

    def folded(self, texts: Sequence[str]) -> Codes:
        """The folding keys of one batch, SEPARATOR between them."""
        return self._folded(joined(texts), with_positions=False).codes

    def texts(self, texts: Sequence[str]) -> list[FoldedText]:
        """The folding key of each text with offsets back to it (code points)."""
        found: list[FoldedText] = []
        for batch in batches(texts):
            codes, positions = self._folded(joined(batch), with_positions=True)
            assert positions is not None
            ends = np.concatenate([np.flatnonzero(codes == SEPARATOR), [len(codes)]])
            origin = first = 0
            for text, key, end in zip(batch, split(codes), ends.tolist(), strict=True):
                offsets = np.empty(end - first + 1, dtype=np.int32)
                offsets[:-1] = positions[first:end] - origin
                offsets[-1] = len(text)
                found.append(FoldedText(key, offsets))
                first = end + 1
                origin += len(text) + 1
        return found

    def words(self, folded: Codes) -> Codes:
        """Words of one batch that `folded` gave: a space between words, SEPARATOR between texts, no signs."""
        return self._shortened(self._word_codes.take(folded), None).codes

    def tag_keys(self, tags: Sequence[str]) -> list[str]:
        """The key of each tag: folded, and everything but letters, marks and digits left out ("" if nothing is left).

        Underscores go too, so that "#Road_To_Velmora" and "#RoadToVelmora" are one tag.
        """
        keys: list[str] = []
        for batch in batches(tags):
            codes = self.folded(batch)
            codes = codes[self._table.is_word[codes] | (codes == SEPARATOR)]
            keys += split(self._shortened(codes, None).codes)
        return keys

    def tokens(self, folded: str) -> list[str]:
        """The words of a folded text.

        >>> from tocsin.enrich import tokens
        >>> tokens("#road to velmora, 3 boats!")
        ['road', 'to', 'velmora', '3', 'boats']
        """
        return folded.translate(self._breaks).split()

    def _folded(self, codes: Codes, *, with_positions: bool) -> FoldedBatch:
        positions = np.arange(len(codes)) if with_positions else None
        folded = self._table.codes.take(codes)
        marked = np.flatnonzero(folded >= EXPANDS)
        if len(marked):
            is_dropped = folded[marked] == DROP
            # Expansions first: after them the places of the dropped are others.
            if not is_dropped.all():
                folded, positions = self._expanded(folded, positions, marked[~is_dropped])
            if is_dropped.any():
                kept = folded != DROP
                folded = folded[kept]
                positions = None if positions is None else positions[kept]
        return self._shortened(folded, positions)

    def _expanded(self, folded: Codes, positions: NDArray[np.int64] | None, at: NDArray[np.int64]) -> FoldedBatch:
        """Each expansion in place of its marker; the markers are at `at`."""
        table = self._table
        which = (folded[at] - EXPANDS).astype(np.int64)
        lengths = table.expansion_lengths[which]
        if positions is None and len(at) * 32 < len(folded):  # what lies between a few is faster copied in pieces
            pieces, done = [], 0
            ends = table.expansion_starts[which] + lengths
            for place, end, length in zip(at.tolist(), ends.tolist(), lengths.tolist(), strict=True):
                pieces += [folded[done:place], table.expansions[end - length : end]]
                done = place + 1
            return FoldedBatch(np.concatenate([*pieces, folded[done:]]), None)
        repeats = np.ones(len(folded), dtype=np.int64)
        repeats[at] = lengths
        longer = np.repeat(folded, repeats)
        # New place of each marker: its old one plus what earlier expansions added.
        first = at + np.cumsum(lengths - 1) - (lengths - 1)
        within = np.arange(int(lengths.sum())) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        longer[np.repeat(first, lengths) + within] = table.expansions[
            np.repeat(table.expansion_starts[which], lengths) + within
        ]
        return FoldedBatch(longer, None if positions is None else np.repeat(positions, repeats))

    def _shortened(self, codes: Codes, positions: NDArray[np.int64] | None) -> FoldedBatch:
        """Runs shortened, and no space at either end of a text."""
        if not len(codes):
            return FoldedBatch(codes, positions)
        same = np.zeros(len(codes) + 1, dtype=np.bool_)  # same[i]: code i repeats the one before
        same[1:-1] = codes[1:] == codes[:-1]
        kept = np.ones(len(codes), dtype=np.bool_)
        kept[self._surplus_of_runs(codes, same)] = False
        kept[_edge_spaces(codes, same)] = False
        if kept.all():
            return FoldedBatch(codes, positions)
        return FoldedBatch(codes[kept], None if positions is None else positions[kept])

    def _surplus_of_runs(self, codes: Codes, same: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Places to leave out so that runs are as short as their rule says."""
        repeated = np.flatnonzero(same)
        rule = self._table.runs[codes[repeated]]
        is_third = same[repeated - 1]
        has_next = same[repeated + 1]
        is_surplus = (
            (rule == RUN_TO_ONE)
            | (is_third & (rule == RUN_OF_THREE_TO_TWO))
            | ((is_third | has_next) & (rule == RUN_OF_THREE_TO_ONE))
        )
        surplus: NDArray[np.int64] = repeated[is_surplus]
        return surplus


def _edge_spaces(codes: Codes, same: NDArray[np.bool_]) -> NDArray[np.int64]:
    """First spaces of the runs at either end of a text (the rest of such a run is surplus anyway)."""
    starts, ends = bounds(codes)
    leading = starts[starts < len(codes)]
    leading = leading[codes[leading] == SPACE]
    trailing = ends[ends > 0] - 1
    trailing = trailing[codes[trailing] == SPACE]
    if same[trailing].any():
        runs = np.flatnonzero(~same)
        trailing = runs[np.searchsorted(runs, trailing, side="right") - 1]
    return np.concatenate([leading, trailing])


def bounds(codes: Codes) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where each text of a batch starts and ends."""
    separators = np.flatnonzero(codes == SEPARATOR)
    return np.concatenate([[0], separators + 1]), np.concatenate([separators, [len(codes)]])
