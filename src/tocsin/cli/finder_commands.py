"""The finders on any CSV, JSONL or Parquet file, and lists of a desk's findings where no file is named."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from tocsin import desk as desk_room
from tocsin.cli.door import Door, with_door
from tocsin.desk.find_in_files import BurstSettings, CoordinationSettings
from tocsin.records.errors import TocsinInputError

_FILE = click.Path(path_type=Path)


@click.command()
@click.argument("file", type=_FILE)
@click.option("--account", required=True, metavar="COL")
@click.option(
    "--object", "objects", required=True, multiple=True, metavar="COL", help="Repeat: several objects are layers."
)
@click.option("--content", required=True, metavar="COL", help="Id of the post.")
@click.option("--time", required=True, metavar="COL")
@click.option("--window-s", required=True, type=click.FloatRange(min=0), metavar="N", help="Window in seconds.")
@click.option("--min-participation", default=2, show_default=True, type=click.IntRange(1), metavar="N")
@click.option("--edge-quantile", type=click.FloatRange(0, 1), metavar="Q")
@click.option("-o", "--output", type=_FILE, required=True, help="edges.csv")
@click.option(
    "--raw-ids", is_flag=True, help="Account ids as they are, for exact comparison or ids already pseudonymous."
)
@with_door
def coordination(door: Door, file: Path, output: Path, **asked: Any) -> None:
    """Pairs of accounts that shared the same objects within a window.

    Accounts are pseudonyms made with a key that is thrown away; --raw-ids leaves them as they are, for exact
    comparison with another tool and for ids that are pseudonyms already. It works on files only: nothing
    leaves a desk with raw ids.
    """
    settings = CoordinationSettings(**asked)
    if settings.raw_ids and door.desk_was_named:
        raise TocsinInputError(
            "--raw-ids does not work with a desk", expected="a file outside a desk", next_step="leave --desk away"
        )
    done = desk_room.coordination_of_file(file, settings, output=output, progress=door)
    door.result(done)
    door.say(f"{done['edges']} edges between {done['accounts']} accounts, written to {done['file']}")


@click.command()
@click.argument("file", required=False, type=_FILE)
@click.option("--time", metavar="COL")
@click.option("--key", metavar="COL", help="The series is this column's value.")
@click.option("--text", metavar="COL", help="The series are the words and tags of this column.")
@click.option("--id", metavar="COL", help="Adds post_ids to each line.")
@click.option("--q-value", default=0.05, show_default=True, type=click.FloatRange(0, 1, min_open=True, max_open=True))
@with_door
def bursts(door: Door, file: Path | None, **asked: Any) -> None:
    """Bursts of a FILE's series, one JSON object a line; without a FILE, the bursts of the desk."""
    if file is None:
        _listed(door, "bursts")
        return
    if asked["time"] is None or (asked["key"] is None) == (asked["text"] is None):
        raise TocsinInputError(
            "bursts of a file need columns", expected="--time COL and one of --key COL or --text COL"
        )
    door.lines(desk_room.bursts_of_file(file, BurstSettings(**asked), progress=door))


@click.command()
@click.argument("file", required=False, type=_FILE)
@click.option("--id", "id_column", metavar="COL")
@click.option("--text", metavar="COL")
@click.option("--similarity", default=0.7, show_default=True, type=click.FloatRange(0.4, 1.0))
@with_door
def clusters(door: Door, file: Path | None, id_column: str | None, text: str | None, similarity: float) -> None:
    """Near-duplicates of a FILE, one JSON object a line; without a FILE, the clusters of the desk."""
    if file is None:
        _listed(door, "clusters")
        return
    if id_column is None or text is None:
        raise TocsinInputError("clusters of a file need columns", expected="--id COL and --text COL")
    door.lines(desk_room.clusters_of_file(file, id_column=id_column, text=text, similarity=similarity, progress=door))


@click.command()
@click.argument("file", type=_FILE)
@click.option("--codebook", "codebooks", multiple=True, help="Codebook file or name; repeat [the shipped ones].")
@with_door
def assess(door: Door, file: Path, codebooks: Sequence[str]) -> None:
    """What codebooks say of {"id","text"} lines, one JSON object a line; recruitment null means "cannot assess"."""
    door.lines(desk_room.assess_file(file, codebooks=codebooks))


def _listed(door: Door, what: str) -> None:
    found = desk_room.listed(desk_room.open_desk(door.desk_folder), what)
    if door.as_json:
        door.lines(found)
    else:
        for line in desk_room.as_table(what, found):
            door.say(line)


@click.command()
@with_door
def campaigns(door: Door) -> None:
    """Campaigns: efforts that a codebook ties to calls for a violent group or act."""
    _listed(door, "campaigns")


@click.command()
@with_door
def groups(door: Door) -> None:
    """Coordinated groups, by pseudonym."""
    _listed(door, "groups")


@click.command()
@with_door
def trends(door: Door) -> None:
    """Every other effort: counts only, never its accounts."""
    _listed(door, "trends")


COMMANDS = (coordination, bursts, clusters, assess, campaigns, groups, trends)
