"""A capture while it is being written, and what one commit makes durable."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tocsin.archive.chunks import Place
from tocsin.archive.strict import JsonValue
from tocsin.archive.tables import CAPTURES, OpenCapture, TableFile
from tocsin.archive.tally import CaptureTally, CertifiedCapture, gaps
from tocsin.records.errors import TocsinError
from tocsin.records.posts import NAMES, Block, CaptureNote

COUNTS = ("read", "stored", "duplicate", "quarantined")
QUERY_KEPT = "kept in the names table, beside the name of the file"


@dataclass
class Capture:
    """A capture being written. `resume_offset`: bytes acknowledged before, when an interrupted import goes on."""

    capture_id: str
    note: CaptureNote
    format: str
    resume_offset: int
    size_bytes: int
    tally: CaptureTally
    first_address: str
    file_bytes: int = 0
    unwritten: list[bytes] = field(default_factory=list)  # lines of its file that go with the next commit
    statements: list[bytes] = field(default_factory=list)  # entries that go with the next commit
    secrets: list[bytes | None] = field(default_factory=list, repr=False)  # one each
    file_name: str = field(default="", repr=False)
    query: str | None = field(default=None, repr=False)
    detail: Mapping[str, JsonValue] | None = field(default=None, repr=False)  # of its first statement, not yet written
    differs: bool = False  # whether the interrupted import was read in another way than is asked for now
    minutes: list[NDArray[np.int64]] = field(default_factory=list, repr=False)
    places: dict[int, Place] = field(default_factory=dict, repr=False)  # acknowledged blocks by offset, if resumed

    @property
    def resumed(self) -> bool:
        """Whether an earlier, interrupted import goes on."""
        return self.resume_offset > 0

    def going_on(self, size_bytes: int, line_bytes: int, tally: CaptureTally) -> OpenCapture:
        """How the manifest will speak of the capture once a commit with these is acknowledged."""
        return OpenCapture(self.format, self.first_address, size_bytes, self.file_bytes + line_bytes, tally.to_json())

    def went_on(self, size_bytes: int, line_bytes: int, tally: CaptureTally, minutes: NDArray[np.int64] | None) -> None:
        """Take note of an acknowledged commit."""
        self.size_bytes, self.tally = size_bytes, tally
        self.file_bytes += line_bytes
        self.unwritten, self.statements, self.secrets, self.file_name = [], [], [], ""
        self.detail = None
        if minutes is not None:
            self.minutes.append(minutes)


@dataclass(frozen=True)
class Commit:
    """All that one commit makes durable. Leaves in order: `before`, `posts` (with `secrets`), `after`, tables."""

    at: datetime
    before: Sequence[bytes] = ()
    before_secrets: Sequence[bytes | None] = field(default=(), repr=False)
    posts: Sequence[bytes] = ()
    after: Sequence[bytes] = ()
    secrets: bytes = field(default=b"", repr=False)
    tables: Mapping[str, pa.Table] = field(default_factory=dict, repr=False)
    chunks: Mapping[Path, bytes] = field(default_factory=dict, repr=False)
    capture_id: str = ""
    begins: bool = False  # whether the capture is new to the manifest
    lines: bytes = b""  # of the capture's file, from byte `file_start` on
    file_start: int = 0
    open_capture: OpenCapture | None = None
    replaced: Mapping[str, tuple[TableFile, ...]] = field(default_factory=dict)  # tables whose files are others now
    erasures: int | None = None


def without_query(note: CaptureNote) -> CaptureNote:
    """The note as files outside the names table show it: a query such as from:HANDLE says who is watched."""
    return replace(note, query=QUERY_KEPT) if note.query else note


def certified_now(capture: Capture, now: datetime) -> CertifiedCapture:
    """What the certificate says of a capture that is complete now.

    Raises EvidenceError unless read = stored + duplicate + quarantined.
    """
    note = replace(capture.note, gone=(*capture.note.gone, *capture.tally.told_gone))
    return CertifiedCapture(
        capture.tally.summary(capture.capture_id, capture.format, capture.size_bytes, note),
        gaps(capture.minutes),
        capture.tally.other_records,
        capture.tally.posts_without_time,
        now,
    )


def captures_row(certified: CertifiedCapture) -> pa.Table:
    """The row of the captures table that a finished capture adds."""
    row = {
        "capture_id": certified.summary.capture_id,
        "finished_at": certified.finished_at,
        "summary": json.dumps(certified.to_json()),
    }
    return pa.Table.from_pylist([row], schema=CAPTURES)


def joined_size(capture: Capture, blocks: Sequence[Block], posts: pa.Table) -> int:
    """The capture's size with these blocks. Raises TocsinError where blocks or rows do not fit on."""
    start = end = capture.size_bytes
    for block in blocks:
        if block.offset != end:
            raise TocsinError(
                "a block does not go on where the last one ended", expected=str(end), got=str(block.offset)
            )
        end += len(block.data)
    if posts.num_rows:
        offsets = posts["record_offset"]
        first, last = pc.min(offsets).as_py(), pc.max(pc.add(offsets, posts["record_length"])).as_py()
        if first < start or last > end:
            raise TocsinError("rows point outside the blocks they come with", expected=f"{start} to {end}")
    return end


def with_file_name(capture: Capture, names: pa.Table) -> pa.Table:
    """Rows for the names table; with a capture's first commit, its file name and query too (they can name persons)."""
    names = names.select(NAMES.names).cast(NAMES)
    if not capture.file_name:
        return names
    row = [(capture.capture_id, "file", capture.note.source, capture.file_name, None, capture.query)]
    return pa.concat_tables([names, pa.Table.from_pylist([dict(zip(NAMES.names, row[0], strict=True))], schema=NAMES)])
