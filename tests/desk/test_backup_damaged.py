"""Backups cut off, changed, crafted by others or interrupted: a clear refusal, and never half a desk that looks whole."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.at_the_door import environment
from desk.keeping import Person, encrypted, everything, listing, tar_of, village_desk
from tocsin import desk as desk_room
from tocsin.desk import tar_stream
from tocsin.desk.restore import MARK
from tocsin.records.errors import EvidenceError, TocsinError, TocsinInputError

QUIET = desk_room.Silent()


@pytest.fixture
def person(tmp_path: Path) -> Person:
    return Person(tmp_path)


@pytest.fixture
def made(tmp_path: Path, person: Person) -> Path:
    """A backup of a desk with 60 posts."""
    desk_room.backup(village_desk(tmp_path), tmp_path / "b.age", [person.recipient], progress=QUIET)
    return tmp_path / "b.age"


def refused(file: Path, person: Person, kind: type[TocsinError] = EvidenceError) -> str:
    """The message of a refusal that leaves nothing behind, beside the folder or in it."""
    outside = everything(file.parent)
    folder = file.parent / "restored"
    with pytest.raises(kind) as error:
        desk_room.restore(file, folder, person.identity, progress=QUIET)
    assert type(error.value) is kind
    assert not folder.exists()
    assert everything(file.parent) == outside
    return error.value.message


def test_a_backup_cut_off_anywhere_is_refused_with_code_4(made, person):
    whole = made.read_bytes()
    short = made.with_name("short.age")
    for size in (*range(300, len(whole), len(whole) // 9), 65_536 + 200, len(whole) - 16, len(whole) - 1):
        short.write_bytes(whole[:size])
        message = refused(short, person)
        assert "short.age is damaged: it was changed or cut off" in message, size
    assert EvidenceError.exit_code == 4


def test_a_backup_changed_anywhere_is_refused(made, person):
    whole = made.read_bytes()
    other = made.with_name("other.age")
    for at in (*range(170, len(whole), len(whole) // 9), len(whole) - 1):
        raw = bytearray(whole)
        raw[at] ^= 1
        other.write_bytes(raw)
        assert "changed or cut off" in refused(other, person), at
    other.write_bytes(whole + b"\0")
    assert "changed or cut off" in refused(other, person)


def test_the_wrong_identity_and_no_identity_are_code_2(made, person, tmp_path):
    eve = Person(tmp_path, "eve")
    assert "this identity does not open b.age" in refused(made, eve, TocsinInputError)
    assert TocsinInputError.exit_code == 2
    for text in ("", "# only a remark\n", eve.recipient + "\n", "AGE-SECRET-KEY-1QQ\n", "\x00\xff"):
        eve.identity.write_text(text, encoding="latin-1")
        assert "holds no identity" in refused(made, eve, TocsinInputError)
    eve.identity.unlink()
    assert "cannot be read" in refused(made, eve, TocsinInputError)


def test_other_files_are_no_backup(person, tmp_path):
    for number, data in enumerate((b"", b"hello", b"PK\x03\x04" + bytes(500))):
        file = tmp_path / f"{number}.age"
        file.write_bytes(data)
        assert "no file of age's" in refused(file, person, TocsinInputError)
    for data in (b"", bytes(10_240), b"some text" * 100, tar_of([("letter.txt", b"dear")])):
        message = refused(encrypted(tmp_path / "x.age", data, person), person)
        assert "backup" in message or "ends before" in message
    (tmp_path / "x.age").unlink()
    assert "cannot be read" in refused(tmp_path / "x.age", person, TocsinInputError)


GOOD = [("desk/desk.json", b"{}"), ("desk/log/checkpoint", b"x")]


def listed(*members: tuple[str, bytes], **changes) -> bytes:
    named = [(name if tar_stream.fits(name) else f"long/{at:08d}", data) for at, (name, data) in enumerate(members)]
    return tar_of([("manifest.jsonl", listing(members, **changes)), *named])


def special(kind: bytes, name: str = "desk/link", to: str = "/etc/hostname") -> bytes:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, to
    return info.tobuf(tarfile.GNU_FORMAT)


def with_special(kind: bytes) -> bytes:
    return tar_of([("manifest.jsonl", listing([("desk/link", b"")]))], b"") + special(kind) + tar_stream.end()


CRAFTED: dict[str, Callable[[], bytes]] = {
    **{
        f"path {path!r}": (lambda path=path: listed((path, b"x")))
        for path in ("/etc/x", "../x", "desk/../../x", "desk//x", "desk/./x", "desk/", "desk", "other/x", "", "desk/a\0b", "keys/../x", "desk/\ud800")
    },
    "symbolic link": lambda: with_special(tarfile.SYMTYPE),
    "hard link": lambda: with_special(tarfile.LNKTYPE),
    "folder": lambda: with_special(tarfile.DIRTYPE),
    "device": lambda: with_special(tarfile.CHRTYPE),
    "fifo": lambda: with_special(tarfile.FIFOTYPE),
    "pax header": lambda: with_special(tarfile.XHDTYPE),
    "long name header": lambda: with_special(tarfile.GNUTYPE_LONGNAME),
    "sparse file": lambda: with_special(tarfile.GNUTYPE_SPARSE),
    "a file twice": lambda: listed(*GOOD, GOOD[0]),
    "a file and a folder of one name": lambda: listed(("desk/a", b"x"), ("desk/a/b", b"y")),
    "a folder and a file of one name": lambda: listed(("desk/a/b", b"y"), ("desk/a", b"x")),
    "a file that is not listed": lambda: tar_of([("manifest.jsonl", listing(GOOD)), *GOOD, ("desk/more", b"x")]),
    "a file that is missing": lambda: tar_of([("manifest.jsonl", listing(GOOD)), GOOD[0]]),
    "another order": lambda: tar_of([("manifest.jsonl", listing(GOOD)), *reversed(GOOD)]),
    "another size": lambda: tar_of([("manifest.jsonl", listing(GOOD)), ("desk/desk.json", b"{} "), GOOD[1]]),
    "other bytes": lambda: tar_of([("manifest.jsonl", listing(GOOD)), ("desk/desk.json", b"[]"), GOOD[1]]),
    "more bytes than the sum": lambda: listed(*GOOD, bytes=2),
    "fewer bytes than the sum": lambda: listed(*GOOD, bytes=50),
    "more files than the count": lambda: listed(*GOOD, files=1),
    "fewer files than the count": lambda: listed(*GOOD, files=3),
    "a count below nothing": lambda: listed(*GOOD, files=-1),
    "a count that is no number": lambda: listed(*GOOD, files=True),
    "another kind": lambda: listed(*GOOD, kind="gift"),
    "two key files": lambda: listed(("keys/a.json", b"{}"), ("keys/b.json", b"{}")),
    "a huge key file": lambda: listed(("keys/a.json", bytes(100_000))),
    "no desk": lambda: listed(("desk/readme", b"x")),
    "a desk.json that is none": lambda: listed(*GOOD),
    "no list": lambda: tar_of(GOOD),
    "a list that is no JSON": lambda: tar_of([("manifest.jsonl", b"{" * 5000 + b"\n")]),
    "a list without end of line": lambda: tar_of([("manifest.jsonl", b"{}")]),
    "a line longer than lines are": lambda: tar_of([("manifest.jsonl", listing(GOOD) + b'{"path":"' + b"x" * 50_000 + b'"}\n')]),
    "bytes in the padding": lambda: listed(*GOOD).replace(b"{}" + bytes(8), b"{}hidden" + bytes(2)),
    "bytes after the end": lambda: listed(*GOOD) + b"x",
    "no end": lambda: tar_of([("manifest.jsonl", listing(GOOD)), *GOOD], b""),
    "a header that is damaged": lambda: listed(*GOOD).replace(b"desk/desk.json", b"desk/desk.jsoN"),
}  # fmt: skip


@pytest.mark.parametrize("name", CRAFTED)
def test_what_others_crafted_is_refused(name, person, tmp_path):
    message = refused(encrypted(tmp_path / "x.age", CRAFTED[name](), person), person)
    assert SAYS.get("path" if name.startswith("path ") else name, "") in message


# By which guard, where a later one would refuse it too.
SAYS = {
    "path": "leads out of the folder",
    **dict.fromkeys(
        ("symbolic link", "hard link", "folder", "device", "fifo", "pax header", "long name header", "sparse file"),
        "something else than plain files",
    ),
    **dict.fromkeys(
        ("a file twice", "a file and a folder of one name", "a folder and a file of one name"), "two files of one name"
    ),
    **dict.fromkeys(
        ("a file that is not listed", "another order", "another size"),
        "than its list says",
    ),
    **dict.fromkeys(("a file that is missing", "fewer bytes than the sum"), "lacks files that its list names"),
    "more files than the count": "lists more files than it says",
    "other bytes": "has not the SHA-256",
    "more bytes than the sum": "more bytes than its list says",
    "two key files": "more than one file of keys",
    "a huge key file": "more than one file of keys",
    "bytes in the padding": "between or after its files",
    "bytes after the end": "between or after its files",
    "no end": "ends before its last file",
    "a header that is damaged": "no readable head",
    "no desk": "holds no desk",
    "no list": "begins with manifest.jsonl",
}


def test_a_list_that_promises_more_than_the_disk_holds_is_refused_before_anything_is_written(person, tmp_path):
    file = encrypted(tmp_path / "x.age", listed(*GOOD, bytes=1 << 60), person)
    assert "no room" in refused(file, person, TocsinInputError)
    huge = tar_stream.header("manifest.jsonl", 1 << 40, 0)
    assert "no backup" in refused(encrypted(tmp_path / "x.age", huge, person), person)


def test_a_backup_of_another_version_says_so(person, tmp_path):
    file = encrypted(tmp_path / "x.age", listed(*GOOD, format="tocsin/backup/v9"), person)
    assert "another version" in refused(file, person, TocsinInputError)


def unpacked(made: Path, person: Person) -> list[tuple[str, bytes]]:
    with tarfile.open(fileobj=io.BytesIO(person.opens(made))) as tar:
        return [(each.name, tar.extractfile(each).read()) for each in tar.getmembers()[1:]]


def test_a_backup_whose_desk_does_not_verify_is_refused(made, person, tmp_path):
    """The list is right, the evidence is not: somebody opened the backup, changed a statement and packed it anew."""
    files = unpacked(made, person)
    head = json.loads(person.opens(made)[512:].split(b"\n", 1)[0])
    same = {"desk_id": head["desk_id"], "log_size": head["log_size"]}
    again = encrypted(tmp_path / "again.age", listed(*files, **same), person)
    assert desk_room.restore(again, tmp_path / "whole", person.identity, progress=QUIET).report.posts == 60
    for part in ("log/tile/entries/", "secrets/", "chunks/", "tables/posts/", "captures/", "desk.json"):
        at = next(number for number, (name, _) in enumerate(files) if name.startswith(f"desk/{part}"))
        name, data = files[at]
        changed = bytearray(data)
        changed[len(data) // 2] ^= 1
        crafted = [*files[:at], (name, bytes(changed)), *files[at + 1 :]]
        message = refused(encrypted(tmp_path / "crafted.age", listed(*crafted, **same), person), person)
        assert "damaged" in message or "not" in message, part
    shorter = listed(*files, **{**same, "log_size": head["log_size"] + 1})
    assert "shorter log" in refused(encrypted(tmp_path / "crafted.age", shorter, person), person)
    other = listed(*files, **{**same, "desk_id": "1" * 32})
    assert "another desk" in refused(encrypted(tmp_path / "crafted.age", other, person), person)


_KILLED = """
import os, sys
from contextlib import contextmanager
from pathlib import Path
from tocsin import desk as d
class Killing(d.Silent):
    @contextmanager
    def bar(self, what, total, unit):
        if what == sys.argv[4]:
            os._exit(9)
        with super().bar(what, total, unit) as bar:
            yield Counting(bar)
class Counting:
    def __init__(self, bar): self.count = 0
    def advance(self, count):
        self.count += 1
        if sys.argv[4] == "file" and self.count == 9:
            os._exit(9)
d.restore(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), progress=Killing())
"""


@pytest.mark.parametrize("when", ["file", "verifying"])
def test_a_restore_that_was_killed_leaves_a_marked_folder_and_no_desk(made, person, tmp_path, when):
    folder = tmp_path / "again"
    done = subprocess.run(
        [sys.executable, "-c", _KILLED, str(made), str(folder), str(person.identity), when],
        env=environment(),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 9, done.stderr
    assert "Nothing in it was verified" in (folder / MARK).read_text()
    assert not (folder / "desk.json").exists()
    with pytest.raises(TocsinInputError):
        desk_room.open_desk(folder)
    with pytest.raises(TocsinInputError, match="cut off; remove the folder"):
        desk_room.restore(made, folder, person.identity, progress=QUIET)
