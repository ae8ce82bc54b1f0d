"""The certificate says what was read, kept, doubled and quarantined, and never when that does not add up."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from archive.village import NOW, batch, blocks_of, records
from tocsin.archive import certificate, certificate_markdown, finished_captures, snapshot, write_certificate
from tocsin.archive.tally import CaptureTally, certified_capture, gaps, posting_minutes
from tocsin.records.errors import EvidenceError
from tocsin.records.posts import CaptureNote


def test_it_counts_each_capture_and_the_total(full_desk):
    shown = snapshot(full_desk.folder)
    captures = finished_captures(shown)
    body = certificate(captures, shown.checkpoint, NOW)
    assert body["totals"]["read"] == 801
    assert (body["totals"]["stored"], body["totals"]["duplicate"], body["totals"]["quarantined"]) == (500, 300, 1)
    assert body["totals"]["versions"] == 100
    assert body["totals"]["reasons"] == {"not JSON": 1}
    assert [each["read"] for each in body["captures"]] == [300, 300, 201]
    assert json.loads(json.dumps(body)) == body
    text = certificate_markdown(captures, shown.checkpoint, NOW)
    assert "Records read 801 = stored 500 + duplicate 300 + quarantined 1." in text
    assert "not JSON: 1" in text
    assert "does not prove that a platform served them" in " ".join(text.split())


def test_counts_that_do_not_add_up_are_no_certificate(full_desk):
    shown = snapshot(full_desk.folder)
    good = finished_captures(shown)[0]
    bad = replace(good, summary=replace(good.summary, duplicate=good.summary.duplicate + 1))
    for make in (certificate, certificate_markdown):
        with pytest.raises(EvidenceError, match="does not add up"):
            make([bad], shown.checkpoint, NOW)
    with pytest.raises(EvidenceError, match="do not add up"):
        CaptureTally(read=2, stored=1).summary("k", "f", 0, None)


def test_what_comes_from_outside_cannot_write_markup(full_desk):
    shown = snapshot(full_desk.folder)
    good = finished_captures(shown)[0]
    hostile = replace(good, summary=replace(good.summary, query="<script>\n# x [a](b)", gone=("`*|",)))
    text = certificate_markdown([hostile], shown.checkpoint, NOW)
    assert "<script>" not in text
    assert "\n# x" not in text
    assert "\\`\\*\\|" in text


def test_it_is_written_into_the_desk_in_both_forms(full_desk):
    shown = snapshot(full_desk.folder)
    path = write_certificate(full_desk.folder, finished_captures(shown), NOW)
    assert path.parent == full_desk.folder / "certificates"
    assert path.read_text().startswith("# Import certificate")
    assert json.loads(path.with_suffix(".json").read_bytes())["totals"]["read"] == 801
    full_desk.writer().close()
    assert path.exists()


def test_a_long_silence_in_a_capture_is_a_gap():
    minutes = np.concatenate([np.arange(0, 3000, 5), np.arange(9000, 12000, 5)]).astype(np.int32)
    (gap,) = gaps([minutes[::2], minutes[1::2]])
    start = datetime(1970, 1, 1, tzinfo=UTC)
    assert gap == (start + timedelta(minutes=2995), start + timedelta(minutes=9000))
    assert gaps([np.arange(0, 3000, 5, dtype=np.int32)]) == ()
    assert gaps([]) == ()
    assert gaps([np.array([0, 100_000], np.int32)]) == ()


def test_a_capture_is_read_back_from_its_table(full_desk):
    for each in finished_captures(snapshot(full_desk.folder)):
        assert certified_capture(json.loads(json.dumps(each.to_json()))) == each


def test_the_query_lies_with_the_names_and_nowhere_else(desk):
    """A query such as from:HANDLE says who is watched."""
    note = CaptureNote("village", query="from:osk.baker")
    blocks = blocks_of(records(300))
    for commits in (1, 2):  # interrupted after the first block, then resumed
        with desk.writer() as writer:
            capture = writer.begin_capture(note, "village/jsonl", "posts.jsonl", blocks[0].data)
            writer.commit(capture, *batch(desk.keys, capture.capture_id, blocks[commits - 1 : commits]))
            if commits == 2:
                writer.finish_capture(capture)
    shown = snapshot(desk.folder, desk.keys.sealer)
    write_certificate(desk.folder, finished_captures(shown), NOW)
    for path in desk.folder.rglob("*"):
        assert not path.is_file() or "tables/names" in str(path) or b"osk.baker" not in path.read_bytes()
    assert "osk.baker" not in str(shown.read("captures").to_pylist())
    rows = [row for row in shown.read("names").to_pylist() if row["kind"] == "file"]
    assert [(row["platform_id"], row["display_name"]) for row in rows] == [("posts.jsonl", "from:osk.baker")]
    assert finished_captures(shown)[0].summary.query.startswith("kept in the names table")


def test_gaps_of_a_capture_that_reaches_the_year_9999():
    posts = pa.table({"posted_at": pa.array([datetime(9999, 12, 31, tzinfo=UTC)], pa.timestamp("us", tz="UTC"))})
    assert posting_minutes(posts).tolist() == [int(datetime(9999, 12, 31, tzinfo=UTC).timestamp()) // 60]
