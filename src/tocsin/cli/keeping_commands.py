"""The commands that keep a desk from being lost: backup, restore, keys, handover."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from tocsin import desk as desk_room
from tocsin.cli.door import Door, with_door
from tocsin.records.errors import TocsinInputError

_FILE = click.Path(path_type=Path)
_TO = click.option(
    "--to", "to", multiple=True, metavar="RECIPIENT", help="age1... or an SSH public key; repeat for several people."
)
_WEB = click.option(
    "--web-dump", "web_dump", type=_FILE, help="The web database's own dump, to go with it (web/ in the backup)."
)


def _desk(door: Door) -> desk_room.Desk:
    return desk_room.open_desk(door.desk_folder)


def _extras(web_dump: Path | None) -> dict[str, Path]:
    if web_dump is None:
        return {}
    if not web_dump.is_file():
        raise TocsinInputError(f"{web_dump} cannot be read", expected="a file: the dump of the web database")
    return {web_dump.name: web_dump}


def _passphrase(*, twice: bool) -> str:
    """The passphrase, typed at a terminal or as the first line of standard input; never an argument others can see."""
    if sys.stdin.isatty():
        return str(click.prompt("Passphrase", hide_input=True, confirmation_prompt=twice, err=True))
    return sys.stdin.readline().rstrip("\r\n")


@click.command()
@click.option("-o", "--output", type=_FILE, required=True, help="The backup, one file that age opens too.")
@_TO
@click.option("--with-keys", is_flag=True, help="Put the desk's keys into it: whoever opens it can read everything.")
@_WEB
@with_door
def backup(door: Door, output: Path, to: Sequence[str], with_keys: bool, web_dump: Path | None) -> None:
    """Write the desk into one file encrypted to named recipients, while others go on working."""
    done = desk_room.backup(_desk(door), output, to, with_keys=with_keys, extras=_extras(web_dump), progress=door)
    door.result(done.as_json())
    door.say(
        f"{done.files:,} files of the desk as of {done.log_size:,} log entries are in {done.file} "
        f"({done.file_bytes:,} bytes), for {done.recipients} recipient(s)."
    )
    if done.keys:
        door.say("THE KEYS ARE IN IT: whoever can open it can read every name and original, and sign as this desk.")
    else:
        door.say("The keys are not in it: it is of no use without a copy of them (tocsin keys status).")
    door.say("Not in it: the search index, which tocsin makes anew.")


@click.command()
@click.argument("file", type=_FILE)
@click.argument("folder", type=_FILE)
@click.option("--identity", type=_FILE, required=True, help="The recipient's secret: a file made by age-keygen.")
@with_door
def restore(door: Door, file: Path, folder: Path, identity: Path) -> None:
    """Bring a backup or a handed-over case back as a desk in FOLDER, and verify it before it is one."""
    done = desk_room.restore(file, folder, identity, progress=door)
    door.result(done.as_json())
    for line in _restored_lines(done):
        door.say(line)


def _restored_lines(done: desk_room.Restored) -> list[str]:
    report = done.report
    lines = [
        f"Restored to {done.desk}, as of {done.head.made_at}, and verified: {report.entries:,} log entries, "
        f"{report.posts:,} post versions, {report.captures:,} captures."
    ]
    if done.taken_over:
        lines.append("It is a desk of its own now, under a new signing key that only this machine has.")
    if done.keys == "from the backup":
        lines.append("Its keys came with it and are in the keys folder: export a copy (tocsin keys export).")
    elif done.keys == "an older copy":
        lines.append("The keys here are older than its signing key: names and originals open, nothing can be added.")
    elif done.keys == "newer than it":
        lines.append(
            "The signing key was replaced after this backup: the keys here open its names and originals, but nothing "
            "can be added to it. To go on with it, import a copy of the keys exported before (tocsin keys import)."
        )
    elif done.keys == "missing":
        lines.append(
            "Its keys are not on this machine: names, originals and chunk addresses were not checked and cannot be "
            f"opened. Bring them: tocsin keys import FILE --desk {done.desk}"
        )
    if done.web_files:
        lines.append(f"{done.web_files} file(s) of the web database are in {done.desk / 'web'}; load them there.")
    if done.older_than_seen:
        lines.append(
            f"This machine saw {done.older_than_seen:,} log entries of this desk before: what came after the backup is "
            'not in it. State that: tocsin verify --accept-older "REASON"'
        )
    lines.append("The search index is not in a backup; the next tocsin collect makes it.")
    return lines


@click.command()
@click.option("-o", "--output", type=_FILE, help="The copy, one file that only the recipients can open.")
@_TO
@_WEB
@click.option("--reopen", is_flag=True, help="Go on in this desk after it was handed over; the log says so.")
@with_door
def handover(door: Door, output: Path | None, to: Sequence[str], web_dump: Path | None, reopen: bool) -> None:
    """Hand the case to another desk with its history: a copy that goes on with the same log under another key.

    The copy holds the keys to names and originals. The log here says that it was handed over, and takes no more.
    """
    desk = _desk(door)
    if reopen:
        leaf = desk_room.reopen(desk)
        door.result({"leaf": leaf})
        door.say(f"Reopened: the log says so at leaf {leaf}. The copy that was handed over goes its own way.")
        return
    if output is None:
        raise TocsinInputError("a handover needs a file", expected="-o FILE --to RECIPIENT, or --reopen")
    done = desk_room.hand_over(desk, output, to, extras=_extras(web_dump), progress=door)
    door.result(done.as_json())
    door.say(f"{done.file} holds the case, its history and the keys that open it, for {done.recipients} recipient(s).")
    door.say(f"They take it over with: tocsin restore {done.file.name} FOLDER --identity FILE")
    door.say("This desk is closed to writing (tocsin handover --reopen undoes that, and the log says so).")


@click.group(invoke_without_command=True)
@with_door
def keys(door: Door) -> None:
    """Copies of the desk's keys, and new ones: status, export, import, rotate (alone: status)."""
    context = click.get_current_context()
    if context.invoked_subcommand is None:
        _tell_status(door)
    elif context.params.get("desk") or door.as_json or door.quiet:
        raise click.UsageError(f"options belong after the word: tocsin keys {context.invoked_subcommand} --desk ...")


def _tell_status(door: Door) -> None:
    status = desk_room.keys_status(_desk(door))
    door.result(status)
    for line in desk_room.status_lines(status):
        door.say(line)


@keys.command()
@with_door
def status(door: Door) -> None:
    """Where the keys are, whether they fit the desk, when they were last exported."""
    _tell_status(door)


@keys.command("export")
@click.option("-o", "--output", type=_FILE, help="An encrypted copy of the key file.")
@click.option("--paper", type=_FILE, help="A page to print (.html) that holds the keys in the open.")
@_TO
@click.option(
    "--passphrase", "ask", is_flag=True, help="Encrypt under a passphrase: asked for, or first line of stdin."
)
@with_door
def export_keys(door: Door, output: Path | None, paper: Path | None, to: Sequence[str], ask: bool) -> None:
    """Write a copy of the keys: encrypted to recipients or under a passphrase, or as a page to print."""
    if (output is None) == (paper is None):
        raise TocsinInputError("say where the copy goes", expected="-o FILE with --to or --passphrase, or --paper FILE")
    desk = _desk(door)
    if paper is not None:
        if to or ask:
            raise TocsinInputError("a page to print is not encrypted", next_step="leave --to and --passphrase away")
        done = desk_room.print_keys(desk, paper)
        door.say(f"Print {paper}, lock the page away, then delete the file: it holds the keys in the open.")
    elif output is not None:
        done = desk_room.export_keys(desk, output, to=to, passphrase=_passphrase(twice=True) if ask else None)
        door.say(f"The keys are in {output}, encrypted. Keep it apart from the desk and from its backups.")
    door.result(done)


@keys.command("import")
@click.argument("file", type=_FILE, required=False)
@click.option("--paper-text", type=_FILE, help="The lines of the printed page, typed into a file.")
@click.option("--identity", type=_FILE, help="The recipient's secret, for a copy encrypted to recipients.")
@click.option(
    "--passphrase", "ask", is_flag=True, help="For a copy under a passphrase: asked for, or first line of stdin."
)
@with_door
def import_keys(door: Door, file: Path | None, paper_text: Path | None, identity: Path | None, ask: bool) -> None:
    """Read a copy of the keys back, and check that it is this desk's before it is put in place."""
    if (file is None) == (paper_text is None):
        raise TocsinInputError("say what to read", expected="FILE, or --paper-text FILE")
    desk = _desk(door)
    done: dict[str, Any] = {}
    if paper_text is not None:
        done = desk_room.import_paper(desk, paper_text)
    elif file is not None:
        done = desk_room.import_keys(
            desk, file, identity=identity, passphrase=_passphrase(twice=False) if ask else None
        )
    door.result(done)
    door.say(f"These are the keys of this desk, and they are in {done['file']}.")
    if not done["signs"]:
        door.say("They are older than its present signing key: names and originals open, nothing can be added.")


@keys.command()
@with_door
def rotate(door: Door) -> None:
    """Make a new signing key; the log names it, signed by the old key and the new one."""
    done = desk_room.rotate(_desk(door))
    door.result(done)
    if done["finished"]:
        door.say("A rotation that was interrupted is finished; no other was begun.")
    door.say(f"New verifier key: {done['new']}")
    door.say(
        f"Old verifier key: {done['old']}. What it signed stays checkable; it signs nothing after leaf {done['leaf']}."
    )
    door.say("Copies of the keys made before cannot sign any more: export again (tocsin keys export).")
    door.say("Nor can backups made before be added to with the new key: make one now (tocsin backup).")


COMMANDS: tuple[click.Command, ...] = (backup, restore, handover, keys)
