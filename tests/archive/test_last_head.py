"""A desk folder put back to an older copy is noticed by the machine that saw the newer one."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from archive.conftest import VillageDesk, new_desk
from archive.village import records
from tocsin.archive import check_continues, continues, desk_info, held_head, load_keys, snapshot
from tocsin.archive.durable import Disk
from tocsin.archive.last_head import LastHead
from tocsin.records.errors import EvidenceError, TocsinError, TocsinInputError


@pytest.fixture
def desk(tmp_path: Path) -> VillageDesk:
    """A desk whose keys know the folder they were read from, as at every door."""
    made = new_desk(tmp_path)
    return replace(made, keys=load_keys(made.folder, made.keys_folder))


def kept(desk: VillageDesk) -> Path:
    return desk.keys_folder / f"{desk.keys.desk_id}.head"


def opened(desk: VillageDesk):
    return desk_info(desk.folder).opened_checkpoint


def test_a_writer_leaves_the_head_beside_the_keys_and_goes_on_from_it(desk):
    assert not kept(desk).exists()
    desk.collect(records(20))
    first = kept(desk).read_text()
    assert first == snapshot(desk.folder).checkpoint.note
    desk.collect(records(20, 100))
    assert kept(desk).read_text() == snapshot(desk.folder).checkpoint.note != first
    assert not [path for path in desk.keys_folder.iterdir() if path.suffix not in (".json", ".head")]
    assert not list(desk.folder.rglob("*.head"))


def test_a_folder_put_back_is_refused_by_the_writer_and_kept_as_it_is(desk, tmp_path):
    desk.collect(records(20))
    shutil.copytree(desk.folder, tmp_path / "older")
    desk.collect(records(20, 100))
    shutil.rmtree(desk.folder)
    shutil.copytree(tmp_path / "older", desk.folder)
    before = sorted(path for path in desk.folder.rglob("*") if path.is_file())
    with pytest.raises(EvidenceError, match=r"shorter than the last head this machine saw.*--accept-older"):
        desk.writer()
    assert sorted(path for path in desk.folder.rglob("*") if path.is_file()) == before
    kept(desk).unlink()  # the protection taken out: nothing else on this machine knows better
    desk.collect(records(5, 500))


def test_a_folder_put_back_and_grown_elsewhere_is_refused(desk, tmp_path):
    desk.collect(records(20))
    shutil.copytree(desk.folder, tmp_path / "older")
    desk.collect(records(20, 100))
    shutil.rmtree(desk.folder)
    shutil.copytree(tmp_path / "older", desk.folder)
    elsewhere = replace(desk, keys=replace(desk.keys, kept_in=None))
    elsewhere.collect(records(90, 700))
    with pytest.raises(EvidenceError, match="rewritten: its first"):
        desk.writer()


def test_an_older_head_does_not_replace_a_newer_one(desk):
    last = LastHead(desk.keys_folder, desk.keys.desk_id)
    desk.collect(records(20))
    older = snapshot(desk.folder).checkpoint
    desk.collect(records(20, 100))
    newer = snapshot(desk.folder).checkpoint
    last.keep(older, opened(desk))
    assert last.read(opened(desk)) == newer
    last.replace(older)
    assert last.read(opened(desk)) == older


def test_a_writer_that_failed_keeps_nothing(desk):
    desk.collect(records(20))
    first = kept(desk).read_text()
    with desk.writer() as writer:
        writer.append_statements([{"type": "note", "v": 1}])
        writer._usable = False  # as after a failed write
    assert kept(desk).read_text() == first
    desk.collect(records(5, 500))  # an older head kept is the head of a beginning of the log
    assert kept(desk).read_text() == snapshot(desk.folder).checkpoint.note


def test_a_damaged_head_is_named(desk):
    desk.collect(records(20))
    kept(desk).write_bytes(kept(desk).read_bytes().replace(b"\n2", b"\n3", 1))
    with pytest.raises(EvidenceError, match=r"\.head beside the keys is not a checkpoint .* then remove this file"):
        desk.writer()


def test_nothing_is_kept_where_no_keys_folder_is(desk, tmp_path):
    desk.collect(records(20))
    LastHead(tmp_path / "nowhere", desk.keys.desk_id).keep(snapshot(desk.folder).checkpoint, opened(desk))
    assert not (tmp_path / "nowhere").exists()


def test_a_head_that_cannot_be_stored_is_an_error_and_the_old_one_stays(desk):
    class Full(Disk):
        def step(self, what: str, path: Path) -> None:
            if what == self.fails:
                raise OSError(28, "no space")

    desk.collect(records(20))
    first = kept(desk).read_bytes()
    last = LastHead(desk.keys_folder, desk.keys.desk_id)
    for fails in ("open", "write", "fsync", "rename"):
        Full.fails = fails
        with pytest.raises(TocsinError, match="durably"):
            last.replace(snapshot(desk.folder).checkpoint, Full)
    assert kept(desk).read_bytes() == first


def test_a_head_that_cannot_be_read_is_said(desk):
    kept(desk).mkdir()
    with pytest.raises(TocsinInputError, match="cannot be read"):
        LastHead(desk.keys_folder, desk.keys.desk_id).read(opened(desk))


def test_the_log_goes_on_from_every_head_it_ever_had(desk):
    heads = [snapshot(desk.folder).checkpoint]
    for number in range(6):
        desk.collect(records(7 + 60 * number, 1000 * number))
        heads.append(snapshot(desk.folder).checkpoint)
    for head in heads:
        held = held_head(head.note.encode(), opened(desk), "it")
        check_continues(desk.folder, held, heads[-1], "it")
        assert continues(desk.folder, held, heads[-1])
        assert continues(desk.folder, heads[-1], held) == (head is heads[-1])


def test_tiles_made_to_fit_an_older_head_do_not_make_it_pass(desk):
    """The proof is held against both signed roots, so what the tiles say of it is not taken on trust."""
    desk.collect(records(300))
    old = snapshot(desk.folder).checkpoint
    desk.collect(records(50, 900))
    new = snapshot(desk.folder).checkpoint
    check_continues(desk.folder, old, new, "it")
    for path in sorted((desk.folder / "log" / "tile").rglob("*")):
        if path.is_file() and "entries" not in path.parts:
            good = path.read_bytes()
            path.write_bytes(bytes(len(good)))
    with pytest.raises(EvidenceError, match="rewritten"):
        check_continues(desk.folder, old, new, "it")
