"""The import certificate: what was read, kept, doubled and quarantined, as Markdown and as JSON values."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from tocsin.archive.durable import Disk
from tocsin.archive.tables import Snapshot, snapshot
from tocsin.archive.tally import CertifiedCapture, certified_capture
from tocsin.records.errors import EvidenceError
from tocsin.records.evidence import Checkpoint
from tocsin.records.posts import TimeBasis

_COUNTS = ("read", "stored", "duplicate", "quarantined", "versions")
_TIME_BASES = {
    TimeBasis.EXPLICIT: "the export names the zone or gives epoch time",
    TimeBasis.ASSUMED_UTC: "the export names no zone; UTC was assumed",
    TimeBasis.ASSUMED_ZONE: "the export names no zone; the person importing named one",
    TimeBasis.AMBIGUOUS: "day and month, or the hour, can be read in two ways",
    TimeBasis.MISSING: "no time",
}


def certificate(captures: Sequence[CertifiedCapture], checkpoint: Checkpoint, issued_at: datetime) -> dict[str, Any]:
    """The certificate as JSON values: each capture, the totals, and the log's head they are covered by.

    Raises EvidenceError unless read = stored + duplicate + quarantined, for every capture and in total.
    """
    for each in captures:
        _check_sum({name: getattr(each.summary, name) for name in _COUNTS}, f"capture {each.summary.capture_id}")
    totals = {name: sum(int(getattr(each.summary, name)) for each in captures) for name in _COUNTS}
    _check_sum(totals, "the certificate's total")
    firsts = [each.summary.first_posted_at for each in captures if each.summary.first_posted_at]
    lasts = [each.summary.last_posted_at for each in captures if each.summary.last_posted_at]
    return {
        "format": "tocsin/certificate/v1",
        "issued_at": issued_at.astimezone(UTC).isoformat(),
        "log": {"origin": checkpoint.origin, "size": checkpoint.size, "checkpoint": checkpoint.note},
        "totals": {
            **totals,
            "captures": len(captures),
            "size_bytes": sum(each.summary.size_bytes for each in captures),
            "other_records": sum(each.other_records for each in captures),
            "first_posted_at": min(firsts).isoformat() if firsts else None,
            "last_posted_at": max(lasts).isoformat() if lasts else None,
            "time_bases": _sum(each.summary.time_bases for each in captures),
            "reasons": _sum(each.summary.reasons for each in captures),
        },
        "captures": [each.to_json() for each in captures],
    }


def certificate_markdown(captures: Sequence[CertifiedCapture], checkpoint: Checkpoint, issued_at: datetime) -> str:
    """The certificate to read and to print. Raises EvidenceError unless the counts add up."""
    body = certificate(captures, checkpoint, issued_at)
    totals = body["totals"]
    lines = [
        "# Import certificate",
        "",
        f"Issued {body['issued_at']} for {totals['captures']} capture(s), {totals['size_bytes']:,} bytes.",
        "",
        *_count_lines(totals),
        *_time_lines(totals["first_posted_at"], totals["last_posted_at"], totals["time_bases"]),
        *_reason_lines(totals["reasons"]),
    ]
    for each in captures:
        lines += ["", *_capture_lines(each)]
    lines += [
        "",
        "## What this proves",
        "",
        f"The log had {checkpoint.size:,} entries when this was written. Its signed head, below, fixes every post and",
        "every captured byte counted here: they are unchanged, and none was removed, since the head was signed. It",
        "does not prove that a platform served them.",
        "",
        *("    " + line for line in checkpoint.note.rstrip("\n").split("\n")),
    ]
    return "\n".join(lines) + "\n"


def write_certificate(folder: Path, captures: Sequence[CertifiedCapture], issued_at: datetime) -> Path:
    """Where the certificate of some captures was written (Markdown; the JSON lies beside it), durably."""
    checkpoint = snapshot(folder).checkpoint
    body = certificate(captures, checkpoint, issued_at)
    markdown = certificate_markdown(captures, checkpoint, issued_at)
    name = f"{issued_at.astimezone(UTC):%Y%m%dT%H%M%SZ}-{checkpoint.size}"
    disk = Disk(folder / "certificates")  # not the writer's staging folder: the next writer empties that
    try:
        disk.write(folder / "certificates" / f"{name}.json", json.dumps(body, indent=2).encode() + b"\n")
        disk.publish(folder / "certificates" / f"{name}.md", markdown.encode())
    finally:
        disk.close()
    return folder / "certificates" / f"{name}.md"


def finished_captures(snapshot: Snapshot) -> list[CertifiedCapture]:
    """Every finished capture of the desk, in the order they were finished."""
    table: pa.Table = snapshot.read("captures", ["summary"])
    return [certified_capture(json.loads(body)) for body in table["summary"].to_pylist()]


def _capture_lines(each: CertifiedCapture) -> list[str]:
    summary = each.summary
    counts = {name: getattr(summary, name) for name in _COUNTS} | {"other_records": each.other_records}
    first, last = (at.isoformat() if at else None for at in (summary.first_posted_at, summary.last_posted_at))
    lines = [
        f"## Capture {summary.capture_id}",
        "",
        f"Source {_plain(summary.source)}, format {_plain(summary.format)}, {summary.size_bytes:,} bytes. "
        f"Collected: {summary.collected_at.isoformat() if summary.collected_at else 'unknown'}. "
        f"Method: {_plain(summary.method or 'unknown')}. Query: {_plain(summary.query or 'unknown')}.",
        "",
        *_count_lines(counts),
        *_time_lines(first, last, summary.time_bases),
    ]
    if each.posts_without_time:
        lines.append(f"- Posts without a time: {each.posts_without_time:,}.")
    lines.append("- Audience: " + (_listed(summary.audiences) or "no posts") + ".")
    lines += _reason_lines(summary.reasons)
    lines += _noticed_lines(summary.noticed, summary.noticed_at)
    if each.gaps:
        lines.append("- Stretches without posts, much longer than usual in this capture:")
        lines += [f"    - {gap.start_at.isoformat()} to {gap.end_at.isoformat()}" for gap in each.gaps]
    else:
        lines.append("- No stretch without posts stands out (or there are too few posts to tell).")
    gone = "; ".join(_plain(what) for what in summary.gone) or "nothing was said"
    lines.append(f"- What the platform itself said was gone when this was collected: {gone}.")
    return lines


def _count_lines(counts: dict[str, Any]) -> list[str]:
    return [
        f"- Records read {counts['read']:,} = stored {counts['stored']:,} + duplicate {counts['duplicate']:,} + "
        f"quarantined {counts['quarantined']:,}.",
        f"- Of those stored, {counts['versions']:,} are a new version of a post that was here already.",
        f"- Records that are no posts (kept with the bytes, counted apart): {counts['other_records']:,}.",
    ]


def _time_lines(first: str | None, last: str | None, bases: dict[str, int]) -> list[str]:
    lines = [f"- Posted from {first} to {last}." if first else "- No post has a time."]
    for basis, meaning in _TIME_BASES.items():
        if bases.get(basis):
            lines.append(f"- Times, {basis}: {bases[basis]:,} ({meaning}).")
    return lines


def _reason_lines(reasons: dict[str, int]) -> list[str]:
    if not reasons:
        return []
    return ["- Quarantined, by reason:", *(f"    - {_plain(reason)}: {count:,}" for reason, count in reasons.items())]


def _noticed_lines(noticed: dict[str, int], places: dict[str, list[str]]) -> list[str]:
    if not noticed:
        return []
    found = [
        f"    - {_plain(kind)}: {count:,} (the first at {'; '.join(map(_plain, places.get(kind, [])))})"
        for kind, count in noticed.items()
    ]
    return ["- Read, but odd: look at the originals before you rely on these records:", *found]


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in sorted(counts.items()))


def _plain(text: str) -> str:
    """Text from outside as one line that Markdown and HTML leave alone."""
    spaced = "".join(char if char.isprintable() else " " for char in text)
    return "".join("\\" + char if char in "\\`*_[]<>#|&" else char for char in spaced)


def _sum(counts: Any) -> dict[str, int]:
    total: Counter[str] = Counter()
    for each in counts:
        total.update(each)
    return dict(total)


def _check_sum(counts: dict[str, int], what: str) -> None:
    kept = counts["stored"] + counts["duplicate"] + counts["quarantined"]
    if counts["read"] != kept or counts["versions"] > counts["stored"]:
        raise EvidenceError(
            f"{what} does not add up",
            expected="read = stored + duplicate + quarantined",
            got=f"{counts['read']}, {kept}",
        )
