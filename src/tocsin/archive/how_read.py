"""How a capture was read: what its file and its sealed detail say, so that it can be read again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tocsin.archive.capture import Capture
from tocsin.archive.custody import opened_detail, other_statements
from tocsin.archive.strict import JsonValue
from tocsin.archive.tables import Snapshot
from tocsin.records.errors import EvidenceError
from tocsin.records.posts import CaptureNote


def how_read(capture: Capture, context: str | None) -> dict[str, JsonValue] | None:
    """The detail of a capture's first statement, None where no context is known. It may name persons: it is sealed."""
    if context is None:
        return None
    return {"file_name": capture.file_name, "query": capture.query, "context": context}


def detail_of_capture(here: Snapshot, capture_id: str) -> Mapping[str, JsonValue]:
    """What `how_read` gave for a capture, empty where nothing was kept or it was erased.

    Raises TocsinInputError without the keys.
    """
    for leaf, body in other_statements(here):
        if body.get("type") == "capture" and body.get("capture") == capture_id:
            return (opened_detail(here.folder, here.sealer, leaf) if "detail" in body else None) or {}
    return {}


def noted(head: Mapping[str, Any]) -> CaptureNote:
    """The note in a capture's header line. Raises EvidenceError where it is malformed."""
    try:
        at = head["collected_at"]
        collected_at = datetime.fromisoformat(at) if at else None
        return CaptureNote(str(head["source"]), head["query"], head["method"], collected_at, tuple(head["gone"]))
    except (LookupError, ValueError, TypeError) as error:
        raise EvidenceError("the first line of a capture's file is malformed") from error
