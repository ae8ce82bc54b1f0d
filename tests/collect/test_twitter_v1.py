from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest

from collect.reading import dropped, kinds, posts, quarantined, records
from tocsin.collect.twitter_v1 import v1_instant
from tocsin.records.posts import ParsedPost, PostKind, PostStatus

USER = {"id_str": "7", "screen_name": "osk_baker", "name": "Osk Baker"}


def tweet(post_id: str = "1", **fields: object) -> dict[str, object]:
    return {
        "created_at": "Thu Jul 28 16:10:07 +0200 2022",
        "id_str": post_id,
        "full_text": "bread &amp; tea",
        "user": USER,
        "lang": "en",
        "entities": {"hashtags": [{"text": "VelmoraFerry"}], "urls": [], "user_mentions": [{"screen_name": "tarn"}]},
        **fields,
    }


def lines(*tweets: object) -> bytes:
    return b"".join(orjson.dumps(item) + b"\n" for item in tweets)


def one(**fields: object) -> ParsedPost:
    (post,) = posts(records(lines(tweet(**fields)), sizes=(1 << 20,)))
    return post


@pytest.mark.real_data
def test_search_show_and_stream_payloads_of_one_post_agree(real_data: Path) -> None:
    paths = sorted((real_data / "twitter_v1").glob("normalization-payload-*.json"))
    found = [post for path in paths for post in posts(records(path.read_bytes()))]
    assert len(found) == 3
    assert {post.platform_id for post in found} == {"1552687856111566848"}
    assert {post.posted_at for post in found} == {datetime(2022, 7, 28, 16, 10, 7, tzinfo=UTC)}
    assert {(post.kind, post.repost_of, post.quote_of) for post in found} == {
        (PostKind.REPOST, "1552622999664205829", "1552568929406664705")
    }
    # the stream leaves out the trailing link to the quoted post
    assert {post.text.split(" https://t.co")[0] for post in found} == {found[0].text.split(" https://t.co")[0]}
    assert all(len(post.text) > 260 for post in found)


def test_every_field_of_a_post() -> None:
    post = one(
        in_reply_to_status_id_str="5",
        extended_entities={"media": [{"id_str": "33"}]},
        entities={"hashtags": [], "urls": [{"url": "https://t.co/a", "expanded_url": "https://osk.example"}]},
    )
    assert (post.text, post.handle, post.account_platform_id) == ("bread & tea", "osk_baker", "7")
    assert post.posted_at == datetime(2022, 7, 28, 14, 10, 7, tzinfo=UTC)
    assert (post.kind, post.reply_to, post.media) == (PostKind.REPLY, "5", ("33",))
    assert post.links == (("https://t.co/a", "https://osk.example"),)
    assert one(withheld_in_countries=["XA"]).status is PostStatus.WITHHELD


def test_the_longest_text_is_taken() -> None:
    extended = {"full_text": "the whole long text", "entities": {"hashtags": [{"text": "Long"}]}}
    post = one(full_text=None, text="the who…", truncated=True, extended_tweet=extended)
    assert (post.text, post.tags) == ("the whole long text", ("Long",))
    repost = one(retweeted_status=tweet("9", full_text="all of it"), full_text="RT @osk: al…")
    assert (repost.text, repost.kind, repost.repost_of) == ("all of it", PostKind.REPOST, "9")
    assert one(full_text=None, text="only this…", truncated=True).text == "only this…"


def test_search_payloads_arrays_and_lines_give_the_same() -> None:
    both = [tweet("1"), tweet("2")]
    forms = [orjson.dumps({"statuses": both, "search_metadata": {}}), orjson.dumps(both), lines(*both)]
    forms.append(orjson.dumps({"search_metadata": {}, "statuses": both}, option=orjson.OPT_INDENT_2))
    assert [[post.platform_id for post in posts(records(raw))] for raw in forms] == [["1", "2"]] * 4


def test_stream_notices() -> None:
    raw = lines(tweet(), {"delete": {"status": {"id": 1}}}, {"limit": {"track": 9}}, USER)
    assert kinds(records(raw)) == ["tweet: deleted", "stream limit: a hole in the capture", "user"]


@pytest.mark.parametrize("value", [5, None, [1], {"a": 1}, "x"])
@pytest.mark.parametrize("field", ["created_at", "lang", "entities", "extended_entities", "retweeted_status"])
def test_no_optional_field_of_any_type_loses_a_post(field: str, value: object) -> None:
    found = records(lines(tweet("1", **{field: value}), tweet("2")), sizes=(1 << 20,))
    assert [post.platform_id for post in posts(found)] == ["1", "2"]


def test_required_fields_quarantine() -> None:
    raw = lines(tweet(""), tweet("2", user=4), tweet("3", user={}), tweet("4", full_text=4), tweet("5", lang=4))
    found = records(raw)
    assert [record.field for record in quarantined(found)] == ["id_str", "user", "user/id_str", "full_text"]
    assert dropped(found) == ["lang"]


def test_protected_accounts_are_refused() -> None:
    found = records(lines(tweet("1"), tweet("2", user={**USER, "protected": True})))
    assert [record.reason for record in quarantined(found)] == ["limited audience"]


@pytest.mark.parametrize("text", ["", "Thu Jul 28", "Thu Juk 28 16:10:07 +0000 2022", "Thu Jul 99 16:10:07 +0000 2022"])
def test_times_that_are_none(text: str) -> None:
    assert v1_instant(text) is None
