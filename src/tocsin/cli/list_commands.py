"""What can be read and which codebooks there are."""

from __future__ import annotations

import click

from tocsin import desk as desk_room
from tocsin.cli.door import Door, with_door


@click.command()
@with_door
def sources(door: Door) -> None:
    """What can be read: formats, fields, how times are expressed."""
    rows = desk_room.sources()
    if door.as_json:
        door.lines(rows)
        return
    for row in rows:
        door.say(f"{row['format']:<20} {row['title']}")


@click.command()
@with_door
def codebooks(door: Door) -> None:
    """The codebooks that ship with Tocsin, with their violence criterion and fairness record."""
    rows = desk_room.codebooks()
    if door.as_json:
        door.lines(rows)
        return
    for row in rows:
        door.say(f"{row['name']} {row['version']}  ({', '.join(row['languages'])})  {row['title']}")
        door.say(f"    ties to violence by: {row['violence_criterion']}")
        door.say(f"    fairness record: {row['fairness']}")


COMMANDS = (sources, codebooks)
