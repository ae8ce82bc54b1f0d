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
NL = b"\n"


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
    "size 2^64": resigned(TEXT.replace("\n7\n", "\n18446744073709551616\n")),
    "size with a comma": resigned(TEXT.replace("\n7\n", "\n1,000\n")),
    "size with an apostrophe": resigned(TEXT.replace("\n7\n", "\n1'000\n")),
    "size in octal": resigned(TEXT.replace("\n7\n", "\n0o7\n")),
    "size in binary": resigned(TEXT.replace("\n7\n", "\n0b111\n")),
    "size minus zero": resigned(TEXT.replace("\n7\n", "\n-0\n")),
    "size infinite": resigned(TEXT.replace("\n7\n", "\ninf\n")),
    "size in Roman numerals": resigned(TEXT.replace("\n7\n", "\n\u2166\n")),
    "size in Devanagari digits": resigned(TEXT.replace("\n7\n", "\n\u096d\n")),
    "size in Ethiopic digits": resigned(TEXT.replace("\n7\n", "\n\u136f\n")),
    "size with a no-break space": resigned(TEXT.replace("\n7\n", "\n7\u00a0\n")),
    "size with a zero-width space": resigned(TEXT.replace("\n7\n", "\n7\u200b\n")),
    "size with a direction mark": resigned(TEXT.replace("\n7\n", "\n\u200f7\n")),
    "size before the origin": resigned(f"7\n{SIGNER.name}\n{base64_text(ROOT)}\n"),
    "root before the size": resigned(f"{SIGNER.name}\n{base64_text(ROOT)}\n7\n"),
    "root without its last character": resigned(TEXT.replace("8=\n", "=\n")),
    "root with padding inside": resigned(TEXT.replace("AAEC", "AA==")),
    "root of full-width letters": resigned(TEXT.replace("AAEC", "\uff21\uff21\uff25\uff23")),
    "root with a space after": resigned(TEXT.replace("8=\n", "8= \n")),
    "origin in another case": resigned(TEXT.replace("village", "Village")),
    "origin with a space after": resigned(TEXT.replace(SIGNER.name + "\n", SIGNER.name + " \n")),
    "origin with a look-alike letter": resigned(TEXT.replace("village", "vill\u0430ge")),
    "origin decomposed": resigned(TEXT.replace("village", "villa\u0301ge")),
    "empty first line": resigned("\n" + TEXT),
    "empty line within": resigned(TEXT.replace("\n7", "\n\n7")),
    "empty line at the end of the text": resigned(TEXT + "\n"),
    "leading space": resigned(" " + TEXT),
    "form feed": resigned(TEXT.replace("\n7", "\f\n7")),
    "vertical tab": resigned(TEXT.replace("\n7", "\v\n7")),
    "escape": resigned(TEXT.replace("\n7", "\x1b[0m\n7")),
    "DEL": resigned(TEXT.replace("\n7", "\x7f\n7")),
    "U+2029 as line end": resigned(TEXT.replace("\n7", "\u20297")),
    "U+0085 as line end": resigned(TEXT.replace("\n7", "\u00857")),
    "byte order mark inside": resigned(TEXT.replace("\n7", "\n\ufeff7")),
    "empty": "",
    "a line end alone": "\n",
    "two line ends alone": "\n\n",
    "signature line alone": signature_line(),
    "three line ends before the signature": NOTE.replace("\n\n", "\n\n\n"),
    "space in the empty line": NOTE.replace("\n\n", "\n \n"),
    "the text twice": TEXT + "\n" + NOTE,
    "an empty line between two signatures": NOTE + "\n" + signature_line(),
    "en dash": NOTE.replace(DASH, "\u2013"),
    "horizontal bar": NOTE.replace(DASH, "\u2015"),
    "two dashes": NOTE.replace(DASH, DASH + DASH),
    "no dash": NOTE.replace(DASH + " ", ""),
    "no space after the dash": NOTE.replace(DASH + " ", DASH),
    "space before the dash": NOTE.replace(DASH, " " + DASH),
    "no-break space after the dash": NOTE.replace(DASH + " ", DASH + "\u00a0"),
    "space at the end of the signature": NOTE[:-1] + " \n",
    "signature line with four words": NOTE[:-1] + " more\n",
    "signature without the key id": f"{TEXT}\n{DASH} {SIGNER.name} {base64_text(SIGNER.signature(TEXT.encode()))}\n",
    "signature of 65 bytes": (
        f"{TEXT}\n{DASH} {SIGNER.name} {base64_text(SIGNER.verifier.key_id + SIGNER.signature(TEXT.encode()) + b'x')}\n"
    ),
    "signature empty": f"{TEXT}\n{DASH} {SIGNER.name} \n",
    "signature in hex": f"{TEXT}\n{DASH} {SIGNER.name} {(SIGNER.verifier.key_id + SIGNER.signature(TEXT.encode())).hex()}\n",
    "signature in the url alphabet": NOTE[: NOTE.index(signature_line())]
    + signature_line().replace("/", "_").replace("+", "-"),
    "key id reversed": (
        f"{TEXT}\n{DASH} {SIGNER.name} {base64_text(SIGNER.verifier.key_id[::-1] + SIGNER.signature(TEXT.encode()))}\n"
    ),
    "a signature of nothing": f"{TEXT}\n{DASH} {SIGNER.name} {base64_text(SIGNER.verifier.key_id + SIGNER.signature(b''))}\n",
    "signed without the last line end": (
        f"{TEXT}\n{DASH} {SIGNER.name} {base64_text(SIGNER.verifier.key_id + SIGNER.signature(TEXT[:-1].encode()))}\n"
    ),
    "signed with the empty line": (
        f"{TEXT}\n{DASH} {SIGNER.name} {base64_text(SIGNER.verifier.key_id + SIGNER.signature(TEXT.encode() + NL))}\n"
    ),
    "the right key under another name": (
        f"{TEXT}\n{DASH} village.example/else {base64_text(SIGNER.verifier.key_id + SIGNER.signature(TEXT.encode()))}\n"
    ),
    "key name with a plus": f"{TEXT}\n{DASH} village+log {signature_line().split(' ')[2]}",
    "key name with a tab": f"{TEXT}\n{DASH} village\tlog {signature_line().split(' ')[2]}",
    "key name with a control": f"{TEXT}\n{DASH} village\x9blog {signature_line().split(' ')[2]}",
    "key name with an ideographic space": f"{TEXT}\n{DASH} village\u3000log {signature_line().split(' ')[2]}",
    "two signatures by the key, the second wrong": NOTE
    + f"{DASH} {SIGNER.name} {base64_text(SIGNER.verifier.key_id + bytes(64))}\n",
    "two signatures by the key, the first wrong": (
        f"{TEXT}\n{DASH} {SIGNER.name} {base64_text(SIGNER.verifier.key_id + bytes(64))}\n{signature_line()}"
    ),
    "another's malformed signature beside": NOTE + f"{DASH} witness.example ????\n",
    "another's signature in a foreign dash": NOTE + signature_line().replace(DASH, "-"),
    "only witnesses signed": TEXT + "\n" + OTHER.signed_note(TEXT).split("\n\n")[1],
}
EACH_SAYS = {  # a few, so that one reason does not hide behind another
    "size with underscore": "size is not a plain decimal",
    "size in Arabic-Indic digits": "size is not a plain decimal",
    "size 2^64": "size is not a plain decimal",
    "root with loose bits": "loose padding bits",
    "root of 31 bytes": "root has the wrong length",
    "CRLF in the text": "foreign line end",
    "U+2028 as line end": "foreign line end",
    "byte order mark": "foreign line end",
    "extension line": "not three lines",
    "empty line within": "not three lines|signature line",
    "origin in another case": "of another log",
    "same signature twice": "not signed once",
    "only witnesses signed": "not signed once",
    "too many signatures": "too many signatures",
    "longer than a note may be": "too long",
    "no final newline": "not a text, an empty line and signatures",
    "en dash": "signature line is malformed",
    "key name with a plus": "key name is malformed",
    "signature of 63 bytes": "signature does not fit",
    "signature too short": "too short",
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_note_is_refused(name):
    with pytest.raises(EvidenceError):
        notes.opened_checkpoint(MALFORMED[name], SIGNER.verifier)


@pytest.mark.parametrize("name", EACH_SAYS)
def test_a_malformed_note_is_refused_for_its_own_reason(name):
    with pytest.raises(EvidenceError, match=EACH_SAYS[name]):
        notes.opened_checkpoint(MALFORMED[name], SIGNER.verifier)


def test_the_malformed_notes_are_different_ones_and_more_than_a_hundred():
    assert len(set(MALFORMED.values())) == len(MALFORMED) > 100
    assert NOTE not in MALFORMED.values()


def test_one_of_several_keys_of_a_log_may_have_signed():
    older = notes.Signer(SIGNER.name, bytes(range(2, 34)))
    keys = [SIGNER.verifier, older.verifier]
    assert notes.opened_by_one(older.signed_note(TEXT), keys).size == notes.opened_by_one(NOTE, keys).size == 7
    with pytest.raises(EvidenceError, match="not signed by a key of this log"):
        notes.opened_by_one(OTHER.signed_note(TEXT), keys)
    with pytest.raises(EvidenceError, match="does not fit"):
        notes.opened_by_one(older.signed_note(TEXT).replace("\n7\n", "\n8\n"), keys)


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
