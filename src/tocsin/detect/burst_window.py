"""Where a burst begins and ends: the scanned window's ends moved to where the rate steps up and falls back."""

from __future__ import annotations

import numpy as np

from tocsin.detect.burst_scan import Exposure, Ints, tail_bound
from tocsin.detect.chance import Floats
from tocsin.detect.timing import US

_KEPT_SHARE = 0.6  # of a burst's posts that a moved end must keep: another stretch would be another burst
# A step is judged by these spans before against after, together: a day tells a step from a wave, hours place it.
_STEP_S = (86_400, 6 * 3600)
_MOST_BINS = 400  # ends tried on each side


def moved_ends(
    times_us: Ints, window: tuple[int, int], exposures: tuple[Exposure, ...], clock: tuple[int, int], min_posts: int
) -> tuple[int, int]:
    """The ends (bins), near the scanned ones, of the window of any length that exceeds the baseline most."""
    low, bin_s = clock
    start, end = window
    length = max(end - start, 2)
    first, last = max(0, start - length), min(exposures[0].by_bin.size, end + 2 * length)
    at = (times_us - low) // (bin_s * US)
    counts = np.bincount(at[(at >= first) & (at < last)] - first, minlength=last - first)
    reach = np.concatenate([[0], np.cumsum(counts)])
    busy = np.flatnonzero(counts > 0)[:_MOST_BINS]
    count = reach[busy + 1][None, :] - reach[busy][:, None]
    score = np.full(count.shape, np.inf)
    for exposure in exposures:
        inside = exposure.reach[first + busy + 1][None, :] - exposure.reach[first + busy][:, None]
        outside = times_us.size - count
        mean = (outside + 0.5) * inside / np.maximum(exposure.reach[-1] - inside, 1e-9)
        score = np.minimum(score, tail_bound(count, mean, outside + 0.5))
    scanned = reach[end - first] - reach[start - first]
    starts, ends = np.maximum(first + busy, start)[:, None], np.minimum(first + busy + 1, end)[None, :]
    overlap = reach[np.maximum(ends, starts) - first] - reach[np.broadcast_to(starts, count.shape) - first]
    allowed = (count >= min_posts) & (overlap >= _KEPT_SHARE * scanned)
    if not allowed.any():
        return start, end
    row, column = np.unravel_index(int(np.argmax(np.where(allowed, score, -np.inf))), score.shape)
    return first + int(busy[row]), first + int(busy[column]) + 1


def step_start(
    times_us: Ints, window: tuple[int, int], exposure: Exposure, clock: tuple[int, int], min_posts: int
) -> int:
    """The bin of the sharpest rise, before against after, among those that keep most of the burst.

    A forerunner (a warning before the storm) makes the strongest window begin early; what a reader means by the
    start is where the rate steps up. `exposure` is the season: a step is one of posts, not of shares.
    """
    low, bin_s = clock
    start, end = window
    spans = sorted({max(1, span_s // bin_s) for span_s in _STEP_S})
    first, last = max(0, start - spans[-1]), min(exposure.by_bin.size, end + spans[-1])
    at = (times_us - low) // (bin_s * US)
    counts = np.bincount(at[(at >= first) & (at < last)] - first, minlength=last - first)
    reach = np.concatenate([[0], np.cumsum(counts)])
    busy = start + np.flatnonzero(counts[start - first : end - first] > 0)
    kept = reach[end - first] - reach[busy - first]
    allowed = (kept >= _KEPT_SHARE * (reach[end - first] - reach[start - first])) & (kept >= min_posts)
    rise = np.zeros(busy.size)
    for span in spans:
        before_from, after_to = np.maximum(busy - span, first), np.minimum(busy + span, last)
        before = (reach[busy - first] - reach[before_from - first]).astype(np.float64)
        after = (reach[after_to - first] - reach[busy - first]).astype(np.float64)
        share_before = exposure.reach[busy] - exposure.reach[before_from]
        share_after = exposure.reach[after_to] - exposure.reach[busy]
        share = np.clip(share_after / np.maximum(share_before + share_after, 1e-9), 1e-6, 1 - 1e-6)
        total = np.maximum(before + after, 1.0)
        gain = _part(after, total * share) + _part(before, total * (1 - share))
        rise += np.where(after > total * share, gain, 0.0)
    if not (allowed & (rise > 0)).any():
        return start
    return int(busy[int(np.argmax(np.where(allowed, rise, -1.0)))])


def _part(count: Floats, expected: Floats) -> Floats:
    return np.asarray(count * np.log(np.maximum(count, 1e-12) / np.maximum(expected, 1e-12)), dtype=np.float64)
