"""Triggers: the dated event a burst follows, where there is one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from tocsin.records.findings import Burst, Trigger

BEFORE = timedelta(hours=72)  # how long after an event a burst may still answer to it
AFTER = timedelta(0)  # what began before an event was not set off by it


def with_triggers(
    bursts: Sequence[Burst],
    events: pa.Table,
    *,
    before: timedelta = BEFORE,
    after: timedelta = AFTER,
    source: str = "events file",
) -> list[Burst]:
    """The bursts in their order, each with the nearest event from `before` ahead of its start to `after` it, or None.

    Needs: `events` with event_at (a zone-less one is taken as UTC) and title. That an event came first does not
    make it the cause: a trigger is a lag, in seconds, that a reader can weigh.
    """
    at = pc.cast(events["event_at"], pa.timestamp("us", tz=events["event_at"].type.tz), safe=False)
    if at.type.tz is None:
        at = pc.assume_timezone(at, "UTC")
    dated = sorted(
        (moment, title)
        for moment, title in zip(at.to_pylist(), events["title"].to_pylist(), strict=True)
        if moment is not None and title
    )
    return [replace(burst, trigger=_nearest(burst.start_at, dated, before, after, source)) for burst in bursts]


def _nearest(
    start_at: datetime, dated: list[tuple[datetime, str]], before: timedelta, after: timedelta, source: str
) -> Trigger | None:
    near = [(moment, title) for moment, title in dated if -after <= start_at - moment <= before]
    if not near:
        return None
    moment, title = min(near, key=lambda event: (abs(start_at - event[0]), event))
    return Trigger(title=title, event_at=moment, lag_s=round((start_at - moment).total_seconds()), source=source)
