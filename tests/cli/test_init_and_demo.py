"""init asks at a terminal and nowhere else; demo tells where, what, how long and what next."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import shlex
import subprocess
import sys
import time

from cli.at_the_door import STATED, environment, tocsin


def at_a_terminal(words: list[str], answers: list[str], *, cwd: object) -> tuple[int, str]:
    """Exit code and screen of a command typed at a terminal, where `answers` are typed as it asks."""
    terminal, line = pty.openpty()
    done = subprocess.Popen(
        [sys.executable, "-m", "tocsin", *words],
        cwd=str(cwd),
        env=environment(TERM="dumb"),
        stdin=line,
        stdout=line,
        stderr=line,
        start_new_session=True,
    )
    os.close(line)
    screen, asked, until = b"", 0, time.monotonic() + 60
    while time.monotonic() < until:
        ready, _, _ = select.select([terminal], [], [], 0.2)
        if ready:
            try:
                screen += os.read(terminal, 4096)
            except OSError:  # the other end is gone
                break
        if asked < len(answers) and screen.count(b"?: ") + screen.count(b"kept: ") + screen.count(b"basis: ") > asked:
            os.write(terminal, answers[asked].encode() + b"\n")
            asked += 1
        if not ready and done.poll() is not None:
            break
    os.close(terminal)
    return done.wait(10), screen.decode(errors="replace")


def told(desk) -> dict[str, str]:
    return json.loads((desk / "desk.json").read_text(encoding="utf-8"))


def test_init_asks_at_a_terminal_for_what_is_missing(tmp_path):
    code, screen = at_a_terminal(["init", "desk"], ["study of goats", "GDPR Art. 89"], cwd=tmp_path)
    assert code == 0, screen
    assert "For what purpose" in screen
    assert "On what legal basis" in screen
    assert "Next: tocsin collect EXPORTS --desk desk" in screen
    assert told(tmp_path / "desk")["purpose"] == "study of goats"
    assert told(tmp_path / "desk")["legal_basis"] == "GDPR Art. 89"


def test_init_asks_only_for_the_half_that_is_missing(tmp_path):
    code, screen = at_a_terminal(["init", "desk", "--purpose", "study of goats"], ["GDPR Art. 89"], cwd=tmp_path)
    assert code == 0, screen
    assert "For what purpose" not in screen
    assert told(tmp_path / "desk")["legal_basis"] == "GDPR Art. 89"


def test_init_refuses_without_a_terminal(tmp_path):
    for words in ((), STATED[:2], STATED[2:]):
        answer = tocsin("init", tmp_path / "desk", *words)
        assert answer.code == 2
        assert "--purpose TEXT and --legal-basis TEXT" in answer.err
        assert not (tmp_path / "desk").exists()


def test_init_says_where_desk_and_keys_are_and_the_keys_lie_elsewhere(tmp_path, monkeypatch):
    monkeypatch.setenv("TOCSIN_KEYS", str(tmp_path / "keys"))
    answer = tocsin("init", tmp_path / "desk", *STATED, "--json")
    assert answer.json() == {"desk": str(tmp_path / "desk"), "keys": str(tmp_path / "keys")}
    assert "keep a copy" in answer.err
    kept = [path for path in (tmp_path / "keys").rglob("*") if path.is_file()]
    assert kept
    secrets = [value for path in kept for value in re.findall(r"[A-Za-z0-9+/=]{40,}", path.read_text(encoding="ascii"))]
    assert secrets
    inside = b"".join(path.read_bytes() for path in (tmp_path / "desk").rglob("*") if path.is_file())
    assert not any(value.encode() in inside for value in secrets)


def test_init_never_writes_over_what_is_there(tmp_path):
    assert tocsin("init", tmp_path / "desk", *STATED).code == 0
    before = told(tmp_path / "desk")
    again = tocsin("init", tmp_path / "desk", *STATED)
    assert (again.code, told(tmp_path / "desk")) == (2, before)
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "one.txt").write_text("dear")
    assert tocsin("init", tmp_path / "letters", *STATED).code == 2
    assert os.listdir(tmp_path / "letters") == ["one.txt"]


def test_the_last_lines_of_the_demo_say_where_what_how_long_and_next(demo):
    lines = demo.answer.out.splitlines()
    assert lines[-4] == "Read 4,106 posts from 8 exports: 4,080 stored, 20 duplicate, 6 quarantined."
    assert re.fullmatch(
        r"Found 1 campaign: #RoadToVelmora.* \([\d,]+ posts by [\d,]+ accounts\), and 4 trends that are no campaign\.",
        lines[-3],
    )
    assert lines[-2] == f"Report: {demo.report}"
    took = re.fullmatch(r"It took ([\d.]+) s\. Next: (tocsin .+)", lines[-1])
    assert took
    assert 0 < float(took[1]) < 300


def test_the_next_command_the_demo_names_works_as_it_is_written(demo):
    following = demo.answer.out.splitlines()[-1].split("Next: ")[1]
    answer = tocsin(*shlex.split(following)[1:])
    assert answer.code == 0, answer.err
    assert answer.out.splitlines()[-1] == "Verified: report report.html"


def test_the_demo_states_its_own_purpose_and_legal_basis(demo):
    assert told(demo.desk)["purpose"] == "demonstration on invented posts"
    assert "every post, account and place is invented" in told(demo.desk)["legal_basis"]


def test_the_demo_writes_only_into_a_new_folder(demo, tmp_path):
    before = demo.report.read_bytes()
    answer = tocsin("demo", demo.folder)
    assert answer.code == 2
    assert "not empty" in answer.err
    assert demo.report.read_bytes() == before
    (tmp_path / "file").write_text("mine")
    assert tocsin("demo", tmp_path / "file").code == 2
    assert (tmp_path / "file").read_text() == "mine"
