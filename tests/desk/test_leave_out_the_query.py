"""A collection by one hashtag: the hashtag joins nobody, and what else is shared still does."""

from __future__ import annotations

import pyarrow as pa

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
    assert leave_out_the_query(engine, least_posts=10) == 1
    assert set(engine.table("SELECT object FROM shares")["object"].to_pylist()) == {"rare"}


def test_few_posts_keep_everything() -> None:
    engine = DuckDBEngine()
    shared(engine)
    assert leave_out_the_query(engine, least_posts=21) == 0
    assert engine.table("SELECT count(*) AS n FROM shares")["n"][0].as_py() == 22
