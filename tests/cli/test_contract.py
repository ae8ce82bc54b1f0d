"""What every command promises to scripts: its options, where it prints, its exit codes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

from cli.at_the_door import CAST, EXPORTS, ROWS, STATED, Sample, copied_desk, environment, new_desk, process, tocsin
from tocsin import __version__
from tocsin.cli import command_group
from tocsin.records.errors import OutsideServiceError

COMMANDS = sorted(command_group().commands)
PROMISED = {
    *("init", "demo", "collect", "sources", "detect", "campaigns", "bursts", "groups", "clusters", "trends"),
    *("coordination", "assess", "search", "report", "verify", "codebooks"),
}


def test_the_commands_of_the_contract_are_there():
    assert set(COMMANDS) >= PROMISED


@pytest.mark.parametrize("command", COMMANDS)
def test_help_names_the_shared_options_and_is_no_error(command):
    answer = tocsin(command, "--help")
    assert answer.code == 0
    assert answer.err == ""
    for option in ("--desk", "--json", "-q"):
        assert option in answer.out
    assert tocsin(command, "-h").out == answer.out


def test_no_command_at_all_shows_the_commands():
    answer = tocsin()
    assert answer.code == 2
    assert answer.out == ""
    assert answer.err.startswith("Usage: tocsin")
    for command in COMMANDS:
        assert f"  {command} " in answer.err


def test_python_m_tocsin_is_the_same_door(tmp_path):
    assert process("--version").out == f"tocsin, version {__version__}\n"
    answer = process("trends", "--json", cwd=tmp_path)
    assert answer.code == 2
    assert answer.json()["exit_code"] == 2


def looks(demo: Sample) -> dict[str, tuple[object, ...]]:
    """One call of each command that answers without changing the desk."""
    return {
        "campaigns": ("campaigns",),
        "bursts": ("bursts",),
        "groups": ("groups",),
        "clusters": ("clusters",),
        "trends": ("trends",),
        "search": ("search", "velmora"),
        "sources": ("sources",),
        "codebooks": ("codebooks",),
        "verify": ("verify",),
        "verify report": ("verify", demo.report),
    }


@pytest.mark.parametrize("name", ["campaigns", "bursts", "groups", "clusters", "trends", "search", "sources", "codebooks", "verify", "verify report"])  # fmt: skip
def test_json_is_alone_on_stdout_and_quiet_is_silent(demo, name):
    words = looks(demo)[name]
    answer = tocsin(*words, "--desk", demo.desk, "--json")
    assert answer.code == 0
    assert all(isinstance(line, dict) for line in answer.lines())
    assert len(answer.lines()) >= 1
    plain = tocsin(*words, "--desk", demo.desk)
    assert plain.code == 0
    assert plain.out
    assert not plain.out.startswith("{")
    silent = tocsin(*words, "--desk", demo.desk, "-q")
    assert (silent.code, silent.out, silent.err) == (0, "", "")
    both = tocsin(*words, "--desk", demo.desk, "-q", "--json")
    assert both.err == ""
    assert [line.keys() for line in both.lines()] == [line.keys() for line in answer.lines()]


def test_progress_and_messages_of_a_long_command_go_to_stderr_with_json(tmp_path):
    answer = tocsin("report", EXPORTS / "notice_board.csv", "-o", tmp_path / "report.html", "--json")
    # Nothing in the notice board alone makes a campaign: an answer that scripts read all the same.
    assert answer.code == 2
    assert answer.json()["exit_code"] == 2
    assert "375 stored" in answer.err
    assert "No purpose and legal basis were stated" in answer.err


def test_the_desk_is_named_by_option_else_environment_else_is_here(demo, tmp_path, monkeypatch):
    other = new_desk(tmp_path / "other")
    monkeypatch.chdir(tmp_path)
    assert "no desk in desk" in tocsin("trends").err
    monkeypatch.setenv("TOCSIN_DESK", str(demo.desk))
    assert tocsin("trends", "--json").code == 0
    assert "nothing was detected" in tocsin("trends", "--desk", other).err
    monkeypatch.delenv("TOCSIN_DESK")
    new_desk(tmp_path / "desk")
    assert "nothing was detected" in tocsin("trends").err
    monkeypatch.setenv("TOCSIN_DESK", "")
    assert "nothing was detected" in tocsin("trends").err


def test_exit_0_done(demo):
    assert tocsin("verify", "--desk", demo.desk).code == 0


def test_exit_1_failed_where_the_machine_or_the_desk_cannot_go_on(demo, tmp_path):
    desk = copied_desk(demo, tmp_path / "desk")
    shutil.rmtree(desk / "index")
    answer = tocsin("search", "velmora", "--desk", desk, "--json")
    assert (answer.code, answer.json()["exit_code"]) == (1, 1)
    assert "search index" in answer.err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this machine lacks /dev/full")
@pytest.mark.parametrize("words", [("sources",), ("sources", "--json"), ("nonsense", "--json")])
def test_a_full_disk_behind_stdout_is_told_without_a_traceback(words):
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "tocsin", *words],
            env=environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            timeout=60,
            check=False,
        )
    assert done.returncode == (2 if "nonsense" in words else 1)
    assert b"Traceback" not in done.stderr
    assert b"internal error" not in done.stderr


def test_exit_2_your_input(demo):
    answer = tocsin("search", '"no end', "--desk", demo.desk, "--json")
    assert (answer.code, answer.json()["exit_code"]) == (2, 2)
    assert answer.json()["error"] in answer.err
    assert tocsin("search", "--limit", "x", "velmora", "--desk", demo.desk).code == 2


def test_exit_3_an_outside_service():
    # No command of this version uses a service outside; whichever comes first finds its exit code waiting.
    @click.command()
    def ask() -> None:
        raise OutsideServiceError("the service did not answer", next_step="try again later")

    group = command_group()
    group.add_command(ask)
    try:
        answer = tocsin("ask")
    finally:
        del group.commands["ask"]
    assert (answer.code, answer.err) == (3, "tocsin: the service did not answer; try again later\n")


def test_exit_4_evidence_failed(demo, tmp_path):
    text = demo.report.read_text(encoding="utf-8")
    changed = tmp_path / "report.html"
    changed.write_text(text.replace("Velmora", "Felmora", 1), encoding="utf-8")
    answer = tocsin("verify", changed, "--desk", demo.desk, "--json")
    assert (answer.code, answer.json()["exit_code"]) == (4, 4)


def test_a_reader_that_goes_away_is_no_failure(demo):
    for words in (("bursts", "--json"), ("bursts",), ("trends", "--json"), ("sources",)):
        done = subprocess.Popen(
            [sys.executable, "-m", "tocsin", *words, "--desk", str(demo.desk)],
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert done.stdout is not None
        assert done.stderr is not None
        if words[-1] == "--json":
            json.loads(done.stdout.readline())
        done.stdout.close()
        assert done.stderr.read() == b""
        done.stderr.close()
        assert done.wait(60) == 0


def test_output_is_utf_8_whatever_the_locale(demo):
    answer = process("search", "velmora lang:ar", "--desk", demo.desk, "--limit", 3, PYTHONIOENCODING="ascii")
    assert answer.code == 0
    assert "فيلمورا" in process("search", "فيلمورا", "--desk", demo.desk, "--json", PYTHONIOENCODING="latin-1").out


def test_an_argument_that_is_no_text_is_refused(tmp_path):
    for words in (("init", tmp_path / "d", "--purpose", "\udcff", "--legal-basis", "b"), ("verify", "\udcff.html", "--json"), ("collect", "x", "--map", "text=\udcff")):  # fmt: skip
        answer = tocsin(*words)
        assert answer.code == 2
        assert "not UTF-8" in answer.err
    raw = subprocess.run(
        [sys.executable, "-m", "tocsin", "verify", b"\xff.html"],
        env=environment(),
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert raw.returncode == 2
    assert b"not UTF-8" in raw.stderr


def test_a_desk_folder_whose_name_is_a_pattern_is_that_folder(tmp_path):
    folder = tmp_path / "case [1] *?"
    folder.mkdir()
    desk = new_desk(folder / "desk")
    table = folder / "posts [ab].csv"
    table.write_text(ROWS, encoding="utf-8")
    (folder / "posts a.csv").write_text("id,text\nwrong,wrong file\nwrong2,wrong file\n", encoding="utf-8")
    assert tocsin("collect", table, "--desk", desk, "--json").json()["stored"] == 2
    assert tocsin("search", "goats", "--desk", desk, "--json").json()["source"] == "table"
    assert tocsin("detect", "--desk", desk, "--json").json()["posts"] == 2
    found = tocsin("clusters", table, "--id", "id", "--text", "text")
    assert (found.code, found.out) == (0, "")


def test_the_sample_exports_are_the_ones_the_truth_speaks_of():
    assert sorted(path.name for path in EXPORTS.iterdir()) == sorted(
        json.loads((CAST / "truth.json").read_text("utf-8"))["files"]
    )


def test_nothing_is_asked_where_nobody_can_answer(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    answer = process("init", "desk", cwd=tmp_path)
    assert answer.code == 2
    assert "--purpose" in answer.err
    assert os.listdir(tmp_path) == []
    assert process("init", "desk", *STATED, cwd=tmp_path).code == 0


def test_an_internal_error_says_where_and_not_with_what(tmp_path: Path) -> None:
    program = (
        "import sys, tocsin.cli as cli\n"
        "def broken(): raise KeyError('SECRET-POST-TEXT')\n"
        "cli.main = broken\n"
        "cli.run()\n"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=tmp_path, env=environment()
    )
    assert answer.returncode == 1
    assert "an internal error (KeyError at" in answer.stderr
    assert "SECRET-POST-TEXT" not in answer.stderr + answer.stdout
