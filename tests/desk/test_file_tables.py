"""Columns of table files as text: exactly what is written, in order, with nothing guessed."""

from __future__ import annotations

import gzip
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tocsin.desk.file_tables import file_rows
from tocsin.records.errors import TocsinInputError


def test_csv_in_every_common_shape(tmp_path):
    wanted = [{"id": "007", "text": 'Goats, "two"\nlines'}, {"id": "8", "text": None}, {"id": "9", "text": "NULL"}]
    shapes = {
        "comma": 'id,text,x\n007,"Goats, ""two""\nlines",1\n8,,2\n9,NULL,3\n',
        "semicolon": 'id;text;x\n007;"Goats, ""two""\nlines";1\n8;;2\n9;NULL;3\n',
        "tab": 'id\ttext\tx\n007\t"Goats, ""two""\nlines"\t1\n8\t\t2\n9\tNULL\t3\n',
        "crlf and bom": '\ufeffid,text,x\r\n007,"Goats, ""two""\nlines",1\r\n8,,2\r\n9,NULL,3\r\n',
        "mixed line ends": 'id,text,x\r\n007,"Goats, ""two""\nlines",1\n8,,2\r\n9,NULL,3',
    }
    for name, text in shapes.items():
        (tmp_path / "t.csv").write_bytes(text.encode())
        read = file_rows(tmp_path / "t.csv", ["id", "text"])
        assert (read.rows.to_pylist(), read.unread_count) == (wanted, 0), name
    (tmp_path / "t.tsv").write_text(shapes["tab"], encoding="utf-8")
    assert file_rows(tmp_path / "t.tsv", ["text", "id"]).rows["text"].to_pylist() == [row["text"] for row in wanted]


def test_one_odd_row_changes_neither_delimiter_nor_neighbours(tmp_path):
    rows = [f"{n},text {n}" for n in range(500)]
    rows[250:250] = ["only one", '"q"x,y', "a;b;c;d,e", "\udcff,z"]
    (tmp_path / "t.csv").write_bytes(("id,text\n" + "\n".join(rows)).encode("utf-8", "surrogateescape"))
    read = file_rows(tmp_path / "t.csv", ["id"])
    assert set(read.rows["id"].to_pylist()) >= {str(n) for n in range(500)}
    assert read.unread_count == 2


def test_json_values_are_kept_as_they_are_written(tmp_path):
    lines = [
        {"id": 12345678901234567890123, "text": "a"},
        {"id": "x", "text": {"deep": [1]}},
        {"id": 1.50, "text": None, "more": 1},
        {"id": True, "text": "2026-01-05T08:00:00+02:00"},
    ]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (tmp_path / "t.jsonl").write_text(text, encoding="utf-8")
    (tmp_path / "t.jsonl.gz").write_bytes(gzip.compress(text.encode()))
    (tmp_path / "t.ndjson.zst").write_bytes(pa.compress(text.encode(), codec="zstd", asbytes=True))
    (tmp_path / "t.json").write_text(json.dumps(lines), encoding="utf-8")
    for name in ("t.jsonl", "t.jsonl.gz", "t.ndjson.zst", "t.json"):
        rows = file_rows(tmp_path / name, ["id", "text"]).rows
        assert rows["id"].to_pylist() == ["12345678901234567890123", "x", "1.5", "true"]
        assert rows["text"].to_pylist()[2:] == [None, "2026-01-05T08:00:00+02:00"]


def test_order_is_that_of_the_file(tmp_path):
    count = 300_000
    pq.write_table(pa.table({"id": range(count)}), tmp_path / "t.parquet", row_group_size=20_000)
    assert file_rows(tmp_path / "t.parquet", ["id"]).rows["id"].to_pylist() == [str(n) for n in range(count)]


def test_the_columns_there_are_are_named_but_not_the_first_row_of_a_file_without_header(tmp_path):
    (tmp_path / "t.csv").write_text("id,text\n1,a\n", encoding="utf-8")
    with pytest.raises(TocsinInputError, match="no column body: expected one of id, text"):
        file_rows(tmp_path / "t.csv", ["id", "body"])
    for first in (
        "17,@sam_jones,hello",
        "17,2026-01-05,hello",
        "see https://a.example,x,y",
        "one two three four five,x,y",
        "x" * 41 + ",y",
    ):
        (tmp_path / "t.csv").write_text(first + "\nmore,1,2\n", encoding="utf-8")
        with pytest.raises(TocsinInputError, match="no line of column names") as caught:
            file_rows(tmp_path / "t.csv", ["id"])
        assert not any(part in caught.value.message for part in ("sam", "hello", "four", "xxx"))


def test_repeated_and_empty_names_are_told_apart(tmp_path):
    (tmp_path / "t.csv").write_text("id,id,,text\n1,2,3,a\n", encoding="utf-8")
    assert file_rows(tmp_path / "t.csv", ["id", "id_1", "column_2"]).rows.to_pylist() == [
        {"id": "1", "id_1": "2", "column_2": "3"}
    ]


def test_names_that_look_like_sql_are_names(tmp_path):
    name = "te\"xt'); DROP TABLE x; --"
    (tmp_path / "t.jsonl").write_text(json.dumps({name: "a"}) + "\n", encoding="utf-8")
    assert file_rows(tmp_path / "t.jsonl", [name]).rows[name].to_pylist() == ["a"]
    pq.write_table(pa.table({name: ["a"]}), tmp_path / "t.parquet")
    assert file_rows(tmp_path / "t.parquet", [name]).rows[name].to_pylist() == ["a"]


def test_a_file_of_nothing_but_damage_is_told(tmp_path):
    (tmp_path / "t.csv").write_bytes(b"id,text\n1,caf\xe9\n2,\xff\n")
    with pytest.raises(TocsinInputError, match=r"no record of t\.csv can be read"):
        file_rows(tmp_path / "t.csv", ["id", "text"])
