"""What evidence costs: the log beside reading, archive and enrichment; bytes on disk; one proof; verifying a desk."""

from __future__ import annotations

from collections.abc import Iterator

from plan import LARGE, SMALL, Plan
from rows import Row, at_most, seconds

SECTION = "Evidence: what the log costs"
NAME = "evidence"
LOG_AT_MOST = 0.20
PROOF_S, VERIFY_S = 0.1, 60.0
_FOLDERS = ("chunks", "log", "secrets", "tables", "index")


def rows(plan: Plan) -> Iterator[Row]:
    """The rows of this section."""
    done = plan.ours("log_cost.py", plan.corpus(SMALL), plan.fresh("log-cost"))
    with_s, without_s = done.number("with_s"), done.number("without_s")
    share = with_s / without_s - 1
    what = f"{SMALL:,} posts, one process"
    yield Row(SECTION, f"{what}: processor with the log, without", f"{seconds(with_s)}, {seconds(without_s)}")
    yield at_most(SECTION, f"{what}: the log adds", share, LOG_AT_MOST, lambda value: f"{value:.1%}")
    each = ", ".join(f"{name} {done.number(f'bytes_{name}'):,.0f}" for name in _FOLDERS)
    total = sum(done.number(f"bytes_{name}") for name in _FOLDERS)
    yield Row(SECTION, "bytes on disk a post (of about 1 kB)", f"{total:,.0f} ({each})")
    yield at_most(SECTION, "one proof of a post (median of 50)", done.number("proof_s"), PROOF_S, seconds)
    for posts in plan.sizes:
        desk = plan.fresh("desk-verify")
        plan.fresh("keys")
        plan.tocsin("init", desk, "--purpose", "bench", "--legal-basis", "generated posts")
        plan.tocsin("collect", plan.corpus(posts), "--desk", desk, "-q")
        checked = plan.tocsin("verify", "--desk", desk, "--json")
        limit = VERIFY_S if posts == LARGE else None
        yield at_most(SECTION, f"verify a desk of {posts:,} posts, keys at hand", checked.seconds, limit, seconds)
