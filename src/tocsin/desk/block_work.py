"""The work on one block that any process can do: read, pseudonymise, commit to, enrich; and the pool that does it."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import sys
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

import pyarrow as pa

from tocsin.collect import DroppedField, GoneNotice, NonPost, Noticed, ReadContext, reader_named
from tocsin.desk.pseudonymise import pseudonymous_block
from tocsin.enrich import enriched, text_mentions
from tocsin.records.errors import TocsinError
from tocsin.records.ids import Pseudonyms
from tocsin.records.posts import Block, ParsedPost, QuarantinedRecord

# Below this many blocks (about a MiB each) starting processes costs more than it saves.
BLOCKS_BEFORE_PROCESSES = 3
FIRST_NOTICED = 3  # records a kind that the certificate points to


@dataclass(frozen=True, slots=True)
class BlockTask:
    """Everything a process needs to work on one block."""

    block: Block
    format: str
    context: ReadContext
    source: str
    capture_id: str
    pseudonym_key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class BlockWork:
    """What the work on one block gave. Rows of `posts`, `secrets` and `roots` correspond."""

    block: Block
    posts: pa.Table  # ENRICHED
    names: pa.Table  # NAMES
    secrets: bytes = field(repr=False)
    roots: bytes = field(repr=False)
    quarantined: tuple[QuarantinedRecord, ...]
    non_posts: dict[str, int]  # kind -> count: objects that are no posts (users, counts, service lines)
    gone: dict[str, int]  # kind -> count: what the platform itself said is gone
    dropped: dict[str, int]  # field -> count: optional fields of an unexpected type; the posts were kept
    noticed: dict[str, tuple[int, tuple[Noticed, ...]]] = field(default_factory=dict)  # kind -> count and the first few


def block_work(task: BlockTask) -> BlockWork:
    """Read, pseudonymise, commit to and enrich the posts of one block. Pure but for the random secrets."""
    # The work makes many small objects and no cycles: looking for cycles meanwhile costs a fifth of the time.
    gc.disable()
    try:
        return _block_work(task)
    finally:
        gc.enable()


def _block_work(task: BlockTask) -> BlockWork:
    posts: list[ParsedPost] = []
    quarantined: list[QuarantinedRecord] = []
    non_posts: Counter[str] = Counter()
    gone: Counter[str] = Counter()
    dropped: Counter[str] = Counter()
    noticed: dict[str, list[Noticed]] = defaultdict(list)
    for record in reader_named(task.format).records(task.block, task.context):
        if isinstance(record, ParsedPost):
            posts.append(record)
        elif isinstance(record, NonPost):
            non_posts[record.kind] += 1
        elif isinstance(record, GoneNotice):
            gone[record.kind] += 1
        elif isinstance(record, DroppedField):
            dropped[record.field] += 1
        elif isinstance(record, Noticed):
            noticed[record.kind].append(record)
        else:
            quarantined.append(record)
    kept = pseudonymous_block(
        task.block,
        posts,
        source=task.source,
        capture_id=task.capture_id,
        pseudonyms=Pseudonyms(task.pseudonym_key),
        text_mentions=text_mentions,
    )
    return BlockWork(
        block=task.block,
        posts=enriched(kept.posts),
        names=kept.names,
        secrets=kept.secrets,
        roots=kept.roots,
        quarantined=tuple(quarantined),
        non_posts=dict(non_posts),
        gone=dict(gone),
        dropped=dict(dropped),
        noticed={kind: (len(found), tuple(found[:FIRST_NOTICED])) for kind, found in noticed.items()},
    )


@contextmanager
def _main_left_alone() -> Iterator[None]:
    """Starts processes without running the caller's script again in each of them.

    A new process would import the caller's main file; the work needs only this module, and a script typed at a
    prompt, piped in or written without a main guard would fail or run twice.
    """
    main: dict[str, Any] = vars(sys.modules["__main__"])
    kept: dict[str, Any] = {name: main.pop(name) for name in ("__file__", "__spec__") if name in main}
    main["__spec__"] = None
    try:
        yield
    finally:
        main["__spec__"] = None
        main.update(kept)


def _leave_interrupts() -> None:
    """Ctrl-C reaches every process of a terminal; the one that asked for the work answers it, quietly."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


class BlockPool:
    """Works on blocks in order: in this process while they are few, in one process a core once they are many.

    At most two tasks a process are under way, so memory does not grow with the file.
    """

    def __init__(self, processes: int | None = None, work: Callable[[BlockTask], BlockWork] = block_work) -> None:
        self.processes = processes or os.cpu_count() or 1
        self._work = work
        self._executor: ProcessPoolExecutor | None = None

    def __enter__(self) -> BlockPool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._executor is not None:
            self._executor.shutdown(wait=True, cancel_futures=True)

    def results(self, tasks: Iterable[BlockTask]) -> Iterator[BlockWork]:
        """The work on each task, in the order of the tasks."""
        under_way: deque[Future[BlockWork]] = deque()
        for number, task in enumerate(tasks):
            if self._executor is None:
                if self.processes == 1 or number < BLOCKS_BEFORE_PROCESSES:
                    yield self._work(task)
                    continue
                # forkserver: this process has threads (compression, the search index) that a fork would break.
                start = multiprocessing.get_context("forkserver")
                self._executor = ProcessPoolExecutor(self.processes, mp_context=start, initializer=_leave_interrupts)
            with _main_left_alone():
                under_way.append(self._executor.submit(self._work, task))
            if len(under_way) >= 2 * self.processes:
                yield _of(under_way.popleft())
        while under_way:
            yield _of(under_way.popleft())


def _of(future: Future[BlockWork]) -> BlockWork:
    try:
        return future.result()
    except BrokenProcessPool:
        raise TocsinError(
            "a process that read blocks ended abruptly (was memory short?)",
            next_step="run the command again: what was acknowledged is kept, and it goes on there",
        ) from None
