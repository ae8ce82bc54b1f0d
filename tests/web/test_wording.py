from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from tocsin.web import wording
from web.invented_desk import _burst


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (wording.count(1234567), "1,234,567"),
        (wording.counted(1, "post"), "1 post"),
        (wording.counted(2000, "post"), "2,000 posts"),
        (wording.counted(3, "reply,replies"), "3 replies"),
        (wording.percent(0.614), "61%"),
        (wording.percent(None), "not known"),
        (wording.moment(datetime(2015, 5, 3, 23, 30, tzinfo=timezone(timedelta(hours=-2)))), "4 May 2015, 01:30"),
        (wording.moment(None), "not known"),
        (wording.day(datetime(2015, 5, 3, tzinfo=UTC)), "3 May 2015"),
        (wording.machine_time(datetime(2015, 5, 3, 1, 2, 3, tzinfo=UTC)), "2015-05-03T01:02:03Z"),
        (wording.lag(1), "1 second"),
        (wording.lag(90), "2 minutes"),
        (wording.lag(7200), "2 hours"),
        (wording.lag(86400), "1 day"),
        (wording.size(999), "999 bytes"),
        (wording.size(1_840_222), "1.8 MB"),
        (wording.size(52_000), "52 kB"),
        (wording.language("am"), "Amharic"),
        (wording.language("xx"), "xx"),
        (wording.lang_code("ar-Latn"), "ar-Latn"),
        (wording.lang_code('ar" x="'), "und"),
        (wording.small(3.21e-9), "3.2e-09"),
        (wording.time_basis("ambiguous"), "ambiguously"),
        (wording.first_of({"a": 2, "b": 1}, 1), [("a", 2)]),
    ],
)
def test_numbers_and_times_read_as_a_person_reads_them(said: object, expected: object) -> None:
    assert said == expected


@pytest.mark.parametrize(
    ("series", "key", "words"),
    [
        ("tag", "#osk", "#osk"),
        ("domain", "a.example", "a[.]example"),
        ("cluster", "n-12", ""),
        ("phrase", "armed vigil", "armed vigil"),
    ],
)
def test_keys_of_bursts_are_defanged(series: str, key: str, words: str) -> None:
    assert wording.series_key(_burst(key, series)) == words
