"""collect: exports in, captures and posts in the archive, an import certificate out."""

from __future__ import annotations

import os
import string
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote

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
from tocsin.archive.strict import JsonValue
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
from tocsin.collect.context_json import context_text
from tocsin.desk.block_work import BlockPool, BlockTask, BlockWork
from tocsin.desk.place import Desk
from tocsin.desk.progress import Bar, Progress
from tocsin.desk.pseudonymise import storable
from tocsin.records.errors import EvidenceError, TocsinError, TocsinInputError
from tocsin.records.posts import Block

# A commit costs a dozen fsyncs whatever its size; this many blocks are about 16 MiB and some 16,000 posts.
BLOCKS_PER_COMMIT = 16
BYTES_PER_COMMIT = 16 << 20  # or fewer blocks, where records of many MiB make them long
RECORDS_PER_COMMIT = 16_384  # of very short records many fit in a block, and each bad one is a row with its reason
LONGEST_STATED = 1000  # characters of a stated reason or role: a log entry holds 64 KiB
# Statements hold ASCII only (one spelling each); what is readable stays so, all but the percent sign itself.
AS_IS = "".join(set(string.printable) - set(string.whitespace) - {"%"}) + " "
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
    _check_given(paths, options)
    keys = load_keys(desk.folder, desk.keys_folder)
    desk.staging.mkdir(exist_ok=True)
    captures: list[CertifiedCapture] = []
    refused: list[RefusedInput] = []
    with ExitStack() as stack:
        writer = stack.enter_context(open_writer(desk.folder, keys, desk.clock, wait_s=10.0))
        index = stack.enter_context(IndexWriter(desk.folder))
        pool = stack.enter_context(BlockPool(processes))
        if options.may_read_private:
            # Before anything is read: who said they may, why and as what, is in the log whatever comes after.
            writer.append_statements([_private_statement(str(options.private_ok), str(options.my_role))])
        one = _OneDesk(writer, index, pool, keys, options, progress)
        for found in open_inputs(paths, stdin or getattr(sys.stdin, "buffer", None), desk.staging, options.encoding):
            # File names on disk need not be text.
            given = replace(found, name=storable(found.name))
            if isinstance(given, RefusedInput):
                refused.append(_refused(given.name, given.reason))
                continue
            finished, problem = one.collected(given)
            captures.extend(finished)
            refused.extend([_refused(given.name, problem)] if problem else [])
    if not captures:
        _nothing_read(refused)
    certificate = write_certificate(desk.folder, captures, desk.clock())
    named = {"stdin" if str(path) == "-" else os.path.basename(str(path)) for path in paths}
    by_name = tuple(item for item in refused if item.name.split("!")[0] in named)
    return CollectResult(tuple(captures), tuple(refused), by_name, certificate, dict(one.dropped))


def _refused(name: str, reason: str) -> RefusedInput:
    """The refusal, its reason without the name that many reasons begin with."""
    return RefusedInput(name, storable(reason).removeprefix(f"{name}: "))


def _check_given(paths: Sequence[str | Path], options: ReadOptions) -> None:
    """Raise TocsinInputError for an empty path (an unset variable in a script) and for half a statement."""
    if not all(str(path).strip() for path in paths):
        raise TocsinInputError("a path is empty", expected="files or folders of exports")
    stated = (options.private_ok, options.my_role)
    if any(words is not None for words in stated) and not options.may_read_private:
        raise TocsinInputError(
            "reading private or limited posts needs a reason and a role", expected="--private-ok REASON --my-role TEXT"
        )
    if any(len(words or "") > LONGEST_STATED for words in stated):
        raise TocsinInputError("the stated reason or role is too long", expected=f"at most {LONGEST_STATED} characters")


def _private_statement(reason: str, role: str) -> dict[str, str | int]:
    """The log's statement that someone may read private or limited posts; text is percent-encoded UTF-8 (RFC 3986)."""
    return {
        "type": "private_ok",
        "v": 1,
        "reason": quote(reason.strip(), safe=AS_IS),
        "role": quote(role.strip(), safe=AS_IS),
    }


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

    def collected(self, given: Input) -> tuple[list[CertifiedCapture], str]:
        """The finished captures of an input (none: nothing was read) and what went wrong ("": nothing).

        They are two where an import was interrupted and the file has changed since: what was kept then is closed as it
        is, and the file as it is now is read from its beginning.
        """
        closed: list[CertifiedCapture] = []
        try:
            reader = recognise(head_of(given, HEAD_SIZE), given.name, self.options)
            context = reader.context(given.open, self.options)
        except EvidenceError:
            raise
        except TocsinError as error:
            return closed, error.message
        with self.progress.bar(given.name, given.size, "bytes") as bar:
            while True:
                with given.open() as stream:
                    problems: list[str] = []
                    blocks = _until_it_breaks(reader.blocks(stream, context), problems)
                    first = next(blocks, None)
                    if first is None:
                        return closed, problems[0] if problems else "it is empty"
                    capture = self._begun(given, reader, context, first.data)
                    unread = self._unread(capture, chain([first], blocks))
                    if unread is not None:
                        finished = self._written(capture, reader, context, unread, bar)
                        kept = f"{problems[0]} (what came before was kept)" if problems else ""
                        return [*closed, finished], kept
                closed.append(self.writer.finish_capture(capture))
                self.progress.note(
                    f"{given.name} has changed since its import was interrupted, or is read in another way now: "
                    "it is read anew."
                )

    def _begun(self, given: Input, reader: Reader, context: ReadContext, first: bytes) -> Capture:
        container = given.container_open() if given.container_open is not None else None
        with container if container is not None else nullcontext():
            return self.writer.begin_capture(
                context.note, reader.manifest.format, given.name, first, container=container,
                options=stated_options(self.options), context=context_text(context),
            )  # fmt: skip

    def _unread(self, capture: Capture, blocks: Iterator[Block]) -> Iterator[Block] | None:
        """The blocks not acknowledged before; None where the file differs from the one whose import was interrupted."""
        for block in blocks:
            try:
                if not self.writer.skips(capture, block):
                    return chain([block], blocks)
            except TocsinInputError:
                return None
        return iter(())

    def _written(
        self, capture: Capture, reader: Reader, context: ReadContext, blocks: Iterator[Block], bar: Bar
    ) -> CertifiedCapture:
        tasks = (
            BlockTask(
                block, reader.manifest.format, context, context.source, capture.capture_id, self.keys.pseudonym_key
            )
            for block in blocks
        )
        batch: list[BlockWork] = []
        for work in self.pool.results(tasks):
            batch.append(work)
            self.dropped.update(work.dropped)
            bar.advance(len(work.block.data))
            held = sum(len(each.block.data) for each in batch)
            records = sum(each.posts.num_rows + len(each.quarantined) for each in batch)
            if len(batch) == BLOCKS_PER_COMMIT or held >= BYTES_PER_COMMIT or records >= RECORDS_PER_COMMIT:
                self._commit(capture, batch)
                batch = []
        if batch:
            self._commit(capture, batch)
        return self.writer.finish_capture(capture)

    def _commit(self, capture: Capture, batch: Sequence[BlockWork]) -> None:
        result = self.writer.commit(
            capture,
            [work.block for work in batch],
            pa.concat_tables([work.posts for work in batch]),
            b"".join(work.secrets for work in batch),
            b"".join(work.roots for work in batch),
            pa.concat_tables([work.names for work in batch]),
            [record for work in batch for record in work.quarantined],
            other_records=other_records(batch),
            gone=gone(batch),
            noticed=noticed(batch),
        )
        self.index.add(result.rows)


def stated_options(options: ReadOptions) -> dict[str, JsonValue]:
    """The options of an import as its capture's file shows them; reasons and roles stand in the log, and not here."""
    return {
        "source": options.source,
        "mapping": dict(options.mapping),
        "date_order": options.date_order,
        "time_zone": options.time_zone,
        "encoding": options.encoding,
        "may_read_private": options.may_read_private,
    }


def other_records(batch: Sequence[BlockWork]) -> int:
    """How many objects of some blocks are no posts."""
    return sum(sum(work.non_posts.values()) for work in batch)


def gone(batch: Sequence[BlockWork]) -> Counter[str]:
    """What the records of some blocks said the platform no longer has, by kind."""
    found: Counter[str] = Counter()
    for work in batch:
        found.update(work.gone)
    return found


def noticed(batch: Sequence[BlockWork]) -> dict[str, tuple[int, list[str]]]:
    """What was odd about records that were read all the same: how often, and where the first few are."""
    found: dict[str, tuple[int, list[str]]] = {}
    for work in batch:
        for kind, (count, first) in work.noticed.items():
            held, places = found.get(kind, (0, []))
            at = [f"line {each.line_no:,}, byte {each.record_offset:,}" for each in first]
            found[kind] = (held + count, places + at)
    return found


def _until_it_breaks(blocks: Iterator[Block], problems: list[str]) -> Iterator[Block]:
    """The blocks of a stream. One that breaks off ends here and says why in `problems`; what came before it is kept."""
    try:
        yield from blocks
    except TocsinInputError as error:
        problems.append(error.message)
