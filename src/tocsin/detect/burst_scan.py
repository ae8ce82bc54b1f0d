"""Where series of posts exceed their baseline: counts in bins, exposure, a scan of windows over all series at once."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tocsin.detect.chance import Floats, negative_binomial_tails

Ints = NDArray[np.int64]
# Window lengths scanned, in bins: each at most twice the one before, so that no true length is missed by half.
WINDOW_BINS = (1, 2, 3, 6, 12, 24, 48, 96, 168)
_PRIOR_COUNT = 0.5  # Jeffreys' prior of a rate: what a series without history is given
_PRIOR_POSTS = 20.0  # posts it takes until a series' own dispersion counts as much as that of all series
_BLOCK_BINS = (1, 6, 24)  # dispersion is taken at the scale of the window: slow waves do not show in single bins


@dataclass(frozen=True, slots=True)
class SeriesCounts:
    """Posts by series and bin, only where there are any. Ordered by series, then bin."""

    series: Ints  # dense number of the series of each cell
    bins: Ints
    counts: Ints
    series_count: int
    bin_count: int

    def without(self, drop: NDArray[np.bool_]) -> SeriesCounts:
        """The same without some cells."""
        return replace(self, series=self.series[~drop], bins=self.bins[~drop], counts=self.counts[~drop])

    def totals(self) -> Ints:
        """Posts of each series."""
        return np.bincount(self.series, weights=self.counts, minlength=self.series_count).astype(np.int64)


@dataclass(frozen=True, slots=True)
class Exposure:
    """What a series without events is proportional to, by bin. `reach` are its running sums, from 0."""

    by_bin: Floats
    reach: Floats

    @classmethod
    def of(cls, by_bin: Floats) -> Exposure:
        """Exposure from its values by bin."""
        return cls(by_bin, np.concatenate([[0.0], np.cumsum(by_bin)]))

    def between(self, start: int, end: int) -> float:
        """Exposure of the bins [start, end)."""
        return float(self.reach[end] - self.reach[start])


@dataclass(frozen=True, slots=True)
class Windows:
    """One window a series: the one that exceeds its baseline most, with its tail probability.

    `p_value` is corrected for all windows scanned in the series (Bonferroni); `expected` is the larger baseline.
    """

    series: Ints
    start: Ints  # first bin
    end: Ints  # bin after the last
    count: Ints
    expected: Floats
    p_value: Floats


def binned(series: Ints, bins: Ints, series_count: int, bin_count: int) -> SeriesCounts:
    """Counts of each (series, bin) that has posts."""
    codes, counts = np.unique(series * bin_count + bins, return_counts=True)
    return SeriesCounts(codes // bin_count, codes % bin_count, counts.astype(np.int64), series_count, bin_count)


def seasonal_exposure(collected: Ints, bin_s: int, start_us: int) -> Exposure:
    """How much of anything is posted in each bin of the week or day, 0 where the capture has a hole.

    The hour of the week from four weeks on, the hour of the day from four days on, else flat. Each day or week is
    divided by its own mean first, so that one loud day does not become the habit of all.
    """
    bin_count = collected.size
    season = np.ones(bin_count)
    for period_s, periods_needed in ((7 * 86_400, 4), (86_400, 4)):
        period = period_s // bin_s
        if period_s % bin_s or period < 2 or bin_count < periods_needed * period:
            continue
        phase = (np.arange(bin_count) + (start_us // 1_000_000 // bin_s)) % period
        cycle = (np.arange(bin_count) + (start_us // 1_000_000 // bin_s)) // period
        cycle -= cycle[0]
        level = np.bincount(cycle, weights=collected) / np.maximum(np.bincount(cycle), 1)
        weight = np.where(level[cycle] > 0, 1.0, 0.0)
        relative = np.where(weight > 0, collected / np.maximum(level[cycle], 1e-12), 0.0)
        sums, seen = np.bincount(phase, relative, period), np.bincount(phase, weight, period)
        # Shrunk towards flat by the posts behind it: few posts make no rhythm.
        strength = collected.sum() / period
        profile = (sums / np.maximum(seen, 1) * strength + 5.0) / (strength + 5.0)
        season = profile[phase] / max(profile.mean(), 1e-12)
        break
    return Exposure.of(season * ~capture_holes(collected, season))


def capture_holes(collected: Ints, season: Floats) -> NDArray[np.bool_]:
    """Bins in runs without any post where the habit of the capture would have given at least 20."""
    empty = collected == 0
    if not empty.any() or empty.all():
        return np.zeros(collected.size, dtype=bool)
    usual = np.median(collected[~empty] / np.maximum(season[~empty], 1e-12)) * season * (~empty).mean()
    edges = np.flatnonzero(np.diff(np.concatenate([[0], empty.astype(np.int8), [0]])))
    holes = np.zeros(collected.size, dtype=bool)
    for first, after in zip(edges[::2], edges[1::2], strict=True):
        if usual[first:after].sum() >= 20:
            holes[first:after] = True
    return holes


def strongest_windows(
    cells: SeriesCounts, exposures: tuple[Exposure, Exposure], known: Windows | None, min_posts: int
) -> Windows:
    """The window of each series that most exceeds both baselines, with its corrected tail probability.

    `exposures` are what was collected and the season; a series with more than half of everything collected is
    measured against the season alone, as its share says nothing. `known` windows, found in an earlier round, are
    left out of the baseline.
    """
    cell_of, lengths = _best_by_series(cells, exposures, known, min_posts)
    if cell_of.size == 0:
        none = np.zeros(0, dtype=np.int64)
        return Windows(none, none, none, none, np.zeros(0), np.zeros(0))
    series, start = cells.series[cell_of], cells.bins[cell_of]
    end = np.minimum(start + lengths, cells.bin_count)
    codes = cells.series * (cells.bin_count + 1) + cells.bins
    reach = np.concatenate([[0], np.cumsum(cells.counts)])
    count = reach[np.searchsorted(codes, series * (cells.bin_count + 1) + end)] - reach[cell_of]
    outside = cells.totals()[series] - count
    share_only_season = _dominates(cells, exposures[0], known)[series]
    p_value, expected = np.zeros(series.size), np.zeros(series.size)
    for exposure, is_share in zip(exposures, (True, False), strict=True):
        inside, rest = _exposure_inside_and_rest(exposure, series, start, end, known)
        mean = (outside + _PRIOR_COUNT) * inside / np.maximum(rest, 1e-9)
        size = _sizes(cells, exposure, (series, start, end), outside, mean)
        tail = negative_binomial_tails(count, mean, size)
        counted = ~share_only_season if is_share else np.ones(series.size, dtype=bool)
        p_value = np.where(counted, np.maximum(p_value, tail), p_value)
        expected = np.where(counted, np.maximum(expected, mean), expected)
    scanned = np.bincount(cells.series, minlength=cells.series_count)[series] * _length_count(cells.bin_count)
    return Windows(series, start, end, count, expected, np.minimum(p_value * scanned, 1.0))


def _length_count(bin_count: int) -> int:
    return len(_lengths(bin_count))


def _lengths(bin_count: int) -> tuple[int, ...]:
    return tuple(length for length in WINDOW_BINS if length == 1 or 2 * length <= bin_count)


def _best_by_series(
    cells: SeriesCounts, exposures: tuple[Exposure, Exposure], known: Windows | None, min_posts: int
) -> tuple[Ints, Ints]:
    """The cell each series' strongest window starts at and the window's length in bins."""
    codes = cells.series * (cells.bin_count + 1) + cells.bins
    reach = np.concatenate([[0], np.cumsum(cells.counts)])
    totals = cells.totals()
    dominating = _dominates(cells, exposures[0], known)[cells.series]
    best, best_length = np.full(codes.size, -np.inf), np.zeros(codes.size, dtype=np.int64)
    for length in _lengths(cells.bin_count):
        end = np.minimum(cells.bins + length, cells.bin_count)
        count = reach[np.searchsorted(codes, cells.series * (cells.bin_count + 1) + end)] - reach[:-1]
        rows = np.flatnonzero(count >= min_posts)
        if rows.size == 0:
            continue
        series, start, stop = cells.series[rows], cells.bins[rows], end[rows]
        outside = totals[series] - count[rows]
        score = np.full(rows.size, np.inf)
        for exposure, is_share in zip(exposures, (True, False), strict=True):
            inside, rest = _exposure_inside_and_rest(exposure, series, start, stop, known)
            mean = (outside + _PRIOR_COUNT) * inside / np.maximum(rest, 1e-9)
            own = tail_bound(count[rows], mean, outside + _PRIOR_COUNT)
            score = np.where(dominating[rows] & is_share, score, np.minimum(score, own))
        better = score > best[rows]
        best[rows] = np.where(better, score, best[rows])
        best_length[rows] = np.where(better, length, best_length[rows])
    possible = np.flatnonzero(best > 0)
    order = possible[np.lexsort((cells.bins[possible], -best[possible], cells.series[possible]))]
    _, first = np.unique(cells.series[order], return_index=True)
    return order[first], best_length[order[first]]


def tail_bound(count: NDArray, mean: Floats, size: NDArray) -> Floats:
    """-log of Chernoff's bound of the negative binomial tail, 0 where the count is not above the mean."""
    mean = np.maximum(mean, 1e-12)
    gain = count * np.log(np.maximum(count, 1e-12) / mean) - (count + size) * np.log((count + size) / (mean + size))
    return np.where(count > mean, gain, 0.0)


def _exposure_inside_and_rest(
    exposure: Exposure, series: Ints, start: Ints, end: Ints, known: Windows | None
) -> tuple[Floats, Floats]:
    inside = exposure.reach[end] - exposure.reach[start]
    rest = exposure.reach[-1] - inside
    if known is not None and known.series.size:
        taken = exposure.reach[known.end] - exposure.reach[known.start]
        size = int(max(series.max(initial=0), known.series.max())) + 1
        rest = rest - np.bincount(known.series, taken, size)[series]
    return inside, rest


def _dominates(cells: SeriesCounts, collected: Exposure, known: Windows | None) -> NDArray[np.bool_]:
    totals = cells.totals().astype(np.float64)
    if known is not None:
        totals += np.bincount(known.series, known.count, cells.series_count)
    return np.asarray(totals > 0.5 * collected.reach[-1], dtype=bool)


def _sizes(
    cells: SeriesCounts, exposure: Exposure, window: tuple[Ints, Ints, Ints], outside: Ints, mean: Floats
) -> Floats:
    """Negative binomial sizes of each series' window: baseline uncertainty and over-dispersion together."""
    series, start, end = window
    uncertainty = 1.0 / (outside + _PRIOR_COUNT)
    extra = np.zeros(series.size)
    for block in _BLOCK_BINS:
        fits = (end - start >= block) & (cells.bin_count >= 8 * block)
        if not fits.any():
            continue
        linear, square = _dispersions(cells, exposure, window, block)
        blocks = -(-(end - start) // block)
        # Both usual forms (variance proportional to the mean, or to its square): the wider one holds.
        extra = np.where(fits, np.maximum(extra, np.maximum(linear / np.maximum(mean, 1e-12), square / blocks)), extra)
    return 1.0 / (uncertainty + extra)


def _dispersions(
    cells: SeriesCounts, exposure: Exposure, window: tuple[Ints, Ints, Ints], block: int
) -> tuple[Floats, Floats]:
    """Over-dispersion of each series outside its window at blocks of bins: (phi - 1, alpha), 0 where there is none.

    The block that deviates most is left out, as another burst must not hide this one; both are shrunk towards
    the median of series with history.
    """
    series, start, end = window
    slot = np.full(cells.series_count, -1, dtype=np.int64)
    slot[series] = np.arange(series.size)
    block_count = -(-cells.bin_count // block)
    row = slot[cells.series]
    usable = (row >= 0) & ~((cells.bins >= start[row]) & (cells.bins < end[row]))
    codes = row[usable] * block_count + cells.bins[usable] // block
    unique, inverse = np.unique(codes, return_inverse=True)
    counts = np.bincount(inverse, cells.counts[usable], unique.size)
    owner, at = unique // block_count, unique % block_count
    edges = np.minimum(np.arange(block_count + 1) * block, cells.bin_count)
    by_block = np.diff(exposure.reach[edges])
    total = np.bincount(owner, counts, series.size)
    rest = exposure.reach[-1] - (exposure.reach[end] - exposure.reach[start])
    rate = total / np.maximum(rest, 1e-9)
    residual = (counts - rate[owner] * by_block[at]) ** 2
    worst = np.zeros(series.size)
    np.maximum.at(worst, owner, residual)
    cut = np.concatenate([[0.0], np.cumsum(by_block**2)])
    squares_inside = cut[np.minimum(-(-end // block), block_count)] - cut[np.minimum(start // block, block_count)]
    mean_squares = rate**2 * np.maximum(cut[-1] - squares_inside, 0)
    in_cells = np.bincount(owner, (rate[owner] * by_block[at]) ** 2, series.size)
    variance = np.bincount(owner, residual, series.size) - worst + np.maximum(mean_squares - in_cells, 0)
    linear = variance / np.maximum(total, 1e-9) - 1.0
    square = (variance - total) / np.maximum(mean_squares, 1e-9)
    history = total >= 30
    pooled = float(np.median(linear[history])) if history.sum() >= 5 else 0.0
    linear = (total * linear + _PRIOR_POSTS * max(pooled, 0.0)) / (total + _PRIOR_POSTS)
    square = np.where(mean_squares > _PRIOR_POSTS, square, 0.0)
    return np.maximum(linear, 0.0), np.maximum(square, 0.0)
