"""view, judge, correct and custody at the door; what leaves the desk names no member of staff."""

from __future__ import annotations

import base64
import json
import platform
from pathlib import Path

import pytest

from cli.at_the_door import Sample, copied_desk, tocsin
from tocsin.archive import snapshot

WHY = ("--reason", "to answer the editor's question")
USER, HOST = "ottilie-hardwick", "machine-of-the-third-floor"


def post_id(desk: Path, query: str = "velmora") -> str:
    return str(tocsin("search", query, "--limit", 1, "--desk", desk, "--json").json()["post_id"])


def test_judge_correct_and_custody(demo: Sample, tmp_path: Path) -> None:
    desk = copied_desk(demo, tmp_path / "desk")
    post = post_id(desk)
    judged = tocsin("judge", post[:9], "calls", *WHY, "--desk", desk, "--json").json()
    corrected = tocsin("correct", judged["stated"], *WHY, "--label", "reports", "--desk", desk, "--json").json()
    assert (corrected["leaf"], corrected["of"]) == (judged["leaf"], judged["stated"])
    told = tocsin("custody", post, "--desk", desk, "--json").json()
    assert told["judgement"]["detail"] == {"label": "reports", "reason": WHY[1]}
    assert told["judgement"]["leaf"] == corrected["stated"]
    plain = tocsin("custody", judged["leaf"], "--desk", desk)
    assert (plain.code, f"Judgement in force: reports (leaf {corrected['stated']})" in plain.out) == (0, True)
    assert WHY[1] in plain.out
    assert tocsin("verify", "--desk", desk).code == 0
    again = tocsin("correct", judged["stated"], *WHY, "--desk", desk, "--json")
    assert (again.code, again.json()["exit_code"]) == (2, 2)


@pytest.mark.parametrize(
    "words",
    [
        ("view", "POST"),
        ("view", "POST", "--reason", "short"),
        ("view", "pnosuchpost1", *WHY),
        ("judge", "POST", "guilty", *WHY),
        ("judge", "POST", "calls"),
        ("judge", "0", "calls", *WHY),
        ("correct", "POST", *WHY),
        ("correct", "0", *WHY),
        ("custody", "0"),
    ],
)
def test_what_is_refused_is_exit_2_and_leaves_the_log_as_it_is(demo: Sample, words: tuple[str, ...]) -> None:
    size = snapshot(demo.desk).log_size
    named = [post_id(demo.desk) if word == "POST" else word for word in words]
    answer = tocsin(*named, "--desk", demo.desk, "--json")
    assert (answer.code, answer.json()["exit_code"]) == (2, 2)
    assert snapshot(demo.desk).log_size == size


def test_view_states_first_and_shows_the_post_without_its_neighbours(demo: Sample, tmp_path: Path) -> None:
    desk = copied_desk(demo, tmp_path / "desk")
    (twitter,) = [
        row
        for row in tocsin("search", "velmora", "--limit", 100, "--desk", desk, "--json").lines()
        if row["source"] == "twitter"
    ][:1]
    shown = tocsin("view", twitter["leaf_index"], *WHY, "--desk", desk)
    assert shown.code == 0, shown.err
    told = tocsin("view", twitter["post_id"], *WHY, "--desk", desk, "--json").json()
    record = base64.b64decode(told["original_base64"])
    own = next(each for each in told["names"] if each["kind"] == "post")["platform_id"]
    assert own.encode() in record
    assert shown.out.startswith("Stated in the log")
    assert own in shown.out
    if b'"data"' in record:
        assert "the post alone" in shown.out
    file = tmp_path / "original.json"
    assert tocsin("view", twitter["post_id"], *WHY, "-o", file, "--desk", desk).code == 0
    assert file.read_bytes() == record
    assert file.stat().st_mode & 0o777 == 0o600
    views = [act for act in tocsin("custody", twitter["post_id"], "--desk", desk, "--json").json()["acts"]]
    assert [act["act"] for act in views].count("viewed") == 3


def test_reports_and_exports_are_stated_and_quotes_count(demo: Sample, tmp_path: Path) -> None:
    desk = copied_desk(demo, tmp_path / "desk")
    size = snapshot(desk).log_size
    report = tmp_path / "r.json"
    assert tocsin("report", "-o", report, "--desk", desk).code == 0
    assert tocsin("export", "bursts", "-o", tmp_path / "b.csv", "--desk", desk).code == 0
    assert tocsin("export", "network", "-o", tmp_path / "n.gexf", "--desk", desk).code == 0
    assert snapshot(desk).log_size == size + 3
    quotes = json.loads(report.read_text(encoding="utf-8"))["dispatch"]["quotes"]
    for quote in quotes[:2]:
        acts = tocsin("custody", quote["leaf_index"], "--desk", desk, "--json").json()["acts"]
        # The demonstration's own report quoted it too.
        assert [act["what"] for act in acts if act["act"] == "exported"] == ["report", "report"]
    assert tocsin("verify", report, "--desk", desk).code == 0
    assert tocsin("verify", "--desk", desk).code == 0


def test_a_desk_that_cannot_be_written_gives_no_export(
    demo: Sample, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOCSIN_KEYS", str(tmp_path / "none"))
    for words in (("report", "-o", tmp_path / "r.html"), ("export", "trends", "-o", tmp_path / "t.csv")):
        answer = tocsin(*words, "--desk", demo.desk)
        assert (answer.code, "keys" in answer.err) == (2, True)
    assert [path.name for path in tmp_path.iterdir()] == []


def test_nothing_that_leaves_names_the_user_or_the_machine(
    demo: Sample, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = copied_desk(demo, tmp_path / "desk")
    for name in ("USER", "LOGNAME", "USERNAME", "SUDO_USER", "GIT_AUTHOR_NAME"):
        monkeypatch.setenv(name, USER)
    monkeypatch.setenv("HOSTNAME", HOST)
    out = tmp_path / "out"
    out.mkdir()
    post = post_id(desk)
    assert tocsin("judge", post, "calls", *WHY, "--desk", desk).code == 0
    for ending in (".html", ".md", ".json"):
        assert tocsin("report", "-o", out / f"r{ending}", "--desk", desk).code == 0
    for what in ("campaigns", "bursts", "groups", "clusters", "trends"):
        for ending in (".csv", ".parquet"):
            assert tocsin("export", what, "-o", out / f"{what}{ending}", "--desk", desk).code == 0
    for ending in (".graphml", ".gexf"):
        assert tocsin("export", "network", "-o", out / f"network{ending}", "--desk", desk).code == 0
    assert tocsin("checkpoint", "--publish", out / "head.note", "--desk", desk).code == 0
    (out / "custody.json").write_text(tocsin("custody", post, "--desk", desk, "--json").out, encoding="utf-8")
    files = [file for file in out.iterdir() if file.is_file()]
    assert len(files) >= 16
    told = [USER, HOST] + [name for name in (platform.node(),) if len(name) > 5]
    for file in files:
        data = file.read_bytes()
        assert [name for name in told if name.encode() in data] == [], file.name
    acts = json.loads((out / "custody.json").read_text(encoding="utf-8"))["acts"]
    assert {act["by"].split("+")[0] for act in acts if act["by"]} == {"analyst"}
