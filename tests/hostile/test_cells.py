"""No cell of any CSV that leaves can be taken for a formula, whatever stands before the sign."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tocsin
from hostile.measured import run
from tocsin.share.cells import is_formula, neutralised_cell

STARTS = [char for char in map(chr, range(0x110000)) if unicodedata.normalize("NFKC", char)[:1] in tuple("=+-@")]
BEFORE = [
    "",
    " ",
    "\t",
    "\r",
    "\n",
    "\u00a0",
    "\u200b",
    "\ufeff",
    "\u202e",
    "'",
    '"',
    ";",
    ",",
    "\u3000",
    "\x00",
    "\x1b",
]
_DANGER = re.compile(r"^[\s\x00-\x1f]*[=+\-@\t\r]")


@pytest.mark.parametrize("before", BEFORE)
def test_every_sign_and_its_wide_forms_are_neutralised_behind_anything(before: str) -> None:
    assert {"=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\ufe62", "\ufe63", "\ufe66", "\ufe6b"} <= set(
        STARTS
    )
    for start in STARTS:
        cell = neutralised_cell(f'{before}{start}HYPERLINK("x")')
        assert cell.startswith("'"), ascii(before + start)
        assert "\n" not in cell
        assert "\r" not in cell
        assert "\t" not in cell


@given(st.text(max_size=30), st.sampled_from([";", ",", "\t", "|"]))
def test_a_spreadsheet_that_splits_otherwise_finds_no_formula_either(text: str, delimiter: str) -> None:
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n").writerow([neutralised_cell(text), "x"])
    for row in csv.reader(io.StringIO(out.getvalue(), newline=""), delimiter=delimiter):
        for number, cell in enumerate(row):
            plain = re.fullmatch(r"[+-]?[0-9.eE+-]+", cell) is not None
            assert number or plain or not _DANGER.match(unicodedata.normalize("NFKC", cell)), ascii(cell)


def test_numbers_stay_numbers() -> None:
    for number in ("-12.5", "+3", "1e-5", "0"):
        assert neutralised_cell(number) == number
    assert is_formula("-cmd")


def test_every_csv_writer_of_the_package_goes_through_the_cells() -> None:
    writers = [
        path
        for path in Path(tocsin.__file__).parent.rglob("*.py")
        if re.search(r"csv\.writer|DictWriter|write_csv|FORMAT\s+CSV|COPY .*TO", path.read_text(encoding="utf-8"))
    ]
    for path in writers:
        assert "neutralised_cell" in path.read_text(encoding="utf-8"), f"{path.name} writes CSV without neutralising"
    assert writers


def test_the_edges_of_coordination_carry_no_formula(tmp_path: Path) -> None:
    evil = ['=HYPERLINK("http://x")', "@SUM(1)", "\uff1dcmd", "+1+cmd", "-1-cmd", "\t=1"]
    rows = [{"who": who, "what": "u1", "post": f"p{n}", "at": 1_600_000_000 + n} for n, who in enumerate(evil)]
    rows += [{**row, "what": "u2", "post": f"q{n}", "at": 1_600_100_000 + n} for n, row in enumerate(rows)]
    file = tmp_path / "in.parquet"
    pq.write_table(pa.Table.from_pylist(rows), file)
    out = tmp_path / "edges.csv"
    columns = ("--account", "who", "--object", "what", "--content", "post", "--time", "at", "--window-s", "60")
    cli = ("-c", "from tocsin.cli import run; run()", "coordination")
    done = run([*cli, str(file), *columns, "--raw-ids", "-o", str(out)])
    assert done.code == 0, done.err
    cells = [cell for row in csv.reader(io.StringIO(out.read_text("utf-8"), newline="")) for cell in row]
    assert len(cells) > 10
    assert not [cell for cell in cells if _DANGER.match(unicodedata.normalize("NFKC", cell))]
