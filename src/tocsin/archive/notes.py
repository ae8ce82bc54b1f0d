"""Signed notes, verifier keys and checkpoints, read strictly.

Source: C2SP signed-note and tlog-checkpoint (Ed25519, signature type 0x01). Of the extensions they allow, this desk
writes none and reads none: a checkpoint is exactly three lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tocsin.archive.strict import base64_bytes, base64_text, decimal
from tocsin.records.errors import EvidenceError
from tocsin.records.evidence import Checkpoint

_ED25519 = b"\x01"
_DASH = "\u2014"
_LARGEST_NOTE = 1_000_000
_MOST_SIGNATURES = 100


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key with its name: checks notes of one signer."""

    name: str
    key_id: bytes
    public_key: bytes

    @property
    def vkey(self) -> str:
        """The key as C2SP writes it: name, key id in hex, algorithm and key in base64."""
        return f"{self.name}+{self.key_id.hex()}+{base64_text(_ED25519 + self.public_key)}"

    def check_signature(self, message: bytes, signature: bytes) -> None:
        """Nothing; raises EvidenceError unless the signature is this key's over exactly this message."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(signature, message)
        except (InvalidSignature, ValueError):
            raise EvidenceError("the signature is not this desk's over these bytes") from None


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key with its name."""

    name: str
    seed: bytes = field(repr=False)

    @property
    def verifier(self) -> Verifier:
        """The public half."""
        public = Ed25519PrivateKey.from_private_bytes(self.seed).public_key()
        raw = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
        return Verifier(self.name, key_id(self.name, raw), raw)

    def signature(self, message: bytes) -> bytes:
        """The signature of a message that is no note; its first line must name what it is (tocsin/.../v1)."""
        return Ed25519PrivateKey.from_private_bytes(self.seed).sign(message)

    def signed_note(self, text: str) -> str:
        """The note: text (ends in a newline), an empty line, one signature line."""
        signature = Ed25519PrivateKey.from_private_bytes(self.seed).sign(text.encode())
        return f"{text}\n{_DASH} {self.name} {base64_text(self.verifier.key_id + signature)}\n"


def key_id(name: str, public_key: bytes) -> bytes:
    """The four bytes by which a signature line names its key."""
    return sha256(name.encode() + b"\n" + _ED25519 + public_key).digest()[:4]


def verifier(vkey: str, what: str = "verifier key") -> Verifier:
    """The key a vkey stands for. Raises EvidenceError naming `what` where it is malformed or its id does not fit."""
    parts = vkey.split("+", 2)
    if len(parts) != 3:
        raise EvidenceError(f"{what} is malformed", expected="name+id+key")
    name, id_text, key_text = parts
    _check_name(name, what)
    raw = base64_bytes(key_text, what, 33)
    if raw[:1] != _ED25519:
        raise EvidenceError(f"{what} is of an unknown kind", expected="Ed25519 (0x01)")
    expected = key_id(name, raw[1:])
    if id_text != expected.hex():
        raise EvidenceError(f"{what}: its id does not fit its name and key")
    return Verifier(name, expected, raw[1:])


def opened_note(note: str | bytes, known: Verifier) -> str:
    """The text of a note that `known` signed.

    Raises EvidenceError for anything malformed, a wrong signature of `known`, or none of `known`. Well-formed
    signatures of other keys are passed over, as the format asks.
    """
    text, lines = _split_note(note)
    signatures = []
    for line in lines:
        name, raw = _signature(line)
        if name == known.name and raw[:4] == known.key_id:
            signatures.append(raw[4:])
    if len(signatures) != 1:
        raise EvidenceError("note: not signed once by the expected key", expected="1", got=str(len(signatures)))
    try:
        Ed25519PublicKey.from_public_bytes(known.public_key).verify(signatures[0], text.encode())
    except InvalidSignature as error:
        raise EvidenceError("note: the signature does not fit the text") from error
    return text


def cosigned(text: str, first: Signer, second: Signer | None) -> str:
    """The note signed by a key, and where a log passes to another key by that one too, each on its line."""
    note = first.signed_note(text)
    return note if second is None else note + second.signed_note(text).rpartition("\n\n")[2]


def checkpoint_text(origin: str, size: int, root: bytes) -> str:
    """The three lines of a checkpoint."""
    return f"{origin}\n{size}\n{base64_text(root)}\n"


def opened_checkpoint(note: str | bytes, known: Verifier) -> Checkpoint:
    """The checkpoint in a note signed by `known`. Raises EvidenceError unless every byte is as it must be."""
    text = opened_note(note, known)
    lines = text.split("\n")
    if len(lines) != 4 or lines[3]:
        raise EvidenceError("checkpoint: not three lines", got=str(len(lines) - 1))
    if lines[0] != known.name:
        raise EvidenceError("checkpoint: of another log than the key's")
    size = decimal(lines[1], "checkpoint size")
    root = base64_bytes(lines[2], "checkpoint root", 32)
    return Checkpoint(lines[0], size, root, note if isinstance(note, str) else note.decode())


def opened_by_one(note: str | bytes, verifiers: Sequence[Verifier]) -> Checkpoint:
    """The checkpoint in a note signed by one of some keys of the same log (a log's key can be replaced).

    The keys are told apart by the ids in the signature lines. Raises EvidenceError where none of them signed it, and
    for all that `opened_checkpoint` refuses.
    """
    _, lines = _split_note(note)
    signers = {(name, raw[:4]) for name, raw in map(_signature, lines)}
    for known in verifiers:
        if (known.name, known.key_id) in signers:
            return opened_checkpoint(note, known)
    raise EvidenceError("checkpoint: not signed by a key of this log")


def _split_note(note: str | bytes) -> tuple[str, list[str]]:
    try:
        raw = note.encode() if isinstance(note, str) else note
        whole = raw.decode()
    except UnicodeError as error:
        raise EvidenceError("note: not UTF-8") from error
    if len(raw) > _LARGEST_NOTE:
        raise EvidenceError("note: too long", expected=f"at most {_LARGEST_NOTE} bytes", got=str(len(raw)))
    # Only LF ends a line; CR, tabs, other control characters and the Unicode line ends are refused.
    if any((ord(char) < 0x20 and char != "\n") or char in "\x7f\x85\u2028\u2029\ufeff" for char in whole):
        raise EvidenceError("note: a control character or a foreign line end in it")
    head, gap, tail = whole.rpartition("\n\n")
    if not gap or not head or not tail.endswith("\n"):
        raise EvidenceError("note: not a text, an empty line and signatures")
    lines = tail[:-1].split("\n")
    if len(lines) > _MOST_SIGNATURES:
        raise EvidenceError("note: too many signatures", expected=f"at most {_MOST_SIGNATURES}", got=str(len(lines)))
    return head + "\n", lines


def _signature(line: str) -> tuple[str, bytes]:
    parts = line.split(" ")
    if len(parts) != 3 or parts[0] != _DASH:
        raise EvidenceError("note: a signature line is malformed", expected=f"{_DASH} name signature")
    _check_name(parts[1], "note")
    raw = base64_bytes(parts[2], "note signature")
    if len(raw) < 5:
        raise EvidenceError("note: a signature is too short")
    return parts[1], raw


def _check_name(name: str, what: str) -> None:
    if not name or not name.isprintable() or any(char.isspace() or char == "+" for char in name):
        raise EvidenceError(f"{what}: the key name is malformed", expected="text without spaces and plus signs")
