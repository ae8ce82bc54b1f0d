"""The words of many folded texts as numbers, in little memory: one pass to count them, one to place the frequent."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tocsin.detect.burst_scan import Exposure, tail_bound
from tocsin.detect.chance import Floats
from tocsin.detect.joining import distinct

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
    parts = [
        _coded_words(folded_texts.slice(first, _TEXTS_AT_ONCE), first)
        for first in range(0, len(folded_texts), _TEXTS_AT_ONCE)
    ]
    none = np.zeros(0, dtype=np.int32)
    counts = [
        pa.table({"word": words, "n": np.bincount(codes, minlength=len(words))}) for words, codes, _ in parts
    ]  # fmt: skip
    if not counts:
        return WordPlaces(pa.array([], pa.string()), none, none)
    summed = pa.concat_tables(counts).group_by("word").aggregate([("n", "sum")])
    kept = pc.and_(pc.greater_equal(summed["n_sum"], min_posts), pc.less_equal(summed["n_sum"], most_posts))
    named = summed.filter(kept)["word"].combine_chunks()
    named = named.take(pc.array_sort_indices(named))
    placed = []
    for words, codes, rows in parts:
        number = pc.fill_null(pc.index_in(words, value_set=named), -1).to_numpy(zero_copy_only=False)
        known = number[codes] >= 0
        placed.append((number[codes[known]].astype(np.int32), rows[known]))
    return WordPlaces(named, *(np.concatenate([none, *arrays]) for arrays in zip(*placed, strict=True)))


def _coded_words(
    texts: pa.ChunkedArray | pa.Array, first: int
) -> tuple[pa.Array, NDArray[np.int32], NDArray[np.int32]]:
    """The distinct words of some texts, and each word of each text once: its number, and the text's."""
    words, parents = _words(texts)
    encoded = pc.dictionary_encode(words)
    count = max(len(encoded.dictionary), 1)
    codes = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    once = distinct(parents.to_numpy(zero_copy_only=False).astype(np.int64) * count + codes)
    return encoded.dictionary, (once % count).astype(np.int32), (once // count + first).astype(np.int32)


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
            exposure = Exposure.of(np.bincount(grid, volume, grid_count).astype(np.float64))
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
