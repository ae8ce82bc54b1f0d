"""Timestamps on checkpoints (RFC 3161), as they lie beside the log, read and checked without the network.

log/timestamps/<size>-<n>.note      a checkpoint of the log, the exact bytes that were timestamped
log/timestamps/<size>-<n>.tsr       the authority's answer
log/timestamps/ca-<digest>.pem      the CA file that was stated when the answer came
log/timestamps/<size>-<n>.pending   in place of an answer: since when one is missing and why, signed by the desk

A timestamp goes from pending to stated, and through no other state: the log has a statement of type "timestamp" with
the digests of answer and CA file. An answer without its statement counts for nothing, so neither a forged file nor a
replaced one passes, and one that was taken away is missed.
`openssl ts -verify -data X.note -in X.tsr -CAfile ca-D.pem` checks the same with other software.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from tocsin.archive import merkle, notes
from tocsin.archive.consistency import check_continues, held_checkpoint
from tocsin.archive.strict import JsonValue, base64_bytes, base64_text, canonical_json, instant, instant_text, statement
from tocsin.archive.tables import snapshot
from tocsin.archive.tiles import WIDTH, Log
from tocsin.archive.timestamp_answers import CLOCK_SLACK, Timestamp, Unusable, read_answer
from tocsin.records.errors import EvidenceError
from tocsin.records.evidence import Checkpoint

FOLDER = "log/timestamps"
STATEMENT = "timestamp"
_MARK = b'"type":"timestamp"'
_NAME = re.compile(r"([1-9][0-9]{0,18})-([1-9][0-9]{0,5})\.(note|tsr|pending)", re.ASCII)
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
_PENDING_FIELDS = {"v": int, "size": int, "number": int, "url": str, "since": str, "tried_at": str, "reason": str}


@dataclass(frozen=True, slots=True)
class CheckedTimestamp:
    """A timestamp that holds: on the first `size` entries of the log, by an authority, at a time."""

    size: int
    number: int
    signed_at: datetime  # UTC, by the authority's clock
    authority: str  # subject of the certificate that signed
    url: str
    leaf_index: int  # where the log states it
    ca_file: str  # under the desk folder

    @property
    def file(self) -> str:
        """The answer, under the desk folder."""
        return f"{FOLDER}/{self.size}-{self.number}.tsr"


@dataclass(frozen=True, slots=True)
class Pending:
    """A checkpoint that waits for a timestamp."""

    size: int
    number: int
    url: str
    since: datetime
    tried_at: datetime
    reason: str  # printable ASCII
    note: bytes = field(repr=False)  # the exact bytes of the checkpoint

    @property
    def name(self) -> str:
        """The files of this one without their ending, under the desk folder."""
        return f"{FOLDER}/{self.size}-{self.number}"


def checked_timestamps(folder: Path, verifiers: Sequence[notes.Verifier]) -> list[CheckedTimestamp]:
    """The timestamps of a desk in the order of the log, each checked against the log as it is now.

    `verifiers` are the keys of the log, the present one first. Needs no keys and no network. The log itself is taken
    as `verify_desk` checks it. Raises EvidenceError naming the file that is missing, replaced, forged or back-dated.
    """
    there = _files(folder)  # before the head: of what a run under way adds meanwhile, the head then tells
    head = present_head(folder, verifiers)
    log = Log(folder / "log", head.size)
    found = [_checked(folder, log, head, verifiers, *each) for each in _stated(log, head)]
    known = {(each.size, each.number) for each in found} | {key for key, ending in there if ending == "pending"}
    for (size, number), ending in there:
        if ending == "tsr" and (size, number) not in known:
            raise EvidenceError(
                f"{FOLDER}/{size}-{number}.tsr is a timestamp that the log does not speak of",
                next_step="find out who put it there; it proves nothing about this desk",
            )
    pending_timestamps(folder, verifiers)
    return found


def pending_timestamps(folder: Path, verifiers: Sequence[notes.Verifier]) -> list[Pending]:
    """The checkpoints that wait for a timestamp, smallest first. Raises EvidenceError where a record was changed."""
    found = []
    for (size, number), ending in _files(folder):
        if ending != "pending":
            continue
        what = f"{FOLDER}/{size}-{number}"
        try:
            raw = (folder / f"{what}.pending").read_bytes()
        except FileNotFoundError:
            continue  # its answer came meanwhile
        found.append(_pending(raw, _read(folder, f"{what}.note"), (size, number), verifiers))
    return found


def pending_record(pending: Pending, signer: notes.Signer) -> bytes:
    """The file that says a checkpoint waits: RFC 8785 JSON, signed by the desk, one line."""
    body: dict[str, JsonValue] = {
        "v": 1,
        "size": pending.size,
        "number": pending.number,
        "url": pending.url,
        "since": instant_text(pending.since),
        "tried_at": instant_text(pending.tried_at),
        "reason": pending.reason,
    }
    return canonical_json({**body, "signature": base64_text(signer.signature(_signed_part(body)))}) + b"\n"


def present_head(folder: Path, verifiers: Sequence[notes.Verifier]) -> Checkpoint:
    """The head that the desk's tables belong to, signed by the desk's present key."""
    return notes.opened_checkpoint(snapshot(folder).manifest.checkpoint, verifiers[0])


def changed_at(folder: Path, head: Checkpoint, size: int) -> datetime | None:
    """When entry `size` of the log was written, by the desk's clock (UTC); None for the empty log."""
    if size == 0:
        return None
    return _entry_time(Log(folder / "log", head.size), head, size - 1)


def covering(folder: Path, head: Checkpoint, timestamps: Sequence[CheckedTimestamp]) -> CheckedTimestamp | None:
    """The first of the timestamps that covers the head, None where none does.

    Entries that only say that a timestamp came need none themselves: else no head could ever be covered.
    """
    log = Log(folder / "log", head.size)
    first_covered = head.size
    while first_covered and _says_timestamp(log.entry(first_covered - 1), first_covered - 1):
        first_covered -= 1
    return next((each for each in timestamps if each.size >= max(first_covered, 1)), None)


def worth(
    folder: Path,
    verifiers: Sequence[notes.Verifier],
    pending: Pending,
    answer: bytes,
    ca_pem: bytes,
    *,
    nonce: int,
    now: datetime,
) -> Timestamp | Unusable:
    """What an authority's fresh answer for a pending checkpoint is worth, its time included."""
    read = read_answer(answer, pending.note, ca_pem, nonce=nonce)
    if isinstance(read, Unusable):
        return read
    written_at = changed_at(folder, present_head(folder, verifiers), pending.size)
    if written_at and read.signed_at < written_at - CLOCK_SLACK:
        return Unusable("the answer states a time before the entries it covers: check the clock of this machine")
    if read.signed_at > now + CLOCK_SLACK:
        return Unusable("the answer states a time in the future: check the clock of this machine")
    return read


def _checked(
    folder: Path,
    log: Log,
    head: Checkpoint,
    verifiers: Sequence[notes.Verifier],
    leaf_index: int,
    body: dict[str, JsonValue],
) -> CheckedTimestamp:
    size, number = _whole(body, "size", leaf_index), _whole(body, "number", leaf_index)
    name = f"{FOLDER}/{size}-{number}"
    ca_file = ca_path(_digest(body, "ca", leaf_index))
    note, answer, ca_pem = (_read(folder, each) for each in (f"{name}.note", f"{name}.tsr", ca_file))
    for what, data, key in ((f"{name}.tsr", answer, "answer"), (ca_file, ca_pem, "ca")):
        if sha256(data).hexdigest() != _digest(body, key, leaf_index):
            raise EvidenceError(f"{what} was replaced or changed: it is not the file that leaf {leaf_index} speaks of")
    held = held_checkpoint(note, verifiers, f"{name}.note")
    if held.size != size or leaf_index < size:
        raise EvidenceError(f"{name}.note is not the checkpoint that leaf {leaf_index} speaks of")
    check_continues(folder, held, head, f"{name}.note")
    read = read_answer(answer, note, ca_pem)
    if isinstance(read, Unusable):
        raise EvidenceError(f"{name}.tsr is no timestamp of {name}.note", got=read.reason)
    if read.signed_at < _entry_time(log, head, size - 1) - CLOCK_SLACK:
        raise EvidenceError(f"{name}.tsr is back-dated: it states a time before the entries it covers")
    return CheckedTimestamp(size, number, read.signed_at, read.authority, str(body.get("url")), leaf_index, ca_file)


def ca_path(digest: str) -> str:
    """Where the CA file of a SHA-256 (hex) lies under the desk folder."""
    return f"{FOLDER}/ca-{digest[:32]}.pem"


def _stated(log: Log, head: Checkpoint) -> Iterator[tuple[int, dict[str, JsonValue]]]:
    """(leaf, statement) of every timestamp the log speaks of, each shown to be under the signed root."""
    for number in range(-(-log.size // WIDTH)):
        for leaf_index, entry in enumerate(log.entries(number), number * WIDTH):
            if _MARK in entry and _says_timestamp(entry, leaf_index):
                body = statement(_shown(log, head, leaf_index), f"leaf {leaf_index}")
                if body.get("v") != 1:
                    raise EvidenceError(f"leaf {leaf_index} is of a version this Tocsin does not know", expected="1")
                yield leaf_index, body


def _says_timestamp(entry: bytes, leaf_index: int) -> bool:
    return _MARK in entry and statement(entry, f"leaf {leaf_index}").get("type") == STATEMENT


def _shown(log: Log, head: Checkpoint, leaf_index: int) -> bytes:
    """An entry, shown to be under the signed root."""
    entry = log.entry(leaf_index)
    path = merkle.inclusion_proof(log.node(), leaf_index, log.size)
    merkle.check_inclusion(merkle.leaf_hash(entry), leaf_index, head.size, path, head.root)
    return entry


def _entry_time(log: Log, head: Checkpoint, leaf_index: int) -> datetime:
    what = f"leaf {leaf_index}"
    return instant(str(statement(_shown(log, head, leaf_index), what).get("at")), f"the time of {what}")


def _pending(raw: bytes, note: bytes, key: tuple[int, int], verifiers: Sequence[notes.Verifier]) -> Pending:
    what = f"{FOLDER}/{key[0]}-{key[1]}.pending"
    body = statement(raw.removesuffix(b"\n"), what)
    signature = body.pop("signature", None)
    if not raw.endswith(b"\n") or {name: type(value) for name, value in body.items()} != _PENDING_FIELDS:
        raise EvidenceError(f"{what} is damaged")
    signed = base64_bytes(str(signature), f"signature of {what}", 64)
    if not any(_is_signed(each, _signed_part(body), signed) for each in verifiers):
        raise EvidenceError(f"{what} was changed: it is not what the desk's key signed")
    if (body["v"], body["size"], body["number"]) != (1, *key):
        raise EvidenceError(f"{what} is the record of another checkpoint")
    if held_checkpoint(note, verifiers, f"{FOLDER}/{key[0]}-{key[1]}.note").size != key[0]:
        raise EvidenceError(f"{FOLDER}/{key[0]}-{key[1]}.note is another checkpoint than its name says")
    since, tried_at = (instant(str(body[name]), f"{what}: {name}") for name in ("since", "tried_at"))
    return Pending(*key, str(body["url"]), since, tried_at, str(body["reason"]), note)


def _is_signed(verifier: notes.Verifier, message: bytes, signature: bytes) -> bool:
    try:
        verifier.check_signature(message, signature)
    except EvidenceError:
        return False
    return True


def _signed_part(body: dict[str, JsonValue]) -> bytes:
    return b"tocsin/pending-timestamp/v1\n" + canonical_json(body)


def _files(folder: Path) -> list[tuple[tuple[int, int], str]]:
    """((size, number), ending) of the files of timestamps, in order of size."""
    here = folder / FOLDER
    named = [_NAME.fullmatch(path.name) for path in here.iterdir()] if here.is_dir() else []
    return sorted(((int(each[1]), int(each[2])), each[3]) for each in named if each)


def _read(folder: Path, path: str) -> bytes:
    try:
        return (folder / path).read_bytes()
    except OSError as error:
        raise EvidenceError(f"{path} is missing or cannot be read") from error


def _whole(body: dict[str, JsonValue], name: str, leaf_index: int) -> int:
    value = body.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise EvidenceError(f"leaf {leaf_index}: {name} is not a count")
    return value


def _digest(body: dict[str, JsonValue], name: str, leaf_index: int) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not _DIGEST.fullmatch(value):
        raise EvidenceError(f"leaf {leaf_index}: {name} is not a SHA-256")
    return value
