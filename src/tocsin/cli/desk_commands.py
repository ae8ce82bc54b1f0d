"""The commands that work on a desk: init, demo, collect, detect, search, report, verify, serve, export."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from dateutil.parser import isoparse

from tocsin import desk as desk_room
from tocsin.cli.door import Door, with_door
from tocsin.records.errors import TocsinInputError

_PRIVATE_OK = "Why this desk may hold private or limited posts (logged)."


def _desk(door: Door) -> desk_room.Desk:
    return desk_room.open_desk(door.desk_folder)


def _when(_context: click.Context, _option: click.Parameter, value: str | None) -> datetime | None:
    if value is None:
        return None
    try:
        instant: datetime = isoparse(value)
        return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
    except (ValueError, OverflowError):
        raise click.BadParameter('expected a date or time like "2026-02-03" or "2026-02-03T14:00Z"') from None


def _typed() -> str:
    """How this program can be called again: by name, or by its path where its folder is not searched."""
    called = Path(sys.argv[0])
    return str(called) if called.name == "tocsin" and shutil.which("tocsin") is None else "tocsin"


def _mapping(pairs: Sequence[str]) -> dict[str, str]:
    mapping: dict[str, str] = {}
    for pair in pairs:
        name, equals, column = pair.partition("=")
        if not (name and equals and column):
            raise TocsinInputError("--map cannot be read", expected="field=column, for example --map text=body")
        mapping[name] = column
    return mapping


def _stated(door: Door, purpose: str | None, legal_basis: str | None) -> tuple[str, str]:
    """The purpose and legal basis of a new desk, asked for at a terminal where they are missing."""
    if purpose and legal_basis:
        return purpose, legal_basis
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise TocsinInputError(
            "a desk needs a purpose and a legal basis",
            expected="--purpose TEXT and --legal-basis TEXT",
            next_step='for example --purpose "study of recruitment" --legal-basis "GDPR Art. 89, ethics board 7/26"',
        )
    purpose = purpose or click.prompt("For what purpose is this desk kept", err=True)
    legal_basis = legal_basis or click.prompt("On what legal basis", err=True)
    return str(purpose), str(legal_basis)


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--purpose", help="What this desk is kept for.")
@click.option("--legal-basis", help="On what legal basis it holds posts.")
@with_door
def init(door: Door, folder: Path, purpose: str | None, legal_basis: str | None) -> None:
    """Make an empty desk in FOLDER."""
    stated = _stated(door, purpose, legal_basis)
    made = desk_room.init(folder, purpose=stated[0], legal_basis=stated[1])
    door.result({"desk": made.folder, "keys": made.keys_folder})
    door.say(f"Desk made in {made.folder}. Its keys are in {made.keys_folder}: keep a copy, apart from the desk.")
    door.say(f"Before anything else, make that copy: {desk_room.LOSS}.")
    door.say(f"  tocsin keys export --paper keys.html --desk {made.folder}    (print it, then delete the file)")
    door.say(f"Next: tocsin collect EXPORTS --desk {made.folder}")


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), default=Path("tocsin-demo"))
@with_door
def demo(door: Door, folder: Path) -> None:
    """Import the sample exports that ship with Tocsin, find the campaign planted in them, write a report."""
    done = desk_room.demo(folder, progress=door)
    door.result(done)
    for line in desk_room.demo_summary(done, _typed()):
        door.say(line)


@click.command()
@click.argument("paths", nargs=-1, required=True)
@click.option("--source", help="Read as this source instead of recognising it (see tocsin sources).")
@click.option("--map", "pairs", multiple=True, metavar="FIELD=COLUMN", help="Which column holds a field; repeat.")
@click.option(
    "--date-order", type=click.Choice(["dmy", "mdy", "ymd"]), help="Day-month order where a file leaves it open."
)
@click.option("--time-zone", help="Zone of times that name none, for example Africa/Cairo [UTC].")
@click.option("--encoding", help="Of texts that are not UTF-8 and bear no mark, for example windows-1256.")
@click.option("--private-ok", metavar="REASON", help=_PRIVATE_OK)
@click.option("--my-role", metavar="TEXT", help="In what role you hold it; asked with --private-ok.")
@with_door
def collect(
    door: Door,
    paths: Sequence[str],
    source: str | None,
    pairs: Sequence[str],
    date_order: str | None,
    time_zone: str | None,
    encoding: str | None,
    private_ok: str | None,
    my_role: str | None,
) -> int:
    """Read exports into the desk: files, folders, .gz, .zst, .zip, or - for standard input."""
    options = desk_room.ReadOptions(
        source=source,
        mapping=_mapping(pairs),
        date_order=date_order,
        time_zone=time_zone,
        encoding=encoding,
        private_ok=private_ok,
        my_role=my_role,
    )
    done = desk_room.collect(_desk(door), paths, options=options, progress=door)
    door.result(done.as_json())
    for line in done.as_text():
        door.say(line)
    return 2 if done.named_refusals else 0


@click.command()
@click.option("--since", callback=_when, help="Only posts from this time on (UTC where no zone is named).")
@click.option("--until", callback=_when, help="Only posts before this time.")
@click.option("--engine", type=click.Choice(["duckdb"]), default="duckdb", show_default=True)
@click.option(
    "--events", type=click.Path(path_type=Path), help="CSV of dated events (event_at,title): candidate triggers."
)
@click.option("--codebook", "codebooks", multiple=True, help="Codebook file or name; repeat [the shipped ones].")
@with_door
def detect(
    door: Door,
    since: datetime | None,
    until: datetime | None,
    engine: str,
    events: Path | None,
    codebooks: Sequence[str],
) -> None:
    """Find bursts, coordinated groups, near-duplicate clusters, campaigns and trends."""
    done = desk_room.detect(
        _desk(door), since=since, until=until, engine_name=engine, events=events, codebooks=codebooks, progress=door
    )
    door.result(done)
    for line in desk_room.detect_summary(done):
        door.say(line)


@click.command()
@click.argument("query")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 10_000))
@with_door
def search(door: Door, query: str, limit: int) -> None:
    """Posts that match QUERY under the folding key: words, "phrases", tag:NAME, -word."""
    found = desk_room.search(_desk(door), query, limit=limit)
    note = desk_room.search_note(_desk(door))
    if note:
        door.note(note)
    if door.as_json:
        door.lines(found)
        return
    for post in found:
        when = f"{post['posted_at']:%Y-%m-%d %H:%M}" if post["posted_at"] else "undated"
        door.say(f"{when:<16}  {post['source']:<11} {post['post_id'][:9]}  {post['text']}")
    door.say(f"{len(found)} posts" + (" (more may match: raise --limit)" if len(found) == limit else ""))


@click.command()
@click.argument("what", required=False)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), required=True, help="Report file: .html, .md or .json."
)
@click.option("--events", type=click.Path(path_type=Path), help="With a PATH: CSV of dated events (event_at,title).")
@click.option("--codebook", "codebooks", multiple=True, help="With a PATH: codebook file or name; repeat.")
@click.option("--purpose", help="With a PATH: what the desk is kept for.")
@click.option("--legal-basis", help="With a PATH: on what legal basis.")
@with_door
def report(
    door: Door,
    what: str | None,
    output: Path,
    events: Path | None,
    codebooks: Sequence[str],
    purpose: str | None,
    legal_basis: str | None,
) -> None:
    """Write the report on a CAMPAIGN of the desk, or do the whole job on a PATH of exports.

    Without an argument: the highest-scored campaign of the desk. With a PATH and no --desk, a desk folder is
    made beside the report.
    """
    if what is not None and what.strip() and Path(what).exists():
        if sys.stdin.isatty() and not door.quiet and not (purpose and legal_basis):
            purpose, legal_basis = _stated(door, purpose, legal_basis)
        done = desk_room.whole_job(
            Path(what),
            output,
            desk_folder=door.desk_folder if door.desk_was_named else None,
            events=events,
            codebooks=codebooks,
            purpose=purpose,
            legal_basis=legal_basis,
            progress=door,
        )
    else:
        if what is not None and not door.desk_folder.exists():
            raise TocsinInputError(
                "there is nothing to report on",
                expected="a file or folder of exports, or a campaign id of a desk",
                next_step="look at how the path is written, or name the desk with --desk",
            )
        done = desk_room.report(_desk(door), what, output, progress=door)
    door.result(done)
    for line in desk_room.report_summary(done):
        door.say(line)


@click.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option(
    "--since",
    type=click.Path(path_type=Path),
    multiple=True,
    help="An older checkpoint the log must go on from; repeat.",
)
@click.option("--accept-older", metavar="REASON", help="Why an older copy of this desk was put back (logged).")
@with_door
def verify(door: Door, file: Path | None, since: Sequence[Path], accept_older: str | None) -> None:
    """Check the desk's evidence, or every figure and quote of a report FILE against it (exit 4 when one fails)."""
    if accept_older is not None:
        door.say(desk_room.accept_older(_desk(door), accept_older))
    done: dict[str, Any] = desk_room.verify(_desk(door), file, progress=door, since=since)
    door.result(done)
    for line in done["steps"]:
        door.say(f"ok  {line}")
    door.say(f"Verified: {done['what']}")


@click.command()
@click.option("--port", default=8707, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one.")
@with_door
def serve(door: Door, port: int) -> None:
    """Show the desk in the browser, read-only, on 127.0.0.1."""
    from tocsin.web import serve as serve_pages

    def ready(address: str) -> None:
        door.result({"address": address})
        door.note(f"Showing the desk on {address} (read-only; Ctrl-C ends it)")

    serve_pages(desk_room.desk_pages(_desk(door)), host="127.0.0.1", port=port, ready=ready)


@click.command()
@click.argument("what", type=click.Choice(["bursts", "groups", "clusters", "campaigns", "trends", "network"]))
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), required=True, help=".csv, .parquet; network: .graphml, .gexf"
)
@with_door
def export(door: Door, what: str, output: Path) -> None:
    """Write findings for other tools: pseudonymised anew for each export, no formulas in cells."""
    done = desk_room.export(_desk(door), what, output)
    door.result(done)
    door.say(f"{done['rows']} rows written to {done['file']}")


COMMANDS = (init, demo, collect, detect, search, report, verify, serve, export)
