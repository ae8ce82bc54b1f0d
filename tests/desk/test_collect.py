"""collect: what an interruption leaves, what a second try does with it, and that every record is counted."""

from __future__ import annotations

import importlib
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from desk.made import collected, new_desk, row, written
from tocsin import desk as desk_room
from tocsin.archive import finished_captures, snapshot
from tocsin.records.errors import RefusedError, TocsinInputError


class Interrupted(BaseException):
    """Somebody pressed Ctrl-C."""


class Impatient(desk_room.Silent):
    """Interrupts the import after so many blocks."""

    def __init__(self, blocks: int) -> None:
        self.left = blocks
        self.notes: list[str] = []

    @contextmanager
    def bar(self, what: str, total: int | None, unit: str) -> Iterator[Impatient]:
        yield self

    def advance(self, count: int) -> None:
        self.left -= 1
        if self.left < 0:
            raise Interrupted

    def note(self, text: str) -> None:
        self.notes.append(text)


@pytest.fixture
def rows():
    """Some six MiB: six blocks."""
    return [
        row(n, f"p{n} " + "goats and sheep at the market " * 300, f"2026-01-{1 + n % 28:02}T08:00:00Z")
        for n in range(700)
    ]


@pytest.fixture
def small_commits(monkeypatch):
    monkeypatch.setattr(importlib.import_module("tocsin.desk.collect"), "BLOCKS_PER_COMMIT", 1)


def ids(desk) -> list[str]:
    return [text.split(" ")[0] for text in snapshot(desk.folder).read("posts", ["text"])["text"].to_pylist()]


def interrupted(desk, file, blocks: int) -> int:
    """Import until the interruption; how many posts were acknowledged."""
    with pytest.raises(Interrupted):
        desk_room.collect(desk, [file], options=desk_room.ReadOptions(), progress=Impatient(blocks), processes=1)
    return snapshot(desk.folder).rows("posts")


def test_an_interrupted_import_goes_on_where_it_was(tmp_path, rows, small_commits):
    desk = new_desk(tmp_path / "desk")
    file = written(tmp_path / "posts.jsonl", rows)
    kept = interrupted(desk, file, 3)
    assert 0 < kept < 700
    again = Impatient(100)
    result = desk_room.collect(desk, [file], options=desk_room.ReadOptions(), progress=again, processes=1)
    # The capture is the one that was begun: it counts each record once, over both tries.
    assert [result.total(name) for name in ("read", "stored", "duplicate")] == [700, 700, 0]
    assert 100 - again.left < 6
    assert Counter(ids(desk)) == Counter(f"p{n}" for n in range(700))
    assert desk_room.verify(desk, None, progress=desk_room.Silent())["captures"] == 1


def test_a_file_that_changed_meanwhile_is_read_anew_and_nothing_kept_is_lost(tmp_path, rows, small_commits):
    desk = new_desk(tmp_path / "desk")
    file = written(tmp_path / "posts.jsonl", rows)
    kept = interrupted(desk, file, 4)
    changed = [
        *rows[:200],
        row("new", "p-new a post put in between"),
        *rows[200:],
        row("last", "p-last and one at the end"),
    ]
    progress = Impatient(100)
    result = desk_room.collect(
        desk, [written(file, changed)], options=desk_room.ReadOptions(), progress=progress, processes=1
    )
    assert [capture.summary.read for capture in result.captures] == [kept, 702]
    assert (result.captures[1].summary.duplicate, result.captures[1].summary.stored) == (kept, 702 - kept)
    assert result.total("read") == result.total("stored") + result.total("duplicate") + result.total("quarantined")
    assert Counter(ids(desk)) == Counter([f"p{n}" for n in range(700)] + ["p-new", "p-last"])
    assert "posts.jsonl has changed" in progress.notes[0]
    assert desk_room.verify(desk, None, progress=desk_room.Silent())["captures"] == 2
    # And the desk takes the next import as if nothing had been.
    assert collected(desk, file).total("duplicate") == 702


def test_a_neighbour_is_read_although_the_first_file_changed_meanwhile(tmp_path, rows, small_commits):
    desk = new_desk(tmp_path / "desk")
    file = written(tmp_path / "exports" / "a.jsonl", rows)
    interrupted(desk, file, 4)
    written(file, rows[:150])
    written(tmp_path / "exports" / "b.jsonl", [row("b", "pb another file")])
    result = collected(desk, tmp_path / "exports")
    assert result.refused == ()
    assert "pb" in ids(desk)
    assert desk_room.verify(desk, None, progress=desk_room.Silent())["posts"] == snapshot(desk.folder).rows("posts")


def test_a_file_cut_off_keeps_what_came_before_and_says_so(tmp_path, rows):
    import gzip

    desk = new_desk(tmp_path / "desk")
    packed = gzip.compress("".join(json.dumps(each) + "\n" for each in rows).encode(), 1)
    file = tmp_path / "posts.jsonl.gz"
    file.write_bytes(packed[: len(packed) * 2 // 3])
    result = collected(desk, file)
    assert 0 < result.total("stored") < 700
    assert [item.name for item in result.named_refusals] == ["posts.jsonl.gz"]
    assert "what came before was kept" in result.refused[0].reason
    file.write_bytes(packed)
    assert collected(desk, file).total("read") == 700
    assert Counter(ids(desk)) == Counter(f"p{n}" for n in range(700))


def test_quarantined_records_are_counted_with_place_and_reason_and_their_bytes_are_kept(tmp_path):
    desk = new_desk(tmp_path / "desk")
    file = written(tmp_path / "posts.jsonl", [row(1, "a"), row(2, "b"), row(3, "c")])
    lines = file.read_bytes().splitlines(keepends=True)
    lines.insert(1, b'{"id": "9", "text": secret}\n')
    file.write_bytes(b"".join(lines))
    result = collected(desk, file)
    assert [result.total(name) for name in ("read", "stored", "quarantined")] == [4, 3, 1]
    held = snapshot(desk.folder).read("quarantine").to_pylist()[0]
    assert held["line_no"] == 2
    assert held["reason"]
    assert "secret" not in held["reason"]
    assert lines[1].strip() == file.read_bytes()[held["record_offset"] :][: held["record_length"]].strip()
    assert finished_captures(snapshot(desk.folder))[0].summary.quarantined == 1


def test_a_verb_needs_no_standard_input_that_is_there(tmp_path, monkeypatch):
    desk = new_desk(tmp_path / "desk")
    file = written(tmp_path / "posts.jsonl", [row(1, "a")])
    monkeypatch.setattr("sys.stdin", None)
    assert collected(desk, file).total("stored") == 1
    with pytest.raises(TocsinInputError, match="standard input"):
        collected(desk, "-")


@pytest.mark.parametrize("options", [{"private_ok": "r"}, {"my_role": "r"}, {"private_ok": "", "my_role": "x"}, {"private_ok": "x" * 1001, "my_role": "x"}])  # fmt: skip
def test_half_a_statement_is_none(tmp_path, options):
    desk = new_desk(tmp_path / "desk")
    with pytest.raises(TocsinInputError):
        collected(desk, written(tmp_path / "posts.jsonl", [row(1, "a")]), options=desk_room.ReadOptions(**options))
    assert snapshot(desk.folder).log_size == 0


def test_a_codebook_without_a_fairness_record_is_refused(tmp_path):
    desk = new_desk(tmp_path / "desk")
    collected(desk, written(tmp_path / "posts.jsonl", [row(1, "a")]))
    from cli.at_the_door import CAST

    shipped = CAST.parents[1] / "assess" / "codebooks" / "grey_lantern.yaml"
    own = tmp_path / "own.yaml"
    own.write_text(
        shipped.read_text(encoding="utf-8").replace("name: grey_lantern", "name: own_lantern", 1), encoding="utf-8"
    )
    (tmp_path / "common.yaml").write_bytes((shipped.parent / "common.yaml").read_bytes())
    with pytest.raises((RefusedError, TocsinInputError)) as caught:
        desk_room.detect(desk, progress=desk_room.Silent(), codebooks=[str(own)])
    assert caught.value.exit_code == 2
