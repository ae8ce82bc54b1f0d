"""The secrets that salts derive from: one JSON line a leaf, zlib-compressed, erasable without touching the log."""

from __future__ import annotations

import json
import zlib
from bisect import bisect_right
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from tocsin.archive.commitments import SECRET_BYTES
from tocsin.records.errors import EvidenceError

_LARGEST_FILE = 1 << 28


def secrets_path(first_leaf: int, packed: bytes, order: int = 0) -> str:
    """Where the secrets of a commit lie under the desk folder. The CRC-32 of the file is in its name, and the number of
    the erasure that wrote it anew.

    (zlib itself does not notice a flipped bit among the unused ones of its last byte.)
    """
    anew = f".e{order:06d}" if order else ""
    return f"secrets/{first_leaf:012d}.{zlib.crc32(packed):08x}{anew}.jsonl.z"


def packed_secrets(before: Sequence[bytes | None], secrets: bytes, after: Sequence[bytes | None]) -> bytes:
    """A secrets file: one line a leaf. `secrets` is a run of 16-byte secrets (posts); None is a leaf without one."""
    lines = "".join(f'"{each.hex()}"\n' if each else "null\n" for each in before)
    if secrets:
        lines += '"' + secrets.hex("\n", -SECRET_BYTES).replace("\n", '"\n"') + '"\n'
    lines += "".join(f'"{each.hex()}"\n' if each else "null\n" for each in after)
    # Random bytes do not get smaller than 16; looking for repeats (the usual strategy) would cost 20 a leaf, this 18.
    packer = zlib.compressobj(strategy=zlib.Z_HUFFMAN_ONLY)
    return packer.compress(lines.encode("ascii")) + packer.flush()


def unpacked_secrets(raw: bytes, what: str) -> list[bytes | None]:
    """The secrets of a file, None where a leaf has none or it was erased."""
    try:
        unpacker = zlib.decompressobj()
        text = unpacker.decompress(raw, _LARGEST_FILE)
        if not unpacker.eof or unpacker.unused_data or not text.endswith(b"\n"):
            raise ValueError("cut off")
        values = json.loads(b"[" + text[:-1].replace(b"\n", b",") + b"]")
        secrets = [None if value is None else bytes.fromhex(value) for value in values]
    except (zlib.error, ValueError, TypeError, RecursionError) as error:
        raise EvidenceError(f"{what} is damaged") from error
    if any(each is not None and len(each) != SECRET_BYTES for each in secrets):
        raise EvidenceError(f"{what} is damaged", expected=f"{SECRET_BYTES} bytes a secret")
    return secrets


def secret_files(folder: Path) -> list[tuple[Path, int]]:
    """The secrets files of a desk with their first leaves, in order; the last written where an erasure goes on."""
    latest: dict[int, tuple[str, Path]] = {}
    for path in sorted((folder / "secrets").glob("*.jsonl.z")):
        first, _, *anew = [*path.name.removesuffix(".jsonl.z").split("."), ""]
        if first.isascii() and first.isdecimal():
            latest[int(first)] = max(latest.get(int(first), ("", path)), ("".join(anew), path))
    return [(path, first) for first, (_, path) in sorted(latest.items())]


class Secrets:
    """Finds the secret of a leaf in the desk's secrets files."""

    def __init__(self, folder: Path) -> None:
        found = secret_files(folder)
        self._paths = [path for path, _ in found]
        self._firsts = [first_leaf for _, first_leaf in found]
        self._file = lru_cache(maxsize=2)(self._read)

    def of(self, leaf_index: int) -> bytes | None:
        """The secret of a leaf; None where it has none. Raises EvidenceError where the file is missing or damaged."""
        at = bisect_right(self._firsts, leaf_index) - 1
        if at < 0:
            raise EvidenceError(f"the secret of leaf {leaf_index} is missing")
        first = self._firsts[at]
        secrets = self._file(self._paths[at])
        if leaf_index - first >= len(secrets):
            raise EvidenceError(f"the secret of leaf {leaf_index} is missing: no file in secrets/ covers it")
        return secrets[leaf_index - first]

    def _read(self, path: Path) -> list[bytes | None]:
        what = f"secrets/{path.name}"
        try:
            raw = path.read_bytes()
        except OSError as error:
            raise EvidenceError(f"{what} is missing or unreadable") from error
        if path.name.split(".")[1] != f"{zlib.crc32(raw):08x}":
            raise EvidenceError(f"{what} is damaged", expected="the CRC-32 in its name")
        return unpacked_secrets(raw, what)
