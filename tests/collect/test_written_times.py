from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.collect.date_orders import order_of, written_date
from tocsin.collect.json_fields import epoch_instant
from tocsin.collect.written_times import written_instant
from tocsin.records.posts import TimeBasis

NOTATIONS = [
    "%Y-%m-%dT%H:%M:%SZ",
    "%Y-%m-%dT%H:%M:%S.000Z",
    "%Y-%m-%d %H:%M:%S+00:00",
    "%Y-%m-%d %H:%M:%S UTC",
    "%Y%m%dT%H%M%SZ",
    "%a %b %d %H:%M:%S +0000 %Y",
    "%a, %d %b %Y %H:%M:%S GMT",
    "%d %B %Y %H:%M:%S UTC",
    "%B %d, %Y %I:%M:%S %p UTC",
    "%Y/%m/%d %H:%M:%S UTC",
    "%Y.%m.%d %H:%M:%S Z",
    "%d/%m/%Y %H:%M:%S UTC",
    "%d.%m.%Y, %H:%M:%S +00:00",
    "%d-%m-%Y %I:%M:%S %p UTC",
    "%d/%m/%y %H:%M:%S GMT",
]
NAIVE = ["%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%d/%m/%Y %H:%M:%S", "%d %b %Y %I:%M:%S %p", "%Y/%m/%d %H:%M:%S"]


@settings(max_examples=100, deadline=None, database=None)
@given(
    st.datetimes(datetime(2001, 9, 10), datetime(2068, 1, 1)).map(lambda at: at.replace(microsecond=0)),
    st.integers(-14, 14),
)
def test_one_instant_in_many_notations(moment: datetime, hours: int) -> None:
    instant = moment.replace(tzinfo=UTC)
    for notation in NOTATIONS:
        assert written_instant(moment.strftime(notation), "dmy", None) == (instant, TimeBasis.EXPLICIT), notation
    for notation in NAIVE:
        assert written_instant(moment.strftime(notation), "dmy", None) == (instant, TimeBasis.ASSUMED_UTC), notation
    local = instant.astimezone(timezone(timedelta(hours=hours)))
    assert written_instant(local.isoformat(), None, None) == (instant, TimeBasis.EXPLICIT)
    assert written_instant(local, None, None)[0] == instant
    seconds = int(instant.timestamp())
    values: list[object] = [seconds, str(seconds), f"{seconds}.0", float(seconds), seconds * 1000, str(seconds * 1000)]
    values += [seconds * 10**6, seconds * 10**9]
    for value in values:
        assert written_instant(value, None, None) == (instant, TimeBasis.EXPLICIT), value


@pytest.mark.parametrize(
    "text", ["", "x", "12:30", "soon", "March", "2020", "99/99/2020 10:00", "13/04/2020 99:00", "0" * 80, "nan", "inf"]
)
def test_what_names_no_day_is_missing(text: str) -> None:
    assert written_instant(text, None, None) == (None, TimeBasis.MISSING)


def test_what_can_be_read_two_ways_is_ambiguous() -> None:
    assert written_instant("03/04/2020", None, None) == (None, TimeBasis.AMBIGUOUS)
    assert written_instant("3 April 2020 10:00 IST", None, None) == (None, TimeBasis.AMBIGUOUS)
    assert written_instant("04/04/2020", None, None)[0] == datetime(2020, 4, 4, tzinfo=UTC)
    assert written_instant(date(2020, 4, 4), None, None)[0] == datetime(2020, 4, 4, tzinfo=UTC)


def test_the_named_zone_settles_local_times() -> None:
    winter = written_instant("2020-01-01 12:00", None, "Africa/Cairo")
    assert winter == (datetime(2020, 1, 1, 10, tzinfo=UTC), TimeBasis.ASSUMED_ZONE)


@pytest.mark.parametrize(
    "value", [None, True, [], {}, 1e300, float("nan"), float("inf"), -(10**30), 10**30, b"x", "9" * 19]
)
def test_values_of_any_type_never_raise(value: object) -> None:
    assert written_instant(value, None, None) == (None, TimeBasis.MISSING)


@settings(max_examples=300, deadline=None, database=None)
@given(st.text(max_size=30) | st.from_regex(r"[0-9]{1,4}[/.-][0-9]{1,2}[/.-][0-9]{1,4} [0-9:apmZ+ ]{0,9}"))
def test_any_text_is_read_or_said_not_to_be(text: str) -> None:
    instant, basis = written_instant(text, None, None)
    assert (instant is None) == (basis in (TimeBasis.MISSING, TimeBasis.AMBIGUOUS))


def test_epochs_outside_this_age_are_none() -> None:
    assert epoch_instant(10**20) is None


@pytest.mark.parametrize(
    ("dates", "chronological", "order"),
    [
        ([("13", "02", "19"), ("01", "02", "19")], False, "dmy"),
        ([("02", "13", "19")], False, "mdy"),
        ([("2019", "02", "03")], False, "ymd"),
        ([("01", "02", "2019")], False, None),
        ([("05", "05", "19"), ("06", "06", "19")], False, "dmy"),
        ([("01", "02", "19"), ("02", "02", "19"), ("01", "03", "19")], True, "dmy"),
        ([("01", "02", "19"), ("02", "02", "19"), ("01", "03", "19")], False, None),
        ([("31", "31", "19")], False, None),
        ([], True, None),
    ],
)
def test_the_order_a_file_allows(dates: list[tuple[str, str, str]], chronological: bool, order: str | None) -> None:
    assert order_of(dates, chronological) == order


def test_one_damaged_date_in_many_does_not_decide() -> None:
    dates = [("13", "02", "19")] * 2000
    assert order_of([*dates, ("99", "99", "19")], False) == "dmy"


def test_years_of_two_digits() -> None:
    assert written_date((1, 2, 69), "dmy") == date(2069, 2, 1)
    assert written_date((1, 2, 70), "dmy") == date(1970, 2, 1)
    assert written_date((30, 2, 19), "dmy") is None


@pytest.mark.parametrize(
    "text",
    ["9999/12/31 23:59 -12:00", "9999.12.31 23:59 -1200", "31/12/9999 23:59 -14:00", "2030/01/02 10:00 +99:99"],
)
def test_a_time_that_no_instant_stands_for_stops_no_import(text: str) -> None:
    assert written_instant(text, "dmy", None) == (None, TimeBasis.MISSING)
