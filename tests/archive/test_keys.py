"""A desk's keys lie outside it, are not shown, and belong to one desk."""

from __future__ import annotations

import json
import stat

import pytest

from archive.conftest import new_desk
from archive.village import NOW, clock, records
from tocsin.archive import create_desk, default_keys_folder, desk_info, load_keys, open_writer, snapshot
from tocsin.records.errors import EvidenceError, TocsinInputError


def test_a_desk_is_made_and_its_keys_are_found_again(desk):
    assert load_keys(desk.folder, desk.keys_folder) == desk.keys
    info = desk_info(desk.folder)
    assert (info.purpose, info.legal_basis, info.created_at) == ("a test", "none needed", NOW)
    assert info.verifier == desk.keys.signer.verifier
    assert (snapshot(desk.folder).generation, snapshot(desk.folder).log_size) == (0, 0)


def test_no_key_is_in_the_desk_folder_in_a_repr_or_readable_by_others(desk):
    desk.collect(records(20))
    (path,) = desk.keys_folder.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for secret in (desk.keys.pseudonym_key, desk.keys.address_key, desk.keys.signing_seed):
        assert secret.hex() not in repr(desk.keys)
        assert str(secret) not in repr(desk.keys)
        for file in desk.folder.rglob("*"):
            assert not file.is_file() or secret not in file.read_bytes()


def test_keys_inside_the_desk_are_refused(tmp_path):
    with pytest.raises(TocsinInputError, match="inside the desk"):
        create_desk(tmp_path / "d", tmp_path / "d" / "keys", purpose="x", legal_basis="y", now=NOW)
    assert not (tmp_path / "d").exists()


@pytest.mark.parametrize(("purpose", "legal_basis"), [("", "y"), ("x", " ")])
def test_a_desk_needs_a_purpose_and_a_legal_basis(tmp_path, purpose, legal_basis):
    with pytest.raises(TocsinInputError, match="purpose and a legal basis"):
        create_desk(tmp_path / "d", tmp_path / "k", purpose=purpose, legal_basis=legal_basis, now=NOW)


def test_a_desk_is_never_made_over_another_or_over_other_files(desk, tmp_path):
    with pytest.raises(TocsinInputError, match="here already"):
        create_desk(desk.folder, desk.keys_folder, purpose="x", legal_basis="y", now=NOW)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "letter.txt").write_text("x")
    with pytest.raises(TocsinInputError, match="other files"):
        create_desk(tmp_path / "other", tmp_path / "k", purpose="x", legal_basis="y", now=NOW)


def test_keys_of_another_desk_are_refused(desk, tmp_path):
    other = new_desk(tmp_path / "other")
    with pytest.raises(TocsinInputError, match="not on this machine"):
        load_keys(desk.folder, other.keys_folder)
    with pytest.raises(TocsinInputError, match="not those of this desk"):
        open_writer(desk.folder, other.keys, clock)
    source = other.keys_folder / f"{other.keys.desk_id}.json"
    (desk.keys_folder / f"{desk.keys.desk_id}.json").write_bytes(source.read_bytes())
    with pytest.raises(TocsinInputError, match="not those of this desk"):
        load_keys(desk.folder, desk.keys_folder)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"pseudonym_key": 3}', '{"pseudonym_key": "AA=="}'])
def test_a_damaged_key_file_is_said(desk, text):
    (desk.keys_folder / f"{desk.keys.desk_id}.json").write_text(text)
    with pytest.raises(TocsinInputError, match="key file is damaged"):
        load_keys(desk.folder, desk.keys_folder)


@pytest.mark.parametrize(
    "change",
    [
        *({"vkey": "x"}, {"desk_id": "0" * 32}, {"desk_id": 3}, {"created_at": "yesterday"}, {"purpose": None}),
        *({"purpose": "another"}, {"legal_basis": "another"}, {"created_at": "2001-01-01T00:00:00Z"}, {"more": 1}),
        *({"signature": None}, {"signature": "AA=="}),
    ],
)
def test_a_damaged_desk_file_is_said(desk, change):
    path = desk.folder / "desk.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(EvidenceError):
        desk_info(desk.folder)


def test_no_desk_and_other_versions_are_said(tmp_path, desk):
    for ask in (desk_info, snapshot):
        with pytest.raises(TocsinInputError, match="no desk here"):
            ask(tmp_path / "nowhere")
    path = desk.folder / "desk.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "schema_version": 99}))
    with pytest.raises(TocsinInputError, match="another version"):
        desk_info(desk.folder)


def test_the_keys_folder_is_where_the_environment_says(monkeypatch, tmp_path):
    monkeypatch.setenv("TOCSIN_KEYS", str(tmp_path / "here"))
    assert default_keys_folder() == tmp_path / "here"
    monkeypatch.delenv("TOCSIN_KEYS")
    assert default_keys_folder().name == "keys"


def test_a_desk_file_nested_too_deep_to_read_is_damaged(desk):
    (desk.folder / "desk.json").write_text("[" * 100_000)
    with pytest.raises(EvidenceError, match="damaged"):
        desk_info(desk.folder)


def test_a_key_file_that_cannot_be_read_is_said(desk, tmp_path):
    (tmp_path / "file").write_text("x")
    (tmp_path / "folder" / f"{desk.keys.desk_id}.json").mkdir(parents=True)
    for keys_folder in (tmp_path / "file", tmp_path / "folder"):
        with pytest.raises(TocsinInputError, match="cannot be read"):
            load_keys(desk.folder, keys_folder)
