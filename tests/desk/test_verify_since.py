"""verify with older checkpoints: given by somebody, and kept beside the keys; and an older desk put back on purpose."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from desk.made import collected, new_desk, row, written
from tocsin import desk as desk_room
from tocsin.archive import load_keys, logged_statement, snapshot
from tocsin.archive.staff import FILE as STAFF_FILE
from tocsin.cli import main
from tocsin.records.errors import EvidenceError, TocsinInputError

QUIET = desk_room.Silent()


@pytest.fixture
def desk(tmp_path: Path) -> desk_room.Desk:
    """Two imports; `older` beside it is a copy after the first, `first.note` the checkpoint of then."""
    made = new_desk(tmp_path / "desk")
    collected(made, written(tmp_path / "a.jsonl", [row(each, f"bread at the harbour {each}") for each in range(5)]))
    shutil.copytree(made.folder, tmp_path / "older")
    (tmp_path / "first.note").write_bytes((made.folder / "log" / "checkpoint").read_bytes())
    collected(made, written(tmp_path / "b.jsonl", [row(each, f"goats on the bridge {each}") for each in range(9, 14)]))
    (tmp_path / "second.note").write_bytes((made.folder / "log" / "checkpoint").read_bytes())
    return made


def put_back(desk: desk_room.Desk) -> None:
    shutil.rmtree(desk.folder)
    shutil.copytree(desk.folder.parent / "older", desk.folder)


def head_file(desk: desk_room.Desk) -> Path:
    return desk.keys_folder / f"{load_keys(desk.folder, desk.keys_folder).desk_id}.head"


def test_a_desk_goes_on_from_its_older_checkpoints(desk, tmp_path):
    both = [tmp_path / "first.note", tmp_path / "second.note"]
    done = desk_room.verify(desk, None, progress=QUIET, since=both)
    assert done["since"] == [int(each.read_text().split("\n")[1]) for each in both]
    assert sum("goes on from" in step for step in done["steps"]) == 3  # both, and the last head seen


def test_the_command_line_takes_them(desk, tmp_path, capsys):
    words = ["verify", "--desk", str(desk.folder), "--since", str(tmp_path / "first.note"), "--json", "-q"]
    assert main(words) == 0
    assert json.loads(capsys.readouterr().out)["since"] == [snapshot(tmp_path / "older").log_size]
    put_back(desk)
    words[4] = str(tmp_path / "second.note")
    assert main(words) == 4
    assert "second.note" in json.loads(capsys.readouterr().out)["error"]
    assert main([*words[:3], "--accept-older", "a backup of Tuesday", "-q"]) == 0


def test_a_folder_put_back_is_refused_until_somebody_says_why(desk):
    seen = snapshot(desk.folder).checkpoint
    put_back(desk)
    with pytest.raises(EvidenceError, match="shorter than the last head this machine saw"):
        desk_room.verify(desk, None, progress=QUIET)
    with pytest.raises(EvidenceError, match="accept-older"):
        collected(desk, written(desk.folder.parent / "c.jsonl", [row(99, "weather")]))
    told = desk_room.accept_older(desk, "the disk broke; backup of Tuesday – Ωmega")
    leaf = snapshot(desk.folder).log_size - 1
    assert f"leaf {leaf}" in told
    stated = logged_statement(desk.folder, leaf)
    assert (stated["type"], stated["seen_size"], stated["seen_root"]) == ("older_accepted", seen.size, seen.root.hex())
    assert str(stated["by"]).startswith("analyst+")  # signed by who said so
    assert stated["reason"] == "the disk broke; backup of Tuesday %E2%80%93 %CE%A9mega"
    desk_room.verify(desk, None, progress=QUIET)
    collected(desk, written(desk.folder.parent / "c.jsonl", [row(99, "weather")]))
    desk_room.verify(desk, None, progress=QUIET)
    # Who was given the newer checkpoint sees it all the same.
    with pytest.raises(EvidenceError, match=r"second\.note"):
        desk_room.verify(desk, None, progress=QUIET, since=[desk.folder.parent / "second.note"])


def test_there_must_be_a_reason_and_something_to_accept(desk):
    with pytest.raises(TocsinInputError, match="nothing to accept"):
        desk_room.accept_older(desk, "just in case")
    size = snapshot(desk.folder).log_size
    for reason in ("", "  ", "x" * 1001):
        with pytest.raises(TocsinInputError, match="needs a reason"):
            desk_room.accept_older(desk, reason)
    assert snapshot(desk.folder).log_size == size


def test_what_cannot_be_an_older_checkpoint_is_refused(desk, tmp_path):
    other = new_desk(tmp_path / "other")
    for file, error, match in (
        (tmp_path / "missing", TocsinInputError, "cannot be read"),
        (tmp_path, TocsinInputError, "cannot be read"),
        (other.folder / "log" / "checkpoint", EvidenceError, "not a checkpoint that a key of this desk signed"),
        (written(tmp_path / "x.note", []), EvidenceError, "not a checkpoint"),
    ):
        with pytest.raises(error, match=match):
            desk_room.verify(desk, None, progress=QUIET, since=[file])
    with pytest.raises(TocsinInputError, match="not against a report"):
        desk_room.verify(desk, tmp_path / "r.html", progress=QUIET, since=[tmp_path / "first.note"])


def test_a_stranger_verifies_without_keys_and_leaves_no_file(desk, tmp_path):
    stranger = desk_room.Desk(desk.folder, tmp_path / "nothing here")
    done = desk_room.verify(stranger, None, progress=QUIET, since=[tmp_path / "first.note"])
    assert done["keys_at_hand"] is False
    assert not stranger.keys_folder.exists()


@pytest.mark.parametrize("name", ["key", "staff"])
def test_keys_that_are_here_and_damaged_are_not_passed_over(desk, name):
    path = head_file(desk).with_suffix(".json") if name == "key" else desk.keys_folder / STAFF_FILE
    if name == "staff":
        collected(
            desk,
            written(desk.folder.parent / "p.jsonl", [row(77, "a lantern")]),
            options=desk_room.ReadOptions(private_ok="an order", my_role="analyst"),
        )
    good = path.read_text()
    value = json.loads(good)["pseudonym_key" if name == "key" else "staff_seed"]
    path.write_text(good.replace(value, ("B" if value[0] == "A" else "A") + value[1:]))
    with pytest.raises(TocsinInputError, match="damaged"):
        desk_room.verify(desk, None, progress=QUIET)
    path.write_text(good)
    desk_room.verify(desk, None, progress=QUIET)


def test_key_files_without_the_check_field_stay_readable(desk):
    path = head_file(desk).with_suffix(".json")
    head = json.loads(path.read_text())
    assert len(head.pop("check")) == 16
    path.write_text(json.dumps(head))
    assert desk_room.verify(desk, None, progress=QUIET)["keys_at_hand"] is True
