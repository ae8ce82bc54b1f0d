"""JSONL of about 1 kB a post: reading, then with archive and log, then with enrichment and search index."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from measure import Measured
from plan import SMALL, Plan
from rows import Row, at_least, at_most, failed, megabytes, posts_per_s

SECTION = "JSONL of 1 kB a post, 2 processes"
NAME = "reading"
PEER = "twarc-csv"
MOST_BYTES = 1.5e9
GROWTH_SHARE, GROWTH_BYTES = 0.15, 64e6


@dataclass(frozen=True, slots=True)
class _Stage:
    """How far a run goes, and how many posts a second it promises."""

    what: str
    posts_per_s: float
    run: Callable[[Plan, int], tuple[float, Measured]]  # seconds, and the measured process


def _read(plan: Plan, posts: int) -> tuple[float, Measured]:
    done = plan.ours("reading.py", "read", plan.corpus(posts))
    _check_count(done.number("posts"), posts)
    return done.number("seconds"), done


def _archived(plan: Plan, posts: int) -> tuple[float, Measured]:
    desk = plan.fresh("desk-archive")
    done = plan.ours("reading.py", "archive", plan.corpus(posts), desk, plan.fresh("keys-archive"))
    _check_count(done.number("posts"), posts)
    plan.fresh("desk-archive")
    return done.number("seconds"), done


def _collected(plan: Plan, posts: int) -> tuple[float, Measured]:
    """The command itself, its start included."""
    desk = plan.fresh("desk-collect")
    plan.fresh("keys")
    plan.tocsin("init", desk, "--purpose", "bench", "--legal-basis", "generated posts")
    done = plan.tocsin("collect", plan.corpus(posts), "--desk", desk, "--json", "-q")
    _check_count(done.number("stored"), posts)
    plan.fresh("desk-collect")
    return done.seconds, done


def _check_count(found: float, posts: int) -> None:
    if found != posts:
        raise AssertionError(f"{found:,.0f} of {posts:,} posts")


STAGES = (
    _Stage("reading", 25_000, _read),
    _Stage("with archive and log", 12_000, _archived),
    _Stage("with enrichment and search index (tocsin collect)", 7_000, _collected),
)


def rows(plan: Plan) -> Iterator[Row]:
    """The rows of this section."""
    rates: dict[str, float] = {}
    for stage in STAGES:
        peaks = []
        for posts in plan.sizes:
            seconds, done = stage.run(plan, posts)
            peaks.append(done.peak_bytes)
            rates.setdefault(stage.what, posts / seconds)
            cpu = f"{done.cpu_seconds / posts * 1e6:.0f} us of processor a post"
            rate = at_least(SECTION, f"{stage.what}, {posts:,} posts", posts / seconds, stage.posts_per_s, posts_per_s)
            yield Row(rate.section, rate.what, rate.tocsin, cpu, rate.ratio, rate.gate, rate.met)
        for posts, peak in zip(plan.sizes, peaks, strict=True):
            yield at_most(SECTION, f"{stage.what}, {posts:,} posts: peak memory", peak, MOST_BYTES, megabytes)
        if len(peaks) > 1:
            limit = peaks[0] * (1 + GROWTH_SHARE) + GROWTH_BYTES
            yield at_most(
                SECTION,
                f"{stage.what}: peak at {plan.sizes[-1]:,} no more than grown a little",
                peaks[-1],
                limit,
                megabytes,
            )
    yield from _beside_twarc(plan, rates)


def _beside_twarc(plan: Plan, rates: dict[str, float]) -> Iterator[Row]:
    if PEER in plan.peers.missing:
        yield failed(SECTION, "beside twarc-csv", f"{PEER} could not be installed: {plan.peers.missing[PEER]}")
        return
    done = plan.peer("flatten.py", plan.corpus(SMALL), plan.fresh("flattened.csv"))
    theirs = done.number("rows") / done.number("seconds")
    for stage in (STAGES[0], STAGES[2]):
        mine = rates[stage.what]
        yield Row(
            SECTION,
            f"{stage.what}, {SMALL:,} posts",
            posts_per_s(mine),
            f"{posts_per_s(theirs)} {PEER}",
            f"{mine / theirs:.1f}",
        )
