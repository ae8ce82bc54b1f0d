"""Search over folded text: words, phrases, fields, every script; a query that cannot be read is the searcher's input."""

from __future__ import annotations

import json
import shutil
from contextlib import suppress

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.village import imported, records
from tocsin.archive import IndexWriter, rebuild_index, search_index, snapshot
from tocsin.archive.search_query import AllOf, AnyOf, Not, Term, read_query
from tocsin.records.errors import TocsinError, TocsinInputError
from tocsin.records.posts import POSTS

TEXTS = [
    "the goats went to market",
    "market day: goats, bread and a lantern!",
    "القنديل الرمادي في السوق",
    "नमस्ते दुनिया",
    "ግራጫ ፋኖስ በገበያ",
    "a#b https://osk.example/road?x=1",
]


def rows(texts: list[str]) -> pa.Table:
    values = {
        "leaf_index": list(range(10, 10 + len(texts))), "posted_at": [None] * len(texts), "folded": texts,
        "tags": [["osk", "two words"] if at % 2 else [] for at in range(len(texts))],
        "domains": [["osk.example"]] * len(texts), "lang": ["en"] * len(texts), "source": ["village"] * len(texts),
        "kind": ["post"] * len(texts),
    }  # fmt: skip
    return pa.table({name: pa.array(values[name], POSTS.field(name).type) for name in values})


@pytest.fixture
def index(desk):
    with IndexWriter(desk.folder) as writer:
        writer.add(rows(TEXTS))
    return desk.folder


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("goats", {10, 11}),
        ("GOATS market", {10, 11}),
        ('"goats went"', {10}),
        ('"market goats"', set()),
        ("goats -lantern", {10}),
        ("goats NOT lantern", {10}),
        ("lantern OR went", {10, 11}),
        ("(lantern OR went) AND market", {10, 11}),
        ("goat*", {10, 11}),
        ('"goats we"*', set()),
        ("القنديل", {12}),
        ('"القنديل الرمادي"', {12}),
        ("नमस्ते", {13}),
        ('"नमस्ते दुनिया"', {13}),
        ("ፋኖስ", {14}),
        ("tag:osk goats", {11}),
        ("tag:#OSK -goats", {13, 15}),
        ('tag:"two words"', {11, 13, 15}),
        ("lang:en source:village went", {10}),
        ("domain:osk.example lantern", {11}),
        ("https://osk.example/road", {15}),
        ("went NOT NOT goats", {10}),
    ],
)
def test_what_a_query_finds(index, query, found):
    if query == '"goats we"*':
        with pytest.raises(TocsinInputError):
            search_index(index, query, fold=str.lower)
        return
    assert set(search_index(index, query, fold=str.lower)) == found


@pytest.mark.parametrize(
    "query",
    [
        "", "   ", '"road', "(goats", "goats)", "()", "OR", "AND goats", "goats OR", "goats AND OR x", "NOT",
        "-goats", "NOT goats", "nofield:x", "tag:", "tag:(a b)", "tag:-a", "!!!", '""', "goats OR -market",
        "x" * 3000, "(" * 100 + "a" + ")" * 100, "NOT " * 60 + "a",
    ],
)  # fmt: skip
def test_a_malformed_query_is_the_searchers_input(index, query):
    with pytest.raises(TocsinInputError) as error:
        search_index(index, query, fold=str.lower)
    assert "goats" not in error.value.message


@given(st.text(alphabet='ab"()-:*# ORANDNTtag\u0627\u0301', max_size=40))
def test_any_text_is_read_or_refused(text):
    with suppress(TocsinInputError):
        assert isinstance(read_query(text), Term | Not | AllOf | AnyOf)


def test_the_best_come_first_and_no_more_than_asked(index):
    assert len(search_index(index, "goats OR market OR lantern", fold=str.lower, limit=1)) == 1
    with pytest.raises(TocsinInputError, match="at least 1"):
        search_index(index, "goats", fold=str.lower, limit=0)


def test_the_index_catches_up_with_what_a_crash_left_out(desk):
    with desk.writer() as writer, IndexWriter(desk.folder) as index:
        _, results = imported(writer, desk.keys, records(100))
        for result in results:
            index.add(result.rows)
    desk.collect(records(100, 500))  # not indexed
    assert search_index(desk.folder, "599", fold=str.lower) == []
    with IndexWriter(desk.folder):
        pass
    (leaf,) = search_index(desk.folder, "599", fold=str.lower)
    posts = snapshot(desk.folder).read("posts", ["leaf_index", "text"]).to_pylist()
    assert next(row for row in posts if row["leaf_index"] == leaf)["text"].endswith("599")
    with IndexWriter(desk.folder):
        pass
    assert search_index(desk.folder, "599", fold=str.lower) == [leaf]


def test_a_damaged_index_is_said_and_rebuilt(desk):
    assert search_index(desk.folder, "goats", fold=str.lower) == []  # an empty desk has nothing to find
    desk.collect(records(20))
    with pytest.raises(TocsinError, match="index is missing"):
        search_index(desk.folder, "19", fold=str.lower)
    rebuild_index(desk.folder)
    assert len(search_index(desk.folder, "19", fold=str.lower)) == 1
    shutil.rmtree(desk.folder / "index")
    (desk.folder / "index").mkdir()
    (desk.folder / "index" / "meta.json").write_text("{")
    rebuild_index(desk.folder)
    assert len(search_index(desk.folder, "19", fold=str.lower)) == 1


def test_two_index_writers_are_refused(desk):
    with IndexWriter(desk.folder), pytest.raises(TocsinError, match="another process is writing"):
        IndexWriter(desk.folder)


def test_an_index_that_cannot_be_written_is_said_and_hides_no_earlier_error(full_desk):
    (full_desk.folder / "index" / "state.json").mkdir(parents=True)
    with pytest.raises(TocsinError, match=r"could not write index/state\.json durably"), IndexWriter(full_desk.folder):
        pass
    with pytest.raises(ZeroDivisionError), IndexWriter(full_desk.folder):
        raise ZeroDivisionError
    (full_desk.folder / "index" / "state.json").rmdir()
    with IndexWriter(full_desk.folder):
        pass


def test_an_index_that_holds_more_than_its_state_says_finds_nothing_twice(full_desk):
    with IndexWriter(full_desk.folder):
        pass
    state = full_desk.folder / "index" / "state.json"
    before = search_index(full_desk.folder, "market", fold=str.lower, limit=1000)
    state.write_text(json.dumps({**json.loads(state.read_text()), "log_size": 100}))
    with IndexWriter(full_desk.folder):
        pass
    after = search_index(full_desk.folder, "market", fold=str.lower, limit=1000)
    assert sorted(after) == sorted(set(after)) == sorted(before)
    assert len(after) > 100
