"""The list of dated events a user keeps: candidate triggers of bursts."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
from dateutil.parser import isoparse

from tocsin.records.errors import TocsinInputError

# Rows: one event. `event_at` is a UTC instant.
EVENTS = pa.schema([pa.field("event_at", pa.timestamp("us", tz="UTC")), pa.field("title", pa.string())])


def events_in(file: Path) -> pa.Table:
    """The events of a CSV file with the columns event_at (ISO 8601, UTC where no zone is named) and title.

    Raises TocsinInputError naming the line that cannot be read.
    """
    try:
        with file.open(newline="", encoding="utf-8-sig") as lines:
            rows = csv.DictReader(lines)
            if not {"event_at", "title"} <= set(rows.fieldnames or ()):
                raise TocsinInputError(f"{file.name} is no list of events", expected="a header event_at,title")
            events = [(_instant(file, rows.line_num, row["event_at"]), (row["title"] or "").strip()) for row in rows]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise TocsinInputError(
            f"{file.name} cannot be read as a list of events",
            expected="a UTF-8 CSV file with a header event_at,title",
            got=type(error).__name__,
        ) from None
    events.sort()
    return pa.table([[at for at, _ in events], [title for _, title in events]], schema=EVENTS)


def _instant(file: Path, line_no: int, written: str | None) -> datetime:
    try:
        instant: datetime = isoparse((written or "").strip())
        return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
    except (ValueError, OverflowError):
        raise TocsinInputError(
            f"{file.name} line {line_no}: event_at cannot be read", expected='a time like "2026-02-11T09:30Z"'
        ) from None
