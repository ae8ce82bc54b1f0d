"""Commitments against an independent computation, and that each part of them is bound."""

from __future__ import annotations

import hashlib
import hmac
import os
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.archive import commitment_roots, commitments, committed_values, posted_at_text
from tocsin.archive.commitments import field_commitment, field_commitments, field_salt
from tocsin.records.evidence import COMMITTED_FIELDS
from tocsin.records.posts import ParsedPost, TimeBasis

values = st.tuples(*[st.text(st.characters(exclude_categories=["Cs"]), max_size=20)] * len(COMMITTED_FIELDS))


def by_hand(secret: bytes, row: tuple[str, ...]) -> bytes:
    """The formula of the module's docstring, with hmac itself."""
    leaves = b""
    for number, (name, value) in enumerate(zip(COMMITTED_FIELDS, row, strict=True)):
        keyed = hmac.new(secret, bytes([number // 4]), "sha512").digest()
        salt = keyed[16 * (number % 4) : 16 * (number % 4) + 16]
        raw = value.encode()
        message = b"\x00tocsin/field/v1\x00" + salt
        message += len(name).to_bytes(4, "big") + name.encode() + len(raw).to_bytes(4, "big") + raw
        leaves += hashlib.sha256(message).digest()
    return hashlib.sha256(b"\x01tocsin/post/v1\x00" + leaves).digest()


@given(st.binary(min_size=16, max_size=16), values)
def test_the_root_is_that_of_the_formula(secret, row):
    assert commitments(secret, [row])[0].root == by_hand(secret, row)
    assert commitments(secret, [row])[0].secret == secret


@given(st.binary(min_size=16, max_size=16), values, st.integers(0, 8), st.text("xyz", min_size=1))
def test_any_changed_field_changes_the_root(secret, row, at, more):
    changed = (*row[:at], row[at] + more, *row[at + 1 :])
    assert commitment_roots(secret, [row]) != commitment_roots(secret, [changed])


@given(st.binary(min_size=16, max_size=16), values)
def test_a_salt_opens_its_own_field_and_no_other(secret, row):
    made = field_commitments(secret, row)
    for name, value, commitment in zip(COMMITTED_FIELDS, row, made, strict=True):
        assert field_commitment(field_salt(secret, name), name, value) == commitment
    assert len({field_salt(secret, name) for name in COMMITTED_FIELDS}) == len(COMMITTED_FIELDS)


def test_text_moved_between_fields_changes_the_root():
    secret = bytes(16)
    assert commitment_roots(secret, [("ab", "c", *[""] * 7)]) != commitment_roots(secret, [("a", "bc", *[""] * 7)])


def test_equal_posts_with_other_secrets_have_other_roots():
    row = ("x",) * 9
    assert commitment_roots(os.urandom(16), [row]) != commitment_roots(os.urandom(16), [row])


def test_secrets_must_fit_the_rows():
    with pytest.raises(ValueError, match="16 secret bytes"):
        commitments(bytes(15), [("",) * 9])


def test_committed_values_name_the_bytes_and_the_instant():
    zone = timezone(timedelta(hours=2))
    post = ParsedPost(
        "1",
        "2",
        "h",
        "d",
        datetime(2030, 1, 2, 5, 4, 5, 6, zone),
        TimeBasis.EXPLICIT,
        "text",
        0,
        3,
        channel_platform_id="c",
    )
    assert committed_values("village", post, b"abc") == (
        "village", "1", "2", "c", "2030-01-02T03:04:05.000006Z", "text", "post",
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "",
    )  # fmt: skip
    assert posted_at_text(None) == ""
    assert posted_at_text(datetime(1, 1, 1, tzinfo=UTC)) == "0001-01-01T00:00:00.000000Z"
