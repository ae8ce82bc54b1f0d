from __future__ import annotations

import json
from datetime import UTC, datetime

import orjson
import pytest

from collect.reading import ALLOWED, dropped, kinds, posts, quarantined, records
from tocsin.records.errors import RefusedError
from tocsin.records.posts import Audience, ParsedPost, PostKind, PostStatus

ROOM, OSK = "GENERALGENERAL123", "oskoskoskoskosk12"


def message(number: int = 1, **fields: object) -> dict[str, object]:
    return {
        "_id": f"m{number}",
        "rid": ROOM,
        "msg": "bread",
        "ts": "2021-04-08T15:07:30.123Z",
        "u": {"_id": OSK, "username": "osk_baker", "name": "Osk Baker"},
        **fields,
    }


def history(*messages: object, **rest: object) -> bytes:
    return orjson.dumps({"messages": list(messages), "success": True, **rest})


def one(**fields: object) -> ParsedPost:
    (post,) = posts(records(history(message(**fields)), sizes=(1 << 20,)))
    return post


def test_every_field_of_a_message() -> None:
    post = one(
        tmid="m0",
        editedAt="2021-04-08T16:00:00.000Z",
        mentions=[{"_id": "x", "username": "tarn"}],
        urls=[{"url": "https://osk.example", "meta": {}}],
        files=[{"_id": "f", "name": "quay.jpg"}],
        attachments=[{"message_link": "https://chat.osk.example/channel/quay?msg=m7", "text": "earlier"}],
    )
    assert (post.platform_id, post.account_platform_id, post.handle) == ("m1", OSK, "osk_baker")
    assert post.posted_at == datetime(2021, 4, 8, 15, 7, 30, 123000, tzinfo=UTC)
    assert (post.kind, post.reply_to, post.thread_id, post.quote_of) == (PostKind.REPLY, "m0", "m0", "m7")
    assert (post.status, post.mentions, post.media) == (PostStatus.EDITED, ("tarn",), ("quay.jpg",))
    assert post.links == (("https://osk.example", "https://osk.example"),)
    assert (post.channel_platform_id, post.audience) == (ROOM, Audience.PUBLIC)


@pytest.mark.parametrize("ts", [{"$date": 1617894450123}, {"$date": "2021-04-08T15:07:30.123Z"}, 1617894450123])
def test_times_in_every_form(ts: object) -> None:
    assert one(ts=ts).posted_at == datetime(2021, 4, 8, 15, 7, 30, 123000, tzinfo=UTC)


def test_pages_arrays_and_lines_give_the_same() -> None:
    both = [message(1), message(2)]
    forms = [
        history(*both),
        orjson.dumps(both),
        b"\n".join(map(orjson.dumps, both)),
        history(both[0]) + b"\n" + history(both[1]),
    ]
    forms.append(json.dumps({"success": True, "messages": both}, indent=2).encode())
    assert [[post.platform_id for post in posts(records(raw))] for raw in forms] == [["m1", "m2"]] * 5


def test_system_messages_are_no_posts_and_removed_ones_are_gone() -> None:
    raw = history(message(1, t="uj", msg="osk_baker"), message(2, t="rm", msg=""), message(3))
    assert kinds(records(raw)) == ["system message", "message: removed"]


@pytest.mark.parametrize(
    "head", [{"channel": {"t": "p", "name": "x"}}, {"room": {"type": "d"}}, {"t": "d"}, {"group": {"t": "p"}}]
)
def test_private_rooms_are_refused_wherever_the_file_says_so(head: dict[str, object]) -> None:
    for raw in (orjson.dumps({**head, "messages": [message()]}), history(message(), **head)):
        with pytest.raises(RefusedError, match="--private-ok"):
            records(raw)
        assert [post.audience for post in posts(records(raw, ALLOWED))] == [Audience.PRIVATE]


def test_public_rooms_give_their_name() -> None:
    (post,) = posts(records(history(message(), channel={"t": "c", "name": "quay"})))
    assert post.channel_name == "quay"


def test_direct_messages_are_told_by_their_room_id() -> None:
    found = records(history(message(1), message(2, rid=OSK + "tarntarntarntarn1")))
    assert [record.reason for record in quarantined(found)] == ["private audience"]
    assert [post.platform_id for post in posts(found)] == ["m1"]


def test_required_fields_quarantine() -> None:
    raw = history(
        message(1, u=3),
        message(2, u={}),
        message(3, msg=None),
        message(4, _id=[]),
        message(5, t="e2e"),
        message(6, ts="soon"),
    )
    found = records(raw)
    assert [record.field for record in quarantined(found)] == ["u", "u/_id", "msg", "_id", "msg"]
    assert dropped(found) == ["ts"]


@pytest.mark.parametrize("value", [5, None, [1], {"a": 1}, "x"])
@pytest.mark.parametrize("field", ["ts", "mentions", "urls", "files", "file", "attachments", "tmid", "editedAt"])
def test_no_optional_field_of_any_type_loses_a_post(field: str, value: object) -> None:
    found = records(history(message(1, **{field: value}), message(2)), sizes=(1 << 20,))
    assert [post.platform_id for post in posts(found)] == ["m1", "m2"]
