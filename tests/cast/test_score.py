"""The score of a perfect finder is 1, of a wrong one less; scores need only plain lists."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cast.score import false_alarms, plain_key, score

TRUTH_FILE = Path(__file__).resolve().parents[2] / "src" / "tocsin" / "desk" / "demo_cast" / "truth.json"


@pytest.fixture(scope="module")
def truth() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(TRUTH_FILE.read_text(encoding="utf-8"))
    return found


def _perfect(truth: dict[str, Any]) -> dict[str, Any]:
    campaign = truth["efforts"]["campaign"]
    return {
        "bursts": [{"key": row["key"], "start_at": row["start_at"]} for row in truth["bursts"]],
        "groups": truth["groups"],
        "clusters": truth["clusters"],
        "campaigns": [
            {"posts": [post for posts in campaign["posts"].values() for post in posts], "tags": campaign["tags"]}
        ],
        "trends": [{"tags": effort["tags"]} for effort in truth["efforts"].values() if effort["kind"] == "trend"],
        "called": campaign["posts"]["call"],
    }


def test_a_perfect_finder_scores_one(truth: dict[str, Any]) -> None:
    rows = score(_perfect(truth), truth)
    assert {row.precision for row in rows} <= {1.0, None}
    assert {row.recall for row in rows} == {1.0}
    assert len(rows) == 12


def test_nothing_found_scores_no_recall_and_no_precision(truth: dict[str, Any]) -> None:
    rows = score({name: [] for name in _perfect(truth)}, truth)
    assert {row.recall for row in rows} == {0.0}
    assert {row.precision for row in rows} == {None}


def test_a_late_burst_counts_as_true_but_not_as_found_at_its_step(truth: dict[str, Any]) -> None:
    row = next(row for row in truth["bursts"] if row["effort"] == "campaign")
    late = truth["efforts"]["campaign"]["last_posted_at"]
    (one,) = score({"bursts": [{"key": row["key"], "start_at": late}, {"key": "SundayLunch", "start_at": late}]}, truth)
    assert (one.precision, one.recall) == (0.5, 0.0)


def test_a_strike_reported_as_campaign_is_a_false_campaign(truth: dict[str, Any]) -> None:
    strike = truth["efforts"]["strike"]["posts"]["benign"]
    rows = score({"campaigns": [{"posts": strike, "tags": ["TarnDockStrike"]}]}, truth)
    assert (rows[0].precision, rows[0].recall) == (0.0, 0.0)
    assert "strike" in rows[0].note


def test_merging_two_narratives_costs_precision(truth: dict[str, Any]) -> None:
    narratives = [cluster["posts"] for cluster in truth["clusters"] if cluster["kind"] == "narrative"][:3]
    merged = [{"posts": [post for posts in narratives for post in posts]}]
    (row,) = score({"clusters": merged}, truth)
    assert row.precision is not None
    assert row.precision < 0.9


def test_strangers_in_a_group_cost_precision(truth: dict[str, Any]) -> None:
    group = next(group for group in truth["groups"] if group["kind"] == "campaign")
    pairs, members = score({"groups": [{"accounts": [*group["accounts"], "1", "2", "3"]}]}, truth)
    assert members.recall == 1.0
    assert members.precision == 12 / 15
    assert pairs.precision is not None
    assert pairs.precision < 1.0


def test_false_alarms_are_counted_by_language_and_group(truth: dict[str, Any]) -> None:
    mourning = [row for row in truth["labels"] if row["group"] == "mourning" and row["lang"] == "ar"]
    called = [f"{row['source']}:{row['platform_id']}" for row in mourning[:2]]
    table = {(row["lang"], row["group"]): row for row in false_alarms(called, truth)}
    assert table["ar", "mourning"]["false_alarm_count"] == 2
    assert table["ar", "mourning"]["post_count"] == len(mourning)
    assert sum(row["false_alarm_count"] for row in table.values()) == 2


@pytest.mark.parametrize("variant", ["#الطَّريق_إلى_فيلمورا", "الطريق الي فيلمورا", "الطريـق_الى_فيلمورا"])
def test_spelling_variants_of_a_tag_have_one_key(variant: str) -> None:
    assert plain_key(variant) == plain_key("الطريق_الى_فيلمورا")
