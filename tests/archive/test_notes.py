"""Signed notes and checkpoints: one spelling each; everything else refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.archive import notes
from tocsin.archive.strict import base64_bytes, base64_text, decimal
from tocsin.records.errors import EvidenceError

SIGNER = notes.Signer("village.example/log", bytes(range(32)))
OTHER = notes.Signer("village.example/other", bytes(range(1, 33)))
ROOT = bytes(range(32))
TEXT = notes.checkpoint_text(SIGNER.name, 7, ROOT)
NOTE = SIGNER.signed_note(TEXT)
DASH = "\u2014"


def signature_line() -> str:
    return NOTE.split("\n\n")[1]


def test_a_checkpoint_opens_as_it_was_written():
    opened = notes.opened_checkpoint(NOTE, SIGNER.verifier)
    assert (opened.origin, opened.size, opened.root, opened.note) == (SIGNER.name, 7, ROOT, NOTE)
    assert notes.opened_checkpoint(NOTE.encode(), SIGNER.verifier) == opened


def test_the_vkey_of_the_published_example_is_read():
    # The example key of the C2SP signed-note specification.
    vkey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    assert notes.verifier(vkey).vkey == vkey


def test_the_published_example_note_opens():
    key = notes.verifier("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
    text = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
    signed = f"{text}\n{DASH} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
    assert notes.opened_note(signed, key) == text


def test_signatures_of_other_keys_are_passed_over():
    both = NOTE + OTHER.signed_note(TEXT).split("\n\n")[1]
    assert notes.opened_checkpoint(both, SIGNER.verifier).size == 7
    with pytest.raises(EvidenceError, match="not signed once"):
        notes.opened_checkpoint(OTHER.signed_note(TEXT), SIGNER.verifier)


def resigned(text: str) -> str:
    """A note with a right signature over a wrong text."""
    return SIGNER.signed_note(text)


MALFORMED = {
    "size with underscore": resigned(TEXT.replace("\n7\n", "\n1_000\n")),
    "size with plus": resigned(TEXT.replace("\n7\n", "\n+3\n")),
    "size with minus": resigned(TEXT.replace("\n7\n", "\n-3\n")),
    "size with leading zeros": resigned(TEXT.replace("\n7\n", "\n007\n")),
    "size double zero": resigned(TEXT.replace("\n7\n", "\n00\n")),
    "size with space before": resigned(TEXT.replace("\n7\n", "\n 7\n")),
    "size with space after": resigned(TEXT.replace("\n7\n", "\n7 \n")),
    "size in Arabic-Indic digits": resigned(TEXT.replace("\n7\n", "\n\u0667\n")),
    "size in full-width digits": resigned(TEXT.replace("\n7\n", "\n\uff17\n")),
    "size empty": resigned(TEXT.replace("\n7\n", "\n\n")),
    "size as float": resigned(TEXT.replace("\n7\n", "\n7.0\n")),
    "size with exponent": resigned(TEXT.replace("\n7\n", "\n7e0\n")),
    "size in hex": resigned(TEXT.replace("\n7\n", "\n0x7\n")),
    "size beyond 19 digits": resigned(TEXT.replace("\n7\n", "\n" + "9" * 20 + "\n")),
    "size of 5,000 digits": resigned(TEXT.replace("\n7\n", "\n" + "9" * 5000 + "\n")),
    "size superscript": resigned(TEXT.replace("\n7\n", "\n\u00b2\n")),
    "root without padding": resigned(TEXT.replace("=\n", "\n")),
    "root with doubled padding": resigned(TEXT.replace("=\n", "==\n")),
    "root with loose bits": resigned(TEXT.replace("8=\n", "9=\n")),
    "root in url alphabet": resigned(notes.checkpoint_text(SIGNER.name, 7, b"\xff" * 32).replace("/", "_")),
    "root with a space": resigned(TEXT.replace("AAEC", "AA EC")),
    "root with a newline": resigned(TEXT.replace("AAEC", "AA\nEC")),
    "root of 31 bytes": resigned(notes.checkpoint_text(SIGNER.name, 7, ROOT[:31])),
    "root of 33 bytes": resigned(notes.checkpoint_text(SIGNER.name, 7, ROOT + b"x")),
    "root empty": resigned(f"{SIGNER.name}\n7\n\n"),
    "root in hex": resigned(f"{SIGNER.name}\n7\n{ROOT.hex()}\n"),
    "origin of another log": resigned(notes.checkpoint_text("village.example/else", 7, ROOT)),
    "origin empty": resigned(notes.checkpoint_text("", 7, ROOT)),
    "extension line": resigned(TEXT + "more\n"),
    "two lines only": resigned(f"{SIGNER.name}\n7\n"),
    "CRLF in the text": resigned(TEXT.replace("\n", "\r\n")),
    "CRLF everywhere": NOTE.replace("\n", "\r\n"),
    "CR in the origin": resigned(TEXT.replace("\n7", "\r\n7")),
    "U+2028 as line end": resigned(TEXT.replace("\n7", "\u20287")),
    "U+2028 at the end of a line": resigned(TEXT.replace("\n7", "\u2028\n7")),
    "U+0085 at the end of a line": resigned(TEXT.replace("\n7", "\u0085\n7")),
    "tab": resigned(TEXT.replace("\n7", "\t\n7")),
    "NUL": resigned(TEXT.replace("\n7", "\0\n7")),
    "byte order mark": "\ufeff" + NOTE,
    "no signature": TEXT,
    "no empty line": NOTE.replace("\n\n", "\n"),
    "text empty": NOTE[NOTE.index("\n\n") + 1 :],
    "no final newline": NOTE[:-1],
    "two final newlines": NOTE + "\n",
    "words after the signature": NOTE + "trailing\n",
    "hyphen for the dash": NOTE.replace(DASH, "-"),
    "two spaces in the signature line": NOTE.replace(DASH + " ", DASH + "  "),
    "signature with loose base64": NOTE[:-2] + "\n",
    "signature padded more": NOTE[:-1] + "=\n",
    "signature too short": f"{TEXT}\n{DASH} {SIGNER.name} {base64_text(SIGNER.verifier.key_id)}\n",
    "signature of 63 bytes": f"{TEXT}\n{DASH} {SIGNER.name} {base64_text(SIGNER.verifier.key_id + bytes(63))}\n",
    "signature line without name": f"{TEXT}\n{DASH} {signature_line().split(' ')[2]}",
    "same signature twice": NOTE + signature_line(),
    "key id of another key": NOTE.replace(
        signature_line(), f"{DASH} {SIGNER.name} {base64_text(b'abcd' + bytes(64))}\n"
    ),
    "signature over another text": NOTE.replace("\n7\n", "\n8\n"),
    "too many signatures": NOTE + OTHER.signed_note(TEXT).split("\n\n")[1] * 100,
    "longer than a note may be": resigned("x" * 1_000_001 + "\n"),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_note_is_refused(name):
    with pytest.raises(EvidenceError):
        notes.opened_checkpoint(MALFORMED[name], SIGNER.verifier)


def test_invalid_utf_8_is_refused():
    with pytest.raises(EvidenceError, match="UTF-8"):
        notes.opened_checkpoint(NOTE.encode().replace(b"7", b"\xff"), SIGNER.verifier)
    with pytest.raises(EvidenceError, match="UTF-8"):
        notes.opened_checkpoint(NOTE.replace("7", "\ud800"), SIGNER.verifier)


@given(st.integers(0, len(NOTE.encode()) * 8 - 1))
def test_any_flipped_bit_of_a_checkpoint_is_refused(bit):
    raw = bytearray(NOTE.encode())
    raw[bit // 8] ^= 1 << bit % 8
    with pytest.raises(EvidenceError):
        notes.opened_checkpoint(bytes(raw), SIGNER.verifier)


VKEY = SIGNER.verifier.vkey


@pytest.mark.parametrize(
    "vkey",
    [
        "",
        "name",
        VKEY.replace("+", " ", 1),
        VKEY.replace("village", "villbge"),
        VKEY.replace(SIGNER.verifier.key_id.hex(), SIGNER.verifier.key_id.hex().upper() + " "),
        VKEY.replace(SIGNER.verifier.key_id.hex(), "00000000"),
        VKEY + "=",
        VKEY[:-1],
        VKEY + "\n",
        "+" + VKEY.split("+", 1)[1],
        "a b+" + VKEY.split("+", 1)[1],
        f"x+{notes.key_id('x', bytes(32)).hex()}+{base64_text(bytes(33))}",  # algorithm 0
        f"x+{notes.key_id('x', bytes(31)).hex()}+{base64_text(bytes([1]) + bytes(31))}",
    ],
)
def test_a_malformed_verifier_key_is_refused(vkey):
    with pytest.raises(EvidenceError):
        notes.verifier(vkey)


def test_decimals_have_one_spelling():
    assert [decimal(text, "it") for text in ("0", "7", "1000")] == [0, 7, 1000]
    for text in ("", "00", "01", "+1", "-1", "1_0", " 1", "1\n", "\u0661", "1.0", "\u00b9", "9" * 20):
        with pytest.raises(EvidenceError):
            decimal(text, "it")


@given(st.binary(max_size=40))
def test_base64_is_read_back_and_no_other_spelling_of_it_is(raw):
    text = base64_text(raw)
    assert base64_bytes(text, "it") == raw
    for other in (text + "\n", text + "=", " " + text, text[:-1] if text else "="):
        with pytest.raises(EvidenceError):
            base64_bytes(other, "it")


def test_a_signer_shows_no_seed():
    assert "seed" not in repr(SIGNER)
    assert SIGNER.seed.hex() not in repr(SIGNER)
