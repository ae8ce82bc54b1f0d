from __future__ import annotations

import io

import pytest

from tocsin.collect import ReadOptions, reader_named, readers, recognise, sources_table
from tocsin.collect.reader import PRIVATE_SOURCES
from tocsin.records.errors import RefusedError, TocsinInputError
from tocsin.records.posts import Block

TWEETS_CSV = b"tweet_id,username,text,created_at\n1,osk,bread,2020-01-01\n"


def test_every_manifest_is_whole_and_formats_are_unique() -> None:
    table = sources_table()
    assert len({manifest.format for manifest in table}) == len(table) == len(readers())
    for manifest in table:
        assert all((manifest.source, manifest.title, manifest.kinds, manifest.gives, manifest.cannot_give))
        assert manifest.times
        assert manifest.audience
        assert reader_named(manifest.format).manifest is manifest
        assert manifest.private == (manifest.source in PRIVATE_SOURCES)


def test_an_unknown_format_names_the_known_ones() -> None:
    with pytest.raises(TocsinInputError, match="twitter-v2"):
        reader_named("nothing")


def test_the_content_decides_and_not_the_name() -> None:
    assert recognise(TWEETS_CSV, "result.json").manifest.format == "table"
    assert recognise(b'{"id":"1","author_id":"2","text":"x"}\n', "chat.txt").manifest.format == "twitter-v2"


@pytest.mark.parametrize(
    ("head", "told"),
    [
        (b"\xff\xd8\xff\xe0 jpeg", "a JPEG image"),
        (b"%PDF-1.7", "a PDF document"),
        (b"<html><body>", "an HTML page"),
        (b"\xff\xfei\x00d\x00", "UTF-16 text"),
        (b"\x00\x01\x02", "binary data"),
        (b'{"a":1}\n{"a":2}\n', "JSON lines with keys a"),
        (b"[1, 2]", "a JSON array"),
        (b"just some words", "plain text"),
    ],
)
def test_what_is_not_recognised_is_described_with_the_next_step(head: bytes, told: str) -> None:
    with pytest.raises(TocsinInputError, match="--map FIELD=COLUMN") as caught:
        recognise(head, "file")
    assert told in caught.value.message


def test_the_nearest_format_is_named() -> None:
    with pytest.raises(TocsinInputError, match="nearest to table"):
        recognise(b"text,when\nbread,2020-01-01\n", "file")


def test_errors_never_quote_content() -> None:
    secret = b"meet the baker at nine"
    for head in (secret, b'{"k":"' + secret + b'"}\n', b"a,b\n" + secret + b",1\n"):
        with pytest.raises(TocsinInputError) as caught:
            recognise(head, "file")
        assert "baker" not in caught.value.message


def test_a_named_source_limits_the_choice_and_names_a_table() -> None:
    assert recognise(TWEETS_CSV, "x", ReadOptions(source="twitter")).manifest.format == "table"
    with pytest.raises(TocsinInputError):
        recognise(b'{"id":"1","author_id":"2","text":"x"}\n', "x", ReadOptions(source="whatsapp"))
    reader = recognise(TWEETS_CSV, "x", ReadOptions(source="gab"))
    context = reader.context(lambda: io.BytesIO(TWEETS_CSV), ReadOptions(source="gab"))
    assert (context.source, context.note.source) == ("gab", "gab")


def test_a_mapping_makes_it_a_table() -> None:
    head = b'{"id":"1","author_id":"2","text":"x"}\n'
    assert recognise(head, "x", ReadOptions(mapping={"text": "text"})).manifest.format == "table"


@pytest.mark.parametrize("raw", [b"", b"\n \n"])
def test_an_empty_file_is_a_capture_of_nothing(raw: bytes) -> None:
    reader = recognise(raw, "empty.json")
    context = reader.context(lambda: io.BytesIO(raw), ReadOptions())
    blocks: list[Block] = list(reader.blocks(io.BytesIO(raw), context))
    assert b"".join(block.data for block in blocks) == raw
    assert [record for block in blocks for record in reader.records(block, context)] == []


def test_a_mapping_is_no_way_around_the_reason_that_a_private_chat_asks_for() -> None:
    chat = b"12/02/2015, 21:04 - Osk Baker: bread\n13/02/2015, 21:05 - Osk Baker: more bread\n"
    mapping = {"text": "21:04 - Osk Baker: bread", "account": "12/02/2015"}
    with pytest.raises(RefusedError, match="--private-ok"):
        recognise(chat, "chat.txt", ReadOptions(mapping=mapping))
    allowed = ReadOptions(mapping=mapping, private_ok="a court order", my_role="analyst")
    assert recognise(chat, "chat.txt", allowed).manifest.format == "table"


@pytest.mark.parametrize(
    "row", ["@osk.baker,come to the harbour", "7,Come to Velmora, the lantern is lit!", "1234567,lantern"]
)
def test_no_error_quotes_the_first_post_of_a_table_without_column_names(row: str) -> None:
    raw = f"{row}\n{row}\n".encode()
    for mapping in ({"text": "body"}, {"account": row.split(",", maxsplit=1)[0]}):
        with pytest.raises(TocsinInputError, match="looks like data") as caught:
            reader_named("table").context(lambda: io.BytesIO(raw), ReadOptions(mapping=mapping))
        assert not any(cell in caught.value.message for cell in row.split(","))
