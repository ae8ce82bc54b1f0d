"""The command line: parses, calls the desk, prints. Exit codes: 0 done, 1 failed, 2 your input, 3 outside service,
4 evidence failed."""

from __future__ import annotations

import io
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

import click

from tocsin import __version__
from tocsin.cli.door import fail
from tocsin.records.errors import TocsinError, TocsinInputError


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="tocsin")
def tocsin() -> None:
    """A folder of exports in, a cited campaign report out."""


def command_group() -> click.Group:
    """The group with every command in it."""
    from tocsin.cli import (
        checkpoint_commands,
        custody_commands,
        desk_commands,
        erasure_commands,
        finder_commands,
        keeping_commands,
        list_commands,
        proof_commands,
        rebuild_commands,
    )

    evidence = (proof_commands, checkpoint_commands, custody_commands, erasure_commands)
    keeping = (keeping_commands, rebuild_commands)
    for module in (desk_commands, *evidence, *keeping, finder_commands, list_commands):
        for command in module.COMMANDS:
            tocsin.add_command(command)
    return tocsin


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and give its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    as_json = "--json" in words
    try:
        code = _run(words)
        sys.stdout.flush()
        return code
    except click.exceptions.NoArgsIsHelpError as error:
        sys.stderr.write(error.format_message() + "\n")
        return 2
    except (click.exceptions.Abort, KeyboardInterrupt, EOFError):
        return fail("stopped", 1, as_json=as_json)
    except click.ClickException as error:
        where = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else "tocsin"
        return fail(f"{error.format_message()} (see {where} --help)", 2, as_json=as_json)
    except TocsinError as error:
        return fail(error.message, error.exit_code, as_json=as_json)
    except BrokenPipeError:
        return 0  # the reader of a pipe went away (`tocsin trends | head`): not a failure of ours
    except OSError as error:
        return fail(
            f"the machine refused: {error.strerror or 'no reason given'} ({type(error).__name__})", 1, as_json=as_json
        )


def _run(words: Sequence[str]) -> int:
    """The exit code of a command. Not by click's own `main`: that one ends the process on a closed pipe."""
    for word in (*words, os.environ.get("TOCSIN_DESK", "")):
        if not _is_utf8(word):
            raise TocsinInputError(
                "an argument is not UTF-8", expected="UTF-8", next_step="give a name without these bytes, or its folder"
            )
    group = command_group()
    try:
        with group.make_context("tocsin", list(words)) as context:
            answer = group.invoke(context)
    except click.exceptions.Exit as ended:
        return ended.exit_code
    return answer if isinstance(answer, int) else 0


def _is_utf8(word: str) -> bool:
    try:
        word.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _internal_error(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Says where a fault of ours happened, not with what: an unforeseen message may hold a post or a name."""
    where = traceback.extract_tb(trace)[-1] if trace else None
    place = f" at {Path(where.filename).name}:{where.lineno}" if where else ""
    sys.stderr.write(
        f"tocsin: an internal error ({kind.__name__}{place}). This is a fault of Tocsin, please report it; "
        "TOCSIN_DEBUG=1 shows all of it, which may quote content.\n"
    )
    if os.environ.get("TOCSIN_DEBUG"):
        traceback.print_exception(kind, error, trace)


def run() -> None:
    """The `tocsin` command."""
    sys.excepthook = _internal_error
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # Machine output is UTF-8 whatever the locale; a name that no text can hold is written as an escape.
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    code = main()
    try:
        sys.stdout.flush()
    except OSError:
        # A closed pipe or a full disk, told already: what is left goes nowhere, or Python would complain as it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code)
