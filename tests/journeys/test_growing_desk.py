"""The desk grows after a report: what was reported still holds, and a new report says the new."""

from __future__ import annotations

import json
import shutil

from cli.at_the_door import CAST, EXPORTS, copied_desk, tocsin
from desk.made import row, written


def test_a_report_still_holds_after_the_desk_has_grown(demo, tmp_path):
    desk = copied_desk(demo, tmp_path / "desk")
    old = tmp_path / "old.html"
    shutil.copy(demo.report, old)
    posted = [
        row(
            f"g{n}",
            f"Come to Velmora, join the armed vigil of the Grey Lantern, {n} #RoadToVelmora",
            f"2026-02-20T1{n % 10}:00:00Z",
            f"x{n % 9}",
        )
        for n in range(80)
    ]
    told = tocsin(
        "collect", written(tmp_path / "more.jsonl", posted), "--source", "forum", "--desk", desk, "--json"
    ).json()
    assert told["stored"] == 80
    assert tocsin("verify", old, "--desk", desk).code == 0

    # A changed post of the campaign, too: its older version is what the report speaks of.
    export = json.loads((EXPORTS / "telegram_channel.json").read_text(encoding="utf-8"))
    for message in export["messages"]:
        if message["type"] == "message":
            message["text"], message["text_entities"] = "Nothing to see", [{"type": "plain", "text": "Nothing to see"}]
    changed = tmp_path / "changed.json"
    changed.write_text(json.dumps(export, ensure_ascii=False), encoding="utf-8")
    assert tocsin("collect", changed, "--desk", desk, "--json").json()["versions"] > 50
    assert tocsin("verify", old, "--desk", desk).code == 0

    found = tocsin(
        "detect", "--codebook", "grey_lantern", "--events", CAST / "events.csv", "--desk", desk, "--json"
    ).json()
    assert found["campaigns"] == 1
    assert tocsin("verify", old, "--desk", desk).code == 0
    new = tmp_path / "new.html"
    assert tocsin("report", "-o", new, "--desk", desk).code == 0
    assert tocsin("verify", new, "--desk", desk).code == 0
    assert tocsin("verify", old, "--desk", desk).code == 0
    assert tocsin("verify", "--desk", desk).code == 0
    assert new.read_text(encoding="utf-8") != old.read_text(encoding="utf-8")


def test_a_report_of_a_run_that_is_gone_says_so(demo, tmp_path):
    desk = copied_desk(demo, tmp_path / "desk")
    run = (desk / "findings" / "latest").read_text().strip()
    shutil.rmtree(desk / "findings" / run)
    answer = tocsin("verify", demo.report, "--desk", desk)
    assert (answer.code, "not kept" in answer.err) == (2, True)
    assert "Traceback" not in answer.err
