"""A small DuckDB engine of the tests' own, so that detect is tested without the desk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import duckdb
import pyarrow as pa
import pytest


class TestEngine:
    """Implements records.engine.Engine and remembers the statements it was given."""

    name = "duckdb"
    __test__ = False

    def __init__(self) -> None:
        self.con = duckdb.connect(":memory:", config={"threads": 2})
        self.con.execute("SET TimeZone = 'UTC'")
        self.con.execute("SET preserve_insertion_order = false")
        self.statements: list[str] = []

    def table(self, sql: str, params: Mapping[str, Any] | None = None) -> pa.Table:
        self.statements.append(sql)
        return self.con.sql(sql, params=dict(params) if params else None).to_arrow_table()

    def register(self, view: str, rows: pa.Table) -> None:
        self.con.register(view, rows)

    def run(self, sql: str, params: Mapping[str, Any] | None = None) -> None:
        self.statements.append(sql)
        self.con.execute(sql, dict(params) if params else None)


@pytest.fixture
def engine() -> Iterator[TestEngine]:
    made = TestEngine()
    yield made
    made.con.close()
