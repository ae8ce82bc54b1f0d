"""The twelfth attack: an insider with the keys replaces a timestamp by another that verifies."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from archive.authority import Authority, authority
from archive.village import records
from attacks.scene import Scene, importing
from tocsin.archive import create_desk, load_keys
from tocsin.archive.signers import log_verifiers
from tocsin.archive.timestamp_answers import timestamp_request
from tocsin.archive.timestamp_store import due_timestamps, keep_timestamps
from tocsin.archive.timestamps import FOLDER, CheckedTimestamp, checked_timestamps
from tocsin.records.errors import EvidenceError

pytestmark = pytest.mark.needs_openssl
URL = "http://clock.example/tsr"


def utc_now() -> datetime:
    return datetime.now(UTC)


def stamp(desk: Scene, by: Authority) -> CheckedTimestamp:
    """The desk's present head timestamped by an authority."""
    keys = load_keys(desk.folder, desk.keys_folder)
    due = due_timestamps(desk.folder, keys, URL, utc_now())
    answers = {each: by.reply(timestamp_request(each.note).der) for each in due}
    keep_timestamps(desk.folder, keys, answers, by.root.pem, URL, utc_now)
    return checked_timestamps(desk.folder, log_verifiers(desk.folder))[-1]


@pytest.fixture
def desk(tmp_path: Path) -> Scene:
    """An import, its head timestamped, a checkpoint of that given away; `state-0` is the desk before the timestamp."""
    root = tmp_path / "scene"
    create_desk(root / "desk", root / "keys", purpose="a test", legal_basis="none needed", now=utc_now())
    made = Scene(root, load_keys(root / "desk", root / "keys"))
    made.take(importing(records(20)), utc_now())
    made.keep_state()
    assert stamp(made, authority(tmp_path / "clock")).authority == "CN=Clock of Osk,O=Osk Harbour"
    made.held.write_bytes((made.folder / "log" / "checkpoint").read_bytes())
    assert made.verified(since=True, keys=True)["timestamps"] == 1
    return made


def replace_timestamp(desk: Scene, by: Authority) -> CheckedTimestamp:
    """The log is written again from before the timestamp, which another authority, the insider's own, now gives."""
    desk.put_back(0)
    (desk.keys_folder / f"{desk.keys.desk_id}.head").unlink()  # the insider's own machine
    return stamp(desk, by)


def test_a_replaced_timestamp_is_caught_by_who_holds_an_older_checkpoint(desk: Scene, tmp_path: Path):
    new = replace_timestamp(desk, authority(tmp_path / "forger", name="Clock of the insider"))
    assert new.authority == "CN=Clock of the insider,O=Osk Harbour"
    assert desk.verified(since=False)["timestamps"] == 1  # nothing is wrong with it by itself
    with pytest.raises(EvidenceError, match=r"forked: published\.note and log/checkpoint"):
        desk.verified(since=True)


@pytest.mark.parametrize("ending", [".tsr", ".note", "all"])
def test_replaced_files_alone_are_found_without_an_older_checkpoint(desk: Scene, tmp_path: Path, ending: str):
    shutil.copytree(desk.folder, tmp_path / "good")
    other = replace_timestamp(desk, authority(tmp_path / "forger", name="Clock of the insider"))
    forged = desk.folder / other.file
    good = tmp_path / "good" / FOLDER
    for path in forged.parent.iterdir() if ending == "all" else [forged.with_suffix(ending)]:
        if path.suffix == ".note":
            path.write_bytes((desk.folder / "log" / "checkpoint").read_bytes())
        shutil.copy(path, good)
    shutil.rmtree(desk.folder)
    shutil.copytree(tmp_path / "good", desk.folder)
    with pytest.raises(EvidenceError, match=rf"{FOLDER}/.*{'' if ending == 'all' else ending}"):
        desk.verified(since=False)
