"""A process run to its end, with the processor time it took and the most memory it and its children held at once."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 120.0


class Measured(NamedTuple):
    """What a process did. Seconds are of processor time, so that a busy machine fails no test; memory is resident, in
    bytes, of the process with all below it.
    """

    code: int
    out: str
    err: str
    seconds: float
    peak_bytes: int


def run(arguments: Sequence[str], **env: str) -> Measured:
    """Run Python with `arguments` and measure it; it is ended after PATIENCE_S (code -9)."""
    path = os.pathsep.join([str(ROOT / "src"), str(ROOT / "tests")])
    whole = {**os.environ, "PYTHONPATH": path, **env}
    begun = time.monotonic()
    with (
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as err,
        subprocess.Popen([sys.executable, *arguments], env=whole, stdout=out, stderr=err) as process,
    ):
        peak, code = 0, None
        while code is None:
            peak = max(peak, _resident(process.pid))
            time.sleep(0.02)
            if time.monotonic() - begun > PATIENCE_S:
                process.kill()
            ended, status, used = os.wait4(process.pid, os.WNOHANG)
            code = os.waitstatus_to_exitcode(status) if ended else None
        process.returncode = code
        out.seek(0)
        err.seek(0)
        return Measured(code, out.read().decode(), err.read().decode(), used.ru_utime + used.ru_stime, peak)


def _resident(pid: int) -> int:
    """Resident bytes of a process and its children; pages they share are counted once. 0 once they are gone."""
    total, waiting = 0, [pid]
    while waiting:
        each = waiting.pop()
        try:
            folder = Path("/proc", str(each))
            told = re.search(r"^Pss:\s+(\d+) kB", (folder / "smaps_rollup").read_text(), re.MULTILINE)
            total += int(told[1]) * 1024 if told else 0
            for task in (folder / "task").iterdir():
                waiting.extend(int(child) for child in (task / "children").read_text().split())
        except OSError:
            continue
    return total
