from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from scipy.stats import binomtest

from assess.cases import cases
from assess.make_fairness import DOC, MEASURED_ON, document, records
from tocsin.assess import (
    RULES_VERSION,
    Case,
    fairness_record,
    read_record,
    require_record,
    shipped_codebook,
    shipped_codebooks,
    shipped_names,
    shipped_records_folder,
    wilson_interval,
    write_record,
)
from tocsin.enrich import FOLDER
from tocsin.records.errors import RefusedError, TocsinInputError

BOOK = shipped_codebook("grey_lantern")
FEW = [
    Case("1", "Join the Grey Lantern!", "en", "call", "call to join"),
    Case("2", "Good morning.", "en", "benign", "everyday"),
    Case("3", "Guten Morgen zusammen.", "de", "benign", "everyday"),
]


@pytest.mark.parametrize(("hits", "total"), [(0, 10), (1, 10), (5, 10), (10, 10), (3, 1_000), (97, 100)])
def test_intervals_agree_with_scipy(hits: int, total: int) -> None:
    interval = binomtest(hits, total).proportion_ci(0.95, method="wilson")
    assert wilson_interval(hits, total) == pytest.approx((interval.low, interval.high), abs=1e-9)


@pytest.mark.parametrize("name", shipped_names())
def test_a_shipped_codebook_has_the_record_of_exactly_its_content(name: str) -> None:
    record = require_record(shipped_codebook(name))
    assert record.record_version == 0
    assert sum(row.case_count for row in record.rows if (row.lang, row.group) == ("all", "all")) >= 150


def test_the_shipped_records_and_the_document_are_what_the_cases_give_now() -> None:
    measured = records()
    for record in measured:
        shipped = read_record(shipped_records_folder() / f"{record.codebook}.json")
        if shipped.measured_on == MEASURED_ON:
            assert shipped == record, "run tests/assess/make_fairness.py"
    text = DOC.read_text(encoding="utf-8")
    assert document(text, [read_record(shipped_records_folder() / f"{name}.json") for name in shipped_names()]) == text


@pytest.mark.parametrize("record", records(), ids=lambda record: record.codebook)
def test_measured_errors_stay_within_what_was_accepted(record: object) -> None:
    assert hasattr(record, "rates")
    recall, alarms = record.rates("all", "call"), record.rates("all", "benign")
    assert recall.share >= 0.9
    assert alarms.share <= 0.02


def test_a_record_counts_by_language_and_group_and_withheld_answers_apart() -> None:
    record = fairness_record(BOOK, FEW, FOLDER, measured_on="three cases")
    recall, benign = record.rates("en", "call"), record.rates("de", "benign")
    assert recall is not None
    assert benign is not None
    assert (recall.case_count, recall.called_count, recall.share) == (1, 1, 1.0)
    assert (benign.called_count, benign.cannot_assess_count) == (0, 1)
    assert {row.lang for row in record.rows} == {"all", "de", "en"}


def test_a_record_written_is_the_record_read(tmp_path: Path) -> None:
    record = fairness_record(BOOK, FEW, FOLDER, measured_on="three cases", record_version=3)
    path = write_record(record, tmp_path / "records")
    assert read_record(path) == record
    assert path.read_bytes() == write_record(record, tmp_path / "again").read_bytes()


def test_a_desk_record_lets_a_changed_codebook_run_and_only_that_one(tmp_path: Path) -> None:
    changed = dataclasses.replace(BOOK, digest="1" * 64)
    write_record(fairness_record(changed, FEW, FOLDER, measured_on="three cases"), tmp_path)
    assert require_record(changed, tmp_path).codebook_digest == "1" * 64
    assert require_record(BOOK, tmp_path).codebook_digest == BOOK.digest
    with pytest.raises(RefusedError, match="another content"):
        require_record(dataclasses.replace(BOOK, digest="2" * 64), tmp_path)


@pytest.mark.parametrize("change", [{"rules_version": "0"}, {"codebook_version": "9"}, {"rows": ()}])
def test_a_record_of_other_rules_or_version_or_of_nothing_is_no_record(
    tmp_path: Path, change: dict[str, object]
) -> None:
    other = dataclasses.replace(BOOK, name="other_book")
    record = fairness_record(other, FEW, FOLDER, measured_on="three cases")
    write_record(record, tmp_path)
    require_record(other, tmp_path)
    write_record(dataclasses.replace(record, **change), tmp_path)  # type: ignore[arg-type]
    with pytest.raises(RefusedError):
        require_record(other, tmp_path)


def test_a_codebook_nobody_measured_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="got none"):
        require_record(dataclasses.replace(BOOK, name="nobody_measured"), tmp_path)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"rows": 3}', '{"rows": [{"x": 1}]}'])
def test_a_broken_record_is_an_input_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "grey_lantern.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(TocsinInputError, match="not a fairness record"):
        read_record(path)


def test_an_unknown_label_is_an_input_error() -> None:
    with pytest.raises(TocsinInputError, match="unknown label"):
        fairness_record(BOOK, [FEW[0]._replace(label="bad")], FOLDER, measured_on="x")


def test_records_hold_no_text_of_a_case() -> None:
    for codebook in shipped_codebooks():
        data = (shipped_records_folder() / f"{codebook.name}.json").read_text(encoding="utf-8")
        assert json.loads(data)["rules_version"] == RULES_VERSION
        assert not any(case.text in data for case in cases(codebook.name))
