"""Every tampered item of a desk is found, and named; a clean desk raises no alarm."""

from __future__ import annotations

import json
import shutil
import zlib
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from archive.village import clock, imported, records
from tocsin.archive import Originals, open_writer, snapshot, verify_desk
from tocsin.archive.keys import Keys
from tocsin.archive.tables import read_manifest, table_file
from tocsin.records.errors import EvidenceError


def items(folder: Path, pattern: str) -> list[Path]:
    return sorted(path for path in folder.glob(pattern) if path.is_file())


def test_a_clean_desk_verifies_with_and_without_keys(full_desk):
    with_keys = verify_desk(full_desk.folder, full_desk.keys)
    assert (with_keys.posts, with_keys.captures, with_keys.blocks) == (500, 3, 9)
    assert with_keys.chunks_checked == len(items(full_desk.folder, "chunks/*/*.z"))
    assert verify_desk(full_desk.folder).chunks_checked == 0
    told = []
    verify_desk(full_desk.folder, full_desk.keys, lambda *step: told.append(step))
    assert told[-1] == ("chunks", 3, 3)


@pytest.mark.parametrize(
    ("pattern", "named"),
    [
        ("log/tile/0/000", "tile/0/000"),
        ("log/tile/0/00?.p/*", "tile/0/00"),
        ("log/tile/1/000.p/*", "tile/1/000"),
        ("log/tile/entries/000", "leaf|entries|tile"),
        ("log/tile/entries/00?.p/*", "leaf|entries|tile"),
        ("log/checkpoint", "note|checkpoint"),
        ("tables/posts/*", "tables/posts/"),
        ("tables/names/*", "tables/names/"),
        ("tables/quarantine/*", "tables/quarantine/"),
        ("tables/captures/*", "tables/captures/"),
        ("tables/manifest.json", "manifest.json|note"),
        ("chunks/*/*", "chunks/|leaf"),
        ("secrets/*", "secret|leaf"),
        ("captures/*", "captures/|chunks/"),
    ],
)
def test_a_flipped_bit_anywhere_is_found_and_the_item_named(full_desk, pattern, named):
    rng = np.random.default_rng(3)
    paths = items(full_desk.folder, pattern)
    assert paths
    for _ in range(25):
        path = paths[rng.integers(len(paths))]
        good = path.read_bytes()
        bad = bytearray(good)
        bad[rng.integers(len(bad))] ^= 1 << rng.integers(8)
        path.write_bytes(bad)
        with pytest.raises(EvidenceError, match=named):
            verify_desk(full_desk.folder, full_desk.keys)
        path.write_bytes(good)
    verify_desk(full_desk.folder, full_desk.keys)


@pytest.mark.parametrize("pattern", ["chunks/*/*", "secrets/*", "captures/*", "log/tile/*/*", "tables/posts/*"])
def test_a_missing_file_is_found(full_desk, pattern):
    for path in items(full_desk.folder, pattern):
        good = path.read_bytes()
        path.unlink()
        with pytest.raises(EvidenceError):
            verify_desk(full_desk.folder, full_desk.keys)
        path.write_bytes(good)


def rewritten(folder: Path, table: str, change) -> None:
    """An insider's edit: the first file of a table rewritten, its digest in the manifest set right."""
    path = folder / "tables" / "manifest.json"
    manifest = read_manifest(path.read_bytes(), "it")
    first = manifest.tables[table][0]
    rows = change(pq.read_table(folder / "tables" / first.path))
    made, data = table_file(table, first.generation, rows)
    (folder / "tables" / first.path).write_bytes(data)
    files = {**manifest.tables, table: (made, *manifest.tables[table][1:])}
    path.write_bytes(
        read_manifest(path.read_bytes(), "it").__class__(
            manifest.generation, manifest.written_at, manifest.checkpoint, manifest.captures_begun,
            manifest.open_captures, files,
        ).to_json()
    )  # fmt: skip


def replaced(column: str, row: int, value: object):
    def change(rows: pa.Table) -> pa.Table:
        values = rows[column].to_pylist()
        values[row] = value
        at = rows.schema.get_field_index(column)
        return rows.set_column(at, rows.schema.field(at), pa.array(values, rows.schema.field(at).type))

    return change


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("posts", replaced("text", 5, "never said")),
        ("posts", replaced("posted_at", 5, None)),
        ("posts", replaced("source", 5, "elsewhere")),
        ("posts", replaced("kind", 5, "repost")),
        ("posts", replaced("pointer", 5, "/row/1")),
        ("posts", replaced("record_offset", 5, 0)),
        ("posts", replaced("audience", 5, "private")),
        ("posts", replaced("folded", 5, "never said")),
        ("posts", replaced("leaf_index", 5, 5000)),
        ("posts", lambda rows: rows.slice(1)),
        ("posts", lambda rows: rows.take(pa.array([1, 0, *range(2, rows.num_rows)]))),
        ("posts", lambda rows: pa.concat_tables([rows, rows.slice(0, 1)])),
        ("names", replaced("platform_id", 0, "99")),
        ("names", replaced("handle", 1, "somebody.else")),
        ("names", lambda rows: rows.slice(1)),
    ],
)
def test_an_insiders_edit_of_a_table_is_found_though_the_manifest_was_set_right(full_desk, table, change):
    rewritten(full_desk.folder, table, change)
    with pytest.raises(EvidenceError):
        verify_desk(full_desk.folder, full_desk.keys)


def without_table_statements(monkeypatch) -> None:
    monkeypatch.setattr(
        "tocsin.archive.statements_check.StatementsCheck._tables",
        lambda self, leaf, body: self._files.pop(body["generation"], None),
    )


@pytest.mark.parametrize("column", ["text", "source", "kind", "pointer"])
def test_the_commitment_of_a_row_finds_the_edit_by_itself(full_desk, monkeypatch, column):
    without_table_statements(monkeypatch)
    verify_desk(full_desk.folder)
    rewritten(full_desk.folder, "posts", replaced(column, 5, "changed"))
    with pytest.raises(EvidenceError, match="leaf 6: the row of the posts table"):
        verify_desk(full_desk.folder)


def test_the_commitment_binds_the_account_and_the_instant(full_desk, monkeypatch):
    without_table_statements(monkeypatch)
    rewritten(full_desk.folder, "names", replaced("platform_id", 1, "77"))
    with pytest.raises(EvidenceError, match="leaf 1: the row"):
        verify_desk(full_desk.folder)


def unchecked_crc(monkeypatch) -> None:
    """A CRC-32 can be made to fit; what lies behind it must find the change by itself."""
    real = zlib.crc32

    class Fits(int):
        def __ne__(self, other: object) -> bool:
            return False

        __hash__ = int.__hash__

    monkeypatch.setattr("zlib.crc32", lambda data: Fits(real(data)) if data[:2] == b"\x78\x9c" else real(data))


def test_original_bytes_replaced_by_others_of_the_same_length_are_found_without_keys(full_desk, monkeypatch):
    originals = Originals(full_desk.folder)
    place = originals.places(snapshot(full_desk.folder).read("posts")["capture_id"][0].as_py())[0]
    path = full_desk.folder / f"chunks/{place.address[:2]}/{place.address}.z"
    data = bytearray(zlib.decompress(path.read_bytes()))
    data[20] ^= 1
    path.write_bytes(zlib.compress(data))
    unchecked_crc(monkeypatch)
    with pytest.raises(EvidenceError, match="leaf 1: the row of the posts table, its names, its original bytes"):
        verify_desk(full_desk.folder)


def test_bytes_between_records_are_bound_by_their_address(desk, monkeypatch):
    desk.collect([*records(50), b"{\n"])
    path = next(path for path in items(desk.folder, "chunks/*/*"))
    data = bytearray(zlib.decompress(path.read_bytes()))
    data[-2] = ord("[")
    path.write_bytes(zlib.compress(data))
    with pytest.raises(EvidenceError, match="CRC-32"):
        verify_desk(desk.folder)
    unchecked_crc(monkeypatch)
    verify_desk(desk.folder)  # no post's bytes changed
    with pytest.raises(EvidenceError, match="does not hold the bytes of its address"):
        verify_desk(desk.folder, desk.keys)


def test_an_edited_capture_header_is_found(full_desk):
    path = items(full_desk.folder, "captures/*")[0]
    lines = path.read_text().split("\n")
    head = json.loads(lines[0])
    head["method"] = "found in the street"
    path.write_text("\n".join([json.dumps(head), *lines[1:]]))
    with pytest.raises(EvidenceError, match="line 1 is not the header"):
        verify_desk(full_desk.folder)


def test_a_truncated_log_signed_anew_is_caught_by_who_holds_an_older_head(full_desk, tmp_path):
    """An insider with the key restores an older state: the desk verifies, the older checkpoint does not fit."""
    from tocsin.archive import merkle
    from tocsin.archive.tiles import Log

    shutil.copytree(full_desk.folder, tmp_path / "older")
    full_desk.collect(records(50, 900))
    held = snapshot(full_desk.folder).checkpoint
    shutil.rmtree(full_desk.folder)
    shutil.copytree(tmp_path / "older", full_desk.folder)
    full_desk.collect(records(60, 2000))
    verify_desk(full_desk.folder, full_desk.keys)
    forged = snapshot(full_desk.folder).checkpoint
    log = Log(full_desk.folder / "log", forged.size)
    proof = merkle.consistency_proof(log.node(), held.size, forged.size)
    with pytest.raises(EvidenceError):
        merkle.check_consistency(held.size, forged.size, proof, held.root, forged.root)


def test_a_checkpoint_of_another_key_is_refused(full_desk):
    other = Keys(full_desk.keys.desk_id, bytes(32), bytes(32), bytes(32))
    forged = other.signer.signed_note(snapshot(full_desk.folder).manifest.checkpoint.split("\n\n")[0] + "\n")
    (full_desk.folder / "log" / "checkpoint").write_text(forged)
    with pytest.raises(EvidenceError, match="not signed once"):
        verify_desk(full_desk.folder)


def test_verifying_goes_on_while_a_writer_commits(desk):
    desk.collect(records(100))
    with open_writer(desk.folder, desk.keys, clock) as writer:
        imported(writer, desk.keys, records(100, 500))
        assert verify_desk(desk.folder, desk.keys).posts == 200
