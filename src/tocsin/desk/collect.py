"""collect: exports in, captures and posts in the archive, an import certificate out."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa

from tocsin.archive import (
    Capture,
    CertifiedCapture,
    IndexWriter,
    Keys,
    Writer,
    load_keys,
    open_writer,
    write_certificate,
)
from tocsin.collect import (
    HEAD_SIZE,
    Input,
    ReadContext,
    Reader,
    ReadOptions,
    RefusedInput,
    head_of,
    open_inputs,
    recognise,
)
from tocsin.desk.block_work import BlockPool, BlockTask, BlockWork
from tocsin.desk.place import Desk
from tocsin.desk.progress import Bar, Progress
from tocsin.records.errors import EvidenceError, TocsinError, TocsinInputError
from tocsin.records.posts import Block

# A commit costs a dozen fsyncs whatever its size; this many blocks are about 16 MiB and some 16,000 posts.
BLOCKS_PER_COMMIT = 16
COUNTED = ("read", "stored", "duplicate", "quarantined")


@dataclass(frozen=True, slots=True)
class CollectResult:
    """What one call of collect did. `refused` are inputs that could not be read at all, with the reason."""

    captures: tuple[CertifiedCapture, ...]
    refused: tuple[RefusedInput, ...]
    named_refusals: tuple[RefusedInput, ...]  # those the user named one by one, not found inside a folder
    certificate: Path | None
    dropped_fields: dict[str, int] = field(default_factory=dict)

    def total(self, name: str) -> int:
        """Sum of a count over the captures."""
        return sum(getattr(capture.summary, name) for capture in self.captures)

    def as_json(self) -> dict[str, Any]:
        """The machine answer of `tocsin collect`."""
        sources: dict[str, dict[str, int]] = {}
        for capture in self.captures:
            counts = sources.setdefault(capture.summary.source, dict.fromkeys(COUNTED, 0))
            for name in COUNTED:
                counts[name] += getattr(capture.summary, name)
        return {
            "captures": len(self.captures),
            **{name: self.total(name) for name in COUNTED},
            "versions": self.total("versions"),
            "other_records": sum(capture.other_records for capture in self.captures),
            "sources": sources,
            "refused": [{"name": item.name, "reason": item.reason} for item in self.refused],
            "certificate": self.certificate,
        }

    def as_text(self) -> list[str]:
        """The plain summary of `tocsin collect`."""
        lines = []
        for capture in self.captures:
            s = capture.summary
            lines.append(
                f"{s.format:<16} read {s.read:,}: {s.stored:,} stored ({s.versions:,} new versions), "
                f"{s.duplicate:,} duplicate, {s.quarantined:,} quarantined"
            )
        lines.extend(f"not read: {item.name}: {item.reason}" for item in self.refused)
        if self.certificate is not None:
            lines.append(f"Certificate: {self.certificate}")
        lines.append(
            f"{self.total('read'):,} read = {self.total('stored'):,} stored + {self.total('duplicate'):,} duplicate "
            f"+ {self.total('quarantined'):,} quarantined"
        )
        return lines


def collect(
    desk: Desk,
    paths: Sequence[str | Path],
    *,
    options: ReadOptions,
    progress: Progress,
    stdin: BinaryIO | None = None,
    processes: int | None = None,
) -> CollectResult:
    """What was read of `paths` (files, folders, "-"). Everything counted as stored is durable when this returns.

    An input that cannot be read is listed, with the reason, and its neighbours are read all the same.
    Raises TocsinInputError where nothing at all could be read, EvidenceError where the desk does not verify.
    """
    keys = load_keys(desk.folder, desk.keys_folder)
    desk.staging.mkdir(exist_ok=True)
    captures: list[CertifiedCapture] = []
    refused: list[RefusedInput] = []
    with ExitStack() as stack:
        writer = stack.enter_context(open_writer(desk.folder, keys, desk.clock, wait_s=10.0))
        index = stack.enter_context(IndexWriter(desk.folder))
        pool = stack.enter_context(BlockPool(processes))
        one = _OneDesk(writer, index, pool, keys, options, progress)
        for given in open_inputs(paths, stdin if stdin is not None else sys.stdin.buffer, desk.staging):
            if isinstance(given, RefusedInput):
                refused.append(given)
                continue
            finished, problem = one.collected(given)
            captures.extend([finished] if finished is not None else [])
            refused.extend([RefusedInput(given.name, problem)] if problem else [])
    if not captures:
        _nothing_read(refused)
    certificate = write_certificate(desk.folder, captures, desk.clock())
    named = {os.path.basename(str(path)) for path in paths}
    by_name = tuple(item for item in refused if item.name.split("!")[0] in named)
    return CollectResult(tuple(captures), tuple(refused), by_name, certificate, dict(one.dropped))


def _nothing_read(refused: Sequence[RefusedInput]) -> None:
    if not refused:
        raise TocsinInputError("there is nothing to read there", expected="at least one file that is not hidden")
    first = refused[0]
    more = f" (and {len(refused) - 1} more)" if len(refused) > 1 else ""
    raise TocsinInputError(
        f"nothing could be read; {first.name}: {first.reason}{more}",
        next_step="tocsin sources lists what can be read; columns of a table are named with --map field=column",
    )


@dataclass
class _OneDesk:
    """What collecting one input needs of the call it belongs to."""

    writer: Writer
    index: IndexWriter
    pool: BlockPool
    keys: Keys
    options: ReadOptions
    progress: Progress
    dropped: Counter[str] = field(default_factory=Counter)

    def collected(self, given: Input) -> tuple[CertifiedCapture | None, str]:
        """The finished capture of an input (None: nothing was read) and what went wrong ("": nothing)."""
        try:
            reader = recognise(head_of(given, HEAD_SIZE), given.name, self.options)
            context = reader.context(given.open, self.options)
        except EvidenceError:
            raise
        except TocsinError as error:
            return None, error.message
        with given.open() as stream, self.progress.bar(given.name, given.size, "bytes") as bar:
            blocks = reader.blocks(stream, context)
            try:
                first = next(blocks, None)
            except TocsinInputError as error:
                return None, error.message
            if first is None:
                return None, "it is empty"
            return self._written(given, reader, context, chain([first], blocks), first.data, bar)

    def _written(
        self, given: Input, reader: Reader, context: ReadContext, blocks: Iterator[Block], first: bytes, bar: Bar
    ) -> tuple[CertifiedCapture, str]:
        container = given.container_open() if given.container_open is not None else None
        with ExitStack() as stack:
            if container is not None:
                stack.enter_context(container)
            capture = self.writer.begin_capture(
                context.note, reader.manifest.format, given.name, first, container=container
            )
        problems: list[str] = []
        tasks = self._tasks(capture, reader, context, blocks, problems)
        gone: Counter[str] = Counter()
        batch: list[BlockWork] = []
        for work in self.pool.results(tasks):
            batch.append(work)
            gone.update(work.gone)
            self.dropped.update(work.dropped)
            bar.advance(len(work.block.data))
            if len(batch) == BLOCKS_PER_COMMIT:
                self._commit(capture, batch)
                batch = []
        if batch:
            self._commit(capture, batch)
        finished = self.writer.finish_capture(capture, gone=[f"{kind}: {count}" for kind, count in gone.items()])
        return finished, problems[0] if problems else ""

    def _tasks(
        self, capture: Capture, reader: Reader, context: ReadContext, blocks: Iterator[Block], problems: list[str]
    ) -> Iterator[BlockTask]:
        """The blocks still to be worked on. A stream that breaks off ends here; what came before it is kept."""
        while True:
            try:
                block = next(blocks, None)
            except TocsinInputError as error:
                problems.append(f"{error.message} (what came before was kept)")
                return
            if block is None:
                return
            if self.writer.skips(capture, block):
                continue
            yield BlockTask(
                block, reader.manifest.format, context, context.source, capture.capture_id, self.keys.pseudonym_key
            )

    def _commit(self, capture: Capture, batch: Sequence[BlockWork]) -> None:
        result = self.writer.commit(
            capture,
            [work.block for work in batch],
            pa.concat_tables([work.posts for work in batch]),
            b"".join(work.secrets for work in batch),
            b"".join(work.roots for work in batch),
            pa.concat_tables([work.names for work in batch]),
            [record for work in batch for record in work.quarantined],
            other_records=sum(sum(work.non_posts.values()) for work in batch),
        )
        self.index.add(result.rows)
