"""The seal of a dispatch: the desk's signature over every character of the file but the seal itself."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Callable

from tocsin.records.errors import EvidenceError

UNSEALED = "tocsin-seal:v1:unsealed"
_SEAL = re.compile(r"tocsin-seal:v1:(unsealed|[A-Za-z0-9+/]{16,4096}={0,2})")
_CONTEXT = b"tocsin/seal/v1\n"

Sign = Callable[[bytes], bytes]
CheckSignature = Callable[[bytes, bytes], None]  # (message, signature); raises EvidenceError


def sealed(text: str, sign: Sign) -> str:
    """The file with its seal filled in: `sign` gets the message of `sealed_message` and returns a signature.

    Raises: EvidenceError where the file has no place for a seal or is sealed already.
    """
    match = _last_seal(text)
    if match[1] != "unsealed":
        raise EvidenceError("the dispatch is sealed already", next_step="draw it again from its brief")
    signature = base64.b64encode(sign(sealed_message(text))).decode("ascii")
    return f"{text[: match.start(1)]}{signature}{text[match.end(1) :]}"


def check_seal(text: str, check_signature: CheckSignature) -> str:
    """The digest (hex) of a file whose seal holds.

    Raises: EvidenceError where the seal is missing, unreadable, or not the desk's over these very characters.
    """
    match = _last_seal(text)
    if match[1] == "unsealed":
        raise EvidenceError("the dispatch carries no signature", next_step="have the desk write it again")
    try:
        signature = base64.b64decode(match[1], validate=True)
    except binascii.Error:
        raise EvidenceError("the seal of the dispatch cannot be read", expected="base64") from None
    if base64.b64encode(signature).decode("ascii") != match[1]:
        raise EvidenceError("the seal of the dispatch is not written as the desk writes it", expected="exact base64")
    message = sealed_message(text)
    check_signature(message, signature)
    return message.removeprefix(_CONTEXT).hex()


def sealed_message(text: str) -> bytes:
    """What is signed: a context line and the SHA-256 of the file (UTF-8) with its seal blanked."""
    match = _last_seal(text)
    blanked = f"{text[: match.start(1)]}unsealed{text[match.end(1) :]}"
    return _CONTEXT + hashlib.sha256(blanked.encode("utf-8", "surrogatepass")).digest()


def unsealed(text: str) -> str:
    """The file with its seal blanked."""
    match = _last_seal(text)
    return f"{text[: match.start(1)]}unsealed{text[match.end(1) :]}"


def _last_seal(text: str) -> re.Match[str]:
    """The seal: the last one written, since a quoted post may hold something that looks like one."""
    found = list(_SEAL.finditer(text))
    if not found:
        raise EvidenceError("the file has no seal", expected="a dispatch written by Tocsin")
    return found[-1]
