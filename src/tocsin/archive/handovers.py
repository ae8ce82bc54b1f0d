"""A log passing from one signing key to the next: the statement, its two signatures, the chain of keys of a desk.

A handover is one statement of the log, kept a second time in desk.json:

    {"type": "rotated" | "handed_over", "v": 1, "at": ..., "old": vkey, "new": vkey, "size": leaves before it,
     "root": root of the log before it, "old_signature": ..., "new_signature": ...}

Both keys sign all of it but the signatures. The old key's says who follows, so that a holder of the old key can go on;
the new key's says that somebody holds it. An old key's word ends with the checkpoint that covers its handover: a thief
who finds it later can sign nothing that lies beyond.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from tocsin.archive import notes
from tocsin.archive.strict import JsonValue, base64_bytes, base64_text, canonical_json, instant, statement
from tocsin.archive.tiles import Log
from tocsin.records.errors import EvidenceError

ROTATED, HANDED_OVER, REOPENED = "rotated", "handed_over", "reopened"
KINDS = (ROTATED, HANDED_OVER)
_TEXTS = ("type", "at", "old", "new", "root", "old_signature", "new_signature")
_SIGNATURE_BYTES = 64


@dataclass(frozen=True, slots=True)
class Handover:
    """One handover: `old` was the log's key for its first `size` leaves and this one, `new` is from the next on."""

    kind: str
    at: str
    old: str  # vkeys
    new: str
    size: int  # of the log before it, and so its leaf
    root: str  # base64, of the log before it
    old_signature: str
    new_signature: str

    @property
    def message(self) -> bytes:
        """What both keys sign."""
        rest = {name: value for name, value in self.statement.items() if not name.endswith("_signature")}
        return f"tocsin/{self.kind}/v1\n".encode() + canonical_json(rest)

    @property
    def statement(self) -> dict[str, JsonValue]:
        """The statement in the log, and in desk.json."""
        return {
            "type": self.kind, "v": 1, "at": self.at, "old": self.old, "new": self.new, "size": self.size,
            "root": self.root, "old_signature": self.old_signature, "new_signature": self.new_signature,
        }  # fmt: skip

    @property
    def entry(self) -> bytes:
        """The leaf."""
        return canonical_json(self.statement)

    def check(self) -> None:
        """Nothing; raises EvidenceError unless the old key and the new one signed this handover, of one log."""
        old, new = notes.verifier(self.old), notes.verifier(self.new)
        if old.name != new.name or self.old == self.new:
            raise EvidenceError("a handover of the signing key names keys of two logs, or one key twice")
        pairs = (("old", old, self.old_signature), ("new", new, self.new_signature))
        for which, verifier, signature in pairs:
            raw = base64_bytes(signature, f"handover of the signing key: the {which} key's signature", _SIGNATURE_BYTES)
            try:
                verifier.check_signature(self.message, raw)
            except EvidenceError as error:
                raise EvidenceError(f"a handover of the signing key is not signed by the {which} key") from error


def signed_handover(kind: str, old: notes.Signer, new: notes.Signer, *, at: str, size: int, root: bytes) -> Handover:
    """The handover of a log of `size` leaves from one key to another, signed by both."""
    bare = Handover(kind, at, old.verifier.vkey, new.verifier.vkey, size, base64_text(root), "", "")
    by_old, by_new = (base64_text(each.signature(bare.message)) for each in (old, new))
    return replace(bare, old_signature=by_old, new_signature=by_new)


def handover(value: Mapping[str, Any], what: str) -> Handover:
    """A handover as read, its signatures checked. Raises EvidenceError where it is malformed or not signed by both."""
    if set(value) != {*_TEXTS, "v", "size"} or value["v"] != 1 or value["type"] not in KINDS:
        raise EvidenceError(f"{what} is no handover of the signing key that this Tocsin knows")
    size = value["size"]
    if not all(isinstance(value[name], str) for name in _TEXTS) or isinstance(size, bool) or not isinstance(size, int):
        raise EvidenceError(f"{what}: a handover of the signing key is malformed")
    instant(value["at"], what)
    base64_bytes(value["root"], f"{what}: root", 32)
    read = Handover(
        value["type"], value["at"], value["old"], value["new"], size, value["root"], value["old_signature"],
        value["new_signature"],
    )  # fmt: skip
    read.check()
    return read


def checked_chain(values: object, vkey: str, what: str) -> tuple[Handover, ...]:
    """The handovers of a desk, oldest first, whose last gives the log to `vkey`.

    Raises EvidenceError where one is not signed by both of its keys, or does not go on from the one before.
    """
    if not isinstance(values, list) or not all(isinstance(each, dict) for each in values):
        raise EvidenceError(f"{what}: the list of handovers is malformed")
    chain = tuple(handover(each, what) for each in values)
    following = [*(each.old for each in chain[1:]), vkey][: len(chain)]
    for each, after in zip(chain, following, strict=True):
        if each.new != after:
            raise EvidenceError(f"{what}: the handovers of the signing key do not lead to the desk's key")
    if any(first.size >= second.size for first, second in pairwise(chain)):
        raise EvidenceError(f"{what}: the handovers of the signing key are out of order")
    return chain


def last_handover(folder: Path, log_size: int) -> Handover | None:
    """The handover that is the last leaf of a desk's log, None where the last leaf is something else."""
    if not log_size:
        return None
    entry = Log(folder / "log", log_size).entry(log_size - 1)
    if not any(b'"type":"%s"' % kind.encode() in entry for kind in KINDS):
        return None
    body = statement(entry, f"leaf {log_size - 1}")
    return handover(body, f"leaf {log_size - 1}") if body.get("type") in KINDS else None


class HandoversCheck:
    """Takes the statements of a log in order, and holds its handovers against those that desk.json names."""

    def __init__(self, vkey: str, chain: Sequence[Handover]) -> None:
        self._named = list(chain)
        self._key = chain[0].old if chain else vkey
        self._met: list[Handover] = []
        self._given_away: list[int] = []
        self._unfinished: list[int] = []

    def add(self, leaf_index: int, body: Mapping[str, JsonValue]) -> None:
        """Check one statement. Raises EvidenceError where it hands the log over in a way desk.json does not say."""
        if body.get("type") not in KINDS:
            return
        what = f"leaf {leaf_index}"
        each = handover(body, what)
        if each.size != leaf_index or each.old != self._key:
            raise EvidenceError(f"{what} hands over a log of another size, or from another key than the log's")
        self._met.append(each)
        if self._named and each == self._named[0]:
            self._key = self._named.pop(0).new
        elif each.kind == HANDED_OVER:
            self._given_away.append(leaf_index)
        else:
            self._unfinished.append(leaf_index)

    def finish(self, log: Log, newest_size: int) -> None:
        """Raises EvidenceError where log and desk.json do not speak of the same handovers, of this very log.

        `newest_size` is the log's size by now: a writer that went on since `log` was read may have handed it over.
        """
        if self._named and not log.size <= self._named[0].size < newest_size:
            raise EvidenceError("desk.json names a handover of the signing key that the log does not speak of")
        for each in self._met:
            if base64_text(Log(log.folder, each.size).root()) != each.root:
                raise EvidenceError(f"leaf {each.size} hands over another log than this one")
        for leaf_index in self._unfinished:
            if leaf_index != log.size - 1:  # the last leaf: a crash came between; the next writer finishes it
                raise EvidenceError(f"leaf {leaf_index} hands the log to a key that desk.json does not name")
        for leaf_index in self._given_away:
            following = range(leaf_index + 1, min(leaf_index + 3, log.size))
            kinds = [statement(log.entry(each), f"leaf {each}").get("type") for each in following]
            # Whoever reopens it may first have to give the key of the staff who does.
            if kinds and kinds[: 2 if kinds[0] == "staff" else 1][-1] != REOPENED:
                raise EvidenceError(f"the desk was handed over at leaf {leaf_index}, and goes on without a word")
