"""Instants as whole microseconds since 1970-01-01 UTC and back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
US = 1_000_000


def instant(us: int) -> datetime:
    """The aware UTC instant `us` microseconds after 1970.

    >>> instant(1_500_000).isoformat()
    '1970-01-01T00:00:01.500000+00:00'
    """
    return _EPOCH + timedelta(microseconds=int(us))


def microseconds(at: datetime) -> int:
    """Microseconds since 1970 of an aware instant.

    >>> microseconds(instant(42))
    42
    """
    return (at - _EPOCH) // timedelta(microseconds=1)


def present_us(times: pa.ChunkedArray | pa.Array) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Microseconds of each time (0 where missing) and whether it is there. Zone-less times are taken as UTC."""
    if pa.types.is_timestamp(times.type):
        times = pc.cast(times, pa.timestamp("us", tz=times.type.tz), safe=False)
    whole = pc.cast(times, pa.int64())
    there = pc.is_valid(whole)
    values = pc.fill_null(whole, 0)
    return (
        np.ascontiguousarray(np.asarray(values.to_numpy(zero_copy_only=False)), dtype=np.int64)
        if isinstance(values, pa.Array)
        else np.asarray(values.to_numpy(), dtype=np.int64),
        np.asarray(
            there.to_numpy(zero_copy_only=False) if isinstance(there, pa.Array) else there.to_numpy(), dtype=bool
        ),
    )
