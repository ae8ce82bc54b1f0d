"""What leaves the house encrypted: streams to named recipients or under a passphrase, in the format of age.

age (age-encryption.org/v1) was chosen because anybody can open its files with a tool that is not ours (age, rage), its
header names no recipient in the clear, and every 64 KiB is authenticated with its place and whether it is the last, so
that a file cut off or changed anywhere is refused. The data pass through in pieces; nothing grows with them.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Protocol

import pyrage

from tocsin.records.errors import EvidenceError, TocsinError, TocsinInputError

_WANTED = 'an age recipient ("age1...") or an SSH public key (ssh-ed25519, ssh-rsa)'
_LARGEST_IDENTITY_FILE = 1_000_000
_LARGEST_PASSPHRASE_FILE = 1_000_000
_HEADER = (b"age-encryption.org/v1", b"-----BEGIN AGE ENCRYPTED FILE-----")


class Sink(Protocol):
    """Where decrypted bytes go. What it raises comes out of `decrypted_into` as it was raised."""

    def write(self, data: bytes, /) -> int:
        """Take all of `data`."""

    def flush(self) -> None:
        """Nothing need happen."""


@dataclass(frozen=True, slots=True)
class Recipients:
    """To whom a file is encrypted."""

    names: tuple[str, ...]  # as they were given
    _keys: tuple[Any, ...]


def recipients(texts: Sequence[str]) -> Recipients:
    """The recipients. Raises TocsinInputError for none, or for one that is no public key of age or SSH."""
    keys = []
    for number, text in enumerate(texts, 1):
        kind: Any = pyrage.ssh.Recipient if text.startswith("ssh-") else pyrage.x25519.Recipient
        try:
            keys.append(kind.from_str(text.strip()))
        except pyrage.RecipientError:
            secret = " (this is the secret half: never give it away)" if text.upper().startswith("AGE-SECRET") else ""
            raise TocsinInputError(
                f"recipient {number} is no public key{secret}",
                expected=_WANTED,
                next_step="ask the recipient for the line that age-keygen printed as public key",
            ) from None
    if not keys:
        raise TocsinInputError("nobody is named who can open it", expected="--to " + _WANTED)
    return Recipients(tuple(texts), tuple(keys))


def identities(path: Path) -> list[Any]:
    """The secret keys in an identity file: lines AGE-SECRET-KEY-1..., or an SSH private key without a passphrase.

    Raises TocsinInputError where there are none.
    """
    try:
        with path.open("rb") as stream:
            raw = stream.read(_LARGEST_IDENTITY_FILE)
    except OSError as error:
        raise TocsinInputError(f"the identity file {path} cannot be read", got=error.strerror or "") from None
    try:
        if raw.startswith(b"-----BEGIN"):
            return [pyrage.ssh.Identity.from_buffer(raw)]
        lines = [line.strip() for line in raw.decode("utf-8").splitlines()]
        found = [pyrage.x25519.Identity.from_str(line) for line in lines if line and not line.startswith("#")]
    except (pyrage.IdentityError, UnicodeDecodeError):
        found = []
    if not found:
        raise TocsinInputError(
            f"{path} holds no identity that can be used",
            expected="a file made by age-keygen (AGE-SECRET-KEY-1...), or an SSH private key without a passphrase",
        )
    return found


def encrypt_into(pieces: Iterable[bytes], output: IO[bytes], to: Recipients) -> None:
    """Write the joined pieces, encrypted. What `pieces` or `output` raise comes out as it was raised."""
    source, sink = _Pulled(pieces), _Kept(output)
    try:
        pyrage.encrypt_io(source, sink, list(to._keys))
    except (pyrage.EncryptError, OSError) as error:
        raise _first(source.error, sink.error, TocsinError(f"age could not encrypt ({error})")) from None


def decrypt_into(source: IO[bytes], sink: Sink, with_identities: Sequence[Any], what: str) -> None:
    """Decrypt a stream into a sink, piece by piece; each piece was authenticated, the whole only when this returns.

    Raises TocsinInputError where the identity is not among the recipients or the file is none of age's, EvidenceError
    where it was changed or cut off, and what the sink raised.
    """
    start = source.read(len(_HEADER[1]))
    if not start.startswith(_HEADER):
        raise TocsinInputError(f"{what} is no file of age's", expected="a file made by tocsin backup")
    taken, pulled = _Kept(sink), _Pulled(_pieces(start, source))
    try:
        pyrage.decrypt_io(pulled, taken, list(with_identities))
    except (pyrage.DecryptError, OSError) as error:
        kept = taken.error or pulled.error
        if kept is None and "No matching keys" in str(error):
            kept = TocsinInputError(
                f"this identity does not open {what}",
                expected="the identity of one of the recipients it was encrypted to",
                next_step="name another --identity FILE (where it surely is that one, the file's head was changed)",
            )
        raise kept or EvidenceError(
            f"{what} is damaged: it was changed or cut off", next_step="take another copy of it"
        ) from None


def under_passphrase(data: bytes, passphrase: str) -> bytes:
    """Few bytes, encrypted under a passphrase (age's scrypt)."""
    return bytes(pyrage.passphrase.encrypt(data, passphrase))


def opened_with_passphrase(raw: bytes, passphrase: str, what: str) -> bytes:
    """The bytes behind a passphrase. Raises TocsinInputError where it does not fit or the file was changed."""
    if not raw.startswith(_HEADER) or len(raw) > _LARGEST_PASSPHRASE_FILE:
        raise TocsinInputError(f"{what} is no file of age's", expected="a file made by tocsin keys export")
    try:
        return bytes(pyrage.passphrase.decrypt(raw, passphrase))
    except pyrage.DecryptError as error:
        if "No matching keys" in str(error):
            raise TocsinInputError(
                f"{what} is not under a passphrase", next_step="open it with --identity FILE"
            ) from None
        raise TocsinInputError(f"the passphrase does not open {what}, or the file was changed") from None


def opened_with_identity(raw: bytes, with_identities: Sequence[Any], what: str) -> bytes:
    """Few bytes that were encrypted to recipients; raises as `decrypt_into`."""
    taken = io.BytesIO()
    decrypt_into(io.BytesIO(raw), taken, with_identities, what)
    return taken.getvalue()


def _pieces(start: bytes, source: IO[bytes]) -> Iterator[bytes]:
    yield start
    while piece := source.read(1 << 16):
        yield piece


def _first(*errors: BaseException | None) -> BaseException:
    return next(error for error in errors if error is not None)


class _Pulled:
    """Gives pieces to pyrage, which reads; keeps what they raised, which pyrage would turn into text."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces, self._piece, self._at = iter(pieces), b"", 0
        self.error: BaseException | None = None

    def read(self, size: int = -1) -> bytes:
        try:
            while self._at >= len(self._piece):
                self._piece, self._at = next(self._pieces), 0
        except StopIteration:
            return b""
        except BaseException as error:
            self.error = error
            raise
        start = self._at
        self._at = len(self._piece) if size < 0 else start + size
        return self._piece[start : self._at]


class _Kept:
    """Takes bytes from pyrage, all of them; keeps what the sink raised."""

    def __init__(self, sink: Sink | IO[bytes]) -> None:
        self._sink = sink
        self.error: BaseException | None = None

    def write(self, data: bytes) -> int:
        try:
            view = memoryview(data)
            while view:
                view = view[self._sink.write(bytes(view)) :]
        except BaseException as error:
            self.error = error
            raise
        return len(data)

    def flush(self) -> None:
        """The owner of the sink flushes it."""
