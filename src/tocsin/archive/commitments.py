"""Salted commitments of a post's fields and of the post: pure functions, fast enough for every record.

    salt(field i)     = bytes 16 * (i mod 4) to 16 * (i mod 4) + 16 of HMAC-SHA512(secret, u8(i div 4)), i from 0
    commitment(field) = SHA-256(00 "tocsin/field/v1" 00 || salt || u32(len field) field || u32(len value) value)
    root              = SHA-256(01 "tocsin/post/v1" 00 || commitments in the order of COMMITTED_FIELDS)

Values are UTF-8 text. Salts derive from one secret a post, so that erasing 16 bytes erases all of them, and a proof
can give away the salt of one field without helping to guess another.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256

from tocsin.records.evidence import COMMITTED_FIELDS, Commitment
from tocsin.records.posts import ParsedPost

SECRET_BYTES = 16
SALT_BYTES = 16
_FIELD_DOMAIN = b"\x00tocsin/field/v1\x00"
_POST_DOMAIN = b"\x01tocsin/post/v1\x00"
_NAMES = tuple(len(name).to_bytes(4, "big") + name.encode() for name in COMMITTED_FIELDS)
_SALT_STARTS = range(0, SALT_BYTES * len(COMMITTED_FIELDS), SALT_BYTES)
_COUNTERS = [bytes([number]) for number in range(-(-_SALT_STARTS.stop // 64))]


def committed_values(source: str, post: ParsedPost, record: bytes) -> tuple[str, ...]:
    """The texts a post commits to, in the order of COMMITTED_FIELDS; `record` is its bytes in the capture."""
    return (
        source,
        post.platform_id,
        post.account_platform_id,
        post.channel_platform_id,
        posted_at_text(post.posted_at),
        post.text,
        str(post.kind),
        sha256(record).hexdigest(),
        post.pointer,
    )


def posted_at_text(posted_at: datetime | None) -> str:
    """The instant as committed: ISO 8601 in UTC with microseconds and Z, or "".

    >>> posted_at_text(datetime(2030, 1, 2, 3, 4, 5, 6, tzinfo=UTC))
    '2030-01-02T03:04:05.000006Z'
    """
    if posted_at is None:
        return ""
    return posted_at.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"


def commitments(secrets: bytes, rows: Sequence[Sequence[str]]) -> list[Commitment]:
    """The secret and root of each row; `secrets` is 16 random bytes a row, `rows` as `committed_values` gives them."""
    if len(secrets) != SECRET_BYTES * len(rows):
        raise ValueError("16 secret bytes a row")
    made: list[Commitment] = []
    for at, row in enumerate(rows):
        secret = secrets[at * SECRET_BYTES : (at + 1) * SECRET_BYTES]
        made.append(Commitment(secret, commitment_root(field_commitments(secret, row))))
    return made


def commitment_roots(secrets: bytes, rows: Sequence[Sequence[str]]) -> bytes:
    """The roots of rows, 32 bytes each, as `Writer.commit` takes them."""
    return b"".join([each.root for each in commitments(secrets, rows)])


def field_commitments(secret: bytes, values: Sequence[str]) -> list[bytes]:
    """The commitment of each field, in the order of COMMITTED_FIELDS."""
    made: list[bytes] = []
    salts = _salts(secret)
    for sized_name, salt, value in zip(_NAMES, salts, values, strict=True):
        raw = value.encode()
        made.append(sha256(_FIELD_DOMAIN + salt + sized_name + len(raw).to_bytes(4, "big") + raw).digest())
    return made


def _salts(secret: bytes) -> list[bytes]:
    """The salt of each field. Three keyed hashes give all nine; one salt tells nothing of another."""
    stream = b"".join([hmac.digest(secret, counter, "sha512") for counter in _COUNTERS])
    return [stream[at : at + SALT_BYTES] for at in _SALT_STARTS]


def field_salt(secret: bytes, name: str) -> bytes:
    """The salt of one field; enough to check that field and no other."""
    return _salts(secret)[COMMITTED_FIELDS.index(name)]


def field_commitment(salt: bytes, name: str, value: str) -> bytes:
    """The commitment of one disclosed field."""
    raw, raw_name = value.encode(), name.encode()
    parts = (len(raw_name).to_bytes(4, "big"), raw_name, len(raw).to_bytes(4, "big"), raw)
    return sha256(_FIELD_DOMAIN + salt + b"".join(parts)).digest()


def commitment_root(fields: Sequence[bytes]) -> bytes:
    """The root of a post over its field commitments."""
    return sha256(_POST_DOMAIN + b"".join(fields)).digest()
