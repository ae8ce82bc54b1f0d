"""The derived tables: plain Parquet files and one manifest that says which of them count.

A reader takes the manifest once and has a snapshot: the files it names are never changed, only added to, and files
that a later manifest no longer names stay for the manifests still kept. Decision 0002 says why not Delta Lake.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tocsin.archive import merkle, notes
from tocsin.archive.sealing import ENDING, Sealer, needed
from tocsin.archive.strict import base64_bytes, instant_text
from tocsin.records.errors import EvidenceError, TocsinError, TocsinInputError
from tocsin.records.evidence import Checkpoint
from tocsin.records.posts import NAMES, POSTS, QUARANTINE

MANIFEST_FORMAT = "tocsin/tables/v1"
KEPT_MANIFESTS = 16
SEALED = frozenset({"names"})  # tables that say who is behind a pseudonym
_UTC_US = pa.timestamp("us", tz="UTC")

# Rows: one finished capture, with the counts of its certificate.
CAPTURES = pa.schema(
    [
        pa.field("capture_id", pa.string(), nullable=False),
        pa.field("finished_at", _UTC_US, nullable=False),
        pa.field("summary", pa.string(), nullable=False),  # CaptureSummary as JSON
    ]
)
# Rows: one erased post, by a pseudonym of its pseudonym: a re-import is not to bring it back.
TOMBSTONES = pa.schema(
    [pa.field("tombstone", pa.string(), nullable=False), pa.field("order", pa.int64(), nullable=False)]
)
SCHEMAS: dict[str, pa.Schema] = {
    "posts": POSTS, "names": NAMES, "quarantine": QUARANTINE, "captures": CAPTURES, "tombstones": TOMBSTONES,
}  # fmt: skip
# Dictionary pages pay where few values repeat; on ids and texts they only cost time.
_REPEATING = {
    "posts": ["archived_at", "source", "capture_id", "account_id", "channel_id", "time_basis", "kind", "audience",
              "status", "platform_lang", "lang", "version_no"],
    "names": ["kind", "source"],
    "quarantine": ["capture_id", "field", "reason", "quarantined_at"],
    "captures": [],
    "tombstones": [],
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class TableFile:
    """One Parquet file of a table."""

    path: str  # under tables/
    rows: int
    size_bytes: int
    sha256: str  # hex; finds damage, proves nothing by itself

    @property
    def line(self) -> bytes:
        """What the log's `tables` statement is a keyed digest of, one line a file."""
        return f"{self.path} {self.rows} {self.sha256}\n".encode()

    @property
    def generation(self) -> int:
        """The generation whose commit wrote it."""
        return int(Path(self.path).name.split(".")[0])

    def check(self, tables_folder: Path, sealer: Sealer | None) -> None:
        """Raises EvidenceError unless the file has the bytes and the rows the manifest names.

        The rows of a sealed file are counted only with a sealer.
        """
        what = f"tables/{self.path}"
        try:
            data = (tables_folder / self.path).read_bytes()
        except OSError as error:
            raise EvidenceError(f"{what} is missing or unreadable") from error
        if len(data) != self.size_bytes or sha256(data).hexdigest() != self.sha256:
            raise EvidenceError(f"{what} is not the file that was written")
        if self.path.endswith(ENDING):
            if sealer is None:
                return
            data = sealer.opened(data, what)
        try:
            rows = pq.ParquetFile(pa.BufferReader(data)).metadata.num_rows
        except (pa.ArrowException, OSError) as error:
            raise EvidenceError(f"{what} is no Parquet file") from error
        if rows != self.rows:
            raise EvidenceError(f"{what} has another number of rows", expected=str(self.rows), got=str(rows))


@dataclass(frozen=True, slots=True)
class OpenCapture:
    """How far an unfinished capture was acknowledged."""

    format: str
    first_address: str
    size_bytes: int  # captured bytes acknowledged, from the start without a gap
    file_bytes: int  # length of its file in captures/
    counts: Mapping[str, Any]  # what CaptureTally.to_json gave


@dataclass(frozen=True, slots=True)
class Manifest:
    """Which files make the tables at one generation, and the checkpoint they belong to."""

    generation: int
    written_at: str
    checkpoint: str  # the signed note
    captures_begun: int = 0
    open_captures: Mapping[str, OpenCapture] = field(default_factory=dict)
    tables: Mapping[str, tuple[TableFile, ...]] = field(default_factory=dict)
    staff: tuple[str, ...] = ()  # whose keys the log gives already
    erasures: int = 0  # orders of erasure carried out

    @property
    def log_size(self) -> int:
        """Leaves of the log that the tables cover."""
        return int(self.checkpoint.split("\n")[1])

    def to_json(self) -> bytes:
        """The manifest as written."""
        body = {
            "format": MANIFEST_FORMAT,
            "generation": self.generation,
            "written_at": self.written_at,
            "log_size": self.log_size,
            "checkpoint": self.checkpoint,
            "captures_begun": self.captures_begun,
            **({"staff": list(self.staff)} if self.staff else {}),
            **({"erasures": self.erasures} if self.erasures else {}),
            "open_captures": {
                capture_id: {name: getattr(each, name) for name in OpenCapture.__slots__}
                for capture_id, each in self.open_captures.items()
            },
            "tables": {
                table: [{name: getattr(each, name) for name in TableFile.__slots__} for each in files]
                for table, files in self.tables.items()
            },
        }
        return _as_written({**body, "sha256": _digest(body)})

    def followed_by(
        self, *, written_at: str, checkpoint: str, added: Mapping[str, TableFile], **changes: Any
    ) -> Manifest:
        """The next generation, with files added; `replaced` gives other files of some tables first."""
        held = {**self.tables, **changes.pop("replaced", {})}
        tables = {name: (*held.get(name, ()), *((added[name],) if name in added else ())) for name in SCHEMAS}
        return replace(
            self, generation=self.generation + 1, written_at=written_at, checkpoint=checkpoint, tables=tables, **changes
        )


def first_manifest(signer: notes.Signer, now: datetime) -> Manifest:
    """The manifest of an empty desk."""
    text = notes.checkpoint_text(signer.name, 0, merkle.EMPTY_ROOT)
    return Manifest(0, instant_text(now), signer.signed_note(text), tables={name: () for name in SCHEMAS})


def _as_written(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, indent=1).encode() + b"\n"


def read_manifest(raw: bytes, what: str) -> Manifest:
    """A manifest as read. Raises EvidenceError where it is damaged."""
    try:
        body = json.loads(raw)
        if body.pop("sha256") != _digest(body):
            raise ValueError("does not have its digest")
        if body["format"] != MANIFEST_FORMAT:
            raise TocsinInputError(f"{what} was written by another version", expected=MANIFEST_FORMAT)
        manifest = Manifest(
            body["generation"],
            body["written_at"],
            body["checkpoint"],
            body["captures_begun"],
            {name: OpenCapture(**each) for name, each in body["open_captures"].items()},
            {name: tuple(TableFile(**each) for each in body["tables"].get(name, ())) for name in SCHEMAS},
            tuple(body.get("staff", ())),
            int(body.get("erasures", 0)),
        )
        if _as_written({**body, "sha256": _digest(body)}) != raw:
            raise ValueError("is spelled otherwise than written")
        if body["log_size"] != manifest.log_size or not set(body["tables"]) <= set(SCHEMAS):
            raise ValueError("does not agree with itself")
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise EvidenceError(f"{what} is damaged") from error
    return manifest


def parquet_bytes(table: str, rows: pa.Table) -> pa.Buffer:
    """Rows as a Parquet file of their table's schema."""
    sink = pa.BufferOutputStream()
    pq.write_table(
        rows,
        sink,
        compression="zstd",
        compression_level=1,
        use_dictionary=_REPEATING[table],
        write_statistics=["leaf_index", "posted_at"] if table == "posts" else False,
        row_group_size=65_536,
        store_schema=True,
    )
    return sink.getvalue()


def table_file(table: str, generation: int, rows: pa.Table, sealer: Sealer) -> tuple[TableFile, pa.Buffer | bytes]:
    """The file that adds rows to a table at a generation, and its bytes."""
    data: pa.Buffer | bytes = parquet_bytes(table, rows)
    path = f"{table}/{generation:08d}.parquet"
    if table in SEALED:
        path += ENDING
        data = sealer.sealed(bytes(data), f"tables/{path}")
    return TableFile(path, rows.num_rows, len(data), sha256(data).hexdigest()), data


def rewritten_file(
    table: str, generation: int, order: int, rows: pa.Table, sealer: Sealer | None
) -> tuple[TableFile, pa.Buffer | bytes]:
    """The file that takes the place of a generation's in the `order`-th erasure, and its bytes."""
    data: pa.Buffer | bytes = parquet_bytes(table, rows)
    path = f"{table}/{generation:08d}.e{order:06d}.parquet"
    if table in SEALED:
        path += ENDING
        data = needed(sealer, "names").sealed(bytes(data), f"tables/{path}")
    return TableFile(path, rows.num_rows, len(data), sha256(data).hexdigest()), data


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A reader's view: the tables and the log at one generation. Stays valid while a writer goes on."""

    folder: Path
    manifest: Manifest
    sealer: Sealer | None = None  # opens the sealed tables

    @property
    def generation(self) -> int:
        """Which generation of the tables this is."""
        return self.manifest.generation

    @property
    def log_size(self) -> int:
        """Leaves of the log at this generation."""
        return self.manifest.log_size

    @property
    def checkpoint(self) -> Checkpoint:
        """The signed head of the log at this generation; the signature is checked by `verify_desk`, not here."""
        origin, size, root = self.manifest.checkpoint.split("\n")[:3]
        return Checkpoint(origin, int(size), base64_bytes(root, "checkpoint root", 32), self.manifest.checkpoint)

    @property
    def posts_schema(self) -> pa.Schema:
        """Schema of the posts table."""
        return POSTS

    def files(self, table: str) -> tuple[str, ...]:
        """Absolute paths of the Parquet files that make a table (posts, names, quarantine, captures)."""
        return tuple(str(self.folder / "tables" / each.path) for each in self.manifest.tables[table])

    def rows(self, table: str) -> int:
        """How many rows a table has."""
        return sum(each.rows for each in self.manifest.tables[table])

    def read(self, table: str, columns: Sequence[str] | None = None) -> pa.Table:
        """A whole table, or some of its columns, in memory."""
        return pa.Table.from_batches(self.batches(table, columns), _schema(table, columns))

    def batches(
        self, table: str, columns: Sequence[str] | None = None, batch_rows: int = 16_384, *, until: int | None = None
    ) -> Iterator[pa.RecordBatch]:
        """A table in pieces, in the order of the log; only what commits up to generation `until` added, if given.

        Raises TocsinInputError for a sealed table without a sealer.
        """
        schema = _schema(table, columns)
        for each in self.manifest.tables[table]:
            if until is not None and each.generation > until:
                continue
            path = self.folder / "tables" / each.path
            try:
                with pq.ParquetFile(self._opened(each, path), memory_map=False) as file:
                    for batch in file.iter_batches(batch_rows, columns=list(columns) if columns else None):
                        yield batch.select(schema.names).cast(schema)
            except (pa.ArrowException, OSError, KeyError, ValueError) as error:
                check_machine(error, f"tables/{each.path}")
                raise EvidenceError(f"tables/{each.path} is missing, damaged or of another schema") from error

    def read_file(self, table: str, each: TableFile) -> pa.Table:
        """The rows of one file of a table."""
        path = self.folder / "tables" / each.path
        try:
            return pq.read_table(self._opened(each, path)).select(SCHEMAS[table].names).cast(SCHEMAS[table])
        except (pa.ArrowException, OSError, KeyError, ValueError) as error:
            check_machine(error, f"tables/{each.path}")
            raise EvidenceError(f"tables/{each.path} is missing, damaged or of another schema") from error

    def _opened(self, each: TableFile, path: Path) -> Path | pa.BufferReader:
        if not each.path.endswith(ENDING):
            return path
        return pa.BufferReader(needed(self.sealer, "names").opened(path.read_bytes(), f"tables/{each.path}"))


def snapshot(folder: Path, sealer: Sealer | None = None) -> Snapshot:
    """The desk's tables as last acknowledged; `sealer` opens the names. Takes no lock.

    Raises TocsinInputError where there is no desk.
    """
    try:
        raw = (folder / "tables" / "manifest.json").read_bytes()
    except (FileNotFoundError, NotADirectoryError) as error:
        if (folder / "desk.json").exists():
            raise EvidenceError("tables/manifest.json is missing") from error
        raise TocsinInputError(
            "no desk here", expected="a folder with tables/manifest.json", next_step="run tocsin init"
        ) from error
    return Snapshot(folder.absolute(), read_manifest(raw, "tables/manifest.json"), sealer)


def check_machine(error: Exception, what: str) -> None:
    """Nothing; raises TocsinError where it was the machine that refused (a full file table, a failing disk), which says
    nothing about the evidence.
    """
    if isinstance(error, OSError) and error.errno in (errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENOMEM):
        raise TocsinError(
            f"{what} could not be read", got=os.strerror(error.errno), next_step="run the command again"
        ) from error


def pairs_digest(files: Mapping[str, TableFile]) -> bytes:
    """What the `tables` statement of a commit covers."""
    return b"".join(files[name].line for name in sorted(files))


def _digest(body: Mapping[str, Any]) -> str:
    return sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()  # finds damage, proves nothing by itself


def _schema(table: str, columns: Sequence[str] | None) -> pa.Schema:
    schema = SCHEMAS[table]
    return pa.schema([schema.field(name) for name in columns]) if columns else schema
