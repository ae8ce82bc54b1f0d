from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest

from collect.reading import ALLOWED, dropped, kinds, posts, quarantined, records
from tocsin.collect import ReadOptions
from tocsin.collect.telegram import TelegramReader
from tocsin.records.errors import RefusedError, TocsinInputError
from tocsin.records.posts import ParsedPost, PostKind, PostStatus, TimeBasis


def message(number: int = 1, **fields: object) -> dict[str, object]:
    return {
        "id": number,
        "type": "message",
        "date_unixtime": "1544006350",
        "from": "Grey Ferry",
        "from_id": "channel12",
        "text": "bread",
        **fields,
    }


def chat(*messages: object, kind: str = "public_channel", number: int = 12) -> dict[str, object]:
    return {"name": "Ferry", "type": kind, "id": number, "messages": list(messages)}


def one(**fields: object) -> ParsedPost:
    (post,) = posts(records(orjson.dumps(chat(message(**fields))), sizes=(1 << 20,)))
    return post


@pytest.mark.real_data
@pytest.mark.parametrize("name", ["test_single_export.json", "test_batch_export.json"])
def test_the_expected_messages_of_real_exports(real_data: Path, name: str) -> None:
    folder = real_data / "telegram"
    found = posts(records((folder / name).read_bytes(), ALLOWED))
    assert [
        {
            "timestamp": post.posted_at.replace(tzinfo=None).isoformat() if post.posted_at else None,
            "author": post.display_name,
            "message": post.text,
        }
        for post in found
    ] == json.loads((folder / "target.json").read_bytes())


def test_every_field_of_a_message() -> None:
    post = one(
        reply_to_message_id=4,
        edited_unixtime="1544006360",
        photo="photos/a.jpg",
        file="(File not included)",
        text=[
            "Bring ",
            {"type": "bold", "text": "bread"},
            " to ",
            {"type": "text_link", "text": "the quay", "href": "https://osk.example/quay"},
            " ",
            {"type": "hashtag", "text": "#VelmoraFerry"},
            {"type": "mention", "text": "@tarn"},
        ],
    )
    assert post.text == "Bring bread to the quay #VelmoraFerry @tarn"
    assert (post.platform_id, post.reply_to, post.channel_platform_id, post.channel_name) == (
        "12/1",
        "12/4",
        "12",
        "Ferry",
    )
    assert (post.kind, post.status, post.media) == (PostKind.REPLY, PostStatus.EDITED, ("photos/a.jpg",))
    assert (post.tags, post.mentions) == (("VelmoraFerry",), ("tarn",))
    assert post.links == (("https://osk.example/quay", "https://osk.example/quay"),)
    assert post.posted_at == datetime(2018, 12, 5, 10, 39, 10, tzinfo=UTC)


def test_forwards() -> None:
    post = one(forwarded_from="Harbour News", forwarded_from_id="channel99")
    assert (post.kind, post.forward_from) == (PostKind.FORWARD, "channel99")
    assert one(forwarded_from=None).kind is PostKind.FORWARD


def test_service_messages_are_no_posts() -> None:
    raw = orjson.dumps(chat({"id": 1, "type": "service", "action": "pin_message"}, message(2)))
    assert kinds(records(raw)) == ["service message"]


def test_local_times_are_assumed_utc_or_read_in_the_named_zone() -> None:
    raw = orjson.dumps(chat({**message(), "date_unixtime": None, "date": "2020-07-01T12:00:00"}))
    (post,) = posts(records(raw))
    assert (post.posted_at, post.time_basis) == (datetime(2020, 7, 1, 12, tzinfo=UTC), TimeBasis.ASSUMED_UTC)
    (post,) = posts(records(raw, ReadOptions(time_zone="Africa/Addis_Ababa")))
    assert (post.posted_at, post.time_basis) == (datetime(2020, 7, 1, 9, tzinfo=UTC), TimeBasis.ASSUMED_ZONE)
    with pytest.raises(TocsinInputError, match="time zone"):
        records(raw, ReadOptions(time_zone="Osk/Tarn"))


@pytest.mark.parametrize(
    "kind", ["personal_chat", "private_group", "private_channel", "private_supergroup", "bot_chat", ""]
)
def test_a_chat_not_said_to_be_public_is_refused_and_the_option_named(kind: str) -> None:
    raw = orjson.dumps(chat(message(), kind=kind))
    with pytest.raises(RefusedError, match="--private-ok REASON --my-role TEXT"):
        records(raw)
    assert len(posts(records(raw, ALLOWED))) == 1


def test_a_reason_without_a_role_is_not_enough() -> None:
    with pytest.raises(RefusedError):
        records(orjson.dumps(chat(message(), kind="private_group")), ReadOptions(private_ok="x", my_role=" "))


def test_the_type_is_found_even_behind_the_messages() -> None:
    raw = orjson.dumps({"messages": [message()], "id": 12, "name": "x", "type": "private_group"})
    with pytest.raises(RefusedError):
        records(raw)


@pytest.mark.parametrize("indent", [None, 1])
def test_an_export_with_a_private_chat_among_public_ones_is_refused(indent: int | None) -> None:
    """Its bytes would lie in the archive with theirs."""
    chats = [
        chat(message(1), message(2)),
        chat(message(1), kind="personal_chat", number=13),
        chat(message(1), number=14),
    ]
    raw = json.dumps({"about": "x", "chats": {"about": "y", "list": chats}}, indent=indent).encode()
    with pytest.raises(RefusedError, match="1 of 3 chats"):
        records(raw)
    assert len(posts(records(raw, ALLOWED))) == 4
    raw = json.dumps({"about": "x", "chats": {"about": "y", "list": [chats[0], chats[2]]}}, indent=indent).encode()
    assert [post.platform_id for post in posts(records(raw))] == ["12/1", "12/2", "14/1"]


@pytest.mark.parametrize(
    "field", ["from", "date_unixtime", "reply_to_message_id", "forwarded_from", "photo", "edited", "topic_id"]
)
@pytest.mark.parametrize("value", [5, None, [1], {"a": 1}, "x"])
def test_no_optional_field_of_any_type_loses_a_post(field: str, value: object) -> None:
    found = records(orjson.dumps(chat(message(1, **{field: value}), message(2))), sizes=(1 << 20,))
    assert [post.platform_id for post in posts(found)] == ["12/1", "12/2"]


def test_required_fields_quarantine_and_times_are_dropped() -> None:
    raw = orjson.dumps(chat(message(1, text=5), message(2, date_unixtime="soon"), message(3)))
    found = records(raw)
    assert [record.field for record in quarantined(found)] == ["text"]
    assert dropped(found) == ["date"]


def test_the_prepass_never_reads_a_file_whole() -> None:
    class Narrow(io.BytesIO):
        largest = 0

        def read1(self, size: int | None = -1, /) -> bytes:
            assert size is not None
            assert 0 < size <= 1 << 21
            Narrow.largest = max(Narrow.largest, size)
            return super().read1(size)

        def read(self, size: int | None = -1, /) -> bytes:
            return self.read1(size)

    raw = orjson.dumps(chat(*(message(number) for number in range(40_000))))
    assert len(raw) > 4 << 20
    TelegramReader().context(lambda: Narrow(raw), ReadOptions())
    assert Narrow.largest
