"""Proofs of single posts: some fields disclosed, the others withheld, the leaf shown to be in the signed log."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tocsin.archive import merkle, notes
from tocsin.archive.chunks import record_bytes
from tocsin.archive.commitments import (
    SALT_BYTES,
    commitment_root,
    field_commitment,
    field_commitments,
    field_salt,
    posted_at_text,
)  # fmt: skip
from tocsin.archive.keys import desk_info
from tocsin.archive.sealing import Sealer
from tocsin.archive.secret_files import secret_files
from tocsin.archive.strict import base64_bytes, base64_text, statement
from tocsin.archive.tables import Snapshot, snapshot
from tocsin.archive.tiles import Log
from tocsin.records.errors import EvidenceError, TocsinInputError
from tocsin.records.evidence import COMMITTED_FIELDS, QuoteProof

_COLUMNS = [
    "leaf_index", "source", "post_id", "account_id", "channel_id", "posted_at", "text", "kind", "capture_id",
    "record_offset", "record_length", "pointer",
]  # fmt: skip


def quote_proof(
    folder: Path, sealer: Sealer | None, leaf_index: int, disclose: Sequence[str] = ("text", "posted_at")
) -> QuoteProof:
    """The proof of one archived post that discloses some of its fields and withholds the others.

    Needs the desk's sealer: the withheld fields are computed anew from the names and the original bytes.

    Raises TocsinInputError for an unknown field or leaf; EvidenceError where the desk does not agree with its log.
    """
    unknown = sorted(set(disclose) - set(COMMITTED_FIELDS))
    if unknown:
        raise TocsinInputError("no such field: " + ", ".join(unknown), expected=", ".join(COMMITTED_FIELDS))
    here = snapshot(folder, sealer)
    values = _values_of(here, leaf_index)
    secret = _secret(folder, leaf_index)
    if secret is None:
        raise EvidenceError(f"leaf {leaf_index} has no secret (erased): nothing of it can be disclosed")
    commitments = dict(zip(COMMITTED_FIELDS, field_commitments(secret, values), strict=True))
    log = Log(folder / "log", here.log_size)
    proof = QuoteProof(
        leaf_index=leaf_index,
        disclosed={
            name: (value, base64_text(field_salt(secret, name)))
            for name, value in zip(COMMITTED_FIELDS, values, strict=True)
            if name in disclose
        },
        withheld={name: base64_text(each) for name, each in commitments.items() if name not in disclose},
        entry=log.entry(leaf_index).decode("ascii"),
        inclusion=tuple(base64_text(each) for each in merkle.inclusion_proof(log.node(), leaf_index, log.size)),
        checkpoint=here.manifest.checkpoint,
    )
    check_quote_proof(proof, desk_info(folder).vkey)
    return proof


def check_quote_proof(proof: QuoteProof, vkey: str) -> dict[str, str]:
    """The disclosed values, once every part of the proof was checked.

    1. The checkpoint is signed by the key. 2. The entry is a post's statement in its one spelling. 3. The disclosed
    and withheld fields are all fields, each once. 4. Their commitments give the root in the entry. 5. The entry is in
    the log of the checkpoint, at its place. Raises EvidenceError at the first that fails.
    """
    checkpoint = notes.opened_checkpoint(proof.checkpoint, notes.verifier(vkey))  # 1
    try:
        entry = proof.entry.encode("ascii")
    except UnicodeEncodeError as error:
        raise EvidenceError("quote proof: the entry is not ASCII") from error
    body = statement(entry, "quote proof: the entry")  # 2
    if body.get("type") != "post" or body.get("v") != 1 or not isinstance(body.get("root"), str):
        raise EvidenceError("quote proof: the entry is not a post's", expected='"type":"post","v":1')
    names = [*proof.disclosed, *proof.withheld]
    if sorted(names) != sorted(COMMITTED_FIELDS):  # 3
        raise EvidenceError("quote proof: not every field once", expected=", ".join(COMMITTED_FIELDS))
    fields = [_field(proof, name) for name in COMMITTED_FIELDS]
    if commitment_root(fields) != base64_bytes(str(body["root"]), "quote proof: the entry's root", 32):  # 4
        raise EvidenceError("quote proof: the disclosed values are not those that were archived")
    path = [base64_bytes(each, "quote proof: a hash", 32) for each in proof.inclusion]
    merkle.check_inclusion(merkle.leaf_hash(entry), proof.leaf_index, checkpoint.size, path, checkpoint.root)  # 5
    return {name: value for name, (value, _) in proof.disclosed.items()}


def _field(proof: QuoteProof, name: str) -> bytes:
    if name in proof.withheld:
        return base64_bytes(proof.withheld[name], f"quote proof: {name}", 32)
    value, salt = proof.disclosed[name]
    try:
        return field_commitment(base64_bytes(salt, f"quote proof: salt of {name}", SALT_BYTES), name, value)
    except UnicodeEncodeError as error:
        raise EvidenceError(f"quote proof: {name} is not Unicode text") from error


def leaf_of_post(folder: Path, post_id: str) -> int:
    """The leaf of the last version of a post, by its pseudonym. Raises TocsinInputError where the desk has none."""
    last = -1
    for batch in snapshot(folder).batches("posts", ["post_id", "leaf_index"], 1 << 17):
        found = batch.filter(pc.equal(batch["post_id"], post_id))
        if found.num_rows:
            last = max(last, pc.max(found["leaf_index"]).as_py())
    if last < 0:
        raise TocsinInputError("no such post on this desk", expected="the id of a post, or its place in the log")
    return last


def _secret(folder: Path, leaf_index: int) -> bytes | None:
    """The secret of one leaf, None where it was erased. The other lines of its file are not read: at 65,000 of them
    that would be most of the time a proof takes."""
    known = [(path, first) for path, first in secret_files(folder) if first <= leaf_index]
    if not known:
        raise EvidenceError(f"the secret of leaf {leaf_index} is missing")
    path, first = known[-1]
    raw, unpacker = path.read_bytes(), zlib.decompressobj()
    if path.name.split(".")[1] != f"{zlib.crc32(raw):08x}":
        raise EvidenceError(f"secrets/{path.name} is damaged", expected="the CRC-32 in its name")
    lines = unpacker.decompress(raw, 1 << 28).split(b"\n", leaf_index - first + 1)[:-1]
    line = lines[-1] if len(lines) == leaf_index - first + 1 else b""
    if line != b"null" and re.fullmatch(rb'"[0-9a-f]{32}"', line) is None:
        raise EvidenceError(f"secrets/{path.name} is damaged, or ends before leaf {leaf_index}")
    return None if line == b"null" else bytes.fromhex(line.decode().strip('"'))


def _values_of(here: Snapshot, leaf_index: int) -> tuple[str, ...]:
    """The committed values of a post, from the tables and its bytes."""
    generation, row = _row(here, leaf_index)
    behind = _platform_ids(here, {row["post_id"], row["account_id"], row["channel_id"]} - {None}, generation)
    record = record_bytes(here.folder, here.sealer, row["capture_id"], row["record_offset"], row["record_length"])
    channel = behind.get(row["channel_id"], "") if row["channel_id"] else ""
    return (
        row["source"], behind.get(row["post_id"], ""), behind.get(row["account_id"], ""), channel,
        posted_at_text(row["posted_at"]), row["text"], row["kind"], sha256(record).hexdigest(), row["pointer"],
    )  # fmt: skip


def _platform_ids(here: Snapshot, pseudonyms: set[str], generation: int) -> dict[str, str]:
    """The platform ids behind pseudonyms. A name is written with the first post that brings it: the commit of the
    post is looked at first, then those before it, and no further than needed."""
    found: dict[str, str] = {}
    wanted = pa.array(sorted(pseudonyms), pa.string())
    order = sorted(here.manifest.tables["names"], key=lambda each: (each.generation > generation, -each.generation))
    for each in order:
        if len(found) == len(pseudonyms):
            break
        one = replace(here, manifest=replace(here.manifest, tables={**here.manifest.tables, "names": (each,)}))
        for batch in one.batches("names", ["pseudonym", "platform_id"], 1 << 17):
            rows = batch.filter(pc.is_in(batch["pseudonym"], value_set=wanted))
            found.update(zip(rows["pseudonym"].to_pylist(), rows["platform_id"].to_pylist(), strict=True))
    return found


def _row(here: Snapshot, leaf_index: int) -> tuple[int, dict[str, Any]]:
    """The generation whose commit wrote a post, and its row. Raises TocsinInputError where the leaf is no post."""
    for each, path in zip(here.manifest.tables["posts"], here.files("posts"), strict=True):
        with pq.ParquetFile(path) as file:
            for group in range(file.num_row_groups):
                bounds = file.metadata.row_group(group).column(0).statistics
                if bounds is not None and bounds.has_min_max and not bounds.min <= leaf_index <= bounds.max:
                    continue
                rows = file.read_row_group(group, columns=_COLUMNS)
                found = rows.filter(pc.equal(rows["leaf_index"], leaf_index)).to_pylist()
                if found:
                    return each.generation, dict(found[0])
    raise TocsinInputError(f"leaf {leaf_index} is no post of this desk")


def check_checkpoint(note: str, vkey: str) -> None:
    """Nothing; raises EvidenceError unless the note is a checkpoint signed by the key."""
    notes.opened_checkpoint(note, notes.verifier(vkey))
