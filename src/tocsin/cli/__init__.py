"""The command line: parses, calls the desk, prints. Exit codes: 0 done, 1 failed, 2 your input, 3 outside service,
4 evidence failed."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from tocsin import __version__
from tocsin.cli.door import fail
from tocsin.records.errors import TocsinError


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="tocsin")
def tocsin() -> None:
    """A folder of exports in, a cited campaign report out."""


def command_group() -> click.Group:
    """The group with every command in it."""
    from tocsin.cli import desk_commands, finder_commands, list_commands

    for module in (desk_commands, finder_commands, list_commands):
        for command in module.COMMANDS:
            tocsin.add_command(command)
    return tocsin


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and give its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    as_json = "--json" in words
    try:
        answer = command_group().main(args=words, prog_name="tocsin", standalone_mode=False)
    except click.exceptions.Abort:
        return fail("stopped", 1, as_json=as_json)
    except click.ClickException as error:
        where = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else "tocsin"
        return fail(f"{error.format_message()} (see {where} --help)", 2, as_json=as_json)
    except TocsinError as error:
        return fail(error.message, error.exit_code, as_json=as_json)
    except BrokenPipeError:
        # The reader of a pipe went away (`tocsin trends | head`): not a failure of ours; stop writing quietly.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        return fail(f"the machine refused: {error.strerror} ({type(error).__name__})", 1, as_json=as_json)
    return answer if isinstance(answer, int) else 0


def run() -> None:
    """The `tocsin` command."""
    sys.exit(main())
