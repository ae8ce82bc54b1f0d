"""Commands of `tocsin` run one after the other in processes of their own, to be killed or to fail."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROGRAM = Path(__file__).with_name("warm.py")
PATIENCE_S = 1800.0  # a command that hangs is ended after it; 100,000 posts on a busy machine take minutes


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended. `code` is negative where a signal ended it."""

    code: int
    out: str
    err: str
    log_size: int  # of the last commit that it was told is durable; 0: none
    stored: int  # posts in the commits that it was told are durable


class Commands:
    """Runs commands; one at a time."""

    def __init__(self, running: subprocess.Popen[str], folder: Path) -> None:
        self._running, self._folder = running, folder
        self._number = 0
        self.pid = 0

    def begin(self, *words: object, keys: Path, without: str = "", processes: int = 1) -> None:
        """Start a command that reads blocks in so many processes; `without` is what warm.py takes out of it."""
        self._number += 1
        assert self._running.stdin is not None
        order = {
            "words": [str(word) for word in words],
            "environment": {"TOCSIN_KEYS": str(keys)},
            **{name: str(self._file(name)) for name in ("out", "err", "acknowledged")},
            "without": without,
            "processes": processes,
        }
        self._running.stdin.write(json.dumps(order) + "\n")
        self._running.stdin.flush()
        self.pid = self._told()["pid"]

    def kill(self) -> None:
        """End the command begun last, with every process it started, as it is."""
        for end in (os.killpg, os.kill):  # the process alone where it has not yet made itself a group
            with contextlib.suppress(ProcessLookupError):
                end(self.pid, signal.SIGKILL)
                return

    def commits(self) -> list[tuple[int, int]]:
        """What the command begun last was told is durable so far: log size and posts of each commit."""
        lines = self._text("acknowledged").splitlines()
        return [(int(size), int(stored)) for size, stored in map(str.split, lines)]

    def ended(self) -> Ended:
        """How the command begun last ended, once it has."""
        late = threading.Timer(PATIENCE_S, self.kill)
        late.start()
        try:
            code = self._told()["status"]
        finally:
            late.cancel()
        commits = self.commits()
        log_size, stored = commits[-1][0] if commits else 0, sum(each for _, each in commits)
        ended = Ended(code, self._text("out"), self._text("err"), log_size, stored)
        for name in ("out", "err", "acknowledged"):
            self._file(name).unlink(missing_ok=True)
        return ended

    def run(self, *words: object, keys: Path, without: str = "") -> Ended:
        """How a command ended."""
        self.begin(*words, keys=keys, without=without)
        return self.ended()

    def _told(self) -> dict[str, Any]:
        assert self._running.stdout is not None
        return dict(json.loads(self._running.stdout.readline()))

    def _text(self, name: str) -> str:
        try:
            return self._file(name).read_text()
        except FileNotFoundError:
            return ""

    def _file(self, name: str) -> Path:
        return self._folder / f"{self._number}.{name}"


@contextmanager
def commands(folder: Path) -> Iterator[Commands]:
    """A place to run commands in; what they print is kept in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    source = str(Path(sys.modules["tocsin"].__file__ or "").parents[1])
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    running = subprocess.Popen(
        [sys.executable, str(PROGRAM)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**kept, "PYTHONPATH": os.pathsep.join([source, str(PROGRAM.parents[1])]), "NO_COLOR": "1"},
    )
    try:
        yield Commands(running, folder)
    finally:
        for stream in (running.stdin, running.stdout):
            if stream is not None:
                stream.close()
        running.wait(30)
