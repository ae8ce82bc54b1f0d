"""What lies encrypted in a desk's folder: chunks of original bytes, and the table of names and handles.

A sealed file is the line `tocsin/sealed/v1`, a nonce of 12 bytes and AES-256-GCM over the content. The file's path
under the desk folder is the associated data, so that one sealed file cannot stand in another's place. The key is
derived from the address key, which never lies in the folder: a stolen folder gives no original and no name.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tocsin.records.errors import EvidenceError, TocsinInputError

MAGIC = b"tocsin/sealed/v1\n"
ENDING = ".sealed"
_NONCE_BYTES = 12


@dataclass(frozen=True, slots=True)
class Sealer:
    """Seals and opens the files of one desk."""

    key: bytes = field(repr=False)

    def sealed(self, content: bytes, path: str) -> bytes:
        """The bytes of the sealed file at `path` (relative to the desk folder)."""
        nonce = os.urandom(_NONCE_BYTES)
        return MAGIC + nonce + AESGCM(self.key).encrypt(nonce, content, path.encode())

    def opened(self, raw: bytes, path: str) -> bytes:
        """The content of the sealed file at `path`. Raises EvidenceError where a bit or the place is another."""
        if not raw.startswith(MAGIC) or len(raw) < len(MAGIC) + _NONCE_BYTES:
            raise EvidenceError(f"{path} is damaged", expected="a sealed file")
        nonce = raw[len(MAGIC) : len(MAGIC) + _NONCE_BYTES]
        try:
            return AESGCM(self.key).decrypt(nonce, raw[len(MAGIC) + _NONCE_BYTES :], path.encode())
        except InvalidTag:
            raise EvidenceError(f"{path} cannot be opened: it was changed, or sealed with another key") from None


def sealer_of(address_key: bytes) -> Sealer:
    """The sealer whose key derives from a desk's address key (HKDF, RFC 5869)."""
    return Sealer(HKDF(SHA256(), 32, salt=None, info=b"tocsin/sealing/v1").derive(address_key))


def needed(sealer: Sealer | None, what: str) -> Sealer:
    """The sealer. Raises TocsinInputError where there is none, because the desk's keys are not at hand."""
    if sealer is None:
        raise TocsinInputError(
            f"{what} are sealed, and the keys of this desk are not at hand",
            next_step="name the folder of its keys in TOCSIN_KEYS",
        )
    return sealer
