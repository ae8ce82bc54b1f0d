"""A notebook does each step over tables: `import tocsin`, Arrow in and out, pandas and Polars as well."""

from __future__ import annotations

import importlib
import inspect
import json
import subprocess
import sys
import typing
from datetime import UTC, datetime

import pyarrow as pa
import pytest

import tocsin
from cli.at_the_door import CAST, EXPORTS, environment, truth
from desk.made import row, written
from tocsin.archive import snapshot
from tocsin.records.errors import RefusedError, TocsinInputError
from tocsin.records.posts import ENRICHED, POSTS


@pytest.fixture(scope="module")
def posts() -> pa.Table:
    """The sample exports, read without a desk."""
    return tocsin.read_exports(EXPORTS, processes=1)


def test_the_public_names_are_there_typed_and_documented():
    assert tocsin.__all__ == sorted(tocsin.__all__)
    assert {"read_exports", "bursts", "coordination", "clusters", "assessments", "posts"} == set(tocsin.__all__)
    for name in tocsin.__all__:
        function = getattr(tocsin, name)
        assert name in dir(tocsin)
        assert inspect.getdoc(function), name
        hints = typing.get_type_hints(function)
        assert hints["return"] is pa.Table
        assert set(inspect.signature(function).parameters) <= set(hints)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = tocsin.nothing


def test_importing_tocsin_alone_loads_no_engine():
    code = "import sys, tocsin; print(sorted({'duckdb', 'pyarrow', 'tantivy', 'django'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=False)
    assert done.stdout == "[]\n", done.stderr


def test_exports_are_read_as_a_desk_reads_them(posts, demo):
    assert posts.schema.equals(ENRICHED)
    told = {name.decode(): json.loads(value) for name, value in posts.schema.metadata.items()}
    planted = truth()["total"]
    assert told["tocsin.read"] == planted["read"]
    assert told["tocsin.read"] == posts.num_rows + told["tocsin.duplicate"] + told["tocsin.quarantined"]
    assert (posts.num_rows, told["tocsin.quarantined"]) == (planted["stored"], planted["quarantined"])
    assert sum(told["tocsin.reasons"].values()) == planted["quarantined"]
    desk = snapshot(demo.desk).read("posts", ["text", "lang", "posted_at", "kind", "folded"])
    for column in ("text", "lang", "kind", "folded"):
        assert sorted(posts[column].to_pylist()) == sorted(desk[column].to_pylist())


def test_pseudonyms_are_of_the_key_given_and_else_of_none(posts, tmp_path):
    file = written(tmp_path / "a.jsonl", [row(1, "goats"), row(2, "rain")])
    key = bytes(range(32))
    first, second = (tocsin.read_exports(file, key=key) for _ in range(2))
    assert first["account_id"].to_pylist() == second["account_id"].to_pylist()
    other = tocsin.read_exports(file)
    assert first["account_id"].to_pylist() != other["account_id"].to_pylist()
    names = {row["account"] for row in truth()["labels"]}
    cells = set(posts["account_id"].to_pylist()) | set(posts["post_id"].to_pylist())
    assert not cells & names
    with pytest.raises(TocsinInputError, match="32 bytes"):
        tocsin.read_exports(file, key=b"short")


def test_what_is_named_and_cannot_be_read_is_an_error_and_in_a_folder_a_note(tmp_path):
    folder = tmp_path / "exports"
    file = written(folder / "a.jsonl", [row(1, "goats"), row(1, "goats"), row(1, "goats and sheep")])
    (folder / "photo.jpg").write_bytes(b"\xff\xd8\xff" + bytes(40))
    table = tocsin.read_exports([folder])
    assert table["text"].to_pylist() == ["goats", "goats and sheep"]
    told = {name.decode(): json.loads(value) for name, value in table.schema.metadata.items()}
    assert (told["tocsin.read"], told["tocsin.duplicate"]) == (3, 1)
    assert [item["name"] for item in told["tocsin.refused"]] == ["exports/photo.jpg"]
    for bad in (folder / "photo.jpg", tmp_path / "none", "-"):
        with pytest.raises(TocsinInputError, match="cannot be read"):
            tocsin.read_exports([file, bad])
    mapped = written(tmp_path / "odd.jsonl", [{"nr": 7, "was": "Goats", "wer": "ana"}])
    table = tocsin.read_exports(mapped, mapping={"id": "nr", "text": "was", "account": "wer"}, source="forum")
    assert table.select(["text", "source"]).to_pylist() == [{"text": "Goats", "source": "forum"}]


def test_private_material_has_no_way_in_here():
    with pytest.raises((RefusedError, TocsinInputError), match="private"):
        tocsin.read_exports(CAST / "private_sample" / "whatsapp_chat.txt")
    parameters = set(inspect.signature(tocsin.read_exports).parameters)
    assert not {name for name in parameters if "private" in name or "role" in name}


def as_arrow(table: pa.Table):
    return table


def as_pandas(table: pa.Table):
    pytest.importorskip("pandas", reason="this machine lacks: pandas")
    return table.to_pandas()


def as_polars(table: pa.Table):
    polars = pytest.importorskip("polars", reason="this machine lacks: polars")
    return polars.from_arrow(table)


def as_duckdb(table: pa.Table):
    import duckdb

    return duckdb.connect().from_arrow(table)


MAKES = [as_arrow, as_pandas, as_polars, as_duckdb]


@pytest.mark.parametrize("make", MAKES)
def test_each_step_over_tables_of_each_make(posts, make):
    given = make(posts.select(["post_id", "account_id", "posted_at", "text", "text_key"]))
    found = tocsin.bursts(given, time="posted_at", text="text", id="post_id")
    planted = next(burst for burst in truth()["bursts"] if burst["effort"] == "campaign" and burst["must_find"])
    keys = found["key"].to_pylist()
    assert planted["key"].casefold() in keys
    assert len(found["post_ids"].to_pylist()[keys.index(planted["key"].casefold())]) >= 5

    edges = tocsin.coordination(
        given, account="account_id", objects=["text_key"], content="post_id", time="posted_at", window_s=60
    )
    assert edges.num_rows > 10
    assert not set(edges["account_a"].to_pylist()) & set(posts["account_id"].to_pylist())

    near = tocsin.clusters(given, id="post_id", text="text")
    assert near["post_count"].to_pylist()[0] > 50
    known = set(posts["post_id"].to_pylist())
    assert set(near["post_ids"].to_pylist()[0]) <= known

    judged = tocsin.assessments(given, id="post_id", text="text", codebooks=["grey_lantern"])
    assert judged["id"].to_pylist() == posts["post_id"].to_pylist()
    scores = [score for score in judged["recruitment"].to_pylist() if score is not None]
    called = sum(score >= 0.5 for score in scores)
    assert 0.8 < called / len(truth()["efforts"]["campaign"]["posts"]["call"]) < 1.3


@pytest.mark.parametrize("make", [as_pandas, as_polars])
def test_answers_become_tables_of_that_make_again(posts, make):
    rows = posts.slice(0, 200).select(["post_id", "text"])
    again = make(tocsin.assessments(make(rows), id="post_id", text="text", codebooks=["grey_lantern"]))
    assert len(again) == 200


def test_the_posts_of_a_desk_are_a_table_too(demo):
    table = tocsin.posts(demo.desk)
    assert table.schema.names == POSTS.names
    assert table.num_rows == 4079
    week = tocsin.posts(demo.desk, since=datetime(2026, 2, 1, tzinfo=UTC), until=datetime(2026, 2, 8, tzinfo=UTC))
    assert 0 < week.num_rows < table.num_rows
    assert min(week["posted_at"].to_pylist()) >= datetime(2026, 2, 1, tzinfo=UTC)
    with pytest.raises(TocsinInputError, match="no desk"):
        tocsin.posts("nowhere")


def test_every_step_of_a_desk_is_a_function_too(tmp_path):
    desk_room = importlib.import_module("tocsin.desk")
    for name in ("init", "collect", "detect", "listed", "search", "report", "verify", "export", "whole_job"):
        assert inspect.getdoc(getattr(desk_room, name)), name
    file = written(tmp_path / "a.jsonl", [row(1, "goats"), row(2, "rain")])
    desk = desk_room.init(tmp_path / "desk", purpose="a test", legal_basis="none needed")
    done = desk_room.collect(desk, [file], options=desk_room.ReadOptions(), progress=desk_room.Silent())
    assert done.total("stored") == 2
    assert [post["text"] for post in desk_room.search(desk, "goats")] == ["goats"]
    assert tocsin.posts(tmp_path / "desk")["text"].to_pylist() == ["goats", "rain"]
