"""Checks the import certificates on a desk: they say what the log and the tables say, and were issued on this log."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

from tocsin.archive.certificate import certificate, certificate_markdown, finished_captures
from tocsin.archive.consistency import held_head
from tocsin.archive.keys import DeskInfo
from tocsin.archive.tables import Snapshot
from tocsin.archive.tally import CertifiedCapture
from tocsin.archive.tiles import Log
from tocsin.records.errors import EvidenceError


def check_certificates(here: Snapshot, info: DeskInfo) -> int:
    """How many certificates were checked. Raises EvidenceError naming the first that does not fit this desk.

    A certificate carries the signed head of its time: one of a longer log shows that the log was cut since.
    """
    paths = sorted((here.folder / "certificates").glob("*.json"))
    newest = info.opened_checkpoint((here.folder / "log" / "checkpoint").read_bytes()).size
    captures = {each.summary.capture_id: each for each in finished_captures(here)} if paths else {}
    return sum(_is_checked(path, here, captures, info, newest) for path in paths)


def _is_checked(path: Path, here: Snapshot, captures: dict[str, CertifiedCapture], info: DeskInfo, newest: int) -> bool:
    """Whether a certificate was checked; one issued since the snapshot is left to the next check."""
    what = f"certificates/{path.name}"
    try:
        raw = path.read_bytes()
        body = json.loads(raw)
        note, issued_at = body["log"]["checkpoint"], datetime.fromisoformat(body["issued_at"])
        wanted = [each["capture_id"] for each in body["captures"]]
        head = held_head(note.encode(), info.opened_checkpoint, what)
        counted = [captures[capture_id] for capture_id in wanted] if head.size <= here.log_size else []
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise EvidenceError(f"{what} is damaged, or speaks of a capture that the desk does not have") from error
    if head.size > newest:
        raise EvidenceError(f"{what} was issued on a longer log", expected=f"at most {newest}", got=str(head.size))
    if head.size > here.log_size:
        return False
    if Log(here.folder / "log", head.size).root() != head.root:
        raise EvidenceError(f"{what} was issued on another log")
    if json.dumps(certificate(counted, head, issued_at), indent=2).encode() + b"\n" != raw:
        raise EvidenceError(f"{what} does not say what the tables say")
    # The wording belongs to the format: a release that changes it must still know how to write tocsin/certificate/v1.
    page = path.with_suffix(".md")
    if page.exists() and page.read_bytes() != certificate_markdown(counted, head, issued_at).encode():
        raise EvidenceError(f"certificates/{page.name} does not say what the tables say, or not what {what} says")
    return True
