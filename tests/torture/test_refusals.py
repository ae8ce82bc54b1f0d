"""A call to the machine fails (no space, a broken disk, no descriptors): a clear error, nothing acknowledged lost."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from pathlib import Path

import pytest

from torture.commands import Commands, commands
from torture.refusals import COLLECT, DETECT, INIT, calls_of, check_refusal, every_refusal
from torture.village import Village, village_of

pytestmark = pytest.mark.needs_fuse

SPREAD = {COLLECT: 18, DETECT: 3, INIT: 8}  # all of them in `make torture`


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Commands]:
    with commands(tmp_path_factory.mktemp("runs")) as running:
        yield running


@pytest.fixture(scope="module")
def village(run: Commands, tmp_path_factory: pytest.TempPathFactory) -> Village:
    return village_of(tmp_path_factory.mktemp("refusals") / "village", run, 240)


@pytest.mark.parametrize("command", SPREAD)
def test_a_refused_call_is_a_clear_error_and_loses_nothing(village: Village, run: Commands, tmp_path: Path, command):
    source = source_of(command, village, tmp_path)
    every = list(every_refusal(command, calls_of(command, village, run, source, tmp_path / "count")))
    chosen = every[5 :: len(every) // SPREAD[command]]
    assert {refusal.error for refusal in chosen} == {errno.ENOSPC, errno.EIO, errno.EMFILE}
    for number, refusal in enumerate(chosen):
        check_refusal(village, run, source, tmp_path / str(number), refusal, goes_on=number % 3 == 0)


def source_of(command: str, village: Village, tmp_path: Path) -> Path:
    """The state a command begins from."""
    if command == DETECT:
        return village.empty.with_name("whole")
    if command == COLLECT:
        return village.empty
    (tmp_path / "nothing").mkdir()
    return tmp_path / "nothing"
