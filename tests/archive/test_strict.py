"""Canonical JSON against strings written by hand from RFC 8785, and statements in no other spelling."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.archive.batches import post_entries
from tocsin.archive.strict import canonical_json, instant, spelling_digest, statement
from tocsin.records.errors import EvidenceError

BY_HAND = [
    ({}, b"{}"),
    ({"b": 1, "a": 2}, b'{"a":2,"b":1}'),
    ({"a": [1, "x", None, True, False]}, b'{"a":[1,"x",null,true,false]}'),
    ({"a": {"z": 0, "Z": -1}}, b'{"a":{"Z":-1,"z":0}}'),
    ({"quote": 'say "x" \\ /'}, b'{"quote":"say \\"x\\" \\\\ /"}'),
    ({"1": 1, "10": 2, "2": 3}, b'{"1":1,"10":2,"2":3}'),
    ({"n": 9007199254740991}, b'{"n":9007199254740991}'),
    ({"v": 1, "type": "note", "at": "2030-01-02T03:04:05Z"}, b'{"at":"2030-01-02T03:04:05Z","type":"note","v":1}'),
]


@pytest.mark.parametrize(("value", "expected"), BY_HAND)
def test_canonical_json_is_what_rfc_8785_says(value, expected):
    assert canonical_json(value) == expected
    assert statement(expected, "it") == value


def test_the_entry_of_a_post_is_canonical():
    (entry,) = post_entries("2030-01-02T03:04:05Z", "kabc", bytes(range(32)))
    assert entry == (
        b'{"at":"2030-01-02T03:04:05Z","capture":"kabc",'
        b'"root":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=","type":"post","v":1}'
    )
    assert canonical_json(statement(entry, "it")) == entry


@pytest.mark.parametrize(
    "value",
    [{"a": 1.5}, {"a": "\u0661"}, {"a": "x\n"}, {"a": 2**53}, {"\u00e9": 1}, {"a": b"x"}, {1: 2}, {"a": float("nan")}],
)
def test_what_could_be_spelled_two_ways_is_not_written(value):
    with pytest.raises(ValueError, match="statement"):
        canonical_json(value)


@pytest.mark.parametrize(
    "entry",
    [
        b"", b"null", b"[]", b'"x"', b"{", b'{"a":1,"a":1}', b'{"a":1,"a":2}', b'{"b":1,"a":2}', b'{"a": 1}',
        b'{"a":1}\n', b' {"a":1}', b'{"a":1.0}', b'{"a":1e0}', b'{"a":-0}', b'{"a":01}', b'{"a":"\\u0061"}',
        b'{"a":"\\/"}', b'{"a":NaN}', b'{"a":Infinity}', b'{"a":"\xc3\xa9"}', b'{"a":9007199254740992}',
        b'\xef\xbb\xbf{"a":1}', b"{'a':1}", b'{"a":1,}', b"[" * 100_000, b'{"a":"\\ud800"}',
    ],
)  # fmt: skip
def test_a_statement_in_another_spelling_is_refused(entry):
    with pytest.raises(EvidenceError):
        statement(entry, "it")


@given(st.dictionaries(st.text("abcXYZ_09", min_size=1), st.integers(-(2**53) + 1, 2**53 - 1) | st.text('ab \\"/')))
def test_every_statement_is_read_back(value):
    assert statement(canonical_json(value), "it") == value


def test_the_digest_of_fields_takes_damaged_ones_and_tells_them_apart():
    good = {"desk_id": "ab", "key": "QUJD"}
    assert spelling_digest(good) == spelling_digest(dict(reversed(good.items())))
    damaged = [
        {**good, "key": value} for value in ("QUJE", "QU\x7fD", "QU\u0142D", "\ud800", 1.5, None, ["QUJD"], 2**70)
    ]
    assert len({spelling_digest(each) for each in [good, *damaged]}) == 9


@pytest.mark.parametrize(
    "text", ["2030-01-02T03:04:05", "2030-01-02 03:04:05Z", "2030-13-02T03:04:05Z", "\u0662030-01-02T03:04:05Z"]
)
def test_a_time_in_another_spelling_is_refused(text):
    with pytest.raises(EvidenceError):
        instant(text, "it")
