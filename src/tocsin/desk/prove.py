"""prove: one post of the desk as a bundle that an outsider can check, disclosing what was asked for and no more."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tocsin.archive import desk_info, load_keys, quote_proof, snapshot
from tocsin.archive.proof_bundle import earliest_timestamp, proof_bundle
from tocsin.archive.quotes import leaf_of_post
from tocsin.desk.acts import checked_reason
from tocsin.desk.exported import write_exported
from tocsin.desk.place import Desk
from tocsin.desk.progress import Progress
from tocsin.desk.write_file import check_writable
from tocsin.records.errors import TocsinInputError
from tocsin.records.evidence import COMMITTED_FIELDS
from tocsin.records.posts import POSTS

_AUDIENCES = pa.schema([POSTS.field("leaf_index"), POSTS.field("audience")])
USUAL = ("text", "posted_at")
# What says who wrote a post, or lets somebody find it: never disclosed unless it is named.
TELLING = ("account", "channel", "post", "pointer", "record_sha256")


def prove(
    desk: Desk,
    post: str,
    output: Path,
    *,
    disclose: Sequence[str] = USUAL,
    private_ok: str | None = None,
    progress: Progress,
) -> dict[str, Any]:
    """What was written, and stated in the log. `post` is a post's pseudonym (its last version is meant) or its place in
    the log. Of a private or limited post a proof needs the reason `private_ok`.

    Raises TocsinInputError for an unknown post or field, without the desk's keys, or where `output` cannot be written;
    EvidenceError where the desk does not agree with its log.
    """
    unknown = sorted(set(disclose) - set(COMMITTED_FIELDS))
    if unknown:
        raise TocsinInputError("no such field: " + ", ".join(unknown), expected=", ".join(COMMITTED_FIELDS))
    check_writable(output)
    keys = load_keys(desk.folder, desk.keys_folder)
    leaf_index = int(post) if post.isascii() and post.isdecimal() else leaf_of_post(desk.folder, post)
    _check_public(desk, leaf_index, private_ok)
    proof = quote_proof(desk.folder, keys.sealer, leaf_index, tuple(disclose))
    telling = sorted(set(disclose) & set(TELLING))
    if telling:
        progress.note(
            f"Warning: the proof discloses {', '.join(telling)}. That names the author or leads to the post, and "
            "cannot be taken back once the file is given away."
        )
    if "text" in disclose:
        progress.note("The text is disclosed as archived, not redacted: read it for names before you give it away.")
    stamped = earliest_timestamp(desk.folder, leaf_index)
    vkeys = [each.vkey for each in desk_info(desk.folder).verifiers]
    write_exported(desk, "proof", output, proof_bundle(proof, vkeys, stamped), [leaf_index], reason=private_ok)
    return {
        "file": output,
        "leaf": leaf_index,
        "log_size": int(proof.checkpoint.split("\n")[1]),
        "disclosed": sorted(proof.disclosed),
        "withheld": sorted(proof.withheld),
        "timestamped_at": stamped.signed_at if stamped else None,
        "vkey": vkeys[0],
    }


def _check_public(desk: Desk, leaf_index: int, private_ok: str | None) -> None:
    if private_ok is not None:
        checked_reason(private_ok)
        return
    rows = pa.Table.from_batches(snapshot(desk.folder).batches("posts", ["leaf_index", "audience"]), _AUDIENCES)
    audiences = rows.filter(pc.equal(rows["leaf_index"], leaf_index))["audience"].to_pylist()
    if audiences and audiences[0] in ("private", "limited"):
        raise TocsinInputError(
            f"the post at leaf {leaf_index} was not public: a proof would take it out of the desk",
            next_step='say why that is right: --private-ok "..."',
        )


def prove_summary(done: dict[str, Any]) -> list[str]:
    """What to tell whoever asked for the proof."""
    since = (
        f"an authority timestamped the log on {done['timestamped_at']}, with this post in it"
        if done["timestamped_at"]
        else "no outside timestamp covers it yet (tocsin timestamp)"
    )
    return [
        f"Proof of log entry {done['leaf']:,} written to {done['file']}; it discloses "
        f"{', '.join(done['disclosed']) or 'nothing'}; {since}.",
        "It proves that the post is unchanged, and was not removed, since the time that README.txt names; not that a "
        "platform served it.",
        f"Whoever gets it needs your verifier key, by another way: {done['vkey']}",
    ]
