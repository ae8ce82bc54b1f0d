"""C2SP tlog-proof files: one spelling each, every other refused, and nothing believed before it is checked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.archive import merkle, notes
from tocsin.archive.strict import base64_text
from tocsin.archive.tlog_proof import HEADER, TlogProof, read_tlog_proof, tlog_proof_text
from tocsin.records.errors import EvidenceError

SIGNER = notes.Signer("village.example/log", bytes(range(32)))
OTHER = notes.Signer("village.example/other", bytes(range(1, 33)))
ENTRIES = [b"entry %d" % number for number in range(11)]
LEAVES = [merkle.leaf_hash(entry) for entry in ENTRIES]
AT = 6


def head(size: int, signer: notes.Signer = SIGNER) -> str:
    return signer.signed_note(notes.checkpoint_text(signer.name, size, merkle.root(LEAVES[:size])))


def path_of(index: int, size: int) -> list[bytes]:
    return merkle.inclusion_proof(merkle.listed(LEAVES[:size]), index, size)


def opened(note: str):
    return notes.opened_checkpoint(note, SIGNER.verifier)


PATH = path_of(AT, 11)
HASHES = [base64_text(each) for each in PATH]
TEXT = tlog_proof_text(AT, PATH, head(11))
WITH_EXTRA = tlog_proof_text(AT, PATH, head(11), b"see the register")


def test_a_proof_is_written_as_c2sp_says():
    lines = TEXT.split("\n")
    assert lines[:2] == ["c2sp.org/tlog-proof@v1", "index 6"]
    assert lines[2:6] == HASHES
    assert "\n".join(lines[6:]) == "\n" + head(11)
    assert WITH_EXTRA.split("\n")[1] == "extra c2VlIHRoZSByZWdpc3Rlcg=="


@given(st.integers(1, 11), st.data(), st.binary(max_size=40))
def test_every_proof_is_read_back_and_holds(size, data, extra):
    index = data.draw(st.integers(0, size - 1))
    text = tlog_proof_text(index, path_of(index, size), head(size), extra)
    read = read_tlog_proof(text.encode())
    assert read == TlogProof(index, tuple(path_of(index, size)), head(size), extra)
    assert tlog_proof_text(read.index, read.path, read.checkpoint, read.extra) == text
    assert read.check_entry(ENTRIES[index], opened).size == size


def test_the_extra_line_vouches_for_nothing():
    for extra in (b"", b"anything"):
        read_tlog_proof(tlog_proof_text(AT, PATH, head(11), extra).encode()).check_entry(ENTRIES[AT], opened)


def with_index(spelled: str) -> str:
    return TEXT.replace("index 6", f"index {spelled}")


MALFORMED = {
    "empty": "",
    "header alone": HEADER + "\n",
    "header of version 2": TEXT.replace("@v1", "@v2"),
    "header of version 01": TEXT.replace("@v1", "@v01"),
    "header without version": TEXT.replace("@v1", ""),
    "header in capitals": TEXT.replace("c2sp.org", "C2SP.org"),
    "header with a space after": TEXT.replace("@v1", "@v1 "),
    "header as an address": "https://" + TEXT,
    "header missing": TEXT.split("\n", 1)[1],
    "header twice": HEADER + "\n" + TEXT,
    "an empty line before the header": "\n" + TEXT,
    "byte order mark": "\ufeff" + TEXT,
    "CRLF everywhere": TEXT.replace("\n", "\r\n"),
    "CR after the index": TEXT.replace("index 6", "index 6\r"),
    "U+2028 between lines": TEXT.replace("\nindex", "\u2028index"),
    "U+0085 between lines": TEXT.replace("\nindex", "\u0085index"),
    "form feed between lines": TEXT.replace("\nindex", "\findex"),
    "NUL": TEXT.replace("index 6", "index 6\0"),
    "index with underscore": with_index("1_000"),
    "index with plus": with_index("+6"),
    "index with minus": with_index("-6"),
    "index with leading zeros": with_index("006"),
    "index double zero": with_index("00"),
    "index in Arabic-Indic digits": with_index("\u0666"),
    "index in full-width digits": with_index("\uff16"),
    "index in hex": with_index("0x6"),
    "index as float": with_index("6.0"),
    "index empty": with_index(""),
    "index with a space after": with_index("6 "),
    "index with two spaces before": with_index(" 6"),
    "index 2^64": with_index(str(2**64)),
    "index of 5,000 digits": with_index("9" * 5000),
    "index line missing": TEXT.replace("index 6\n", ""),
    "index line twice": TEXT.replace("index 6\n", "index 6\nindex 6\n"),
    "index after the hashes": TEXT.replace("index 6\n", "").replace("\n\n", "\nindex 6\n\n", 1),
    "index in capitals": TEXT.replace("index", "Index"),
    "index with a colon": TEXT.replace("index 6", "index: 6"),
    "index with a tab": TEXT.replace("index 6", "index\t6"),
    "extra after the index": TEXT.replace("index 6\n", "index 6\nextra YQ==\n"),
    "extra twice": WITH_EXTRA.replace("index", "extra YQ==\nindex"),
    "extra empty": TEXT.replace("index", "extra \nindex"),
    "extra without a space": TEXT.replace("index", "extra\nindex"),
    "extra without padding": TEXT.replace("index", "extra YQ\nindex"),
    "extra with loose bits": TEXT.replace("index", "extra YR==\nindex"),
    "extra in the url alphabet": TEXT.replace("index", "extra _-8=\nindex"),
    "extra with a space inside": TEXT.replace("index", "extra YW Jj\nindex"),
    "a hash of 31 bytes": TEXT.replace(HASHES[0], base64_text(PATH[0][:31])),
    "a hash of 33 bytes": TEXT.replace(HASHES[0], base64_text(PATH[0] + b"x")),
    "a hash without padding": TEXT.replace(HASHES[0], HASHES[0].rstrip("=")),
    "a hash with more padding": TEXT.replace(HASHES[0], HASHES[0] + "="),
    "a hash with loose bits": TEXT.replace(HASHES[0], HASHES[0][:-2] + chr(ord(HASHES[0][-2]) + 1) + "="),
    "a hash in hex": TEXT.replace(HASHES[0], PATH[0].hex()),
    "a hash with a space before": TEXT.replace(HASHES[0], " " + HASHES[0]),
    "a hash with a space after": TEXT.replace(HASHES[0], HASHES[0] + " "),
    "two hashes on a line": TEXT.replace(f"{HASHES[0]}\n{HASHES[1]}", f"{HASHES[0]} {HASHES[1]}"),
    "an empty line between hashes": TEXT.replace(HASHES[1], "\n" + HASHES[1]),
    "a word among the hashes": TEXT.replace(HASHES[1], "hash"),
    "64 hashes": tlog_proof_text(AT, [bytes(32)] * 64, head(11)),
    "no empty line": TEXT.replace("\n\n", "\n"),
    "no empty line before the checkpoint": TEXT.replace("\n\n", "\n", 1),
    "a space in the empty line": TEXT.replace("\n\n", "\n \n", 1),
    "two empty lines before the checkpoint": TEXT.replace("\n\n", "\n\n\n", 1),
    "no checkpoint": TEXT.split("\n\n")[0] + "\n\n",
    "a checkpoint without signature": TEXT.rpartition("\n\n")[0] + "\n",
    "a checkpoint with an unsigned size": TEXT.replace("\n11\n", "\n12\n"),
    "a checkpoint cut off": TEXT[:-1],
    "words after the checkpoint": TEXT + "more\n",
    "a line end after the checkpoint": TEXT + "\n",
    "longer than a proof may be": TEXT + "x" * 2_000_000,
}
UNTRUE = {
    "index of another entry": with_index("5"),
    "index beyond the log": with_index("11"),
    "index far beyond the log": with_index(str(10**18)),
    "one hash too many": tlog_proof_text(AT, [*PATH, bytes(32)], head(11)),
    "one hash too few": tlog_proof_text(AT, PATH[:-1], head(11)),
    "no hash": tlog_proof_text(AT, [], head(11)),
    "hashes in reverse": tlog_proof_text(AT, PATH[::-1], head(11)),
    "two hashes exchanged": tlog_proof_text(AT, [PATH[1], PATH[0], *PATH[2:]], head(11)),
    "a hash of zeros": tlog_proof_text(AT, [bytes(32), *PATH[1:]], head(11)),
    "the leaf's own hash": tlog_proof_text(AT, [LEAVES[AT], *PATH[1:]], head(11)),
    "the path of another size": tlog_proof_text(AT, path_of(AT, 7), head(11)),
    "the head of another size": tlog_proof_text(AT, PATH, head(10)),
    "a head of the empty log": tlog_proof_text(0, [], SIGNER.signed_note(notes.checkpoint_text(SIGNER.name, 0, merkle.EMPTY_ROOT))),
    "another root": tlog_proof_text(AT, PATH, SIGNER.signed_note(notes.checkpoint_text(SIGNER.name, 11, bytes(32)))),
    "a head by another key": tlog_proof_text(AT, PATH, head(11, OTHER)),
    "a head by another key under this name": tlog_proof_text(AT, PATH, head(11, notes.Signer(SIGNER.name, bytes(32)))),
}  # fmt: skip


@pytest.mark.parametrize("name", MALFORMED | UNTRUE)
def test_a_malformed_or_untrue_proof_is_refused(name):
    with pytest.raises(EvidenceError):
        read_tlog_proof((MALFORMED | UNTRUE)[name].encode()).check_entry(ENTRIES[AT], opened)


@pytest.mark.parametrize("name", UNTRUE)
def test_what_is_untrue_but_well_formed_is_found_by_the_check(name):
    read = read_tlog_proof(UNTRUE[name].encode())
    with pytest.raises(EvidenceError, match=r"proof|signed"):
        read.check_entry(ENTRIES[AT], opened)


def test_they_are_different_ones():
    every = [*MALFORMED.values(), *UNTRUE.values()]
    assert len(set(every)) == len(every) >= 80
    assert TEXT not in every


def test_another_entry_or_broken_text_is_refused():
    with pytest.raises(EvidenceError, match="another root"):
        read_tlog_proof(TEXT.encode()).check_entry(ENTRIES[AT] + b" ", opened)
    with pytest.raises(EvidenceError, match="not UTF-8"):
        read_tlog_proof(TEXT.encode().replace(b"index", b"ind\xffx"))


@given(st.integers(0, len(WITH_EXTRA.encode()) * 8 - 1))
def test_any_flipped_bit_is_refused_but_those_of_the_extra_line(bit):
    raw = bytearray(WITH_EXTRA.encode())
    raw[bit // 8] ^= 1 << bit % 8
    start = len(HEADER) + 1 + len("extra ")
    if start <= bit // 8 < start + 24:
        return
    with pytest.raises(EvidenceError):
        read_tlog_proof(bytes(raw)).check_entry(ENTRIES[AT], opened)
