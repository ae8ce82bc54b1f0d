"""Coordinated pairs: beside coordination-network-toolkit, edge by edge against CooRTweet, and one very popular link."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from inputs import OBJECTS, SHARERS, generated_shares_csv, german_csv, peer_messages, popular_csv
from plan import PROCESSES, SMALL, BenchError, Plan
from rows import Row, at_most, failed, left_out, megabytes, ratio_row, seconds, yes_row

SECTION = "Coordinated pairs"
NAME = "coordination"
PEER = "coordination-network-toolkit"
AT_LEAST = 50
TIMES = 15
WINDOW_S = 30
POPULAR_S, POPULAR_BYTES = 8.0, 1.5e9
SIMILAR_WINDOW_S, SIMILARITY = 3600, 0.7
# The settings of EXPECTED.csv: columns, window, quantile (0: all edges are listed), accounts that begin like that.
SETTINGS = {
    "german_urls_w30_m2_e25_sub1": (("url_id",), 30, 0.25, ""),
    "german_domains_w30_m2_e25_sub1": (("domain_id",), 30, 0.25, ""),
    "german_hashtags_w30_m2_e25_sub1": (("hashtag_id",), 30, 0.25, ""),
    "german_images_w30_m2_e25_sub1": (("phash_id",), 30, 0.25, ""),
    "german_vignette_urls_images_e50_sub1": (("url_id", "phash_id"), 30, 0.5, ""),
    "german_all4_e50_sub0": (OBJECTS, 30, 0.0, ""),
    "german_fb_urls_w60_m2_e50_sub0": (("url_id",), 60, 0.0, "fb"),
}
Edges = dict[tuple[str, str], int]


def rows(plan: Plan) -> Iterator[Row]:
    """The rows of this section."""
    if plan.real_data is None:
        shares, name = generated_shares_csv(plan.work), "generated shares"
    else:
        shares, name = german_csv(plan.real_data, plan.work), "German shares"
    if PEER in plan.peers.missing:
        yield failed(SECTION, f"co-link, {name}", f"{PEER} could not be installed: {plan.peers.missing[PEER]}")
    else:
        yield from _co_link(plan, shares, name)
        yield from _co_similar(plan)
    yield from _agreement(plan)
    yield from _popular(plan)


def _co_link(plan: Plan, shares: Path, name: str) -> Iterator[Row]:
    """All four kinds of objects, each tool in turn: each in a process that has done it before, the median of TIMES."""
    mine = [plan.ours("coordination.py", "shared", shares, WINDOW_S, 2, column) for column in OBJECTS]
    database = plan.work / "co_link.db"
    theirs = [plan.peer("co_link.py", shares, column, database, WINDOW_S, PROCESSES, TIMES) for column in OBJECTS]
    ours = sum(each.number("seconds") for each in mine)
    load, compute = (sum(each.number(name) for each in theirs) for name in ("load_s", "compute_s"))
    what = f"{name}, 4 kinds of objects, {WINDOW_S} s"
    yield ratio_row(SECTION, f"{what}: rows in memory to edges", ours, load + compute, "co-link", AT_LEAST)
    yield ratio_row(SECTION, f"{what}: the peer's database made before", ours, compute, "co-link")
    yield _whole_command(plan, shares, name)


def _whole_command(plan: Plan, shares: Path, name: str) -> Row:
    """File to file with the tools' own commands, one kind of object, the interpreter's start included."""
    messages = peer_messages(shares, "url_id", plan.work)
    database, network = plan.fresh("command.db"), plan.fresh("network.graphml")
    for ending in ("-wal", "-shm"):
        plan.fresh(f"command.db{ending}")
    module = "coordination_network_toolkit"
    loaded = plan.peer_module(module, database, "preprocess", messages)
    options = ("--time_window", WINDOW_S, "--n_cpus", PROCESSES, "--output_file", network)
    computed = plan.peer_module(module, database, "compute", "co_link", *options)
    mine = plan.tocsin("coordination", shares, *_columns(("url_id",), WINDOW_S), "-o", plan.work / "edges.csv")
    return ratio_row(
        SECTION,
        f"{name}, links: whole commands, file to file",
        mine.seconds,
        loaded.seconds + computed.seconds,
        "co-link",
    )


def _columns(objects: Sequence[str], window_s: int) -> list[str]:
    named = [word for name in objects for word in ("--object", name)]
    return [
        *("--account", "account_id", "--content", "post_id", "--time", "timestamp", *named),
        *("--window-s", str(window_s), "--min-participation", "2"),
    ]


def _co_similar(plan: Plan) -> Iterator[Row]:
    corpus = plan.corpus(SMALL)
    theirs_at, mine_at = plan.work / "similar-peer.json", plan.work / "similar-ours.json"
    what = f"accounts that post nearly the same, {SMALL:,} posts"
    for window_s, gate in ((60, None), (SIMILAR_WINDOW_S, AT_LEAST)):
        mine = plan.ours("coordination.py", "similar", corpus, window_s, SIMILARITY, mine_at)
        settings = (plan.work / "co_similar.db", window_s, SIMILARITY, PROCESSES, theirs_at)
        theirs = plan.peer("co_similar.py", corpus, *settings)
        whole = theirs.number("load_s") + theirs.number("compute_s")
        yield ratio_row(SECTION, f"{what}, within {window_s:,} s", mine.number("seconds"), whole, "co-similarity", gate)
    own = {tuple(sorted(pair)) for pair in json.loads(mine_at.read_text())}
    told = {tuple(sorted(pair)) for pair in json.loads(theirs_at.read_text())}
    both = f"{len(told & own):,} of {len(told):,}"
    yield Row(SECTION, "of the peer's pairs (likeness of word sets) Tocsin has too", both, gate=f"{len(own):,} in all")


def _agreement(plan: Plan) -> Iterator[Row]:
    if plan.real_data is None:
        yield left_out(SECTION, "edges equal to CooRTweet's, 7 settings", "TOCSIN_REAL_DATA names no folder")
        return
    files = {only: german_csv(plan.real_data, plan.work, only=only) for only in ("", "fb")}
    for name, (objects, window_s, quantile, only) in SETTINGS.items():
        chosen = ("--edge-quantile", quantile) if quantile else ()
        edges = plan.work / "edges.csv"
        plan.tocsin("coordination", files[only], *_columns(objects, window_s), *chosen, "--raw-ids", "-o", edges)
        own = _edges(edges)
        told = _edges(plan.real_data / "coordination" / f"{name}_edges.csv")
        equal = sum(own.get(pair) == weight for pair, weight in told.items())
        shown = f"{equal:,} of {len(told):,}" + (f", {len(own) - equal:,} others" if len(own) != equal else "")
        yield yes_row(SECTION, f"edges equal to CooRTweet's: {name}", own == told, shown)


def _edges(path: Path) -> Edges:
    """Weight by pair, from any CSV whose first two columns are accounts."""
    with path.open(newline="") as given:
        reader = csv.DictReader(given)
        a, b = (reader.fieldnames or ["", ""])[:2]
        return {(min(row[a], row[b]), max(row[a], row[b])): int(row["weight"]) for row in reader}


def _popular(plan: Plan) -> Iterator[Row]:
    what = f"one link shared by {SHARERS:,} within the hour among 1 M shares, 10 s, participation 2"
    shares = popular_csv(plan.work)
    columns = ("--account", "account", "--object", "link", "--content", "post", "--time", "time")
    settings = ("--window-s", 10, "--min-participation", 2, "-o", plan.work / "popular-edges.csv", "--json")
    try:
        done = plan.tocsin("coordination", shares, *columns, *settings)
    except BenchError as error:
        yield failed(SECTION, what, str(error))
        return
    yield at_most(SECTION, f"{what}: whole command", done.seconds, POPULAR_S, seconds)
    yield at_most(
        SECTION, f"the same: peak memory ({done.number('edges'):,.0f} edges)", done.peak_bytes, POPULAR_BYTES, megabytes
    )
