"""A backup is the desk as of one moment, whoever writes meanwhile; only the named can open it; a restore is verified."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import tarfile
import threading
from pathlib import Path

import pytest

from cli.at_the_door import environment
from desk.keeping import Person, Watching, everything, village_desk
from desk.made import collected, row, written
from tocsin import desk as desk_room
from tocsin.archive import desk_info, key_file, load_keys, open_writer, parts, snapshot, verify_desk
from tocsin.archive.recovery import ERASING
from tocsin.records.errors import EvidenceError, TocsinError, TocsinInputError
from tocsin.records.posts import Block, CaptureNote

QUIET = desk_room.Silent()


@pytest.fixture
def person(tmp_path: Path) -> Person:
    return Person(tmp_path)


@pytest.fixture
def desk(tmp_path: Path) -> desk_room.Desk:
    return village_desk(tmp_path)


def backed_up(desk, person, file: Path, **more):
    more.setdefault("progress", QUIET)
    return desk_room.backup(desk, file, [person.recipient], **more)


def restored(file: Path, folder: Path, person: Person, **more):
    return desk_room.restore(file, folder, person.identity, progress=more.pop("progress", QUIET), **more)


def test_a_restored_desk_is_the_desk(desk, person, tmp_path):
    done = backed_up(desk, person, tmp_path / "b.age")
    again = restored(tmp_path / "b.age", tmp_path / "again", person)
    assert again.keys == "on this machine"
    assert again.report.posts == 60
    assert (again.report.entries, again.older_than_seen) == (done.log_size, None)
    before, after = everything(desk.folder), everything(tmp_path / "again")
    left_out = {name for name in before if name not in after}
    assert {name.split("/")[0] for name in left_out} <= {"index", "lock", "staging", "tables", "log"}
    assert {name for name in left_out if name.startswith("tables")} == {
        name for name in before if name.startswith("tables/manifest-")
    }
    assert all(after[name] == before[name] for name in after)
    reopened = desk_room.open_desk(tmp_path / "again")
    collected(reopened, written(tmp_path / "more.jsonl", [row(99, "A new lantern in Osk")]))
    assert len(desk_room.search(reopened, "lanterns", limit=100)) == 60
    assert desk_room.verify(reopened, None, progress=QUIET)["posts"] == 61


def test_age_and_tar_alone_open_it(desk, person, tmp_path):
    backed_up(desk, person, tmp_path / "b.age")
    with tarfile.open(fileobj=io.BytesIO(person.opens(tmp_path / "b.age"))) as tar:
        names = tar.getnames()
        assert names[0] == "manifest.jsonl"
        assert all(member.isreg() and member.mode == 0o600 for member in tar)
        assert tar.extractfile("desk/desk.json").read() == (desk.folder / "desk.json").read_bytes()
        lines = tar.extractfile("manifest.jsonl").read().splitlines()
    assert len(lines) == len(names)


def test_the_file_shows_nothing_and_the_keys_are_not_in_it(desk, person, tmp_path):
    backed_up(desk, person, tmp_path / "b.age")
    raw, inside = (tmp_path / "b.age").read_bytes(), person.opens(tmp_path / "b.age")
    for text in (
        b"desk.json",
        b"Lanterns",
        b"villager",
        desk_info(desk.folder).desk_id.encode(),
        person.recipient.encode(),
    ):
        assert text not in raw
    kept = key_file(desk.keys_folder, desk_info(desk.folder).desk_id).read_bytes()
    secrets = [line.split(b'"')[3] for line in kept.splitlines() if b"key" in line or b"seed" in line]
    assert len(secrets) == 3
    assert not any(secret in inside for secret in secrets)
    backed_up(desk, person, tmp_path / "k.age", with_keys=True)
    assert all(secret in person.opens(tmp_path / "k.age") for secret in secrets)


def test_several_people_can_open_it_and_nobody_else(desk, tmp_path):
    ana, ben, eve = (Person(tmp_path, name) for name in ("ana", "ben", "eve"))
    desk_room.backup(desk, tmp_path / "b.age", [ana.recipient, ben.recipient], progress=QUIET)
    for one in (ana, ben):
        assert restored(tmp_path / "b.age", tmp_path / one.identity.stem, one).report.posts == 60
    with pytest.raises(TocsinInputError, match="this identity does not open"):
        restored(tmp_path / "b.age", tmp_path / "eve", eve)
    assert not (tmp_path / "eve").exists()


def test_without_the_keys_a_restore_says_so_and_with_them_they_are_put_in_place(desk, person, tmp_path, monkeypatch):
    backed_up(desk, person, tmp_path / "b.age")
    backed_up(desk, person, tmp_path / "k.age", with_keys=True)
    monkeypatch.setenv("TOCSIN_KEYS", str(tmp_path / "another machine"))
    plain = restored(tmp_path / "b.age", tmp_path / "plain", person)
    assert (plain.keys, plain.report.chunks_checked) == ("missing", 0)
    with pytest.raises(TocsinInputError, match="tocsin keys import"):
        load_keys(tmp_path / "plain", tmp_path / "another machine")
    whole = restored(tmp_path / "k.age", tmp_path / "whole", person)
    assert whole.keys == "from the backup"
    assert whole.report.chunks_checked > 0
    keys = load_keys(tmp_path / "whole", tmp_path / "another machine")
    assert keys == load_keys(desk.folder, desk.keys_folder)
    assert snapshot(tmp_path / "whole", keys.sealer).read("names").num_rows > 60


def test_keys_of_the_same_desk_are_never_written_over(desk, person, tmp_path):
    backed_up(desk, person, tmp_path / "k.age", with_keys=True)
    desk_room.rotate(desk)
    before = everything(desk.keys_folder)
    with pytest.raises(TocsinInputError, match="would be overwritten"):
        restored(tmp_path / "k.age", tmp_path / "again", person)
    assert {name: data for name, data in everything(desk.keys_folder).items() if name in before} == before
    assert not (tmp_path / "again").exists()


def test_the_web_databases_dump_goes_with_it(desk, person, tmp_path):
    dump = tmp_path / "people.dump"
    dump.write_bytes(os.urandom(3_000_000))
    done = backed_up(desk, person, tmp_path / "b.age", extras={"people.dump": dump})
    again = restored(tmp_path / "b.age", tmp_path / "again", person)
    assert again.web_files == 1
    assert (tmp_path / "again" / "web" / "people.dump").read_bytes() == dump.read_bytes()
    # A backup of the restored desk does not take it again: a live database is dumped, not copied.
    anew = backed_up(desk_room.open_desk(tmp_path / "again"), person, tmp_path / "c.age")
    assert (anew.size_bytes < 3_000_000 < done.size_bytes, anew.log_size) == (True, done.log_size + 1)


def begun_capture(desk, writer):
    return writer.begin_capture(CaptureNote("table"), "table/jsonl", "one.jsonl", b"one\n")


def test_a_writer_between_the_two_readings_changes_nothing(desk, person, tmp_path):
    """The list is made, then a writer imports 400 posts and finishes: the backup is still the desk of before."""
    size = snapshot(desk.folder).log_size
    rows = [row(1000 + number, f"Goats on the bridge {number}") for number in range(400)]
    more = written(tmp_path / "goats.jsonl", rows)
    progress = Watching(encrypting=lambda: collected(desk, more))
    done = backed_up(desk, person, tmp_path / "b.age", progress=progress)
    assert progress.seen == ["reading", "encrypting"]  # not begun anew
    # With the statement of the backup, and the key's own before it where it is the first.
    assert size < done.log_size <= size + 2 < snapshot(desk.folder).log_size
    again = restored(tmp_path / "b.age", tmp_path / "again", person)
    assert again.report.posts == 60
    assert again.older_than_seen == snapshot(desk.folder).log_size


@pytest.mark.parametrize("when", ["before", "after"])
def test_an_import_that_ends_around_the_snapshot_leaves_no_certificate_of_a_longer_log(
    desk, person, tmp_path, monkeypatch, when
):
    more = written(tmp_path / "goats.jsonl", [row(1000, "Goats on the bridge")])
    taken = parts.snapshot

    def late(folder):
        monkeypatch.setattr(parts, "snapshot", taken)
        shown = taken(folder) if when == "after" else None
        collected(desk, more)
        return shown or taken(folder)

    monkeypatch.setattr(parts, "snapshot", late)
    done = backed_up(desk, person, tmp_path / "b.age")
    assert done.log_size == snapshot(desk.folder).log_size
    again = restored(tmp_path / "b.age", tmp_path / "again", person)
    assert again.report.certificates == 3


def test_an_unfinished_capture_is_copied_as_far_as_it_was_acknowledged(desk, person, tmp_path):
    keys = load_keys(desk.folder, desk.keys_folder)
    with open_writer(desk.folder, keys, desk.clock) as writer:
        capture = begun_capture(desk, writer)
        empty = batch_of_nothing()

        def commit(offset: int, data: bytes) -> None:
            writer.commit(capture, [Block(offset, data, ())], *empty)

        commit(0, b"one\n")
        # One commit between the snapshot and the first reading, one between the two readings.
        progress = Watching(reading=lambda: commit(4, b"two\n"), encrypting=lambda: commit(8, b"three\n"))
        backed_up(desk, person, tmp_path / "b.age", progress=progress)
        writer.finish_capture(capture)
    again = restored(tmp_path / "b.age", tmp_path / "again", person)
    assert again.report.captures == 3
    ((capture_id, open_one),) = snapshot(tmp_path / "again").manifest.open_captures.items()
    assert open_one.size_bytes == 4
    assert (tmp_path / "again" / "captures" / f"{capture_id}.jsonl").stat().st_size == open_one.file_bytes


def batch_of_nothing():
    from tocsin.records.posts import ENRICHED, NAMES

    return ENRICHED.empty_table(), b"", b"", NAMES.empty_table(), ()


def test_backups_made_while_a_writer_goes_on_all_verify(desk, person, tmp_path):
    stop, failed = threading.Event(), []

    def write() -> None:
        number = 0
        keys = load_keys(desk.folder, desk.keys_folder)
        try:
            while not stop.is_set():
                number += 1
                with open_writer(desk.folder, keys, desk.clock, wait_s=5) as writer:
                    writer.append_statements([{"type": "note", "v": 1, "n": number}] * 90)
                    capture = writer.begin_capture(
                        CaptureNote("table"), "table/jsonl", "x", b"%d\n" % number, resume=False
                    )
                    data = b"%d\n" % number
                    writer.commit(capture, [Block(0, data, ())], *batch_of_nothing())
                    writer.finish_capture(capture)
        except TocsinError as error:
            failed.append(error)

    thread = threading.Thread(target=write)
    thread.start()
    sizes = []
    try:
        for number in range(6):
            sizes.append(backed_up(desk, person, tmp_path / f"{number}.age").log_size)
    finally:
        stop.set()
        thread.join()
    assert not failed
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[-1]
    for number, size in enumerate(sizes):
        assert restored(tmp_path / f"{number}.age", tmp_path / str(number), person).report.entries == size


def test_a_part_rewritten_meanwhile_makes_it_begin_anew(desk, person, tmp_path):
    (desk.folder / "reports").mkdir(exist_ok=True)
    report = desk.folder / "reports" / "r.html"
    report.write_bytes(b"first")
    progress = Watching(encrypting=lambda: report.write_bytes(b"other"))
    backed_up(desk, person, tmp_path / "b.age", progress=progress)
    assert progress.seen == ["reading", "encrypting"] * 2
    restored(tmp_path / "b.age", tmp_path / "again", person)
    assert (tmp_path / "again" / "reports" / "r.html").read_bytes() == b"other"


@pytest.mark.parametrize("damage", ["missing chunk", "changed chunk", "changed secrets", "missing table"])
def test_a_damaged_desk_is_not_backed_up_in_silence(desk, person, tmp_path, damage):
    folder = {"chunk": "chunks", "secrets": "secrets", "table": "tables/posts"}[damage.split()[1]]
    path = sorted(path for path in (desk.folder / folder).rglob("*") if path.is_file())[0]
    if damage.startswith("missing"):
        path.unlink()
    else:
        raw = bytearray(path.read_bytes())
        raw[len(raw) // 2] ^= 1
        path.write_bytes(raw)
    with pytest.raises(EvidenceError) as error:
        backed_up(desk, person, tmp_path / "b.age")
    assert "tocsin verify" in error.value.message
    assert path.name in error.value.message
    assert sorted(tmp_path.glob("*.age*")) == []
    assert not list(tmp_path.glob("*.part"))


def test_nothing_is_copied_while_an_erasure_is_under_way(desk, person, tmp_path):
    (desk.folder / ERASING).write_text("{}")
    with pytest.raises(TocsinError, match="an erasure is under way"):
        backed_up(desk, person, tmp_path / "b.age")
    assert not (tmp_path / "b.age").exists()


def test_files_with_long_and_odd_names_come_back(desk, person, tmp_path):
    reports = desk.folder / "reports"
    reports.mkdir(exist_ok=True)
    names = ["r" * 240 + ".html", "تقرير " * 15 + ".html", "a\nb\\c.html", os.fsdecode(b"\xff\xfe.html"), "C: .html"]
    for number, name in enumerate(names):
        (reports / name).write_text(str(number))
    (desk.folder / "findings" / "link").symlink_to("/etc/hostname")
    backed_up(desk, person, tmp_path / "b.age")
    restored(tmp_path / "b.age", tmp_path / "again", person)
    there = tmp_path / "again" / "reports"
    assert sorted(os.listdir(there)) == sorted(names)
    assert [(there / name).read_text() for name in names] == list("01234")
    assert not (tmp_path / "again" / "findings" / "link").exists()


@pytest.mark.parametrize(
    ("to", "says"),
    [
        ([], "nobody is named"),
        (["age1xx"], "recipient 1 is no public key"),
        (["ssh-ed25519 nonsense"], "recipient 1 is no public key"),
        (["AGE-SECRET-KEY-1QQQQ"], "secret half"),
    ],
)
def test_who_it_is_for_must_be_said(desk, tmp_path, to, says):
    with pytest.raises(TocsinInputError, match=says):
        desk_room.backup(desk, tmp_path / "b.age", to, progress=QUIET)


def test_it_does_not_lie_in_the_desk_and_not_over_something_else(desk, person, tmp_path):
    with pytest.raises(TocsinInputError, match="inside the desk itself"):
        backed_up(desk, person, desk.folder / "b.age")
    with pytest.raises(TocsinInputError, match="cannot be written"):
        backed_up(desk, person, tmp_path / "no folder" / "b.age")
    backed_up(desk, person, tmp_path / "b.age")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("dear")
    with pytest.raises(TocsinInputError, match="is in use"):
        restored(tmp_path / "b.age", tmp_path / "full", person)
    assert os.listdir(tmp_path / "full") == ["letter.txt"]


def test_an_ssh_key_opens_it_too(desk, tmp_path):
    if shutil.which("ssh-keygen") is None:
        pytest.skip("this machine lacks ssh-keygen")
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "key"], check=True)
    public = (tmp_path / "key.pub").read_text().strip()
    desk_room.backup(desk, tmp_path / "b.age", [public], progress=QUIET)
    done = desk_room.restore(tmp_path / "b.age", tmp_path / "again", tmp_path / "key", progress=QUIET)
    assert done.report.posts == 60


_MEASURED = """
import resource, sys
from pathlib import Path
from tocsin import desk as d
desk = d.open_desk(Path(sys.argv[1]))
dump, file, to, identity, again = Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4], Path(sys.argv[5]), Path(sys.argv[6])
d.backup(desk, file, [to], extras={"dump": dump}, progress=d.Silent())
d.restore(file, again, identity, progress=d.Silent())
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def test_memory_does_not_grow_with_what_is_copied(desk, person, tmp_path):
    peaks = []
    for number, size in enumerate((1 << 20, 160 << 20)):
        dump = tmp_path / f"dump{number}"
        with dump.open("wb") as stream:
            stream.truncate(size)
        words = [
            desk.folder,
            dump,
            tmp_path / f"{number}.age",
            person.recipient,
            person.identity,
            tmp_path / f"r{number}",
        ]
        done = subprocess.run(
            [sys.executable, "-c", _MEASURED, *map(str, words)],
            env=environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        peaks.append(int(done.stdout))
    assert peaks[1] - peaks[0] < 48 << 10  # KiB


def test_a_handed_over_case_is_a_desk_of_its_own_with_the_same_history(desk, person, tmp_path, monkeypatch):
    giver = desk_info(desk.folder).vkey
    published = (desk.folder / "log" / "checkpoint").read_text()
    done = desk_room.hand_over(desk, tmp_path / "case.age", [person.recipient], progress=QUIET)
    assert done.keys
    with pytest.raises(TocsinError, match="handed over"):
        collected(desk, written(tmp_path / "x.jsonl", [row(1, "too late")]))
    seed = next(
        line
        for line in key_file(desk.keys_folder, desk_info(desk.folder).desk_id).read_text().splitlines()
        if '"signing_seed"' in line
    )
    assert seed.split('"')[3].encode() not in person.opens(tmp_path / "case.age")
    with pytest.raises(TocsinInputError, match="would be overwritten"):
        restored(tmp_path / "case.age", tmp_path / "theirs", person)
    monkeypatch.setenv("TOCSIN_KEYS", str(tmp_path / "their keys"))
    taken = restored(tmp_path / "case.age", tmp_path / "theirs", person)
    assert taken.taken_over
    assert taken.report.posts == 60
    theirs = desk_room.open_desk(tmp_path / "theirs")
    info = desk_info(theirs.folder)
    assert [each.kind for each in info.handovers] == ["handed_over", "rotated"]
    assert info.handovers[0].old == giver
    assert info.vkey not in (giver, info.handovers[0].new)
    assert info.opened_checkpoint(published)
    collected(
        theirs,
        written(tmp_path / "y.jsonl", [row(5, "Lanterns by the well in Tarn 5", who="villager5"), row(901, "new")]),
    )
    assert desk_room.verify(theirs, None, progress=QUIET)["posts"] == 61  # post 5 was known by its pseudonym
    # The giver can write the same copy again, and go on after saying so.
    monkeypatch.setenv("TOCSIN_KEYS", str(desk.keys_folder))
    desk_room.hand_over(desk, tmp_path / "case2.age", [person.recipient], progress=QUIET)
    desk_room.reopen(desk)
    collected(desk, tmp_path / "x.jsonl")
    assert verify_desk(desk.folder).posts == 61
