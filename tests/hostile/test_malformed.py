"""Thousands of malformed files through every reader: what is wrong is said, what is good is kept, nothing else escapes."""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path

import pytest

from hostile.mutants import FILE_KINDS, MAY_COST_ONE_NEIGHBOUR, RECORD_KINDS, Mutant, file_mutants, record_mutants
from hostile.samples import SAMPLES
from hostile.through_readers import Read, read_all

EACH = 4


def through(mutant: Mutant, folder: Path) -> Read:
    path = folder / f"file{mutant.ending}"
    path.write_bytes(mutant.data)
    try:
        return read_all([path], folder)
    except Exception as error:
        raise AssertionError(f"{mutant.name}: {type(error).__name__} escaped") from error


@pytest.mark.parametrize("kind", RECORD_KINDS)
def test_one_spoilt_record_costs_its_neighbours_nothing(kind: str, tmp_path: Path) -> None:
    lost: dict[str, set[str]] = defaultdict(set)
    for mutant in record_mutants(EACH):
        if mutant.kind == kind:
            read = through(mutant, tmp_path)
            missing = mutant.kept - read.ids()
            if len(missing) > (kind in MAY_COST_ONE_NEIGHBOUR):
                lost[mutant.name] = missing
            spoilt_is_told = len(read.ids()) == len(mutant.kept) + 1 or read.quarantined() or read.records
            assert spoilt_is_told, f"{mutant.name}: the spoilt record vanished"
    assert not lost


@pytest.mark.parametrize("kind", FILE_KINDS)
def test_a_file_damaged_as_a_whole_is_read_or_refused(kind: str, tmp_path: Path) -> None:
    for mutant in file_mutants(EACH):
        if mutant.kind == kind:
            read = through(mutant, tmp_path)
            assert mutant.kept <= read.ids(), f"{mutant.name}: {read.errors}"
            is_empty = not mutant.data.strip() or any(mutant.data in sample.head for sample in SAMPLES)
            assert read.records or read.errors or is_empty, f"{mutant.name}: nothing was said"


def test_there_are_at_least_two_thousand_of_at_least_twenty_kinds() -> None:
    kinds = Counter(mutant.kind for mutants in (record_mutants(EACH), file_mutants(EACH)) for mutant in mutants)
    assert sum(kinds.values()) >= 2000
    assert len(kinds) >= 20
    assert len(SAMPLES) >= 13
