"""What lies inside a backup: a tar whose first file lists all others, each with its size and SHA-256.

manifest.jsonl   line 1: {"format": "tocsin/backup/v1", "kind": ..., "desk_id": ..., "made_at": ..., "log_size": ...,
                 "files": count, "bytes": sum of sizes, "keys": whether the keys are in it}
                 then one line a file, in the order of the tar: {"path", "size", "sha256"}, and "stored_as" where the
                 path is too long for a plain tar header
desk/...         the desk's folder
web/...          the web database's own dump
keys/...         the key file, only where somebody asked for it

Without Tocsin: `age -d -i IDENTITY FILE | tar x`, then compare with the list.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any

from tocsin.desk import tar_stream
from tocsin.records.errors import EvidenceError, TocsinInputError

FORMAT = "tocsin/backup/v1"
LISTING = "manifest.jsonl"
DESK, WEB, KEYS = "desk", "web", "keys"
BACKUP, HANDOVER = "backup", "handover"
LONGEST_LINE = 16_384
LARGEST_LISTING = 1 << 32
LARGEST_KEY_FILE = 65_536
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Head:
    """The first line of the list."""

    kind: str
    desk_id: str
    made_at: str
    log_size: int
    files: int
    size_bytes: int
    keys: bool

    @property
    def line(self) -> bytes:
        """As written."""
        body = {
            "format": FORMAT, "kind": self.kind, "desk_id": self.desk_id, "made_at": self.made_at,
            "log_size": self.log_size, "files": self.files, "bytes": self.size_bytes, "keys": self.keys,
        }  # fmt: skip
        return json.dumps(body).encode("ascii") + b"\n"


@dataclass(frozen=True, slots=True)
class Listed:
    """One file of a backup."""

    path: str
    size_bytes: int
    sha256: str
    number: int

    @property
    def stored_as(self) -> str:
        """Its name in the tar."""
        return self.path if tar_stream.fits(self.path) else f"long/{self.number:08d}"

    @property
    def line(self) -> bytes:
        """As written."""
        body: dict[str, Any] = {"path": self.path, "size": self.size_bytes, "sha256": self.sha256}
        if self.stored_as != self.path:
            body["stored_as"] = self.stored_as
        return json.dumps(body).encode("ascii") + b"\n"


def read_head(line: bytes) -> Head:
    """The first line. Raises TocsinInputError for another format, EvidenceError where it is damaged."""
    body = _object(line)
    if body.get("format") != FORMAT:
        raise TocsinInputError("this backup was made by another version of Tocsin", expected=FORMAT)
    texts = [body.get(name) for name in ("kind", "desk_id", "made_at")]
    numbers = [body.get(name) for name in ("log_size", "files", "bytes")]
    kind, desk_id, made_at = (each if isinstance(each, str) else "" for each in texts)
    log_size, files, size_bytes = (each if type(each) is int and each >= 0 else -1 for each in numbers)
    if kind not in (BACKUP, HANDOVER) or not desk_id or not made_at or min(log_size, files, size_bytes) < 0:
        raise EvidenceError(f"{LISTING} in the backup is damaged", expected="its first line")
    return Head(kind, desk_id, made_at, log_size, files, size_bytes, body.get("keys") is True)


def read_files(stream: IO[bytes], count: int) -> Iterator[Listed]:
    """The files listed after the first line. Raises EvidenceError for a path that leads out, or a damaged line."""
    for number in range(count):
        body = _object(stream.readline(LONGEST_LINE))
        path, size, digest = body.get("path"), body.get("size"), body.get("sha256")
        if type(size) is not int or size < 0 or not isinstance(digest, str) or _SHA256.fullmatch(digest) is None:
            raise EvidenceError(f"{LISTING} in the backup is damaged: line {number + 2}")
        listed = Listed(checked_path(path, number), size, digest, number)
        if body.get("stored_as", listed.path) != listed.stored_as:
            raise EvidenceError(f"{LISTING} in the backup is damaged: line {number + 2}")
        yield listed
    if stream.read(1):
        raise EvidenceError(f"{LISTING} in the backup lists more files than it says")


def checked_path(path: object, number: int) -> str:
    """A path that stays below the folder it is unpacked to. Raises EvidenceError for every other."""
    parts = path.split("/") if isinstance(path, str) else []
    good = len(parts) > 1 and parts[0] in (DESK, WEB, KEYS) and all(part not in ("", ".", "..") for part in parts)
    if not good or not isinstance(path, str) or "\0" in path or not _is_name(path):
        raise EvidenceError(f"{LISTING} in the backup names a path that leads out of the folder: line {number + 2}")
    return path


def _is_name(path: str) -> bool:
    try:
        os.fsencode(path)
    except UnicodeEncodeError:
        return False
    return True


def _object(line: bytes) -> dict[str, Any]:
    try:
        body = json.loads(line)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict) or not line.endswith(b"\n"):
        raise EvidenceError(f"{LISTING} in the backup is damaged")
    return body
