"""What every command shares: its three options, how it prints, how an error becomes an exit code."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import click
import orjson
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from tocsin.desk.progress import Bar

Command = TypeVar("Command", bound=Callable[..., Any])


class _RichBar:
    def __init__(self, progress: Progress, task: Any) -> None:
        self._progress, self._task = progress, task

    def advance(self, count: int) -> None:
        self._progress.advance(self._task, count)


class _NoBar:
    def advance(self, count: int) -> None:
        """Quiet: nothing is drawn."""


@dataclass(frozen=True, slots=True)
class Door:
    """One call of the command line: where its desk is, how much it says and where it says it.

    With --json nothing but machine output goes to stdout; progress and messages go to stderr.
    """

    desk_folder: Path
    desk_was_named: bool
    as_json: bool
    quiet: bool
    messages: Console = field(default_factory=lambda: Console(stderr=True, highlight=False, soft_wrap=True))

    @contextmanager
    def bar(self, what: str, total: int | None, unit: str) -> Iterator[Bar]:
        """A progress bar on stderr; none with -q or where stderr is no terminal."""
        if self.quiet or not self.messages.is_terminal:
            yield _NoBar()
            return
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn(unit))
        with Progress(*columns, TimeElapsedColumn(), console=self.messages, transient=True) as progress:
            yield _RichBar(progress, progress.add_task(what, total=total))

    def note(self, text: str) -> None:
        """A remark on stderr, unless -q."""
        if not self.quiet:
            self.messages.print(text, markup=False)

    def say(self, text: str = "") -> None:
        """A line of the plain summary: stdout, or stderr with --json; nothing with -q."""
        if self.quiet:
            return
        if self.as_json:
            self.messages.print(text, markup=False)
        else:
            click.echo(text)

    def result(self, value: Any) -> None:
        """The machine answer of a command, with --json only: one object on one line."""
        if self.as_json:
            click.echo(as_line(value))

    def lines(self, values: Iterable[Any]) -> None:
        """Machine answers, one object a line, whatever the options."""
        for value in values:
            sys.stdout.write(as_line(value) + "\n")


def as_line(value: Any) -> str:
    """One JSON object on one line, UTF-8, times as ISO 8601 in UTC ending in Z."""
    options = orjson.OPT_UTC_Z | orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS
    return orjson.dumps(value, default=_plain, option=options).decode()


def _plain(value: Any) -> Any:
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, (set, frozenset, tuple)):
        return list(value)
    raise TypeError(f"cannot write {type(value).__name__} as JSON")


def with_door(command: Command) -> Command:
    """Gives a command --desk, --json and -q, and hands it a `Door` as its first argument."""

    @click.option("--desk", "desk", type=click.Path(path_type=Path), help="Desk folder [$TOCSIN_DESK, else ./desk].")
    @click.option("--json", "as_json", is_flag=True, help="Machine output alone on stdout; messages on stderr.")
    @click.option("-q", "--quiet", is_flag=True, help="No progress, no summary.")
    @functools.wraps(command)
    def opened(*args: Any, desk: Path | None, as_json: bool, quiet: bool, **options: Any) -> Any:
        named = desk or (Path(os.environ["TOCSIN_DESK"]) if os.environ.get("TOCSIN_DESK") else None)
        door = Door(named or Path("desk"), named is not None, as_json, quiet)
        return command(door, *args, **options)

    return opened  # type: ignore[return-value]


def fail(message: str, code: int, *, as_json: bool) -> int:
    """Print an error on stderr (and as JSON on stdout with --json) and give the exit code."""
    sys.stderr.write(f"tocsin: {message}\n")
    if as_json:
        # The error may be that stdout itself takes nothing more (a full disk, a pipe nobody reads).
        with suppress(OSError):
            sys.stdout.write(as_line({"error": message, "exit_code": code}) + "\n")
            sys.stdout.flush()
    return code
