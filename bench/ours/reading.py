"""Two early ends of `tocsin collect`: reading alone, and reading with archive and log but nothing enriched or indexed.

The same readers, process pool, writer and batch size as the desk's; only the work on a block ends earlier.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
from partial_work import archive_only, read_only

from tocsin.archive import create_desk, load_keys, open_writer
from tocsin.collect import HEAD_SIZE, Input, ReadOptions, head_of, open_inputs, recognise
from tocsin.desk.block_work import BlockPool, BlockTask, BlockWork
from tocsin.desk.collect import BLOCKS_PER_COMMIT

PROCESSES = 2


def _input(file: str, staging: Path) -> Input:
    given = next(iter(open_inputs([file], sys.stdin.buffer, staging)))
    assert isinstance(given, Input)
    return given


def read(file: str) -> dict[str, Any]:
    """Posts read and the seconds it took, from recognising the format on."""
    start = time.perf_counter()
    given, counts = _input(file, Path()), Counter[str]()
    reader = recognise(head_of(given, HEAD_SIZE), given.name, ReadOptions())
    context = reader.context(given.open, ReadOptions())
    with given.open() as stream, BlockPool(PROCESSES, read_only) as pool:  # type: ignore[arg-type]
        blocks = reader.blocks(stream, context)
        tasks = (BlockTask(b, reader.manifest.format, context, context.source, "", b"") for b in blocks)
        for found in pool.results(tasks):
            counts.update(found)  # type: ignore[call-overload]
    return {"posts": counts["ParsedPost"], "seconds": time.perf_counter() - start}


def archive(file: str, desk: str, keys_folder: str) -> dict[str, Any]:
    """Posts stored durably and the seconds it took."""
    folder, keys_at = Path(desk), Path(keys_folder)
    create_desk(folder, keys_at, purpose="bench", legal_basis="generated posts", now=datetime.now(UTC))
    start = time.perf_counter()
    keys, stored = load_keys(folder, keys_at), 0
    (folder / "staging").mkdir(exist_ok=True)
    given = _input(file, folder / "staging")
    reader = recognise(head_of(given, HEAD_SIZE), given.name, ReadOptions())
    context = reader.context(given.open, ReadOptions())
    with (
        open_writer(folder, keys, lambda: datetime.now(UTC)) as writer,
        given.open() as stream,
        BlockPool(PROCESSES, archive_only) as pool,
    ):
        blocks = reader.blocks(stream, context)
        first = next(blocks)
        capture = writer.begin_capture(context.note, reader.manifest.format, given.name, first.data)
        tasks = (
            BlockTask(b, reader.manifest.format, context, context.source, capture.capture_id, keys.pseudonym_key)
            for each in ([first], blocks)
            for b in each
        )
        batch: list[BlockWork] = []
        for work in pool.results(tasks):
            batch.append(work)
            if len(batch) == BLOCKS_PER_COMMIT:
                stored += _commit(writer, capture, batch)
                batch = []
        stored += _commit(writer, capture, batch) if batch else 0
        writer.finish_capture(capture)
    return {"posts": stored, "seconds": time.perf_counter() - start}


def _commit(writer: Any, capture: Any, batch: list[BlockWork]) -> int:
    done = writer.commit(
        capture,
        [work.block for work in batch],
        pa.concat_tables([work.posts for work in batch]),
        b"".join(work.secrets for work in batch),
        b"".join(work.roots for work in batch),
        pa.concat_tables([work.names for work in batch]),
        [record for work in batch for record in work.quarantined],
        other_records=sum(sum(work.non_posts.values()) for work in batch),
    )
    return int(done.stored)


if __name__ == "__main__":
    print(json.dumps({"read": read, "archive": archive}[sys.argv[1]](*sys.argv[2:])))
