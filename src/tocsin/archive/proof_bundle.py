"""A proof of one post as a zip that somebody without Tocsin can check: see outside_verifier.py, of which it has a copy.

    README.txt                 what is proven, what is not, how to check it
    proof.tlog-proof           the post's place in the log and the signed checkpoint (C2SP tlog-proof)
    post.json                  the log entry; disclosed fields with their salts, commitments of the withheld ones
    vkey.txt                   the desk's verifier key, then those it replaced
    verify.py                  the stand-alone verifier
    timestamps/<size>.tlog-proof   the post's place under an older checkpoint that was timestamped (RFC 3161)
    timestamps/<size>-<n>.tsr      an authority's answer for that checkpoint
    timestamps/<size>-<n>.pem      the certificates it is checked with

Equal proofs give equal bytes: fixed times, a fixed order, nothing compressed.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping, Sequence
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from tocsin.archive import merkle
from tocsin.archive.keys import desk_info
from tocsin.archive.strict import base64_bytes
from tocsin.archive.tiles import Log
from tocsin.archive.timestamps import CheckedTimestamp, checked_timestamps
from tocsin.archive.tlog_proof import tlog_proof_text
from tocsin.records.errors import EvidenceError
from tocsin.records.evidence import QuoteProof

FORMAT = "tocsin/proof/v1"
LARGEST_BUNDLE = 1 << 23  # what the verifier reads
_TIMESTAMPS = "log/timestamps"
_WHEN = (1980, 1, 1, 0, 0, 0)


class Stamped(NamedTuple):
    """A timestamp over a post: the files of the bundle that show it, and the time, UTC, in words."""

    members: Mapping[str, bytes]
    signed_at: str


def proof_bundle(proof: QuoteProof, vkeys: Sequence[str], stamped: Stamped | None = None) -> bytes:
    """The zip. Raises EvidenceError where it would be larger than a verifier reads."""
    path = [base64_bytes(each, "inclusion", 32) for each in proof.inclusion]
    post = {"format": FORMAT, "disclosed": proof.disclosed, "withheld": proof.withheld, "entry": proof.entry}
    members = {
        "README.txt": _readme(proof, vkeys[0], stamped).encode(),
        "proof.tlog-proof": tlog_proof_text(proof.leaf_index, path, proof.checkpoint).encode(),
        "post.json": json.dumps(post, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n",
        "vkey.txt": "".join(f"{vkey}\n" for vkey in vkeys).encode(),
        "verify.py": verifier_source(),
        **(stamped.members if stamped else {}),
    }
    target = BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as bundle:
        for name, data in members.items():
            member = zipfile.ZipInfo(name, _WHEN)
            member.create_system, member.external_attr = 3, 0o644 << 16
            bundle.writestr(member, data)
    if target.tell() >= LARGEST_BUNDLE:
        raise EvidenceError("the proof is larger than a verifier reads", expected=f"below {LARGEST_BUNDLE} bytes")
    return target.getvalue()


def verifier_source() -> bytes:
    """The stand-alone verifier, as it goes out with every proof."""
    return files("tocsin.archive").joinpath("outside_verifier.py").read_bytes()


def earliest_timestamp(folder: Path, leaf_index: int) -> Stamped | None:
    """The oldest timestamped checkpoint of a desk that covers a leaf, None where none does.

    Every timestamp is checked first. Raises EvidenceError where one is missing, replaced or forged.
    """
    if not any((folder / _TIMESTAMPS).glob("*.tsr")):
        return None  # without one, the whole log need not be looked through for statements about them
    covering = [each for each in checked_timestamps(folder, desk_info(folder).verifiers) if each.size > leaf_index]
    if not covering:
        return None
    size = min(each.size for each in covering)
    note = (
        folder / f"{_TIMESTAMPS}/{size}-{min(each.number for each in covering if each.size == size)}.note"
    ).read_bytes()
    log = Log(folder / "log", size)
    path = merkle.inclusion_proof(log.node(), leaf_index, size)
    members = {f"timestamps/{size}.tlog-proof": tlog_proof_text(leaf_index, path, note.decode()).encode()}
    times = []
    for each in covering:
        if each.size == size and (folder / each.file).with_suffix(".note").read_bytes() == note:
            members |= _answer(folder, each)
            times.append(each.signed_at)
    return Stamped(members, f"{min(times):%Y-%m-%d %H:%M:%S} UTC")


def _answer(folder: Path, each: CheckedTimestamp) -> dict[str, bytes]:
    name = f"timestamps/{each.size}-{each.number}"
    return {f"{name}.tsr": (folder / each.file).read_bytes(), f"{name}.pem": (folder / each.ca_file).read_bytes()}


def _readme(proof: QuoteProof, vkey: str, stamped: Stamped | None) -> str:
    since = _SINCE_STAMPED.format(signed_at=stamped.signed_at) if stamped else _SINCE_UNSTAMPED
    return _README.format(
        desk=vkey.partition("+")[0],
        vkey=vkey,
        leaf_index=proof.leaf_index,
        size=proof.checkpoint.split("\n")[1],
        disclosed=", ".join(sorted(proof.disclosed)) or "nothing",
        withheld=", ".join(sorted(proof.withheld)) or "nothing",
        since=since,
    )


_SINCE_STAMPED = """\
  A timestamp authority outside the desk signed the desk's log on {signed_at}, and the post
  was in it then. So T is that time, as far as you trust the authority whose certificates lie in timestamps/."""
_SINCE_UNSTAMPED = """\
  This bundle carries no timestamp of an outside authority. T is then the time at which somebody outside the desk first
  held this checkpoint or a later one: for you, the day you got this file. The time in the log entry was written by the
  desk's own clock; nobody else vouches for it."""
_README = """\
PROOF OF ONE ARCHIVED POST

What is proven
  A post with the values in post.json was in the log of the desk "{desk}",
  as entry {leaf_index}, when the desk signed a log of {size} entries.
  The entry is unchanged, and was not removed, since T.
{since}
  Disclosed: {disclosed}.
  Withheld: {withheld}.
  Of what is withheld post.json holds commitments only: the values are fixed, the desk can disclose them later, and
  nobody can guess them from the commitments.

What is not proven
  That a platform served this post, who wrote it, or that what it says is true. The proof shows what the desk kept, and
  since when it cannot have changed it. That the desk recorded honestly in the first place rests on its staff.

How to check it
  You need Python 3.11 or newer with the package "cryptography" (pip install cryptography); for timestamps also openssl.
  1. Take the verifier from the Tocsin project: src/tocsin/archive/outside_verifier.py. The file verify.py here is a
     copy of it, good for a first look; but whoever made a false proof could also make a false verifier. It is one
     file of at most 400 lines, made to be read.
  2. Ask the desk for its verifier key, by another way than the one this file came. It should be, on one line:
     {vkey}
  3. Run, with the key between the quotes:
     python verify.py proof proof.zip --vkey "..."
     It ends with "VERIFIED" and exit code 0 if all holds, with 4 if anything does not, with 2 if the file cannot be
     read. Give --ca FILE to use certificates of the timestamp authority that you fetched yourself.

The formats: C2SP tlog-proof, tlog-checkpoint and signed-note (c2sp.org), RFC 6962 (Merkle tree), RFC 8785 (the log
entry), RFC 3161 (timestamps). How values are committed to stands in src/tocsin/archive/commitments.py of Tocsin.
"""
