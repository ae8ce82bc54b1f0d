"""What is said of evidence: statements that are not a post's own, and their details, which lie sealed.

custody/<leaf>.json.sealed   what a statement's `detail` is the keyed digest of: a reason, a label, words that may name
                             a person. The key is the secret of the statement's leaf: erasing both leaves a statement
                             that confirms nothing.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from tocsin.archive.sealing import ENDING, Sealer, needed
from tocsin.archive.strict import JsonValue, base64_text, statement
from tocsin.archive.tables import Snapshot
from tocsin.archive.tiles import Log
from tocsin.records.errors import EvidenceError

# Statements that speak of a post by its leaf.
OF_ONE_POST = ("viewed", "judged", "corrected", "exported")
POST_ENDING = b'"type":"post","v":1}'


def detail_path(leaf_index: int) -> str:
    """Where the detail of a statement lies under the desk folder."""
    return f"custody/{leaf_index:012d}.json{ENDING}"


def detail_bytes(detail: Mapping[str, JsonValue]) -> bytes:
    """A detail as its digest covers it: UTF-8 JSON, keys in order."""
    return json.dumps(detail, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode("utf-8", "replace")


def detail_digest(secret: bytes | None, detail: Mapping[str, JsonValue] | None) -> dict[str, JsonValue]:
    """The member `detail` of a statement, none where there is no detail."""
    if secret is None or detail is None:
        return {}
    return {"detail": base64_text(hmac.digest(secret, detail_bytes(detail), "sha256"))}


def sealed_detail(sealer: Sealer, leaf_index: int, detail: Mapping[str, JsonValue]) -> tuple[str, bytes]:
    """The path and the bytes of a detail's file."""
    path = detail_path(leaf_index)
    return path, sealer.sealed(detail_bytes(detail), path)


def opened_detail(folder: Path, sealer: Sealer | None, leaf_index: int) -> dict[str, JsonValue] | None:
    """The detail of a statement, None where its file is gone (erased).

    Raises EvidenceError where it is damaged, TocsinInputError without the keys.
    """
    path = detail_path(leaf_index)
    try:
        raw = (folder / path).read_bytes()
    except FileNotFoundError:
        return None
    try:
        detail = json.loads(needed(sealer, "the details of statements").opened(raw, path))
        return dict(detail)
    except (ValueError, TypeError, RecursionError) as error:
        raise EvidenceError(f"{path} is damaged", expected="a JSON object") from error


def other_statements(here: Snapshot) -> Iterator[tuple[int, dict[str, JsonValue]]]:
    """(leaf, statement) of every entry that is not a post's, in order."""
    for leaf_index, entry in Log(here.folder / "log", here.log_size).all_entries():
        if not entry.endswith(POST_ENDING):
            yield leaf_index, statement(entry, f"leaf {leaf_index}")
