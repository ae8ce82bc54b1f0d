"""A new signing key: the log names it, both keys sign it, a crash at any step loses nothing, the old key ends there."""

from __future__ import annotations

import errno
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from archive.conftest import VillageDesk, new_desk
from archive.test_recovery import STRIDE, Crash
from archive.village import NOW, clock, imported, records
from tocsin.archive import (
    desk_info,
    finished_captures,
    given_away,
    hand_over_log,
    load_keys,
    logged_statement,
    notes,
    open_writer,
    reopen_desk,
    rotate_key,
    snapshot,
    taken_over,
    verify_desk,
    write_certificate,
    write_keys,
)
from tocsin.archive.durable import Disk
from tocsin.archive.handovers import HANDED_OVER, ROTATED, signed_handover
from tocsin.archive.keys import desk_json, key_file
from tocsin.archive.lock import DeskLock
from tocsin.archive.strict import base64_bytes, base64_text
from tocsin.archive.tiles import Log
from tocsin.records.errors import EvidenceError, TocsinError, TocsinInputError


class Steps:
    """Counts the effects on desk and key folder together, and fails at the N-th and all later ones."""

    def __init__(self, fail_at: int = 10**9, error: type[BaseException] = Crash) -> None:
        self.count, self.fail_at, self.error = 0, fail_at, error

    def disk(self, staging: Path) -> Disk:
        steps = self

        class Counted(Disk):
            def step(self, what: str, path: Path) -> None:
                steps.count += 1
                if steps.count > steps.fail_at:
                    raise steps.error(errno.EIO, "told to fail") if steps.error is OSError else steps.error()

        return Counted(staging)


def rotated(desk: VillageDesk, **more):
    return rotate_key(desk.folder, desk.keys_folder, clock, **more)


def keys_now(desk: VillageDesk):
    return load_keys(desk.folder, desk.keys_folder)


@pytest.fixture
def turned(desk):
    """A desk with 60 posts whose key was replaced."""
    desk.collect(records(60))
    done = rotated(desk)
    return desk, done.handover


def test_a_rotation_is_a_statement_that_both_keys_signed(turned):
    desk, handover = turned
    old, new = desk.keys, keys_now(desk)
    info = desk_info(desk.folder)
    assert info.vkey == new.signer.verifier.vkey != old.signer.verifier.vkey
    assert [each.vkey for each in desk_info(desk.folder).verifiers] == [info.vkey, old.signer.verifier.vkey]
    assert logged_statement(desk.folder, handover.size) == handover.statement
    old.signer.verifier.check_signature(handover.message, base64_bytes(handover.old_signature, "s"))
    new.signer.verifier.check_signature(handover.message, base64_bytes(handover.new_signature, "s"))
    head = (desk.folder / "log" / "checkpoint").read_text()
    assert notes.opened_checkpoint(head, old.signer.verifier) == notes.opened_checkpoint(head, new.signer.verifier)
    assert (new.pseudonym_key, new.address_key) == (old.pseudonym_key, old.address_key)
    assert verify_desk(desk.folder, new).posts == 60


def test_the_old_seed_is_gone_and_work_goes_on_under_the_new_key(turned):
    desk, handover = turned
    text = key_file(desk.keys_folder, desk.keys.desk_id).read_text()
    assert base64_text(desk.keys.signing_seed) not in text
    assert "next_signing_seed" not in text
    with open_writer(desk.folder, keys_now(desk), clock) as writer:
        imported(writer, keys_now(desk), records(20, 60))
    rotated(desk)
    assert desk_info(desk.folder).handovers[0].size == handover.size
    assert len(desk_info(desk.folder).verifiers) == 3
    assert verify_desk(desk.folder, keys_now(desk)).posts == 80
    assert verify_desk(desk.folder).posts == 80


def test_what_the_old_key_signed_stays_checkable(desk):
    desk.collect(records(60))
    published = (desk.folder / "log" / "checkpoint").read_text()
    write_certificate(desk.folder, finished_captures(snapshot(desk.folder)), NOW)
    rotated(desk)
    info = desk_info(desk.folder)
    assert notes.opened_checkpoint(published, desk.keys.signer.verifier) == info.opened_checkpoint(published)
    assert verify_desk(desk.folder).certificates == 1


def test_the_old_key_signs_nothing_beyond_its_handover(turned):
    desk, handover = turned
    info = desk_info(desk.folder)
    name = desk.keys.signer.name
    for size in (1, handover.size, handover.size + 1):
        note = desk.keys.signer.signed_note(notes.checkpoint_text(name, size, bytes(32)))
        assert info.opened_checkpoint(note).size == size
    note = desk.keys.signer.signed_note(notes.checkpoint_text(name, handover.size + 2, bytes(32)))
    with pytest.raises(EvidenceError, match="not signed by a key of this log"):
        info.opened_checkpoint(note)


def test_a_handover_the_old_key_did_not_sign_is_refused(turned):
    """The thief's way: a desk.json of his own with a chain that leads to his key."""
    desk, handover = turned
    thief = replace(desk.keys, signing_seed=bytes(32))
    for by in (thief.signer, keys_now(desk).signer):
        forged = replace(
            signed_handover(ROTATED, by, thief.signer, at=handover.at, size=handover.size, root=bytes(32)),
            old=desk.keys.signer.verifier.vkey,
        )
        info = replace(desk_info_unchecked(desk), vkey=thief.signer.verifier.vkey, handovers=(forged,))
        (desk.folder / "desk.json").write_bytes(desk_json(info, thief.signer))
        with pytest.raises(EvidenceError, match="not signed by the old key"):
            desk_info(desk.folder)


def desk_info_unchecked(desk):
    shutil.copy(desk.folder / "desk.json", desk.folder.parent / "kept.json") if not (
        desk.folder.parent / "kept.json"
    ).exists() else shutil.copy(desk.folder.parent / "kept.json", desk.folder / "desk.json")
    return desk_info(desk.folder)


@pytest.mark.parametrize("part", ["old_signature", "new_signature", "size", "root", "at", "type"])
def test_any_change_of_a_handover_is_noticed(turned, part):
    desk, handover = turned
    changes = {"size": handover.size - 1, "root": base64_text(bytes(32)), "at": "2030-06-01T12:00:01Z"}
    changes |= {"old_signature": handover.new_signature, "new_signature": handover.old_signature, "type": HANDED_OVER}
    name = {"type": "kind"}.get(part, part)
    forged = replace(handover, **{name: changes[part]})
    info = replace(desk_info(desk.folder), handovers=(forged,))
    (desk.folder / "desk.json").write_bytes(desk_json(info, keys_now(desk).signer))
    with pytest.raises(EvidenceError, match="not signed by the"):
        desk_info(desk.folder)


def test_a_desk_that_leaves_its_handover_out_is_refused(turned):
    """Who has the new key may sign desk.json, but not unsay the log."""
    desk, _ = turned
    info = replace(desk_info(desk.folder), handovers=())
    (desk.folder / "desk.json").write_bytes(desk_json(info, keys_now(desk).signer))
    with pytest.raises(EvidenceError, match="from another key than the log's"):
        verify_desk(desk.folder)


def test_a_handover_that_the_log_does_not_speak_of_is_refused(desk):
    desk.collect(records(60))
    keys = replace(desk.keys, signing_seed=bytes(32))
    size = snapshot(desk.folder).log_size
    made = signed_handover(
        ROTATED, desk.keys.signer, keys.signer, at="2030-06-01T12:00:00Z", size=size - 2,
        root=Log(desk.folder / "log", size - 2).root(),
    )  # fmt: skip
    info = replace(desk_info(desk.folder), vkey=keys.signer.verifier.vkey, handovers=(made,))
    (desk.folder / "desk.json").write_bytes(desk_json(info, keys.signer))
    with pytest.raises(EvidenceError):
        verify_desk(desk.folder)


def test_an_older_copy_of_the_keys_opens_and_cannot_sign(turned):
    desk, _ = turned
    write_keys(desk.keys, desk.keys_folder)
    with pytest.raises(TocsinInputError, match="older than the desk's present signing key"):
        keys_now(desk)
    keys = load_keys(desk.folder, desk.keys_folder, to_sign=False)
    assert snapshot(desk.folder, keys.sealer).read("names").num_rows > 60
    with pytest.raises(TocsinInputError, match="not those of this desk"):
        open_writer(desk.folder, keys, clock)


def test_a_writer_that_waited_while_the_key_was_replaced_does_not_sign_with_the_old_one(desk, monkeypatch):
    begun = DeskLock.__init__

    def late(self, folder, **more):
        monkeypatch.setattr(DeskLock, "__init__", begun)
        rotated(desk)  # another process, while this one waits for the lock
        begun(self, folder, **more)

    monkeypatch.setattr(DeskLock, "__init__", late)
    with pytest.raises(TocsinInputError, match="replaced while this command waited"):
        open_writer(desk.folder, desk.keys, clock)
    assert verify_desk(desk.folder).entries == 1


@pytest.mark.parametrize("error", [Crash, OSError])
def test_a_crash_or_a_failing_disk_at_any_step_is_finished_or_undone(tmp_path, error):
    """Both folders' effects are counted in one row; after each the desk reads, verifies, and the next writer settles."""
    start = new_desk(tmp_path / "start")
    start.collect(records(30))
    every = Steps()
    whole = copied(start, tmp_path / "whole")
    rotated(whole, disk=every.disk, keys_disk=every.disk)
    assert every.count > 20
    outcomes = set()
    for at in range(0, every.count, 1 if error is Crash else STRIDE):
        desk = copied(start, tmp_path / str(at))
        steps = Steps(at, error)
        with pytest.raises((Crash, TocsinError)):
            rotated(desk, disk=steps.disk, keys_disk=steps.disk)
        assert verify_desk(desk.folder).posts == 30, at  # as it lies, nobody's keys at hand
        keys = keys_now(desk)
        with open_writer(desk.folder, keys, clock) as writer:
            settled = writer.keys
            writer.append_statements([{"type": "note", "v": 1}])
        info, kept = desk_info(desk.folder), keys_now(desk)
        assert kept == settled
        assert kept.next_seed is None
        assert len(info.handovers) == (info.vkey != start.keys.signer.verifier.vkey)
        assert verify_desk(desk.folder, kept).posts == 30, at
        outcomes.add(len(info.handovers))
        shutil.rmtree(desk.folder.parent)
    assert outcomes == {0, 1}


def copied(desk: VillageDesk, folder: Path) -> VillageDesk:
    shutil.copytree(desk.folder.parent, folder)
    return VillageDesk(folder / "desk", folder / "keys", desk.keys)


def test_rotate_again_after_a_crash_finishes_and_does_not_begin_another(tmp_path):
    start = new_desk(tmp_path / "start")
    every = Steps()
    rotated(copied(start, tmp_path / "whole"), disk=every.disk, keys_disk=every.disk)
    desk = copied(start, tmp_path / "crashed")
    # The last effects are those on the key file: desk.json names the new key already.
    steps = Steps(every.count - 2)
    with pytest.raises(Crash):
        rotated(desk, disk=steps.disk, keys_disk=steps.disk)
    assert len(desk_info(desk.folder).handovers) == 1
    stated = next(at for at in range(every.count) if (attempt := crashed_at(start, tmp_path / f"at{at}", at)) == (1, 0))
    again = rotated(VillageDesk(tmp_path / f"at{stated}" / "desk", tmp_path / f"at{stated}" / "keys", start.keys))
    assert attempt == (1, 0)
    assert again.finished
    assert len(desk_info(tmp_path / f"at{stated}" / "desk").handovers) == 1


def crashed_at(start: VillageDesk, folder: Path, at: int) -> tuple[int, int]:
    """(leaves, handovers in desk.json) after a crash at one step."""
    desk, steps = copied(start, folder), Steps(at)
    with pytest.raises(Crash):
        rotated(desk, disk=steps.disk, keys_disk=steps.disk)
    return snapshot(desk.folder).log_size, len(desk_info(desk.folder).handovers)


def test_a_desk_handed_over_takes_no_more_until_it_is_reopened(desk):
    desk.collect(records(60))
    handover, given = hand_over_log(desk.folder, desk.keys_folder, clock)
    assert given_away(desk.folder) == handover
    assert given.signing_seed != desk.keys.signing_seed
    with pytest.raises(TocsinError, match="handed over on 2030-06-01"):
        open_writer(desk.folder, keys_now(desk), clock)
    with pytest.raises(TocsinError, match="handed over"):
        rotated(desk)
    assert verify_desk(desk.folder, keys_now(desk)).posts == 60
    assert hand_over_log(desk.folder, desk.keys_folder, clock) == (handover, given)  # the copy can be written again
    reopened = reopen_desk(desk.folder, desk.keys_folder, clock)
    assert logged_statement(desk.folder, reopened)["handed_over"] == handover.size
    desk.collect(records(10, 60))
    assert verify_desk(desk.folder, keys_now(desk)).posts == 70
    with pytest.raises(TocsinInputError, match="it is open"):
        reopen_desk(desk.folder, desk.keys_folder, clock)


def test_the_receiver_goes_on_with_the_same_log_under_a_key_of_its_own(desk, tmp_path):
    desk.collect(records(60))
    handover, given = hand_over_log(desk.folder, desk.keys_folder, clock)
    other, keys_folder = tmp_path / "other", tmp_path / "other keys"
    shutil.copytree(desk.folder, other)
    taken_over(other, handover, given)
    write_keys(given, keys_folder)
    rotate_key(other, keys_folder, clock)
    keys = load_keys(other, keys_folder)
    with open_writer(other, keys, clock) as writer:
        imported(writer, keys, records(60))  # the same posts: known there, by the same pseudonyms
    assert verify_desk(other, keys).posts == 60
    chain = desk_info(other).handovers
    assert [each.kind for each in chain] == [HANDED_OVER, ROTATED]
    assert chain[0].old == desk.keys.signer.verifier.vkey
    assert keys.signing_seed not in (given.signing_seed, desk.keys.signing_seed)
    # A checkpoint of the giver's from before is one of the receiver's log too.
    assert desk_info(other).opened_checkpoint(snapshot(desk.folder).manifest.checkpoint).size == handover.size + 1
    with pytest.raises(TocsinInputError):
        load_keys(other, desk.keys_folder)


def test_a_copy_its_own_log_did_not_hand_over_is_not_taken_over(desk, tmp_path):
    desk.collect(records(30))
    shutil.copytree(desk.folder, tmp_path / "before")
    handover, given = hand_over_log(desk.folder, desk.keys_folder, clock)
    with pytest.raises(TocsinInputError, match="not handed over by its own log"):
        taken_over(tmp_path / "before", handover, given)


def test_a_desk_that_goes_on_without_saying_it_was_reopened_is_refused(desk, monkeypatch):
    from tocsin.archive import handover_states

    hand_over_log(desk.folder, desk.keys_folder, clock)
    monkeypatch.setattr(handover_states, "last_handover", lambda *_: None)  # a writer that does not look
    desk.collect(records(10))
    with pytest.raises(EvidenceError, match="goes on without a word"):
        verify_desk(desk.folder)
