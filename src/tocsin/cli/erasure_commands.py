"""The commands that take posts out of a desk: erase by order, retention."""

from __future__ import annotations

import click

from tocsin import desk as desk_room
from tocsin.cli.door import Door, with_door
from tocsin.desk.erase import Erasure, erase
from tocsin.desk.retention import Retention, retention, set_retention


def _lines(done: Erasure) -> list[str]:
    would = "would be erased" if done.order is None else f"erased by order {done.order}"
    lines = [
        f"{done.versions:,} versions of {done.posts:,} posts {would} ({done.reposts:,} of them reposts), "
        f"in {done.records:,} records; the names of {done.accounts:,} accounts that posted nothing else"
    ]
    if done.lost:
        lines.append(f"{done.lost:,} other posts lie in the same records: their rows stay, their originals go")
    if done.derived:
        lines.append(f"{len(done.derived):,} files of findings and reports go too: run tocsin detect and report again")
    lines.append("Copies that left this desk (reports, exports, backups) are not reached: take them back yourself.")
    return lines


def _answer(done: Erasure) -> dict[str, object]:
    return {name: getattr(done, name) for name in Erasure.__slots__ if name != "derived"} | {
        "derived": len(done.derived)
    }


@click.command(name="erase")
@click.argument("posts", nargs=-1)
@click.option("--account", "accounts", multiple=True, help="All posts of this account (its pseudonym).")
@click.option("--reason", required=True, help="Which order, request or rule, in at least 10 characters (sealed).")
@click.option("--reference", default="", help="Its file number, if it has one (sealed).")
@click.option("--dry-run", is_flag=True, help="Say what would go, and change nothing.")
@click.option("--lose-neighbours", is_flag=True, help="Also where originals of other posts lie in the same records.")
@with_door
def erase_command(
    door: Door,
    posts: tuple[str, ...],
    accounts: tuple[str, ...],
    reason: str,
    reference: str,
    dry_run: bool,
    lose_neighbours: bool,
) -> None:
    """Erase POSTS (leaf or pseudonym): bytes, secrets, rows, names, index; the log says "erased, order N"."""
    done = erase(
        desk_room.open_desk(door.desk_folder),
        posts,
        accounts,
        reason=reason,
        reference=reference,
        dry_run=dry_run,
        lose_neighbours=lose_neighbours,
    )
    door.result(_answer(done))
    for line in _lines(done):
        door.say(line)


@click.command(name="retention")
@click.option("--days", type=int, help="State the rule: posts are kept so many days after they were archived.")
@click.option("--basis", help="Why so long, in at least 10 characters (sealed).")
@click.option("--dry-run", is_flag=True, help="Say what the rule would erase now.")
@click.option("--apply", "apply_it", is_flag=True, help="Erase what is older than the rule allows.")
@with_door
def retention_command(door: Door, days: int | None, basis: str | None, dry_run: bool, apply_it: bool) -> None:
    """The retention rule of this desk, what is due by it, and its erasure."""
    if days is not None and (dry_run or apply_it):
        raise click.UsageError("--days states the rule; apply it with a second call")
    if dry_run and apply_it:
        raise click.UsageError("--dry-run and --apply exclude each other")
    desk = desk_room.open_desk(door.desk_folder)
    done = (
        set_retention(desk, days, basis=basis or "")
        if days is not None
        else retention(desk, apply=apply_it, dry_run=dry_run)
    )
    door.result(_told(done))
    if done.days is None:
        door.say("No retention rule was stated.")
        return
    door.say(f"Posts are kept {done.days:,} days (log, leaf {done.stated_in}); {done.due:,} versions are older.")
    for line in _lines(done.erasure) if done.erasure else []:
        door.say(line)


def _told(done: Retention) -> dict[str, object]:
    erasure = _answer(done.erasure) if done.erasure else None
    return {"days": done.days, "stated_in": done.stated_in, "due": done.due, "erasure": erasure}


COMMANDS: tuple[click.Command, ...] = (erase_command, retention_command)
