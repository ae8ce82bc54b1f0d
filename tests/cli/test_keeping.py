"""backup, restore, keys and handover at the door: what they say, their exit codes, what they warn of."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.at_the_door import ROWS, new_desk, process, tocsin
from desk.keeping import Person, everything


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    folder = new_desk(tmp_path / "desk")
    (tmp_path / "rows.csv").write_text(ROWS, encoding="utf-8")
    assert tocsin("collect", tmp_path / "rows.csv", "--desk", folder).code == 0
    return folder


@pytest.fixture
def person(tmp_path: Path) -> Person:
    return Person(tmp_path)


def test_backup_and_restore_are_one_command_each(desk, person, tmp_path):
    (tmp_path / "web.dump").write_bytes(b"people")
    words = ("-o", tmp_path / "b.age", "--to", person.recipient, "--web-dump", tmp_path / "web.dump", "--desk", desk)
    answer = tocsin("backup", *words)
    assert answer.code == 0, answer.err
    assert "The keys are not in it" in answer.out
    answer = tocsin("restore", tmp_path / "b.age", tmp_path / "again", "--identity", person.identity)
    assert answer.code == 0, answer.err
    assert "verified: " in answer.out
    assert "2 post versions" in answer.out
    assert (tmp_path / "again" / "web" / "web.dump").read_bytes() == b"people"
    assert tocsin("verify", "--desk", tmp_path / "again").code == 0
    told = tocsin("backup", *words, "--with-keys", "--json")
    assert told.json()["keys"] is True
    assert "THE KEYS ARE IN IT" in told.err


def test_exit_codes_of_restore(desk, person, tmp_path, monkeypatch):
    assert tocsin("backup", "-o", tmp_path / "b.age", "--to", person.recipient, "--desk", desk).code == 0
    (tmp_path / "cut.age").write_bytes((tmp_path / "b.age").read_bytes()[:-9])
    eve = Person(tmp_path, "eve")
    for file, who, code in (("cut.age", person, 4), ("b.age", eve, 2), ("none.age", person, 2)):
        answer = tocsin("restore", tmp_path / file, tmp_path / "again", "--identity", who.identity, "--json")
        assert (answer.code, answer.json()["exit_code"]) == (code, code)
        assert not (tmp_path / "again").exists()
    monkeypatch.setenv("TOCSIN_KEYS", str(tmp_path / "elsewhere"))
    answer = tocsin("restore", tmp_path / "b.age", tmp_path / "again", "--identity", person.identity)
    assert answer.code == 0
    assert "tocsin keys import" in answer.out


def test_a_restored_older_backup_says_what_is_missing(desk, person, tmp_path):
    assert tocsin("backup", "-o", tmp_path / "b.age", "--to", person.recipient, "--desk", desk).code == 0
    (tmp_path / "more.csv").write_text(ROWS.replace("1,2026", "3,2026"), encoding="utf-8")
    assert tocsin("collect", tmp_path / "more.csv", "--desk", desk).code == 0
    answer = tocsin("restore", tmp_path / "b.age", tmp_path / "again", "--identity", person.identity)
    assert answer.code == 0
    assert "--accept-older" in answer.out
    assert tocsin("verify", "--desk", tmp_path / "again").code == 4
    # The same after a rotation, whose new key the older copy cannot know.
    assert tocsin("keys", "rotate", "--desk", desk).code == 0
    (tmp_path / "last.csv").write_text(ROWS.replace("1,2026", "4,2026"), encoding="utf-8")
    assert tocsin("collect", tmp_path / "last.csv", "--desk", desk).code == 0
    answer = tocsin("restore", tmp_path / "b.age", tmp_path / "third", "--identity", person.identity)
    assert "--accept-older" in answer.out, answer.err
    assert "The signing key was replaced after this backup" in answer.out
    answer = tocsin("collect", tmp_path / "last.csv", "--desk", tmp_path / "third")
    assert (answer.code, "open its names and originals" in answer.err) == (2, True)


def test_init_explains_the_loss_before_it_happens(tmp_path):
    answer = tocsin("init", tmp_path / "desk", "--purpose", "a test", "--legal-basis", "none")
    assert "never be opened again" in answer.out
    assert "tocsin keys export --paper" in answer.out
    assert "Never exported" in tocsin("keys", "--desk", tmp_path / "desk").out


def test_keys_come_back_from_a_copy(desk, tmp_path, monkeypatch):
    page = tmp_path / "k.html"
    answer = tocsin("keys", "export", "--paper", page, "--desk", desk)
    assert (answer.code, "delete the file" in answer.out) == (0, True)
    answer = tocsin(
        "keys", "export", "-o", tmp_path / "k.age", "--passphrase", "--desk", desk, stdin=b"six plain words here\n"
    )
    assert answer.code == 0, answer.err
    status = tocsin("keys", "status", "--desk", desk, "--json").json()
    assert [each["form"] for each in status["exports"]] == ["paper", "passphrase"]
    for number, words in enumerate((("--paper-text", page), (tmp_path / "k.age", "--passphrase"))):
        monkeypatch.setenv("TOCSIN_KEYS", str(tmp_path / f"machine{number}"))
        assert "is missing" in tocsin("keys", "--desk", desk).out
        answer = tocsin("keys", "import", *words, "--desk", desk, stdin=b"six plain words here\n")
        assert (answer.code, "the keys of this desk" in answer.out) == (0, True), answer.err
        assert tocsin("keys", "--desk", desk, "--json").json()["signs"]
    lines = page.read_text(encoding="utf-8")
    at = lines.index("3: ") + 4
    page.write_text(lines[:at] + ("Y" if lines[at] != "Y" else "Z") + lines[at + 1 :], encoding="utf-8")
    answer = tocsin("keys", "import", "--paper-text", page, "--desk", desk)
    assert (answer.code, "line 3 of the paper is mistyped" in answer.err) == (2, True)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("export",), "say where the copy goes"),
        (("export", "-o", "k.age"), "keys leave this machine encrypted"),
        (("export", "--paper", "k.html", "--passphrase"), "not encrypted"),
        (("import",), "say what to read"),
    ],
)
def test_half_a_command_is_refused(desk, words, says, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    answer = tocsin("keys", *words, "--desk", desk)
    assert (answer.code, says in answer.err) == (2, True), answer.err


def test_options_before_the_word_are_refused_and_not_ignored(desk, tmp_path):
    answer = tocsin("keys", "--desk", desk, "rotate")
    assert (answer.code, "options belong after the word" in answer.err) == (2, True)
    for word in ("status", "export", "import", "rotate"):
        assert "--desk" in tocsin("keys", word, "--help").out


def test_rotate_says_both_keys_and_reports_of_before_still_verify(demo, tmp_path, monkeypatch):
    import shutil

    shutil.copytree(demo.keys, tmp_path / "keys")
    shutil.copytree(demo.desk, tmp_path / "desk")
    monkeypatch.setenv("TOCSIN_KEYS", str(tmp_path / "keys"))
    answer = tocsin("keys", "rotate", "--desk", tmp_path / "desk", "--json").json()
    assert answer["old"] != answer["new"]
    assert tocsin("verify", "--desk", tmp_path / "desk").code == 0
    assert tocsin("verify", demo.report, "--desk", tmp_path / "desk").code == 0
    new = tocsin("report", "-o", tmp_path / "new.html", "--desk", tmp_path / "desk")
    assert new.code == 0, new.err
    assert tocsin("verify", tmp_path / "new.html", "--desk", tmp_path / "desk").code == 0
    # A report that names a replaced key, sealed with nobody's: refused.
    forged = (tmp_path / "new.html").read_text(encoding="utf-8").replace(answer["new"], answer["old"])
    (tmp_path / "forged.html").write_text(forged, encoding="utf-8")
    assert tocsin("verify", tmp_path / "forged.html", "--desk", tmp_path / "desk").code == 4


def test_a_handover_closes_the_desk_and_the_copy_goes_on(desk, person, tmp_path, monkeypatch):
    assert tocsin("handover", "--desk", desk).code == 2
    answer = tocsin("handover", "-o", tmp_path / "case.age", "--to", person.recipient, "--desk", desk)
    assert (answer.code, "closed to writing" in answer.out) == (0, True), answer.err
    (tmp_path / "more.csv").write_text(ROWS.replace("1,2026", "3,2026"), encoding="utf-8")
    before = everything(desk / "captures")
    answer = tocsin("collect", tmp_path / "more.csv", "--desk", desk)
    assert (answer.code, "handed over" in answer.err) == (1, True)
    assert everything(desk / "captures") == before
    monkeypatch.setenv("TOCSIN_KEYS", str(tmp_path / "theirs"))
    answer = tocsin("restore", tmp_path / "case.age", tmp_path / "case", "--identity", person.identity)
    assert (answer.code, "a desk of its own" in answer.out) == (0, True), answer.err
    assert process("collect", tmp_path / "more.csv", "--desk", tmp_path / "case").code == 0
    assert tocsin("verify", "--desk", tmp_path / "case").code == 0
    monkeypatch.delenv("TOCSIN_KEYS")


def test_a_closed_desk_can_be_reopened_and_says_so(desk, person, tmp_path):
    assert tocsin("handover", "--reopen", "--desk", desk).code == 2
    assert tocsin("handover", "-o", tmp_path / "case.age", "--to", person.recipient, "--desk", desk).code == 0
    answer = tocsin("handover", "--reopen", "--desk", desk)
    assert (answer.code, "Reopened" in answer.out) == (0, True)
    assert tocsin("collect", tmp_path / "rows.csv", "--desk", desk).code == 0
    assert tocsin("verify", "--desk", desk).code == 0
