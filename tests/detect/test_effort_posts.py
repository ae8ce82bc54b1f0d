"""What an effort's posts are, found by index, is what a walk over all posts finds."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pyarrow as pa
import pytest

from detect.posts_of import START, post, posts_table
from tocsin.detect.effort_posts import MAX_TAGS, HeldPosts, Posts, effort_tags, expanded_rows
from tocsin.detect.timing import microseconds

HOUR_US = 3_600_000_000


def rows_and_table(seed: int) -> tuple[list[dict], Posts]:
    rng = np.random.default_rng(seed)
    names = ["", *(f"tag{n}" for n in range(30))]
    rows = [
        post(
            f"a{rng.integers(9)}",
            None if rng.random() < 0.1 else float(rng.integers(48)) * 3600,
            *rng.choice(names, rng.integers(0, 4), p=np.r_[0.1, np.full(30, 0.03)]).tolist(),
        )
        for _ in range(400)
    ]
    table = posts_table(rows)
    return table.sort_by("leaf_index").to_pylist(), Posts.of(table.take(pa.array(rng.permutation(400))))


@pytest.mark.parametrize("seed", range(6))
def test_expansion_and_tags_are_those_of_a_walk_over_all_posts(seed: int) -> None:
    rows, table = rows_and_table(seed)
    rng = np.random.default_rng(seed)
    low = microseconds(START) + int(rng.integers(20)) * HOUR_US
    window = (low, low + 12 * HOUR_US)
    chosen = rng.choice(30, 3, replace=False)
    own = [n for n, row in enumerate(rows) if any(f"tag{tag}" in row["tags"] for tag in chosen)][::2]
    inside = {n for n, row in enumerate(rows) if row["posted_at"] and low <= microseconds(row["posted_at"]) < window[1]}
    used = Counter(tag for n in own for tag in rows[n]["tags"] if tag)
    in_window = Counter(tag for n in inside for tag in rows[n]["tags"])
    main = {tag for tag, n in used.items() if n >= max(0.1 * len(own), 3) and n >= 0.5 * in_window[tag]}
    expected = set(own) | {n for n in inside if main & set(rows[n]["tags"])}
    assert expanded_rows(table, np.array(own), window).tolist() == sorted(expected)
    ranked = sorted(used, key=lambda tag: (-used[tag], tag))[:MAX_TAGS]
    assert effort_tags(table, np.array(own)) == tuple(ranked)


def test_findings_that_mostly_lie_in_a_set_of_posts() -> None:
    rng = np.random.default_rng(3)
    findings = [np.sort(rng.choice(100, rng.integers(1, 20), replace=False)) for _ in range(40)]
    held = HeldPosts(findings)
    for size in (0, 5, 60, 90, 100):
        posts = np.sort(rng.choice(120, size, replace=False))
        wanted = [n for n, rows in enumerate(findings) if np.isin(rows, posts).sum() >= 0.8 * rows.size]
        assert held.mostly(posts, 0.8) == wanted
    assert HeldPosts([]).mostly(np.arange(5), 0.8) == []


def test_a_finding_has_each_known_post_once() -> None:
    _, table = rows_and_table(0)
    members = pa.table({"id": ["b", "a", "b", "b", "c"], "leaf_index": [int(table.leaves[7]), int(table.leaves[3]),
                        int(table.leaves[7]), int(table.leaves[2]), 10**9]})  # fmt: skip
    assert {name: rows.tolist() for name, rows in table.rows_by(members).items()} == {"a": [3], "b": [2, 7]}
