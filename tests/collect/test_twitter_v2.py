from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest

from collect.reading import dropped, kinds, posts, quarantined, records
from tocsin.collect import GoneNotice, NonPost, ReadOptions, recognise
from tocsin.records.posts import Audience, ParsedPost, PostKind, PostStatus, TimeBasis

USERS = [{"id": "7", "username": "osk_baker", "name": "Osk Baker"}, {"id": "8", "username": "tarn", "name": "Tarn"}]


def tweet(post_id: str = "1", **fields: object) -> dict[str, object]:
    return {"id": post_id, "author_id": "7", "text": "bread", "created_at": "2021-04-08T15:07:30.000Z", **fields}


def page(*data: object, **rest: object) -> bytes:
    return orjson.dumps({"data": list(data), "includes": {"users": USERS}, "__twarc": {"version": "2"}, **rest}) + b"\n"


def one(**fields: object) -> ParsedPost:
    (post,) = posts(records(page(tweet(**fields)), sizes=(1 << 20,)))
    return post


@pytest.mark.real_data
def test_the_folder_of_real_files_has_1780_objects_and_one_error(real_data: Path) -> None:
    """Objects: posts, and the users, lists and counts that are no posts; compliance and errors speak of what is gone."""
    count: Counter[str] = Counter()
    for path in sorted((real_data / "twitter_v2").glob("*.json*")):
        found = records(path.read_bytes(), sizes=(1 << 20, 1000))
        count["posts"] += len(posts(found))
        count["errors"] += len(quarantined(found))
        count.update(record.kind for record in found if isinstance(record, NonPost))
        count["gone"] += sum(isinstance(record, GoneNotice) for record in found)
    assert count == {"posts": 1509, "user": 96, "list": 6, "count": 169, "errors": 1, "gone": 31}
    assert sum(count[kind] for kind in ("posts", "user", "list", "count")) == 1780


@pytest.mark.real_data
def test_flat_and_unflattened_forms_of_the_same_posts_agree(real_data: Path) -> None:
    flat, whole = (
        {
            post.platform_id: post
            for post in posts(records((real_data / "twitter_v2" / name).read_bytes(), sizes=(1 << 20,)))
        }
        for name in ("flat.jsonl", "noflat.jsonl")
    )
    assert len(flat) == 100
    assert flat.keys() == whole.keys()
    nowhere = {"record_offset": 0, "record_length": 0, "pointer": "", "line_no": 0}
    assert all(flat[key]._replace(**nowhere) == whole[key]._replace(**nowhere) for key in flat)


@pytest.mark.real_data
def test_fields_agree_with_the_normal_forms_of_twitwi(real_data: Path) -> None:
    """twitwi also spells out short links in the text, and counts the reposted account as mentioned."""
    folder = real_data / "twitter_v1"
    expected = {item["id"]: item for item in json.loads((folder / "normalized-tweets-v2.json").read_bytes())}
    found = [post for path in sorted(folder.glob("payload-v2*.json")) for post in posts(records(path.read_bytes()))]
    assert {post.platform_id for post in found} == expected.keys()
    for post in found:
        normal = expected[post.platform_id]
        assert post.posted_at == datetime.fromtimestamp(normal["timestamp_utc"], UTC)
        assert (post.account_platform_id, post.handle) == (normal["user_id"], normal["user_screen_name"])
        assert (post.display_name, post.platform_lang) == (normal["user_name"], normal["lang"])
        targets = (normal.get("retweeted_id"), normal.get("quoted_id"), normal.get("to_tweetid"))
        assert (post.repost_of, post.quote_of, post.reply_to) == tuple(target or "" for target in targets)
        text = post.text
        for written, expanded in post.links:
            text = text.replace(written, expanded)
        reposted = f"RT @{normal['retweeted_user']}: " if post.repost_of else ""
        shared = 60 if "https://" in normal["text"] else None  # from there on links are spelt in several ways
        assert (reposted + text)[:shared] == normal["text"][:shared]
        mentioned = {name.lower() for name in normal["mentioned_names"]}
        assert mentioned - {name.lower() for name in post.mentions} <= {(normal.get("retweeted_user") or "").lower()}
        assert {tag.lower() for tag in normal["hashtags"]} <= {tag.lower() for tag in post.tags}


def test_every_field_of_a_post() -> None:
    post = one(
        text="bread &amp; tea &lt;3",
        lang="en",
        conversation_id="55",
        attachments={"media_keys": ["3_1"]},
        entities={
            "hashtags": [{"tag": "VelmoraFerry"}],
            "mentions": [{"username": "tarn"}],
            "urls": [{"url": "https://t.co/a", "expanded_url": "https://osk.example/a"}, {"url": "https://t.co/b"}],
        },
    )
    assert (post.text, post.handle, post.display_name) == ("bread & tea <3", "osk_baker", "Osk Baker")
    assert (post.posted_at, post.time_basis) == (datetime(2021, 4, 8, 15, 7, 30, tzinfo=UTC), TimeBasis.EXPLICIT)
    assert (post.platform_lang, post.thread_id, post.media) == ("en", "55", ("3_1",))
    assert (post.tags, post.mentions) == (("VelmoraFerry",), ("tarn",))
    assert post.links == (("https://t.co/a", "https://osk.example/a"), ("https://t.co/b", ""))
    assert (post.pointer, post.line_no, post.record_offset) == ("/data/0", 1, 0)
    assert (post.kind, post.audience, post.status) == (PostKind.POST, Audience.PUBLIC, PostStatus.LIVE)


def test_a_repost_carries_the_whole_text_of_what_it_repeats() -> None:
    original = tweet("9", author_id="8", text="short", note_tweet={"text": "the whole long text", "entities": {}})
    repost = tweet("1", text="RT @tarn: the who…", referenced_tweets=[{"type": "retweeted", "id": "9"}])
    raw = page(repost, includes={"users": USERS, "tweets": [original]})
    (post,) = posts(records(raw))
    assert (post.text, post.kind, post.repost_of) == ("the whole long text", PostKind.REPOST, "9")
    (alone,) = posts(records(page(repost)))
    assert alone.text == "RT @tarn: the who…"


@pytest.mark.parametrize(
    ("references", "kind"),
    [
        ([{"type": "quoted", "id": "9"}], PostKind.QUOTE),
        ([{"type": "replied_to", "id": "9"}], PostKind.REPLY),
        ([{"type": "quoted", "id": "8"}, {"type": "replied_to", "id": "9"}], PostKind.REPLY),
    ],
)
def test_kinds(references: list[object], kind: PostKind) -> None:
    assert one(referenced_tweets=references).kind is kind


def test_status() -> None:
    assert one(withheld={"country_codes": ["XA"]}).status is PostStatus.WITHHELD
    assert one(post_id="2", edit_history_tweet_ids=["1", "2"]).status is PostStatus.EDITED
    assert one(post_id="1", edit_history_tweet_ids=["1", "2"]).status is PostStatus.LIVE


@pytest.mark.parametrize("value", [5, None, [1], {"a": 1}, "x", True])
@pytest.mark.parametrize(
    "field", ["created_at", "lang", "entities", "attachments", "referenced_tweets", "note_tweet", "withheld", "author"]
)
def test_no_optional_field_of_any_type_loses_a_post(field: str, value: object) -> None:
    found = records(page(tweet("1", **{field: value}), tweet("2")), sizes=(1 << 20,))
    assert [post.platform_id for post in posts(found)] == ["1", "2"]


def test_a_dropped_field_is_told_by_its_path() -> None:
    found = records(page(tweet("1"), tweet("2", lang=5, created_at="soon")))
    assert dropped(found) == ["data/1/created_at", "data/1/lang"]


@pytest.mark.parametrize(
    ("field", "path"), [("id", "data/1/id"), ("author_id", "data/1/author_id"), ("text", "data/1/text")]
)
@pytest.mark.parametrize("value", [None, [1], {"a": 1}, True])
def test_a_post_without_a_required_field_is_quarantined_with_its_path(field: str, path: str, value: object) -> None:
    found = records(page(tweet("1"), tweet("2", **{field: value}), tweet("3")))
    assert [post.platform_id for post in posts(found)] == ["1", "3"]
    assert [record.field for record in quarantined(found)] == [path]


def test_protected_accounts_are_limited_and_refused_without_a_reason() -> None:
    raw = page(tweet("1"), tweet("2", author_id="8"), includes={"users": [{**USERS[1], "protected": True}]})
    found = records(raw)
    assert [record.reason for record in quarantined(found)] == ["limited audience"]
    allowed = ReadOptions(private_ok="x", my_role="y")
    assert [post.audience for post in posts(records(raw, allowed))] == [Audience.PUBLIC, Audience.LIMITED]


def test_what_the_platform_says_is_gone_is_no_object() -> None:
    errors = [{"type": "https://api.twitter.com/2/problems/resource-not-found", "resource_type": "tweet"}]
    raw = page(tweet("1"), errors=errors)
    raw += b'{"id":"3","action":"delete","created_at":"2019-09-06T17:25:54.667Z","reason":"protected"}\n'
    raw += b'{"meta":{"result_count":0}}\n'
    assert kinds(records(raw)) == ["tweet: not found", "compliance: protected", "empty page"]


def test_query_method_and_time_of_collection() -> None:
    raw = page(
        tweet("1"),
        __twarc={
            "url": "https://api.twitter.com/2/users/12345/tweets?query=%23VelmoraFerry&max_results=10",
            "version": "2.9.5",
            "retrieved_at": "2021-05-19T15:26:17+00:00",
        },
    )
    context = recognise(raw, "x").context(lambda: __import__("io").BytesIO(raw), ReadOptions())
    assert (context.note.query, context.note.method) == ("#VelmoraFerry", "twarc2 2.9.5 /2/users/:id/tweets")
    assert context.note.collected_at == datetime(2021, 5, 19, 15, 26, 17, tzinfo=UTC)


@pytest.mark.parametrize("form", ["stream", "pretty", "array", "flat"])
def test_other_shapes(form: str) -> None:
    shapes = {
        "stream": orjson.dumps({"data": tweet(), "includes": {"users": USERS}, "matching_rules": []}) + b"\n",
        "pretty": json.dumps({"data": [tweet()], "includes": {"users": USERS}}, indent=4).encode() * 2,
        "array": orjson.dumps([tweet("1", author=USERS[0]), tweet("2", author=USERS[0])]),
        "flat": orjson.dumps(tweet("1", author=USERS[0])) + b"\n",
    }
    found = posts(records(shapes[form]))
    assert found
    assert {post.handle for post in found} == {"osk_baker"}


def test_direct_messages_are_quarantined() -> None:
    found = records(page(tweet("1"), tweet("2", dm_conversation_id="7-8")))
    assert [record.reason for record in quarantined(found)] == ["private audience"]


def test_direct_messages_read_for_a_stated_reason_stay_private() -> None:
    allowed = ReadOptions(private_ok="a court order", my_role="analyst")
    read = posts(records(page(tweet("1"), tweet("2", dm_conversation_id="7-8")), allowed))
    assert [post.audience for post in read] == [Audience.PUBLIC, Audience.PRIVATE]


def test_a_repost_whose_original_was_not_collected_is_a_repost_all_the_same() -> None:
    found = one(referenced_tweets=[{"type": "retweeted", "id": "99"}])
    assert (found.kind, found.repost_of, found.text) == (PostKind.REPOST, "99", "bread")
