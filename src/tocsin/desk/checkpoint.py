"""checkpoint: the signed head of the desk's log, shown, and written out for others when asked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tocsin.archive.keys import desk_info
from tocsin.archive.signers import log_verifiers
from tocsin.archive.strict import base64_text, instant_text
from tocsin.archive.tiles import Log
from tocsin.archive.timestamps import (
    CheckedTimestamp,
    Pending,
    changed_at,
    checked_timestamps,
    covering,
    pending_timestamps,
    present_head,
)
from tocsin.desk.place import Desk
from tocsin.desk.write_file import write_whole
from tocsin.records.errors import EvidenceError, TocsinInputError


def checkpoint(desk: Desk, publish: Path | None = None) -> dict[str, Any]:
    """The head: size, root, key, time of the last change, and whether a timestamp covers it.

    With `publish`, the signed note alone is written to that file, whole or not at all. Needs no keys. Raises
    EvidenceError where the head does not fit the log, TocsinInputError where the file cannot be written.
    """
    verifiers = log_verifiers(desk.folder)
    head = present_head(desk.folder, verifiers)
    if Log(desk.folder / "log", head.size).root() != head.root:
        raise EvidenceError("the log on disk does not give the root of its signed head", next_step="run tocsin verify")
    written_at = changed_at(desk.folder, head, head.size) or desk_info(desk.folder).created_at
    done = checked_timestamps(desk.folder, verifiers)
    by = covering(desk.folder, head, done)
    shown = {
        "origin": head.origin,
        "size": head.size,
        "root": base64_text(head.root),
        "vkey": verifiers[0].vkey,
        "changed_at": instant_text(written_at),
        "note": head.note,
        **_timestamp(by, done, pending_timestamps(desk.folder, verifiers), head.size),
    }
    if publish is not None:
        _check_place(desk, publish)
        write_whole(publish, head.note.encode())
        shown["published"] = publish
    return shown


def checkpoint_lines(shown: dict[str, Any]) -> list[str]:
    """The head in plain words."""
    lines = [
        f"entries       {shown['size']:,}",
        f"root          {shown['root']}",
        f"signed by     {shown['vkey']}",
        f"last changed  {shown['changed_at']}",
        f"timestamp     {_said(shown)}",
    ]
    if "published" in shown:
        lines += [
            f"Written to {shown['published']}: the signed note, nothing else.",
            "Whoever reads it learns how many entries the log has, about one for each post kept, and by comparing two "
            "of them how fast it grows. It names no post and no person.",
        ]
    return lines


def _timestamp(
    by: CheckedTimestamp | None, done: Sequence[CheckedTimestamp], waiting: Sequence[Pending], size: int
) -> dict[str, Any]:
    stated = {(each.size, each.number) for each in done}
    since = [each.since for each in waiting if (each.size, each.number) not in stated]
    told = by or max(done, key=lambda each: each.size, default=None)
    return {
        "timestamp": "timestamped" if by else "pending" if since else "none",
        "timestamped_size": told.size if told else 0,
        "timestamped_at": instant_text(told.signed_at) if told else None,
        "authority": told.authority if told else None,
        "pending_since": instant_text(min(since)) if since else None,
        "entries_not_covered": 0 if by else size - (told.size if told else 0),
    }


def _said(shown: dict[str, Any]) -> str:
    if shown["timestamp"] == "timestamped":
        return f"timestamped {shown['timestamped_at']} by {shown['authority']}"
    said = f"pending since {shown['pending_since']}" if shown["timestamp"] == "pending" else "none for this head"
    if shown["timestamped_size"]:
        said += f"; the first {shown['timestamped_size']:,} entries were timestamped {shown['timestamped_at']}"
    return said


def _check_place(desk: Desk, file: Path) -> None:
    if file.is_dir() or not file.absolute().parent.is_dir():
        raise TocsinInputError(f"{file} cannot be written", expected="--publish FILE in a folder that is there")
    if file.resolve().is_relative_to(desk.folder.resolve()):
        raise TocsinInputError(
            "a published head does not belong in the desk folder", expected="--publish FILE in another folder"
        )
