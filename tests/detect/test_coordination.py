"""Edges are exactly those of the definition, of CooRTweet on real data, and cost what near pairs cost."""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tocsin.detect import EDGES, SHARES, co_sharing_edges, edges_above, layered_shares, near_pairs
from tocsin.records.errors import TocsinInputError

Row = tuple[str, str, str, str, int]
S = 1_000_000


def table(rows: list[Row]) -> pa.Table:
    return pa.table({name: [row[i] for row in rows] for i, name in enumerate(SHARES.names)}, schema=SHARES)


def brute_edges(rows: list[Row], window_us: int, participation: int) -> dict[tuple[str, str], int]:
    """The definition, read off the README of the data, pair by pair."""
    weights: Counter[tuple[str, str]] = Counter()
    for layer in sorted({row[0] for row in rows}):
        once = sorted({row for row in rows if row[0] == layer and row[1]})
        posts_of = Counter(row[2] for row in once)
        active = [row for row in once if posts_of[row[2]] >= participation]
        pairs = [
            (x, y)
            for x in active
            for y in active
            if x[1] == y[1] and x[2] < y[2] and x[3] != y[3] and abs(x[4] - y[4]) <= window_us
            and x[1] not in (x[3], y[3])
        ]  # fmt: skip
        met = {row[3] for pair in pairs for row in pair}
        taking = Counter(row[2] for row in active if row[3] in met)
        weights.update((x[2], y[2]) for x, y in pairs if taking[x[2]] >= participation or taking[y[2]] >= participation)
    return dict(weights)


def weights_of(edges: pa.Table) -> dict[tuple[str, str], int]:
    pairs = zip(edges["account_a"].to_pylist(), edges["account_b"].to_pylist(), strict=True)
    return dict(zip(pairs, edges["weight"].to_pylist(), strict=True))


shares = st.lists(
    st.tuples(
        st.sampled_from(["tag", "link"]),
        st.sampled_from(["", "x", "y", "p1"]),
        st.sampled_from("abcd"),
        st.sampled_from(["p1", "p2", "p3", "p4", "p5", "p6"]),
        st.integers(-40, 40).map(lambda s: s * S),
    ),
    max_size=40,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=shares, window_s=st.sampled_from([0, 1, 7, 30]), participation=st.integers(1, 3), order=st.randoms())
def test_edges_are_those_of_the_definition_in_any_order(engine, rows, window_s, participation, order):
    order.shuffle(rows)
    engine.register("shares", table(rows))
    edges = co_sharing_edges(engine, window_s=window_s, min_participation=participation)
    assert weights_of(edges) == brute_edges(rows, window_s * S, participation)
    assert edges.schema == EDGES


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=shares, window_s=st.sampled_from([0, 7, 30]), participation=st.integers(1, 3))
def test_the_ways_for_numbers_that_do_not_fit_give_the_same_edges(engine, rows, window_s, participation):
    engine.register("shares", table(rows))
    with pytest.MonkeyPatch.context() as small:
        small.setattr(near_pairs, "_LARGEST", 8)
        small.setattr(near_pairs, "_PAIRS_AT_ONCE", 3)
        edges = co_sharing_edges(engine, window_s=window_s, min_participation=participation)
    assert weights_of(edges) == brute_edges(rows, window_s * S, participation)


def test_the_longest_window_over_the_longest_time_does_not_overflow(engine):
    century = 100 * 366 * 86_400 * S
    rows = [("link", f"x{n}", a, f"{a}{n}", n * (century // 4000) + shift)
            for n in range(4000) for a, shift in (("a", 0), ("b", 3 * S))]  # fmt: skip
    engine.register("shares", table(rows))
    edges = co_sharing_edges(engine, window_s=366 * 86_400)
    assert edges.to_pylist() == [
        {"account_a": "a", "account_b": "b", "weight": 4000, "object_count": 4000, "layer_count": 1, "mean_gap_s": 3.0}
    ]


def test_one_account_posting_its_own_object_over_and_over_is_no_pair_to_be_looked_at(engine):
    rows = [("link", "own", "a", f"p{n}", n * 1000) for n in range(2000)]
    rows += [("link", "x", account, f"{account}{n}", n * S) for account in "ab" for n in range(2)]
    engine.register("shares", table(rows))
    assert co_sharing_edges(engine, window_s=60, max_pairs=6).num_rows == 1


def test_an_empty_object_joins_nobody(engine):
    rows = [("tag", "", account, f"p{account}{n}", n * S) for account in "ab" for n in range(5)]
    engine.register("shares", table(rows))
    assert co_sharing_edges(engine, window_s=60).num_rows == 0
    filled = [(row[0], "x", *row[2:]) for row in rows]
    engine.register("shares", table(filled))
    assert co_sharing_edges(engine, window_s=60).num_rows == 1


@pytest.mark.parametrize("rows", [[], [("tag", "x", "a", "p1", 0)], [("tag", "x", "a", f"p{n}", n) for n in range(9)]])
def test_no_post_one_post_and_one_account_give_no_edge(engine, rows):
    engine.register("shares", table(rows))
    edges = co_sharing_edges(engine, window_s=60, edge_quantile=0.5)
    assert edges.num_rows == 0
    assert edges.schema == EDGES


def test_missing_times_and_objects_are_left_out_of_a_files_shares():
    made = layered_shares(
        {"url": pa.array(["u", None, "", "u"]), "tag": pa.array(["t", "t", None, "t"])},
        pa.array(["a", "b", "c", "d"]),
        pa.array(["1", "2", "3", "4"]),
        pa.array([1, 2, 3, None], pa.timestamp("s", tz="UTC")),
    )
    assert made.schema == SHARES
    assert sorted(zip(made["layer"].to_pylist(), made["account_id"].to_pylist(), strict=True)) == [
        ("tag", "a"), ("tag", "b"), ("url", "a"),
    ]  # fmt: skip
    assert set(made["posted_us"].to_pylist()) == {S, 2 * S}


def test_only_edges_above_the_quantile_stay():
    weights = [1, 1, 2, 4]
    edges = pa.table(
        {
            "account_a": ["a"] * 4, "account_b": list("bcde"), "weight": weights, "object_count": weights,
            "layer_count": [1] * 4, "mean_gap_s": [0.0] * 4,
        }, schema=EDGES,
    )  # fmt: skip
    assert edges_above(edges, 0.5)["weight"].to_pylist() == [2, 4]  # the median of 1, 1, 2, 4 is 1.5
    assert edges_above(edges, 1.0).num_rows == 0


def test_a_popular_object_is_estimated_first_and_refused_before_any_pair_is_made(engine, monkeypatch):
    rows = [("link", "x", f"a{n % 50}", f"p{n}", n * 1000) for n in range(2000)]
    engine.register("shares", table(rows))
    monkeypatch.setattr(near_pairs, "_pairs", lambda shares: pytest.fail("pairs were made"))
    with pytest.raises(TocsinInputError, match=r"about 1,999,000 pairs.*at most 1,000.*shorter window"):
        co_sharing_edges(engine, window_s=60, max_pairs=1000)


def test_a_link_shared_by_thousands_within_the_hour_costs_its_near_pairs(engine):
    rng = np.random.default_rng(3)
    sharers = 4000
    times = np.sort(rng.integers(0, 3600, sharers))
    rows = [("link", "popular", f"a{n}", f"p{n}", int(t) * S) for n, t in enumerate(times)]
    rows += [("link", f"own{n}", f"a{n}", f"q{n}", n * 7200 * S) for n in range(sharers)]
    engine.register("shares", table(rows))
    near = sum(int(np.searchsorted(times, t + 10, "right")) - n - 1 for n, t in enumerate(times))
    assert 3 * near < sharers**2 / 20  # the near pairs are few among all pairs of the object
    edges = co_sharing_edges(engine, window_s=10, min_participation=1, max_pairs=2 * near)
    assert pc.sum(edges["weight"]).as_py() == near


@pytest.mark.parametrize("bad", [{"window_s": -1}, {"window_s": 60, "min_participation": 0},
                                 {"window_s": 60, "edge_quantile": 1.5}])  # fmt: skip
def test_settings_out_of_range_are_refused(engine, bad):
    engine.register("shares", table([]))
    with pytest.raises(TocsinInputError, match="out of range"):
        co_sharing_edges(engine, **bad)


GERMAN = {
    "german_urls_w30_m2_e25_sub1": (["url_id"], 30, 0.25, ""),
    "german_domains_w30_m2_e25_sub1": (["domain_id"], 30, 0.25, ""),
    "german_hashtags_w30_m2_e25_sub1": (["hashtag_id"], 30, 0.25, ""),
    "german_images_w30_m2_e25_sub1": (["phash_id"], 30, 0.25, ""),
    "german_vignette_urls_images_e50_sub1": (["url_id", "phash_id"], 30, 0.5, ""),
    "german_all4_e50_sub0": (["url_id", "domain_id", "hashtag_id", "phash_id"], 30, 0.5, ""),
    "german_fb_urls_w60_m2_e50_sub0": (["url_id"], 60, 0.5, "fb"),
}


@pytest.mark.real_data
@pytest.mark.parametrize("name", GERMAN)
def test_every_edge_of_the_german_data_is_cooRTweets(engine, real_data: Path, name):
    columns, window_s, quantile, platform = GERMAN[name]
    folder = real_data / "coordination"
    text = ["account_id", "post_id", "url_id", "hashtag_id", "domain_id", "phash_id"]
    read = pcsv.ConvertOptions(column_types=dict.fromkeys(text, pa.string()))
    posts = pcsv.read_csv(folder / "german_elections.csv.gz", convert_options=read)
    posts = posts.filter(pc.starts_with(posts["account_id"], platform))
    made = layered_shares(
        {c: posts[c] for c in columns}, posts["account_id"], posts["post_id"], pc.multiply(posts["timestamp"], S)
    )
    engine.register("shares", made)
    edges = co_sharing_edges(engine, window_s=window_s, min_participation=2)
    above = edges_above(edges, quantile)

    told = pcsv.read_csv(folder / f"{name}_edges.csv").to_pylist()
    expected = {tuple(sorted((row["from"], row["to"]))): row["weight"] for row in told}
    gaps = {tuple(sorted((row["from"], row["to"]))): row["avg_time_delta"] for row in told}
    mine = edges if name.endswith("sub0") else above
    assert weights_of(mine) == expected
    for row in mine.to_pylist():
        assert row["mean_gap_s"] == pytest.approx(gaps[row["account_a"], row["account_b"]])
    counts = {row["name"]: row for row in pcsv.read_csv(folder / "EXPECTED.csv").to_pylist()}[name]
    assert above.num_rows == counts["edges_meeting_threshold"]
    assert pc.sum(mine["weight"]).as_py() == counts["sum_weight"]
    neighbours = defaultdict(set)
    for a, b in weights_of(mine):
        neighbours[a].add(b)
        neighbours[b].add(a)
    assert len(neighbours) == counts["vertices"]
