"""The one writer of a desk, in general: its lock, its log, its manifest, and what makes a commit durable.

The states of a commit and what a crash does to them stand in recovery.py.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa

from tocsin.archive import batches, notes
from tocsin.archive.capture import Commit
from tocsin.archive.commitments import SECRET_BYTES
from tocsin.archive.custody import detail_digest, sealed_detail
from tocsin.archive.durable import Disk
from tocsin.archive.handover_states import check_still_current, settled_keys
from tocsin.archive.handovers import KINDS, Handover, signed_handover
from tocsin.archive.keys import Keys, desk_info
from tocsin.archive.last_head import LastHead
from tocsin.archive.lock import DeskLock
from tocsin.archive.recovery import manifest_path, recovered_manifest
from tocsin.archive.secret_files import packed_secrets, secrets_path
from tocsin.archive.staff import staff_of
from tocsin.archive.strict import JsonValue, instant_text
from tocsin.archive.tables import KEPT_MANIFESTS, Manifest, Snapshot, TableFile, table_file
from tocsin.archive.tiles import Log, edge_of, superseded_tiles
from tocsin.records.errors import TocsinError, TocsinInputError


class Committer:
    """Commits to one desk; use it as a context manager. Any failed write makes it unusable: open it again."""

    def __init__(
        self,
        folder: Path,
        keys: Keys,
        clock: Callable[[], datetime],
        *,
        wait_s: float = 0.0,
        random_bytes: Callable[[int], bytes] = os.urandom,
        disk: Callable[[Path], Disk] = Disk,
        keys_disk: Callable[[Path], Disk] = Disk,
        reopen: bool = False,
        last_head: LastHead | None = None,
    ) -> None:
        if desk_info(folder).vkey != keys.signer.verifier.vkey:
            raise TocsinInputError("the keys are not those of this desk")
        self._folder = folder.absolute()
        self._keys, self._clock, self._random_bytes = keys, clock, random_bytes
        self._signer, self._last_head = keys.signer, last_head
        self._cosigner: notes.Signer | None = None
        self._lock = DeskLock(self._folder, wait_s=wait_s)
        self._disk = disk(self._folder / "staging")
        self._usable = False
        try:
            check_still_current(self._folder, keys)
            self._manifest = self._recovered()
            log_size = self._manifest.log_size
            self._keys = settled_keys(self._folder, keys, log_size, self._disk, keys_disk, reopen=reopen)
            self._signer = self._keys.signer
            self._edge = edge_of(Log(self._folder / "log", self._manifest.log_size))
            self._sealer = keys.sealer
            self._staff = staff_of(keys.kept_in) if keys.kept_in else None
            shown = self.snapshot()
            if last_head:
                last_head.check(self._folder, shown.checkpoint, desk_info(self._folder).opened_checkpoint)
            self._opened(shown)
            self._usable = True
        except BaseException:
            self.close()
            raise

    def _recovered(self) -> Manifest:
        """The last acknowledged state, which the desk is in after this."""
        return recovered_manifest(self._folder, self._disk, self._signer.verifier)

    def _opened(self, shown: Snapshot) -> None:
        """What a kind of committer needs to know of the tables before it begins."""

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
            self._stop()
            self._disk.close()
            self._lock.release()

    @property
    def keys(self) -> Keys:
        """The keys it writes with."""
        return self._keys

    def _stop(self) -> None:
        """Stop what a kind of committer runs beside."""

    def snapshot(self) -> Snapshot:
        """The tables as of the last commit."""
        return Snapshot(self._folder, self._manifest, self._sealer)

    def append_statements(
        self, statements: Sequence[Mapping[str, JsonValue]], details: Sequence[Mapping[str, JsonValue] | None] = ()
    ) -> range:
        """The leaf indexes of other statements, once they are durable; each needs "type" and "v", and gets "at".

        They are signed by the staff key beside the desk's keys. `details`, one a statement, hold what may name a person
        (reasons, labels): they lie sealed in custody/, and the statement has only their keyed digest.
        """
        self._check_usable()
        now = self._now()
        reserved = {"post", "capture", "batch", "complete", "tables", "staff", "resumed", "rebuilt", *KINDS}
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

    def commit_erasure(
        self,
        *,
        statements: Sequence[Mapping[str, JsonValue]],
        detail: Mapping[str, JsonValue],
        files: Mapping[str, bytes],
        tables: Mapping[str, tuple[TableFile, ...]],
        tombstones: pa.Table,
        order: int,
    ) -> None:
        """Make an erasure's statements and files durable in one commit; erasure.py says what comes before and after."""
        self._check_usable()
        now, secret = self._now(), self._secret()
        stated: list[dict[str, JsonValue]] = [{**each, "at": instant_text(now)} for each in statements]
        stated[0] |= detail_digest(secret, detail)
        entries = self._signed(stated, now)
        introduced = len(entries) - len(stated)
        path, sealed = sealed_detail(self._sealer, self._edge.size + introduced, detail)
        self._acknowledge(
            Commit(
                now,
                before=entries,
                before_secrets=[*[None] * introduced, secret, *[None] * (len(stated) - 1)],
                tables={"tombstones": tombstones},
                chunks={self._folder / name: data for name, data in {**files, path: sealed}.items()},
                replaced=tables,
                erasures=order,
            )
        )
        self._stop()
        self._opened(self.snapshot())  # what it knew of the tables may be among what went

    @property
    def disk(self) -> Disk:
        """What it writes through."""
        return self._disk

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
            replaced=commit.replaced,
            erasures=self._manifest.erasures if commit.erasures is None else commit.erasures,
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
