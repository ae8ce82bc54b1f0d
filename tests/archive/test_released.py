"""Desks of every released version stay readable: a small one of each lies in released/."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from cli.at_the_door import tocsin
from tocsin.archive import Originals, check_quote_proof, desk_info, load_keys, quote_proof, snapshot, verify_desk

RELEASED = Path(__file__).parent / "released"
VERSIONS = sorted(path.name for path in RELEASED.iterdir())


@pytest.fixture(params=VERSIONS)
def old(request, tmp_path, monkeypatch):
    """A copy of a desk that a released version wrote, with its keys at hand."""
    shutil.copytree(RELEASED / request.param, tmp_path / "old")
    for folder in ("index", "staging", "findings", "custody"):  # git keeps no empty folder
        (tmp_path / "old" / "desk" / folder).mkdir(exist_ok=True)
    monkeypatch.setenv("TOCSIN_KEYS", str(tmp_path / "old" / "keys"))
    return tmp_path / "old"


def test_it_verifies_and_its_posts_originals_and_names_are_read(old):
    desk, keys = old / "desk", load_keys(old / "desk", old / "keys")
    report = verify_desk(desk, keys)
    assert (report.posts, report.captures, report.certificates) == (5, 2, 2)
    assert verify_desk(desk).posts == 5
    shown = snapshot(desk, keys.sealer)
    assert "Osk Baker" in shown.read("names")["display_name"].to_pylist()
    originals = Originals(desk, keys.sealer)
    for row in shown.read("posts").to_pylist():
        record = originals.record(row["capture_id"], row["record_offset"], row["record_length"]).decode()
        assert row["text"] in record
        proof = quote_proof(desk, keys.sealer, row["leaf_index"])
        assert check_quote_proof(proof, desk_info(desk).vkey)["text"] == row["text"]


def test_it_goes_on_with_this_version_and_what_is_new_is_sealed(old, tmp_path):
    desk = old / "desk"
    more = tmp_path / "more.csv"
    more.write_text("id,created_at,author_id,text\n9,2026-01-09T10:00:00Z,u9,Snow on the pass\n", "utf-8")
    assert tocsin("collect", more, "--desk", desk, "--json").json()["stored"] == 1
    endings = [path.suffix for path in desk.glob("chunks/*/*")]
    assert (endings.count(".z"), set(endings)) == (3, {".z", ".sealed"})
    assert tocsin("verify", "--desk", desk, "--json").json()["posts"] == 6
    assert "Snow on the pass" in tocsin("search", "snow", "--desk", desk).out
    leaf = next(row["leaf_index"] for row in snapshot(desk).read("posts").to_pylist() if "Goats" in row["text"])
    reason = ("--reason", "asked for by the person, file 3", "--desk", desk)
    assert tocsin("erase", leaf, *reason).code == 0
    assert tocsin("verify", "--desk", desk, "--json").json()["erased"] == 1
