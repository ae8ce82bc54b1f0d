"""Keys leave encrypted or on paper, come back only to their own desk, and a typing error is told by its line."""

from __future__ import annotations

import json
import re
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.keeping import Person, everything, village_desk
from desk.made import new_desk
from tocsin import desk as desk_room
from tocsin.archive import Keys, desk_info, key_file, load_keys
from tocsin.desk.keys_paper import LETTERS, keys_from_paper, paper_lines, paper_text
from tocsin.desk.place import Desk
from tocsin.records.errors import TocsinInputError

PASSPHRASE = "six plain words by the well"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return village_desk(tmp_path)


def elsewhere(desk: Desk, tmp_path: Path) -> Desk:
    """The same desk on a machine without its keys."""
    return Desk(desk.folder, tmp_path / "other machine", desk.clock)


def test_an_export_to_a_recipient_comes_back(desk, tmp_path):
    person = Person(tmp_path)
    desk_room.export_keys(desk, tmp_path / "k.age", to=[person.recipient])
    other = elsewhere(desk, tmp_path)
    assert desk_room.import_keys(other, tmp_path / "k.age", identity=person.identity) == {
        "file": key_file(other.keys_folder, desk_info(desk.folder).desk_id), "signs": True, "was_here": False,
    }  # fmt: skip
    assert load_keys(desk.folder, other.keys_folder) == load_keys(desk.folder, desk.keys_folder)
    with pytest.raises(TocsinInputError, match="does not open"):
        desk_room.import_keys(other, tmp_path / "k.age", identity=Person(tmp_path, "eve").identity)
    with pytest.raises(TocsinInputError, match="is encrypted"):
        desk_room.import_keys(other, tmp_path / "k.age")


def test_an_export_under_a_passphrase_comes_back(desk, tmp_path):
    desk_room.export_keys(desk, tmp_path / "k.age", passphrase=PASSPHRASE)
    raw = (tmp_path / "k.age").read_bytes()
    assert b"signing_seed" not in raw
    assert stat.S_IMODE((tmp_path / "k.age").stat().st_mode) == 0o600
    other = elsewhere(desk, tmp_path)
    with pytest.raises(TocsinInputError, match="passphrase does not open"):
        desk_room.import_keys(other, tmp_path / "k.age", passphrase=PASSPHRASE + "s")
    with pytest.raises(TocsinInputError, match="does not open"):
        desk_room.import_keys(other, tmp_path / "k.age", identity=Person(tmp_path).identity)
    assert desk_room.import_keys(other, tmp_path / "k.age", passphrase=PASSPHRASE)["signs"]
    assert load_keys(desk.folder, other.keys_folder) == load_keys(desk.folder, desk.keys_folder)


def test_keys_do_not_leave_in_the_open_by_mistake(desk, tmp_path):
    for more in ({}, {"to": ["age1x"], "passphrase": PASSPHRASE}):
        with pytest.raises(TocsinInputError, match="keys leave this machine encrypted"):
            desk_room.export_keys(desk, tmp_path / "k.age", **more)
    with pytest.raises(TocsinInputError, match="too short"):
        desk_room.export_keys(desk, tmp_path / "k.age", passphrase="word")
    with pytest.raises(TocsinInputError, match="inside the desk folder"):
        desk_room.print_keys(desk, desk.folder / "k.html")
    assert not (tmp_path / "k.age").exists()


def test_the_page_comes_back_as_it_was_saved_and_as_it_was_typed(desk, tmp_path):
    desk_room.print_keys(desk, tmp_path / "k.html")
    page = (tmp_path / "k.html").read_text(encoding="utf-8")
    assert re.findall(r"(?:src|href)\s*=|https?:|@import|url\(|<script", page) == []
    assert "default-src 'none'" in page
    assert "can\nnever be opened again" in page
    assert stat.S_IMODE((tmp_path / "k.html").stat().st_mode) == 0o600
    other = elsewhere(desk, tmp_path)
    assert desk_room.import_paper(other, tmp_path / "k.html")["signs"]
    keys = load_keys(desk.folder, desk.keys_folder)
    assert load_keys(desk.folder, other.keys_folder) == keys
    typed = "\n".join(["my notes", *(line.lower().replace("-", " ") for line in reversed(paper_lines(keys)))])
    (tmp_path / "typed.txt").write_text(typed, encoding="utf-8")
    again = Desk(desk.folder, tmp_path / "third machine", desk.clock)
    desk_room.import_paper(again, tmp_path / "typed.txt")
    assert load_keys(desk.folder, again.keys_folder) == keys


KEYS = Keys("ab" * 16, bytes(range(32)), bytes(range(32, 64)), bytes(range(64, 96)))


def test_letters_that_look_alike_are_read_as_what_was_printed():
    lines = paper_lines(KEYS)
    alike = [line.split(":", 1)[0] + ":" + line.split(":", 1)[1].replace("0", "O").replace("1", "l") for line in lines]
    assert alike != lines
    assert keys_from_paper("\n".join(alike)) == KEYS


def test_every_single_typing_error_is_told_by_its_line():
    """Each letter of each line, wrong, doubled, left out, or swapped with the next: the line's number is named."""
    lines = paper_lines(KEYS)
    tried = 0
    for number, line in enumerate(lines):
        start = line.index(":") + 2
        for at in range(start, len(line)):
            letter = line[at]
            if letter not in LETTERS:
                continue
            wrong = LETTERS[(LETTERS.index(letter) + 1) % 32]
            variants = [line[:at] + wrong + line[at + 1 :], line[:at] + line[at + 1 :], line[:at] + letter + line[at:]]
            if at + 1 < len(line) and line[at + 1] in LETTERS and line[at + 1] != letter:
                variants.append(line[:at] + line[at + 1] + letter + line[at + 2 :])
            for variant in variants:
                with pytest.raises(TocsinInputError) as error:
                    keys_from_paper("\n".join([*lines[:number], variant, *lines[number + 1 :]]))
                where = f"line {number + 1} of the paper is mistyped" if number < len(lines) - 1 else "the line sum"
                assert where in error.value.message
                tried += 1
    assert tried > 700


def test_missing_and_exchanged_lines_are_noticed():
    lines = paper_lines(KEYS)
    for number in range(len(lines) - 1):
        with pytest.raises(TocsinInputError, match=f"line {number + 1} of the paper is missing"):
            keys_from_paper("\n".join(lines[:number] + lines[number + 1 :]))
    with pytest.raises(TocsinInputError, match="line sum"):
        keys_from_paper("\n".join(lines[:-1]))
    swapped = [lines[0][:3] + lines[1][3:], lines[1][:3] + lines[0][3:], *lines[2:]]
    with pytest.raises(TocsinInputError, match="line 1 of the paper is mistyped"):
        keys_from_paper("\n".join(swapped))
    other = paper_lines(Keys("cd" * 16, *(bytes(32),) * 3))
    with pytest.raises(TocsinInputError, match="line sum"):  # a line of another desk's page fits by itself
        keys_from_paper("\n".join([*lines[:2], other[2], *lines[3:]]))


@given(st.binary(min_size=112, max_size=112))
def test_any_keys_come_back_from_paper(raw):
    keys = Keys(raw[:16].hex(), raw[16:48], raw[48:80], raw[80:])
    assert keys_from_paper("\n".join(paper_lines(keys))) == keys


@given(st.text(max_size=400))
def test_any_text_is_refused_with_a_reason(text):
    with pytest.raises(TocsinInputError):
        keys_from_paper(paper_text(text.encode("utf-8", "surrogatepass")))


def test_keys_of_another_desk_are_not_put_in_place(desk, tmp_path):
    strange = new_desk(tmp_path / "strange")
    person = Person(tmp_path)
    desk_room.export_keys(strange, tmp_path / "k.age", to=[person.recipient])
    desk_room.print_keys(strange, tmp_path / "k.html")
    other = elsewhere(desk, tmp_path)
    with pytest.raises(TocsinInputError, match="not those of this desk"):
        desk_room.import_keys(other, tmp_path / "k.age", identity=person.identity)
    with pytest.raises(TocsinInputError, match="not those of this desk"):
        desk_room.import_paper(other, tmp_path / "k.html")
    assert not other.keys_folder.exists()


def test_an_older_copy_opens_and_never_replaces_the_newer_one(desk, tmp_path):
    desk_room.print_keys(desk, tmp_path / "old.html")
    desk_room.rotate(desk)
    before = everything(desk.keys_folder)
    with pytest.raises(TocsinInputError, match="would be overwritten"):
        desk_room.import_paper(desk, tmp_path / "old.html")
    assert everything(desk.keys_folder) == before
    other = elsewhere(desk, tmp_path)
    assert not desk_room.import_paper(other, tmp_path / "old.html")["signs"]
    assert desk_room.keys_status(other)["opens"]
    assert any("cannot sign" in line for line in desk_room.status_lines(desk_room.keys_status(other)))
    desk_room.print_keys(desk, tmp_path / "new.html")
    assert desk_room.import_paper(other, tmp_path / "new.html")["signs"]  # the older one makes way
    assert desk_room.import_paper(other, tmp_path / "new.html")["was_here"]


def test_the_status_tells_when_keys_were_last_exported_and_the_desk_knows_nothing_of_it(desk, tmp_path):
    before = everything(desk.folder)
    status = desk_room.keys_status(desk)
    assert (status["here"], status["signs"], status["last_exported_at"]) == (True, True, None)
    assert any("Never exported" in line and desk_room.LOSS in line for line in desk_room.status_lines(status))
    done = desk_room.print_keys(desk, tmp_path / "k.html")
    status = desk_room.keys_status(desk)
    assert (status["last_exported_at"], status["last_export_signs"]) == (done["at"], True)
    assert everything(desk.folder) == before
    desk_room.rotate(desk)
    lines = desk_room.status_lines(desk_room.keys_status(desk))
    assert any("export again" in line for line in lines)
    noted = next(desk.keys_folder.glob("*.exports.json"))
    assert json.loads(noted.read_bytes())[0]["form"] == "paper"
    noted.write_text("{")
    with pytest.raises(TocsinInputError, match="damaged"):
        desk_room.keys_status(desk)


def test_damaged_and_strange_key_files_are_refused(desk, tmp_path):
    other = elsewhere(desk, tmp_path)
    for number, data in enumerate((b"{", b"{}", b'{"desk_id": 3}', b"[" * 3000, b"\xff" * 9)):
        file = tmp_path / f"k{number}.json"
        file.write_bytes(data)
        with pytest.raises(TocsinInputError):
            desk_room.import_keys(other, file)
    with pytest.raises(TocsinInputError, match="cannot be read"):
        desk_room.import_keys(other, tmp_path / "none")
