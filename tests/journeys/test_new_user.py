"""A new user: a folder of exports, one command, a report; and the same again."""

from __future__ import annotations

import json
import os
import shutil

import pytest

from cli.at_the_door import EXPORTS, ROWS, process, tocsin


@pytest.fixture
def empty(tmp_path):
    """A folder with nothing in it but exports."""
    folder = tmp_path / "somewhere"
    folder.mkdir()
    shutil.copytree(EXPORTS, folder / "exports")
    return folder


def test_one_command_does_the_whole_job_in_an_empty_folder(empty):
    answer = process("report", "exports/", "-o", "report.html", cwd=empty)
    assert answer.code == 0, answer.err
    assert sorted(os.listdir(empty)) == ["exports", "report-desk", "report.html"]
    assert "RoadToVelmora" in (empty / "report.html").read_text(encoding="utf-8")
    assert "No purpose and legal basis were stated" in answer.err
    assert "4,106 read = 4,080 stored + 20 duplicate + 6 quarantined" in answer.err
    assert answer.out.splitlines()[-1].startswith("Report: report.html")
    assert process("verify", "report.html", "--desk", "report-desk", cwd=empty).code == 0
    before = json.loads((empty / "report-desk" / "desk.json").read_text(encoding="utf-8"))

    again = process("report", "exports/", "-o", "report.html", "--json", cwd=empty)
    told = again.json()
    assert again.code == 0, again.err
    assert (told["collect"]["stored"], told["collect"]["duplicate"]) == (0, 4100)
    assert told["collect"]["read"] == 4106
    assert told["posts"] > 500
    assert process("verify", "report.html", "--desk", "report-desk", cwd=empty).code == 0
    assert process("verify", "--desk", "report-desk", cwd=empty).code == 0
    assert json.loads((empty / "report-desk" / "desk.json").read_text(encoding="utf-8")) == before
    assert sorted(os.listdir(empty)) == ["exports", "report-desk", "report.html"]


def test_what_is_stated_stands_in_the_desk_and_a_named_desk_is_used(empty, monkeypatch):
    monkeypatch.chdir(empty)
    words = ("--purpose", "study of goats", "--legal-basis", "GDPR Art. 89", "--desk", "mine")
    answer = tocsin("report", "exports", "-o", "out/report.md", *words, "--json")
    assert answer.code == 0, answer.err
    assert sorted(os.listdir(empty)) == ["exports", "mine", "out"]
    assert "were stated" not in answer.err
    text = (empty / "out" / "report.md").read_text(encoding="utf-8")
    assert "study of goats" in text
    assert "GDPR Art. 89" in text


def test_an_ending_no_report_has_is_told_before_any_work(empty, monkeypatch):
    monkeypatch.chdir(empty)
    answer = tocsin("report", "exports", "-o", "report.docx")
    assert (answer.code, ".html, .md, .json" in answer.err) == (2, True)
    assert os.listdir(empty) == ["exports"]


def test_a_desk_inside_the_folder_of_exports_is_not_read_as_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "posts.csv").write_text(ROWS, encoding="utf-8")
    tocsin("report", ".", "-o", "report.html")
    tocsin("report", ".", "-o", "report.html")
    told = tocsin("collect", ".", "--desk", "report-desk", "--json").json()
    assert (told["read"], told["stored"], told["captures"]) == (2, 0, 1)
