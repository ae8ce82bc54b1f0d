"""A trigger is the nearest event in reach, with its lag; "none" is an answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from tocsin.detect import with_triggers
from tocsin.records.findings import Burst

START = datetime(2026, 2, 5, 8, 0, tzinfo=UTC)


def burst() -> Burst:
    return Burst("b1", "tag", "road", START, START + timedelta(hours=5), START, 9, 40, 1.0, 0.001)


def events(*hours_before: float, zone: str | None = "UTC") -> pa.Table:
    at = [(START - timedelta(hours=h)).replace(tzinfo=None) for h in hours_before]
    typed = pa.array(at, pa.timestamp("us")).cast(pa.timestamp("us"))
    if zone:
        typed = typed.cast(pa.timestamp("us", tz=zone))
    return pa.table({"event_at": typed, "title": [f"event {h:g}" for h in hours_before]})


@pytest.mark.parametrize("zone", ["UTC", None])
def test_the_nearest_event_before_the_start_is_the_trigger(zone):
    (found,) = with_triggers([burst()], events(50, 2.5, 30, zone=zone))
    assert found.trigger is not None
    assert (found.trigger.title, found.trigger.lag_s, found.trigger.source) == ("event 2.5", 9000, "events file")


@pytest.mark.parametrize("hours", [73, -0.1, -2.5])
def test_an_event_too_early_or_after_the_start_is_none(hours):
    assert with_triggers([burst()], events(hours))[0].trigger is None


def test_no_events_and_no_bursts_give_none():
    assert with_triggers([burst()], events())[0].trigger is None
    assert with_triggers([], events(1)) == []
