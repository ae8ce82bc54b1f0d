"""keys export, import, status: copies of a desk's keys, made before they are needed.

Beside the keys, `<desk id>.exports.json` says when copies were made, in which form and with which signing key; the
desk's folder knows nothing of it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

from tocsin.archive import Keys, desk_info, fitting_keys, key_file, key_file_bytes, keys_of, load_keys, write_keys
from tocsin.archive.durable import Disk
from tocsin.archive.strict import instant_text
from tocsin.desk.keys_paper import keys_from_paper, paper_page, paper_text
from tocsin.desk.place import Desk
from tocsin.desk.write_file import check_writable
from tocsin.records.errors import TocsinInputError
from tocsin.share.age_files import (
    encrypt_into,
    identities,
    opened_with_identity,
    opened_with_passphrase,
    recipients,
    under_passphrase,
)

LOSS = (
    "if every copy of the keys is lost, names and originals can never be opened again, by anybody, and nothing can be "
    "added to the log"
)
_SHORTEST_PASSPHRASE = 12
_LARGEST_FILE = 1_000_000
_KEPT = 50


def export_keys(desk: Desk, output: Path, *, to: Sequence[str] = (), passphrase: str | None = None) -> dict[str, Any]:
    """Write the key file, encrypted to recipients or under a passphrase. Raises TocsinInputError without either."""
    keys = load_keys(desk.folder, desk.keys_folder)
    if bool(to) == (passphrase is not None):
        raise TocsinInputError(
            "keys leave this machine encrypted", expected="--to RECIPIENT, or --passphrase, and not both"
        )
    raw = key_file_bytes(replace(keys, next_seed=None))
    if passphrase is not None:
        if len(passphrase) < _SHORTEST_PASSPHRASE:
            raise TocsinInputError(
                "the passphrase is too short", expected=f"at least {_SHORTEST_PASSPHRASE} characters, better six words"
            )
        sealed = under_passphrase(raw, passphrase)
    else:
        taken = BytesIO()
        encrypt_into([raw], taken, recipients(to))
        sealed = taken.getvalue()
    _write_private(desk, output, sealed)
    return _noted(desk, keys, output, "passphrase" if to == () else "recipients")


def print_keys(desk: Desk, output: Path) -> dict[str, Any]:
    """Write the page to print; it holds the keys in the open."""
    keys = load_keys(desk.folder, desk.keys_folder)
    _write_private(desk, output, paper_page(keys, f"{desk.clock():%Y-%m-%d}"))
    return _noted(desk, keys, output, "paper")


def import_keys(
    desk: Desk,
    file: Path,
    *,
    identity: Path | None = None,
    passphrase: str | None = None,
) -> dict[str, Any]:
    """Put the keys from an exported file in place, once they were shown to be this desk's."""
    raw = _bytes_of(file)
    if identity is not None:
        raw = opened_with_identity(raw, identities(identity), file.name)
    elif passphrase is not None:
        raw = opened_with_passphrase(raw, passphrase, file.name)
    elif not raw.lstrip().startswith(b"{"):
        raise TocsinInputError(
            f"{file} is encrypted, or is no key file", expected="--identity FILE or --passphrase with it"
        )
    return _put_in_place(desk, keys_of(raw))


def import_paper(desk: Desk, file: Path) -> dict[str, Any]:
    """Put the keys from typed lines in place. Raises TocsinInputError naming the line that is mistyped."""
    return _put_in_place(desk, keys_from_paper(paper_text(_bytes_of(file))))


def keys_status(desk: Desk) -> dict[str, Any]:
    """Where the keys are, whether they fit, and when copies of them were made."""
    info = desk_info(desk.folder)
    path = key_file(desk.keys_folder, info.desk_id)
    copies = _copies(desk, info.desk_id)
    current = [each for each in copies if each["vkey"] == info.vkey]
    opens = signs = False
    if path.exists():
        keys = load_keys(desk.folder, desk.keys_folder, to_sign=False)
        opens, signs = True, keys.signer.verifier.vkey == info.vkey
    return {
        "desk": desk.folder, "file": path, "here": path.exists(), "opens": opens, "signs": signs,
        "verifier_key": info.vkey, "rotations": len(info.handovers),
        "last_exported_at": copies[-1]["at"] if copies else None,
        "last_export_signs": bool(current) and current[-1] == copies[-1],
        "exports": copies,
    }  # fmt: skip


def status_lines(status: Mapping[str, Any]) -> list[str]:
    """The status in words."""
    where = f"Keys: {status['file']}"
    if not status["here"]:
        return [f"{where} is missing. Bring a copy: tocsin keys import FILE. Remember: {LOSS}."]
    lines = [where + ("" if status["signs"] else " (older than the present signing key: opens, cannot sign)")]
    lines.append(f"Verifier key: {status['verifier_key']} (keys before it: {status['rotations']})")
    if status["last_exported_at"] is None:
        lines.append(f"Never exported from this machine. Do it now (tocsin keys export): {LOSS}.")
        return lines
    lines.append(f"Last exported: {status['last_exported_at']} ({status['exports'][-1]['form']})")
    if not status["last_export_signs"]:
        lines.append(
            "The signing key was replaced since. That copy opens names and originals, but cannot sign: export again."
        )
    return lines


def _put_in_place(desk: Desk, keys: Keys) -> dict[str, Any]:
    info = desk_info(desk.folder)
    fitting = fitting_keys(keys, info, to_sign=False)
    path = key_file(desk.keys_folder, info.desk_id)
    signs = fitting.signer.verifier.vkey == info.vkey
    if path.exists():
        present = keys_of(path.read_bytes())
        if _secrets(present) == _secrets(keys):
            return {"file": path, "signs": signs, "was_here": True}
        if not signs or fitting_is_current(present, info.vkey):
            raise TocsinInputError(
                "other keys of this desk are here already, and would be overwritten",
                got=path.name,
                next_step="move that file away first, if the imported copy is the right one",
            )
    if desk.keys_folder.resolve().is_relative_to(desk.folder.resolve()):
        raise TocsinInputError("the keys would lie inside the desk folder", expected="a folder elsewhere")
    write_keys(keys, desk.keys_folder)
    return {"file": path, "signs": signs, "was_here": False}


def fitting_is_current(keys: Keys, vkey: str) -> bool:
    """Whether keys sign for a desk with this verifier key."""
    return vkey in (keys.signer.verifier.vkey, keys.successor.verifier.vkey if keys.successor else "")


def _secrets(keys: Keys) -> tuple[bytes, ...]:
    return keys.pseudonym_key, keys.address_key, keys.signing_seed


def _write_private(desk: Desk, output: Path, data: bytes) -> None:
    check_writable(output)
    if output.resolve().is_relative_to(desk.folder.resolve()):
        raise TocsinInputError("the keys would lie inside the desk folder", expected="a file elsewhere")
    disk = Disk(output.absolute().parent)  # readable by its owner only, unlike other files a user asks for
    try:
        disk.publish(output.absolute(), data)
    finally:
        disk.close()


def _noted(desk: Desk, keys: Keys, output: Path, form: str) -> dict[str, Any]:
    entry = {"at": instant_text(desk.clock()), "form": form, "vkey": keys.signer.verifier.vkey}
    copies = [*_copies(desk, keys.desk_id), entry][-_KEPT:]
    disk = Disk(desk.keys_folder)
    try:
        disk.publish(_exports_file(desk, keys.desk_id), json.dumps(copies, indent=1).encode() + b"\n")
    finally:
        disk.close()
    return {"file": output, "form": form, "at": entry["at"]}


def _exports_file(desk: Desk, desk_id: str) -> Path:
    return desk.keys_folder / f"{desk_id}.exports.json"


def _copies(desk: Desk, desk_id: str) -> list[dict[str, str]]:
    try:
        read = json.loads(_exports_file(desk, desk_id).read_bytes())
        return [{name: str(each[name]) for name in ("at", "form", "vkey")} for each in read]
    except FileNotFoundError:
        return []
    except (ValueError, LookupError, TypeError):
        raise TocsinInputError(
            f"{desk_id}.exports.json beside the keys is damaged", next_step="remove it, and export the keys again"
        ) from None


def _bytes_of(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            return stream.read(_LARGEST_FILE)
    except OSError as error:
        raise TocsinInputError(f"{file} cannot be read", got=error.strerror or "") from None
