"""Erasure: bytes, secrets and derived rows go; the log stays whole and says "erased, order N".

    {"type":"erased","v":1,"order":N,"part":1,"parts":1,"leaves":[...],"lost":[...],"chunks":[[address,crc],...],
     "tables":[[generation,digest],...],"detail":...}

`leaves` are the erased posts. `lost` are posts that shared a record with one (a page of a timeline): their rows stay,
the original bytes behind them went too. `chunks` are the blocks written anew with the record blanked by spaces, with
the CRC-32 of the new file. `tables` see replaced_tables.py. The reason lies sealed as the statement's detail.

The states of an erasure, and no others:

    begun        `erasing` names the files to be made and the files to go; some of the first are in place
    acknowledged the statement is in the log and the manifest names the new files (one commit, as recovery.py has it)
    done         the old files are gone, then `erasing`

After a crash, at the next open: begun -> gone (what was made is removed), acknowledged -> done.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from tocsin.archive import batches
from tocsin.archive.chunks import (
    COMPRESSION_LEVEL,
    Place,
    blanked,
    blanked_path,
    capture_file,
    chunk_bytes,
    kept_chunk_path,
)
from tocsin.archive.committer import Committer
from tocsin.archive.custody import detail_path, other_statements
from tocsin.archive.recovery import ERASING, manifest_path, settle_erasure
from tocsin.archive.replaced_tables import in_statements
from tocsin.archive.secret_files import Secrets, packed_secrets, secret_files, secrets_path, unpacked_secrets
from tocsin.archive.strict import JsonValue
from tocsin.archive.tables import Snapshot, TableFile, rewritten_file
from tocsin.records.errors import EvidenceError, TocsinInputError

_LEAVES_A_PART, _CHUNKS_A_PART = 2000, 400


@dataclass(frozen=True, slots=True)
class ErasurePlan:
    """What an order erases. `ranges` are (offset, length) of records in each capture, stored or duplicate."""

    leaves: tuple[int, ...]
    post_ids: frozenset[str]
    ranges: Mapping[str, Sequence[tuple[int, int]]]
    names: frozenset[str]  # pseudonyms whose rows leave the names table
    lost: tuple[int, ...] = ()
    derived: tuple[str, ...] = ()  # files under the desk folder that show what is erased: findings, reports


@dataclass(frozen=True, slots=True)
class Erased:
    """What was erased."""

    order: int
    leaves: int
    lost: int
    chunks: int
    files_removed: int


@dataclass
class _Work:
    """New files to make (path under the desk folder to bytes), old ones to remove, and what the statement says."""

    made: dict[str, bytes] = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)
    chunks: list[JsonValue] = field(default_factory=list)
    digests: dict[int, str] = field(default_factory=dict)
    tables: dict[str, tuple[TableFile, ...]] = field(default_factory=dict)


def erase(committer: Committer, plan: ErasurePlan, detail: Mapping[str, JsonValue]) -> Erased:
    """What was erased, once no file of the desk holds it any more; `detail` is the order: by whom, why, its reference.

    Raises TocsinInputError for a plan without posts.
    """
    if not plan.leaves:
        raise TocsinInputError("there is nothing to erase", expected="at least one stored post")
    here = committer.snapshot()
    order = here.manifest.erasures + 1
    details = _details_of(here, set(plan.leaves))
    work = _Work()
    _blank_chunks(here, plan, order, work)
    _null_secrets(here.folder, {*plan.leaves, *details}, order, work)
    _thin_tables(here, plan, order, work)
    work.gone += [detail_path(leaf) for leaf in details if (here.folder / detail_path(leaf)).exists()]
    work.gone += [path for path in plan.derived if (here.folder / path).exists()]
    work.gone += [str(path.relative_to(here.folder)) for path in (here.folder / "index").glob("*.*")]
    work.gone += [manifest_path(each) for each in range(1, here.generation + 1)]
    committer.disk.publish(here.folder / ERASING, _marker(order, work))
    tombstones = _tombstones(committer, plan, order)
    committer.commit_erasure(
        statements=_statements(order, plan, work),
        detail={**detail, "tombstones": tombstones["tombstone"].to_pylist()},  # a rebuild has nowhere else to look
        files=work.made,
        tables=work.tables,
        tombstones=tombstones,
        order=order,
    )
    settle_erasure(here.folder, committer.disk, order)
    return Erased(order, len(plan.leaves), len(plan.lost), len(work.chunks), len(work.gone))


def _details_of(here: Snapshot, leaves: set[int]) -> list[int]:
    """Leaves of statements about these posts whose details may name what is erased."""
    return [leaf for leaf, body in other_statements(here) if body.get("leaf") in leaves and "detail" in body]


def _blank_chunks(here: Snapshot, plan: ErasurePlan, order: int, work: _Work) -> None:
    blocks: dict[str, tuple[Place, bytearray]] = {}
    for capture_id, ranges in plan.ranges.items():
        places = capture_file(here.folder, capture_id).places
        for offset, length in ranges:
            for place in places:
                start, end = max(offset, place.offset), min(offset + length, place.offset + place.size_bytes)
                if start < end:
                    if place.address not in blocks:
                        content = chunk_bytes(here.folder, place, here.sealer, capture_id)
                        blocks[place.address] = (place, bytearray(content))
                    data = blocks[place.address][1]
                    low, high = start - place.offset, end - place.offset
                    data[low:high] = blanked(data[low:high])
    for address, (place, data) in blocks.items():
        path = blanked_path(address, order)
        assert here.sealer is not None
        raw = here.sealer.sealed(zlib.compress(bytes(data), COMPRESSION_LEVEL), path)
        work.made[path] = raw
        work.gone.append(kept_chunk_path(here.folder, place.address))
        work.chunks.append([address, zlib.crc32(raw)])


def _null_secrets(folder: Path, leaves: set[int], order: int, work: _Work) -> None:
    for path, first in secret_files(folder):
        secrets = unpacked_secrets(path.read_bytes(), f"secrets/{path.name}")
        hit = [at for at, secret in enumerate(secrets) if secret is not None and first + at in leaves]
        if hit:
            for at in hit:
                secrets[at] = None
            packed = packed_secrets(secrets, b"", [])
            work.made[secrets_path(first, packed, order)] = packed
            work.gone.append(f"secrets/{path.name}")


def _thin_tables(here: Snapshot, plan: ErasurePlan, order: int, work: _Work) -> None:
    """Posts and names without the erased rows; the digests of the generations whose files changed."""
    leaves, names = pa.array(plan.leaves, pa.int64()), pa.array(sorted(plan.names), pa.string())
    touched: set[int] = set()
    for table, column, unwanted in (("posts", "leaf_index", leaves), ("names", "pseudonym", names)):
        kept: list[TableFile] = []
        for each in here.manifest.tables[table]:
            rows = here.read_file(table, each)
            mask = pc.is_in(rows[column], value_set=unwanted)
            if not pc.any(mask).as_py():
                kept.append(each)
                continue
            touched.add(each.generation)
            work.gone.append(f"tables/{each.path}")
            rows = rows.filter(pc.invert(mask))
            if rows.num_rows:
                made, data = rewritten_file(table, each.generation, order, rows, here.sealer)
                work.made[f"tables/{made.path}"] = bytes(data)
                kept.append(made)
        work.tables[table] = tuple(kept)
    tables = {**here.manifest.tables, **work.tables}
    secrets = _table_secrets(here, touched)
    for generation in touched:
        files = {name: each for name, held in tables.items() for each in held if each.generation == generation}
        work.digests[generation] = batches.tables_digest(secrets[generation], files)


def _table_secrets(here: Snapshot, generations: set[int]) -> dict[int, bytes]:
    """The secret of the `tables` statement of each generation."""
    held, found = Secrets(here.folder), {}
    for leaf, body in other_statements(here):
        generation = body.get("generation")
        if body.get("type") == "tables" and isinstance(generation, int) and generation in generations:
            secret = held.of(leaf)
            if secret is None:
                raise EvidenceError(f"leaf {leaf}: its secret is missing")
            found[generation] = secret
    return found


def _tombstones(committer: Committer, plan: ErasurePlan, order: int) -> pa.Table:
    make = committer.keys.pseudonyms.maker("tombstone")
    marks = sorted(make(post_id) for post_id in plan.post_ids)
    return pa.table({"tombstone": marks, "order": pa.array([order] * len(marks), pa.int64())})


def _statements(order: int, plan: ErasurePlan, work: _Work) -> list[dict[str, JsonValue]]:
    members: list[tuple[str, list[list[JsonValue]]]] = [
        ("leaves", _sliced(sorted(plan.leaves), _LEAVES_A_PART)),
        ("lost", _sliced(sorted(plan.lost), _LEAVES_A_PART)),
        ("chunks", _sliced(work.chunks, _CHUNKS_A_PART)),
        ("tables", in_statements(work.digests)),
    ]
    parts: list[tuple[str, list[JsonValue]]] = [(name, some) for name, every in members for some in every if some]
    return [
        {"type": "erased", "v": 1, "order": order, "part": number, "parts": len(parts), name: some}
        for number, (name, some) in enumerate(parts, 1)
    ]


def _sliced(values: Iterable[JsonValue], size: int) -> list[list[JsonValue]]:
    every = list(values)
    return [every[at : at + size] for at in range(0, len(every), size)]


def _marker(order: int, work: _Work) -> bytes:
    return json.dumps({"order": order, "made": sorted(work.made), "gone": sorted(work.gone)}).encode() + b"\n"
