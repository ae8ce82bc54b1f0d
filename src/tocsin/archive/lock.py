"""One writer a desk: a lock the operating system frees when its holder dies."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

from tocsin.records.errors import TocsinError, TocsinInputError

_POLL_S = 0.1


class DeskLock:
    """Holds the desk's `lock` file until `release`."""

    def __init__(self, folder: Path, *, wait_s: float = 0.0) -> None:
        """Take the lock, waiting up to `wait_s` seconds.

        Raises TocsinError naming the holder's process id where another writer has it.
        """
        try:
            self._descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except FileNotFoundError as error:
            raise TocsinInputError("no desk here", next_step="run tocsin init") from error
        until = time.monotonic() + wait_s
        while not self._taken():
            if time.monotonic() >= until:
                holder = os.pread(self._descriptor, 32, 0).decode("ascii", "replace").strip() or "unknown"
                os.close(self._descriptor)
                raise TocsinError(
                    "another process is writing to this desk",
                    got=f"process {holder}",
                    next_step="wait for it to finish; reading (search, report, verify) works meanwhile",
                )
            time.sleep(_POLL_S)
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Let the next writer in."""
        os.close(self._descriptor)

    def _taken(self) -> bool:
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
