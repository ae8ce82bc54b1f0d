"""Tables, manifest and index made anew from captures and log are those that were there."""

from __future__ import annotations

import csv
import gzip
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from desk.made import collected, new_desk, row, written
from tocsin import desk as desk_room
from tocsin.archive import Keys, Snapshot, load_keys, search_index, snapshot, verify_desk
from tocsin.archive.durable import Disk
from tocsin.archive.tables import SCHEMAS
from tocsin.desk.erase import erase
from tocsin.desk.rebuild import rebuild
from tocsin.desk.replay import occurrences
from tocsin.records.errors import EvidenceError, TocsinError

_OPTIONS = desk_room.ReadOptions


def _csv(file: Path) -> Path:
    """Columns under names of their own; which of day and month comes first is told by a row far down."""
    with file.open("w", newline="", encoding="utf-8") as stream:
        out = csv.writer(stream, delimiter=";")
        out.writerow(["nr", "wer", "wann", "was"])
        out.writerows(
            [n, f"w{n % 4}", f"0{n % 9 + 1}/02/2026 10:00", f"The mill is open,\nline two {n}"] for n in range(30)
        )
        out.writerow(["99", "w1", "27/02/2026 10:00", "The last row says the order of the dates"])
        out.writerow(["100", "w1"])
    return file


def _twitter(file: Path, texts: dict[int, str], gone: bool = True) -> Path:
    pages = []
    for start in range(0, len(texts), 10):
        some = list(texts.items())[start : start + 10]
        page: dict[str, Any] = {
            "data": [
                {
                    "id": str(n),
                    "text": text,
                    "author_id": str(n % 5),
                    "created_at": f"2026-01-{n % 27 + 1:02d}T08:00:00Z",
                }
                for n, text in some
            ],
            "includes": {
                "users": [{"id": str(n), "username": f"villager{n}", "name": f"Villager {n}"} for n in range(5)]
            },
            "meta": {"result_count": len(some)},
        }
        if gone:
            page["errors"] = [{"resource_type": "tweet", "title": "Not Found Error", "resource_id": "7", "detail": "x"}]
        pages.append(page)
    pages.append({"data": [{"id": "", "text": "no id"}]})
    return written(file, pages)


def _telegram(file: Path) -> Path:
    messages = [
        {"id": n, "type": "message", "date": f"2026-01-05T0{n % 9}:00:00", "date_unixtime": str(1767600000 + 60 * n),
         "from": f"Channel {n % 2}", "from_id": f"channel{n % 2}", "text": f"Bread at the market {n}"}
        for n in range(25)
    ]  # fmt: skip
    messages.insert(3, {"id": 900, "type": "service", "date": "2026-01-05T00:00:00", "action": "pin"})
    body = {"name": "The square", "type": "public_channel", "id": 11, "messages": messages}
    file.write_text(json.dumps(body, indent=1), encoding="utf-8")
    return file


def _many(first: int, count: int, words: int = 250) -> list[dict[str, Any]]:
    at = [f"2026-03-{n % 28 + 1:02d}T{n % 24:02d}:{n % 60:02d}:00Z" for n in range(first, first + count)]
    return [
        row(100_000 + n, f"a note about the harbour {n} " + "gate " * words, when)
        for n, when in zip(range(first, first + count), at, strict=True)
    ]


class _Stops(desk_room.Silent):
    """Ctrl-C after some blocks."""

    def __init__(self, after: int) -> None:
        self._left = after

    @contextmanager
    def bar(self, what: str, total: int | None, unit: str) -> Iterator[Any]:
        yield self

    def advance(self, count: int) -> None:
        self._left -= 1
        if self._left < 0:
            raise KeyboardInterrupt


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a desk, its keys and what was imported; made once, and copied for each test."""
    folder = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOCSIN_KEYS", str(folder / "keys"))
        patch.setattr(import_module("tocsin.desk.collect"), "BLOCKS_PER_COMMIT", 1)
        _import_everything(folder)
    return folder


@pytest.fixture
def full(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> desk_room.Desk:
    """A desk with every kind of import, one of them interrupted and resumed after others, one left open."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    monkeypatch.setenv("TOCSIN_KEYS", str(tmp_path / "keys"))
    monkeypatch.setattr(import_module("tocsin.desk.collect"), "BLOCKS_PER_COMMIT", 1)
    return desk_room.open_desk(tmp_path / "desk")


def _import_everything(folder: Path) -> None:
    desk, files = new_desk(folder / "desk"), folder / "in"
    files.mkdir()
    mapped = {"id": "nr", "account": "wer", "posted_at": "wann", "text": "was"}
    collected(desk, _csv(files / "a.csv"), options=_OPTIONS(mapping=mapped, source="paper", time_zone="Europe/Vienna"))
    first = {n: f"Meet at the mill {n} #mill" for n in range(1, 40)}
    collected(desk, _twitter(files / "t.jsonl", first))
    many = written(files / "many.jsonl", _many(0, 1800))
    with pytest.raises(KeyboardInterrupt):
        _collect(desk, many, _Stops(1))
    collected(desk, _telegram(files / "g.json"))
    collected(desk, _twitter(files / "t2.jsonl", first | {3: "Meet at the bridge", 50: "Late"}, gone=False))
    (files / "z.jsonl.gz").write_bytes(gzip.compress(written(files / "z", _many(1700, 200, 3)).read_bytes()))
    collected(desk, files / "z.jsonl.gz")
    collected(desk, many)
    with pytest.raises(KeyboardInterrupt):
        _collect(desk, written(files / "open.jsonl", _many(1000, 1000)), _Stops(1))


def _collect(desk: desk_room.Desk, file: Path, progress: desk_room.Silent) -> None:
    desk_room.collect(desk, [file], options=_OPTIONS(), progress=progress, processes=1)


def _keys(desk: desk_room.Desk) -> Keys:
    return load_keys(desk.folder, desk.keys_folder)


def _tables(desk: desk_room.Desk) -> dict[str, pa.Table]:
    here = snapshot(desk.folder, _keys(desk).sealer)
    return {name: here.read(name) for name in SCHEMAS}


def _here(desk: desk_room.Desk) -> Snapshot:
    return snapshot(desk.folder, _keys(desk).sealer)


def _lose_tables(desk: desk_room.Desk, manifests: bool = False) -> None:
    for name in SCHEMAS:
        shutil.rmtree(desk.folder / "tables" / name, ignore_errors=True)
    shutil.rmtree(desk.folder / "index")
    for path in (desk.folder / "tables").glob("manifest*.json") if manifests else ():
        path.unlink()


def _rebuilt(desk: desk_room.Desk, **more: Any) -> dict[str, Any]:
    return rebuild(desk, progress=desk_room.Silent(), processes=1, **more).as_json()


def _check_equal(before: dict[str, pa.Table], after: dict[str, pa.Table]) -> None:
    for name, rows in before.items():
        assert after[name].equals(rows), name


def test_deleted_tables_and_index_are_rebuilt_row_for_row(full):
    before, open_before = _tables(full), _here(full).manifest.open_captures
    found = search_index(full.folder, "bridge", fold=str.casefold)
    assert before["posts"].num_rows > 1900
    assert before["quarantine"].num_rows >= 2
    assert len(open_before) == 1
    assert max(before["posts"]["version_no"].to_pylist()) == 2
    _lose_tables(full)
    with pytest.raises(EvidenceError):
        verify_desk(full.folder, _keys(full))

    said = _rebuilt(full)

    _check_equal(before, _tables(full))
    assert _here(full).manifest.open_captures == open_before
    assert search_index(full.folder, "bridge", fold=str.casefold) == found != []
    assert said["tables"]["posts"]["rows"] == before["posts"].num_rows == said["posts_checked"]
    assert said["tables"]["posts"]["made"] > 5
    assert said["statements"] == 1
    report = verify_desk(full.folder, _keys(full))
    assert report.posts == before["posts"].num_rows
    assert verify_desk(full.folder).posts == report.posts


def test_a_lost_manifest_is_rebuilt_from_the_log_alone(full):
    before, manifest = _tables(full), _here(full).manifest
    _lose_tables(full, manifests=True)

    said = _rebuilt(full)

    _check_equal(before, _tables(full))
    assert said["manifest_was_there"] is False
    after = _here(full).manifest
    assert (after.open_captures, after.captures_begun, after.staff) == (
        manifest.open_captures, manifest.captures_begun, manifest.staff,
    )  # fmt: skip
    verify_desk(full.folder, _keys(full))


def test_a_lost_manifest_alone_keeps_every_table_file(full):
    before = {path: path.read_bytes() for path in (full.folder / "tables").glob("*/*")}
    for path in (full.folder / "tables").glob("manifest*.json"):
        path.unlink()

    said = _rebuilt(full)

    assert {path: path.read_bytes() for path in (full.folder / "tables").glob("*/*")} == before
    assert all(each["made"] == 0 for each in said["tables"].values())
    verify_desk(full.folder, _keys(full))


def test_with_nothing_lost_the_log_stays_as_it_is_and_all_is_said_to_be_equal(full):
    size = _here(full).log_size
    said = _rebuilt(full)
    assert _here(full).log_size == size
    assert said["statements"] == 0
    for each in said["tables"].values():
        assert each["equal"] == each["kept"]
        assert not each["made"] + each["different"] + each["absent"]


def test_imports_and_rebuilds_go_on_after_a_rebuild(full, tmp_path):
    _lose_tables(full)
    _rebuilt(full)
    collected(full, tmp_path / "in" / "open.jsonl")
    collected(full, written(tmp_path / "in" / "new.jsonl", _many(5000, 5, 3)))
    before = _tables(full)
    verify_desk(full.folder, _keys(full))
    _lose_tables(full, manifests=True)
    _rebuilt(full)
    _check_equal(before, _tables(full))
    verify_desk(full.folder, _keys(full))


def test_one_damaged_table_file_is_replaced_and_the_others_kept(full):
    before = _tables(full)
    damaged = sorted((full.folder / "tables" / "posts").glob("*"))[1]
    damaged.write_bytes(damaged.read_bytes()[:-9])
    said = _rebuilt(full)
    assert said["tables"]["posts"]["made"] == 1
    assert said["tables"]["posts"]["absent"] == 1
    _check_equal(before, _tables(full))
    assert not damaged.exists()
    verify_desk(full.folder, _keys(full))


def test_a_table_file_forged_with_its_manifest_is_told_and_replaced(full):
    """Who can write the folder can make a table and a manifest that fit each other; the log does not vouch for them."""
    before, manifest = _tables(full), _here(full).manifest
    file = manifest.tables["quarantine"][0]
    forged = _here(full).read_file("quarantine", file).slice(0, 0)
    (full.folder / "tables" / file.path).write_bytes(bytes(_parquet("quarantine", forged)))
    said = _rebuilt(full)
    assert said["tables"]["quarantine"]["different"] == 1
    _check_equal(before, _tables(full))


def _parquet(table: str, rows: pa.Table) -> pa.Buffer:
    from tocsin.archive.tables import parquet_bytes

    return parquet_bytes(table, rows)


def test_a_capture_whose_bytes_give_other_rows_is_refused_and_nothing_is_written(small, monkeypatch):
    """The check of every row against its leaf: a reader that reads otherwise than then must not pass for the past."""
    from tocsin.collect import table_rows

    _lose_tables(small)
    before = _all_files(small)
    kept = table_rows.row_post
    monkeypatch.setattr(
        table_rows, "row_post", lambda *given: (each._replace(text="x" + each.text) for each in kept(*given))
    )
    from tocsin.collect import table

    monkeypatch.setattr(table, "row_post", table_rows.row_post)
    with pytest.raises(EvidenceError, match=r"leaf \d+: the row"):
        _rebuilt(small)
    assert {path: data for path, data in _all_files(small).items() if "/tables/" not in str(path)} == {
        path: data for path, data in before.items() if "/tables/" not in str(path)
    }
    monkeypatch.undo()


@pytest.fixture
def small(tmp_path: Path) -> desk_room.Desk:
    """A small desk: a mapped table, and the same posts again with one edited."""
    desk = new_desk(tmp_path / "desk")
    table = [{"n": str(n), "who": "w", "said": f"bread {n}"} for n in range(5)]
    mapped = _OPTIONS(mapping={"id": "n", "account": "who", "text": "said"})
    collected(desk, written(tmp_path / "a.jsonl", table), options=mapped)
    collected(desk, written(tmp_path / "b.jsonl", [*table, {"n": "2", "who": "w", "said": "cake"}]), options=mapped)
    return desk


def _all_files(desk: desk_room.Desk) -> dict[Path, bytes]:
    names = [path for path in desk.folder.rglob("*") if path.is_file()]
    return {path: path.read_bytes() for path in names if path.name != "lock"}


class _FailingDisk(Disk):
    """Fails at the n-th step."""

    steps = 0

    def __init__(self, staging: Path, fail_at: int) -> None:
        super().__init__(staging)
        self._fail_at = fail_at

    def step(self, what: str, path: Path) -> None:
        """One effect more."""
        _FailingDisk.steps += 1
        if _FailingDisk.steps > self._fail_at:
            raise OSError(5, "the disk is gone")


def test_a_rebuild_that_fails_at_any_step_leaves_a_desk_that_rebuilds(small, tmp_path):
    before = _tables(small)
    keys = _keys(small)
    for manifests in (False, True):
        _lose_tables(small, manifests)
        shutil.copytree(small.folder, tmp_path / f"lost{manifests}")
        number, failed = 0, True
        while failed:
            shutil.rmtree(small.folder)
            shutil.copytree(tmp_path / f"lost{manifests}", small.folder)
            for head in small.keys_folder.glob("*.head"):  # the folder is put back on purpose
                head.unlink()
            _FailingDisk.steps = 0
            try:
                _rebuilt(small, disk=lambda staging, at=number: _FailingDisk(staging, at))
                failed = False
            except TocsinError:
                _rebuilt(small)
            _check_equal(before, _tables(small))
            verify_desk(small.folder, keys)
            number += 7
        assert number > 40


def test_a_desk_whose_rebuild_failed_after_the_log_said_so_opens_for_writing(small, tmp_path):
    """Acknowledged: the log has the statement, and the next writer shows the new tables without another rebuild."""
    before = _tables(small)
    _lose_tables(small)
    _FailingDisk.steps = 0

    class Cut(_FailingDisk):
        def publish(self, path: Path, data: bytes) -> None:
            if path.name == "manifest.json":
                raise OSError(5, "cut off between acknowledged and shown")
            super().publish(path, data)

    with pytest.raises(OSError, match="cut off"):
        _rebuilt(small, disk=lambda staging: Cut(staging, 10**9))
    collected(small, written(tmp_path / "c.jsonl", [row(1, "more")]))
    after = _tables(small)
    assert after["posts"].slice(0, before["posts"].num_rows).equals(before["posts"])
    assert after["posts"].num_rows == before["posts"].num_rows + 1
    verify_desk(small.folder, _keys(small))


def test_an_interrupted_import_read_otherwise_is_closed_and_read_anew(tmp_path, monkeypatch):
    monkeypatch.setattr(import_module("tocsin.desk.collect"), "BLOCKS_PER_COMMIT", 1)
    desk = new_desk(tmp_path / "desk")
    file = written(tmp_path / "a.jsonl", [{**each, "other": "x"} for each in _many(0, 1800)])
    mapped = {"id": "id", "account": "author_id", "text": "text", "posted_at": "created_at"}
    with pytest.raises(KeyboardInterrupt):
        desk_room.collect(desk, [file], options=_OPTIONS(mapping=mapped), progress=_Stops(1), processes=1)
    collected(desk, file, options=_OPTIONS(mapping=mapped | {"text": "other"}))
    before = _tables(desk)
    assert before["captures"].num_rows == 2
    assert set(before["posts"]["text"].to_pylist()) >= {"x"}
    _lose_tables(desk)
    _rebuilt(desk)
    _check_equal(before, _tables(desk))


def test_a_capture_that_kept_no_options_is_read_with_the_default_ones_or_refused(small, monkeypatch, tmp_path):
    """As version 0.1.0 wrote them: a mapped table cannot be read without its mapping, and that is said."""
    from tocsin.archive import chunks, writer

    plain = chunks.header_line
    monkeypatch.setattr(writer, "header_line", lambda *given: plain(*given[:5]))
    monkeypatch.setattr(writer, "how_read", lambda *_: None)
    old = new_desk(tmp_path / "old")
    collected(old, written(tmp_path / "c.jsonl", [row(n, f"bread {n}") for n in range(4)]))
    before = _tables(old)
    _lose_tables(old)
    assert _rebuilt(old)["captures_without_file_name"] == 1
    assert _tables(old)["posts"].equals(before["posts"])
    verify_desk(old.folder, _keys(old))

    mapped = {"id": "n", "account": "w", "text": "s"}
    collected(old, written(tmp_path / "m.jsonl", [{"n": "1", "w": "a", "s": "b"}]), options=_OPTIONS(mapping=mapped))
    _lose_tables(old)
    with pytest.raises(TocsinError, match="without a column"):
        _rebuilt(old)


def test_header_and_log_name_no_file_and_no_query(small):
    shown = b"".join(path.read_bytes() for path in (small.folder / "captures").glob("*"))
    shown += b"".join(path.read_bytes() for path in (small.folder / "log").rglob("*") if path.is_file())
    assert b'"mapping": {"id": "n"' in shown
    assert b"a.jsonl" not in shown
    assert b"b.jsonl" not in shown


def test_occurrences_are_every_record_of_a_post_stored_or_not(full):
    posts, keys = _tables(full)["posts"], _keys(full)
    text = posts.filter(pa.compute.equal(posts["text"], "Meet at the mill 3 #mill")).to_pylist()[0]
    found = occurrences(full, keys, [text["post_id"]], processes=1)
    assert len(found) == 2
    assert {each.capture_id for each in found} != {text["capture_id"]}
    assert (text["capture_id"], text["record_offset"], text["record_length"]) == found[0][:3]
    assert not any(each.is_repost for each in found)
    doubled = posts.filter(pa.compute.match_substring(posts["text"], "harbour 1750 ")).to_pylist()[0]["post_id"]
    assert len({each.capture_id for each in occurrences(full, keys, [doubled], processes=1)}) == 3


def test_a_repost_of_a_post_is_an_occurrence_with_a_flag(tmp_path):
    desk = new_desk(tmp_path / "desk")
    repost = {"id": "2", "text": "RT", "author_id": "9", "created_at": "2026-01-02T00:00:00Z",
              "referenced_tweets": [{"type": "retweeted", "id": "1"}]}  # fmt: skip
    first = {"id": "1", "text": "Bread", "author_id": "8", "created_at": "2026-01-01T00:00:00Z"}
    collected(desk, written(tmp_path / "a.jsonl", [{"data": [first, repost]}]))
    ids = dict(zip(("1", "2"), _tables(desk)["posts"]["post_id"].to_pylist(), strict=True))
    found = occurrences(desk, _keys(desk), [ids["1"]], processes=1)
    assert [(each.is_repost, each.post_id, each.row_post_id) for each in found] == [
        (False, ids["1"], ids["1"]), (True, ids["1"], ids["2"]),
    ]  # fmt: skip


def test_what_was_erased_stays_erased_and_a_reimport_of_it_is_kept_out_after_a_rebuild(tmp_path):
    desk = new_desk(tmp_path / "desk")
    rows = [row(n, f"goats {n} at the well", who=f"author{n}") for n in range(6)]
    one, two = written(tmp_path / "a.jsonl", rows), written(tmp_path / "b.jsonl", rows[2:])
    collected(desk, one)
    collected(desk, two)
    gone = _tables(desk)["posts"].to_pylist()[3]
    erase(desk, [gone["post_id"]], reason="asked for by the person, file 7")
    collected(desk, written(tmp_path / "c.jsonl", [*rows[3:], row(9, "new")]))
    before = _tables(desk)
    _lose_tables(desk, manifests=True)

    said = _rebuilt(desk)

    after = _tables(desk)
    assert gone["post_id"] not in after["posts"]["post_id"].to_pylist()
    assert after["tombstones"].num_rows == 1
    assert said["orders_without_tombstones"] == 0
    assert said["quarantine_rows_of_erased_records"] == before["quarantine"].num_rows == 1
    _check_equal({name: before[name] for name in ("posts", "names", "captures", "tombstones")}, after)
    verify_desk(desk.folder, _keys(desk))
    assert collected(desk, written(tmp_path / "d.jsonl", rows[3:4])).total("stored") == 0


def test_a_capture_with_posts_that_lost_their_originals_is_refused_and_says_what_to_do(tmp_path):
    desk = new_desk(tmp_path / "desk")
    page = {
        "data": [
            {"id": str(n), "text": f"bread {n}", "author_id": "8", "created_at": "2026-01-01T00:00:00Z"} for n in (1, 2)
        ]
    }
    collected(desk, written(tmp_path / "a.jsonl", [page]))
    ids = _tables(desk)["posts"]["post_id"].to_pylist()
    erase(desk, ids[:1], reason="asked for by the person, file 7", lose_neighbours=True)
    _lose_tables(desk)
    with pytest.raises(TocsinError, match="restore tables/ from a backup"):
        _rebuilt(desk)


def test_the_command_says_per_table_what_was_there(small, capsys):
    from tocsin.cli import main

    damaged = next((small.folder / "tables" / "posts").glob("*"))
    damaged.unlink()
    assert main(["rebuild", "--desk", str(small.folder)]) == 0
    told = capsys.readouterr().out
    assert "posts" in told
    assert "6 rows; files: 1 kept, 1 made anew" in told
    assert "1 had nothing readable there to compare with" in told
    assert "The log says so." in told


def test_what_a_cut_off_rebuild_left_is_cleared_by_the_next_writer(small, tmp_path):
    """Tables brought back by hand after a rebuild failed: its files must not outlive a later erasure."""
    shutil.copytree(small.folder / "tables", tmp_path / "tables")
    _lose_tables(small)
    _FailingDisk.steps = 0
    with pytest.raises(TocsinError):
        _rebuilt(small, disk=lambda staging: _FailingDisk(staging, 25))
    left = list((small.folder / "tables").glob("*/*.r*"))
    assert left
    shutil.copytree(tmp_path / "tables", small.folder / "tables", dirs_exist_ok=True)
    collected(small, written(tmp_path / "c.jsonl", [row(1, "more")]))
    assert not any(path.exists() for path in left)
    verify_desk(small.folder, _keys(small))
