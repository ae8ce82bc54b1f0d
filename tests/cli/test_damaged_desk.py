"""Whatever is broken in a desk, every command says so: an exit code and a line, never a traceback."""

from __future__ import annotations

import shutil

import pytest

from cli.at_the_door import ROWS, copied_desk, sample, tocsin


def one(desk, pattern):
    return sorted(path for path in desk.glob(pattern) if path.is_file())[0]


DAMAGES = {
    "a table of posts is missing": lambda desk: one(desk, "tables/posts/*").unlink(),
    "a table of posts is cut": lambda desk: one(desk, "tables/posts/*").write_bytes(one(desk, "tables/posts/*").read_bytes()[:500]),
    "a table of names is cut": lambda desk: one(desk, "tables/names/*").write_bytes(b"PAR1"),
    "the manifest is cut": lambda desk: (desk / "tables" / "manifest.json").write_text("{"),
    "desk.json is cut": lambda desk: (desk / "desk.json").write_text("{"),
    "the latest run is nowhere": lambda desk: (desk / "findings" / "latest").write_text("nowhere\n"),
    "run.json is cut": lambda desk: next((desk / "findings").glob("*/run.json")).write_text("{"),
    "the campaigns are of another shape": lambda desk: next((desk / "findings").glob("*/campaigns.jsonl")).write_text('{"a":1}\n'),
    "the trends are no text": lambda desk: next((desk / "findings").glob("*/trends.jsonl")).write_bytes(b"\xff\n"),
    "the groups are missing": lambda desk: next((desk / "findings").glob("*/groups.jsonl")).unlink(),
    "the edges are cut": lambda desk: next((desk / "findings").glob("*/edges.parquet")).write_bytes(b"PAR1"),
    "the index is cut": lambda desk: (desk / "index" / "meta.json").write_text("{"),
    "the index is missing": lambda desk: shutil.rmtree(desk / "index"),
    "a report is no text": lambda desk: (desk / "reports" / "report.html").write_bytes(b"\xff"),
}  # fmt: skip
LOOKS = ["campaigns", "groups", "trends", "search velmora", "verify", "verify REPORT", "export bursts -o e.csv", "export network -o e.gexf", "report -o r.html"]  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES)
def test_every_command_says_what_is_broken(demo, tmp_path, monkeypatch, damage):
    desk = copied_desk(demo, tmp_path / "desk")
    DAMAGES[damage](desk)
    monkeypatch.chdir(tmp_path)
    codes = set()
    for look in LOOKS:
        words = [str(demo.report) if word == "REPORT" else word for word in look.split(" ")]
        answer = tocsin(*words, "--desk", desk, "--json")
        assert "Traceback" not in answer.err
        if answer.code:
            assert answer.json()["exit_code"] == answer.code, look
            assert answer.err.startswith("tocsin: "), look
        codes.add(answer.code)
    assert codes <= {0, 1, 2, 4}
    if damage != "a report is no text":
        assert codes - {0}, "nobody noticed"


@pytest.mark.parametrize(
    "damage", ["the index is cut", "the index is missing", "run.json is cut", "the groups are missing"]
)
def test_what_is_derived_is_made_again(demo, tmp_path, damage):
    desk = copied_desk(demo, tmp_path / "desk")
    DAMAGES[damage](desk)
    (tmp_path / "posts.csv").write_text(ROWS, encoding="utf-8")
    assert tocsin("collect", tmp_path / "posts.csv", "--desk", desk).code == 0
    assert tocsin("detect", "--codebook", "grey_lantern", "--desk", desk).code == 0
    assert len(tocsin("search", "velmora", "--desk", desk, "--json").lines()) == 20
    assert len(tocsin("campaigns", "--desk", desk, "--json").lines()) == 1
    assert tocsin("verify", "--desk", desk).code == 0


@pytest.mark.parametrize(
    "damage", ["a table of posts is missing", "a table of names is cut", "the manifest is cut", "desk.json is cut"]
)
def test_nothing_is_written_into_a_desk_that_does_not_hold(demo, tmp_path, damage):
    desk = copied_desk(sample(), tmp_path / "desk")
    DAMAGES[damage](desk)
    (tmp_path / "posts.csv").write_text(ROWS, encoding="utf-8")
    checkpoint = (desk / "log" / "checkpoint").read_bytes()
    answer = tocsin("collect", tmp_path / "posts.csv", "--desk", desk)
    assert answer.code == 4, answer
    assert (desk / "log" / "checkpoint").read_bytes() == checkpoint


def test_a_damaged_table_of_captures_is_told(demo, tmp_path):
    desk = copied_desk(demo, tmp_path / "desk")
    one(desk, "tables/captures/*").write_bytes(b"PAR1")
    (tmp_path / "posts.csv").write_text(ROWS, encoding="utf-8")
    assert tocsin("collect", tmp_path / "posts.csv", "--desk", desk).code == 4
