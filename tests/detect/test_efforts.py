"""Findings about the same thing become one effort; efforts that share a few posts, a tag or people stay apart."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pyarrow as pa
import pytest

from detect.posts_of import START, post, posts_table
from tocsin.detect import burst_members, bursts, efforts, post_series
from tocsin.records.findings import Burst, Cluster, CoordinatedGroup

HOUR = 3600.0
NO_GROUPS = pa.table({"group_id": pa.array([], pa.string()), "leaf_index": pa.array([], pa.int64())})
NO_CLUSTERS = pa.table({"cluster_id": pa.array([], pa.string()), "leaf_index": pa.array([], pa.int64())})


def everyday(rng: np.random.Generator, count: int = 1500) -> list[dict]:
    words = [f"word{n}" for n in range(60)]
    return [
        post(
            f"u{rng.integers(120)}", float(rng.integers(28 * 24) * HOUR + rng.integers(3600)),
            *(["news"] if rng.random() < 0.2 else []), folded=" ".join(rng.choice(words, 6)),
        )
        for _ in range(count)
    ]  # fmt: skip


def effort_posts(rng, name: str, start_h: float, count: int = 120, *more: str) -> list[dict]:
    return [
        post(
            f"{name}{rng.integers(40)}", start_h * HOUR + float(rng.exponential(20) * HOUR), name, *more,
            folded=f"{name}call {name}go {'word1' if n % 2 else 'word2'}",
        )
        for n in range(count)
    ]  # fmt: skip


def efforts_of(engine, posts: pa.Table):
    engine.register("posts", posts)
    series = post_series(engine)
    found = bursts(series, collected=posts["posted_at"])
    return efforts(found, burst_members(series, found), [], NO_GROUPS, [], NO_CLUSTERS, posts)


def shares_of(effort, posts: pa.Table) -> dict[str, int]:
    chosen = posts.take(pa.array(effort.leaf_indexes))
    counts: dict[str, int] = {}
    for account in chosen["account_id"].to_pylist():
        name = account.rstrip("0123456789")
        counts[name] = counts.get(name, 0) + 1
    return counts


@pytest.mark.parametrize("generic", [(), ("news",)])
def test_a_campaign_and_a_strike_at_one_time_stay_apart_even_under_one_generic_tag(engine, generic):
    rng = np.random.default_rng(1)
    both = [post(f"u{n}", (301 + n) * HOUR, "road", "strike", folded="roadcall strikecall") for n in range(4)]
    posts = posts_table([
        *everyday(rng), *effort_posts(rng, "road", 300, 140, *generic), *effort_posts(rng, "strike", 300, 120, *generic),
        *both,
    ])  # fmt: skip
    made = efforts_of(engine, posts)
    main = [shares_of(effort, posts) for effort in made if len(effort.leaf_indexes) > 60]
    assert sorted(max(counts, key=counts.__getitem__) for counts in main) == ["road", "strike"]
    for counts in main:
        assert max(counts.values()) > 0.8 * sum(counts.values())


def test_busy_accounts_in_both_do_not_join_two_efforts(engine):
    rng = np.random.default_rng(2)
    busy = [post("busy", (300 + n) * HOUR, "road" if n % 2 else "strike", folded="hello") for n in range(30)]
    posts = posts_table([*everyday(rng), *effort_posts(rng, "road", 300), *effort_posts(rng, "strike", 310), *busy])
    large = [e for e in efforts_of(engine, posts) if len(e.leaf_indexes) > 60]
    assert len(large) == 2


def test_bursts_groups_and_clusters_of_the_same_posts_are_one_effort(engine):
    rng = np.random.default_rng(3)
    posts = posts_table([*everyday(rng), *effort_posts(rng, "road", 300)])
    engine.register("posts", posts)
    series = post_series(engine)
    found = bursts(series, collected=posts["posted_at"])
    own = list(range(1500, 1620))
    times = posts["posted_at"].take(pa.array(own)).to_pylist()
    group = CoordinatedGroup("g1", ("road1", "road2"), ("tag",), ("road",), 60, 1, 9, min(times), max(times))
    cluster = Cluster("n1", 60, 30, 1500, min(times), max(times))
    members = burst_members(series, found)
    groups = pa.table({"group_id": ["g1"] * 30, "leaf_index": own[:30]})
    clusters = pa.table({"cluster_id": ["n1"] * 60, "leaf_index": own[20:80]})
    (effort,) = efforts(found, members, [group], groups, [cluster], clusters, posts)
    assert effort.group_ids == ("g1",)
    assert effort.cluster_ids == ("n1",)
    assert effort.burst_ids == tuple(sorted(b.burst_id for b in found))
    assert effort.tags[0] == "road"
    assert len(set(own) & set(effort.leaf_indexes)) >= 0.9 * len(own)
    assert effort.reasons[0].startswith(f"{len(effort.leaf_indexes)} posts by ")


def test_a_formulaic_cluster_joins_nothing_and_makes_no_effort():
    posts = posts_table([post(f"a{n}", n * 86_400.0) for n in range(30)])
    cluster = Cluster("n1", 30, 30, 0, START, START + timedelta(days=29), formulaic=True)
    members = pa.table({"cluster_id": ["n1"] * 30, "leaf_index": list(range(30))})
    none = pa.table({"burst_id": pa.array([], pa.string()), "id": pa.array([], pa.int64())})
    assert efforts([], none, [], NO_GROUPS, [cluster], members, posts) == []


def test_one_word_alone_makes_no_effort():
    posts = posts_table([post(f"a{n}", n * 60.0) for n in range(30)])
    burst = Burst("b1", "phrase", "rain", START, START + timedelta(hours=1), START, 30, 30, 1.0, 0.01)
    members = pa.table({"burst_id": ["b1"] * 30, "id": list(range(30))})
    assert efforts([burst], members, [], NO_GROUPS, [], NO_CLUSTERS, posts) == []
    named = Burst("b1", "tag", "rain", START, START + timedelta(hours=1), START, 30, 30, 1.0, 0.01)
    assert len(efforts([named], members, [], NO_GROUPS, [], NO_CLUSTERS, posts)) == 1


def test_order_of_rows_and_findings_never_matters(engine):
    rng = np.random.default_rng(4)
    posts = posts_table([*everyday(rng), *effort_posts(rng, "road", 300), *effort_posts(rng, "strike", 350)])
    engine.register("posts", posts)
    series = post_series(engine)
    found = bursts(series, collected=posts["posted_at"])
    members = burst_members(series, found)
    first = efforts(found, members, [], NO_GROUPS, [], NO_CLUSTERS, posts)
    for seed in range(3):
        mix = np.random.default_rng(seed)
        again = efforts(
            [found[i] for i in mix.permutation(len(found))],
            members.take(pa.array(mix.permutation(members.num_rows))),
            [], NO_GROUPS, [], NO_CLUSTERS,
            posts.take(pa.array(mix.permutation(posts.num_rows))),
        )  # fmt: skip
        assert again == first


def test_no_findings_and_no_posts_make_no_effort():
    none = pa.table({"burst_id": pa.array([], pa.string()), "id": pa.array([], pa.int64())})
    assert efforts([], none, [], NO_GROUPS, [], NO_CLUSTERS, posts_table([])) == []


def test_texts_repeated_by_the_same_busy_people_are_not_one_effort():
    rng = np.random.default_rng(5)
    busy = 1 / np.arange(1, 201)
    people = rng.choice(200, 8000, p=busy / busy.sum())
    posts = posts_table([post(f"u{person}", float(rng.integers(20 * 86_400))) for person in people])
    clusters, rows = [], []
    for number in range(60):
        own = np.sort(rng.choice(8000, 20, replace=False))
        times = [posts["posted_at"][int(i)].as_py() for i in own]
        accounts = {posts["account_id"][int(i)].as_py() for i in own}
        clusters.append(Cluster(f"n{number}", 20, len(accounts), int(own[0]), min(times), max(times)))
        rows += [(f"n{number}", int(i)) for i in own]
    members = pa.table({"cluster_id": [r[0] for r in rows], "leaf_index": [r[1] for r in rows]})
    none = pa.table({"burst_id": pa.array([], pa.string()), "id": pa.array([], pa.int64())})
    made = efforts([], none, [], NO_GROUPS, clusters, members, posts)
    assert all(len(effort.cluster_ids) <= 3 for effort in made)
    assert len(made) <= 3


def test_a_post_with_one_bursting_word_is_not_drawn_into_the_effort(engine):
    rng = np.random.default_rng(4)
    bystanders = [
        post(f"by{n}", (301 + n % 20) * HOUR, folded=f"roadcall lunch{n} soup{n}") for n in range(15)
    ]  # fmt: skip
    posts = posts_table([*everyday(rng), *effort_posts(rng, "road", 300, 55), *bystanders])
    bursting = post_series(engine_with(engine, posts))
    found = {burst.key for burst in bursts(bursting, collected=posts["posted_at"])}
    assert {"road", "roadcall"} <= found
    made = efforts_of(engine, posts)
    counts = shares_of(max(made, key=lambda effort: len(effort.leaf_indexes)), posts)
    assert counts["road"] > 45
    assert "by" not in counts


def engine_with(engine, posts: pa.Table):
    engine.register("posts", posts)
    return engine
