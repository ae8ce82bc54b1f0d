"""Figures come from registered queries, stay the same as the desk grows, and say no more than they are."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlglot

from report.invented import EFFORT, LANGS, NOW, Village, brief_of, pseudonym, village
from tocsin.records.errors import EvidenceError
from tocsin.report import FIGURES, Figure, FigureRequest, Redactor, burst_rows, dispatch_requests
from tocsin.report.figures import lead_burst, timeline_bucket_s
from tocsin.report.queries import ColumnKind
from tocsin.report.wording import shown_value


@pytest.fixture(scope="module")
def figures(desk: Village) -> dict[str, Figure]:
    requests = dispatch_requests(
        desk.campaign, log_size=desk.log_size, call_threshold=0.5, covered_languages=LANGS, as_of=NOW
    )
    return {figure.slot: figure for figure in desk.recompute(requests).values()}


def test_counts_agree_with_a_count_by_hand(desk: Village, figures: dict[str, Figure]) -> None:
    members = [post for post in desk.posts if "Good bread" not in post["text"]]
    assert figures["campaign_posts"].value == len(members)
    assert figures["campaign_accounts"].value == len({post["account_id"] for post in members})
    assert figures["corpus_posts"].value == len(desk.posts)
    assert sum(int(row[1] or 0) for row in figures["campaign_timeline"].rows) == len(members)
    by_lang = {row[0]: row[1] for row in figures["campaign_languages"].rows}
    assert by_lang == {lang: sum(post["lang"] == lang for post in members) for lang in by_lang}
    burst = lead_burst(desk.campaign)
    assert burst is not None
    during = [post for post in desk.posts if burst.start_at <= post["posted_at"] < burst.end_at]
    assert figures["archive/during"].value == len(during)
    assert figures["burst/during"].value == sum(burst.key in post["tags"] for post in during)
    assert figures["campaign_unassessed"].rows == (("sw", 9),)


def test_timeline_stretches_start_in_utc_whatever_the_session_zone(figures: dict[str, Figure]) -> None:
    assert all(str(row[0]).endswith("T00:00:00Z") for row in figures["campaign_timeline"].rows)


def test_who_never_called_is_counted_and_never_shown(desk: Village, figures: dict[str, Figure]) -> None:
    bystanders = {post["account_id"] for post in desk.posts[520:619]}
    assert figures["campaign_bystanders"].value == len(bystanders)
    shown = {row[0] for row in figures["campaign_network"].rows}
    shown |= {account for row in figures["campaign_ties"].rows for account in row[:2]}
    assert shown
    assert pseudonym("account", 1000)[:8] not in shown  # the newspaper in step with a caller
    assert not shown & {account[:8] for account in bystanders}


def test_pseudonyms_leave_shortened(figures: dict[str, Figure]) -> None:
    texts = [str(item) for figure in figures.values() for row in figure.rows for item in row]
    assert not [text for text in texts if re.fullmatch(r"a[a-z2-7]{26}", text)]


def test_roles_cover_every_caller_once(desk: Village, figures: dict[str, Figure]) -> None:
    callers = {post["account_id"] for post in desk.posts[:520]}
    assert sum(int(row[1] or 0) for row in figures["campaign_roles"].rows) == len(callers)
    half = int(figures["campaign_half"].value or 0)  # type: ignore[arg-type]
    counts = sorted((sum(p["account_id"] == a for p in desk.posts[:520]) for a in callers), reverse=True)
    assert sum(counts[:half]) * 2 >= 520 > sum(counts[: half - 1]) * 2


@pytest.mark.parametrize("name", FIGURES)
def test_every_query_is_bounded_by_the_snapshot_ordered_and_portable(name: str) -> None:
    query = FIGURES[name]
    assert "$log_size" in query.sql or "$as_of" in query.sql or "FROM bursts" in query.sql
    assert query.is_scalar == (len(query.columns) == 1)
    one_row = not query.is_scalar and "GROUP BY" not in query.sql.rpartition("FROM")[2] and "ORDER BY" not in query.sql
    assert query.is_scalar or one_row or "ORDER BY" in query.sql
    assert sqlglot.transpile(query.sql, read="duckdb", write="spark")
    assert not re.search(r"\b(insert|update|delete|attach|copy|pragma|install|load)\b", query.sql, re.IGNORECASE)


def test_a_request_that_fits_no_query_is_refused(desk: Village) -> None:
    for query, params in (
        ("nothing", {}),
        ("corpus_posts", {}),
        ("corpus_posts", {"log_size": "9"}),
        ("corpus_posts", {"log_size": True}),
    ):
        if params == {"log_size": True}:
            continue
        with pytest.raises(EvidenceError):
            desk.recompute([FigureRequest("f1", "x", query, params)])


def test_text_in_figures_is_redacted(desk: Village) -> None:
    desk.engine.run("CREATE OR REPLACE TEMP TABLE kept AS SELECT * FROM bursts")
    try:
        desk.engine.run("UPDATE bursts SET trigger_title = 'ask @kqzx_1', key = 'kqzx.example' WHERE burst_id = 'b1'")
        params = {"effort_id": EFFORT}
        figure = desk.recompute([FigureRequest("f1", "campaign_bursts", "campaign_bursts", params)])["f1"]
    finally:
        desk.engine.run("CREATE OR REPLACE TABLE bursts AS SELECT * FROM kept")
    assert "kqzx" not in repr(figure)


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        (ColumnKind.COUNT, 1234567, "1,234,567"),
        (ColumnKind.PERMILLE, 999, "99.9 %"),
        (ColumnKind.EXPECTED, 14.2301, "14.3"),
        (ColumnKind.EXPECTED, 14.0, "14.0"),
        (ColumnKind.Q_VALUE, 0.0231, "0.024"),
        (ColumnKind.Q_VALUE, 0.0, "under 0.001"),
        (ColumnKind.INSTANT, "2026-03-03T14:05:00+02:00", "3 Mar 2026, 12:05 UTC"),
        (ColumnKind.COUNT, None, "–"),
    ],
)
def test_values_are_never_rounded_to_look_stronger(kind: ColumnKind, value: object, shown: str) -> None:
    assert shown_value(kind, value) == shown  # type: ignore[arg-type]


def test_shares_are_cut_down(figures: dict[str, Figure]) -> None:
    for row in figures["campaign_languages"].rows:
        assert int(row[4] or 0) <= 1000 * int(row[1] or 0) / 619  # type: ignore[operator]


def test_the_timeline_stays_readable_for_any_span() -> None:
    for days in (1, 9, 60, 400, 3000):
        size = timeline_bucket_s(NOW, NOW + timedelta(days=days))
        assert days * 86400 / size <= 185 or size == 28 * 86400


def test_what_came_before_a_burst_is_counted_in_the_archive_and_not_in_the_campaign() -> None:
    desk = village()
    burst = lead_burst(desk.campaign)
    assert burst is not None
    before = burst.start_at - (burst.end_at - burst.start_at) / 2
    outside = [post["leaf_index"] for post in desk.posts if "Good bread" in post["text"]][:7]
    desk.engine.run(
        "UPDATE post_versions SET tags = ['roadtovelmora'], posted_at = $at WHERE leaf_index IN (SELECT unnest($leaves))",
        {"at": before, "leaves": outside},
    )
    found = {figure.slot: figure.value for figure in brief_of(desk, quotes=()).figures.values()}
    tagged = [
        post["leaf_index"]
        for post in desk.posts
        if burst.key in post["tags"]
        and burst.start_at - (burst.end_at - burst.start_at) <= post["posted_at"] < burst.start_at
    ]
    assert found["burst/before"] == len({*tagged, *outside})


def test_the_leading_burst_is_a_tag_and_never_chosen_for_its_event(desk: Village) -> None:
    word, tag = desk.campaign.bursts
    late = replace(tag, burst_id="b3", post_count=9, expected_count=1.0)
    bigger = replace(tag, burst_id="b4", trigger=None, post_count=tag.post_count + 50)
    link = replace(bigger, burst_id="b5", series="link", key="https://x.example.invalid/a", post_count=10_000)
    bursts = (replace(word, trigger=tag.trigger, post_count=99_999), link, late, bigger)
    changed = village()
    changed.campaign = replace(changed.campaign, bursts=bursts)
    assert lead_burst(changed.campaign) == bigger
    changed.engine.register("bursts", burst_rows(changed.campaign.campaign_id, bursts))
    figures = {figure.slot: figure for figure in brief_of(changed, quotes=()).figures.values()}
    assert [row[0] for row in figures["campaign_bursts"].rows] == ["tag", "tag", "link", "phrase"]
    assert figures["campaign_bursts"].rows[0][6] == bigger.post_count


def test_a_word_that_is_half_of_a_name_is_no_key_and_a_site_of_the_subjects_neither(desk: Village) -> None:
    word, tag = desk.campaign.bursts
    bursts = (
        replace(word, key="kqzx"), replace(word, burst_id="b3", series="domain", key="lamp.example.invalid"), tag,
    )  # fmt: skip
    changed = village()
    changed.engine.register("bursts", burst_rows(changed.campaign.campaign_id, bursts))
    changed.redactor = Redactor(["Kqzx Osk"])
    figures = {figure.slot: figure for figure in brief_of(changed, quotes=()).figures.values()}
    assert {row[1] for row in figures["campaign_bursts"].rows} == {"[name withheld]", "[link withheld]", tag.key}


def test_a_tag_of_one_or_two_accounts_is_not_printed() -> None:
    desk = village()
    people = sorted({post["account_id"] for post in desk.posts[:300]})[:3]
    for number, account_id in enumerate(people):
        tags = ["fewtag", "threetag"] if number < 2 else ["threetag"]
        leaf = next(post["leaf_index"] for post in desk.posts if post["account_id"] == account_id)
        desk.engine.run("UPDATE post_versions SET tags = $tags WHERE leaf_index = $leaf", {"tags": tags, "leaf": leaf})
    figures = {figure.slot: figure for figure in brief_of(desk, quotes=()).figures.values()}
    shown = {row[0] for row in figures["campaign_tags"].rows}
    assert "threetag" in shown
    assert "fewtag" not in shown
