"""A FUSE file system that forgets what was not fsynced, tears the last write, and fails the call it is told to fail.

Run by mounted.py as a process of its own:  forgetful_fs.py SOURCE MOUNT PLAN   (tests/ on PYTHONPATH; PLAN is a `Plan` as JSON)

It holds the folder SOURCE in memory. On its stdin it takes one order a line, and answers each with one line of JSON:
"cut SEED UNDER FOLDER" and "least FOLDER" write what a power cut leaves (by chance, or the least), "now FOLDER" what
readers see, "counts" how many calls of each kind there were. A line {"event": ...} comes by itself when the power goes
or a call was failed.
"""

from __future__ import annotations

import errno
import itertools
import json
import os
import random
import stat
import sys
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import mfusepy

from torture.images import File, Folder, Image
from torture.plan import CHANGES, Plan, read_plan


class ForgetfulFs(mfusepy.Operations):
    """The operations FUSE calls, one at a time."""

    use_ns = True
    flag_nopath = flag_nullpath_ok = True  # files removed while they are open are reached by their handle

    def __init__(self, image: Image, plan: Plan) -> None:
        self.image, self.plan = image, plan
        self.counts: Counter[str] = Counter()
        self._guard = threading.RLock()
        self._open: dict[int, tuple[File, str]] = {}
        self._numbers = itertools.count(1)
        self._folders: dict[int, tuple[Folder, str]] = {}
        self._is_off = False

    # --- what is told to the test ---------------------------------------------------------------------------

    def order(self, line: str) -> dict[str, Any]:
        """What one order gave."""
        words = line.split()
        with self._guard:
            match words:
                case ["counts"]:
                    return dict(self.counts)
                case ["now", folder]:
                    self.image.write_to(Path(folder), cut=False)
                case ["least", folder]:
                    self.image.write_to(Path(folder), cut=True)
                case ["cut", seed, under, folder]:
                    self.image.write_to(Path(folder), cut=True, dice=random.Random(int(seed)), under=under)
                case _:
                    return {"error": "unknown order"}
        return {"done": words[0]}

    def _counted(self, kind: str, path: str | None) -> bool:
        """Whether the power goes with this very call. Raises OSError where it has gone, or the call is to fail."""
        if self._is_off:
            raise OSError(errno.EIO, "the power is off")
        self.counts["all"] += 1
        self.counts[kind] += 1
        self.counts["changes"] += kind in CHANGES
        self.counts["calls"] += kind in self.plan.kinds
        if kind in CHANGES and self.counts["changes"] == self.plan.cut_at:
            self._is_off = True
            tell({"event": "cut", "kind": kind, "path": path})
            return True
        if kind in self.plan.kinds and self.plan.fail_at:
            at = self.counts["calls"]
            if at == self.plan.fail_at or (self.plan.stays and at > self.plan.fail_at):
                self.counts["failed"] += 1
                tell({"event": "failed", "kind": kind, "path": path})
                raise _Refused(self.plan.error, path)
        return False

    # --- calls that change something ------------------------------------------------------------------------

    def create(self, path: str, mode: int, fi: Any = None) -> int:
        with self._guard:
            self._stop_at("make", path)
            node = self.image.make(path, mode, File)
            assert isinstance(node, File)
            return self._handle(node, path)

    def write(self, path: str | None, data: bytes, offset: int, fh: int) -> int:
        with self._guard:
            node, name = self._open[fh]
            if self._counted("write", name):
                node.change((offset, data))  # on its way to the disk as the power goes: kept, torn or lost
                raise OSError(errno.EIO, "the power is off")
            node.change((offset, data))
            return len(data)

    def truncate(self, path: str | None, length: int, fh: int | None = None) -> int:
        with self._guard:
            node, name = self._file(path, fh)
            self._stop_at("truncate", name)
            node.change((None, length))
            return 0

    def fsync(self, path: str | None, datasync: int, fh: int) -> int:
        with self._guard:
            node, name = self._open[fh]
            try:
                self._stop_at("fsync", name)
            except _Refused:
                node.fail_to_sync()
                raise
            node.sync()
            return 0

    def fsyncdir(self, path: str | None, datasync: int, fh: int) -> int:
        with self._guard:
            node, name = self._folders[fh]
            self._stop_at("fsync", name)
            node.sync()
            return 0

    def rename(self, old: str, new: str) -> int:
        with self._guard:
            self._stop_at("rename", new)
            self.image.rename(old, new)
            return 0

    def unlink(self, path: str) -> int:
        with self._guard:
            self._stop_at("remove", path)
            self.image.remove(path)
            return 0

    def rmdir(self, path: str) -> int:
        return self.unlink(path)

    def mkdir(self, path: str, mode: int) -> int:
        with self._guard:
            self._stop_at("folder", path)
            self.image.make(path, mode, Folder)
            return 0

    # --- calls that look ------------------------------------------------------------------------------------

    def open(self, path: str, flags: int) -> int:
        with self._guard:
            self._stop_at("open", path)
            node, _ = self._file(path, None)
            if flags & os.O_TRUNC and node.now:
                node.change((None, 0))
            return self._handle(node, path)

    def opendir(self, path: str) -> int:
        with self._guard:
            self._stop_at("open", path)
            number = next(self._numbers)
            self._folders[number] = self.image.folder(path), path
            return number

    def releasedir(self, path: str | None, fh: int) -> int:
        with self._guard:
            self._folders.pop(fh, None)
            return 0

    def read(self, path: str | None, size: int, offset: int, fh: int) -> bytes:
        with self._guard:
            node, name = self._open[fh]
            self._stop_at("read", name)
            return bytes(node.now[offset : offset + size])

    def readdir(self, path: str | None, fh: int) -> list[str]:
        with self._guard:
            return [".", "..", *self._folders[fh][0].now]

    def getattr(self, path: str | None, fh: int | None = None) -> dict[str, Any]:
        with self._guard:
            node = self._open[fh][0] if fh else self.image.at(path or "/")
            is_file = isinstance(node, File)
            return {
                "st_mode": node.mode | (stat.S_IFREG if is_file else stat.S_IFDIR),
                "st_nlink": 1 if is_file else 2,
                "st_size": len(node.now) if is_file else 4096,
                "st_uid": os.getuid(),
                "st_gid": os.getgid(),
                **dict.fromkeys(("st_atime", "st_mtime", "st_ctime"), node.changed_ns),
            }

    def chmod(self, path: str, mode: int) -> int:
        with self._guard:
            self.image.at(path).mode = stat.S_IMODE(mode)
            return 0

    def utimens(self, path: str, times: tuple[int, int] | None = None) -> int:
        return 0

    def statfs(self, path: str) -> dict[str, int]:
        return {"f_bsize": 4096, "f_frsize": 4096, "f_blocks": 1 << 20, "f_bavail": 1 << 19, "f_bfree": 1 << 19}

    def flush(self, path: str | None, fh: int) -> int:
        return 0

    def release(self, path: str | None, fh: int) -> int:
        with self._guard:
            self._open.pop(fh, None)
            return 0

    def _stop_at(self, kind: str, path: str | None) -> None:
        if self._counted(kind, path):
            raise OSError(errno.EIO, "the power is off")

    def _file(self, path: str | None, fh: int | None) -> tuple[File, str]:
        if fh:
            return self._open[fh]
        node = self.image.at(path or "/")
        if not isinstance(node, File):
            raise OSError(errno.EISDIR, path)
        return node, path or "/"

    def _handle(self, node: File, path: str) -> int:
        number = next(self._numbers)
        self._open[number] = node, path
        return number


class ByHandle(mfusepy.FUSE):
    """Hands on the handle where FUSE knows no path: of a file that was removed while open."""

    def truncate_fuse_3(self, path: bytes | None, length: int, fip: Any) -> int:
        handle = fip.contents.fh if fip else None
        return int(self.operations.truncate(path.decode() if path else None, length, handle))

    def getattr_fuse_3(self, path: bytes | None, buf: Any, fip: Any) -> int:
        return int(self.fgetattr(path, buf, fip))


class _Refused(OSError):
    """A call that the plan fails."""


_TELLING = threading.Lock()


def tell(what: dict[str, Any]) -> None:
    """One line of JSON to the test."""
    with _TELLING:
        sys.stdout.write(json.dumps(what) + "\n")
        sys.stdout.flush()


def _take_orders(fs: ForgetfulFs) -> None:
    for line in sys.stdin:
        tell({"answer": fs.order(line.strip())})


if __name__ == "__main__":
    file_system = ForgetfulFs(Image(Path(sys.argv[1])), read_plan(sys.argv[3]))
    threading.Thread(target=_take_orders, args=(file_system,), daemon=True).start()
    ByHandle(file_system, sys.argv[2], foreground=True, nothreads=True, hard_remove=True, fsname="forgetful")
