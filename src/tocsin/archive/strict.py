"""Strict readers for the text of notes, proofs and statements: one spelling for each value, every other refused."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256

from tocsin.records.errors import EvidenceError

_DECIMAL = re.compile(r"(?:0|[1-9][0-9]{0,18})", re.ASCII)
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z", re.ASCII)
_LARGEST_INTEGER = 2**53 - 1  # beyond it, RFC 8785 readers that use doubles would disagree

JsonValue = str | int | bool | None | list["JsonValue"] | dict[str, "JsonValue"]


def decimal(text: str, what: str) -> int:
    """The number a strict decimal stands for: ASCII digits, no sign, no leading zero, no separator, below 10^19.

    Raises EvidenceError for `007`, `+3`, `1_000`, `٣` and the like.
    """
    if _DECIMAL.fullmatch(text) is None:
        raise EvidenceError(f"{what} is not a plain decimal number", expected="digits without sign or leading zero")
    return int(text)


def base64_bytes(text: str, what: str, length: int | None = None) -> bytes:
    """The bytes of exact base64 (RFC 4648 section 4, canonical padding, no whitespace), of `length` bytes if given."""
    try:
        raw = base64.b64decode(text.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error, ValueError) as error:
        raise EvidenceError(f"{what} is not exact base64") from error
    if base64.b64encode(raw).decode("ascii") != text:
        raise EvidenceError(f"{what} is base64 with loose padding bits")
    if length is not None and len(raw) != length:
        raise EvidenceError(f"{what} has the wrong length", expected=f"{length} bytes", got=str(len(raw)))
    return raw


def base64_text(raw: bytes) -> str:
    """Base64 of bytes (RFC 4648 section 4)."""
    return base64.b64encode(raw).decode("ascii")


def instant_text(instant: datetime) -> str:
    """A UTC instant to the second, as statements write it.

    >>> instant_text(datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC))
    '2030-01-02T03:04:05Z'
    """
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def instant(text: str, what: str) -> datetime:
    """The aware UTC instant a statement's time stands for."""
    if _INSTANT.fullmatch(text) is None:
        raise EvidenceError(f"{what} is not a time", expected='one like "2030-01-02T03:04:05Z"')
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise EvidenceError(f"{what} is not a time of the calendar") from error


def spelling_digest(head: Mapping[str, JsonValue]) -> str:
    """Sixteen hex digits by which a small file of fields (of keys, say) tells that one of its bits was flipped.

    Takes whatever JSON may hold: what is damaged is no statement any more.
    """
    spelled = json.dumps(head, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return sha256(b"tocsin/fields/v1\n" + spelled.encode("ascii")).hexdigest()[:16]


def canonical_json(value: Mapping[str, JsonValue]) -> bytes:
    """RFC 8785 JSON of a statement: ASCII keys and text, integers below 2^53, no floats (so no float is ever rounded).

    Raises ValueError for what statements may not hold; a statement with other text would be a bug of the caller.
    """
    _check_plain(value)
    return json.dumps(value, ensure_ascii=True, allow_nan=False, sort_keys=True, separators=(",", ":")).encode("ascii")


def statement(entry: bytes, what: str) -> dict[str, JsonValue]:
    """The statement in a log entry; only the one canonical spelling is read.

    Raises EvidenceError for anything else: other spacing, key order, duplicate keys, escapes, floats.
    """
    try:
        value = json.loads(entry.decode("ascii"))
        again = canonical_json(value) if isinstance(value, dict) else b""
    except (ValueError, RecursionError) as error:
        raise EvidenceError(f"{what} is not a statement in canonical JSON (RFC 8785)") from error
    if again != entry:
        raise EvidenceError(f"{what} is not a statement in canonical JSON (RFC 8785)")
    return dict(value)


def _check_plain(value: object) -> None:
    if isinstance(value, str):
        # Printable ASCII only: key order by UTF-16 unit (RFC 8785) then equals Python's order, and no escape differs.
        if not (value.isascii() and value.isprintable()):
            raise ValueError("statements hold printable ASCII text only")
    elif isinstance(value, bool) or value is None:
        return
    elif isinstance(value, int):
        if abs(value) > _LARGEST_INTEGER:
            raise ValueError("statements hold integers below 2^53 only")
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            if not isinstance(key, str):
                raise ValueError("statement keys are text")
            _check_plain(key)
            _check_plain(inner)
    elif isinstance(value, list):
        for inner in value:
            _check_plain(inner)
    else:
        raise ValueError(f"statements do not hold {type(value).__name__}")
