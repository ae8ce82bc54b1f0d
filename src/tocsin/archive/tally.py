"""Counts of one capture as it is committed: what its certificate is written from."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tocsin.records.errors import EvidenceError
from tocsin.records.evidence import CaptureSummary
from tocsin.records.posts import CaptureNote, QuarantinedRecord

_LEAST_GAP_MINUTES = 60
_GAP_FACTOR = 10  # times the 95th percentile of the usual intervals
_LEAST_INTERVALS = 20
_MOST_GAPS = 10
_COUNTERS = ("time_bases", "audiences", "reasons", "gone", "noticed")
# What was noticed while reading: kind -> how often, and where the first few are.
Noticings = Mapping[str, tuple[int, Sequence[str]]]
_FIRST_NOTICED = 3
_NUMBER = re.compile(r"[0-9]+")


class Gap(NamedTuple):
    """A stretch inside a capture without posts, much longer than usual there."""

    start_at: datetime
    end_at: datetime


@dataclass(frozen=True, slots=True)
class CertifiedCapture:
    """What the certificate says of one finished capture."""

    summary: CaptureSummary
    gaps: tuple[Gap, ...]
    other_records: int  # records that are no posts (join messages, user objects ...); counted apart
    posts_without_time: int
    finished_at: datetime

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values, times in ISO 8601."""
        body = _plain(asdict(self.summary))
        body |= {
            "gone": list(self.summary.gone),
            "gaps": [[gap.start_at.isoformat(), gap.end_at.isoformat()] for gap in self.gaps],
            "other_records": self.other_records,
            "posts_without_time": self.posts_without_time,
            "finished_at": self.finished_at.isoformat(),
        }
        if not self.summary.noticed:  # as version 0.1.0 wrote it: its certificates are compared word for word
            del body["noticed"], body["noticed_at"]
        return dict(body)


def certified_capture(body: Mapping[str, Any]) -> CertifiedCapture:
    """A capture as `CertifiedCapture.to_json` wrote it."""
    rest = dict(body)
    gaps = tuple(Gap(datetime.fromisoformat(start), datetime.fromisoformat(end)) for start, end in rest.pop("gaps"))
    other, without_time = rest.pop("other_records"), rest.pop("posts_without_time")
    finished_at = datetime.fromisoformat(rest.pop("finished_at"))
    for name in ("first_posted_at", "last_posted_at", "collected_at"):
        rest[name] = datetime.fromisoformat(rest[name]) if rest[name] else None
    rest["gone"] = tuple(rest["gone"])
    return CertifiedCapture(CaptureSummary(**rest), gaps, other, without_time, finished_at)


@dataclass
class CaptureTally:
    """Running counts of one capture; survives an interruption through the manifest."""

    read: int = 0
    stored: int = 0
    duplicate: int = 0
    quarantined: int = 0
    versions: int = 0
    other_records: int = 0
    posts_without_time: int = 0
    first_us: int | None = None  # microseconds since 1970 UTC
    last_us: int | None = None
    time_bases: Counter[str] = field(default_factory=Counter)
    audiences: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    gone: Counter[str] = field(default_factory=Counter)  # what the platform itself said is gone, by kind
    noticed: Counter[str] = field(default_factory=Counter)  # what is odd about records that were read, by kind
    noticed_at: dict[str, list[str]] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return asdict(self) | {name: dict(getattr(self, name)) for name in _COUNTERS}

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> CaptureTally:
        """The counts as `to_json` wrote them."""
        counters = {name: Counter(body.get(name, {})) for name in _COUNTERS}
        return cls(**{**body, **counters})

    def with_batch(
        self,
        posts: pa.Table,
        stored: int,
        versions: int,
        quarantine: Sequence[QuarantinedRecord],
        other_records: int,
        gone: Mapping[str, int],
        noticed: Noticings,
    ) -> CaptureTally:
        """The counts after one more batch; this one is unchanged (a failed commit must not count)."""
        bounds = pc.min_max(posts["posted_at"].cast(pa.int64()))
        first, last = bounds["min"].as_py(), bounds["max"].as_py()
        return CaptureTally(
            self.read + posts.num_rows + len(quarantine),
            self.stored + stored,
            self.duplicate + posts.num_rows - stored,
            self.quarantined + len(quarantine),
            self.versions + versions,
            self.other_records + other_records,
            self.posts_without_time + posts["posted_at"].null_count,
            min((each for each in (self.first_us, first) if each is not None), default=None),
            max((each for each in (self.last_us, last) if each is not None), default=None),
            self.time_bases + _counted(posts["time_basis"]),
            self.audiences + _counted(posts["audience"]),
            # Reasons may tell a place ("at character 17"): counted without, or damage would make a million of them.
            self.reasons + Counter(_NUMBER.sub("N", record.reason) for record in quarantine),
            self.gone + Counter(gone),
            self.noticed + Counter({kind: count for kind, (count, _) in noticed.items()}),
            {
                kind: [*self.noticed_at.get(kind, ()), *noticed.get(kind, (0, ()))[1]][:_FIRST_NOTICED]
                for kind in {*self.noticed_at, *noticed}
            },
        )

    @property
    def told_gone(self) -> tuple[str, ...]:
        """What is gone, as the certificate says it: kind and count."""
        return tuple(f"{kind}: {count}" for kind, count in self.gone.items())

    def summary(self, capture_id: str, format_name: str, size_bytes: int, note: CaptureNote) -> CaptureSummary:
        """The capture's summary. Raises EvidenceError unless read = stored + duplicate + quarantined."""
        if self.read != self.stored + self.duplicate + self.quarantined:
            raise EvidenceError("a capture's counts do not add up", expected="read = stored + duplicate + quarantined")
        return CaptureSummary(
            capture_id, note.source, format_name, size_bytes, self.read, self.stored, self.duplicate, self.quarantined,
            self.versions, _instant(self.first_us), _instant(self.last_us), dict(self.time_bases),
            dict(self.audiences), dict(self.reasons), note.collected_at, note.query, note.method, note.gone,
            dict(self.noticed), {kind: self.noticed_at[kind] for kind in sorted(self.noticed_at)},
        )  # fmt: skip


def posting_minutes(posts: pa.Table) -> NDArray[np.int64]:
    """The minutes since 1970 in which the rows were posted, each once."""
    known = posts["posted_at"].drop_null().cast(pa.int64()).to_numpy()
    return np.unique(known // 60_000_000)  # minutes of the year 9999 do not fit 32 bits


def gaps(minutes: Sequence[NDArray[np.int64]]) -> tuple[Gap, ...]:
    """Stretches without posts longer than an hour and than 10 times the 95th percentile of intervals, longest first.

    Few intervals (under 20) say nothing of what is usual: then none.
    """
    if not minutes:
        return ()
    posted = np.unique(np.concatenate(minutes))
    intervals = np.diff(posted)
    if len(intervals) < _LEAST_INTERVALS:
        return ()
    least = max(_LEAST_GAP_MINUTES, _GAP_FACTOR * float(np.quantile(intervals, 0.95)))
    found = np.flatnonzero(intervals > least)
    found = found[np.argsort(-intervals[found], kind="stable")][:_MOST_GAPS]
    return tuple(Gap(_minute(int(posted[at])), _minute(int(posted[at + 1]))) for at in found)


def _counted(column: pa.ChunkedArray) -> Counter[str]:
    return Counter({each["values"]: each["counts"] for each in pc.value_counts(column).to_pylist()})


def _instant(microseconds: int | None) -> datetime | None:
    # datetime.fromtimestamp would refuse years before 1970 on some systems
    return None if microseconds is None else datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)


def _minute(minute: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)


def _plain(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in body.items()}
