from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from collect.reading import ALLOWED, kinds, noticed, posts, quarantined, records
from tocsin.collect import ReadOptions
from tocsin.collect.reader import NOT_UTF8
from tocsin.records.errors import RefusedError, TocsinInputError
from tocsin.records.posts import Audience, PostStatus, TimeBasis

FILES = [
    "test_[mmddyy]_24hrs.txt",
    "test_ddmmyy_24hrs.txt",
    "test_mmddyy_24hrs.txt",
    "test_mmddyyyy_12hrs.txt",
    "test_yyyymmdd_24hrs.txt",
]


def chat(*lines: str) -> bytes:
    return "\n".join(lines).encode()


@pytest.mark.real_data
@pytest.mark.parametrize("name", FILES)
def test_the_expected_messages_of_real_exports(real_data: Path, name: str) -> None:
    """Exactly, save that a line end inside a message stays one (the expected file has a space)."""
    folder = real_data / "whatsapp"
    found = records((folder / name).read_bytes(), ALLOWED)
    expected = json.loads((folder / "target.json").read_bytes())
    assert [
        {
            "timestamp": post.posted_at.replace(tzinfo=None).isoformat() if post.posted_at else None,
            "author": post.display_name,
            "message": post.text.replace("\n", " "),
        }
        for post in reversed(posts(found))
    ] == expected
    assert kinds(found) == ["system line"] * 3
    assert not quarantined(found)


@pytest.mark.real_data
def test_the_same_message_has_the_same_id_in_every_locale(real_data: Path) -> None:
    ids = [
        [post.platform_id for post in posts(records((real_data / "whatsapp" / name).read_bytes(), ALLOWED))]
        for name in FILES
    ]
    assert ids == [ids[0]] * len(FILES)
    assert len(set(ids[0])) == 6


def test_a_chat_is_refused_without_reason_and_role() -> None:
    raw = chat("13/02/19, 09:00 - Osk: bread", "13/02/19, 09:01 - Osk: tea")
    for options in (ReadOptions(), ReadOptions(private_ok="x"), ReadOptions(my_role="x")):
        with pytest.raises(RefusedError, match="--private-ok REASON --my-role TEXT"):
            records(raw, options)
    assert {post.audience for post in posts(records(raw, ALLOWED))} == {Audience.PRIVATE}


def with_order(order: str | None = None, time_zone: str | None = None) -> ReadOptions:
    return ReadOptions(private_ok="x", my_role="y", date_order=order, time_zone=time_zone)


def test_dates_that_stay_ambiguous_are_told_and_never_guessed() -> None:
    raw = chat("01/02/19, 09:00 - Osk: bread", "03/04/19, 09:00 - Osk: tea", "05/05/19, 09:00 - Osk: rope")
    found = posts(records(raw, ALLOWED))
    assert [(post.posted_at, post.time_basis) for post in found[:2]] == [(None, TimeBasis.AMBIGUOUS)] * 2
    assert found[2].posted_at == datetime(2019, 5, 5, 9, tzinfo=UTC)  # reads the same both ways
    assert [post.posted_at.month for post in posts(records(raw, with_order("dmy"))) if post.posted_at] == [2, 4, 5]
    assert [post.posted_at.month for post in posts(records(raw, with_order("mdy"))) if post.posted_at] == [1, 3, 5]
    with pytest.raises(TocsinInputError, match="date order"):
        records(raw, with_order("ydm"))


def test_the_order_of_the_chat_settles_the_order_of_the_dates() -> None:
    raw = chat("01/02/19, 09:00 - Osk: bread", "02/02/19, 09:00 - Osk: tea", "01/03/19, 09:00 - Osk: rope")
    assert [post.posted_at.month for post in posts(records(raw, ALLOWED)) if post.posted_at] == [2, 2, 3]


def test_the_named_zone_is_used() -> None:
    (post,) = posts(records(chat("13/07/19, 09:00 - Osk: bread"), with_order(time_zone="Europe/Paris")))
    assert (post.posted_at, post.time_basis) == (datetime(2019, 7, 13, 7, tzinfo=UTC), TimeBasis.ASSUMED_ZONE)


@pytest.mark.parametrize(
    ("header", "hour"),
    [
        ("13/02/2019, 9:05 PM - ", 21),
        ("13/02/2019, 9:05\u202fpm - ", 21),
        ("13/02/2019, 12:05 a. m. - ", 0),
        ("13/02/2019, 12:05 p.m. - ", 12),
        ("[13.02.19, 21:05:00] ", 21),
        ("\u200e[13/02/2019, 21:05:00] ", 21),
        ("13-02-2019 21.05 - ", 21),
        ("\u200f13\u200f/2\u200f/2019".replace("\u200f/", "/") + "، 9:05 م - ", 21),
        ("١٣/٢/٢٠١٩، ٩:٠٥ ص - ", 9),
        ("13/02/2019 下午9:05 - ", 21),
        ("\ufeff13/02/2019, 21:05 - ", 21),
    ],
)
def test_headers_of_many_locales(header: str, hour: int) -> None:
    found = posts(records(chat(f"{header}\u202aOsk Baker\u202c: bread"), ALLOWED))
    assert [(post.posted_at, post.display_name, post.text) for post in found] == [
        (datetime(2019, 2, 13, hour, 5, tzinfo=UTC), "Osk Baker", "bread")
    ]


def test_lines_without_a_date_belong_to_the_message_before_and_orphans_are_quarantined() -> None:
    raw = chat("stray", "", "13/02/19, 09:00 - Osk: one", "", "two: three", "14/02/19, 09:00 - Tarn: four", "")
    found = records(raw, ALLOWED)
    assert [post.text for post in posts(found)] == ["one\n\ntwo: three", "four"]
    assert [(record.line_no, record.reason[:7]) for record in quarantined(found)] == [(1, "no date")]


def test_status_and_media() -> None:
    raw = chat(
        "13/02/19, 09:00 - Osk: This message was deleted",
        "13/02/19, 09:01 - Osk: tea <This message was edited>",
        "13/02/19, 09:02 - Osk: \u200e<attached: 0001-quay.jpg>",
        "13/02/19, 09:03 - Osk: IMG-1.jpg (file attached)",
    )
    found = posts(records(raw, ALLOWED))
    assert [post.status for post in found[:2]] == [PostStatus.DELETED, PostStatus.EDITED]
    assert [post.media for post in found[2:]] == [("0001-quay.jpg",), ("IMG-1.jpg",)]


def test_bytes_that_are_not_utf8_are_shown_and_noticed() -> None:
    raw = chat("13/02/19, 09:00 - Osk: one", "13/02/19, 09:01 - Osk: XX", "13/02/19, 09:02 - Osk: three")
    found = records(raw.replace(b"XX", b"\xff"), ALLOWED)
    assert [post.text for post in posts(found)] == ["one", "\ufffd", "three"]
    assert [(record.line_no, record.kind) for record in noticed(found)] == [(2, NOT_UTF8)]


def test_an_endless_message_is_cut_and_its_rest_quarantined() -> None:
    raw = chat("13/02/19, 09:00 - Osk: one", *["x" * 999] * 1800, "13/02/19, 09:02 - Osk: three")
    found = records(raw, ALLOWED, sizes=(1 << 20, 70_000))
    assert [post.text[:3] for post in posts(found)] == ["one", "thr"]
    assert len(quarantined(found)) == 1
