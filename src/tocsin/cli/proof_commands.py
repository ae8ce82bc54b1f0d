"""The command that gives evidence to outsiders: prove."""

from __future__ import annotations

from pathlib import Path

import click

from tocsin.cli.door import Door, with_door
from tocsin.desk import open_desk
from tocsin.desk.prove import USUAL, prove_summary
from tocsin.desk.prove import prove as make_proof


@click.command()
@click.argument("post")
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="Proof file: .zip.")
@click.option(
    "--disclose",
    default=",".join(USUAL),
    show_default=True,
    metavar="FIELDS",
    help="Fields to disclose, with commas; account, channel and post name the author or lead to the post.",
)
@click.option("--private-ok", metavar="REASON", help="Why a proof of a post that was not public may leave (sealed).")
@with_door
def prove(door: Door, post: str, output: Path, disclose: str, private_ok: str | None) -> None:
    """Write a proof that POST (its id or its place in the log) is archived unchanged, checkable without Tocsin.

    The zip holds the proof, its explanation and a verifier that needs only Python and the package cryptography.
    """
    fields = [name.strip() for name in disclose.split(",") if name.strip()]
    done = make_proof(open_desk(door.desk_folder), post, output, disclose=fields, private_ok=private_ok, progress=door)
    door.result(done)
    for line in prove_summary(done):
        door.say(line)


COMMANDS: tuple[click.Command, ...] = (prove,)
