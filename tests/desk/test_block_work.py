"""The work on blocks: the same whoever does it, in order, however many do it."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pyarrow as pa
import pytest

from cli.at_the_door import environment
from desk.made import collected, new_desk, row, written
from tocsin import desk as desk_room
from tocsin.archive import snapshot
from tocsin.collect import ReadOptions, head_of, open_inputs, recognise
from tocsin.desk.block_work import BLOCKS_BEFORE_PROCESSES, BlockPool, BlockTask, block_work
from tocsin.records.errors import TocsinInputError

KEY = bytes(32)


def tasks(tmp_path, count: int = 2500, block_size: int = 60_000) -> list[BlockTask]:
    """Some ten small blocks of posts, one of them with a damaged line."""
    rows = [
        row(n, f"goats {n} " + "words of everyday life " * 5, f"2026-01-{1 + n % 28:02}T08:00:00Z", f"n{n % 40}")
        for n in range(count)
    ]
    file = written(tmp_path / "posts.jsonl", rows)
    file.write_bytes(file.read_bytes().replace(b'{"id": "700"', b'{"id" "700"'))
    given = next(iter(open_inputs([file], None, tmp_path)))
    reader = recognise(head_of(given, 1 << 16), given.name, ReadOptions())
    context = reader.context(given.open, ReadOptions())
    with given.open() as stream:
        blocks = list(reader.blocks(stream, context, block_size))
    return [BlockTask(block, reader.manifest.format, context, context.source, "k1", KEY) for block in blocks]


def told(works) -> list[tuple[object, ...]]:
    """What must be equal whoever did the work: all but the random secrets and the roots over them."""
    return [
        (w.block.offset, w.posts.to_pydict(), w.names.to_pydict(), w.quarantined, w.non_posts, w.gone, w.dropped)
        for w in works
    ]


def test_one_process_and_two_give_the_same_in_the_same_order(tmp_path):
    given = tasks(tmp_path)
    assert len(given) > BLOCKS_BEFORE_PROCESSES + 3
    with BlockPool(1) as one:
        alone = list(one.results(given))
    with BlockPool(2) as two:
        together = list(two.results(given))
    assert told(alone) == told(together)
    assert [work.block for work in together] == [task.block for task in given]
    assert sum(len(work.quarantined) for work in alone) == 1
    assert sum(work.posts.num_rows for work in alone) == 2499
    for a, b in zip(alone, together, strict=True):
        assert len(a.secrets) == len(b.secrets) == 16 * a.posts.num_rows
        assert len(a.roots) == 32 * a.posts.num_rows
        assert not a.posts.num_rows or a.secrets != b.secrets


def test_a_desk_is_the_same_with_one_process_and_two(tmp_path, monkeypatch):
    monkeypatch.setattr("tocsin.desk.block_work.BLOCKS_BEFORE_PROCESSES", 1)
    rows = [row(n, f"goats {n} " + "words of everyday life " * 12, who=f"n{n % 40}") for n in range(9000)]
    file = written(tmp_path / "posts.jsonl", rows)
    assert file.stat().st_size > 3 << 20
    kept = []
    for processes in (1, 2):
        desk = new_desk(tmp_path / f"desk{processes}")
        result = collected(desk, file, processes=processes)
        assert result.total("stored") == 9000
        posts = snapshot(desk.folder).read(
            "posts", ["leaf_index", "text", "line_no", "record_offset", "folded", "tags"]
        )
        kept.append(posts)
        assert desk_room.verify(desk, None, progress=desk_room.Silent())["posts"] == 9000
    assert kept[0].equals(kept[1])


def broken(task: BlockTask):
    """Fails in whichever process does it."""
    raise TocsinInputError(f"block {task.block.offset} cannot be read")


@pytest.mark.parametrize("processes", [1, 2])
def test_an_error_in_a_process_is_the_error_of_the_call(tmp_path, processes):
    with pytest.raises(TocsinInputError, match="block 0 cannot be read"), BlockPool(processes, broken) as pool:
        list(pool.results(tasks(tmp_path)))


def test_no_more_blocks_are_taken_than_are_worked_on(tmp_path):
    taken: list[int] = []

    def counted():
        for task in tasks(tmp_path):
            taken.append(task.block.offset)
            yield task

    with BlockPool(2) as pool:
        results = pool.results(counted())
        for number, _ in enumerate(results, start=1):
            assert len(taken) <= number + 2 * 2


def test_a_script_without_a_main_guard_is_not_run_again_in_the_processes(tmp_path):
    rows = [row(n, "words of everyday life " * 12) for n in range(15_000)]
    file = written(tmp_path / "posts.jsonl", rows)
    script = tmp_path / "script.py"
    script.write_text(
        textwrap.dedent(
            f"""
            from pathlib import Path
            import tocsin
            print("begun")
            print(tocsin.read_exports({str(file)!r}, processes=2).num_rows)
            """
        )
    )
    done = subprocess.run(
        [sys.executable, str(script)], env=environment(), capture_output=True, text=True, timeout=120, check=False
    )
    assert done.stdout == "begun\n15000\n", done.stderr[-2000:]


def test_work_is_pure_but_for_the_secrets(tmp_path):
    task = tasks(tmp_path, count=50)[0]
    first, second = block_work(task), block_work(task)
    assert first.posts.equals(second.posts)
    assert first.names.equals(second.names)
    assert isinstance(first.posts, pa.Table)
