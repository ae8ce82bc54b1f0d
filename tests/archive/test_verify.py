"""Every tampered item of a desk is found, and named; a clean desk raises no alarm."""

from __future__ import annotations

import json
import shutil
import zlib
from dataclasses import replace
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from archive.village import clock, imported, records
from tocsin.archive import Originals, finished_captures, open_writer, snapshot, verify_desk, write_certificate
from tocsin.archive.keys import Keys
from tocsin.archive.recovery import manifest_path
from tocsin.archive.sealing import MAGIC
from tocsin.archive.secret_files import packed_secrets, secret_files, secrets_path, unpacked_secrets
from tocsin.archive.tables import read_manifest, table_file
from tocsin.archive.tiles import Edge, Log
from tocsin.records.errors import EvidenceError, TocsinInputError


def items(folder: Path, pattern: str) -> list[Path]:
    return sorted(path for path in folder.glob(pattern) if path.is_file())


def test_a_clean_desk_verifies_with_and_without_keys(full_desk):
    with_keys = verify_desk(full_desk.folder, full_desk.keys)
    assert (with_keys.posts, with_keys.captures, with_keys.blocks) == (500, 3, 9)
    assert with_keys.chunks_checked == len(items(full_desk.folder, "chunks/*/*.sealed"))
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


def rewritten(desk, table: str, change) -> None:
    """An insider's edit: the first file of a table rewritten, its digest in the manifest set right."""
    folder, sealer = desk.folder, desk.keys.sealer
    path = folder / "tables" / "manifest.json"
    manifest = read_manifest(path.read_bytes(), "it")
    first = manifest.tables[table][0]
    raw = (folder / "tables" / first.path).read_bytes()
    rows = change(pq.read_table(BytesIO(sealer.opened(raw, f"tables/{first.path}") if table == "names" else raw)))
    made, data = table_file(table, first.generation, rows, sealer)
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
    rewritten(full_desk, table, change)
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
    verify_desk(full_desk.folder, full_desk.keys)
    rewritten(full_desk, "posts", replaced(column, 5, "changed"))
    with pytest.raises(EvidenceError, match="leaf 6: the row of the posts table"):
        verify_desk(full_desk.folder, full_desk.keys)


def test_the_commitment_binds_the_account_and_the_instant(full_desk, monkeypatch):
    without_table_statements(monkeypatch)
    rewritten(full_desk, "names", replaced("platform_id", 1, "77"))
    with pytest.raises(EvidenceError, match="leaf 1: the row"):
        verify_desk(full_desk.folder, full_desk.keys)


def unchecked_crc(monkeypatch) -> None:
    """A CRC-32 can be made to fit; what lies behind it must find the change by itself."""
    real = zlib.crc32

    class Fits(int):
        def __ne__(self, other: object) -> bool:
            return False

        __hash__ = int.__hash__

    monkeypatch.setattr("zlib.crc32", lambda data: Fits(real(data)) if data.startswith(MAGIC) else real(data))


def resealed(desk, path: Path, change) -> None:
    """An insider's edit of original bytes, with the keys at hand."""
    what, sealer = str(path.relative_to(desk.folder)), desk.keys.sealer
    data = bytearray(zlib.decompress(sealer.opened(path.read_bytes(), what)))
    change(data)
    path.write_bytes(sealer.sealed(zlib.compress(bytes(data)), what))


def test_original_bytes_replaced_by_others_of_the_same_length_are_found(full_desk, monkeypatch):
    originals = Originals(full_desk.folder, full_desk.keys.sealer)
    place = originals.places(snapshot(full_desk.folder).read("posts")["capture_id"][0].as_py())[0]
    path = full_desk.folder / f"chunks/{place.address[:2]}/{place.address}.sealed"
    resealed(full_desk, path, lambda data: data.__setitem__(20, data[20] ^ 1))
    with pytest.raises(EvidenceError, match="CRC-32"):
        verify_desk(full_desk.folder)
    unchecked_crc(monkeypatch)
    with pytest.raises(EvidenceError, match="leaf 1: the row of the posts table, its names, its original bytes"):
        verify_desk(full_desk.folder, full_desk.keys)


def test_bytes_between_records_are_bound_by_their_address(desk, monkeypatch):
    desk.collect([*records(50), b"{\n"])
    path = next(path for path in items(desk.folder, "chunks/*/*"))
    resealed(desk, path, lambda data: data.__setitem__(-2, ord("[")))
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


def without_secrets(folder: Path, kind: str) -> None:
    """An insider's erasure: the secrets of statements of a kind are nulled, and the files renamed to fit."""
    here = snapshot(folder)
    wanted = {leaf for leaf, entry in Log(folder / "log", here.log_size).all_entries() if f'"{kind}"'.encode() in entry}
    for path, first in secret_files(folder):
        secrets = unpacked_secrets(path.read_bytes(), "it")
        packed = packed_secrets([None if first + at in wanted else one for at, one in enumerate(secrets)], b"", [])
        path.unlink()
        (folder / secrets_path(first, packed)).write_bytes(packed)


@pytest.mark.parametrize("column", ["audience", "folded"])
def test_an_edit_is_found_though_the_secret_that_covers_the_tables_was_taken_out_too(full_desk, column):
    rewritten(full_desk, "posts", replaced(column, 5, "private"))
    without_secrets(full_desk.folder, "tables")
    with pytest.raises(EvidenceError, match="secret is missing"):
        verify_desk(full_desk.folder, full_desk.keys)


def test_an_edited_header_is_found_though_its_secret_was_taken_out_too(full_desk):
    path = items(full_desk.folder, "captures/*")[0]
    path.write_bytes(path.read_bytes().replace(b'"method": null', b'"method": "found"', 1))
    without_secrets(full_desk.folder, "header")
    with pytest.raises(EvidenceError, match="secret is missing"):
        verify_desk(full_desk.folder, full_desk.keys)


def put_back(folder: Path, generation: int, *, checkpoint: bool) -> None:
    """An insider's replay: the desk shows an older manifest, and its checkpoint too."""
    older = (folder / manifest_path(generation)).read_bytes()
    (folder / "tables" / "manifest.json").write_bytes(older)
    if checkpoint:
        (folder / "log" / "checkpoint").write_text(read_manifest(older, "it").checkpoint)


@pytest.mark.parametrize("checkpoint", [False, True])
def test_an_older_state_put_back_is_found_and_what_came_after_is_not_cleared_away(full_desk, checkpoint):
    put_back(full_desk.folder, 2, checkpoint=checkpoint)
    before = items(full_desk.folder, "**/*")
    with pytest.raises(EvidenceError, match="older"):
        verify_desk(full_desk.folder, full_desk.keys)
    with pytest.raises(EvidenceError):
        full_desk.writer()
    assert items(full_desk.folder, "**/*") == before


def certified(desk) -> Path:
    return write_certificate(desk.folder, finished_captures(snapshot(desk.folder)), clock())


@pytest.mark.parametrize("ending", [".json", ".md"])
def test_an_edited_certificate_is_found(full_desk, ending):
    path = certified(full_desk).with_suffix(ending)
    assert verify_desk(full_desk.folder, full_desk.keys).certificates == 1
    path.write_text(path.read_text().replace("801", "800"))
    with pytest.raises(EvidenceError, match=f"certificates/.*{ending} does not say what the tables say"):
        verify_desk(full_desk.folder)


def test_a_certificate_issued_on_more_than_the_log_now_has_is_found(full_desk, tmp_path):
    shutil.copytree(full_desk.folder, tmp_path / "older")
    full_desk.collect(records(50, 900))
    certified(full_desk)
    shutil.copytree(full_desk.folder / "certificates", tmp_path / "older" / "certificates", dirs_exist_ok=True)
    with pytest.raises(EvidenceError, match="longer log"):
        verify_desk(tmp_path / "older", full_desk.keys)


def test_what_somebody_else_put_into_the_folders_raises_no_alarm(full_desk):
    for place in (
        "tables/posts/copy.parquet",
        "tables/manifest-old.json",
        "secrets/copy.jsonl.z",
        "log/tile/.DS_Store",
    ):
        (full_desk.folder / place).write_bytes(b"x")
    for place in sorted(full_desk.folder.glob("log/tile/0/*.p")):
        (place / ".DS_Store").write_bytes(b"x")
    verify_desk(full_desk.folder, full_desk.keys)
    full_desk.collect(records(10, 3000))
    assert verify_desk(full_desk.folder, full_desk.keys).posts == 510


@pytest.mark.parametrize("content", [b"x" * 100, b""])
def test_a_table_that_is_no_parquet_file_is_found_though_the_manifest_was_set_right(full_desk, content):
    path = full_desk.folder / "tables" / "manifest.json"
    manifest = read_manifest(path.read_bytes(), "it")
    first = manifest.tables["posts"][0]
    (full_desk.folder / "tables" / first.path).write_bytes(content)
    bad = replace(first, size_bytes=len(content), sha256=sha256(content).hexdigest())
    path.write_bytes(
        replace(manifest, tables={**manifest.tables, "posts": (bad, *manifest.tables["posts"][1:])}).to_json()
    )
    with pytest.raises(EvidenceError, match="no Parquet file"):
        verify_desk(full_desk.folder)
    with pytest.raises(EvidenceError, match="damaged"):
        snapshot(full_desk.folder).read("posts")


def test_a_table_without_a_column_is_found_though_the_manifest_was_set_right(full_desk):
    path = full_desk.folder / "tables" / "manifest.json"
    manifest = read_manifest(path.read_bytes(), "it")
    file = full_desk.folder / "tables" / manifest.tables["posts"][0].path
    pq.write_table(pq.read_table(file).drop_columns(["pointer"]), file)
    data = file.read_bytes()
    bad = replace(manifest.tables["posts"][0], size_bytes=len(data), sha256=sha256(data).hexdigest())
    path.write_bytes(
        replace(manifest, tables={**manifest.tables, "posts": (bad, *manifest.tables["posts"][1:])}).to_json()
    )
    with pytest.raises(EvidenceError, match="of another schema"):
        verify_desk(full_desk.folder, full_desk.keys)


@pytest.mark.parametrize("pattern", ["tables/manifest.json", "captures/*"])
def test_json_nested_too_deep_to_read_is_damage(full_desk, pattern):
    path = items(full_desk.folder, pattern)[0]
    path.write_bytes(path.read_bytes() + b"\n" + b"[" * 100_000 + b"\n" if pattern == "captures/*" else b"[" * 100_000)
    with pytest.raises(EvidenceError, match="damaged"):
        verify_desk(full_desk.folder)


def test_an_edited_statement_is_found_though_every_tile_was_made_anew(full_desk):
    """What only the log says (who said that private posts may be read, and why) hangs on the signed root alone."""
    with full_desk.writer() as writer:
        writer.append_statements([{"type": "private_ok", "v": 1, "reason": "a court order", "role": "analyst"}])
    log = Log(full_desk.folder / "log", snapshot(full_desk.folder).log_size)
    forged = [entry.replace(b"a court order", b"a bored clerk") for _, entry in log.all_entries()]
    for path, data in Edge().grown(forged).files.items():
        if (full_desk.folder / "log" / path).exists():
            (full_desk.folder / "log" / path).write_bytes(data)
    with pytest.raises(EvidenceError, match="do not give the root"):
        verify_desk(full_desk.folder, full_desk.keys)


def test_blocks_slipped_into_a_finished_capture_are_found(full_desk):
    path = items(full_desk.folder, "captures/*")[0]
    *lines, end, _ = path.read_bytes().split(b"\n")
    last, again = json.loads(lines[-1]), json.loads(lines[1])
    again["offset"] = last["offset"] + last["size"]
    slipped = json.dumps(again, separators=(",", ":")).encode()
    path.write_bytes(b"\n".join([*lines, slipped, end, b""]))
    with pytest.raises(EvidenceError, match="blocks that the log does not speak of"):
        verify_desk(full_desk.folder, full_desk.keys)


def test_a_sealed_file_in_another_files_place_cannot_be_opened(full_desk):
    first, second = items(full_desk.folder, "chunks/*/*")[:2]
    sealer = full_desk.keys.sealer
    raw = second.read_bytes()
    assert sealer.opened(raw, str(second.relative_to(full_desk.folder)))
    with pytest.raises(EvidenceError, match="cannot be opened"):
        sealer.opened(raw, str(first.relative_to(full_desk.folder)))


def test_without_keys_the_names_and_originals_stay_shut_and_everything_else_is_checked(full_desk):
    here = snapshot(full_desk.folder)
    row = here.read("posts").to_pylist()[0]
    with pytest.raises(TocsinInputError, match="names are sealed"):
        here.read("names")
    with pytest.raises(TocsinInputError, match="original bytes are sealed"):
        Originals(full_desk.folder, None).record(row["capture_id"], row["record_offset"], row["record_length"])
    report = verify_desk(full_desk.folder)
    assert (report.posts, report.chunks_checked) == (500, 0)
    rewritten(full_desk, "posts", replaced("capture_id", 5, "k" + "a" * 26))
    without = read_manifest((full_desk.folder / "tables" / "manifest.json").read_bytes(), "it")
    assert without.tables["posts"]
    with pytest.raises(EvidenceError, match="leaf 6: the row of the posts table is of another capture"):
        verify_desk(full_desk.folder)


def test_no_name_and_no_original_can_be_read_from_a_folder_without_its_keys(full_desk):
    record = Originals(full_desk.folder, full_desk.keys.sealer)
    row = snapshot(full_desk.folder).read("posts").to_pylist()[7]
    original = record.record(row["capture_id"], row["record_offset"], row["record_length"])
    for path in (path for path in full_desk.folder.rglob("*") if path.is_file()):
        raw = path.read_bytes()
        told = raw
        if path.suffix == ".parquet":
            told = str(pq.read_table(path).to_pydict()).encode()
        elif path.suffix == ".z":
            told = zlib.decompress(raw)
        assert original not in told
        assert b"villager" not in told
        assert b"Villager" not in told
