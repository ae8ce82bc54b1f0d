"""The seal covers every character of the file."""

from __future__ import annotations

import random

import pytest

from report.invented import Village
from tocsin.records.errors import EvidenceError
from tocsin.report import check_seal, sealed
from tocsin.report.seal import UNSEALED


def test_any_changed_character_breaks_the_seal(desk: Village, dispatches: dict[str, str]) -> None:
    rng = random.Random(5)
    for text in dispatches.values():
        assert len(check_seal(text, desk.check_signature)) == 64
        for position in rng.sample(range(len(text)), 80):
            other = "x" if text[position] != "x" else "y"
            with pytest.raises(EvidenceError):
                check_seal(text[:position] + other + text[position + 1 :], desk.check_signature)


def test_an_added_or_lost_line_end_breaks_the_seal(desk: Village, dispatches: dict[str, str]) -> None:
    text = dispatches["html"]
    for changed in (text + "\n", text[:-1], text.replace("\n", "\r\n", 1), " " + text):
        with pytest.raises(EvidenceError):
            check_seal(changed, desk.check_signature)


def test_a_seal_look_alike_in_a_quote_is_not_the_seal(desk: Village) -> None:
    text = sealed(f"quote: {UNSEALED} and tocsin-seal:v1:AAAAAAAAAAAAAAAAAAAA\nSeal: {UNSEALED}\n", desk.sign)
    assert text.count(UNSEALED) == 1
    check_seal(text, desk.check_signature)


def test_an_unsealed_file_and_one_sealed_twice_are_refused(desk: Village) -> None:
    with pytest.raises(EvidenceError, match="no signature"):
        check_seal(f"Seal: {UNSEALED}", desk.check_signature)
    with pytest.raises(EvidenceError, match="no seal"):
        check_seal("nothing here", desk.check_signature)
    with pytest.raises(EvidenceError, match="already"):
        sealed(sealed(f"Seal: {UNSEALED}", desk.sign), desk.sign)
