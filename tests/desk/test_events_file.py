"""The list of dated events: what is read, and which line cannot be."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tocsin.desk.events_file import EVENTS, events_in
from tocsin.records.errors import TocsinInputError


def read(tmp_path, text: str | bytes):
    file = tmp_path / "events.csv"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return events_in(file)


def test_events_are_utc_instants_in_order(tmp_path):
    table = read(
        tmp_path,
        "title,event_at,note\nTarn bridge closed,2026-02-05T05:40:00Z,x\n"
        '"Fair, in Silm",2026-01-14T12:00:00+02:00,\nإغلاق الجسر,2026-01-20,\n',
    )
    assert table.schema == EVENTS
    assert table.to_pylist() == [
        {"event_at": datetime(2026, 1, 14, 10, tzinfo=UTC), "title": "Fair, in Silm"},
        {"event_at": datetime(2026, 1, 20, tzinfo=UTC), "title": "إغلاق الجسر"},
        {"event_at": datetime(2026, 2, 5, 5, 40, tzinfo=UTC), "title": "Tarn bridge closed"},
    ]


def test_a_list_without_events_is_no_error(tmp_path):
    assert read(tmp_path, "\ufeffevent_at,title\n").num_rows == 0


@pytest.mark.parametrize(
    "written", ["", "last week", "05.02.2026", "2026-13-01", "0001-01-01T00:00+12:00", "1770000000000"]
)
def test_the_line_that_cannot_be_read_is_named_and_not_quoted(tmp_path, written):
    with pytest.raises(TocsinInputError, match=r"events\.csv line 3: event_at cannot be read") as caught:
        read(tmp_path, f"event_at,title\n2026-01-05,a\n{written},Sam Jones\n")
    assert "Sam" not in caught.value.message
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("text", ["", "when,what\n1,2\n", "event_at\n2026-01-05\n", b"\xff\xfe\x00", b"event_at,title\n\xff,x\n", b"\x00\x00"])  # fmt: skip
def test_what_is_no_list_of_events_is_told(tmp_path, text):
    with pytest.raises(TocsinInputError, match="list of events"):
        read(tmp_path, text)


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(TocsinInputError, match=r"none\.csv"):
        events_in(tmp_path / "none.csv")
