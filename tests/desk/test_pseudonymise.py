"""From what a reader understood to what is kept: nobody's id or handle but in the table of names, and in the words said."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime

import pyarrow as pa
import pytest

from cli.at_the_door import opened
from tocsin.archive import commitment_roots, committed_values
from tocsin.desk.pseudonymise import SECRET_BYTES, pseudonymous_block, storable
from tocsin.enrich import text_mentions
from tocsin.records.ids import Pseudonyms
from tocsin.records.posts import COLLECTED, NAMES, Block, ParsedPost, PostKind, TimeBasis

KEY = bytes(range(32))
WHEN = datetime(2026, 1, 5, 8, 0, 0, 5, tzinfo=UTC)
DATA = b'{"first": 1}\n{"second": 2}\n'
# Columns that hold what was said; a handle in a text stays a handle in a text.
SAID = {"text", "declared_tags", "declared_links", "folded", "tags", "links", "domains"}


def post(number: int = 0, **more) -> ParsedPost:
    given = {
        "platform_id": f"9000{number}",
        "account_platform_id": "70001",
        "handle": "sam_jones",
        "display_name": "Sam Jones",
        "posted_at": WHEN,
        "time_basis": TimeBasis.EXPLICIT,
        "text": "Goats with @ana_of_tarn at the market",
        "record_offset": 100 + 13 * number,
        "record_length": 12 + number,
        "channel_platform_id": "50005",
        "channel_name": "The old mill",
        "reply_to": "90007",
        "repost_of": "90008",
        "quote_of": "90009",
        "forward_from": "60006",
        "thread_id": "90010",
        "platform_lang": "en",
        "tags": ("Osk",),
        "mentions": ("@Ben_Tarn",),
        "links": (("t.example/x", "https://a.example/x"),),
        "media": ("k1",),
    }
    return ParsedPost(**{**given, **more})


def made(*records: ParsedPost, **more):
    return pseudonymous_block(
        Block(100, DATA, ()),
        records,
        source="twitter",
        capture_id="k1",
        pseudonyms=Pseudonyms(KEY),
        text_mentions=text_mentions,
        **more,
    )


def test_rows_have_the_schema_and_every_id_is_the_pseudonym_of_its_kind():
    row = made(post()).posts.to_pylist()[0]
    names = Pseudonyms(KEY)
    assert made(post()).posts.schema == COLLECTED
    assert row["post_id"] == names.post("twitter", "90000")
    assert row["account_id"] == names.account("twitter", "70001")
    assert row["channel_id"] == names.channel("twitter", "50005")
    assert row["forward_from_id"] == names.channel("twitter", "60006")
    for column, target in (
        ("reply_to_id", "90007"),
        ("repost_of_id", "90008"),
        ("quote_of_id", "90009"),
        ("thread_id", "90010"),
    ):
        assert row[column] == names.post("twitter", target)
    assert row["mentions"] == [names.handle("twitter", "ben_tarn"), names.handle("twitter", "ana_of_tarn")]


def test_no_id_name_or_handle_stands_in_the_posts_but_in_what_was_said():
    row = made(post()).posts.to_pylist()[0]
    kept = json.dumps({name: value for name, value in row.items() if name not in SAID}, default=str)
    for secret in ("9000", "7000", "5000", "6000", "sam", "Sam", "Jones", "ana_of", "Ben", "mill"):
        assert secret not in kept
    assert "@ana_of_tarn" in row["text"]


def test_names_stand_in_the_table_of_names_each_once():
    found = made(post(), post(1, handle="later"), post(1)).names
    assert found.schema == NAMES
    rows = {(row["kind"], row["platform_id"]): row for row in found.to_pylist()}
    assert set(rows) == {("account", "70001"), ("channel", "50005"), ("post", "90000"), ("post", "90001")}
    assert found.num_rows == 4
    assert rows["account", "70001"]["handle"] == "sam_jones"
    assert rows["channel", "50005"]["display_name"] == "The old mill"


def test_the_commitments_are_those_of_the_archive():
    records = [post(), post(1, posted_at=None, kind=PostKind.REPLY, pointer="/row/1")]
    block = made(*records, random_bytes=lambda size: bytes(range(size)))
    assert block.secrets == bytes(range(2 * SECRET_BYTES))
    originals = [DATA[0:12], DATA[13:26]]
    values = [committed_values("twitter", record, raw) for record, raw in zip(records, originals, strict=True)]
    assert hashlib.sha256(originals[1]).hexdigest() in values[1]
    assert block.roots == commitment_roots(block.secrets, values)
    assert len(made(post(), post(1)).roots) == 64


def test_secrets_are_new_each_time_and_ids_are_not():
    first, second = made(post()), made(post())
    assert first.secrets != second.secrets
    assert first.roots != second.roots
    assert first.posts.equals(second.posts)


@pytest.mark.parametrize("change", [{"text": "Goats"}, {"posted_at": None}, {"status": "edited"}, {"media": ("k1", "k2")}, {"links": ()}, {"reply_to": ""}, {"account_platform_id": "70002"}, {"kind": PostKind.QUOTE}])  # fmt: skip
def test_another_content_is_another_content_id_of_the_same_post(change):
    from tocsin.records.posts import PostStatus

    if "status" in change:
        change = {"status": PostStatus.EDITED}
    before, after = (made(post(**more)).posts.to_pylist()[0] for more in ({}, change))
    assert before["post_id"] == after["post_id"]
    assert before["content_id"] != after["content_id"]


@pytest.mark.parametrize("same", [{"handle": "renamed"}, {"display_name": "Sammy"}, {"tags": ()}, {"record_offset": 113, "record_length": 13}, {"channel_name": "New"}])  # fmt: skip
def test_what_does_not_change_what_was_said_is_no_new_content(same):
    before, after = (made(post(**more)).posts.to_pylist()[0] for more in ({}, same))
    assert before["content_id"] == after["content_id"]


def test_media_and_links_cannot_be_taken_for_each_other():
    one = made(post(links=(("https://a.example/x", ""),), media=())).posts["content_id"].to_pylist()
    other = made(post(links=(), media=("https://a.example/x",))).posts["content_id"].to_pylist()
    assert one != other


def test_lone_surrogates_anywhere_are_replaced_and_lose_no_post():
    bad = "x\ud800y\udfffz"
    texts = {
        name: bad
        for name in (
            *("platform_id", "account_platform_id", "handle", "display_name", "text", "channel_platform_id"),
            *(
                "channel_name",
                "reply_to",
                "repost_of",
                "quote_of",
                "forward_from",
                "thread_id",
                "platform_lang",
                "pointer",
            ),
        )
    }
    block = made(post(**texts, tags=(bad,), mentions=(bad,), links=((bad, bad),), media=(bad,)), post(1))
    row = block.posts.to_pylist()[0]
    assert row["text"] == storable(bad) == "x\ufffdy\ufffdz"
    assert row["declared_tags"] == ["x\ufffdy\ufffdz"]
    assert [len(key) for key in row["media"]] == [27]  # a pseudonym: a media key is a platform id
    assert len(block.roots) == 64
    assert storable("ok 🙏 عربي") == "ok 🙏 عربي"
    # Ids that differ only in what cannot be written stay two posts.
    other = made(post(platform_id="x\ud801y\udfffz")).posts["post_id"][0].as_py()
    assert other != row["post_id"]


def test_a_mention_of_nobody_and_a_post_of_nobody():
    row = made(
        post(mentions=("@", "", "Ben_Tarn", "ben_tarn"), text="hello", account_platform_id="")
    ).posts.to_pylist()[0]
    assert row["mentions"] == [Pseudonyms(KEY).handle("twitter", "ben_tarn")]
    assert row["account_id"].startswith("a")


def test_no_posts_are_an_empty_block():
    block = made()
    assert (block.posts.num_rows, block.names.num_rows, block.secrets, block.roots) == (0, 0, b"", b"")


def test_another_key_gives_other_pseudonyms():
    other = pseudonymous_block(
        Block(100, DATA, ()), [post()], source="twitter", capture_id="k1", pseudonyms=Pseudonyms(bytes(32)), text_mentions=text_mentions
    )  # fmt: skip
    mine = made(post())
    for column in ("post_id", "account_id", "channel_id", "content_id"):
        assert mine.posts[column].to_pylist() != other.posts[column].to_pylist()


def test_no_id_or_handle_of_the_sample_stands_in_its_posts_but_in_what_was_said(demo):
    shown = opened(demo.desk)
    names = shown.read("names").to_pydict()
    posts = shown.read("posts")
    secrets = {
        value
        for name in ("platform_id", "handle", "display_name")
        for value in names[name]
        if value and len(value) >= 4
    }
    assert len(secrets) > 4000
    cells: set[str] = set()
    for field in posts.schema:
        if field.name in SAID or not (pa.types.is_string(field.type) or pa.types.is_list(field.type)):
            continue
        column = posts.column(field.name).combine_chunks()
        cells |= set((column.flatten() if pa.types.is_list(field.type) else column).unique().to_pylist())
    assert len(cells) > 4000
    assert not cells & secrets
    words = {part for cell in cells if cell for part in str(cell).replace("/", " ").split()}
    assert not words & secrets
