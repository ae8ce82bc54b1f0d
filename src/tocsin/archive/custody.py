"""What happened to a piece of evidence: the statements about a post replayed, and their details, which lie sealed.

custody/<leaf>.json.sealed   what a statement's `detail` is the keyed digest of: a reason, a label, words that may name
                             a person. The key is the secret of the statement's leaf: erasing both leaves a statement
                             that confirms nothing.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tocsin.archive.sealing import ENDING, Sealer, needed
from tocsin.archive.strict import JsonValue, base64_text, statement
from tocsin.archive.tables import Snapshot
from tocsin.archive.tiles import Log
from tocsin.records.errors import EvidenceError

# Statements that speak of a post by its leaf.
OF_ONE_POST = ("viewed", "judged", "corrected", "exported")
_POST_ENDING = b'"type":"post","v":1}'


@dataclass(frozen=True, slots=True)
class Act:
    """One statement about a post: which leaf of the log, what, when, by whom, and its detail if it can be opened."""

    leaf_index: int
    kind: str
    at: str
    by: str
    body: Mapping[str, JsonValue]
    detail: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Custody:
    """What the log says of one post, in order, and the state that follows from it.

    `judgement` is the detail of the judgement in force: the last one that no later correction took back.
    """

    leaf_index: int
    acts: tuple[Act, ...]
    judgement: Mapping[str, JsonValue] | None
    erased: bool


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
        if not entry.endswith(_POST_ENDING):
            yield leaf_index, statement(entry, f"leaf {leaf_index}")


def custody_of(here: Snapshot, leaf_index: int, capture_id: str) -> Custody:
    """What the log says of the post at a leaf of a capture, replayed from its beginning."""
    acts: list[Act] = []
    judgements: dict[int, Mapping[str, JsonValue]] = {}
    erased = False
    for leaf, body in other_statements(here):
        kind = str(body.get("type"))
        leaves = body.get("leaves")
        of_it = body.get("leaf") == leaf_index and kind in OF_ONE_POST
        of_it |= kind in ("capture", "complete") and body.get("capture") == capture_id
        of_it |= isinstance(leaves, list) and leaf_index in leaves
        if not of_it:
            continue
        detail = opened_detail(here.folder, here.sealer, leaf) if "detail" in body else None
        acts.append(Act(leaf, kind, str(body.get("at")), str(body.get("by", "")), body, detail or {}))
        if kind == "judged":
            judgements[leaf] = detail or {}
        elif kind == "corrected" and isinstance(body.get("of"), int):
            judgements.pop(int(str(body["of"])), None)
            if detail and "label" in detail:
                judgements[leaf] = detail
        erased |= kind == "erased"
    in_force = judgements[max(judgements)] if judgements else None
    return Custody(leaf_index, tuple(acts), in_force, erased)
