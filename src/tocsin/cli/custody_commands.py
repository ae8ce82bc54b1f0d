"""The commands about single posts: view an original, judge, correct, and what happened to a post."""

from __future__ import annotations

import base64
from pathlib import Path

import click

from tocsin import desk as desk_room
from tocsin.cli.door import Door, with_door
from tocsin.records.judgements import LABELS

_MOST_SHOWN = 20_000  # characters of an original on a terminal
_REASON = click.option("--reason", required=True, help="Why, in at least 10 characters (logged, sealed).")
_LABELS = click.Choice(list(LABELS))


def _desk(door: Door) -> desk_room.Desk:
    return desk_room.open_desk(door.desk_folder)


@click.command()
@click.argument("post")
@_REASON
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write the exact bytes here, for you only.")
@with_door
def view(door: Door, post: str, reason: str, output: Path | None) -> None:
    """Show the original of POST (leaf or pseudonym) and who posted it; the log says so first."""
    seen = desk_room.view(_desk(door), post, reason, output)
    record = {} if output else {"original_base64": base64.b64encode(seen.record).decode("ascii")}
    names = [{name: each[name] for name in ("kind", "platform_id", "handle", "display_name")} for each in seen.names]
    door.result(
        {
            "leaf": seen.leaf_index, "stated": seen.stated_in, "audience": seen.audience, "size": len(seen.record),
            "names": names, "file": seen.file, **record,
        }
    )  # fmt: skip
    door.say(f"Stated in the log (leaf {seen.stated_in}): you viewed the original of leaf {seen.leaf_index}.")
    if door.as_json:
        return
    for each in names:
        told = [str(each[name]) for name in ("handle", "display_name", "platform_id") if each[name]]
        door.say(f"{each['kind']:<10} {desk_room.shown_bytes('  '.join(told).encode('utf-8', 'surrogatepass'))}")
    if output:
        door.say(f"{len(seen.record):,} bytes written to {output}")
        return
    part = seen.own_part
    shown = desk_room.shown_bytes(part)
    door.say(shown[:_MOST_SHOWN])
    if len(shown) > _MOST_SHOWN or part != seen.record:
        which = "the post alone, without the others in its record" if part != seen.record else "the beginning only"
        door.say(f"({which}; all {len(seen.record):,} bytes with -o FILE)")


def _meanings() -> str:
    return "  ".join(f"{label}: {meaning}." for label, meaning in LABELS.items())


@click.command(epilog=_meanings())
@click.argument("post")
@click.argument("label", type=_LABELS)
@_REASON
@with_door
def judge(door: Door, post: str, label: str, reason: str) -> None:
    """State in the log what POST (leaf or pseudonym) says: LABEL, and why. Posts are judged, never persons."""
    done = desk_room.judge(_desk(door), post, label, reason)
    door.result({"leaf": done.leaf_index, "stated": done.stated_in, "label": done.label})
    door.say(f"Judged (leaf {done.stated_in}): leaf {done.leaf_index} {label}.")
    door.say(f"To take it back: tocsin correct {done.stated_in} --reason TEXT [--label LABEL]")


@click.command()
@click.argument("leaf", type=click.IntRange(min=0))
@_REASON
@click.option("--label", type=_LABELS, help="What to say instead; without it the judgement is only taken back.")
@with_door
def correct(door: Door, leaf: int, reason: str, label: str | None) -> None:
    """Take back the judgement stated at LEAF, or put another in its place. Both stay in the log."""
    done = desk_room.correct(_desk(door), leaf, reason, label)
    door.result({"leaf": done.leaf_index, "stated": done.stated_in, "of": leaf, "label": done.label})
    door.say(f"Corrected (leaf {done.stated_in}): the judgement of leaf {leaf} is {label or 'taken back'}.")


@click.command()
@click.argument("post")
@with_door
def custody(door: Door, post: str) -> None:
    """What happened to POST (leaf or pseudonym), replayed from the log, and the state that follows from it."""
    told = desk_room.custody(_desk(door), post)
    door.result(told)
    if not door.as_json:
        for line in desk_room.custody_lines(told):
            door.say(line)


COMMANDS: tuple[click.Command, ...] = (view, judge, correct, custody)
