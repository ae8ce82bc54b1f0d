"""Planted groups are found whole; accounts that only follow the same topic at the same hours are not."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from detect.posts_of import post, posts_table
from tocsin.detect import chance_tested_edges, co_sharing_edges, coordinated_groups, group_posts, post_shares
from tocsin.detect.groups import GROUP_MEMBERS, TESTED_EDGES

DAY = 86_400


def background(rng: np.random.Generator, accounts: int = 150, posts: int = 3000, days: int = 10) -> list[dict]:
    """People who post a few popular tags by day and hardly by night."""
    hours = rng.choice(24, posts, p=np.repeat([1, 4, 4, 3], 6) / 72)
    return [
        post(
            f"u{rng.integers(accounts)}",
            float(rng.integers(days) * DAY + hour * 3600 + rng.integers(3600)),
            f"topic{min(rng.geometric(0.4), 8)}",
        )
        for hour in hours
    ]


def pushed(rng: np.random.Generator, members: int = 8, rounds: int = 5) -> list[dict]:
    made = []
    for round_no in range(rounds):
        at = float(rng.integers(10) * DAY + rng.integers(DAY))
        made += [post(f"g{m}", at + float(rng.integers(40)), "topic2", f"push{round_no}") for m in range(members)]
    return made


def groups_of(engine, posts, **settings):
    engine.register("posts", posts)
    post_shares(engine)
    edges = co_sharing_edges(engine, window_s=60)
    return edges, *coordinated_groups(engine, edges, window_s=60, **settings)


def test_a_planted_group_is_found_whole_and_nobody_else():
    from detect.conftest import TestEngine

    for seed in range(4):
        rng = np.random.default_rng(seed)
        _, groups, members = groups_of(TestEngine(), posts_table([*background(rng), *pushed(rng)]))
        assert [group.account_ids for group in groups] == [tuple(f"g{m}" for m in range(8))]
        assert groups[0].layers == ("tag",)
        assert groups[0].edge_count == 28
        assert members.schema == GROUP_MEMBERS
        assert set(members["account_id"].to_pylist()) == set(groups[0].account_ids)


def test_people_who_share_topics_and_hours_are_no_group():
    from detect.conftest import TestEngine

    found = 0
    for seed in range(25):
        rng = np.random.default_rng(100 + seed)
        edges, groups, _ = groups_of(TestEngine(), posts_table(background(rng, accounts=40)))
        found += bool(groups)
        assert sum(weight >= 2 for weight in edges["weight"].to_pylist()) > 8  # plenty to be mistaken for a group
    assert found <= 3


def test_posts_behind_a_group_are_the_near_ones_only(engine):
    rng = np.random.default_rng(5)
    plain = [post("g0", 100.0, "dinner"), post("g1", 50_000.0, "dinner")]
    table = posts_table([*background(rng), *pushed(rng), *plain])
    _, groups, members = groups_of(engine, table)
    behind = group_posts(members, table)
    assert behind.column_names == ["group_id", "leaf_index"]
    texts = {row["leaf_index"]: row for row in table.to_pylist()}
    assert {groups[0].group_id} == set(behind["group_id"].to_pylist())
    assert behind.num_rows == 40
    assert all("dinner" not in texts[leaf]["tags"] for leaf in behind["leaf_index"].to_pylist())


def test_order_of_rows_changes_nothing(engine):
    rng = np.random.default_rng(6)
    table = posts_table([*background(rng), *pushed(rng)])
    first = groups_of(engine, table)
    again = groups_of(engine, table.take(pa.array(np.random.default_rng(1).permutation(table.num_rows))))
    assert first[1] == again[1]
    assert first[2].equals(again[2])


def test_one_meeting_with_many_objects_is_one_joint_post(engine):
    table = posts_table([post(a, s, "x", "y", "z") for a, s in (("a", 0.0), ("b", 5.0), ("a", DAY), ("b", 3 * DAY))])
    engine.register("posts", table)
    post_shares(engine)
    edges = co_sharing_edges(engine, window_s=60)
    assert edges["weight"].to_pylist() == [3]
    tested = chance_tested_edges(engine, edges, window_s=60)
    assert tested["joint_posts"].to_pylist() == [1]


@pytest.mark.parametrize("posts", [[], [post("a", 0.0, "x")], [post("a", None, "x"), post("b", None, "x")],
                                   [post("a", float(n), "x") for n in range(20)]])  # fmt: skip
def test_no_posts_one_post_no_times_one_account_give_no_group(engine, posts):
    edges, groups, members = groups_of(engine, posts_table(posts))
    assert (edges.num_rows, groups, members.num_rows) == (0, [], 0)
    assert members.schema == GROUP_MEMBERS
    assert chance_tested_edges(engine, edges, window_s=60).schema == TESTED_EDGES


def test_texts_and_repost_targets_are_layers_of_their_own(engine):
    table = posts_table(
        [
            post("a", 0.0, folded="we meet by the old bridge", text_key="k1"),
            post("b", 3.0, folded="we meet by the old bridge", text_key="k1"),
            post("a", 9.0, folded="thanks", text_key="k2"),  # too short to tell anything
            post("b", 9.5, folded="thanks", text_key="k2"),
            post("a", 20.0, kind="repost", repost_of_id="p9", folded="one two three four", text_key="k3"),
            post("b", 21.0, kind="repost", repost_of_id="p9", folded="one two three four", text_key="k3"),
        ]
    )
    engine.register("posts", table)
    post_shares(engine)
    shares = engine.table("SELECT layer, object, count(*) AS n FROM shares GROUP BY ALL ORDER BY ALL").to_pylist()
    assert [(s["layer"], s["object"], s["n"]) for s in shares] == [("repost", "p9", 2), ("text", "k1", 2)]
