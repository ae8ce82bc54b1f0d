"""A collection by one hashtag: the hashtag joins nobody, and what else is shared still does."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from cli.at_the_door import Sample, copied_desk, tocsin
from tocsin.desk.detect import leave_out_the_query
from tocsin.desk.engine import DuckDBEngine


def shared(engine: DuckDBEngine) -> None:
    rows = [("tag", "collected", f"p{n}") for n in range(20)] + [("link", "rare", "p1"), ("link", "rare", "p2")]
    engine.register(
        "given",
        pa.table({"layer": [r[0] for r in rows], "object": [r[1] for r in rows], "content_id": [r[2] for r in rows]}),
    )
    engine.run("CREATE OR REPLACE TEMP TABLE shares AS SELECT * FROM given")
    engine.register("posts", pa.table({"leaf_index": list(range(20))}))


def test_what_nearly_every_post_carries_is_left_out_and_nothing_else() -> None:
    engine = DuckDBEngine()
    shared(engine)
    assert leave_out_the_query(engine, least_posts=10, share=0.5) == 1
    assert set(engine.table("SELECT object FROM shares")["object"].to_pylist()) == {"rare"}


def test_few_posts_keep_everything() -> None:
    engine = DuckDBEngine()
    shared(engine)
    assert leave_out_the_query(engine, least_posts=21, share=0.5) == 0
    assert engine.table("SELECT count(*) AS n FROM shares")["n"][0].as_py() == 22


def test_detect_and_the_report_say_how_much_was_left_out(
    demo: Sample, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = sys.modules["tocsin.desk.detect"]  # `tocsin.desk` gives its function under this name
    monkeypatch.setattr(module, "LEAST_POSTS", 50)
    monkeypatch.setattr(module, "QUERY_SHARE", 0.01)
    desk = copied_desk(demo, tmp_path / "desk")
    answer = tocsin("detect", "--codebook", "grey_lantern", "--desk", desk, "--json")
    count = answer.json()["left_out_objects"]
    assert count > 0
    assert f"reposted posts: {count}" in answer.err
    file = tmp_path / "report.json"
    assert tocsin("report", "-o", file, "--desk", desk).code == 0
    told = {
        each["name"]: each["value"] for each in json.loads(file.read_text(encoding="utf-8"))["dispatch"]["settings"]
    }
    assert told["left_out_objects"] == count
    assert tocsin("verify", file, "--desk", desk).code == 0


def test_detect_says_nothing_where_nothing_was_left_out(demo: Sample, tmp_path: Path) -> None:
    desk = copied_desk(demo, tmp_path / "desk")
    answer = tocsin("detect", "--codebook", "grey_lantern", "--desk", desk, "--json")
    assert answer.code == 0, answer.err
    assert answer.json()["left_out_objects"] == 0
    assert "coordination" not in answer.err
