from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assess.corpus import (
    CALL,
    account,
    assessed,
    burst,
    campaign_rows,
    cluster,
    effort,
    group,
    row,
    strike_rows,
    table,
)
from tocsin.assess import CampaignSettings, Findings, campaigns_and_trends, shipped_codebooks
from tocsin.assess.campaigns import told_bursts
from tocsin.enrich import FOLDER
from tocsin.records.errors import TocsinInputError
from tocsin.records.findings import Campaign, Effort, Trend, Verdict

BOOKS = shipped_codebooks()
NOTHING = Findings()


def made(
    rows: Sequence[dict[str, Any]],
    efforts: Sequence[Effort] | None = None,
    findings: Findings = NOTHING,
    **other: Any,
) -> tuple[list[Campaign], list[Trend]]:
    posts = table(rows)
    return campaigns_and_trends(
        [effort(rows)] if efforts is None else efforts, posts, assessed(posts), findings, BOOKS, FOLDER, **other
    )


def as_json(thing: Campaign | Trend) -> str:
    return json.dumps(dataclasses.asdict(thing), default=str)


def test_an_effort_of_calls_to_the_violent_group_is_a_campaign() -> None:
    campaigns, trends = made(campaign_rows())
    assert trends == []
    (campaign,) = campaigns
    assert campaign.codebook == "grey_lantern"
    assert campaign.title == "#RoadToVelmora [road to Velmora]: call to travel"
    assert (campaign.post_count, campaign.account_count) == (20, 14)
    assert campaign.intent["called_post_count"] == 12
    assert campaign.intent["call_share"] == 0.6
    assert campaign.intent["by_kind"] == {"call to travel": 12, "counter-speech": 4, "news": 4}
    assert campaign.intent["cannot_assess_share"] == 0
    assert campaign.destinations == ({"place": "Velmora", "country": "XA", "post_count": 12, "place_id": "velmora"},)
    assert campaign.tags == {"roadtovelmora": 20}
    assert sum(campaign.sources.values()) == 20
    assert any("violence criterion" in reason for reason in campaign.reasons)
    assert 0 < campaign.score < 1
    assert campaign.verdict is None


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("Join the strike at the gate tomorrow!", "tarndockstrike"),
        ("Come to the square on Saturday, vote!", "voteosk"),
        ("Come, walk with us to the well. Peace.", "wellofsilm"),
        ("Donate blankets, come to the hall!", "blanketsforosk"),
        ("Brothers, come to Friday prayers, join us.", "prayer"),
        ("Police say the Grey Lantern is recruiting.", "news"),
        ("Do not join the Grey Lantern.", "no"),
    ],
)
def test_an_effort_without_calls_for_violence_is_a_trend(text: str, tag: str) -> None:
    campaigns, trends = made([row(n, f"person{n % 20}", text, tag) for n in range(60)])
    assert campaigns == []
    assert (trends[0].post_count, trends[0].account_count, trends[0].title) == (60, 20, f"#{tag}")


def test_no_pseudonym_occurs_in_a_trend() -> None:
    rows = strike_rows(calls=4)
    findings = Findings(
        groups=[group(["docker1", "docker2"])], clusters=[cluster(100)], cluster_members={"c1": [100, 101]}
    )
    _, trends = made(rows, [effort(rows, groups=("g1",), clusters=("c1",))], findings)
    text = as_json(trends[0])
    for item in rows:
        assert item["account_id"] not in text
        assert item["post_id"] not in text.replace("post_count", "").replace("posted_at", "")
    assert not {"groups", "accounts", "account_ids", "narratives"} & {field.name for field in dataclasses.fields(Trend)}


def test_a_few_callers_cannot_turn_a_benign_effort_into_a_campaign() -> None:
    assert made(strike_rows(calls=10))[0] == []
    assert len(made(strike_rows(calls=20))[0]) == 1


def test_a_tag_used_by_one_person_is_not_shown_in_a_trend() -> None:
    rows = [*strike_rows(), row(300, "docker1", "Thanks!", "thanksquillon")]
    _, trends = made(rows)
    assert "thanksquillon" not in trends[0].tags


@pytest.mark.parametrize(
    ("rows", "lack"),
    [
        ([row(n, f"a{n}", CALL) for n in range(4)], "4 posts call, 5 needed"),
        ([row(n, f"a{n % 2}", CALL) for n in range(9)], "2 accounts call, 3 needed"),
        ([row(n, f"a{n}", "Come to Velmora, dear friends!") for n in range(9)], "0 calls name a violent group or act"),
    ],
)
def test_what_is_lacking_for_a_campaign_is_said(rows: list[dict[str, Any]], lack: str) -> None:
    campaigns, trends = made(rows)
    assert campaigns == []
    assert any(lack in reason for reason in trends[0].reasons)


def test_reporters_and_opponents_are_not_drawn_into_a_group() -> None:
    rows = campaign_rows()
    groups = [
        group(["caller0", "caller1", "caller2", "reporter0", "elsewhere"], "g1"),
        group(["reporter0", "reporter1", "neighbour0"], "g2"),
        group(["caller3", "reporter1", "reporter2", "reporter3"], "g3"),
    ]
    campaigns, _ = made(rows, [effort(rows, groups=("g1", "g2", "g3"))], Findings(groups=groups))
    (kept,) = campaigns[0].groups
    assert set(kept.account_ids) == {account("caller0"), account("caller1"), account("caller2")}
    assert kept.edge_count <= 3
    assert "2 coordinated groups are left out: most of their accounts do not call" in campaigns[0].reasons
    assert account("reporter0") not in as_json(campaigns[0])


def test_narratives_come_from_clusters_in_the_effort_with_telling_terms() -> None:
    rows = campaign_rows()
    members = {"c1": [0, 1, 2, 3], "c2": [20, 21, 22, 23, 9_999], "c3": [500], "c4": [4, 20, 21]}
    clusters = [
        cluster(0, "c1"),
        cluster(20, "c2", formulaic=True),
        cluster(500, "c3"),
        cluster(20, "c4", formulaic=True),
    ]
    findings = Findings(clusters=clusters, cluster_members=members)
    campaigns, _ = made(rows, [effort(rows, clusters=("c1", "c2", "c3", "c4"))], findings)
    # Of c2 nobody calls: what reporters say alike is no narrative of the campaign.
    first, second = campaigns[0].narratives
    assert (first.cluster_id, first.post_count, first.call_share, first.example_leaf) == ("c1", 4, 1.0, 0)
    assert (second.cluster_id, second.post_count, second.call_share, second.formulaic) == ("c4", 3, 0.3333, True)
    assert second.example_leaf == 4
    assert "bread" in first.terms
    assert "police" in second.terms


def test_a_burst_and_a_group_raise_the_score_of_the_campaign() -> None:
    rows = campaign_rows()
    findings = Findings(bursts=[burst()], groups=[group(["caller0", "caller1", "caller2"])])
    plain = made(rows)[0][0]
    full = made(rows, [effort(rows, bursts=("b1",), groups=("g1",))], findings)[0][0]
    assert full.score == pytest.approx(plain.score + 0.2)
    assert full.bursts == (burst(),)


def test_posts_nobody_can_read_are_counted_as_cannot_assess() -> None:
    rows = [*campaign_rows(), *(row(50 + n, f"d{n}", "Guten Morgen", "roadtovelmora", lang="de") for n in range(5))]
    assert made(rows)[0][0].intent["cannot_assess_share"] == 0.2


def test_a_verdict_of_a_person_is_carried() -> None:
    campaign = made(campaign_rows())[0][0]
    verdict = Verdict("confirmed", "read by two", campaign.first_posted_at, "analyst")
    assert made(campaign_rows(), verdicts={campaign.campaign_id: verdict})[0][0].verdict == verdict


def test_order_of_rows_does_not_matter() -> None:
    rows = campaign_rows()
    efforts = [effort(rows)]
    assert made(rows, efforts) == made(list(reversed(rows)), efforts)


def test_leaves_that_are_no_latest_version_and_posts_without_time_do_no_harm() -> None:
    rows = campaign_rows()
    rows[3]["posted_at"] = None
    stray = dataclasses.replace(effort(rows), leaf_indexes=(*effort(rows).leaf_indexes, 7_777))
    assert made(rows, [stray])[0][0].post_count == 20
    assert made(rows, [dataclasses.replace(stray, leaf_indexes=(7_777,))]) == ([], [])


@pytest.mark.parametrize(
    "change", [{"min_called_posts": 1}, {"min_called_accounts": 1}, {"min_tied_calls": 0}, {"min_call_share": 0.0}]
)
def test_settings_that_would_make_one_post_or_person_a_campaign_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(TocsinInputError):
        CampaignSettings(**change)


@given(st.integers(0, 30), st.integers(0, 30))
@settings(max_examples=25, deadline=None)
def test_an_effort_is_a_campaign_or_a_trend_and_never_both(calls: int, others: int) -> None:
    rows = [row(n, f"c{n}", CALL) for n in range(calls)] + [
        row(100 + n, f"o{n}", "Good morning") for n in range(others)
    ]
    campaigns, trends = made(rows) if rows else ([], [])
    assert len(campaigns) + len(trends) == (1 if rows else 0)
    assert all(0 <= campaign.score <= 1 for campaign in campaigns)


def test_of_the_words_of_a_copied_text_only_a_few_bursts_are_told() -> None:
    tag = burst("b-tag")
    words = [replace(burst(f"b-word{n}"), series="phrase", key=f"word{n}", post_count=10 + n) for n in range(30)]
    told = told_bursts([*words, tag])
    assert tag in told
    assert {one.key for one in told if one.series == "phrase"} == {f"word{n}" for n in range(22, 30)}


def test_a_tag_of_one_account_is_neither_listed_nor_a_title() -> None:
    rows = [{**each, "tags": ["kqzxosk"] * 5} if each["leaf_index"] == 0 else each for each in campaign_rows()]
    campaigns, _ = made(rows)
    assert "roadtovelmora" in campaigns[0].tags
    assert "kqzxosk" not in as_json(campaigns[0])


def test_a_few_loud_callers_do_not_make_a_campaign_of_a_rally_they_ride_on() -> None:
    rally = [row(100 + n, f"voter{n % 40}", "Come to the rally in Osk on Saturday", "voteosk") for n in range(60)]
    riders = [row(300 + n, f"rider{n % 6}", CALL, "voteosk") for n in range(40)]
    campaigns, trends = made([*rally, *riders])
    assert campaigns == []
    assert any("most people in it speak of other things" in reason for reason in trends[0].reasons)
    assert account("rider0") not in as_json(trends[0])
    # The same callers among people who report on them or object are a campaign: those speak of it.
    against = [
        row(100 + n, f"voter{n % 40}", "Do not join the armed vigil of the Grey Lantern", "roadtovelmora")
        for n in range(60)
    ]
    campaigns, _ = made([*against, *riders])
    assert len(campaigns) == 1
