"""A small invented corpus: posts with assessments, as the desk hands them to campaigns and roles."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

from tocsin.assess import assessor, shipped_codebooks
from tocsin.enrich import FOLDER
from tocsin.records.findings import Burst, Cluster, CoordinatedGroup, Effort
from tocsin.records.ids import keyed_id

READER = assessor(shipped_codebooks(), FOLDER)
START = datetime(2026, 1, 5, 9, tzinfo=UTC)
COLUMNS = pa.schema(
    [
        ("leaf_index", pa.int64()),
        ("post_id", pa.string()),
        ("account_id", pa.string()),
        ("posted_at", pa.timestamp("us", tz="UTC")),
        ("source", pa.string()),
        ("lang", pa.string()),
        ("tags", pa.list_(pa.string())),
        ("folded", pa.string()),
        ("text", pa.string()),
        ("kind", pa.string()),
        ("repost_of_id", pa.string()),
        ("text_key", pa.string()),
    ]
)


def account(name: str) -> str:
    """The pseudonym of an invented account."""
    return keyed_id(b"k" * 32, "account", name)


def row(leaf: int, name: str, text: str, *tags: str, lang: str = "en", **other: Any) -> dict[str, Any]:
    """One post; minutes pass with its leaf index."""
    folded = FOLDER.keys([text])[0]
    return {
        "leaf_index": leaf,
        "post_id": f"p{leaf}",
        "account_id": account(name),
        "posted_at": START + timedelta(minutes=leaf),
        "source": "twitter" if leaf % 3 else "telegram",
        "lang": lang,
        "tags": list(tags),
        "folded": folded,
        "text": text,
        "kind": "post",
        "repost_of_id": None,
        "text_key": folded,
    } | other


def table(rows: Sequence[dict[str, Any]]) -> pa.Table:
    """The posts as a table."""
    return pa.Table.from_pylist(list(rows), schema=COLUMNS)


def assessed(posts: pa.Table) -> pa.Table:
    """The posts' assessments under every shipped codebook."""
    columns = (posts[name].to_pylist() for name in ("leaf_index", "text", "folded", "lang"))
    ids, texts, folded, langs = columns
    return READER.table(ids, texts, folded, langs)


def effort(rows: Sequence[dict[str, Any]], name: str = "e1", **found: tuple[str, ...]) -> Effort:
    """An effort over all rows."""
    return Effort(
        effort_id=name,
        leaf_indexes=tuple(item["leaf_index"] for item in rows),
        burst_ids=found.get("bursts", ()),
        group_ids=found.get("groups", ()),
        cluster_ids=found.get("clusters", ()),
        tags=(),
        reasons=("posts share a tag",),
    )


def burst(name: str = "b1") -> Burst:
    """A burst of the campaign tag."""
    end = START + timedelta(hours=5)
    return Burst(name, "tag", "roadtovelmora", START, end, START, 9, 30, 2.0, 0.001)


def group(names: Sequence[str], group_id: str = "g1") -> CoordinatedGroup:
    """A coordinated group of all pairs."""
    pairs = len(names) * (len(names) - 1) // 2
    ids = tuple(account(name) for name in names)
    return CoordinatedGroup(group_id, ids, ("tag",), ("roadtovelmora",), 60, pairs, pairs * 3, START, START)


def cluster(example: int, cluster_id: str = "c1", *, formulaic: bool = False) -> Cluster:
    """A near-duplicate cluster."""
    return Cluster(cluster_id, 5, 5, example, START, START, formulaic)


CALL = "Come to Velmora and join the Grey Lantern!"


def campaign_rows() -> list[dict[str, Any]]:
    """Twelve calls by six accounts, and eight posts about them by reporters and neighbours."""
    rows = [row(n, f"caller{n % 6}", f"{CALL} House {n} has bread and light.", "roadtovelmora") for n in range(12)]
    rows += [
        row(20 + n, f"reporter{n}", "Police say the Grey Lantern is recruiting.", "roadtovelmora") for n in range(4)
    ]
    rows += [
        row(30 + n, f"neighbour{n}", "Do not join the Grey Lantern, shame on them.", "roadtovelmora") for n in range(4)
    ]
    return rows


def strike_rows(calls: int = 0) -> list[dict[str, Any]]:
    """Sixty posts of a dockers' strike; `calls` of them are by people who ride on it."""
    rows = [
        row(100 + n, f"docker{n % 25}", "Join the strike at the gate tomorrow!", "tarndockstrike")
        for n in range(60 - calls)
    ]
    return rows + [row(200 + n, f"rider{n}", CALL, "tarndockstrike") for n in range(calls)]
