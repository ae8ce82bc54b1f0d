from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from collect.reading import dropped, noticed, posts, quarantined, records
from tocsin.collect import ReadOptions
from tocsin.collect.reader import NOT_UTF8
from tocsin.collect.table_columns import recognised_columns
from tocsin.records.errors import RefusedError, TocsinInputError
from tocsin.records.posts import Audience, PostKind, TimeBasis

NOON = datetime(2020, 4, 3, 12, tzinfo=UTC)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_rows_of_every_dialect_with_quoted_line_ends(delimiter: str, end: str, mark: str) -> None:
    rows = [
        ["Tweet ID", "User Name", "Full Text", "Created At", "Hashtags"],
        ["1", "osk", f'"bread {delimiter} ""tea""{end}and rope"', "2020-04-03T12:00:00Z", '"#a, #b"'],
        ["2", "@Tarn", 'a 5" rope', "1585915200", ""],
    ]
    raw = (mark + end.join(delimiter.join(row) for row in rows) + end).encode()
    found = records(raw)
    assert not quarantined(found)
    first, second = posts(found)
    assert (first.text, first.tags) == (f'bread {delimiter} "tea"{end}and rope', ("a", "b"))
    assert (second.text, second.handle, second.account_platform_id) == ('a 5" rope', "Tarn", "handle:tarn")
    assert [post.posted_at for post in (first, second)] == [NOON, NOON]
    assert raw[first.record_offset :].startswith(b"1" + delimiter.encode())
    assert [post.line_no for post in (first, second)] == [2, 4]


def test_a_quote_never_closed_loses_only_its_row() -> None:
    rows = ["id,user,text,date", '1,osk,"never closed,2020-04-03', "2,tarn,tea,2020-04-04", '3,silm,"rope",2020-04-05']
    found = records("\n".join(rows).encode())
    assert [post.platform_id for post in posts(found)] == ["2", "3"]
    assert [(record.line_no, record.reason) for record in quarantined(found)] == [(2, "3 columns, expected 4")]


def test_rows_with_other_columns_or_other_bytes_lose_only_themselves() -> None:
    raw = b"id,user,text\n1,osk,bread\n2,osk\n3,osk,a,b\n4,osk,\xff\n\n5,osk,nul\0\n,osk,x\n7,,y\n"
    found = records(raw)
    assert [(post.platform_id, post.text) for post in posts(found)] == [("1", "bread"), ("4", "\ufffd"), ("5", "nul\0")]
    assert [(record.line_no, record.kind) for record in noticed(found)] == [(5, NOT_UTF8)]
    assert [record.reason for record in quarantined(found)] == [
        "2 columns, expected 3",
        "4 columns, expected 3",
        "missing or not an id",
        "missing or not an id",
    ]


def test_mapped_columns_and_source() -> None:
    raw = b"nr,wer,was,wann\n1,osk,bread,2020-04-03T12:00:00Z\n"
    with pytest.raises(TocsinInputError, match="--map"):
        records(raw)
    mapping = {"id": "nr", "account": "wer", "text": "was", "posted_at": "wann"}
    (post,) = posts(records(raw, ReadOptions(mapping=mapping, source="gab")))
    assert (post.platform_id, post.account_platform_id, post.posted_at) == ("1", "osk", NOON)


@pytest.mark.parametrize(
    ("mapping", "told"),
    [({"texto": "was"}, "no field of a post"), ({"text": "nix"}, "no column"), ({"id": "nr"}, "text and account")],
)
def test_wrong_mappings_are_told(mapping: dict[str, str], told: str) -> None:
    with pytest.raises(TocsinInputError, match=told):
        records(b"nr,wer,was\n1,osk,bread\n", ReadOptions(mapping=mapping))


def test_a_table_without_accounts_must_be_said_to_have_none() -> None:
    raw = b'{"id":"1","created_at":"2020-04-03T12:00:00Z","text":"bread"}\n'
    with pytest.raises(TocsinInputError, match="account"):
        records(raw, ReadOptions(mapping={"id": "id"}))
    (post,) = posts(records(raw, ReadOptions(mapping={"account": "-"})))
    assert (post.account_platform_id, post.posted_at) == ("unknown", NOON)


def test_json_lines_arrays_and_paths_of_dots() -> None:
    rows = [{"id": 1, "user": {"id": 7}, "text": "bread", "tags": ["a", 4]}, {"id": 2, "user": {"id": 8}, "text": 5}]
    options = ReadOptions(mapping={"account": "user.id"})
    for raw in (
        b"\n".join(map(orjson.dumps, rows)),
        orjson.dumps(rows),
        orjson.dumps(rows, option=orjson.OPT_INDENT_2),
    ):
        found = records(raw, options)
        assert [(post.platform_id, post.account_platform_id, post.tags) for post in posts(found)] == [
            ("1", "7", ("a",))
        ]
        assert [record.field for record in quarantined(found)] == ["text"]
        assert dropped(found) == ["tags"]


def parquet(rows: int, **options: object) -> bytes:
    sink = io.BytesIO()
    table = pa.table(
        {
            "post_id": [str(number) for number in range(rows)],
            "author_id": [number % 5 for number in range(rows)],
            "text": [f"bread {number}" for number in range(rows)],
            "created_at": pa.array(
                [NOON + timedelta(hours=number) for number in range(rows)], pa.timestamp("us", "UTC")
            ),
            "urls": [["https://osk.example"]] * rows,
        }
    )
    pq.write_table(table, sink, **options)
    return sink.getvalue()


def test_parquet_rows_are_read_a_row_group_at_a_time() -> None:
    found = posts(records(parquet(2500, row_group_size=1000), sizes=(1 << 20, 7)))
    assert [post.pointer for post in found] == [f"/row/{number}" for number in range(2500)]
    assert [post.text for post in found] == [f"bread {number}" for number in range(2500)]
    assert found[7].posted_at == NOON + timedelta(hours=7)
    assert found[7].links == (("https://osk.example", "https://osk.example"),)
    assert len({post.record_offset for post in found}) == 3


def test_a_damaged_row_group_loses_only_itself() -> None:
    raw = bytearray(parquet(2000, row_group_size=1000, compression="zstd"))
    first = posts(records(bytes(raw), sizes=(1 << 20,)))[0]
    raw[first.record_offset + 4 : first.record_offset + 400] = b"\xff" * 396
    found = records(bytes(raw), sizes=(1 << 20,))
    assert [post.pointer for post in posts(found)] == [f"/row/{number}" for number in range(1000, 2000)]
    assert [record.reason for record in quarantined(found)] == [
        "the row group cannot be decoded: a damaged page header"
    ]


def test_a_parquet_bomb_is_quarantined_undecoded() -> None:
    sink = io.BytesIO()
    many = pa.table({"id": ["1"] * 400_000, "author_id": ["1"] * 400_000, "text": ["bread " * 100] * 400_000})
    pq.write_table(many, sink, use_dictionary=False, compression="zstd", row_group_size=400_000)
    found = records(sink.getvalue(), sizes=(1 << 20,))
    assert not posts(found)
    assert [record.reason[:18] for record in quarantined(found)] == ["decompression bomb"]


@pytest.mark.parametrize("cut", [5, 9, 60])
def test_a_cut_parquet_file_is_refused(cut: int) -> None:
    with pytest.raises(TocsinInputError, match="damaged"):
        records(parquet(10)[:-cut])


def test_the_order_of_dates_comes_from_the_whole_file() -> None:
    head = "id,user,text,date\n"
    open_rows = "".join(f"{number},osk,bread,03/04/2020 12:00\n" for number in range(40_000))
    raw = (head + open_rows).encode()
    found = posts(records(raw, sizes=(1 << 20,)))
    assert {(post.posted_at, post.time_basis) for post in found} == {(None, TimeBasis.AMBIGUOUS)}
    found = posts(records(raw + b"40000,osk,bread,13/04/2020 12:00\n", sizes=(1 << 20,)))
    assert {post.posted_at for post in found} == {NOON, NOON + timedelta(days=10)}
    found = posts(records(raw, ReadOptions(date_order="mdy"), sizes=(1 << 20,)))
    assert {post.posted_at for post in found} == {datetime(2020, 3, 4, 12, tzinfo=UTC)}


def test_ids_rounded_by_a_spreadsheet_are_refused() -> None:
    found = records(b"id,user,text\n1.38305E+18,osk,bread\n12.0,osk,tea\n")
    assert [post.platform_id for post in posts(found)] == ["12"]
    assert "rounded" in quarantined(found)[0].reason


def test_rows_without_an_id_column_get_the_same_id_each_time() -> None:
    raw = b"user,text,date\nosk,bread,2020-04-03\nosk,tea,2020-04-03\n"
    ids = [post.platform_id for post in posts(records(raw))]
    assert len(set(ids)) == 2
    assert ids == [post.platform_id for post in posts(records(raw + b"osk,rope,2020-04-04\n"))][:2]


def test_private_rows_are_quarantined_and_unknown_audiences_are_limited() -> None:
    raw = b"id,user,text,visibility\n1,osk,a,public\n2,osk,b,direct\n3,osk,c,unlisted\n4,osk,d,friends of friends\n"
    found = records(raw)
    assert [post.platform_id for post in posts(found)] == ["1"]
    assert [record.reason for record in quarantined(found)] == [
        "private audience",
        "limited audience",
        "limited audience",
    ]
    allowed = ReadOptions(private_ok="x", my_role="y")
    assert [post.audience for post in posts(records(raw, allowed))][1:3] == [Audience.PRIVATE, Audience.LIMITED]


def test_kinds_by_target() -> None:
    raw = b"id,user,text,reply_to,retweeted_id,quoted_id\n1,o,a,5,,\n2,o,a,5,6,\n3,o,a,,,7\n4,o,a,nan,,null\n"
    assert [post.kind for post in posts(records(raw))] == [
        PostKind.REPLY,
        PostKind.REPOST,
        PostKind.QUOTE,
        PostKind.POST,
    ]


def test_fields_longer_than_the_csv_module_allows_by_default() -> None:
    raw = b"id,user,text\n1,osk," + b"x" * 300_000 + b"\n"
    assert [len(post.text) for post in posts(records(raw, sizes=(1 << 20,)))] == [300_000]


def test_no_column_serves_two_fields() -> None:
    found = recognised_columns(["user", "message", "time", "message_id"])
    assert found == {"id": "message_id", "handle": "user", "text": "message", "posted_at": "time"}


def test_a_table_said_to_hold_a_private_source_is_refused_like_it() -> None:
    raw = b"id,user,text\n1,osk,bread\n"
    with pytest.raises(RefusedError):
        records(raw, ReadOptions(source="whatsapp", mapping={"text": "text"}))
    allowed = ReadOptions(source="whatsapp", mapping={"text": "text"}, private_ok="x", my_role="y")
    assert [post.audience for post in posts(records(raw, allowed))] == [Audience.PRIVATE]
