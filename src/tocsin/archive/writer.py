"""The one writer of a desk: blocks, posts and statements in, acknowledged only once they survive a power cut.

The states of a commit and what a crash does to them stand in recovery.py.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tocsin.archive import batches, notes
from tocsin.archive.capture import Capture, Commit, joined_size, with_file_name, without_query
from tocsin.archive.chunks import (
    Place,
    block_address,
    capture_file,
    chunk_path,
    container_digest,
    header_line,
    packed_block,
)  # fmt: skip
from tocsin.archive.commitments import SECRET_BYTES
from tocsin.archive.custody import detail_digest, sealed_detail
from tocsin.archive.durable import Disk
from tocsin.archive.handover_states import check_still_current, settled_keys
from tocsin.archive.handovers import KINDS, Handover, signed_handover
from tocsin.archive.keys import Keys, desk_info
from tocsin.archive.last_head import LastHead
from tocsin.archive.lock import DeskLock
from tocsin.archive.names import known_names
from tocsin.archive.recovery import manifest_path, recovered_manifest
from tocsin.archive.secret_files import packed_secrets, secrets_path
from tocsin.archive.staff import staff_of
from tocsin.archive.strict import JsonValue, instant_text
from tocsin.archive.tables import KEPT_MANIFESTS, SCHEMAS, Manifest, OpenCapture, Snapshot, TableFile, table_file
from tocsin.archive.tally import CaptureTally, CertifiedCapture, gaps, posting_minutes
from tocsin.archive.tiles import Log, edge_of, superseded_tiles
from tocsin.archive.versions import KnownVersions, id_words
from tocsin.records.errors import TocsinError, TocsinInputError
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


class Writer:
    """Writes one desk; use it as a context manager. Any failed write makes it unusable: open it again."""

    def __init__(
        self,
        folder: Path,
        keys: Keys,
        clock: Callable[[], datetime],
        *,
        wait_s: float,
        random_bytes: Callable[[int], bytes],
        disk: Callable[[Path], Disk],
        keys_disk: Callable[[Path], Disk],
        reopen: bool,
        last_head: LastHead | None,
    ) -> None:
        if desk_info(folder).vkey != keys.signer.verifier.vkey:
            raise TocsinInputError("the keys are not those of this desk")
        self._folder = folder.absolute()
        self._keys, self._clock, self._random_bytes = keys, clock, random_bytes
        self._signer, self._last_head = keys.signer, last_head
        self._cosigner: notes.Signer | None = None
        self._lock = DeskLock(self._folder, wait_s=wait_s)
        self._disk = disk(self._folder / "staging")
        self._packers = ThreadPoolExecutor(_PACK_THREADS, thread_name_prefix="tocsin-pack")
        self._usable = False
        try:
            check_still_current(self._folder, keys)
            self._manifest = recovered_manifest(self._folder, self._disk, self._signer.verifier)
            log_size = self._manifest.log_size
            self._keys = settled_keys(self._folder, keys, log_size, self._disk, keys_disk, reopen=reopen)
            self._signer = self._keys.signer
            self._edge = edge_of(Log(self._folder / "log", self._manifest.log_size))
            self._sealer = keys.sealer
            self._staff = staff_of(keys.kept_in) if keys.kept_in else None
            shown = self.snapshot()
            if last_head:
                last_head.check(self._folder, shown.checkpoint, desk_info(self._folder).opened_checkpoint)
            self._versions = KnownVersions()
            for batch in shown.batches("posts", ["post_id", "content_id"], 1 << 18):
                self._versions.add(id_words(batch["post_id"]), id_words(batch["content_id"]))
            self._names = known_names(shown.batches("names", batch_rows=1 << 18))
            self._usable = True
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let the next writer in. Everything acknowledged is durable already."""
        try:
            if self._usable and self._last_head:
                self._last_head.keep(self.snapshot().checkpoint, desk_info(self._folder).opened_checkpoint)
        finally:
            self._usable = False
            self._packers.shutdown()
            self._disk.close()
            self._lock.release()

    @property
    def keys(self) -> Keys:
        """The keys it writes with."""
        return self._keys

    def snapshot(self) -> Snapshot:
        """The tables as of the last commit."""
        return Snapshot(self._folder, self._manifest, self._sealer)

    def begin_capture(
        self,
        note: CaptureNote,
        format_name: str,
        file_name: str,
        first_block: bytes,
        *,
        container: BinaryIO | str | None = None,
        resume: bool = True,
    ) -> Capture:
        """A capture to commit blocks to.

        An unfinished capture of the same format whose first block is the same goes on (same capture id) unless
        `resume` is off: pass each block to `skips` and commit those it does not skip. `container` is the stream of
        the .zip or .gz around it, or its digest. Nothing is written before the first commit.
        """
        self._check_usable()
        address = block_address(self._keys.address_key, first_block)
        for capture_id, each in self._manifest.open_captures.items():
            if resume and each.first_address == address and each.format == format_name:
                return self._resumed(capture_id, each, note)
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
        header, secret = header_line(capture_id, note, format_name, digest, instant_text(now)), self._secret()
        capture.unwritten.append(header)
        stated = self._signed([batches.capture_statement(now, capture_id, ordinal, header, secret)], now)
        capture.statements += stated
        capture.secrets += [*[None] * (len(stated) - 1), secret]
        return capture

    def skips(self, capture: Capture, block: Block) -> bool:
        """Whether a block was acknowledged before the interruption, and so needs no reading.

        Raises TocsinInputError where the file differs from the one whose import was interrupted.
        """
        if block.offset >= capture.resume_offset:
            return False
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
    ) -> batches.CommitResult:
        """What was stored, once it is durable. `posts` (schema ENRICHED) may be in any order; it is kept.

        `secrets` is 16 bytes a row and `roots` 32, as `commitments` gave them. The blocks go on where the last
        commit ended. Rows that point into blocks acknowledged before (a resumed import) are passed over.
        """
        self._check_usable()
        now = self._now()
        address_key, sealer = self._keys.address_key, self._sealer
        packing = self._packers.map(lambda block: packed_block(self._folder, address_key, sealer, block), blocks)
        sifted = self._sifted(batches.checked_posts(posts, secrets, roots, capture.capture_id), secrets, roots)
        size_bytes = joined_size(capture, blocks, posts)
        counts = sifted.counts(len(quarantine))
        tally = capture.tally.with_batch(posts, sifted.stored, sifted.versions, quarantine, other_records)
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
                chunks=chunks,
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

    def finish_capture(self, capture: Capture, *, gone: Sequence[str] = ()) -> CertifiedCapture:
        """What the finished capture gave; `gone` is what its records said the platform no longer has.

        Raises EvidenceError unless read = stored + duplicate + quarantined.
        """
        self._check_usable()
        now = self._now()
        note = replace(capture.note, gone=(*capture.note.gone, *gone))
        summary = capture.tally.summary(capture.capture_id, capture.format, capture.size_bytes, note)
        certified = CertifiedCapture(
            summary, gaps(capture.minutes), capture.tally.other_records, capture.tally.posts_without_time, now
        )
        counts = {name: int(getattr(summary, name)) for name in ("read", "stored", "duplicate", "quarantined")}
        end = {"complete": True, "size": capture.size_bytes, **counts, "finished_at": instant_text(now)}
        row = {"capture_id": capture.capture_id, "finished_at": now, "summary": json.dumps(certified.to_json())}
        new_names = self._names.new_rows(with_file_name(capture, NAMES.empty_table()))
        statement = batches.finish_statement(now, capture.capture_id, capture.size_bytes, counts)
        lines = b"".join([*capture.unwritten, json.dumps(end).encode() + b"\n"])
        stated = self._signed([statement], now)
        self._acknowledge(
            Commit(
                now,
                before=[*capture.statements, *stated],
                before_secrets=[*capture.secrets, *[None] * len(stated)],
                tables={"captures": pa.Table.from_pylist([row], schema=SCHEMAS["captures"]), "names": new_names.rows},
                capture_id=capture.capture_id,
                begins=not capture.file_bytes,
                lines=lines,
                file_start=capture.file_bytes,
            )
        )
        self._names.add(new_names)
        capture.went_on(capture.size_bytes, len(lines), capture.tally, None)
        return certified

    def append_statements(
        self, statements: Sequence[Mapping[str, JsonValue]], details: Sequence[Mapping[str, JsonValue] | None] = ()
    ) -> range:
        """The leaf indexes of other statements, once they are durable; each needs "type" and "v", and gets "at".

        They are signed by the staff key beside the desk's keys. `details`, one a statement, hold what may name a person
        (reasons, labels): they lie sealed in custody/, and the statement has only their keyed digest.
        """
        self._check_usable()
        now = self._now()
        reserved = {"post", "capture", "batch", "complete", "tables", "staff", *KINDS}
        for each in statements:
            if not isinstance(each.get("type"), str) or each["type"] in reserved or not isinstance(each.get("v"), int):
                raise TocsinError("a statement needs a type of its own and a version number")
        given = [*details, *[None] * (len(statements) - len(details))]
        secrets = [None if detail is None else self._secret() for detail in given]
        stated = [
            {**each, "at": instant_text(now), **detail_digest(secret, detail)}
            for each, secret, detail in zip(statements, secrets, given, strict=True)
        ]
        entries = self._signed(stated, now)
        introduced = len(entries) - len(stated)
        first = self._edge.size + introduced
        files = {
            self._folder / path: data
            for leaf, detail in enumerate(given, first)
            if detail is not None
            for path, data in [sealed_detail(self._sealer, leaf, detail)]
        }
        self._acknowledge(Commit(now, before=entries, before_secrets=[*[None] * introduced, *secrets], chunks=files))
        return range(first, first + len(stated))

    def _signed(self, statements: Sequence[Mapping[str, JsonValue]], now: datetime) -> list[bytes]:
        """The statements as log entries, signed by staff; the key's first statement comes before them if it is new."""
        if self._staff is None:
            return batches.encoded(statements)
        known = self._staff.by in self._manifest.staff
        introduction = [] if known else [self._staff.introduction(instant_text(now))]
        return batches.encoded([*introduction, *map(self._staff.signed, statements)])

    def hand_over(self, kind: str, successor: notes.Signer) -> Handover:
        """The statement that the log passes to another signing key, once durable; both keys sign its checkpoint.

        Nothing more can be written here then: what follows is in handover_states.py.
        """
        self._check_usable()
        now, self._cosigner = self._now(), successor
        stated = signed_handover(
            kind, self._signer, successor, at=instant_text(now), size=self._edge.size, root=self._edge.root
        )
        self._acknowledge(Commit(now, before=[stated.entry], before_secrets=[None]))
        self._usable = False
        return stated

    def _resumed(self, capture_id: str, each: OpenCapture, note: CaptureNote) -> Capture:
        capture = Capture(
            capture_id, without_query(note), each.format, each.size_bytes, each.size_bytes,
            CaptureTally.from_json(each.counts), each.first_address, each.file_bytes,
        )  # fmt: skip
        capture.places = {place.offset: place for place in capture_file(self._folder, capture_id).places}
        for batch in self.snapshot().batches("posts", ["capture_id", "posted_at"], 1 << 18):
            rows = pa.Table.from_batches([batch])
            capture.minutes.append(posting_minutes(rows.filter(pc.equal(rows["capture_id"], capture_id))))
        return capture

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

    def _acknowledge(self, commit: Commit) -> None:
        """Take a commit from begun to shown (recovery.py); any error leaves the writer unusable."""
        generation = self._manifest.generation + 1
        tables = {
            name: table_file(name, generation, rows, self._sealer)
            for name, rows in commit.tables.items()
            if rows.num_rows
        }
        added = {name: each for name, (each, _) in tables.items()}
        last_secrets: list[bytes | None] = [None] * len(commit.after)
        entries = [*commit.before, *commit.posts, *commit.after]
        if added:
            secret = self._secret()
            last_secrets.append(secret)
            entries += batches.encoded([batches.tables_statement(commit.at, generation, secret, added)])
        growth = self._edge.grown(entries)
        head = notes.checkpoint_text(self._signer.name, growth.edge.size, growth.edge.root)
        manifest = self._next_manifest(commit, notes.cosigned(head, self._signer, self._cosigner), added)
        files: dict[Path, bytes | memoryview] = dict(commit.chunks)
        if added or any(commit.before_secrets):
            secrets = packed_secrets(commit.before_secrets, commit.secrets, last_secrets)
            files[self._folder / secrets_path(self._edge.size, secrets)] = secrets
        files |= {self._folder / "log" / path: data for path, data in growth.files.items()}
        files |= {self._folder / "tables" / each.path: memoryview(data) for each, data in tables.values()}
        files[self._folder / manifest_path(generation)] = manifest.to_json()
        old_size, self._usable = self._edge.size, False
        self._disk.write_all(files)
        if commit.lines:
            path = self._folder / "captures" / f"{commit.capture_id}.jsonl"
            self._disk.append(path, commit.file_start, commit.lines)
        self._disk.settle()  # written
        self._disk.publish(self._folder / "log" / "checkpoint", manifest.checkpoint.encode())  # acknowledged
        self._disk.publish(self._folder / "tables" / "manifest.json", manifest.to_json())  # shown
        self._manifest, self._edge, self._usable = manifest, growth.edge, True
        self._tidy(old_size)

    def _next_manifest(self, commit: Commit, checkpoint: str, added: Mapping[str, TableFile]) -> Manifest:
        open_captures = dict(self._manifest.open_captures)
        open_captures.pop(commit.capture_id, None)
        if commit.open_capture:
            open_captures[commit.capture_id] = commit.open_capture
        return self._manifest.followed_by(
            written_at=instant_text(commit.at),
            checkpoint=checkpoint,
            added=added,
            captures_begun=self._manifest.captures_begun + commit.begins,
            open_captures=open_captures,
            staff=self._introduced(commit),
        )

    def _introduced(self, commit: Commit) -> tuple[str, ...]:
        known = self._manifest.staff
        says_so = any(b'"type":"staff"' in each for each in commit.before)
        return (*known, self._staff.by) if self._staff and self._staff.by not in known and says_so else known

    def _tidy(self, old_size: int) -> None:
        """Remove what later files replaced. Not durable until the next commit, which is harmless."""
        for path in superseded_tiles(self._folder / "log", old_size, self._edge.size):
            self._disk.remove(path)
        if self._manifest.generation >= KEPT_MANIFESTS:
            self._disk.remove(self._folder / manifest_path(self._manifest.generation - KEPT_MANIFESTS))

    def _now(self) -> datetime:
        now = self._clock()
        if now.tzinfo is None:
            raise TocsinError("the clock gives times without a zone")
        return now.astimezone(UTC).replace(microsecond=0)  # statements are to the second, and rows agree with them

    def _secret(self) -> bytes:
        return self._random_bytes(SECRET_BYTES)

    def _check_usable(self) -> None:
        if not self._usable:
            raise TocsinError("this writer is closed or failed", next_step="open the desk again")
