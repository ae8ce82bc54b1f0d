"""The tables a dispatch's figures are computed over, beside `post_versions`, `assessments` and `memberships`.

The desk registers them on its engine before computing or verifying figures. Everything in them is bounded by the
snapshot the dispatch names, so a desk that has grown since still computes the same figures.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import pyarrow as pa

from tocsin.records.evidence import CaptureSummary
from tocsin.records.findings import Burst
from tocsin.records.posts import TimeBasis

_UTC_US = pa.timestamp("us", tz="UTC")

# Rows: one burst of one effort. `memberships.effort_id` and this `effort_id` are the campaign's `campaign_id`.
BURSTS = pa.schema(
    [
        pa.field("effort_id", pa.string(), nullable=False),
        pa.field("burst_id", pa.string(), nullable=False),
        pa.field("series", pa.string(), nullable=False),
        pa.field("key", pa.string(), nullable=False),
        pa.field("start_at", _UTC_US, nullable=False),
        pa.field("end_at", _UTC_US, nullable=False),
        pa.field("peak_at", _UTC_US, nullable=False),
        pa.field("peak_count", pa.int64(), nullable=False),
        pa.field("post_count", pa.int64(), nullable=False),
        pa.field("expected_count", pa.float64(), nullable=False),
        pa.field("q_value", pa.float64(), nullable=False),
        pa.field("trigger_title", pa.string()),
        pa.field("trigger_at", _UTC_US),
        pa.field("trigger_lag_s", pa.int64()),
        pa.field("trigger_source", pa.string()),
    ]
)

# Rows: one pair of accounts of one coordinated group of one effort; account_a < account_b.
GROUP_EDGES = pa.schema(
    [
        pa.field("effort_id", pa.string(), nullable=False),
        pa.field("group_id", pa.string(), nullable=False),
        pa.field("account_a", pa.string(), nullable=False),
        pa.field("account_b", pa.string(), nullable=False),
        pa.field("weight", pa.int64(), nullable=False),
    ]
)

# Rows: one post version of one near-duplicate cluster.
CLUSTER_MEMBERS = pa.schema(
    [pa.field("cluster_id", pa.string(), nullable=False), pa.field("leaf_index", pa.int64(), nullable=False)]
)

# Rows: one capture. `committed_at` is when the desk acknowledged it; figures take captures up to `$as_of`.
CAPTURES = pa.schema(
    [
        pa.field("capture_id", pa.string(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("format", pa.string(), nullable=False),
        pa.field("read", pa.int64(), nullable=False),
        pa.field("stored", pa.int64(), nullable=False),
        pa.field("duplicate", pa.int64(), nullable=False),
        pa.field("quarantined", pa.int64(), nullable=False),
        pa.field("ambiguous_times", pa.int64(), nullable=False),
        pa.field("assumed_times", pa.int64(), nullable=False),
        pa.field("missing_times", pa.int64(), nullable=False),
        pa.field("first_posted_at", _UTC_US),
        pa.field("last_posted_at", _UTC_US),
        pa.field("committed_at", _UTC_US, nullable=False),
    ]
)

VIEWS: dict[str, pa.Schema] = {
    "bursts": BURSTS,
    "group_edges": GROUP_EDGES,
    "cluster_members": CLUSTER_MEMBERS,
    "captures": CAPTURES,
}


def burst_rows(effort_id: str, bursts: Sequence[Burst]) -> pa.Table:
    """Rows of the view `bursts` for one effort."""
    return pa.Table.from_pylist(
        [
            {
                "effort_id": effort_id,
                "burst_id": burst.burst_id,
                "series": burst.series,
                "key": burst.key,
                "start_at": burst.start_at,
                "end_at": burst.end_at,
                "peak_at": burst.peak_at,
                "peak_count": burst.peak_count,
                "post_count": burst.post_count,
                "expected_count": burst.expected_count,
                "q_value": burst.q_value,
                "trigger_title": burst.trigger.title if burst.trigger else None,
                "trigger_at": burst.trigger.event_at if burst.trigger else None,
                "trigger_lag_s": burst.trigger.lag_s if burst.trigger else None,
                "trigger_source": burst.trigger.source if burst.trigger else None,
            }
            for burst in bursts
        ],
        schema=BURSTS,
    )


def capture_rows(captures: Iterable[tuple[CaptureSummary, datetime]]) -> pa.Table:
    """Rows of the view `captures`, from each capture's summary and the instant the desk acknowledged it."""
    return pa.Table.from_pylist(
        [
            {
                "capture_id": summary.capture_id,
                "source": summary.source,
                "format": summary.format,
                "read": summary.read,
                "stored": summary.stored,
                "duplicate": summary.duplicate,
                "quarantined": summary.quarantined,
                "ambiguous_times": summary.time_bases.get(TimeBasis.AMBIGUOUS, 0),
                "assumed_times": summary.time_bases.get(TimeBasis.ASSUMED_UTC, 0)
                + summary.time_bases.get(TimeBasis.ASSUMED_ZONE, 0),
                "missing_times": summary.time_bases.get(TimeBasis.MISSING, 0),
                "first_posted_at": summary.first_posted_at,
                "last_posted_at": summary.last_posted_at,
                "committed_at": committed_at,
            }
            for summary, committed_at in captures
        ],
        schema=CAPTURES,
    )
