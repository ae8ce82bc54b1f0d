"""demo: the whole job on the sample exports that ship with Tocsin, everything in which is invented."""

from __future__ import annotations

import time
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from tocsin.desk.findings_store import latest_run, load
from tocsin.desk.place import open_desk
from tocsin.desk.progress import Progress
from tocsin.desk.whole_job import whole_job
from tocsin.records.errors import TocsinInputError
from tocsin.records.findings import Campaign, Trend

PURPOSE = "demonstration on invented posts"
LEGAL_BASIS = "no personal data: every post, account and place is invented"


def demo(folder: Path, *, progress: Progress) -> dict[str, Any]:
    """What the demonstration found and where its report is; `folder` gets a desk and the report."""
    started = time.perf_counter()
    if folder.exists() and any(folder.iterdir() if folder.is_dir() else [folder]):
        raise TocsinInputError(
            f"{folder} is not empty", expected="a new folder", next_step="name another one: tocsin demo DIR"
        )
    folder.mkdir(parents=True, exist_ok=True)
    with as_file(files("tocsin.desk") / "demo_cast") as cast:
        done = whole_job(
            cast / "exports",
            folder / "report.html",
            desk_folder=folder / "desk",
            events=cast / "events.csv",
            codebooks=("grey_lantern",),
            purpose=PURPOSE,
            legal_basis=LEGAL_BASIS,
            progress=progress,
        )
    desk = open_desk(folder / "desk")
    run = latest_run(desk.findings)
    campaigns, trends = load(desk.findings, run, Campaign), load(desk.findings, run, Trend)
    return {**done, "campaigns": len(campaigns), "trends": len(trends), "seconds": time.perf_counter() - started}


def demo_summary(done: dict[str, Any], program: str = "tocsin") -> list[str]:
    """The last lines of the demonstration: where, what, how long, what next; `program` is what the reader can type."""
    read = done["collect"]
    return [
        f"Read {read['read']:,} posts from {read['captures']} exports: {read['stored']:,} stored, "
        f"{read['duplicate']:,} duplicate, {read['quarantined']:,} quarantined.",
        f"Found {done['campaigns']} campaign: {done['title']} ({done['posts']:,} posts by {done['accounts']:,} "
        f"accounts), and {done['trends']} trends that are no campaign.",
        f"Report: {done['report']}",
        f"It took {done['seconds']:.1f} s. Next: {program} verify {done['report']} --desk {done['desk']}",
    ]
