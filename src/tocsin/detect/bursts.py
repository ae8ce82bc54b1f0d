"""Bursts: stretches in which a series is posted more than its share of what was collected and more than its habit."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tocsin.detect.burst_scan import (
    Exposure,
    Ints,
    SeriesCounts,
    Windows,
    binned,
    seasonal_exposure,
    strongest_windows,
)
from tocsin.detect.burst_window import moved_ends, step_start
from tocsin.detect.chance import adjusted_p_values
from tocsin.detect.series import SCREENED_OUT
from tocsin.detect.timing import US, instant, microseconds, present_us
from tocsin.records.errors import TocsinInputError
from tocsin.records.findings import Burst

# Rows: one post of one burst; `id` has the type of the events' ids.
MAX_ROUNDS = 4  # bursts a series can have in one run
MAX_BINS = 2_000_000


@dataclass(frozen=True, slots=True)
class _Events:
    """Events as arrays, each (series, id) once, ordered by series then time."""

    series: Ints
    times_us: Ints
    names: list[tuple[str, str]]  # (kind, key) of each series


def bursts(
    events: pa.Table,
    *,
    collected: pa.ChunkedArray | pa.Array | None = None,
    series: str = "key",
    bin_s: int = 3600,
    q: float = 0.05,
    min_posts: int = 5,
) -> list[Burst]:
    """Bursts of every series, with q-values corrected across all series of the run, the earliest first.

    Needs: `events` with the columns key, posted_at, id, and optionally series (the kind of each key, else the
    argument). `collected` are the times of everything that was collected, else those of the distinct ids.
    Series with fewer than `min_posts` events are not tested. Events without a key or time are left out.
    Series that `post_series` screened out as quiet count among the tests (its table says how many).
    Raises TocsinInputError for a setting out of range.
    Source: Kulldorff, spatial scan statistic (1997); Benjamini and Hochberg (1995).
    """
    if bin_s < 60 or not 0 < q < 1 or min_posts < 2:
        raise TocsinInputError(
            "burst settings out of range",
            expected="bin_s of 60 or more, q between 0 and 1, min_posts of 2 or more",
            got=f"bin_s={bin_s}, q={q:g}, min_posts={min_posts}",
        )
    used = _events(events, series, min_posts)
    if used is None:
        return []
    all_us = _collected_us(events, collected)
    low = int(min(used.times_us.min(), all_us.min())) // (bin_s * US) * bin_s * US
    bin_count = int((max(used.times_us.max(), all_us.max()) - low) // (bin_s * US)) + 1
    if bin_count > MAX_BINS:
        raise TocsinInputError(
            "the times span too many bins", expected=f"at most {MAX_BINS:,}", got=f"{bin_count:,}",
            next_step="use longer bins or look at a shorter time range",
        )  # fmt: skip
    volume = np.bincount((all_us - low) // (bin_s * US), minlength=bin_count).astype(np.int64)
    cells = binned(used.series, (used.times_us - low) // (bin_s * US), len(used.names), bin_count)
    exposures = (Exposure.of(volume.astype(np.float64)), seasonal_exposure(volume, bin_s, low))
    found, q_values = _significant_windows(cells, exposures, q, min_posts, _screened_out(events))
    starts = np.searchsorted(used.series, np.arange(len(used.names) + 1))
    made = [
        _burst(
            used.names[found.series[i]],
            used.times_us[starts[found.series[i]] : starts[found.series[i] + 1]],
            (int(found.start[i]), int(found.end[i]), float(q_values[i])),
            exposures,
            (low, bin_s),
            min_posts,
        )
        for i in range(found.series.size)
    ]
    return sorted(_apart(made), key=lambda b: (b.start_at, b.series, b.key))


def _apart(found: list[Burst]) -> list[Burst]:
    """The bursts without those that, their ends moved, came to overlap a stronger one of the same series."""
    kept: dict[tuple[str, str], list[Burst]] = {}
    for burst in sorted(found, key=lambda b: (b.q_value, -b.post_count, b.start_at)):
        others = kept.setdefault((burst.series, burst.key), [])
        if all(burst.end_at <= other.start_at or other.end_at <= burst.start_at for other in others):
            others.append(burst)
    return [burst for others in kept.values() for burst in others]


def _screened_out(events: pa.Table) -> int:
    return int((events.schema.metadata or {}).get(SCREENED_OUT, b"0"))


def burst_members(events: pa.Table, found: Sequence[Burst], *, series: str = "key") -> pa.Table:
    """Rows: burst_id and id of every event of a burst's key in [start_at, end_at), each id once a burst."""
    kinds, keys = _kinds(events, series), events["key"]
    times_us, there = present_us(events["posted_at"])
    rows_of: dict[tuple[str, str], NDArray[np.int64]] = {}
    if found:
        wanted = pa.array(sorted({b.key for b in found}), pa.string())
        candidates = np.flatnonzero(there & pc.fill_null(pc.is_in(keys, value_set=wanted), False).to_numpy())
        pairs = list(zip(kinds.take(candidates).to_pylist(), keys.take(candidates).to_pylist(), strict=True))
        grouped: dict[tuple[str, str], list[int]] = {}
        for row, pair in zip(candidates.tolist(), pairs, strict=True):
            grouped.setdefault(pair, []).append(row)
        rows_of = {pair: np.array(rows, dtype=np.int64) for pair, rows in grouped.items()}
    names: list[str] = []
    rows: list[NDArray[np.int64]] = []
    for burst in found:
        own = rows_of.get((burst.series, burst.key), np.zeros(0, dtype=np.int64))
        inside = own[(times_us[own] >= microseconds(burst.start_at)) & (times_us[own] < microseconds(burst.end_at))]
        rows.append(inside)
        names += [burst.burst_id] * inside.size
    taken = events["id"].take(np.concatenate(rows) if rows else np.zeros(0, dtype=np.int64))
    table = pa.table({"burst_id": pa.array(names, pa.string()), "id": taken})
    return table.group_by(["burst_id", "id"]).aggregate([]).sort_by([("burst_id", "ascending"), ("id", "ascending")])


def _kinds(events: pa.Table, series: str) -> pa.ChunkedArray:
    if "series" in events.column_names:
        return events["series"]
    return pa.chunked_array([pa.array([series] * events.num_rows, pa.string())])


def _events(events: pa.Table, series: str, min_posts: int) -> _Events | None:
    times_us, there = present_us(events["posted_at"])
    keys = events["key"]
    usable = there & pc.fill_null(pc.not_equal(keys, ""), False).to_numpy()
    if not usable.any():
        return None
    rows = np.flatnonzero(usable)
    kind_codes, kind_names = _coded(_kinds(events, series).take(rows))
    key_codes, key_names = _coded(keys.take(rows))
    id_codes, _ = _coded(events["id"].take(rows))
    joint, codes = np.unique(kind_codes * len(key_names) + key_codes, return_inverse=True)
    order = np.lexsort((times_us[rows], id_codes, codes))
    codes, ids, times = codes[order], id_codes[order], times_us[rows][order]
    once = np.ones(codes.size, dtype=bool)
    once[1:] = (codes[1:] != codes[:-1]) | (ids[1:] != ids[:-1])
    codes, times = codes[once], times[once]
    frequent = np.flatnonzero(np.bincount(codes, minlength=joint.size) >= min_posts)
    if frequent.size == 0:
        return None
    named = [(kind_names[joint[c] // len(key_names)], key_names[joint[c] % len(key_names)]) for c in frequent]
    by_name = sorted(range(len(named)), key=named.__getitem__)
    dense = np.full(joint.size, -1, dtype=np.int64)
    dense[frequent[by_name]] = np.arange(frequent.size)
    kept = dense[codes] >= 0
    numbers, times = dense[codes[kept]], times[kept]
    order = np.lexsort((times, numbers))
    return _Events(numbers[order], times[order], [named[i] for i in by_name])


def _coded(column: pa.ChunkedArray) -> tuple[Ints, list[str]]:
    encoded = pc.dictionary_encode(column, null_encoding="encode")
    combined = encoded.combine_chunks() if isinstance(encoded, pa.ChunkedArray) else encoded
    if isinstance(combined, pa.ChunkedArray):
        combined = combined.chunk(0)
    return np.asarray(combined.indices.to_numpy(zero_copy_only=False), dtype=np.int64), combined.dictionary.to_pylist()


def _collected_us(events: pa.Table, collected: pa.ChunkedArray | pa.Array | None) -> Ints:
    if collected is not None:
        times_us, there = present_us(collected)
        if there.any():
            return times_us[there]
    once = events.select(["id", "posted_at"]).group_by("id").aggregate([("posted_at", "min")])
    times_us, there = present_us(once["posted_at_min"])
    return times_us[there]


def _significant_windows(
    cells: SeriesCounts, exposures: tuple[Exposure, Exposure], q: float, min_posts: int, screened_out: int
) -> tuple[Windows, NDArray[np.float64]]:
    """Windows with q-values at most `q`: rounds of scans, each without what the rounds before found."""
    tested = cells.series_count + screened_out
    known: Windows | None = None
    for _ in range(MAX_ROUNDS):
        fresh = strongest_windows(cells, exposures, known, min_posts)
        # A window of a later round is a further test, so it enters the correction with the others.
        likely = fresh.p_value <= q
        fresh = _chosen(fresh, likely)
        if fresh.series.size == 0:
            break
        known = fresh if known is None else _joined(known, fresh)
        first = np.full(cells.series_count, cells.bin_count + 1, dtype=np.int64)
        after = np.zeros(cells.series_count, dtype=np.int64)
        first[fresh.series], after[fresh.series] = fresh.start, fresh.end
        covered = (cells.bins >= first[cells.series]) & (cells.bins < after[cells.series])
        going = np.zeros(cells.series_count, dtype=bool)
        going[fresh.series] = True
        cells = cells.without(covered | ~going[cells.series])
    if known is None:
        none = np.zeros(0, dtype=np.int64)
        return Windows(none, none, none, none, np.zeros(0), np.zeros(0)), np.zeros(0)
    extra = known.series.size - np.unique(known.series).size
    q_values = adjusted_p_values(known.p_value, test_count=tested + extra)
    kept = q_values <= q
    return _chosen(known, kept), q_values[kept]


def _chosen(windows: Windows, rows: NDArray[np.bool_]) -> Windows:
    return Windows(*(getattr(windows, name)[rows] for name in Windows.__slots__))


def _joined(a: Windows, b: Windows) -> Windows:
    return Windows(*(np.concatenate([getattr(a, name), getattr(b, name)]) for name in Windows.__slots__))


def _burst(
    name: tuple[str, str],
    times_us: Ints,
    window: tuple[int, int, float],
    exposures: tuple[Exposure, Exposure],
    clock: tuple[int, int],
    min_posts: int,
) -> Burst:
    """The burst of one window, its ends moved to where the rate steps up and falls back."""
    low, bin_s = clock
    start, end, q_value = window
    used = exposures[1:] if times_us.size > 0.5 * exposures[0].reach[-1] else exposures
    start, end = moved_ends(times_us, (start, end), used, clock, min_posts)
    start = step_start(times_us, (start, end), used[-1], clock, min_posts)
    start_us, end_us = low + start * bin_s * US, low + end * bin_s * US
    inside = times_us[(times_us >= start_us) & (times_us < end_us)]
    expected = [
        (times_us.size - inside.size + 0.5) * e.between(start, end) / max(e.reach[-1] - e.between(start, end), 1e-9)
        for e in used
    ]
    per_bin = np.bincount((inside - start_us) // (bin_s * US), minlength=end - start)
    digest = hashlib.sha256(f"{name[0]}\n{name[1]}\n{start_us}".encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return Burst(
        burst_id="b" + digest,
        series=name[0],
        key=name[1],
        start_at=instant(int(inside[0])),
        end_at=instant(end_us),
        peak_at=instant(start_us + int(per_bin.argmax()) * bin_s * US),
        peak_count=int(per_bin.max()),
        post_count=int(inside.size),
        expected_count=float(max(expected)),
        q_value=q_value,
    )
