"""The words of many folded texts as numbers, in little memory: one pass to know the frequent words, one to place them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tocsin.detect.burst_scan import Exposure, tail_bound
from tocsin.detect.chance import Floats

Ints = NDArray[np.int64]
_TEXTS_AT_ONCE = 100_000
# A window that survives correction among thousands of series has some 12 nats; seen through a coarse grid that
# cuts it in two it keeps more than half of them.
_LEAST_NATS = 6.0
_SCREEN_BINS = (3, 24)


class WordPlaces(NamedTuple):
    """Which word stands in which text: `words[codes[i]]` in text number `rows[i]`, each once a text."""

    words: pa.Array
    codes: NDArray[np.int32]
    rows: NDArray[np.int32]


def word_places(folded_texts: pa.ChunkedArray | pa.Array, min_posts: int, most_posts: float) -> WordPlaces:
    """The words in at least `min_posts` and at most `most_posts` texts. Links and one-letter words are no words."""
    counts: pa.Table | None = None
    for first in range(0, len(folded_texts), _TEXTS_AT_ONCE):
        words, rows = _words(folded_texts.slice(first, _TEXTS_AT_ONCE))
        once = pa.table({"word": words, "row": rows}).group_by(["word", "row"]).aggregate([])
        part = once.group_by("word").aggregate([("row", "count")])
        counts = part if counts is None else _summed(pa.concat_tables([counts, part]))
    if counts is None:
        return WordPlaces(pa.array([], pa.string()), np.zeros(0, np.int32), np.zeros(0, np.int32))
    kept = pc.and_(pc.greater_equal(counts["row_count"], min_posts), pc.less_equal(counts["row_count"], most_posts))
    named = counts.filter(kept)["word"].combine_chunks()
    named = named.take(pc.array_sort_indices(named))
    codes, places = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for first in range(0, len(folded_texts), _TEXTS_AT_ONCE):
        words, rows = _words(folded_texts.slice(first, _TEXTS_AT_ONCE))
        found = pc.index_in(words, value_set=named)
        known = pc.is_valid(found)
        code = found.filter(known).to_numpy(zero_copy_only=False).astype(np.int64)
        row = rows.filter(known).to_numpy(zero_copy_only=False).astype(np.int64)
        joint = np.unique(row * max(len(named), 1) + code)
        codes.append(joint % max(len(named), 1))
        places.append(joint // max(len(named), 1) + first)
    return WordPlaces(
        named, *(np.concatenate([part.astype(np.int32) for part in parts]) for parts in (codes, places))
    )  # fmt: skip


def _summed(counts: pa.Table) -> pa.Table:
    return counts.group_by("word").aggregate([("row_count", "sum")]).rename_columns(["word", "row_count"])


def _words(texts: pa.ChunkedArray | pa.Array) -> tuple[pa.Array, pa.Array]:
    """Every word and the number of its text."""
    texts = texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
    texts = texts.chunk(0) if isinstance(texts, pa.ChunkedArray) else texts
    plain = pc.replace_substring_regex(pc.fill_null(texts, ""), r"https?://\S*", " ")
    plain = pc.replace_substring_regex(plain, r"[^\pL\pM\pN#_]+", " ")
    lists = pc.split_pattern(pc.utf8_trim_whitespace(plain), " ")
    words, rows = pc.list_flatten(lists), pc.list_parent_indices(lists)
    long_enough = pc.greater(pc.utf8_length(pc.utf8_ltrim(words, "#")), 1)
    return words.filter(long_enough), rows.filter(long_enough)


def eventful_words(places: WordPlaces, bins: Ints, volume: Floats, min_posts: int) -> NDArray[np.bool_]:
    """Which words have any stretch that could be a burst: a cheap screen, so that quiet words cost nothing more.

    `bins` is the bin of each text, `volume` the texts collected by bin.
    """
    word_count = len(places.words)
    eventful = np.zeros(word_count, dtype=bool)
    total = np.bincount(places.codes, minlength=word_count)
    for width in _SCREEN_BINS:
        for shift in (0, width // 2):
            grid = (np.arange(volume.size) + shift) // width
            grid_count = int(grid[-1]) + 1 if grid.size else 1
            exposure = Exposure.of(np.bincount(grid, volume, grid_count))
            cells, count = np.unique(
                places.codes.astype(np.int64) * grid_count + grid[bins[places.rows]], return_counts=True
            )
            busy = count >= min_posts
            word, cell, count = cells[busy] // grid_count, cells[busy] % grid_count, count[busy]
            inside = exposure.by_bin[cell]
            outside = total[word] - count
            mean = (outside + 0.5) * inside / np.maximum(exposure.reach[-1] - inside, 1e-9)
            eventful[word[tail_bound(count, mean, outside + 0.5) >= _LEAST_NATS]] = True
    return eventful
