"""An erasure: nothing of it stays in any file, the log goes on verifying, a re-import brings nothing back."""

from __future__ import annotations

import json
import shutil
import zlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from archive.village import batch, blocks_of, imported, records
from tocsin.archive import IndexWriter, Originals, snapshot, verify_desk
from tocsin.archive.durable import Disk
from tocsin.archive.erasure import ErasurePlan, erase
from tocsin.archive.secret_files import Secrets
from tocsin.records.errors import EvidenceError, TocsinInputError
from tocsin.records.posts import Block, CaptureNote


def plan_for(desk, leaves: list[int], **more) -> ErasurePlan:
    """What erases these posts, and the names of accounts that posted nothing else."""
    rows = snapshot(desk.folder).read("posts").to_pylist()
    gone = [row for row in rows if row["leaf_index"] in leaves]
    others = {row["account_id"] for row in rows if row["leaf_index"] not in leaves}
    ranges: dict[str, list[tuple[int, int]]] = {}
    for row in gone:
        ranges.setdefault(row["capture_id"], []).append((row["record_offset"], row["record_length"]))
    ids = frozenset(row["post_id"] for row in gone)
    accounts = {row["account_id"] for row in gone} - others
    return ErasurePlan(tuple(leaves), ids, ranges, ids | accounts, **more)


def told(desk) -> Iterator[tuple[Path, bytes]]:
    """What each file of a desk says to somebody who has the keys."""
    for path in desk.folder.rglob("*"):
        if not path.is_file():
            continue
        raw, name = path.read_bytes(), str(path.relative_to(desk.folder))
        if name.endswith(".sealed"):
            raw = desk.keys.sealer.opened(raw, name)
        if name.startswith("chunks/") or name.endswith(".z"):
            raw = zlib.decompress(raw)
        if ".parquet" in name:
            raw = json.dumps(pq.read_table(BytesIO(raw)).to_pylist(), default=str).encode()
        yield path, raw


@pytest.fixture
def lived_in(desk):
    """A desk with two captures, a search index, and one account that posted once."""
    desk.collect([*records(60), *records(1, 5000)])
    desk.collect(records(40, 100))
    with IndexWriter(desk.folder):
        pass
    return desk


def of_number(desk, number: int) -> int:
    """The leaf of the post with a number."""
    rows = snapshot(desk.folder).read("posts", ["leaf_index", "text"]).to_pylist()
    return next(row["leaf_index"] for row in rows if row["text"].endswith(f" {number}"))


def test_nothing_of_an_erased_post_is_left_in_any_file_and_the_log_says_so(lived_in):
    desk, leaf = lived_in, of_number(lived_in, 17)
    row = next(row for row in snapshot(desk.folder).read("posts").to_pylist() if row["leaf_index"] == leaf)
    secret = Secrets(desk.folder).of(leaf)
    platform_id = str(10**15 + 17).encode()
    wanted = [row["text"].encode(), platform_id, secret.hex().encode(), secret, row["folded"].encode()]
    before = b"\n".join(raw for _, raw in told(desk))
    assert all(each in before for each in wanted[:3])
    with desk.writer() as writer:
        done = erase(writer, plan_for(desk, [leaf]), {"reason": "court order 7", "reference": "7/2030"})
    assert (done.order, done.leaves, done.chunks) == (1, 1, 1)
    for path, raw in told(desk):
        assert not any(each in raw for each in wanted), path
        assert not any(each in path.read_bytes() for each in wanted), path
    for keys in (desk.keys, None):
        report = verify_desk(desk.folder, keys)
        assert (report.posts, report.erased, report.originals_lost) == (100, 1, 0)
    with IndexWriter(desk.folder):
        pass
    assert not any(row["text"].encode() in raw for _, raw in told(desk))


def test_the_handle_of_who_posted_nothing_else_goes_and_others_stay(desk):
    desk.collect(records(50))  # 50 accounts, one post each
    assert any(b'villager7"' in raw for _, raw in told(desk))
    with desk.writer() as writer:
        erase(writer, plan_for(desk, [of_number(desk, 7)]), {"reason": "asked by the person"})
    assert not any(b'villager7"' in raw or b'"account": "7"' in raw for _, raw in told(desk))
    assert any(b'villager8"' in raw for _, raw in told(desk))


def test_a_second_order_over_the_same_files_and_later_imports_verify(lived_in):
    desk = lived_in
    for number in (17, 18, 120):
        with desk.writer() as writer:
            erase(writer, plan_for(desk, [of_number(desk, number)]), {"reason": f"order about {number}"})
    desk.collect(records(30, 300))
    report = verify_desk(desk.folder, desk.keys)
    assert (report.posts, report.erased) == (128, 3)
    rows = snapshot(desk.folder).read("posts").to_pylist()
    originals = Originals(desk.folder, desk.keys.sealer)
    for row in rows:
        record = json.loads(originals.record(row["capture_id"], row["record_offset"], row["record_length"]))
        assert record["text"] == row["text"]


def test_the_same_file_imported_again_brings_nothing_back(lived_in):
    desk, leaf = lived_in, of_number(lived_in, 17)
    text = next(r["text"] for r in snapshot(desk.folder).read("posts").to_pylist() if r["leaf_index"] == leaf).encode()
    with desk.writer() as writer:
        erase(writer, plan_for(desk, [leaf]), {"reason": "court order 7"})
        again, _ = imported(writer, desk.keys, [*records(60), *records(1, 5000)])
    counts = again.summary
    assert (counts.read, counts.stored, counts.duplicate, counts.quarantined) == (61, 0, 60, 1)
    assert not any(text in raw or str(10**15 + 17).encode() in raw for _, raw in told(desk))
    assert "erased by an order" in snapshot(desk.folder).read("quarantine")["reason"].to_pylist()[-1]
    assert verify_desk(desk.folder, desk.keys).erased == 1


def test_a_post_that_shared_the_record_keeps_its_row_and_is_counted(lived_in):
    desk, leaf = lived_in, of_number(lived_in, 17)
    neighbour = of_number(desk, 18)
    rows = {row["leaf_index"]: row for row in snapshot(desk.folder).read("posts").to_pylist()}
    plan = plan_for(desk, [leaf], lost=(neighbour,))
    other = rows[neighbour]
    plan.ranges[other["capture_id"]].append((other["record_offset"], other["record_length"]))
    with desk.writer() as writer:
        erase(writer, plan, {"reason": "a page of a timeline"})
    report = verify_desk(desk.folder, desk.keys)
    assert (report.posts, report.erased, report.originals_lost) == (100, 1, 1)


class CutOff(Exception):
    pass


def test_cut_off_at_any_step_an_erasure_is_taken_back_or_brought_to_its_end(tmp_path, lived_in):
    desk, leaf = lived_in, of_number(lived_in, 17)
    text = next(r["text"] for r in snapshot(desk.folder).read("posts").to_pylist() if r["leaf_index"] == leaf).encode()
    plan = plan_for(desk, [leaf])
    kept = tmp_path / "kept"
    shutil.copytree(desk.folder, kept)
    outcomes = set()
    for stop in range(1, 200, 3):
        steps = [0]

        class Cutting(Disk):
            def step(self, what: str, path: Path, steps=steps, stop=stop) -> None:
                steps[0] += 1
                if steps[0] == stop:
                    raise CutOff

        shutil.rmtree(desk.folder)
        shutil.copytree(kept, desk.folder)
        try:
            with desk.writer(disk=Cutting) as writer:
                erase(writer, plan, {"reason": "court order 7"})
            whole = True
        except CutOff:
            whole = False
        desk.writer().close()
        assert not (desk.folder / "erasing").exists()
        report = verify_desk(desk.folder, desk.keys)
        assert report.erased in (0, 1)
        assert report.posts == 101 - report.erased
        there = any(text in raw for _, raw in told(desk))
        assert there == (report.erased == 0)
        outcomes.add((report.erased, whole))
        if whole:
            break
    assert outcomes == {(0, False), (1, False), (1, True)}


def test_an_insider_cannot_pass_off_a_deletion_as_an_erasure(lived_in):
    desk, leaf = lived_in, of_number(lived_in, 17)
    with desk.writer() as writer:
        erase(writer, plan_for(desk, [leaf]), {"reason": "court order 7"})
    chunk = next(desk.folder.glob("chunks/*/*.e000001.sealed"))
    name, good = str(chunk.relative_to(desk.folder)), chunk.read_bytes()
    data = zlib.decompress(desk.keys.sealer.opened(good, name))
    chunk.write_bytes(desk.keys.sealer.sealed(zlib.compress(b" " * len(data)), name))
    with pytest.raises(EvidenceError, match="not the file that the log's statement of erasure names"):
        verify_desk(desk.folder)
    chunk.write_bytes(good)
    verify_desk(desk.folder)


def test_there_must_be_something_to_erase(desk):
    with desk.writer() as writer, pytest.raises(TocsinInputError, match="nothing to erase"):
        erase(writer, ErasurePlan((), frozenset(), {}, frozenset()), {"reason": "none"})


def test_a_post_that_shares_its_record_with_an_erased_one_does_not_break_the_next_import(lived_in):
    desk, leaf = lived_in, of_number(lived_in, 17)
    with desk.writer() as writer:
        erase(writer, plan_for(desk, [leaf]), {"reason": "court order 7"})
        lines = [*records(1, 17), *records(1, 700)]
        note = CaptureNote(source="village")
        block = Block(0, b"".join(lines), ())
        capture = writer.begin_capture(note, "village/jsonl", "page.jsonl", block.data)
        given = batch(desk.keys, capture.capture_id, blocks_of(lines))
        size = len(block.data)
        posts = given.posts.set_column(
            given.posts.schema.get_field_index("record_offset"), "record_offset", pa.array([0, 0], pa.int64())
        )
        posts = posts.set_column(
            posts.schema.get_field_index("record_length"), "record_length", pa.array([size, size], pa.int64())
        )
        result = writer.commit(capture, [block], posts, given.secrets, given.roots, given.names)
        writer.finish_capture(capture)
    assert (result.read, result.stored, result.quarantined) == (2, 0, 2)
    assert verify_desk(desk.folder, desk.keys).erased == 1
    assert snapshot(desk.folder).read("quarantine")["reason"].to_pylist()[-1].startswith("its record holds an erased")
