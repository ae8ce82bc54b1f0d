"""The whole job in one command: exports in, report out; then verifying the desk and the report."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from corpus import EVENTS
from measure import Measured
from plan import LARGE, Plan
from rows import Row, at_most, megabytes, seconds, times, yes_row

SECTION = "Whole job: tocsin report FILE -o report.html"
NAME = "whole-job"
LARGE_S = 300.0
EXPONENT = 1.1
# One of these is in the title of whatever part of the planted campaign is found (one a language at most).
PLANTED = ("Velmora", "فيلمورا", "ቬልሞራ")


@dataclass(frozen=True, slots=True)
class _Job:
    """One whole job and where its time went."""

    posts: int
    done: Measured
    collect_s: float
    detect_s: float
    report_s: float
    titles: tuple[str, ...]  # of the campaigns found


def rows(plan: Plan) -> Iterator[Row]:
    """The rows of this section."""
    jobs = []
    for posts in plan.sizes:
        job = _job(plan, posts)
        jobs.append(job)
        limit = LARGE_S if posts == LARGE else None
        yield at_most(SECTION, f"{posts:,} posts", job.done.seconds, limit, seconds)
        split = f"{seconds(job.collect_s)} + {seconds(job.detect_s)} + {seconds(job.report_s)}"
        yield Row(SECTION, f"{posts:,} posts: collect + detect + report", split)
        yield Row(SECTION, f"{posts:,} posts: processor", seconds(job.done.cpu_seconds))
        yield at_most(SECTION, f"{posts:,} posts: peak memory", job.done.peak_bytes, None, megabytes)
        planted = [any(name in title for name in PLANTED) for title in job.titles]
        shown = f"{sum(planted)} planted, {len(planted) - sum(planted)} other"
        yield yes_row(
            SECTION, f"{posts:,} posts: campaigns found: planted, and no other", all(planted) and planted != [], shown
        )
        yield from _verified(plan, posts)
    if len(jobs) > 1:
        first, last = jobs[0], jobs[-1]
        growth = math.log(last.done.seconds / first.done.seconds) / math.log(last.posts / first.posts)
        yield at_most(SECTION, f"time grows as n to the power of (from {first.posts:,})", growth, EXPONENT, times)


def _job(plan: Plan, posts: int) -> _Job:
    desk, report, events = plan.fresh("desk-job"), plan.fresh("report.html"), plan.work / "events.csv"
    plan.fresh("keys")
    _write_events(events)
    stated = ("--purpose", "bench", "--legal-basis", "generated posts")
    done = plan.tocsin(
        "report", plan.corpus(posts), "-o", report, "--desk", desk, "--events", events, *stated, "--json"
    )
    collected = next(at for at, line in done.messages if line.startswith("Certificate: "))
    detect = done.answer["detect"]
    assert isinstance(detect, dict)
    return _Job(
        posts,
        done,
        collected,
        float(detect["seconds"]),
        done.seconds - collected - float(detect["seconds"]),
        _titles(plan, desk),
    )


def _titles(plan: Plan, desk: Path) -> tuple[str, ...]:
    """Titles of the desk's campaigns."""
    listed = plan.tocsin("campaigns", "--desk", desk, "--json")
    return tuple(json.loads(line)["title"] for line in listed.lines)


def _write_events(path: Path) -> None:
    with path.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["event_at", "title"])
        writer.writerows((at.isoformat(), title) for at, title in EVENTS)


def _verified(plan: Plan, posts: int) -> Iterator[Row]:
    desk = plan.work / "desk-job"
    whole = plan.tocsin("verify", "--desk", desk, "--json")
    yield at_most(SECTION, f"{posts:,} posts: verify the desk", whole.seconds, None, seconds)
    report = plan.tocsin("verify", plan.work / "report.html", "--desk", desk, "--json")
    figures = json.dumps(report.answer.get("figures"))
    yield at_most(SECTION, f"{posts:,} posts: verify the report ({figures} figures)", report.seconds, None, seconds)
