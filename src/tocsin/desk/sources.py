"""sources: what can be read, from the manifests of the readers."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from tocsin.collect import sources_table


def sources() -> list[dict[str, Any]]:
    """One row a format: what it gives, what it cannot, how it expresses times, who may have read it."""
    return [asdict(manifest) for manifest in sources_table()]
