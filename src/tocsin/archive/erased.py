"""What the log says was erased, for those who read a desk or check it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tocsin.archive.custody import other_statements
from tocsin.archive.strict import JsonValue
from tocsin.archive.tables import Snapshot
from tocsin.records.errors import EvidenceError


@dataclass(frozen=True, slots=True)
class Erasures:
    """Erased leaves, leaves whose originals went with them, and the CRC-32 of blanked chunks by address.

    `orders` maps an erased leaf to the number of its order.
    """

    orders: Mapping[int, int] = field(default_factory=dict)
    lost: frozenset[int] = frozenset()
    chunks: Mapping[str, int] = field(default_factory=dict)


def erasures_of(here: Snapshot) -> Erasures:
    """All erasures of a log. Raises EvidenceError where a statement is malformed or the orders do not run on."""
    orders: dict[int, int] = {}
    lost: set[int] = set()
    chunks: dict[str, int] = {}
    last = 0
    for leaf, body in other_statements(here) if here.manifest.erasures else ():
        if body.get("type") != "erased":
            continue
        order = body.get("order")
        if not isinstance(order, int) or order not in (last, last + 1) or body.get("v") != 1:
            raise EvidenceError(f"leaf {leaf}: the orders of erasure do not run on", expected=str(last + 1))
        last = order
        orders.update(dict.fromkeys(_leaves(body, "leaves", leaf), order))
        lost.update(_leaves(body, "lost", leaf))
        chunks.update(_chunks(body, leaf))
    if last != here.manifest.erasures:
        raise EvidenceError("the log and the manifest speak of different erasures", expected=str(last))
    return Erasures(orders, frozenset(lost - orders.keys()), chunks)


def _leaves(body: Mapping[str, JsonValue], name: str, leaf: int) -> list[int]:
    found = body.get(name, [])
    if not isinstance(found, list) or not all(isinstance(each, int) for each in found):
        raise EvidenceError(f"leaf {leaf}: {name} is no list of leaves")
    return [each for each in found if isinstance(each, int)]


def _chunks(body: Mapping[str, JsonValue], leaf: int) -> dict[str, int]:
    found = body.get("chunks", [])
    pairs: dict[str, int] = {}
    for pair in found if isinstance(found, list) else []:
        if not isinstance(pair, list) or len(pair) != 2 or not isinstance(pair[1], int):
            raise EvidenceError(f"leaf {leaf}: chunks is no list of pairs", expected="[address, CRC-32]")
        pairs[str(pair[0])] = pair[1]
    return pairs
