"""Wall time, processor time and peak memory of one command, its children included."""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

SAMPLE_S = 0.05
_TICK_S = 1 / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Measured:
    """One run. `answer` is the last of the `lines` of stdout where that is a JSON object. `messages` are the lines of stderr, each with the seconds after the start at which it came."""

    seconds: float
    cpu_seconds: float
    peak_bytes: int
    answer: dict[str, object]
    exit_code: int
    lines: tuple[str, ...] = ()
    messages: tuple[tuple[float, str], ...] = ()

    @property
    def errors(self) -> str:
        """The last lines of stderr."""
        return "\n".join(line for _, line in self.messages[-12:])

    def number(self, name: str) -> float:
        """A number of the answer."""
        value = self.answer[name]
        assert isinstance(value, int | float), name
        return float(value)


def process_tree(pid: int) -> list[int]:
    """A process and all its descendants (those that end meanwhile are left out)."""
    found = [pid]
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                found.extend(process_tree(int(child)))
    except OSError:
        pass
    return found


def unbacked_bytes(pid: int) -> int:
    """Anonymous and shared memory of a process: pages of files, which the kernel may drop at any time, do not count.

    Taken from counters, because walking the page tables (smaps_rollup) would slow the process that is measured.
    Pages that forked processes share are counted for each: the sum over a tree is an upper bound.
    """
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(("RssAnon:", "RssShmem:")))


def processor_seconds(pid: int) -> float:
    """Processor time of one process up to now, without its children's."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) * _TICK_S


def measured(
    command: Sequence[str | Path], *, environment: Mapping[str, str] | None = None, cwd: Path | None = None
) -> Measured:
    """Run a command to its end. The last line of its stdout may be a JSON object: the answer.

    The peak is the largest sum of `unbacked_bytes` over the process tree, looked at every SAMPLE_S seconds. Processor
    time is what each process of the tree had used when last looked at: a fork server's workers are nobody's waited-for
    children, so the kernel's own sum leaves them out.
    """
    start = time.perf_counter()
    process = subprocess.Popen(
        [str(word) for word in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, **(environment or {})},
        cwd=cwd,
        text=True,
        errors="replace",
    )
    assert process.stdout is not None
    assert process.stderr is not None
    out: list[tuple[float, str]] = []
    messages: list[tuple[float, str]] = []
    readers = [
        threading.Thread(target=_read, args=(process.stdout, out, start), daemon=True),
        threading.Thread(target=_read, args=(process.stderr, messages, start), daemon=True),
    ]
    for reader in readers:
        reader.start()
    peak = 0
    cpu: dict[int, float] = {}
    while True:
        tree = process_tree(process.pid)
        peak = max(peak, sum(unbacked_bytes(pid) for pid in tree))
        cpu |= {pid: max(cpu.get(pid, 0.0), processor_seconds(pid)) for pid in tree}
        try:
            process.wait(SAMPLE_S)
            break
        except subprocess.TimeoutExpired:
            continue
    seconds = time.perf_counter() - start
    for reader in readers:
        reader.join()
    return Measured(
        seconds,
        sum(cpu.values()),
        peak,
        _answer(out),
        process.returncode,
        tuple(line for _, line in out),
        tuple(messages),
    )


def _read(stream: IO[str], into: list[tuple[float, str]], start: float) -> None:
    for line in stream:
        into.append((time.perf_counter() - start, line.rstrip("\n")))


def _answer(out: Sequence[tuple[float, str]]) -> dict[str, object]:
    try:
        answer = json.loads(out[-1][1]) if out else {}
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {"value": answer}
