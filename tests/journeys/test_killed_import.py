"""An import killed at any moment goes on: nothing twice, nothing acknowledged lost, and the desk verifies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from cli.at_the_door import LISTENING, environment, new_desk, process, tocsin
from desk.made import row, written
from tocsin.archive import snapshot
from tocsin.records.errors import TocsinError
from torture.commands import commands
from torture.kills import begin_anew, check_end, kill_once
from torture.village import village_of

SCRIPT = Path(__file__).with_name("importing.py")
POSTS = 480


@pytest.fixture(scope="module")
def file(tmp_path_factory) -> Path:
    """Five MiB in five blocks."""
    rows = [
        row(
            n,
            f"p{n} " + "goats and sheep at the market of Tarn " * 280,
            f"2026-01-{1 + n % 28:02}T08:00:00Z",
            f"n{n % 30}",
        )
        for n in range(POSTS)
    ]
    return written(tmp_path_factory.mktemp("killed") / "posts.jsonl", rows)


def begun(desk: Path, file: Path, processes: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(SCRIPT), str(desk), str(file), str(processes)],
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def killed(running: subprocess.Popen[str], after_commits: int, delay_s: float) -> int:
    """Kill it so many commits and seconds on; the log size it had acknowledged by then."""
    assert running.stdout is not None
    assert running.stderr is not None
    acknowledged = 0
    for _ in range(after_commits):
        line = running.stdout.readline()
        if line[:1].isdigit():
            acknowledged = int(line.split()[0])
    time.sleep(delay_s)
    running.send_signal(signal.SIGKILL)
    running.wait(20)
    for line in running.stdout.read().splitlines():
        if line[:1].isdigit():
            acknowledged = int(line.split()[0])
    running.stdout.close()
    running.stderr.close()
    return acknowledged


def texts(desk: Path) -> list[str]:
    return [text.split(" ")[0] for text in snapshot(desk).read("posts", ["text"])["text"].to_pylist()]


@pytest.mark.parametrize("moments", [((0, 0.9), (1, 0.0), (2, 0.1)), ((2, 0.003), (1, 0.15))], ids=["early", "late"])  # fmt: skip
def test_an_import_killed_again_and_again_ends_as_if_it_had_never_been(tmp_path, file, moments):
    desk = new_desk(tmp_path / "desk")
    for commits, delay in moments:
        acknowledged = killed(begun(desk, file, 1), commits, delay)
        assert snapshot(desk).log_size >= acknowledged
        kept = Counter(texts(desk))
        assert all(count == 1 for count in kept.values())
        answer = tocsin("verify", "--desk", desk)
        assert answer.code == 0, answer.err
    told = tocsin("collect", file, "--desk", desk, "--json").json()
    assert told["read"] == told["stored"] + told["duplicate"] + told["quarantined"]
    assert Counter(texts(desk)) == Counter(f"p{n}" for n in range(POSTS))
    assert tocsin("verify", "--desk", desk, "--json").json()["posts"] == POSTS
    assert len(tocsin("search", "goats", "--limit", 1000, "--desk", desk, "--json").lines()) == POSTS
    again = tocsin("collect", file, "--desk", desk, "--json").json()
    assert (again["stored"], again["duplicate"]) == (0, POSTS)


def test_killed_with_helpers_at_work_leaves_no_process_and_no_lock(tmp_path, file):
    desk = new_desk(tmp_path / "desk")
    running = begun(desk, file, 2)
    killed(running, 2, 0.05)
    # Helpers notice that the one they work for is gone; the next writer need not wait for a lock.
    until = time.monotonic() + 20
    while time.monotonic() < until and is_alive(running.pid):
        time.sleep(0.1)
    assert not is_alive(running.pid)
    answer = process("collect", file, "--desk", desk, "--json")
    assert answer.code == 0, answer.err
    assert Counter(texts(desk)) == Counter(f"p{n}" for n in range(POSTS))
    assert tocsin("verify", "--desk", desk).code == 0


def test_killed_at_twenty_random_moments_it_loses_nothing_and_ends_as_if_it_had_never_been(tmp_path):
    """In `make torture`: 200 moments of an import of 100,000 posts."""
    with commands(tmp_path / "runs") as run:
        village = village_of(tmp_path / "village", run, 2000)
        folder = tmp_path / "desk"
        begin_anew(village, folder)
        rounds = 0
        for seed in range(20):
            if not kill_once(village, run, folder, seed, whole=seed % 10 == 9, processes=1 + (seed % 10 == 0)):
                check_end(village, run, folder)
                rounds += 1
        assert rounds < 10, "most kills came too late"
        check_end(village, run, folder)


def test_were_it_acknowledged_before_it_is_written_a_kill_would_lose_it(tmp_path):
    """The protection taken out: the test above notices."""
    with commands(tmp_path / "runs") as run:
        village = village_of(tmp_path / "village", run, 300)
        lost = 0
        for seed in range(6):
            folder = tmp_path / str(seed)
            begin_anew(village, folder)
            try:
                kill_once(village, run, folder, seed, whole=True, without="order")
            except (AssertionError, TocsinError):
                lost += 1
        assert lost > 0


def is_alive(group: int) -> bool:
    """Whether a process of the group is left (zombies that nobody collects do not count)."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == group and fields[0] != "Z":
            return True
    return False


def test_ctrl_c_ends_the_import_quietly_and_it_goes_on_later(tmp_path, file):
    desk = new_desk(tmp_path / "desk")
    running = subprocess.Popen(
        [*LISTENING, "collect", str(file), str(file), str(file), "--desk", str(desk)],
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    until = time.monotonic() + 30
    while (
        time.monotonic() < until and not list((desk / "tables" / "posts").glob("*.parquet")) and running.poll() is None
    ):
        time.sleep(0.02)
    os.killpg(running.pid, signal.SIGINT)
    out, err = running.communicate(timeout=60)
    assert "Traceback" not in err, err[-2000:]
    assert "internal error" not in err
    assert running.returncode in (0, 1)
    if running.returncode == 1:
        assert err.strip().endswith("tocsin: stopped")
        assert out == ""
    assert tocsin("collect", file, "--desk", desk).code == 0
    assert Counter(texts(desk)) == Counter(f"p{n}" for n in range(POSTS))
    assert tocsin("verify", "--desk", desk).code == 0


def test_two_writers_take_turns_and_readers_never_wait(tmp_path, file):
    desk = new_desk(tmp_path / "desk")
    running = begun(desk, file, 1)
    assert running.stdout is not None
    assert running.stderr is not None
    running.stdout.readline()
    # A reader sees the last acknowledged state while the writer goes on.
    assert tocsin("verify", "--desk", desk).code == 0
    seen = snapshot(desk).rows("posts")
    assert 0 < seen <= POSTS
    answer = tocsin("collect", file, "--desk", desk, "--json")
    assert answer.code == 0, answer.err
    assert answer.json()["duplicate"] == POSTS
    assert running.stdout.read().splitlines()[-1] == f"done {POSTS} {POSTS} 0"
    assert running.wait(30) == 0
    running.stdout.close()
    running.stderr.close()
