"""The derived tables and the manifest made anew, without a table or a manifest to begin from.

What is rebuilt comes commit by commit, from captures and log (the desk replays them). A generation whose files are all
there, and are those the log speaks of, is kept as it is; of any other new files are written beside the old ones, named
`<generation>.r<number>`. Before the log says anything, every post row is checked against its leaf.

    {"type":"rebuilt","v":1,"tables":[[generation,digest],...]}      see replaced_tables.py

The states are those of any commit (recovery.py): until log/checkpoint covers the statement, the desk is as it was, and
new files that no manifest names are in the way of nothing; after it, recovery shows the new manifest. Table files that
the new manifest does not name are removed last, and again by the next rebuild.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

import pyarrow as pa

from tocsin.archive import batches, merkle, notes
from tocsin.archive.capture import Commit
from tocsin.archive.chunks import Originals
from tocsin.archive.committer import Committer
from tocsin.archive.erased import Erasures, erasures_of
from tocsin.archive.logged_acts import logged_acts
from tocsin.archive.posts_check import PostsCheck
from tocsin.archive.recovery import check_not_put_back, latest_generation, settle_erasure
from tocsin.archive.replaced_tables import in_statements, replaced_digests
from tocsin.archive.secret_files import Secrets, secret_files
from tocsin.archive.strict import instant_text
from tocsin.archive.tables import (
    SCHEMAS,
    SEALED,
    Manifest,
    OpenCapture,
    Snapshot,
    TableFile,
    parquet_bytes,
    read_manifest,
)
from tocsin.archive.tiles import WIDTH, Log, unacknowledged_tiles
from tocsin.records.errors import EvidenceError, TocsinError

_NUMBERED = re.compile(r"([0-9]{8})(?:\.[er][0-9]{6})?\.parquet(?:\.sealed)?", re.ASCII)
_MOST_TRIED = 64  # combinations of files of one generation held against its digest


@dataclass
class TableOutcome:
    """What became of one table, in rows and in files. A generation adds one file to a table at most."""

    rows: int = 0
    kept: int = 0  # files that are those the log speaks of
    made: int = 0  # files written anew
    equal: int = 0  # files that could be read before, and had the very rows
    different: int = 0  # files that could be read before, and had other rows
    absent: int = 0  # files that were missing or could not be read


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a rebuild did. `statements` is 0 where nothing was lost and the log has nothing to say."""

    tables: Mapping[str, TableOutcome]
    statements: int
    posts_checked: int
    manifest_was_there: bool


class Rebuilder(Committer):
    """Takes the rows of every commit in the order of the log, then makes tables and manifest of them."""

    _was_there = False

    def _recovered(self) -> Manifest:
        note = (self._folder / "log" / "checkpoint").read_bytes()
        manifest, self._was_there, gone = _manifest_of(self._folder, note, self._signer.verifier)
        log = Log(self._folder / "log", manifest.log_size)
        _check_log(log, manifest)
        manifest = _as_logged(manifest, log)
        if not self._was_there:
            check_not_put_back(latest_generation(self._folder), manifest.generation)
        settle_erasure(self._folder, self._disk, manifest.erasures)
        size = manifest.log_size
        gone += [path for path in (self._folder / "staging").glob("*") if path.is_file()]
        gone += unacknowledged_tiles(self._folder / "log", size)
        gone += [path for path, first_leaf in secret_files(self._folder) if first_leaf >= size]
        gone += [path for path in (self._folder / "custody").glob("*.sealed") if int(path.name[:12]) >= size]
        for path in gone:
            self._disk.remove(path)
        self._disk.settle()
        return manifest

    def _opened(self, shown: Snapshot) -> None:
        self.erasures: Erasures = erasures_of(shown)
        self._replaced = replaced_digests(shown)
        self._secrets = Secrets(self._folder)
        self._held = _held_files(self._folder, self._manifest)
        self._tables: dict[str, list[TableFile]] = {name: [] for name in SCHEMAS}
        self._digests: dict[int, str] = {}
        self._outcomes = {name: TableOutcome() for name in SCHEMAS}

    def take(self, leaf_index: int, generation: int, digest: str, tables: Mapping[str, pa.Table]) -> None:
        """The rows of one commit, whose `tables` statement is at a leaf; its files are kept or written anew.

        Raises EvidenceError where the secret of the statement is missing.
        """
        secret = self._secrets.of(leaf_index)
        if secret is None:
            raise EvidenceError(f"leaf {leaf_index}: its secret is missing")
        tables = {name: rows for name, rows in tables.items() if rows.num_rows}
        kept = self._intact(generation, secret, self._replaced.get(generation, digest))
        files = kept if kept is not None else self._written(generation, tables)
        if kept is None:
            self._digests[generation] = batches.tables_digest(secret, files)
        for name, each in files.items():
            self._tables[name].append(each)
        for name in SCHEMAS:
            self._compare(name, generation, tables.get(name), files.get(name), kept is not None)

    def finish(self, open_captures: Mapping[str, OpenCapture], captures_begun: int) -> Rebuilt:
        """What was rebuilt, once it is durable and the log says so.

        Raises EvidenceError naming the first post whose row is not the one its leaf commits to; the desk is then as it
        was.
        """
        manifest = replace(
            self._manifest,
            tables={name: tuple(files) for name, files in self._tables.items()},
            open_captures=open_captures,
            captures_begun=captures_begun,
        )
        checked = self._check_posts(Snapshot(self._folder, manifest, self._sealer))
        self._cut_back(open_captures)
        statements = 0
        if self._digests or not self._was_there or manifest != self._manifest:
            self._manifest = manifest
            now = self._now()
            stated = self._signed(
                [
                    {"type": "rebuilt", "v": 1, "at": instant_text(now), "tables": pairs}
                    for pairs in in_statements(self._digests)
                ],
                now,
            )
            self._acknowledge(Commit(now, before=stated, before_secrets=[None] * len(stated)))
            statements = len(stated)
        self._clear()
        return Rebuilt(self._outcomes, statements, checked, self._was_there)

    def _intact(self, generation: int, secret: bytes, digest: str) -> dict[str, TableFile] | None:
        """The files of a generation that the log speaks of, None where some are missing or others."""
        held = self._held.get(generation, {})
        choices = [[None, *files] for files in held.values()]
        for chosen in itertools.islice(itertools.product(*choices), _MOST_TRIED):
            files = {name: each for name, each in zip(held, chosen, strict=True) if each is not None}
            sound = {name: self._as_it_lies(name, each) for name, each in files.items()}
            found = {name: each for name, each in sound.items() if each is not None}
            if len(found) == len(files) and batches.tables_digest(secret, found) == digest:
                return found
        return None

    def _as_it_lies(self, table: str, path: str) -> TableFile | None:
        """A table file as it is on disk; None where it cannot be read."""
        try:
            data = (self._folder / "tables" / path).read_bytes()
        except OSError:
            return None
        each = TableFile(path, 0, len(data), sha256(data).hexdigest())
        rows = self._rows_of(table, each)
        return None if rows is None else replace(each, rows=rows.num_rows)

    def _rows_of(self, table: str, each: TableFile) -> pa.Table | None:
        try:
            return self.snapshot().read_file(table, each)
        except EvidenceError:  # a damaged file of a derived table is what this is here to replace
            return None

    def _written(self, generation: int, tables: Mapping[str, pa.Table]) -> dict[str, TableFile]:
        number = self._manifest.generation + 1
        files: dict[str, TableFile] = {}
        contents: dict[Path, bytes | memoryview] = {}
        for name, rows in tables.items():
            path = f"{name}/{generation:08d}.r{number:06d}.parquet"
            data = bytes(parquet_bytes(name, rows))
            if name in SEALED:
                path += ".sealed"
                data = self._sealer.sealed(data, f"tables/{path}")
            files[name] = TableFile(path, rows.num_rows, len(data), sha256(data).hexdigest())
            contents[self._folder / "tables" / path] = data
        self._disk.write_all(contents)
        return files

    def _compare(
        self, table: str, generation: int, now: pa.Table | None, file: TableFile | None, is_kept: bool
    ) -> None:
        outcome = self._outcomes[table]
        outcome.rows += file.rows if file else 0
        outcome.kept += bool(file) and is_kept
        outcome.made += bool(file) and not is_kept
        held = self._held.get(generation, {}).get(table, [])
        path = file.path if is_kept and file else next((each for each in reversed(held)), None)
        before = self._rows_of(table, TableFile(path, 0, 0, "")) if path else None
        if before is not None:
            same = before.equals((now if now is not None else SCHEMAS[table].empty_table()).cast(SCHEMAS[table]))
            outcome.equal += same
            outcome.different += not same
        elif file is not None:
            outcome.absent += 1

    def _check_posts(self, here: Snapshot) -> int:
        posts = PostsCheck(here, Originals(self._folder, self._sealer), self.erasures)
        for leaf_index, entry in Log(self._folder / "log", here.log_size).all_entries():
            posts.takes(leaf_index, entry)
        posts.finish()
        return posts.count

    def _cut_back(self, open_captures: Mapping[str, OpenCapture]) -> None:
        """Lines of an unfinished capture that no statement covers were not acknowledged."""
        for capture_id, each in open_captures.items():
            path = self._folder / "captures" / f"{capture_id}.jsonl"
            if path.stat().st_size != each.file_bytes:
                self._disk.append(path, each.file_bytes, b"")

    def _clear(self) -> None:
        named = {each.path for files in self._manifest.tables.values() for each in files}
        for table in SCHEMAS:
            for path in (self._folder / "tables" / table).glob("*"):
                if _NUMBERED.fullmatch(path.name) and f"{table}/{path.name}" not in named:
                    self._disk.remove(path)
        self._disk.settle()


def _manifest_of(folder: Path, note: bytes, verifier: notes.Verifier) -> tuple[Manifest, bool, list[Path]]:
    """The manifest that goes with the log's head, else one without tables; whether manifest.json is it; and the
    manifest of a commit that a crash cut off.

    Raises EvidenceError where manifests speak of a longer log in a way no crash explains.
    """
    head = notes.opened_checkpoint(note, verifier)
    fitting: list[tuple[Manifest, bool]] = []
    beyond: list[Path] = []
    generation = latest_generation(folder)
    for path in [folder / "tables" / "manifest.json", *sorted((folder / "tables").glob("manifest-*.json"))]:
        try:
            found = read_manifest(path.read_bytes(), path.name)
            shown = notes.opened_checkpoint(found.checkpoint, verifier)
        except (OSError, TocsinError):
            continue  # damaged, or signed by a key that was replaced since: the log's head is what counts
        is_shown = path.name == "manifest.json"
        if shown.size > head.size and is_shown:
            raise EvidenceError("log/checkpoint is older than the tables", expected=str(shown.size), got=str(head.size))
        if found.checkpoint == head.note:
            fitting.append((found, is_shown))
        elif shown.size < head.size:
            generation = max(generation, found.generation + 1)
        elif shown.size > head.size:
            beyond.append(path)
    if len(beyond) > 1:
        raise EvidenceError(
            "log/checkpoint was put back to an older state",
            expected=f"no manifest of more than {head.size:,} entries but the last",
            got=f"{len(beyond)}",
            next_step="restore log/checkpoint from where it was kept",
        )
    for found, is_shown in fitting:
        return found, is_shown, beyond
    return Manifest(generation, "", head.note, tables={name: () for name in SCHEMAS}), False, beyond


def _check_log(log: Log, manifest: Manifest) -> None:
    """Raises EvidenceError unless entries and tiles are those under the signed head: all else is made from them."""
    if _root_of(manifest) != log.root():
        raise EvidenceError("the tiles do not give the root of log/checkpoint")
    for number in range(-(-log.size // WIDTH)):
        hashes = b"".join(merkle.leaf_hash(entry) for entry in log.entries(number))
        if hashes != log.tile(0, number):
            raise EvidenceError(f"the entries of bundle {number} are not those of the log's tiles")


def _root_of(manifest: Manifest) -> bytes:
    """The root in a manifest's checkpoint."""
    return Snapshot(Path(), manifest).checkpoint.root


def _as_logged(manifest: Manifest, log: Log) -> Manifest:
    """The manifest with what the log says: staff, orders of erasure, and a generation beyond every one it names."""
    staff: dict[str, None] = {}
    orders = generation = since = 0
    for act in logged_acts(log):
        since += 1
        if act.kind == "staff":
            staff[str(act.body.get("by"))] = None
        elif act.kind == "erased":
            orders = max(orders, act.count("order"))
        elif act.kind == "tables":
            generation, since = act.count("generation"), 0
    if manifest.tables and any(manifest.tables.values()):
        return replace(manifest, staff=tuple(staff), erasures=orders)
    return replace(
        manifest, staff=tuple(staff), erasures=orders, generation=max(manifest.generation, generation + since)
    )


def _held_files(folder: Path, manifest: Manifest) -> dict[int, dict[str, list[str]]]:
    """Paths (under tables/) of the files of each generation, by table; those the manifest names come last."""
    held: dict[int, dict[str, list[str]]] = {}
    for table, path, generation in _numbered(folder):
        held.setdefault(generation, {}).setdefault(table, []).append(path)
    for table, files in manifest.tables.items():
        for each in files:
            found = held.get(each.generation, {}).get(table, [])
            if each.path in found:
                found.remove(each.path)
                found.append(each.path)
    return held


def _numbered(folder: Path) -> Iterator[tuple[str, str, int]]:
    for table in SCHEMAS:
        for path in sorted((folder / "tables" / table).glob("*")):
            matched = _NUMBERED.fullmatch(path.name)
            if matched:
                yield table, f"{table}/{path.name}", int(matched[1])
