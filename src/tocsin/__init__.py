"""Tocsin: a folder of exports in, a cited campaign report out.

In a notebook each step works over Arrow, pandas or Polars tables: `read_exports`, `bursts`, `coordination`,
`clusters`, `assessments`, and `posts` for what a desk holds. The commands are functions of `tocsin.desk`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tocsin.desk.notebook import assessments, bursts, clusters, coordination, posts, read_exports

__version__ = "0.1.0"
__all__ = ["assessments", "bursts", "clusters", "coordination", "posts", "read_exports"]


def __getattr__(name: str) -> Any:
    # Only on asking: the command line and every room import this package, and the notebook imports every room.
    if name in __all__:
        from tocsin.desk import notebook

        return getattr(notebook, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
