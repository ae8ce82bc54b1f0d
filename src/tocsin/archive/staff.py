"""Who at the desk did something: a role and a key, never a name.

A statement by staff carries `by` (the role, a plus sign and the first eight hex digits of the key's digest) and `sig`,
an Ed25519 signature over the rest of it. The first statement of a key is its `staff` statement, which gives the public
key. Who holds a key is for the house to write down, outside of the desk.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tocsin.archive.durable import Disk
from tocsin.archive.strict import JsonValue, base64_bytes, base64_text, canonical_json, spelling_digest
from tocsin.records.errors import EvidenceError, TocsinInputError

# What only staff do: such a statement without a signature is not one of this desk's.
SIGNED_ONLY = frozenset({"viewed", "judged", "corrected", "exported", "shared"})
ROLES = ("analyst", "editor", "keeper", "lawyer", "reviewer")
FILE = "staff.json"
_DOMAIN = b"tocsin/statement/v1\n"


@dataclass(frozen=True, slots=True)
class Staff:
    """One person's key, in one role."""

    role: str
    seed: bytes = field(repr=False)

    @property
    def public_key(self) -> bytes:
        """The 32 bytes that check this key's signatures."""
        private = Ed25519PrivateKey.from_private_bytes(self.seed)
        return private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    @property
    def by(self) -> str:
        """How statements name this key."""
        return staff_id(self.role, self.public_key)

    def signed(self, body: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
        """The statement with `by` and `sig`."""
        whole = {**body, "by": self.by}
        signature = Ed25519PrivateKey.from_private_bytes(self.seed).sign(_DOMAIN + canonical_json(whole))
        return {**whole, "sig": base64_text(signature)}

    def introduction(self, at: str) -> dict[str, JsonValue]:
        """The statement that gives the public key."""
        return self.signed({"type": "staff", "v": 1, "at": at, "key": base64_text(self.public_key)})


def staff_id(role: str, public_key: bytes) -> str:
    """The role and eight hex digits.

    >>> staff_id("analyst", bytes(32))
    'analyst+78ad8aa6'
    """
    return f"{role}+{sha256(b'tocsin/staff/v1' + bytes(1) + public_key).hexdigest()[:8]}"


def check_signed(body: Mapping[str, JsonValue], keys: Mapping[str, bytes], what: str) -> None:
    """Nothing; raises EvidenceError unless a statement that names staff is signed by a key the log gave before.

    `keys` maps `by` to the public key. A statement without `by` (version 0.1.0 wrote such) has nothing to check.
    """
    if "by" not in body and "sig" not in body:
        return
    by, signature = body.get("by"), body.get("sig")
    if not isinstance(by, str) or not isinstance(signature, str) or by not in keys:
        raise EvidenceError(f"{what} names staff whose key the log does not give")
    rest = {name: value for name, value in body.items() if name != "sig"}
    try:
        Ed25519PublicKey.from_public_bytes(keys[by]).verify(
            base64_bytes(signature, f"{what}: signature", 64), _DOMAIN + canonical_json(rest)
        )
    except (InvalidSignature, ValueError):
        raise EvidenceError(f"{what} is not signed by the key it names") from None


def introduced(body: Mapping[str, JsonValue], what: str) -> tuple[str, bytes]:
    """(`by`, public key) of a `staff` statement. Raises EvidenceError where they do not fit each other."""
    by, key = body.get("by"), body.get("key")
    if not isinstance(by, str) or not isinstance(key, str):
        raise EvidenceError(f"{what} introduces staff without a key")
    public_key = base64_bytes(key, f"{what}: key", 32)
    role = by.split("+")[0]
    if role not in ROLES or staff_id(role, public_key) != by:
        raise EvidenceError(f"{what}: the key is not that of the staff it names")
    return by, public_key


@dataclass
class StaffKeys:
    """The staff keys that a log gave so far; takes its statements in order."""

    keys: dict[str, bytes] = field(default_factory=dict)  # `by` -> public key

    def check(self, body: Mapping[str, JsonValue], what: str) -> None:
        """Nothing; raises EvidenceError for a statement that the staff it names did not sign.

        A name once given to a key stays that key's: `by` has 32 bits of it, which can be met by trying.
        """
        if body.get("type") == "staff":
            by, key = introduced(body, what)
            if self.keys.setdefault(by, key) != key:
                raise EvidenceError(f"{what} gives the name of one staff key to another")
        if body.get("type") in SIGNED_ONLY and "by" not in body:
            raise EvidenceError(f"{what} does not say who did it", expected="a statement signed by staff")
        check_signed(body, self.keys, what)


def staff_of(keys_folder: Path) -> Staff:
    """The staff key of whoever uses this machine's keys, made at first need; the role is $TOCSIN_ROLE, else analyst.

    Raises TocsinInputError for a role that is none or a damaged file.
    """
    role = os.environ.get("TOCSIN_ROLE", "analyst")
    if role not in ROLES:
        raise TocsinInputError("TOCSIN_ROLE is no role", expected=", ".join(ROLES))
    try:
        head = json.loads((keys_folder / FILE).read_bytes())
        seed = base64_bytes(head["staff_seed"], "staff key", 32)
        if head.pop("check", None) not in (None, spelling_digest(head)) or set(head) != {"staff_seed"}:
            raise ValueError("a flipped bit")
        return Staff(role, seed)
    except FileNotFoundError:
        pass
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, EvidenceError) as error:
        raise TocsinInputError(f"{FILE} in the keys folder is damaged", next_step="restore it from a copy") from error
    seed = os.urandom(32)
    disk = Disk(keys_folder)
    try:
        disk.make_folder(keys_folder)
        head = {"staff_seed": base64_text(seed)}
        head["check"] = spelling_digest(head)
        disk.publish(keys_folder / FILE, json.dumps(head).encode() + b"\n")
    finally:
        disk.close()
    return Staff(role, seed)
