"""Every statement detect runs can be said in Spark's dialect too (docs/decisions/0003)."""

from __future__ import annotations

import numpy as np
import pytest

from detect.posts_of import post, posts_table
from detect.test_groups import background, groups_of, pushed
from tocsin.detect import post_series, tag_trends

sqlglot = pytest.importorskip("sqlglot", reason="this machine lacks: sqlglot")


def test_every_statement_transpiles_to_spark(engine):
    rng = np.random.default_rng(0)
    groups_of(engine, posts_table([*background(rng), *pushed(rng), post("x", 1.0, folded="a word or two")]))
    post_series(engine)
    tag_trends(engine)
    assert len(engine.statements) >= 10
    for sql in engine.statements:
        (said,) = sqlglot.transpile(sql, read="duckdb", write="spark", unsupported_level=sqlglot.ErrorLevel.RAISE)
        assert said
