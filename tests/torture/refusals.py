"""One call to the machine refused in the middle of a command, and what must be true after it."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from torture.commands import Commands, Ended
from torture.mounted import Mounted, mounted
from torture.plan import REFUSED, Plan
from torture.village import STATED, Village, check_ends_equal, check_kept, seen_at

# What each error may befall: a full disk cannot refuse to open what is there, and only opening takes a descriptor.
KINDS = {
    errno.ENOSPC: ("make", "write", "fsync", "rename", "folder"),
    errno.EIO: REFUSED,
    errno.EMFILE: ("make", "open"),
}
COLLECT, DETECT, INIT = "collect", "detect", "init"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Which call of which command is refused, with which error, and whether all later ones are too."""

    command: str
    number: int
    error: int
    stays: bool

    @property
    def plan(self) -> Plan:
        """For the file system."""
        return Plan(fail_at=self.number, error=self.error, stays=self.stays, kinds=KINDS[self.error])


def calls_of(command: str, village: Village, run: Commands, source: Path, work: Path) -> dict[int, int]:
    """How many calls an undisturbed command makes that each error may befall."""
    with mounted(source, work / "mount", Plan()) as disk:
        ended = run_on(disk, command, village, run)
        assert ended.code == 0, ended.err
        counts = disk.counts()
    return {error: sum(counts.get(kind, 0) for kind in kinds) for error, kinds in KINDS.items()}


def every_refusal(command: str, calls: dict[int, int]) -> Iterator[Refusal]:
    """Every call, every error; refused once, and from there on."""
    for error, count in calls.items():
        for number in range(1, count + 1):
            for stays in (False, True):
                yield Refusal(command, number, error, stays)


def run_on(disk: Mounted, command: str, village: Village, run: Commands) -> Ended:
    """How a command ended on the desk of a mounted file system."""
    if command == COLLECT:
        village.collect(run, disk.folder)
    elif command == DETECT:
        run.begin("detect", "--desk", disk.folder / "desk", "--json", keys=disk.folder / "keys")
    else:
        run.begin("init", disk.folder / "desk", *STATED, keys=disk.folder / "keys")
    return run.ended()


def check_refusal(
    village: Village, run: Commands, source: Path, work: Path, refusal: Refusal, *, goes_on: bool = True
) -> str:
    """What was refused and where, after checking that it was told clearly and that nothing acknowledged is lost.

    With `goes_on` the command is run again where it was stopped, and must end as one never disturbed.

    Every other time the power goes too, after the command has ended: what it could not write it must not count on.
    """
    with mounted(source, work / "mount", refusal.plan) as disk:
        ended = run_on(disk, refusal.command, village, run)
        refused = disk.counts().get("failed", 0)
        now = disk.now(work / "now")
        left = disk.cut(refusal.number, work / "left") if refusal.number % 2 else now
        event = disk.events.get(timeout=10) if refused else None
    what = f"{event['kind']} {event['path']}" if event else "nothing"
    check_told(ended, what)
    if refusal.command == INIT:
        if goes_on and ended.code == 0:
            check_kept(village, left, seen_at(left))
        shutil.rmtree(work)
        return f"{what}: {ended.code}"
    seen = seen_at(now)
    assert seen.posts >= ended.stored
    check_kept(village, left, seen, ended)
    if refusal.command == COLLECT:
        if ended.code == 0:
            assert seen.posts == len(village.posts), "it says it is done, and is not"
        if goes_on:
            check_ends_equal(village, run, left)
    elif goes_on:
        again = run.run("detect", "--desk", left / "desk", "--json", keys=left / "keys")
        assert again.code == 0, again.err
    for each in {now, left}:
        shutil.rmtree(each)
    return f"{what}: {ended.code}"


def check_told(ended: Ended, what: str) -> None:
    """A command that was refused something ends with an error that a person can read, or needed it not."""
    assert ended.code >= 0, f"{what}: a signal ended it ({ended.code})"
    assert "Traceback" not in ended.err, f"{what}: {ended.err}"
    assert "internal error" not in ended.err, f"{what}: {ended.err}"
    if ended.code:
        last = ended.err.splitlines()[-1] if ended.err else ""
        assert last.startswith("tocsin: "), f"{what}: {ended.err}"
