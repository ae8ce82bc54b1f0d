"""What a desk's writer takes in: blocks, posts and statements, acknowledged only once they survive a power cut.

The states of a commit and what a crash does to them stand in recovery.py.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tocsin.archive import batches
from tocsin.archive.capture import (
    COUNTS,
    Capture,
    Commit,
    captures_row,
    certified_now,
    joined_size,
    with_file_name,
    without_query,
)
from tocsin.archive.chunks import (
    Place,
    block_address,
    capture_file,
    chunk_path,
    container_digest,
    header_line,
    packed_block,
)  # fmt: skip
from tocsin.archive.committer import Committer
from tocsin.archive.custody import detail_digest, sealed_detail
from tocsin.archive.durable import Disk
from tocsin.archive.how_read import detail_of_capture, how_read, noted
from tocsin.archive.keys import Keys
from tocsin.archive.names import known_names
from tocsin.archive.strict import JsonValue, instant_text
from tocsin.archive.tables import OpenCapture, Snapshot
from tocsin.archive.tally import CaptureTally, CertifiedCapture, Noticings, posting_minutes
from tocsin.archive.tombstones import Tombstones
from tocsin.archive.versions import KnownVersions, id_words
from tocsin.records.errors import TocsinInputError
from tocsin.records.posts import NAMES, Block, CaptureNote, QuarantinedRecord

_PACK_THREADS = 2


def open_writer(
    folder: Path,
    keys: Keys,
    clock: Callable[[], datetime],
    *,
    wait_s: float = 0.0,
    random_bytes: Callable[[int], bytes] = os.urandom,
    disk: Callable[[Path], Disk] = Disk,
    keys_disk: Callable[[Path], Disk] = Disk,
    reopen: bool = False,
    may_be_older: bool = False,
) -> Writer:
    """The desk's writer, after bringing the desk to its last acknowledged state.

    Raises TocsinError where another process writes (after waiting `wait_s` seconds) or the desk was handed to others
    (unless `reopen`), EvidenceError where the log and the tables contradict each other, or the log does not go on from
    the last head this machine saw (unless `may_be_older`; the head is then the caller's to replace).
    """
    return Writer(
        folder, keys, clock, wait_s=wait_s, random_bytes=random_bytes, disk=disk, keys_disk=keys_disk, reopen=reopen,
        last_head=None if may_be_older else keys.last_head,
    )  # fmt: skip


class Writer(Committer):
    """Writes one desk; use it as a context manager. Any failed write makes it unusable: open it again."""

    def _opened(self, shown: Snapshot) -> None:
        self._packers = ThreadPoolExecutor(_PACK_THREADS, thread_name_prefix="tocsin-pack")
        self._versions = KnownVersions()
        for batch in shown.batches("posts", ["post_id", "content_id"], 1 << 18):
            self._versions.add(id_words(batch["post_id"]), id_words(batch["content_id"]))
        self._names = known_names(shown.batches("names", batch_rows=1 << 18))
        self._tombstones = Tombstones(self._keys.pseudonyms, shown.read("tombstones"))

    def _stop(self) -> None:
        if hasattr(self, "_packers"):
            self._packers.shutdown()

    def begin_capture(
        self,
        note: CaptureNote,
        format_name: str,
        file_name: str,
        first_block: bytes,
        *,
        container: BinaryIO | str | None = None,
        resume: bool = True,
        options: Mapping[str, JsonValue] | None = None,
        context: str | None = None,
    ) -> Capture:
        """A capture to commit blocks to.

        An unfinished capture of the same format whose first block is the same goes on (same capture id) unless
        `resume` is off: pass each block to `skips` and commit those it does not skip. `container` is the stream of
        the .zip or .gz around it, or its digest. Nothing is written before the first commit.

        `options` (shown in the capture's file) and `context` (sealed, it may name persons) are what is needed to read
        the capture again. An unfinished capture of another context does not go on: `skips` says so.
        """
        self._check_usable()
        address = block_address(self._keys.address_key, first_block)
        for capture_id, each in self._manifest.open_captures.items():
            if resume and each.first_address == address and each.format == format_name:
                return self._resumed(capture_id, each, note, context)
        ordinal = self._manifest.captures_begun + 1
        capture_id = self._keys.pseudonyms.maker("capture")(address, format_name, str(ordinal))
        now = self._now()
        digest = (
            container
            if container is None or isinstance(container, str)
            else container_digest(self._keys.address_key, container)
        )
        query, note = note.query, without_query(note)
        capture = Capture(
            capture_id, note, format_name, 0, 0, CaptureTally(), address, file_name=file_name, query=query
        )
        header = header_line(capture_id, note, format_name, digest, instant_text(now), options)
        secret, capture.detail = self._secret(), how_read(capture, context)
        capture.unwritten.append(header)
        statement = batches.capture_statement(now, capture_id, ordinal, header, secret)
        stated = self._signed([statement | detail_digest(secret, capture.detail)], now)
        capture.statements += stated
        capture.secrets += [*[None] * (len(stated) - 1), secret]
        return capture

    def skips(self, capture: Capture, block: Block) -> bool:
        """Whether a block was acknowledged before the interruption, and so needs no reading.

        Raises TocsinInputError where the file differs from the one whose import was interrupted.
        """
        if block.offset >= capture.resume_offset:
            return False
        if capture.differs:
            raise TocsinInputError(
                "the interrupted import of this file was read with other options",
                next_step="begin a new capture (resume off)",
            )
        place = capture.places.get(block.offset)
        if place is None or place.address != block_address(self._keys.address_key, block.data):
            raise TocsinInputError(
                "the file begins like one whose import was interrupted, but goes on differently",
                next_step="begin a new capture (resume off)",
            )
        return True

    def commit(
        self,
        capture: Capture,
        blocks: Sequence[Block],
        posts: pa.Table,
        secrets: bytes,
        roots: bytes,
        names: pa.Table,
        quarantine: Sequence[QuarantinedRecord] = (),
        *,
        other_records: int = 0,
        gone: Mapping[str, int] | None = None,
        noticed: Noticings | None = None,
    ) -> batches.CommitResult:
        """What was stored, once it is durable. `posts` (schema ENRICHED) may be in any order; it is kept.

        `secrets` is 16 bytes a row and `roots` 32, as `commitments` gave them. The blocks go on where the last
        commit ended. Rows that point into blocks acknowledged before (a resumed import) are passed over. `gone` counts
        what the records said the platform no longer has, by kind.
        """
        self._check_usable()
        now = self._now()
        blocks, posts, secrets, roots, names, refused = self._tombstones.kept_out(blocks, posts, secrets, roots, names)
        quarantine = [*quarantine, *refused]
        address_key, sealer = self._keys.address_key, self._sealer
        packing = self._packers.map(lambda block: packed_block(self._folder, address_key, sealer, block), blocks)
        sifted = self._sifted(batches.checked_posts(posts, secrets, roots, capture.capture_id), secrets, roots)
        size_bytes = joined_size(capture, blocks, posts)
        counts = sifted.counts(len(quarantine))
        tally = capture.tally.with_batch(
            posts, sifted.stored, sifted.versions, quarantine, other_records, gone or {}, noticed or {}
        )
        first_leaf = self._edge.size + len(capture.statements)
        rows = batches.archived_rows(sifted.posts, first_leaf, sifted.version_no, now)
        new_names = self._names.new_rows(with_file_name(capture, names))
        places, chunks = self._chunks(list(packing))
        lines = b"".join([*capture.unwritten, *(place.line for place in places)])
        statement = batches.batch_statement(now, capture.capture_id, places, counts)
        self._acknowledge(
            Commit(
                now,
                before=capture.statements,
                before_secrets=capture.secrets,
                posts=batches.post_entries(instant_text(now), capture.capture_id, sifted.roots),
                after=batches.encoded([statement]),
                secrets=sifted.secrets,
                tables={
                    "posts": rows,
                    "names": new_names.rows,
                    "quarantine": batches.quarantine_rows(self._keys.pseudonyms, capture.capture_id, quarantine, now),
                },
                chunks=chunks | self._detail_file(capture),
                capture_id=capture.capture_id,
                begins=not capture.file_bytes,
                lines=lines,
                file_start=capture.file_bytes,
                open_capture=capture.going_on(size_bytes, len(lines), tally),
            )
        )
        self._versions.add(sifted.post_words, sifted.content_words)
        self._names.add(new_names)
        capture.went_on(size_bytes, len(lines), tally, posting_minutes(posts))
        return batches.CommitResult(
            **counts, versions=sifted.versions, stored_mask=sifted.mask, rows=rows,
            generation=self._manifest.generation, log_size=self._manifest.log_size,
        )  # fmt: skip

    def finish_capture(self, capture: Capture) -> CertifiedCapture:
        """What the finished capture gave.

        Raises EvidenceError unless read = stored + duplicate + quarantined.
        """
        self._check_usable()
        now = self._now()
        certified = certified_now(capture, now)
        counts = {name: int(getattr(certified.summary, name)) for name in COUNTS}
        end = {"complete": True, "size": capture.size_bytes, **counts, "finished_at": instant_text(now)}
        new_names = self._names.new_rows(with_file_name(capture, NAMES.empty_table()))
        statement = batches.finish_statement(now, capture.capture_id, capture.size_bytes, counts)
        lines = b"".join([*capture.unwritten, json.dumps(end).encode() + b"\n"])
        stated = self._signed([statement], now)
        self._acknowledge(
            Commit(
                now,
                before=[*capture.statements, *stated],
                before_secrets=[*capture.secrets, *[None] * len(stated)],
                tables={"captures": captures_row(certified), "names": new_names.rows},
                chunks=self._detail_file(capture),
                capture_id=capture.capture_id,
                begins=not capture.file_bytes,
                lines=lines,
                file_start=capture.file_bytes,
            )
        )
        self._names.add(new_names)
        capture.went_on(capture.size_bytes, len(lines), capture.tally, None)
        return certified

    def _resumed(self, capture_id: str, each: OpenCapture, note: CaptureNote, context: str | None) -> Capture:
        capture = Capture(
            capture_id, without_query(note), each.format, each.size_bytes, each.size_bytes,
            CaptureTally.from_json(each.counts), each.first_address, each.file_bytes,
        )  # fmt: skip
        here = self.snapshot()
        read = capture_file(self._folder, capture_id)
        capture.places = {place.offset: place for place in read.places}
        if "options" in read.head:
            capture.note = noted(read.head)
            capture.differs = detail_of_capture(here, capture_id).get("context") not in (None, context)
        capture.statements += self._signed([batches.resumed_statement(self._now(), capture_id)], self._now())
        capture.secrets += [None] * len(capture.statements)
        for batch in here.batches("posts", ["capture_id", "posted_at"], 1 << 18):
            rows = pa.Table.from_batches([batch])
            capture.minutes.append(posting_minutes(rows.filter(pc.equal(rows["capture_id"], capture_id))))
        return capture

    def _detail_file(self, capture: Capture) -> dict[Path, bytes]:
        if capture.detail is None:
            return {}
        path, data = sealed_detail(self._sealer, self._edge.size + len(capture.statements) - 1, capture.detail)
        return {self._folder / path: data}

    def _sifted(self, posts: pa.Table, secrets: bytes, roots: bytes) -> batches.Sifted:
        post_words, content_words = id_words(posts["post_id"]), id_words(posts["content_id"])
        seen = self._versions.seen(post_words, content_words)
        mask = seen.stored_mask
        if not mask.all():
            posts = posts.filter(pa.array(mask))
            roots = np.frombuffer(roots, "V32")[mask].tobytes()
            secrets = np.frombuffer(secrets, "V16")[mask].tobytes()
        return batches.Sifted(
            mask, seen.version_no[mask], seen.versions, posts, secrets, roots, post_words[mask], content_words[mask]
        )

    def _chunks(self, packed: Sequence[tuple[Place, bytes | None]]) -> tuple[list[Place], dict[Path, bytes]]:
        chunks: dict[Path, bytes] = {}
        for place, data in packed:
            path = self._folder / chunk_path(place.address)
            if data is None:
                self._disk.note_folder(path.parent)  # a crashed writer may have renamed it and not fsynced the folder
            else:
                chunks[path] = data
        return [place for place, _ in packed], chunks
