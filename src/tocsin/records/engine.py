"""What detection needs of a query engine; the desk opens a real one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import pyarrow as pa


class Engine(Protocol):
    """Runs SQL written once in DuckDB's dialect; other engines transpile it (docs/decisions/0003)."""

    name: str

    def table(self, sql: str, params: Mapping[str, Any] | None = None) -> pa.Table:
        """Rows of a SELECT. `params` are named, written `$name` in the SQL."""
        ...

    def register(self, view: str, rows: pa.Table) -> None:
        """Make an Arrow table readable under `view` (replaces a previous one)."""
        ...

    def run(self, sql: str, params: Mapping[str, Any] | None = None) -> None:
        """Run a statement that gives no rows (create a temporary table or view)."""
        ...
