"""The commands on the head of the log: checkpoint, timestamp."""

from __future__ import annotations

from pathlib import Path

import click

from tocsin.cli.door import Door, with_door
from tocsin.desk import open_desk
from tocsin.desk.checkpoint import checkpoint as show_checkpoint
from tocsin.desk.checkpoint import checkpoint_lines
from tocsin.desk.timestamp import timestamp as ask_timestamp
from tocsin.desk.timestamp import timestamp_lines, timestamp_status


@click.command()
@click.option(
    "--publish", type=click.Path(path_type=Path), metavar="FILE", help="Write the signed head, nothing else, to FILE."
)
@with_door
def checkpoint(door: Door, publish: Path | None) -> None:
    """Show the signed head of the desk's log: how many entries, which root, which key, timestamped or not.

    The log is private: nothing leaves the desk by itself. Publishing the head is a choice. Whoever holds it can hold
    the desk to everything entered so far. Its size also tells about how many posts the desk keeps, and two heads tell
    how fast it grows: to people who are watched, that says that they are.
    """
    shown = show_checkpoint(open_desk(door.desk_folder), publish)
    door.result(shown)
    for line in checkpoint_lines(shown):
        door.say(line)


@click.command()
@click.option("--url", help="Where the timestamp authority answers RFC 3161 requests.")
@click.option(
    "--ca",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The authority's root certificate(s), PEM [the file stated with its last timestamp].",
)
@click.option("--status", is_flag=True, help="List what is timestamped and what is pending; asks nobody.")
@with_door
def timestamp(door: Door, url: str | None, ca: Path | None, status: bool) -> None:
    """Have an outside authority state that the log's head existed now (RFC 3161), and keep its answer.

    This connects to --url and to nobody else. The authority gets a digest of the signed head: it learns no post, no
    name and no size, but that somebody at this internet address asked. What it does not answer, or not with a
    timestamp that leads to the CA file, stays pending (exit 3) and is asked for again by the next run.
    """
    if status == bool(url):
        raise click.UsageError("give --url URL to ask an authority, or --status to ask nobody")
    desk = open_desk(door.desk_folder)
    if url:
        done = ask_timestamp(desk, url, ca)
        lines = timestamp_lines(done) or ["The log is covered by a timestamp of this authority already: nothing asked."]
    else:
        done = timestamp_status(desk)
        lines = timestamp_lines(done) or ["No checkpoint is timestamped or pending."]
    door.result(done)
    for line in lines:
        door.say(line)


COMMANDS: tuple[click.Command, ...] = (checkpoint, timestamp)
