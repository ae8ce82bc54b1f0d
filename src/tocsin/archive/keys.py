"""Desks and their keys: the keys lie outside the desk folder, so that a stolen or shared folder gives no names away."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import platformdirs

from tocsin.archive import notes
from tocsin.archive.durable import Disk
from tocsin.archive.strict import base64_bytes, base64_text, instant, instant_text
from tocsin.archive.tables import first_manifest
from tocsin.records.errors import EvidenceError, TocsinInputError
from tocsin.records.ids import Pseudonyms

SCHEMA_VERSION = 1
_DESK_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)
_FOLDERS = ("captures", "chunks", "secrets", "log", "tables", "certificates", "findings", "index", "staging")


@dataclass(frozen=True, slots=True)
class DeskInfo:
    """What desk.json says: what the desk is for, and the public key its log is signed with."""

    desk_id: str
    purpose: str
    legal_basis: str
    created_at: datetime
    vkey: str

    @property
    def verifier(self) -> notes.Verifier:
        """The key that checks this desk's checkpoints."""
        return notes.verifier(self.vkey)


@dataclass(frozen=True, slots=True)
class Keys:
    """The secret keys of one desk. Losing them: pseudonyms can no longer be made, and nothing more can be signed."""

    desk_id: str
    pseudonym_key: bytes = field(repr=False)
    address_key: bytes = field(repr=False)
    signing_seed: bytes = field(repr=False)

    @property
    def pseudonyms(self) -> Pseudonyms:
        """Makes this desk's pseudonyms."""
        return Pseudonyms(self.pseudonym_key)

    @property
    def signer(self) -> notes.Signer:
        """Signs this desk's checkpoints."""
        return notes.Signer(f"tocsin/{self.desk_id}", self.signing_seed)


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
    if folder.is_dir() and any(path.name not in (*_FOLDERS, "lock") for path in folder.iterdir()):
        raise TocsinInputError("the folder holds other files", expected="an empty or missing folder")
    if folder.exists() and not folder.is_dir():
        raise TocsinInputError("a file is where the desk should be", expected="an empty or missing folder")
    if not purpose.strip() or not legal_basis.strip():
        raise TocsinInputError("a desk needs a purpose and a legal basis", next_step="give --purpose and --legal-basis")
    if keys_folder.resolve().is_relative_to(folder.resolve()):
        raise TocsinInputError("the keys would lie inside the desk folder", expected="a folder elsewhere")
    keys = Keys(random_bytes(16).hex(), random_bytes(32), random_bytes(32), random_bytes(32))
    _write_keys(keys, keys_folder)
    signer = keys.signer
    disk = Disk(folder / "staging")
    try:
        for name in _FOLDERS:
            disk.make_folder(folder / name)
        manifest = first_manifest(signer, now)
        disk.publish(folder / "log" / "checkpoint", manifest.checkpoint.encode())
        disk.publish(folder / "tables" / "manifest.json", manifest.to_json())
        head = {
            "schema_version": SCHEMA_VERSION,
            "desk_id": keys.desk_id,
            "purpose": purpose.strip(),
            "legal_basis": legal_basis.strip(),
            "created_at": instant_text(now),
            "vkey": signer.verifier.vkey,
        }
        head["signature"] = base64_text(signer.signature(_signed_part(head)))
        disk.publish(folder / "desk.json", json.dumps(head, ensure_ascii=False, indent=2).encode() + b"\n")
    finally:
        disk.close()
    return keys


def desk_info(folder: Path) -> DeskInfo:
    """What desk.json says. Raises TocsinInputError where there is no desk, EvidenceError where it is damaged."""
    try:
        head = json.loads((folder / "desk.json").read_bytes())
    except (FileNotFoundError, NotADirectoryError) as error:
        raise TocsinInputError(
            "no desk here", expected="a folder with desk.json", next_step="run tocsin init, or name one with --desk"
        ) from error
    except (ValueError, RecursionError) as error:
        raise EvidenceError("desk.json is damaged", expected="JSON") from error
    names = ("desk_id", "purpose", "legal_basis", "created_at", "vkey", "signature")
    if not isinstance(head, dict) or not all(isinstance(head.get(name), str) for name in names):
        raise EvidenceError("desk.json is damaged", expected="the fields " + ", ".join(names))
    if head.get("schema_version") != SCHEMA_VERSION:
        raise TocsinInputError(
            "this desk was made by another version of Tocsin", expected=f"schema version {SCHEMA_VERSION}"
        )
    info = DeskInfo(
        head["desk_id"], head["purpose"], head["legal_basis"], instant(head["created_at"], "created_at"), head["vkey"]
    )
    if _DESK_ID.fullmatch(info.desk_id) is None or info.verifier.name != f"tocsin/{info.desk_id}":
        raise EvidenceError("desk.json is damaged", expected="a desk id that fits its verifier key")
    try:
        info.verifier.check_signature(_signed_part(head), base64_bytes(head["signature"], "signature of desk.json"))
    except EvidenceError as error:
        raise EvidenceError("desk.json was changed: it is not what the desk's key signed") from error
    return info


def _signed_part(head: Mapping[str, object]) -> bytes:
    """What the desk's key signs of desk.json: purpose and legal basis are not to be written anew afterwards."""
    rest = {name: value for name, value in head.items() if name != "signature"}
    return b"tocsin/desk/v1\n" + json.dumps(rest, sort_keys=True).encode("ascii")


def load_keys(folder: Path, keys_folder: Path) -> Keys:
    """The keys of the desk in `folder`. Raises TocsinInputError where they are missing or of another desk."""
    info = desk_info(folder)
    try:
        head = json.loads((keys_folder / f"{info.desk_id}.json").read_bytes())
    except FileNotFoundError as error:
        raise TocsinInputError(
            "the keys of this desk are not on this machine",
            expected=f"{info.desk_id}.json in the keys folder",
            next_step="copy it there, or name the folder in TOCSIN_KEYS",
        ) from error
    except OSError as error:
        raise TocsinInputError(
            "the key file of this desk cannot be read",
            got=error.strerror or type(error).__name__,
            next_step="give yourself the right to read it, or name another folder in TOCSIN_KEYS",
        ) from error
    except (ValueError, RecursionError) as error:
        raise TocsinInputError(
            "the key file is damaged", expected="JSON", next_step="restore it from a copy"
        ) from error
    try:
        keys = Keys(
            info.desk_id,
            base64_bytes(head["pseudonym_key"], "pseudonym key", 32),
            base64_bytes(head["address_key"], "address key", 32),
            base64_bytes(head["signing_seed"], "signing seed", 32),
        )
    except (KeyError, TypeError, AttributeError, EvidenceError) as error:
        raise TocsinInputError("the key file is damaged", next_step="restore it from a copy") from error
    if keys.signer.verifier.vkey != info.vkey:
        raise TocsinInputError("the keys are not those of this desk", expected="the key that desk.json names")
    return keys


def _write_keys(keys: Keys, keys_folder: Path) -> None:
    head = {
        "desk_id": keys.desk_id,
        "pseudonym_key": base64_text(keys.pseudonym_key),
        "address_key": base64_text(keys.address_key),
        "signing_seed": base64_text(keys.signing_seed),
    }
    disk = Disk(keys_folder)  # the temporary file must not lie in the desk folder either
    try:
        disk.make_folder(keys_folder)
        disk.publish(keys_folder / f"{keys.desk_id}.json", json.dumps(head, indent=2).encode() + b"\n")
    finally:
        disk.close()
