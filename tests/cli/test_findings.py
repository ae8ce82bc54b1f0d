"""detect and the lists of what it found: promised keys, ranges of time, and nobody shown who should not be."""

from __future__ import annotations

import json
import re

import pyarrow.parquet as pq
import pytest

from cli.at_the_door import CAST, Sample, copied_desk, new_desk, tocsin, truth
from tocsin.archive import snapshot
from tocsin.records.ids import ID_LENGTH

CAMPAIGN = {
    *("campaign_id", "title", "first_posted_at", "last_posted_at", "post_count", "account_count", "sources"),
    *("languages", "tags", "bursts", "groups", "narratives", "destinations", "intent", "score", "reasons", "verdict"),
}
BURST = {"start_at", "end_at", "peak_at", "peak_count", "expected_count", "q_value", "trigger"}
NARRATIVE = {"cluster_id", "post_count", "account_count", "example_post_id"}
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
# A pseudonym of an account wherever it stands.
ACCOUNT = re.compile(rf"\ba[a-z2-7]{{{ID_LENGTH - 1}}}\b")


def listed(demo: Sample, what: str) -> list[dict]:
    answer = tocsin(what, "--desk", demo.desk, "--json")
    assert answer.code == 0, answer.err
    return answer.lines()


def test_a_campaign_is_one_object_a_line_with_the_promised_keys(demo):
    campaigns = listed(demo, "campaigns")
    assert len(campaigns) == 1
    campaign = campaigns[0]
    assert set(campaign) >= CAMPAIGN
    assert all(set(burst) >= BURST for burst in campaign["bursts"])
    assert all(set(told) >= NARRATIVE for told in campaign["narratives"])
    assert all(set(place) >= {"place", "country", "post_count"} for place in campaign["destinations"])
    assert 0 <= campaign["intent"]["call_share"] <= 1
    assert 0 <= campaign["score"] <= 1
    assert campaign["verdict"] is None
    assert campaign["reasons"]
    assert all(isinstance(reason, str) and reason for reason in campaign["reasons"])
    for name in ("first_posted_at", "last_posted_at"):
        assert INSTANT.fullmatch(campaign[name])


def test_the_campaign_is_the_planted_one(demo):
    campaign = listed(demo, "campaigns")[0]
    planted = truth()["efforts"]["campaign"]
    assert "roadtovelmora" in campaign["tags"]
    assert campaign["destinations"][0]["place"] == "Velmora"
    assert campaign["destinations"][0]["country"] == "XA"
    assert {"twitter", "telegram"} <= set(campaign["sources"])
    assert {"en", "ar", "fr", "am"} <= set(campaign["languages"])
    assert sum(campaign["sources"].values()) == campaign["post_count"]
    assert (
        len(planted["posts"]["call"]) * 0.9 <= campaign["post_count"] <= 1.5 * sum(map(len, planted["posts"].values()))
    )
    triggers = {burst["trigger"]["title"] for burst in campaign["bursts"] if burst["trigger"]}
    assert "Tarn bridge closed" in triggers


def test_benign_efforts_are_trends_and_show_counts_only(demo):
    trends = listed(demo, "trends")
    tags = {tag for trend in trends for tag in trend["tags"]}
    assert {"tarndockstrike", "voteosk", "wellofsilm", "blanketsforosk"} <= tags
    for trend in trends:
        assert not {key for key in trend if "account" in key} - {"account_count"}
        assert not ACCOUNT.search(json.dumps(trend))


def test_groups_of_no_campaign_show_no_account_and_no_object(demo):
    shown = {group["group_id"] for campaign in listed(demo, "campaigns") for group in campaign["groups"]}
    groups = listed(demo, "groups")
    others = [group for group in groups if group["group_id"] not in shown]
    assert shown
    assert len(others) >= 3
    for group in others:
        assert group["account_ids"] == []
        assert group["objects"] == []
        assert group["account_count"] >= 2
        assert not ACCOUNT.search(json.dumps(group))
    for group in groups:
        if group["group_id"] in shown:
            assert len(group["account_ids"]) == group["account_count"]
            assert all(ACCOUNT.fullmatch(account) for account in group["account_ids"])


def test_what_is_kept_of_a_run_names_no_account_outside_the_campaign(demo):
    posts = snapshot(demo.desk).read("posts", ["account_id", "leaf_index"]).to_pydict()
    account_of = dict(zip(posts["leaf_index"], posts["account_id"], strict=True))
    run = next(path for path in (demo.desk / "findings").iterdir() if path.is_dir())
    members = {account_of[leaf] for leaf in pq.read_table(run / "memberships.parquet")["leaf_index"].to_pylist()}
    grouped = {account for group in listed(demo, "groups") for account in group["account_ids"]}
    edges = pq.read_table(run / "edges.parquet")
    paired = {*edges["account_a"].to_pylist(), *edges["account_b"].to_pylist()}
    assert paired
    assert paired <= grouped
    written = {name for path in run.glob("*.json*") for name in ACCOUNT.findall(path.read_text(encoding="utf-8"))}
    assert written <= grouped
    assert len(grouped) <= len(members)


@pytest.mark.parametrize(("what", "keys"), [("bursts", {"burst_id", "series", "key", "start_at", "end_at", "post_count", "expected_count", "q_value", "trigger"}), ("clusters", {"cluster_id", "post_count", "account_count", "first_posted_at", "last_posted_at", "formulaic"}), ("groups", {"group_id", "layers", "window_s", "edge_count", "weight", "account_count"}), ("trends", {"trend_id", "title", "post_count", "account_count", "tags", "burst_count", "reasons"})])  # fmt: skip
def test_lists_have_their_keys(demo, what, keys):
    rows = listed(demo, what)
    assert len(rows) >= 4
    assert all(set(row) >= keys for row in rows)
    table = tocsin(what, "--desk", demo.desk).out.splitlines()
    assert len(table) == len(rows) + 1
    assert not any(ACCOUNT.search(line) for line in table)


def test_detect_answers_with_counts_and_becomes_the_latest(demo, tmp_path):
    desk = copied_desk(demo, tmp_path / "desk")
    before = (desk / "findings" / "latest").read_text()
    answer = tocsin("detect", "--codebook", "grey_lantern", "--events", CAST / "events.csv", "--desk", desk, "--json")
    told = answer.json()
    assert {"run_id", "posts", "bursts", "groups", "clusters", "campaigns", "trends", "seconds"} <= set(told)
    assert (told["campaigns"], told["posts"]) == (1, 4079)
    assert (desk / "findings" / "latest").read_text().strip() == told["run_id"] != before.strip()
    assert len(tocsin("bursts", "--desk", desk, "--json").lines()) == told["bursts"]


def test_since_and_until_bound_what_is_looked_at(demo, tmp_path):
    desk = copied_desk(demo, tmp_path / "desk")
    times = [at for at in snapshot(desk).read("posts", ["posted_at"])["posted_at"].to_pylist() if at is not None]
    told = tocsin("detect", "--since", "2026-01-19", "--until", "2026-01-26T00:00Z", "--desk", desk, "--json").json()
    inside = sum("2026-01-19" <= at.isoformat() < "2026-01-26T00:00" for at in times)
    # The edited post of the sample may count once where its versions are two.
    assert told["posts"] in (inside, inside - 1)
    assert told["campaigns"] == 0
    starts = [burst["start_at"] for burst in tocsin("bursts", "--desk", desk, "--json").lines()]
    assert starts
    assert all("2026-01-19" <= start < "2026-01-26" for start in starts)
    assert tocsin("campaigns", "--desk", desk).out == "No campaigns were found in the latest detection run.\n"
    assert tocsin("campaigns", "--desk", desk, "--json").out == ""
    report = tocsin("report", "-o", tmp_path / "r.html", "--desk", desk)
    assert (report.code, "no campaign was found" in report.err) == (2, True)


def test_a_range_that_holds_no_time_is_an_error_and_hides_no_earlier_run(demo, tmp_path):
    desk = copied_desk(demo, tmp_path / "desk")
    answer = tocsin("detect", "--since", "2026-02-02", "--until", "2026-02-01", "--desk", desk)
    assert (answer.code, "--since before --until" in answer.err) == (2, True)
    assert len(tocsin("campaigns", "--desk", desk, "--json").lines()) == 1


def test_detect_on_an_empty_desk_says_what_to_do(tmp_path):
    answer = tocsin("detect", "--desk", new_desk(tmp_path / "desk"))
    assert (answer.code, "tocsin collect" in answer.err) == (2, True)


def test_sources_and_codebooks_say_what_can_be_read_and_judged():
    sources = tocsin("sources", "--json").lines()
    assert {row["format"] for row in sources} >= {"twitter-v2", "twitter-v1", "telegram-desktop", "rocketchat-history", "whatsapp-txt", "table"}  # fmt: skip
    assert {row["format"] for row in sources if row["private"]} == {"whatsapp-txt"}
    books = tocsin("codebooks", "--json").lines()
    assert len(books) >= 3
    assert {"grey_lantern"} <= {book["name"] for book in books}
    for book in books:
        assert book["violence_criterion"]
        assert "false alarms" in book["fairness"]
    text = tocsin("codebooks").out
    assert all(book["violence_criterion"] in text for book in books)
