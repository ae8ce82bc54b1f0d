"""What is committed is there, once, with its original bytes; counts add up; interrupted imports go on."""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from archive.village import NOW, batch, blocks_of, clock, imported, records
from tocsin.archive import open_writer, record_bytes, snapshot, unmasked, verify_desk
from tocsin.records.errors import TocsinError, TocsinInputError
from tocsin.records.posts import POSTS, CaptureNote


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_every_post_points_to_its_original_bytes(desk):
    lines = records(250)
    certified, _ = desk.collect(lines)
    rows = snapshot(desk.folder).read("posts").to_pylist()
    assert len(rows) == 250 == certified.summary.stored
    for row, line in zip(rows, lines, strict=True):
        raw = record_bytes(desk.folder, desk.keys.sealer, row["capture_id"], row["record_offset"], row["record_length"])
        assert raw + b"\n" == line
        assert (row["version_no"], row["archived_at"]) == (1, NOW)


def test_the_capture_joins_to_the_imported_file_exactly(desk):
    lines = [*records(120), b"\n", b"not json at all\n", *records(5, 500)]
    certified, _ = desk.collect(lines)
    whole = record_bytes(desk.folder, desk.keys.sealer, certified.summary.capture_id, 0, certified.summary.size_bytes)
    assert whole == b"".join(lines)


def test_read_is_stored_and_duplicate_and_quarantined(full_desk):
    certified, results = full_desk.collect([*records(10), *records(10, edited=True), b"{\n"])
    summary = certified.summary
    assert (summary.read, summary.stored, summary.duplicate, summary.quarantined) == (21, 10, 10, 1)
    assert summary.versions == 10
    assert summary.reasons == {"not JSON": 1}
    assert sum(result.stored for result in results) == 10


def test_reimporting_stores_nothing_twice(desk):
    desk.collect(records(300))
    before = files_of(desk.folder)
    certified, results = desk.collect(records(300))
    after = files_of(desk.folder)
    assert (certified.summary.stored, certified.summary.duplicate) == (0, 300)
    assert not any(result.stored_mask.any() for result in results)
    new_chunks = {name for name in after.keys() - before.keys() if name.startswith("chunks/")}
    assert new_chunks == set()
    assert all(after[name] == data for name, data in before.items() if name.startswith("chunks/"))
    shown = snapshot(desk.folder, desk.keys.sealer)
    assert shown.rows("posts") == 300
    assert shown.read("names", ["pseudonym", "kind"]).group_by(["kind"]).aggregate(
        [("pseudonym", "count")]
    ).to_pylist() == [
        {"kind": "post", "pseudonym_count": 300},
        {"kind": "account", "pseudonym_count": 50},
        {"kind": "file", "pseudonym_count": 2},
    ]


def test_another_content_of_a_post_is_a_new_version_and_both_are_kept(desk):
    desk.collect(records(20))
    desk.collect(records(20, edited=True))
    desk.collect(records(20))
    rows = snapshot(desk.folder).read("posts", ["post_id", "version_no"]).to_pylist()
    versions: dict[str, list[int]] = {}
    for row in rows:
        versions.setdefault(row["post_id"], []).append(row["version_no"])
    assert set(map(tuple, versions.values())) == {(1, 2)}
    assert len(versions) == 20


def test_an_interrupted_import_goes_on_under_the_same_capture(desk):
    lines = [*records(450), b"{\n"]
    blocks = blocks_of(lines)
    with desk.writer() as writer:
        first = writer.begin_capture(CaptureNote("village"), "village/jsonl", "a.jsonl", blocks[0].data)
        writer.commit(first, *batch(desk.keys, first.capture_id, blocks[:2]))
    with desk.writer() as writer:
        certified, results = imported(writer, desk.keys, lines)
    assert certified.summary.capture_id == first.capture_id
    assert sum(result.read for result in results) == 251
    assert (certified.summary.read, certified.summary.stored, certified.summary.quarantined) == (451, 450, 1)
    assert snapshot(desk.folder).rows("posts") == 450
    verify_desk(desk.folder, desk.keys)


def test_a_file_that_only_begins_like_the_interrupted_one_is_refused_and_can_be_begun_anew(desk):
    blocks = blocks_of(records(400))
    with desk.writer() as writer:
        first = writer.begin_capture(CaptureNote("village"), "village/jsonl", "a.jsonl", blocks[0].data)
        writer.commit(first, *batch(desk.keys, first.capture_id, blocks[:3]))
    other = blocks_of([*records(100), *records(300, 1000)])
    with desk.writer() as writer:
        capture = writer.begin_capture(CaptureNote("village"), "village/jsonl", "a.jsonl", other[0].data)
        assert capture.resumed
        assert writer.skips(capture, other[0])
        with pytest.raises(TocsinInputError, match="goes on differently"):
            writer.skips(capture, other[1])
        anew = writer.begin_capture(CaptureNote("village"), "village/jsonl", "a.jsonl", other[0].data, resume=False)
        assert anew.capture_id != first.capture_id
        assert not writer.skips(anew, other[0])


def test_a_finished_capture_is_never_resumed(desk):
    first, _ = desk.collect(records(100))
    second, _ = desk.collect(records(100))
    assert first.summary.capture_id != second.summary.capture_id


def test_an_empty_file_is_a_capture_too(desk):
    with desk.writer() as writer:
        capture = writer.begin_capture(CaptureNote("village"), "village/jsonl", "empty.jsonl", b"")
        certified = writer.finish_capture(capture)
    assert certified.summary.read == certified.summary.size_bytes == 0
    assert verify_desk(desk.folder, desk.keys).captures == 1


def test_file_names_lie_in_the_names_table_only(desk):
    desk.collect(records(10), file_name="Ada Example's chat.txt")
    whole = b"".join(
        data for name, data in files_of(desk.folder).items() if not name.startswith(("tables/names", "chunks"))
    )
    assert b"Ada Example" not in whole
    names = snapshot(desk.folder, desk.keys.sealer).read("names").to_pylist()
    assert [row["platform_id"] for row in names if row["kind"] == "file"] == ["Ada Example's chat.txt"]


def test_the_container_is_named_by_a_keyed_digest(desk):
    with desk.writer() as writer:
        stream = io.BytesIO(b"PK" + bytes(5_000_000))
        capture = writer.begin_capture(CaptureNote("village"), "village/jsonl", "a.zip", b"x", container=stream)
        writer.finish_capture(capture)
    head = (desk.folder / "captures" / f"{capture.capture_id}.jsonl").read_text().splitlines()[0]
    assert hashlib.sha256(b"PK" + bytes(5_000_000)).hexdigest() not in head
    assert '"container": "' in head


def test_addresses_do_not_confirm_a_guess(desk):
    blocks = blocks_of(records(50))
    desk.collect(records(50))
    plain = hashlib.sha256(blocks[0].data).hexdigest()
    everything = b"".join(files_of(desk.folder).values()) + "".join(files_of(desk.folder)).encode()
    assert plain.encode() not in everything
    assert hashlib.sha256(blocks[0].data).digest() not in everything


def test_rows_that_do_not_fit_their_blocks_are_refused(desk):
    blocks = blocks_of(records(200))
    with desk.writer() as writer:
        capture = writer.begin_capture(CaptureNote("village"), "village/jsonl", "a", blocks[0].data)
        made = batch(desk.keys, capture.capture_id, blocks[:2])
        with pytest.raises(TocsinError, match="outside the blocks"):
            writer.commit(capture, blocks[:1], *made[1:])
        with pytest.raises(TocsinError, match="does not go on"):
            writer.commit(capture, blocks[1:2], *batch(desk.keys, capture.capture_id, blocks[1:2])[1:])
        with pytest.raises(TocsinError, match="another capture"):
            writer.commit(capture, *batch(desk.keys, "k" + "a" * 26, blocks[:2]))
        with pytest.raises(TocsinError, match="do not fit the rows"):
            writer.commit(capture, made.blocks, made.posts, made.secrets[:-16], made.roots, made.names)
        assert writer.commit(capture, *made).stored == 200  # none of the refusals harmed the writer


def test_a_second_writer_is_told_who_has_the_desk(desk):
    with desk.writer(), pytest.raises(TocsinError, match="another process is writing") as error:
        desk.writer()
    assert "process " in error.value.got
    desk.writer().close()


def test_a_second_writer_may_wait(desk):
    code = (
        "import sys, time, fcntl, os\n"
        "f = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)\n"
        "fcntl.flock(f, fcntl.LOCK_EX)\n"
        "print('locked', flush=True)\n"
        "time.sleep(0.5)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(desk.folder / "lock")], stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"locked\n"
        desk.writer(wait_s=10).close()


def test_a_killed_writer_leaves_no_lock(desk):
    code = (
        "import sys, fcntl, os, time\n"
        "f = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)\n"
        "fcntl.flock(f, fcntl.LOCK_EX)\n"
        "print('locked', flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(desk.folder / "lock")], stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"locked\n"
        with pytest.raises(TocsinError, match="another process"):
            desk.writer()
        other.kill()
    desk.writer().close()


def test_a_snapshot_stays_valid_while_a_writer_goes_on(desk):
    desk.collect(records(100))
    shown = snapshot(desk.folder)
    before = shown.read("posts")
    with desk.writer() as writer:
        for start in range(1000, 1400, 100):
            imported(writer, desk.keys, records(100, start))
            assert shown.read("posts").equals(before)
            assert snapshot(desk.folder).rows("posts") == start - 800
        assert shown.rows("posts") == 100
    from tocsin.archive.tiles import Log

    assert Log(desk.folder / "log", shown.log_size).root() == shown.checkpoint.root


def test_the_tables_open_with_nothing_but_a_parquet_reader(full_desk):
    shown = snapshot(full_desk.folder)
    rows = pa.concat_tables([pq.read_table(path) for path in shown.files("posts")])
    assert rows.schema.remove_metadata() == POSTS
    assert rows.num_rows == 500
    assert sorted(rows["leaf_index"].to_pylist()) == rows["leaf_index"].to_pylist()


def test_names_behind_pseudonyms(desk):
    desk.collect(records(5))
    shown = snapshot(desk.folder, desk.keys.sealer)
    account = desk.keys.pseudonyms.account("village", "3")
    assert unmasked(shown, [account]).to_pylist() == [
        {
            "pseudonym": account, "kind": "account", "source": "village", "platform_id": "3",
            "handle": "villager3", "display_name": "Villager 3",
        }
    ]  # fmt: skip
    assert unmasked(shown, []).num_rows == 0


def test_other_statements_are_appended_and_reserved_ones_are_not(desk):
    with desk.writer() as writer:
        assert list(writer.append_statements([{"type": "noted", "v": 1, "leaf": 3}])) == [0]
        for bad in ({"type": "post", "v": 1}, {"type": "viewed"}, {"v": 1}):
            with pytest.raises(TocsinError, match="statement needs"):
                writer.append_statements([bad])
        with pytest.raises(ValueError, match="ASCII"):
            writer.append_statements([{"type": "viewed", "v": 1, "by": "\u0627"}])
    assert verify_desk(desk.folder).entries == 1


def test_a_closed_writer_writes_no_more(desk):
    writer = desk.writer()
    writer.close()
    with pytest.raises(TocsinError, match="closed or failed"):
        writer.append_statements([{"type": "viewed", "v": 1}])


def test_a_clock_without_a_zone_is_refused(desk):
    with (
        open_writer(desk.folder, desk.keys, lambda: clock().replace(tzinfo=None)) as writer,
        pytest.raises(TocsinError, match="without a zone"),
    ):
        writer.append_statements([{"type": "viewed", "v": 1}])
