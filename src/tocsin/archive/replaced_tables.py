"""Digests of table files that later statements put in the place of earlier ones.

A commit's `tables` statement is a keyed digest of the table files it added. Files are written anew where something is
erased and where the tables are rebuilt from captures and log; then the log says so:

    {"type":"erased" | "rebuilt","v":1,...,"tables":[[generation,digest],...]}

`digest` is what `batches.tables_digest` gives of the generation's new files, under the secret of the leaf of that
generation's own `tables` statement. The last statement wins.
"""

from __future__ import annotations

from collections.abc import Mapping

from tocsin.archive.custody import other_statements
from tocsin.archive.strict import JsonValue, base64_bytes
from tocsin.archive.tables import Snapshot
from tocsin.records.errors import EvidenceError

REPLACING = ("erased", "rebuilt")
MOST_PAIRS = 900  # of them in one statement: an entry is at most 65,535 bytes, a pair at most 64


def replaced_digests(here: Snapshot) -> dict[int, str]:
    """The digest in force (base64) of every generation whose table files were written anew.

    Raises EvidenceError where such a statement is malformed.
    """
    found: dict[int, str] = {}
    for leaf_index, body in other_statements(here):
        if body.get("type") in REPLACING:
            found.update(replacements(body, f"leaf {leaf_index}"))
    return found


def replacements(body: Mapping[str, JsonValue], what: str) -> dict[int, str]:
    """The digests that one `erased` or `rebuilt` statement gives, by generation. Raises EvidenceError if malformed."""
    pairs = body.get("tables", [])
    if body.get("v") != 1:
        raise EvidenceError(f"{what} is of a version this Tocsin does not know", expected="1")
    if not isinstance(pairs, list):
        raise EvidenceError(f"{what}: tables is no list")
    return dict(_pair(pair, what) for pair in pairs)


def in_statements(digests: Mapping[int, str]) -> list[list[JsonValue]]:
    """The `tables` members, each short enough for one statement, that name these digests; at least one."""
    pairs: list[JsonValue] = [[generation, digests[generation]] for generation in sorted(digests)]
    return [pairs[at : at + MOST_PAIRS] for at in range(0, len(pairs), MOST_PAIRS)] or [[]]


def _pair(pair: JsonValue, what: str) -> tuple[int, str]:
    generation, digest = pair if isinstance(pair, list) and len(pair) == 2 else (0, "")
    if not isinstance(generation, int) or isinstance(generation, bool) or generation < 1 or not isinstance(digest, str):
        raise EvidenceError(f"{what}: tables is no list of pairs", expected="[generation, digest]")
    base64_bytes(digest, f"{what}: digest", 32)
    return generation, digest
