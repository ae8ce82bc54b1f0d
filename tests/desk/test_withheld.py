"""What lists, exports and pages show of findings and posts: no link, no contact, no name of who posted."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from cli.at_the_door import Sample, copied_desk, opened, tocsin
from tocsin.archive import snapshot
from tocsin.desk.figures_engine import figures_engine
from tocsin.desk.findings_store import latest_run, load
from tocsin.desk.names import names_to_withhold
from tocsin.desk.pages import DeskPages
from tocsin.desk.place import open_desk
from tocsin.desk.withheld import withheld
from tocsin.records.findings import Burst, Campaign, CoordinatedGroup, Trend, Trigger
from tocsin.report import Redactor

AT = datetime(2026, 2, 5, 9, tzinfo=UTC)
LIVE = ("https://", "t.me", "lantern.example", "gazette.example")


def burst(series: str, key: str) -> Burst:
    return Burst("b1", series, key, AT, AT, AT, 1, 9, 1.0, 0.01, Trigger("@kqzx_1 arrives", AT, 5, "events file"))


@pytest.mark.parametrize(
    ("series", "key", "shown"),
    [
        ("link", "https://lamp.example.invalid/home/7", "[link withheld]"),
        ("domain", "t.me", "[invite withheld]"),
        ("phrase", "kqzx", "[name withheld]"),
        ("tag", "roadtovelmora", "roadtovelmora"),
    ],
)
def test_the_key_of_a_burst(series: str, key: str, shown: str) -> None:
    found = withheld(burst(series, key), Redactor(["Kqzx Osk"]))
    assert found.key == shown
    assert found.trigger is not None
    assert found.trigger.title == "[handle withheld] arrives"


def test_a_group_and_a_trend() -> None:
    group = CoordinatedGroup(
        "g", ("a",), ("link",), ("https://a.example/1", "https://a.example/2", "tag"), 60, 1, 2, AT, AT, 1
    )
    assert withheld(group, Redactor()).objects == ("[link withheld]", "tag")
    trend = Trend("t", "#kqzxosk", AT, AT, 3, 3, {}, {}, {"kqzxosk": 3, "x.example.com": 1}, 0, ("see a@b.example",))
    found = withheld(trend, Redactor(["kqzxosk"]))
    assert (found.title, found.tags) == ("#[name withheld]", {"[name withheld]": 3, "[link withheld]": 1})
    assert found.reasons == ("see [e-mail withheld]",)


@pytest.mark.parametrize("what", ["bursts", "campaigns", "groups", "clusters", "trends"])
def test_lists_print_no_link(demo: Sample, what: str) -> None:
    run = demo.desk / "findings" / (demo.desk / "findings" / "latest").read_text().strip()
    if what in ("bursts", "campaigns"):
        assert all(live in (run / f"{what}.jsonl").read_text(encoding="utf-8") for live in LIVE)
    for more in ([], ["--json"]):
        out = tocsin(what, "--desk", demo.desk, *more).out
        assert out
        assert not [live for live in LIVE if live in out]


@pytest.mark.parametrize("what", ["bursts", "campaigns", "groups", "clusters"])
def test_exports_hold_no_link(demo: Sample, tmp_path: Path, what: str) -> None:
    assert tocsin("export", what, "-o", tmp_path / "x.csv", "--desk", demo.desk).code == 0
    text = (tmp_path / "x.csv").read_text(encoding="utf-8")
    assert not [word for word in ("lantern.example", "gazette", "example[.]", "t[.]me", "https") if word in text]


def test_pages_withhold_names_and_links(demo: Sample) -> None:
    desk = open_desk(demo.desk)
    run = latest_run(desk.findings)
    shown = DeskPages(desk).campaigns()
    assert shown
    assert not [b.key for one in shown for b in one.bursts if any(live in b.key for live in LIVE)]
    engine = figures_engine(desk, run)
    names = names_to_withhold(desk, engine, run, shown[0].campaign_id)
    row = engine.table("SELECT leaf_index, text FROM posts WHERE audience = 'public' AND text LIKE '%Velmora%' LIMIT 1")
    engine.close()
    assert names
    leaf = row["leaf_index"][0].as_py()
    pages = DeskPages(desk)
    assert pages.example_posts([leaf])[leaf].text
    redactor = pages._redactor(run)
    assert all(not redactor.redacted(f"says {name} today").is_whole for name in names)


def test_search_withholds_the_name_an_author_signs_with(tmp_path: Path) -> None:
    posts = tmp_path / "p.csv"
    posts.write_text(
        "id,created_at,author_id,author_name,text\n1,2026-01-05T08:00:00Z,a1,Ann Osk,Goats in Tarn. Ann Osk\n", "utf-8"
    )
    desk = tmp_path / "desk"
    assert tocsin("init", desk, "--purpose", "a test", "--legal-basis", "none").code == 0
    assert tocsin("collect", posts, "--desk", desk, "--map", "name=author_name").code == 0
    assert "Ann Osk" in str(opened(desk).read("names", ["display_name"])["display_name"].to_pylist())
    out = tocsin("search", "goats", "--desk", desk).out
    assert "Goats in Tarn." in out
    assert "Ann" not in out


def test_a_tag_made_of_somebodys_handle_does_not_lift_the_protection(demo: Sample, tmp_path: Path) -> None:
    desk = open_desk(copied_desk(demo, tmp_path / "desk"))
    run = latest_run(desk.findings)
    campaign = load(desk.findings, run, Campaign)[0]
    before = figures_engine(desk, run)
    names = names_to_withhold(desk, before, run, campaign.campaign_id)
    handle = next(name for name in names if name.isascii() and " " not in name).casefold()
    before.close()
    for file in snapshot(desk.folder).files("posts"):
        table = pq.read_table(file)
        tags = [[*each, handle] for each in table["tags"].to_pylist()]
        place = table.schema.get_field_index("tags")
        pq.write_table(table.set_column(place, table.schema.field("tags"), [tags]), file)
    after = figures_engine(desk, run)
    assert handle in {name.casefold() for name in names_to_withhold(desk, after, run, campaign.campaign_id)}
    after.close()
