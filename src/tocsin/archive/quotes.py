"""Proofs of single posts: some fields disclosed, the others withheld, the leaf shown to be in the signed log."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

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
from tocsin.archive.names import unmasked
from tocsin.archive.sealing import Sealer
from tocsin.archive.secret_files import Secrets
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
    secret = Secrets(folder).of(leaf_index)
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


def _values_of(here: Snapshot, leaf_index: int) -> tuple[str, ...]:
    """The committed values of a post, from the tables and its bytes."""
    row = _row(here, leaf_index)
    behind = {
        each["pseudonym"]: each["platform_id"]
        for each in unmasked(here, [row["post_id"], row["account_id"], row["channel_id"] or ""]).to_pylist()
    }
    record = record_bytes(here.folder, here.sealer, row["capture_id"], row["record_offset"], row["record_length"])
    channel = behind.get(row["channel_id"], "") if row["channel_id"] else ""
    return (
        row["source"], behind.get(row["post_id"], ""), behind.get(row["account_id"], ""), channel,
        posted_at_text(row["posted_at"]), row["text"], row["kind"], sha256(record).hexdigest(), row["pointer"],
    )  # fmt: skip


def _row(here: Snapshot, leaf_index: int) -> dict[str, Any]:
    for path in here.files("posts"):
        with pq.ParquetFile(path) as file:
            for group in range(file.num_row_groups):
                bounds = file.metadata.row_group(group).column(0).statistics
                if bounds is not None and bounds.has_min_max and not bounds.min <= leaf_index <= bounds.max:
                    continue
                rows = file.read_row_group(group, columns=_COLUMNS)
                found = rows.filter(pc.equal(rows["leaf_index"], leaf_index)).to_pylist()
                if found:
                    return dict(found[0])
    raise TocsinInputError(f"leaf {leaf_index} is no post of this desk")


def check_checkpoint(note: str, vkey: str) -> None:
    """Nothing; raises EvidenceError unless the note is a checkpoint signed by the key."""
    notes.opened_checkpoint(note, notes.verifier(vkey))
