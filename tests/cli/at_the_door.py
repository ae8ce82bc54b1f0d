"""The command line as a test uses it: in this process where that is enough, in one of its own where it is not."""

from __future__ import annotations

import atexit
import contextlib
import functools
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

from tocsin.archive import Snapshot, load_keys, snapshot
from tocsin.cli import command_group, main

CAST = Path(str(files("tocsin.desk") / "demo_cast"))
EXPORTS = CAST / "exports"
ROWS = (
    "id,created_at,author_id,text\n"
    "1,2026-01-05T08:00:00Z,ana,Goats at the market in Tarn\n"
    "2,2026-01-05T09:00:00Z,ben,Rain over Osk since the morning\n"
)
STATED = ("--purpose", "a test on invented posts", "--legal-basis", "no personal data")


class Answer(NamedTuple):
    """What one call of the command line gave."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """The one object on stdout; fails where anything else is there."""
        lines = self.out.splitlines()
        assert len(lines) == 1, self.out[:300]
        return json.loads(lines[0])

    def lines(self) -> list[Any]:
        """The objects on stdout, one a line."""
        return [json.loads(line) for line in self.out.splitlines()]


class _Input(io.TextIOWrapper):
    def __init__(self, data: bytes) -> None:
        super().__init__(io.BytesIO(data), encoding="utf-8")


def tocsin(*words: object, stdin: bytes = b"") -> Answer:
    """Run one command in this process."""
    out, err = io.StringIO(), io.StringIO()
    before, sys.stdin = sys.stdin, _Input(stdin)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main([str(word) for word in words])
    finally:
        sys.stdin = before
        for command in command_group().commands.values():
            # click keeps a command's help option as first asked for; the generated pages ask without the group.
            command._help_option = None
    return Answer(code, out.getvalue(), err.getvalue())


def environment(**more: str) -> dict[str, str]:
    """What a process of its own gets: this package, this test's keys, no colours."""
    source = str(Path(sys.modules["tocsin"].__file__ or "").parents[1])
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TOCSIN_KEYS", "LANG") if name in os.environ}
    return {**kept, "PYTHONPATH": source, "NO_COLOR": "1", **more}


# A test run in the background of a shell is born deaf to Ctrl-C, and so would its children be: these listen again.
LISTENING = (
    sys.executable,
    "-c",
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); import tocsin.cli; tocsin.cli.run()",
)


def process(*words: object, cwd: Path | None = None, stdin: bytes = b"", **more: str) -> Answer:
    """Run one command in a process of its own, as `python -m tocsin`."""
    done = subprocess.run(
        [sys.executable, "-m", "tocsin", *map(str, words)],
        cwd=cwd,
        env=environment(**more),
        input=stdin,
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert b"internal error" not in done.stderr, done.stderr.decode()
    return Answer(done.returncode, done.stdout.decode(), done.stderr.decode())


def opened(desk: Path) -> Snapshot:
    """The tables of a desk, its names too, with the keys this test has at hand."""
    return snapshot(desk, load_keys(desk, Path(os.environ["TOCSIN_KEYS"])).sealer)


class Sample(NamedTuple):
    """The demonstration: the whole job on the sample exports, done once for all tests. Look, do not touch."""

    folder: Path
    keys: Path
    answer: Answer

    @property
    def desk(self) -> Path:
        """Its desk."""
        return self.folder / "desk"

    @property
    def report(self) -> Path:
        """Its report."""
        return self.folder / "report.html"


@contextlib.contextmanager
def keys_in(folder: Path) -> Iterator[None]:
    """Keys of new desks go to `folder` meanwhile."""
    before = os.environ.get("TOCSIN_KEYS")
    os.environ["TOCSIN_KEYS"] = str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ["TOCSIN_KEYS"]
        else:
            os.environ["TOCSIN_KEYS"] = before


@functools.cache
def sample() -> Sample:
    """The demonstration, made when first asked for and removed at the end."""
    root = Path(tempfile.mkdtemp(prefix="tocsin-sample-"))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    with keys_in(root / "keys"):
        answer = tocsin("demo", root / "demo")
    assert answer.code == 0, answer.err
    return Sample(root / "demo", root / "keys", answer)


def copied_desk(made: Sample, folder: Path) -> Path:
    """A copy of the sample desk that a test may change, with keys of its own: they remember the last head."""
    os.environ["TOCSIN_KEYS"] = str(shutil.copytree(made.keys, folder.with_name(f"keys of {folder.name}")))
    return Path(shutil.copytree(made.desk, folder))


def new_desk(folder: Path) -> Path:
    """An empty desk."""
    answer = tocsin("init", folder, *STATED)
    assert answer.code == 0, answer.err
    return folder


def truth() -> dict[str, Any]:
    """What was planted in the sample exports."""
    told: dict[str, Any] = json.loads((CAST / "truth.json").read_text(encoding="utf-8"))
    return told
