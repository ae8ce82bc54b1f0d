"""The forgetful file system mounted for a test, in a process of its own."""

from __future__ import annotations

import importlib.util
import json
import os
import queue
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from torture.plan import Plan

PROGRAM = Path(__file__).with_name("forgetful_fs.py")
PATIENCE_S = 60.0


def has_fuse() -> bool:
    """Whether this machine can mount a file system of ours."""
    return (
        shutil.which("fusermount3") is not None
        and os.access("/dev/fuse", os.R_OK | os.W_OK)
        and importlib.util.find_spec("mfusepy") is not None
    )


class Mounted:
    """A mounted file system: where it is, what it told, what it holds."""

    def __init__(self, folder: Path, running: subprocess.Popen[str]) -> None:
        self.folder = folder
        self._running = running
        self._answers: queue.Queue[dict[str, Any]] = queue.Queue()
        self.events: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def counts(self) -> dict[str, int]:
        """How many calls of each kind there were; "changes" and "calls" are what plans count."""
        return self._asked("counts")

    def least(self, folder: Path) -> Path:
        """The folder, holding what a power cut leaves at the least."""
        self._asked(f"least {folder}")
        return folder

    def cut(self, seed: int, folder: Path, under: str = "/") -> Path:
        """The folder, holding what a power cut leaves by chance (of the folder `under`, in the file system)."""
        self._asked(f"cut {seed} {under} {folder}")
        return folder

    def now(self, folder: Path) -> Path:
        """The folder, holding what readers see."""
        self._asked(f"now {folder}")
        return folder

    def _asked(self, order: str) -> dict[str, Any]:
        assert self._running.stdin is not None
        self._running.stdin.write(order + "\n")
        self._running.stdin.flush()
        answer = self._answers.get(timeout=PATIENCE_S)
        assert "error" not in answer, answer
        return answer

    def _listen(self) -> None:
        assert self._running.stdout is not None
        for line in self._running.stdout:
            told = json.loads(line)
            if "answer" in told:
                self._answers.put(told["answer"])
            else:
                self.events.put(told)
        self.events.put(None)


@contextmanager
def mounted(source: Path, at: Path, plan: Plan) -> Iterator[Mounted]:
    """A copy of `source` on a forgetful file system at the empty folder `at`; `source` itself is not touched.

    End every process that uses it before leaving.
    """
    at.mkdir(parents=True, exist_ok=True)
    running = subprocess.Popen(
        [sys.executable, str(PROGRAM), str(source), str(at), plan.text],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(PROGRAM.parents[1])},
    )
    try:
        until = time.monotonic() + PATIENCE_S
        while not at.is_mount():
            assert running.poll() is None, "the file system could not be mounted"
            assert time.monotonic() < until, "the file system was not mounted in time"
            time.sleep(0.01)
        yield Mounted(at, running)
    finally:
        running.kill()  # it holds nothing but memory
        running.wait()
        subprocess.run(["fusermount3", "-u", "-z", str(at)], capture_output=True, check=False)
        for stream in (running.stdin, running.stdout):
            if stream is not None:
                stream.close()
