"""What the forgetful file system is told to do to its user."""

from __future__ import annotations

import errno
import json
from dataclasses import asdict, dataclass

# Calls that change what a disk holds. A power cut is told by the number of these up to it.
CHANGES = ("make", "write", "fsync", "rename", "truncate", "remove", "folder")
# Calls that a machine short of space, disk or descriptors may refuse: all of these, and opening what is there.
REFUSED = (*CHANGES, "open")


@dataclass(frozen=True, slots=True)
class Plan:
    """When the power goes, or which calls fail. 0 is never; calls are counted from 1."""

    cut_at: int = 0  # the number of the change that is half done as the power goes
    fail_at: int = 0  # the number of the call (of `kinds`) that fails
    error: int = errno.EIO
    stays: bool = False  # whether every later call of these kinds fails too
    kinds: tuple[str, ...] = REFUSED

    @property
    def text(self) -> str:
        """As a program's argument."""
        return json.dumps(asdict(self))


def read_plan(text: str) -> Plan:
    """The plan of a program's argument."""
    given = json.loads(text)
    return Plan(**{**given, "kinds": tuple(given["kinds"])})
