"""The finders over tables of any make: the same answers as over files."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pytest

from tocsin.desk.find_in_tables import (
    ASSESSMENT_ROWS,
    BURST_ROWS,
    EDGE_ROWS,
    arrow_table,
    assessments,
    bursts,
    clusters,
    coordination,
    instants,
)
from tocsin.records.errors import TocsinInputError

START = datetime(2026, 1, 5, tzinfo=UTC)


def table() -> pa.Table:
    """Two weeks of everyday posts, then thirty in an hour; ids are numbers."""
    times = [START + timedelta(hours=hour) for hour in range(336)]
    times += [START + timedelta(days=9, hours=3, minutes=minute) for minute in range(30)]
    keys = [f"k{hour % 5}" for hour in range(336)] + ["lantern"] * 30
    texts = [f"goats {hour} at the mill {hour * 7}" for hour in range(336)] + [
        "The harbour assembly meets on Thursday"
    ] * 30
    return pa.table({"id": range(366), "at": pa.array(times, pa.timestamp("us", "UTC")), "key": keys, "text": texts})


def test_bursts_of_a_table_have_the_ids_it_came_with():
    found = bursts(table(), time="at", key="key", id="id")
    assert found.schema.names == [*BURST_ROWS.names, "post_ids"]
    assert found.schema.field("post_ids").type.value_type == pa.int64()
    row = next(row for row in found.to_pylist() if row["key"] == "lantern")
    assert row["post_ids"] == list(range(336, 366))
    assert row["start_at"] == START + timedelta(days=9, hours=3)
    assert bursts(table(), time="at", key="key").schema == BURST_ROWS
    assert "harbour" in bursts(table(), time="at", text="text")["key"].to_pylist()


@pytest.mark.parametrize(
    "make", [lambda t: t.to_batches()[0], lambda t: t.to_pydict(), lambda t: t.to_reader(), lambda t: t]
)
def test_any_table_that_arrow_reads_will_do(make):
    found = clusters(make(table()), id="id", text="text")
    assert found["post_count"].to_pylist()[0] == 30
    assert found["post_ids"].to_pylist()[0] == list(range(336, 366))


@pytest.mark.parametrize("kind", [pa.string_view(), pa.large_string(), pa.dictionary(pa.int32(), pa.string())])
def test_text_of_every_kind_of_arrow_will_do(kind):
    given = table()
    names = ["id", "key", "text"]
    columns = {name: given[name].cast(pa.string()).cast(kind) if "dict" not in str(kind) else given[name].cast(pa.string()).dictionary_encode() for name in names}  # fmt: skip
    made = pa.table({**columns, "at": given["at"]})
    assert clusters(made, id="id", text="text")["post_ids"].to_pylist()[0] == [str(n) for n in range(336, 366)]
    assert "lantern" in bursts(made, time="at", key="key", id="id")["key"].to_pylist()
    assert assessments(made.slice(0, 3), id="id", text="text", codebooks=["grey_lantern"])["id"].to_pylist() == [
        "0",
        "1",
        "2",
    ]


class Stream:
    """Something foreign that speaks Arrow."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return table().__arrow_c_stream__(requested_schema)


def test_the_arrow_stream_of_a_stranger_will_do():
    assert arrow_table(Stream()).equals(table())


@pytest.mark.parametrize("thing", [5, "posts.csv", None, object(), [1, 2], {"a": [1], "b": [1, 2]}])
def test_what_is_no_table_is_told(thing):
    with pytest.raises(TocsinInputError, match="no table"):
        bursts(thing, time="at", key="key")


def test_a_missing_or_doubled_column_is_told():
    with pytest.raises(TocsinInputError, match="no single column when: expected one of id, at, key, text"):
        bursts(table(), time="when", key="key")
    double = pa.table([pa.array(["a"]), pa.array(["b"])], names=["id", "id"])
    with pytest.raises(TocsinInputError, match="no single column id, text"):
        clusters(double, id="id", text="text")
    with pytest.raises(TocsinInputError, match="either key or text"):
        bursts(table(), time="at")
    with pytest.raises(TocsinInputError, match="cannot be read as text"):
        clusters(pa.table({"id": ["1"], "text": [["a list"]]}), id="id", text="text")


def test_edges_of_a_table_are_those_of_its_accounts():
    rows = pa.table(
        {
            "who": pa.array(["ana", "ben", "ana", "ben", "eve"]).dictionary_encode(),
            "what": pa.array(["x", "x", "y", "y", "x"], pa.large_string()),
            "post": [1, 2, 3, 4, 5],
            "at": [1_767_600_000, 1_767_600_005, 1_767_700_000, 1_767_700_005, 1_767_900_000],
        }
    )
    named = {"account": "who", "objects": "what", "content": "post", "time": "at", "window_s": 10}
    raw = coordination(rows, **named, raw_ids=True)
    assert raw.schema == EDGE_ROWS
    assert raw.to_pylist() == [{"account_a": "ana", "account_b": "ben", "weight": 2}]
    hidden = coordination(rows, **named).to_pylist()[0]
    assert hidden["weight"] == 2
    assert not {"ana", "ben"} & set(hidden.values())
    assert coordination(rows, **{**named, "objects": ["what", "what"]}, raw_ids=True).equals(raw)


def test_assessments_follow_the_rows_and_keep_their_ids():
    texts = [
        "Goats at the market in Tarn",
        None,
        "Pack a bag and come to Velmora, join the armed vigil of the Grey Lantern",
    ] * 400
    rows = pa.table({"nr": range(1200), "text": texts})
    found = assessments(rows, id="nr", text="text", codebooks=["grey_lantern"])
    assert found.schema.names == ["id", *ASSESSMENT_ROWS.names]
    assert found["id"].to_pylist() == list(range(1200))
    scores = found["recruitment"].to_pylist()
    assert scores[0] == 0
    assert scores[2] >= 0.5
    assert scores == scores[:3] * 400
    assert assessments(rows.slice(0, 0), id="nr", text="text").num_rows == 0


DAY = datetime(2026, 2, 3, tzinfo=UTC)
AT = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
TIMES = [
    (pa.array([AT], pa.timestamp("ns", "Africa/Cairo")), AT),
    (pa.array([AT.replace(tzinfo=None)], pa.timestamp("s")), AT),
    (pa.array([date(2026, 2, 3)]), DAY),
    (pa.array(["2026-02-03"]), DAY),
    (pa.array(["2026-02-03T04:05:06Z"]), AT),
    (pa.array(["2026-02-03 04:05:06"]), AT),
    (pa.array(["2026-02-03T06:05:06+02:00"]), AT),
    (pa.array(["2026-02-03T04:05:06.000000"]), AT),
    (pa.array([int(AT.timestamp())]), AT),
    (pa.array([float(AT.timestamp())]), AT),
    (pa.array([int(AT.timestamp()) * 1000], pa.int64()), AT),
    (pa.array([int(AT.timestamp()) * 1000], pa.uint64()), AT),
    (pa.array([str(int(AT.timestamp()) * 1_000_000)]), AT),
    (pa.array([int(AT.timestamp()) * 1_000_000_000]), AT),
    (pa.array(["-86400"]), datetime(1969, 12, 31, tzinfo=UTC)),
    (pa.array(["0"]), datetime(1970, 1, 1, tzinfo=UTC)),
    *[(pa.array([odd]), None) for odd in ("", " ", "yesterday", "inf", "-inf", "nan", "1e300", "-1e19", "9" * 40, "294247-01-01", "infinity", "0x10", "٢٠٢٦")],
    (pa.array([None], pa.string()), None),
    (pa.array([None], pa.null()), None),
]  # fmt: skip


@pytest.mark.parametrize(("column", "expected"), TIMES, ids=[f"{column.type} {column[0]}" for column, _ in TIMES])
def test_instants_are_read_or_are_null_and_never_fail(column, expected):
    found = instants(pa.chunked_array([column]))
    assert found.type == pa.timestamp("us", "UTC")
    assert found.to_pylist() == [expected]


def test_instants_keep_the_order_of_the_rows():
    seconds = [1_700_000_000 + (n * 7919) % 100_000 for n in range(200_000)]
    found = instants(pa.chunked_array([pa.array([str(each) for each in seconds])]))
    assert found.cast(pa.int64()).to_pylist() == [each * 1_000_000 for each in seconds]


def test_repeated_ids_do_not_join_clusters():
    texts = ["The harbour assembly meets on Thursday evening by the mill"] * 2 + [
        "Rain over Osk and the goats stay in the old barn"
    ] * 2
    found = clusters(pa.table({"id": ["a", "b", "a", "c"], "text": texts}), id="id", text="text")
    assert sorted(found["post_ids"].to_pylist()) == [["a", "b"], ["a", "c"]]
    assert len(set(found["cluster_id"].to_pylist())) == 2
