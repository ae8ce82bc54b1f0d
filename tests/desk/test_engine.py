"""The views a snapshot is read through: latest versions, bounds of log size and of time."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from desk.made import collected, new_desk, row, written
from tocsin.archive import snapshot
from tocsin.desk.engine import MEMBERSHIPS, DuckDBEngine, quoted_path, snapshot_engine
from tocsin.records.findings import ASSESSMENTS
from tocsin.records.posts import POSTS

JAN = [datetime(2026, 1, day, tzinfo=UTC) for day in range(1, 32)]


@pytest.fixture
def desk(tmp_path):
    made = new_desk(tmp_path / "desk")
    collected(
        made,
        written(tmp_path / "a.jsonl", [row(1, "goats"), row(2, "rain", "2026-01-06T00:00:00Z"), row(3, "fog", None)]),
    )
    collected(made, written(tmp_path / "b.jsonl", [row(1, "goats and sheep"), row(4, "snow", "2026-01-09T00:00:00Z")]))
    collected(made, written(tmp_path / "c.jsonl", [row(1, "goats, sheep and geese")]))
    return made


def texts(engine: DuckDBEngine, view: str = "posts") -> set[str]:
    found = set(engine.table(f"SELECT text FROM {view}")["text"].to_pylist())
    return found


def engine_of(desk, **more) -> DuckDBEngine:
    return snapshot_engine(snapshot(desk.folder).files("posts"), **more)


def test_posts_are_the_latest_versions_and_post_versions_all(desk):
    engine = engine_of(desk)
    assert texts(engine) == {"goats, sheep and geese", "rain", "fog", "snow"}
    assert texts(engine, "post_versions") == {
        "goats",
        "goats and sheep",
        "goats, sheep and geese",
        "rain",
        "fog",
        "snow",
    }
    versions = engine.table("SELECT version_no FROM post_versions ORDER BY leaf_index")["version_no"].to_pylist()
    assert sorted(versions) == [1, 1, 1, 1, 2, 3]
    assert engine.table("SELECT * FROM posts").schema.names == POSTS.names
    engine.close()


def test_log_size_gives_the_views_as_they_were_then(desk):
    leaves = snapshot(desk.folder).read("posts", ["leaf_index", "text"]).to_pydict()
    second = leaves["leaf_index"][leaves["text"].index("goats and sheep")]
    before = engine_of(desk, log_size=second)
    assert texts(before) == {"goats", "rain", "fog"}
    between = engine_of(desk, log_size=second + 1)
    assert texts(between) == {"goats and sheep", "rain", "fog"}
    assert texts(between, "post_versions") == {"goats", "goats and sheep", "rain", "fog"}
    assert texts(engine_of(desk, log_size=0)) == set()


def test_since_is_inclusive_until_is_not_and_undated_posts_are_outside(desk):
    assert texts(engine_of(desk, since=JAN[5])) == {"rain", "snow"}
    assert texts(engine_of(desk, until=JAN[5])) == {"goats, sheep and geese"}
    assert texts(engine_of(desk, since=JAN[5], until=JAN[8])) == {"rain"}
    # The bounds are of the posts that finders look at; what was kept stays readable.
    assert len(texts(engine_of(desk, since=JAN[5]), "post_versions")) == 6


def test_plausible_times_leave_out_odd_ones_and_keep_undated_posts(desk, tmp_path):
    collected(
        desk,
        written(
            tmp_path / "odd.jsonl", [row(8, "year one", "0001-01-01T00:00:00Z"), row(9, "far", "9999-01-01T00:00:00Z")]
        ),
    )
    assert {"year one", "far"} <= texts(engine_of(desk))
    kept = texts(engine_of(desk, plausible=(datetime(1990, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC))))
    assert kept == {"goats, sheep and geese", "rain", "fog", "snow"}


def test_a_later_version_outside_the_time_range_hides_an_earlier_one_inside(tmp_path):
    made = new_desk(tmp_path / "desk")
    collected(made, written(tmp_path / "a.jsonl", [row(1, "then", "2026-01-05T00:00:00Z")]))
    collected(made, written(tmp_path / "b.jsonl", [row(1, "now", "2026-01-20T00:00:00Z")]))
    assert texts(engine_of(made, until=JAN[9])) == set()


def test_other_views_are_given_or_empty(desk):
    engine = engine_of(desk)
    assert engine.table("SELECT * FROM assessments").num_rows == engine.table("SELECT * FROM memberships").num_rows == 0
    assert engine.table("SELECT * FROM assessments").schema.names == ASSESSMENTS.names
    members = pa.table([["e1"], [4]], schema=MEMBERSHIPS)
    assert engine_of(desk, memberships=members).table("SELECT leaf_index FROM memberships")[
        "leaf_index"
    ].to_pylist() == [4]


def test_a_desk_without_posts_has_empty_views(tmp_path):
    engine = engine_of(new_desk(tmp_path / "desk"))
    assert engine.table("SELECT * FROM posts").num_rows == 0
    assert engine.table("SELECT * FROM posts").schema.names == POSTS.names


def test_parameters_are_bound_and_never_read_as_sql(desk):
    engine = engine_of(desk)
    found = engine.table("SELECT count(*) AS n FROM posts WHERE text = $text", {"text": "x' OR '1'='1"})
    assert found["n"].to_pylist() == [0]


def test_the_engine_loads_no_extension_and_counts_in_utc():
    engine = DuckDBEngine()
    settings = dict(zip(*engine.table("SELECT name, value FROM duckdb_settings()").to_pydict().values(), strict=True))
    assert settings["autoinstall_known_extensions"] == settings["autoload_known_extensions"] == "false"
    assert settings["TimeZone"] == "UTC"
    engine.close()


@pytest.mark.parametrize("name", ["plain.parquet", "case [1].parquet", "a*b.parquet", "who?.parquet", "it's.parquet", "[[x]].parquet", "#&;--.parquet"])  # fmt: skip
def test_a_path_names_one_file_whatever_is_in_it(tmp_path: Path, name: str):
    rows = pa.table({"text": ["mine"]})
    pq.write_table(rows, tmp_path / name)
    for other in ("case 1.parquet", "aXb.parquet", "whoX.parquet", "x.parquet"):
        pq.write_table(pa.table({"text": ["other"]}), tmp_path / other)
    engine = DuckDBEngine()
    engine.parquet_view("files", [str(tmp_path / name)], rows.schema)
    assert texts(engine, "files") == {"mine"}
    assert engine.table(f"SELECT text FROM read_parquet({quoted_path(tmp_path / name)})")["text"].to_pylist() == [
        "mine"
    ]
    engine.close()
