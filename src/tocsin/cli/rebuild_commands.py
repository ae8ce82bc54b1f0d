"""The command that makes the derived parts of a desk anew: rebuild."""

from __future__ import annotations

import click

from tocsin.cli.door import Door, with_door
from tocsin.desk import open_desk
from tocsin.desk.rebuild import rebuild as rebuild_desk


@click.command()
@with_door
def rebuild(door: Door) -> None:
    """Make the tables and the search index anew from the captures and the log.

    Nothing in tables/ and index/ is needed for it: they are derived. Table files that are there and are those the log
    speaks of are kept; the others are written anew, each post is checked against the log, and the log says that it was
    done. Needs the keys of the desk. If it is interrupted, the desk is as it was: run it again.
    """
    done = rebuild_desk(open_desk(door.desk_folder), progress=door)
    door.result(done.as_json())
    for line in done.as_text():
        door.say(line)


COMMANDS: tuple[click.Command, ...] = (rebuild,)
