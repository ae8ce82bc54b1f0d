"""`make torture`: the long runs, one after the other. Stopped and started again, it goes on where it was.

    python -m torture.run [--only NAME ...] [--state FOLDER] [--anew]

Each run keeps a line in FOLDER/counts.json: how much of it is done, and what failed. Ends with 1 where anything did.
"""

from __future__ import annotations

import argparse
import dataclasses
import errno
import json
import os
import shutil
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from torture.commands import Commands, commands
from torture.kills import begin_anew, check_end, kill_once
from torture.mounted import has_fuse
from torture.power import changes_of_an_import, init_cut, power_cut
from torture.refusals import COLLECT, DETECT, INIT, Refusal, calls_of, check_refusal, every_refusal
from torture.village import Village, village_of

TESTS = Path(__file__).parents[1]
KILLS, KILLED_POSTS, CUTS = 200, 100_000, 200
INIT_CHANGES = 45  # more than there are: the last cuts come after the end
DETECT_EVERY = 10  # its calls are many and its findings derived: every tenth is refused


@dataclass
class Count:
    """How far a run is."""

    of: int = 0
    done: int = 0
    failures: list[str] = field(default_factory=list)
    settings: dict[str, int] = field(default_factory=dict)


class State:
    """The counts of all runs, kept in one file."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self._file = folder, folder / "counts.json"
        told = json.loads(self._file.read_text()) if self._file.exists() else {}
        self._counts = {name: Count(**each) for name, each in told.items()}

    def count(self, name: str) -> Count:
        """How far a run is."""
        return self._counts.setdefault(name, Count())

    def keep(self) -> None:
        """Write the counts down."""
        part = self._file.with_suffix(".part")
        part.write_text(json.dumps({name: dataclasses.asdict(each) for name, each in self._counts.items()}, indent=1))
        part.replace(self._file)

    def line(self, name: str) -> str:
        """For a person."""
        each = self.count(name)
        return f"{name}: {each.done}/{each.of}, {len(each.failures)} failures"

    def one(self, name: str, what: str, check: Callable[[], object]) -> bool:
        """Do one of a run's many; whether it held. What failed is written down, and the run goes on."""
        count = self.count(name)
        try:
            check()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is counted, and the run goes on
            traceback.print_exc()
            count.failures.append(f"{what}: {type(error).__name__}: {str(error)[:500]}")
        count.done += 1
        self.keep()
        say(f"{self.line(name)} ({what})")
        return not count.failures or not count.failures[-1].startswith(f"{what}:")


def say(text: str) -> None:
    """A line on stdout."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


@contextmanager
def stage(state: State, name: str) -> Iterator[tuple[Commands, Path]]:
    """A place to run commands in, and an empty folder for the runs' own files."""
    folder = state.folder / name
    shutil.rmtree(folder / "work", ignore_errors=True)
    (folder / "work").mkdir(parents=True)
    with commands(folder / "runs") as run:
        yield run, folder / "work"


def kills(state: State) -> None:
    """kill -9 at random moments of an import of 100,000 posts."""
    count = state.count("kills")
    count.of = KILLS
    with stage(state, "kills") as (run, work):
        village = village_of(state.folder / "kills" / "village", run, KILLED_POSTS)
        folder = state.folder / "kills" / "desk"
        if not (folder / "desk" / "desk.json").exists():
            begin_anew(village, folder)
        while count.done < KILLS:
            seed = count.done

            def kill(seed: int = seed) -> None:
                going_on = kill_once(village, run, folder, seed, whole=seed % 10 == 9, processes=1 + seed % 2)
                if not going_on or seed == KILLS - 1:
                    check_end(village, run, folder)

            if not state.one("kills", f"kill {seed}", kill):
                shutil.copytree(folder, work / f"failed-{seed}")
                begin_anew(village, folder)


def power(state: State) -> None:
    """Power cuts at random moments of an import of 2,000 posts; those after its end are not counted."""
    count = state.count("power")
    count.of = CUTS
    with stage(state, "power") as (run, work):
        village = village_of(state.folder / "power" / "village", run, 2000)
        changes = changes_of_an_import(village, run, work / "count")
        source, seed = village.empty, count.settings.get("seed", 0)
        while count.done < CUTS:
            left: list[Path] = []

            def cut(seed: int = seed, source: Path = source, left: list[Path] = left) -> None:
                told = power_cut(village, run, source, work / str(seed), seed, changes)
                count.done -= told.kind == "end"
                left.append(told.left)

            count.settings["seed"] = seed + 1
            state.one("power", f"cut {seed}", cut)
            source = left[0] if left else village.empty
            seed += 1
            for old in work.glob("[0-9]*"):
                if not source.is_relative_to(old):
                    shutil.rmtree(old)


def power_init(state: State) -> None:
    """A power cut at every change that `tocsin init` makes."""
    count = state.count("power-init")
    count.of = INIT_CHANGES
    with stage(state, "power-init") as (run, work):
        for at in range(count.done + 1, INIT_CHANGES + 1):
            state.one("power-init", f"cut {at}", lambda at=at: init_cut(run, work / str(at), at))  # type: ignore[misc]


def refusals(state: State, command: str, every: int = 1) -> None:
    """Every call of a small import (or another command) refused, by every error."""
    name = f"refused-{command}"
    count = state.count(name)
    with stage(state, name) as (run, work):
        village = village_of(state.folder / name / "village", run, 240)
        nothing = work / "nothing"
        nothing.mkdir()
        source = {COLLECT: village.empty, DETECT: village.empty.with_name("whole"), INIT: nothing}[command]
        if not count.settings:
            calls = calls_of(command, village, run, source, work / "count")
            count.settings = {str(error): number for error, number in calls.items()}
        todo = list(every_refusal(command, {int(error): number for error, number in count.settings.items()}))[::every]
        count.of = len(todo)
        for number in range(count.done, len(todo)):
            state.one(name, _words(todo[number]), lambda n=number: _refused(village, run, source, work, todo[n]))  # type: ignore[misc]


def _refused(village: Village, run: Commands, source: Path, work: Path, refusal: Refusal) -> None:
    try:
        check_refusal(village, run, source, work / "one", refusal)
    finally:
        shutil.rmtree(work / "one", ignore_errors=True)


def _words(refusal: Refusal) -> str:
    again = " from there on" if refusal.stays else ""
    return f"{refusal.command} call {refusal.number} {errno.errorcode[refusal.error]}{again}"


def program(state: State, name: str, *words: str, **environment: str) -> None:
    """A run that is a program of its own, done once. It prints, and where it can it resumes, by itself."""
    count = state.count(name)
    count.of = 1
    if count.done:
        return

    def run() -> None:
        done = subprocess.run(
            [sys.executable, *words], env={**os.environ, **environment}, cwd=TESTS.parent, check=False
        )
        assert done.returncode == 0, f"it ended with {done.returncode}"

    state.one(name, " ".join(words[:3]), run)


def runs(state: State) -> dict[str, Callable[[], None]]:
    """Every run this machine can make, by name."""
    made: dict[str, Callable[[], None]] = {
        "steps": lambda: program(
            state, "steps", "-m", "pytest", "-q", "tests/archive/test_recovery.py", TOCSIN_TORTURE="1"
        ),
        "kills": lambda: kills(state),
    }
    if has_fuse():
        made["power"] = lambda: power(state)
        made["power-init"] = lambda: power_init(state)
        made["refused-init"] = lambda: refusals(state, INIT)
        made["refused-collect"] = lambda: refusals(state, COLLECT)
        made["refused-detect"] = lambda: refusals(state, DETECT, DETECT_EVERY)
    else:
        say("this machine lacks: FUSE (no power cuts, no refused calls)")
    flips, fuzz = TESTS / "attacks" / "flip_bits.py", TESTS / "hostile" / "fuzz_readers.py"
    if flips.exists():
        kept = str(state.folder.absolute() / "flips.json")
        made["flips"] = lambda: program(state, "flips", str(flips), "--flips", "10000", "--state", kept)
    if fuzz.exists():
        made["fuzz"] = lambda: program(state, "fuzz", str(fuzz), "--minutes", "5")
    return made


def main() -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", default=[])
    parser.add_argument("--state", type=Path, default=Path(".torture"))
    parser.add_argument("--anew", action="store_true", help="forget what was done")
    given = parser.parse_args()
    if given.anew and given.state.exists():
        shutil.rmtree(given.state)
    os.environ["TOCSIN_KEYS"] = str((given.state / "keys").absolute())
    state = State(given.state.absolute())
    for name, run in runs(state).items():
        if not given.only or name in given.only:
            run()
            state.keep()
    for name in runs(state):
        say(state.line(name))
    return int(any(state.count(name).failures for name in runs(state)))


if __name__ == "__main__":
    sys.exit(main())
