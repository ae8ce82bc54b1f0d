"""Desks and their keys: the keys lie outside the desk folder, so that a stolen or shared folder gives no names away."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import platformdirs

from tocsin.archive import notes
from tocsin.archive.durable import Disk
from tocsin.archive.handovers import Handover, checked_chain
from tocsin.archive.last_head import LastHead
from tocsin.archive.sealing import Sealer, sealer_of
from tocsin.archive.strict import JsonValue, base64_bytes, base64_text, instant, instant_text, spelling_digest
from tocsin.archive.tables import first_manifest
from tocsin.records.errors import EvidenceError, TocsinInputError
from tocsin.records.evidence import Checkpoint
from tocsin.records.ids import Pseudonyms

SCHEMA_VERSION = 1
_DESK_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)
FOLDERS = ("captures", "chunks", "secrets", "log", "tables", "certificates", "custody", "findings", "index", "staging")


@dataclass(frozen=True, slots=True)
class DeskInfo:
    """What desk.json says: what the desk is for, and the public key its log is signed with."""

    desk_id: str
    purpose: str
    legal_basis: str
    created_at: datetime
    vkey: str
    handovers: tuple[Handover, ...] = ()  # how the log came to this key, oldest first; checked when read

    @property
    def verifier(self) -> notes.Verifier:
        """The key that checks this desk's checkpoints from the last handover on."""
        return notes.verifier(self.vkey, "desk.json: verifier key")

    @property
    def verifiers(self) -> tuple[notes.Verifier, ...]:
        """Every key this log was ever signed with, the present one first."""
        return (self.verifier, *(notes.verifier(each.old) for each in reversed(self.handovers)))

    def opened_checkpoint(self, note: str | bytes) -> Checkpoint:
        """The checkpoint in a note that the key of its time signed.

        Raises EvidenceError for all that `notes.opened_checkpoint` refuses, and where a key that was replaced signed
        a log longer than the one it handed over.
        """
        if not self.handovers:
            return notes.opened_checkpoint(note, self.verifier)
        size = notes.opened_by_one(note, self.verifiers).size
        ended = sum(each.size + 1 < size for each in self.handovers)
        return notes.opened_by_one(note, self.verifiers[: len(self.handovers) + 1 - ended])


@dataclass(frozen=True, slots=True)
class Keys:
    """The secret keys of one desk. Losing them: names and originals can never be opened again, nothing more is signed.

    Only the signing key can be replaced (rotation.py). The pseudonym key cannot: every pseudonym in the tables, in
    findings and in reports came from it, so with another the same account would look like two. Nor can the address
    key: every chunk lies under an address made with it and is sealed with a key derived from it, and captures and log
    name those addresses. Where one of these two is stolen, what it opens is known to the thief, and no new key changes
    that: close the desk and begin another.
    """

    desk_id: str
    pseudonym_key: bytes = field(repr=False)
    address_key: bytes = field(repr=False)
    signing_seed: bytes = field(repr=False)
    kept_in: Path | None = field(default=None, repr=False, compare=False)  # the folder they were read from
    next_seed: bytes | None = field(default=None, repr=False)  # of the key that a handover under way leads to
    replaced: tuple[str, ...] = field(default=(), compare=False)  # vkeys this log was signed with before, no secrets

    @property
    def last_head(self) -> LastHead | None:
        """Where the last head of this desk's log is kept, None for keys that were read from no folder."""
        return LastHead(self.kept_in, self.desk_id) if self.kept_in else None

    @property
    def pseudonyms(self) -> Pseudonyms:
        """Makes this desk's pseudonyms."""
        return Pseudonyms(self.pseudonym_key)

    @property
    def sealer(self) -> Sealer:
        """Seals and opens this desk's chunks and names."""
        return sealer_of(self.address_key)

    @property
    def signer(self) -> notes.Signer:
        """Signs this desk's checkpoints."""
        return notes.Signer(f"tocsin/{self.desk_id}", self.signing_seed)

    @property
    def successor(self) -> notes.Signer | None:
        """Signs for the key that a handover under way leads to, None where none is."""
        return notes.Signer(f"tocsin/{self.desk_id}", self.next_seed) if self.next_seed else None


def default_keys_folder() -> Path:
    """Where keys lie when nobody says otherwise: $TOCSIN_KEYS, else the user's data folder."""
    chosen = os.environ.get("TOCSIN_KEYS")
    return Path(chosen) if chosen else platformdirs.user_data_path("tocsin") / "keys"


def create_desk(
    folder: Path,
    keys_folder: Path,
    *,
    purpose: str,
    legal_basis: str,
    now: datetime,
    random_bytes: Callable[[int], bytes] = os.urandom,
) -> Keys:
    """The keys of a new, empty desk made in `folder`; desk.json is written last, so a crash leaves no half desk.

    Raises TocsinInputError where a desk is there already, a purpose or legal basis is missing, or the keys would lie
    inside the desk folder.
    """
    folder, keys_folder = folder.absolute(), keys_folder.absolute()
    if (folder / "desk.json").exists():
        raise TocsinInputError("a desk is here already", expected="an empty or missing folder")
    if folder.is_dir() and any(path.name not in (*FOLDERS, "lock") for path in folder.iterdir()):
        raise TocsinInputError("the folder holds other files", expected="an empty or missing folder")
    if folder.exists() and not folder.is_dir():
        raise TocsinInputError("a file is where the desk should be", expected="an empty or missing folder")
    if not purpose.strip() or not legal_basis.strip():
        raise TocsinInputError("a desk needs a purpose and a legal basis", next_step="give --purpose and --legal-basis")
    if keys_folder.resolve().is_relative_to(folder.resolve()):
        raise TocsinInputError("the keys would lie inside the desk folder", expected="a folder elsewhere")
    keys = Keys(random_bytes(16).hex(), random_bytes(32), random_bytes(32), random_bytes(32), kept_in=keys_folder)
    write_keys(keys, keys_folder)
    signer = keys.signer
    disk = Disk(folder / "staging")
    try:
        for name in FOLDERS:
            disk.make_folder(folder / name)
        manifest = first_manifest(signer, now)
        disk.publish(folder / "log" / "checkpoint", manifest.checkpoint.encode())
        disk.publish(folder / "tables" / "manifest.json", manifest.to_json())
        info = DeskInfo(keys.desk_id, purpose.strip(), legal_basis.strip(), now, signer.verifier.vkey)
        disk.publish(folder / "desk.json", desk_json(info, signer))
    finally:
        disk.close()
    return keys


def desk_json(info: DeskInfo, signer: notes.Signer) -> bytes:
    """The bytes of desk.json, signed by the desk's key."""
    head: dict[str, object] = {
        "schema_version": SCHEMA_VERSION,
        "desk_id": info.desk_id,
        "purpose": info.purpose,
        "legal_basis": info.legal_basis,
        "created_at": instant_text(info.created_at),
        "vkey": info.vkey,
    }
    if info.handovers:
        head["handovers"] = [each.statement for each in info.handovers]
    head["signature"] = base64_text(signer.signature(_signed_part(head)))
    return _as_written(head)


def _as_written(head: Mapping[str, object]) -> bytes:
    return json.dumps(head, ensure_ascii=False, indent=2).encode("utf-8", "surrogatepass") + b"\n"


def desk_info(folder: Path) -> DeskInfo:
    """What desk.json says. Raises TocsinInputError where there is no desk, EvidenceError where it is damaged."""
    try:
        raw = (folder / "desk.json").read_bytes()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise TocsinInputError(
            "no desk here", expected="a folder with desk.json", next_step="run tocsin init, or name one with --desk"
        ) from error
    return desk_info_of(raw)


def desk_info_of(raw: bytes) -> DeskInfo:
    """What the bytes of a desk.json say. Raises EvidenceError where they are damaged."""
    try:
        head = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise EvidenceError("desk.json is damaged", expected="JSON") from error
    names = ("desk_id", "purpose", "legal_basis", "created_at", "vkey", "signature")
    if not isinstance(head, dict) or not all(isinstance(head.get(name), str) for name in names):
        raise EvidenceError("desk.json is damaged", expected="the fields " + ", ".join(names))
    if head.get("schema_version") != SCHEMA_VERSION:
        raise TocsinInputError(
            "desk.json says that this desk was made by another version of Tocsin",
            expected=f"schema version {SCHEMA_VERSION}",
        )
    chain = checked_chain(head.get("handovers", []), head["vkey"], "desk.json")
    created_at = instant(head["created_at"], "desk.json: created_at")
    info = DeskInfo(head["desk_id"], head["purpose"], head["legal_basis"], created_at, head["vkey"], chain)
    if _DESK_ID.fullmatch(info.desk_id) is None or info.verifier.name != f"tocsin/{info.desk_id}":
        raise EvidenceError("desk.json is damaged", expected="a desk id that fits its verifier key")
    try:
        info.verifier.check_signature(_signed_part(head), base64_bytes(head["signature"], "signature of desk.json"))
        if _as_written(head) != raw:
            raise EvidenceError("desk.json is spelled otherwise than written")
    except EvidenceError as error:
        raise EvidenceError("desk.json was changed: it is not what the desk's key signed") from error
    return info


def _signed_part(head: Mapping[str, object]) -> bytes:
    """What the desk's key signs of desk.json: purpose and legal basis are not to be written anew afterwards."""
    rest = {name: value for name, value in head.items() if name != "signature"}
    return b"tocsin/desk/v1\n" + json.dumps(rest, sort_keys=True).encode("ascii")


def load_keys(folder: Path, keys_folder: Path, *, to_sign: bool = True) -> Keys:
    """The keys of the desk in `folder`; with `to_sign` off, a copy older than a rotation will do (it opens, only).

    Raises TocsinInputError where they are missing or of another desk.
    """
    info = desk_info(folder)
    try:
        raw = key_file(keys_folder, info.desk_id).read_bytes()
    except FileNotFoundError as error:
        raise TocsinInputError(
            "the keys of this desk are not on this machine",
            expected=f"{info.desk_id}.json in the keys folder",
            next_step="run tocsin keys import with a copy of them, or name their folder in TOCSIN_KEYS",
        ) from error
    except OSError as error:
        raise TocsinInputError(
            "the key file of this desk cannot be read",
            got=error.strerror or type(error).__name__,
            next_step="give yourself the right to read it, or name another folder in TOCSIN_KEYS",
        ) from error
    return fitting_keys(replace(keys_of(raw), kept_in=keys_folder), info, to_sign=to_sign)


def fitting_keys(keys: Keys, info: DeskInfo, *, to_sign: bool) -> Keys:
    """The keys, shown to be those of a desk. Raises TocsinInputError where they are another's, or cannot sign."""
    if keys.desk_id != info.desk_id:
        raise TocsinInputError("the keys are not those of this desk", expected="the key that desk.json names")
    if keys.signer.verifier.vkey == info.vkey:
        return keys
    if keys.successor is not None and keys.successor.verifier.vkey == info.vkey:
        return replace(keys, signing_seed=keys.successor.seed)  # a crash came before the key file was tidied
    newer = info.vkey in keys.replaced
    if not newer and keys.signer.verifier.vkey not in (each.old for each in info.handovers):
        raise TocsinInputError("the keys are not those of this desk", expected="the key that desk.json names")
    if to_sign and newer:
        raise TocsinInputError(
            "this copy of the desk is older than the signing key here, which was made later",
            expected="a backup made after the signing key was replaced",
            next_step="these keys open its names and originals; to add to it, import a copy of the keys from its time",
        )
    if to_sign:
        raise TocsinInputError(
            "this copy of the keys is older than the desk's present signing key",
            expected="a copy made after the signing key was replaced",
            next_step="bring the newer copy (tocsin keys import); this one opens names and originals, it cannot sign",
        )
    return keys


def key_file(keys_folder: Path, desk_id: str) -> Path:
    """Where the keys of a desk lie."""
    return keys_folder / f"{desk_id}.json"


def keys_of(raw: bytes) -> Keys:
    """The keys in the bytes of a key file. Raises TocsinInputError where it is damaged."""
    try:
        head = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise TocsinInputError(
            "the key file is damaged", expected="JSON", next_step="restore it from a copy"
        ) from error
    try:
        following = head.get("next_signing_seed")
        if head.pop("check", None) not in (None, spelling_digest(head)) or not head.keys() <= set(_KEY_FIELDS):
            raise TypeError("a flipped bit, or a field of a later version")
        keys = Keys(
            head["desk_id"],
            base64_bytes(head["pseudonym_key"], "pseudonym key", 32),
            base64_bytes(head["address_key"], "address key", 32),
            base64_bytes(head["signing_seed"], "signing seed", 32),
            next_seed=None if following is None else base64_bytes(following, "next signing seed", 32),
            replaced=tuple(notes.verifier(each).vkey for each in head.get("replaced", [])),
        )
        if _DESK_ID.fullmatch(keys.desk_id) is None:
            raise TypeError("not a desk id")
    except (KeyError, TypeError, AttributeError, EvidenceError) as error:
        raise TocsinInputError("the key file is damaged", next_step="restore it from a copy") from error
    return keys


_KEY_FIELDS = ("desk_id", "pseudonym_key", "address_key", "signing_seed", "next_signing_seed", "replaced")


def key_file_bytes(keys: Keys) -> bytes:
    """The bytes of the key file."""
    head: dict[str, JsonValue] = {
        "desk_id": keys.desk_id,
        "pseudonym_key": base64_text(keys.pseudonym_key),
        "address_key": base64_text(keys.address_key),
        "signing_seed": base64_text(keys.signing_seed),
    }
    if keys.next_seed:
        head["next_signing_seed"] = base64_text(keys.next_seed)
    if keys.replaced:
        head["replaced"] = list(keys.replaced)
    return json.dumps({**head, "check": spelling_digest(head)}, indent=2).encode() + b"\n"


def write_keys(keys: Keys, keys_folder: Path, disk: Callable[[Path], Disk] = Disk) -> None:
    """Put the key file in place, durably."""
    here = disk(keys_folder)  # the temporary file must not lie in the desk folder either
    try:
        here.make_folder(keys_folder)
        here.publish(key_file(keys_folder, keys.desk_id), key_file_bytes(keys))
    finally:
        here.close()
