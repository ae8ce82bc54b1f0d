"""A planted burst is found with its ends; chance, holes and loud days make none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from tocsin.detect import burst_members, bursts
from tocsin.records.errors import TocsinInputError

START = datetime(2026, 1, 5, tzinfo=UTC)
HOUR = 3_600_000_000
DAYS = 28


def at(us: np.ndarray) -> pa.Array:
    return pa.array(us.astype(np.int64) + int(START.timestamp()) * 1_000_000, pa.timestamp("us", tz="UTC"))


def table(keys: list[str] | np.ndarray, us: np.ndarray) -> pa.Table:
    return pa.table({"key": pa.array(keys, pa.string()), "posted_at": at(us), "id": pa.array(range(len(us)))})


def seasonal_us(rng: np.random.Generator, count: int, days: int = DAYS) -> np.ndarray:
    """Times with a daily rhythm: four times as many by day as by night."""
    hours = rng.choice(24, count, p=np.repeat([1, 4, 4, 3], 6) / 72)
    return rng.integers(0, days, count) * 24 * HOUR + hours * HOUR + rng.integers(0, HOUR, count)


def background(rng: np.random.Generator, series: int = 40, per_series: int = 60) -> pa.Table:
    keys = np.repeat([f"word{n}" for n in range(series)], per_series)
    return table(keys, seasonal_us(rng, keys.size))


def with_planted(rng: np.random.Generator, start_h: int, hours: int, count: int, key: str = "planted") -> pa.Table:
    us = start_h * HOUR + rng.integers(0, hours * HOUR, count)
    keys = [*background(rng)["key"].to_pylist(), *[key] * count]
    all_us = np.concatenate([seasonal_us(rng, len(keys) - count), us])
    return table(keys, all_us)


def test_a_brand_new_series_that_steps_up_is_one_burst_with_its_ends():
    found = bursts(with_planted(np.random.default_rng(1), start_h=300, hours=6, count=40))
    assert [(b.key, b.series) for b in found] == [("planted", "key")]
    burst = found[0]
    assert abs(burst.start_at - (START + timedelta(hours=300))) < timedelta(hours=1)
    assert abs(burst.end_at - (START + timedelta(hours=306))) <= timedelta(hours=1)
    assert burst.start_at <= burst.peak_at + timedelta(hours=1) <= burst.end_at + timedelta(hours=1)
    assert burst.post_count >= 38
    assert burst.expected_count < 1
    assert burst.q_value < 1e-6


def test_a_series_with_history_bursts_when_it_steps_above_it():
    found = bursts(with_planted(np.random.default_rng(2), start_h=400, hours=10, count=40, key="word3"))
    assert [b.key for b in found] == ["word3"]
    assert abs(found[0].start_at - (START + timedelta(hours=400))) < timedelta(hours=3)


def test_two_bursts_of_one_series_are_two():
    rng = np.random.default_rng(3)
    one, two = (start * HOUR + rng.integers(0, 5 * HOUR, 30) for start in (150, 500))
    base = background(rng)
    keys = [*base["key"].to_pylist(), *["word0"] * 60]
    found = bursts(table(keys, np.concatenate([seasonal_us(rng, base.num_rows), one, two])))
    assert sorted(round((b.start_at - START) / timedelta(hours=1)) for b in found) == [150, 500]


def test_members_are_the_posts_of_the_key_inside_the_burst():
    events = with_planted(np.random.default_rng(4), start_h=300, hours=6, count=40)
    found = bursts(events)
    members = burst_members(events, found)
    assert members["burst_id"].unique().to_pylist() == [found[0].burst_id]
    assert members.num_rows == found[0].post_count
    keys = dict(zip(events["id"].to_pylist(), events["key"].to_pylist(), strict=True))
    assert {keys[i] for i in members["id"].to_pylist()} == {"planted"}


def test_the_order_of_rows_and_repeated_rows_change_nothing():
    events = with_planted(np.random.default_rng(5), start_h=300, hours=6, count=40)
    shuffled = events.take(pa.array(np.random.default_rng(0).permutation(events.num_rows)))
    doubled = pa.concat_tables([shuffled, events.slice(0, 500)])
    assert bursts(events) == bursts(shuffled) == bursts(doubled)


def test_shuffled_times_make_bursts_in_few_runs():
    runs = 60
    alarms = sum(
        bool(bursts(background(np.random.default_rng(seed), series=60, per_series=40))) for seed in range(runs)
    )
    assert alarms <= 6


def test_over_dispersed_seasonal_series_make_bursts_in_few_runs():
    alarms = 0
    for seed in range(40):
        rng = np.random.default_rng(1000 + seed)
        hours = np.arange(DAYS * 24)
        rhythm = np.repeat([1, 4, 4, 3], 6)[hours % 24] / 3
        keys, us = [], []
        for series in range(20):
            counts = rng.poisson(rng.gamma(1.5, 1 / 1.5, hours.size) * rhythm * 2)  # negative binomial, size 1.5
            keys += [f"s{series}"] * int(counts.sum())
            us.append(np.repeat(hours, counts) * HOUR + rng.integers(0, HOUR, int(counts.sum())))
        alarms += bool(bursts(table(keys, np.concatenate(us))))
    assert alarms <= 4


def test_a_hole_in_the_capture_is_no_drought_and_its_end_no_burst():
    rng = np.random.default_rng(6)
    events = background(rng, series=30, per_series=200)
    us = events["posted_at"].cast(pa.int64()).to_numpy() - int(START.timestamp()) * 1_000_000
    outside = (us < 100 * HOUR) | (us > 350 * HOUR)
    assert bursts(events.filter(pa.array(outside))) == []


def test_a_hole_in_the_capture_neither_makes_a_burst_nor_hides_one():
    rng = np.random.default_rng(11)
    us = seasonal_us(rng, 2000)
    kept = us[(us < 100 * HOUR) | (us > 580 * HOUR)]
    assert bursts(table(["only"] * kept.size, kept)) == []
    more = np.concatenate([kept, 610 * HOUR + rng.integers(0, 3 * HOUR, 40)])
    found = bursts(table(["only"] * more.size, more))
    assert [round((b.start_at - START) / timedelta(hours=1)) for b in found] == [610]


def test_twice_as_much_collected_of_everything_is_no_burst():
    rng = np.random.default_rng(7)
    keys = np.repeat([f"word{n}" for n in range(30)], 150)
    us = seasonal_us(rng, keys.size)
    more = us[: keys.size // 2] % (5 * 24 * HOUR) + 14 * 24 * HOUR  # the query was widened for five days
    assert bursts(table([*keys, *rng.permutation(keys)[: more.size]], np.concatenate([us, more]))) == []


def test_a_single_series_is_measured_against_its_own_habit():
    rng = np.random.default_rng(8)
    us = np.concatenate([seasonal_us(rng, 500), 300 * HOUR + rng.integers(0, 4 * HOUR, 60)])
    found = bursts(table(["only"] * us.size, us))
    assert [round((b.start_at - START) / timedelta(hours=1)) for b in found] == [300]


def test_what_else_was_collected_is_the_measure():
    rng = np.random.default_rng(9)
    us = np.concatenate([seasonal_us(rng, 100), 300 * HOUR + rng.integers(0, 6 * HOUR, 40)])
    events = table(["word"] * us.size, us)
    flood = 300 * HOUR + rng.integers(0, 6 * HOUR, 40_000)  # everything was collected a hundred times as much
    everything = np.concatenate([us, seasonal_us(rng, 5000)])
    assert len(bursts(events, collected=at(everything))) == 1
    assert bursts(events, collected=at(np.concatenate([everything, flood]))) == []


@pytest.mark.parametrize("count", [0, 1, 4])
def test_few_posts_make_no_burst(count):
    events = table(["x"] * count, np.arange(count) * 1000)
    assert bursts(events) == []
    assert burst_members(events, []).num_rows == 0
    assert burst_members(events, []).column_names == ["burst_id", "id"]


def test_events_without_key_or_time_are_left_out():
    events = with_planted(np.random.default_rng(10), start_h=300, hours=6, count=40)
    broken = pa.table({
        "key": pa.chunked_array([["", None, "planted"]], pa.string()),
        "posted_at": pa.chunked_array([[START, START, None]], pa.timestamp("us", tz="UTC")),
        "id": pa.chunked_array([[9001, 9002, 9003]], pa.int64()),
    })  # fmt: skip
    assert [b.key for b in bursts(pa.concat_tables([events, broken]))] == ["planted"]


def test_settings_out_of_range_are_refused():
    with pytest.raises(TocsinInputError, match="out of range"):
        bursts(table([], np.zeros(0)), bin_s=5)
