"""Writes the shipped fairness records, measured on the cast and on cases.py, and the table in docs/fairness.md.

Run by hand after a change of a codebook, the rules or the cast:

PYTHONPATH=src:tests python tests/assess/make_fairness.py
"""

from __future__ import annotations

from pathlib import Path

from assess.cases import cases
from cast.labelled import demo_cast_cases
from tocsin.assess import (
    FairnessRecord,
    fairness_record,
    fairness_table,
    shipped_codebooks,
    shipped_records_folder,
    write_record,
)
from tocsin.enrich import FOLDER

MEASURED_ON = "the sample posts that ship (tests/cast) and short invented templates (tests/assess/cases.py)"
DOC = Path(__file__).resolve().parents[2] / "docs" / "fairness.md"
MARKS = ("<!-- figures: begin -->\n", "<!-- figures: end -->\n")


def records() -> list[FairnessRecord]:
    """The record of every shipped codebook, measured now."""
    return [
        fairness_record(
            codebook, [*demo_cast_cases(codebook.name), *cases(codebook.name)], FOLDER, measured_on=MEASURED_ON
        )
        for codebook in shipped_codebooks()
    ]


def document(text: str, measured: list[FairnessRecord]) -> str:
    """docs/fairness.md with the figures between its marks replaced."""
    head, rest = text.split(MARKS[0])
    return head + MARKS[0] + fairness_table(measured) + MARKS[1] + rest.split(MARKS[1])[1]


if __name__ == "__main__":
    found = records()
    for record in found:
        write_record(record, shipped_records_folder())
    DOC.write_text(document(DOC.read_text(encoding="utf-8"), found), encoding="utf-8")
