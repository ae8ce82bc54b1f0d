"""The rows that each commit added to the tables, made again from captures and log in the order of the log."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tocsin.archive import Keys, Snapshot, batches
from tocsin.archive.capture import COUNTS, Capture, captures_row, certified_now, with_file_name
from tocsin.archive.custody import opened_detail
from tocsin.archive.erased import Erasures
from tocsin.archive.how_read import noted
from tocsin.archive.logged_acts import Act, logged_acts
from tocsin.archive.names import KnownNames
from tocsin.archive.tables import SCHEMAS, OpenCapture
from tocsin.archive.tally import CaptureTally, certified_capture, posting_minutes
from tocsin.archive.tiles import Log
from tocsin.archive.versions import KnownVersions, id_words
from tocsin.desk.block_work import BlockWork
from tocsin.desk.collect import gone, noticed, other_records
from tocsin.desk.replay import CapturesBook
from tocsin.records.errors import EvidenceError
from tocsin.records.posts import ENRICHED, NAMES, QuarantinedRecord


@dataclass(frozen=True, slots=True)
class ReplayedCommit:
    """The rows one commit added, by table; its `tables` statement is at `leaf_index`, with its keyed digest."""

    leaf_index: int
    generation: int
    digest: str
    tables: Mapping[str, pa.Table] = field(repr=False)


class Replay:
    """Replays a log. Give it the work on its blocks in the order of `block_order`."""

    def __init__(self, here: Snapshot, keys: Keys, book: CapturesBook, erasures: Erasures) -> None:
        self._here, self._keys, self._book, self._erasures = here, keys, book, erasures
        self._log = Log(here.folder / "log", here.log_size)
        self._versions, self._names = KnownVersions(), KnownNames()
        self._captures: dict[str, Capture] = {}
        self._begun = 0
        self._blocks_done: Counter[str] = Counter()
        self._minutes: dict[str, list[NDArray[np.int64]]] = defaultdict(list)  # of stored posts
        self._pending: dict[str, list[pa.Table]] = defaultdict(list)
        self._certified = _certified_on_file(here) if erasures.orders else {}
        self.undescribed = 0  # captures whose file name nothing but the lost names table had
        self.lost_quarantine = 0  # rows about records that are erased, and so blank
        self.lost_tombstones = 0  # orders of erasure whose tombstones nothing but their table has

    def block_order(self) -> Iterator[tuple[str, int]]:
        """(capture, how many of its blocks) of every commit with blocks, in order."""
        return ((act.capture_id, act.count("blocks")) for act in logged_acts(self._log) if act.kind == "batch")

    def commits(self, works: Iterator[BlockWork]) -> Iterator[ReplayedCommit]:
        """Every commit that added rows, in order.

        Raises EvidenceError where the captures do not give what the log says.
        """
        steps = {
            "capture": self._begin, "resumed": self._resume, "complete": self._complete, "erased": self._erase,
        }  # fmt: skip
        for act in logged_acts(self._log):
            if act.kind == "tables":
                tables = {name: pa.concat_tables(rows) for name, rows in self._pending.items()}
                self._pending.clear()
                yield ReplayedCommit(act.leaf_index, act.count("generation"), str(act.body.get("digest")), tables)
                continue
            if act.kind in ("batch", "complete") and any(
                rows.num_rows for each in self._pending.values() for rows in each
            ):
                raise EvidenceError(
                    f"leaf {act.leaf_index}: the commit before it gives rows that the log does not have"
                )
            if act.kind == "batch":
                self._batch(act, list(islice(works, act.count("blocks"))))
            elif act.kind in steps:
                steps[act.kind](act)

    @property
    def captures_begun(self) -> int:
        """How many captures the log speaks of."""
        return self._begun

    def open_captures(self) -> dict[str, OpenCapture]:
        """How far the captures that are not complete were acknowledged."""
        return {
            capture_id: OpenCapture(
                each.format, each.first_address, each.size_bytes, each.file_bytes, each.tally.to_json()
            )
            for capture_id, each in self._captures.items()
            if each.file_bytes
        }

    def _begin(self, act: Act) -> None:
        kept = self._book.kept(self._here, act.capture_id)
        first = kept.places[0].address if kept.places else ""
        capture = Capture(act.capture_id, noted(kept.head), kept.format, 0, 0, CaptureTally(), first)
        capture.file_name, capture.query = kept.file_name, kept.query
        capture.places = dict(enumerate(kept.places))
        path = self._here.folder / "captures" / f"{act.capture_id}.jsonl"
        capture.file_bytes = path.read_bytes().index(b"\n") + 1
        self._captures[act.capture_id] = capture
        self._begun += 1
        self.undescribed += not kept.is_described

    def _resume(self, act: Act) -> None:
        self._open(act).minutes = list(self._minutes[act.capture_id])

    def _batch(self, act: Act, works: list[BlockWork]) -> None:
        capture = self._open(act)
        posts = pa.concat_tables([ENRICHED.empty_table(), *(work.posts for work in works)])
        names = pa.concat_tables([NAMES.empty_table(), *(work.names for work in works)])
        quarantine = [record for work in works for record in work.quarantined]
        post_words, content_words = id_words(posts["post_id"]), id_words(posts["content_id"])
        seen = self._versions.seen(post_words, content_words)
        mask = seen.stored_mask
        self._versions.add(post_words[mask], content_words[mask])
        leaves = self._leaves(act)
        self._check(act, capture, posts.num_rows, len(quarantine), int(mask.sum()), len(leaves))
        rows = batches.archived_rows(posts.filter(pa.array(mask)), act.first_post, seen.version_no[mask], act.at)
        rows = rows.set_column(0, rows.schema.field(0), pa.array(leaves))
        tally = capture.tally.with_batch(
            posts, rows.num_rows, seen.versions, quarantine, other_records(works), gone(works), noticed(works)
        )
        self._add("posts", rows)
        self._add_names(capture, names)
        self._add("quarantine", self._quarantine_rows(act, quarantine))
        self._minutes[act.capture_id].append(posting_minutes(rows))
        done = self._blocks_done[act.capture_id]
        self._blocks_done[act.capture_id] += len(works)
        lines = sum(len(capture.places[number].line) for number in range(done, done + len(works)))
        size = capture.size_bytes + sum(len(work.block.data) for work in works)
        capture.went_on(size, lines, tally, posting_minutes(posts))

    def _leaves(self, act: Act) -> NDArray[np.int64]:
        leaves = range(act.first_post, act.first_post + act.post_count)
        return np.array([leaf for leaf in leaves if leaf not in self._erasures.orders], np.int64)

    def _check(self, act: Act, capture: Capture, given: int, quarantined: int, stored: int, expected: int) -> None:
        found = dict(zip(COUNTS, (given + quarantined, stored, given - stored, quarantined), strict=True))
        said = {name: act.count(name) for name in COUNTS}
        if stored == expected and (self._erasures.orders or found == said):
            self.lost_quarantine += max(0, said["quarantined"] - quarantined)
            return
        described = self._book.details.get(capture.capture_id)
        raise EvidenceError(
            f"capture {capture.capture_id} does not give what leaf {act.leaf_index} says of it",
            expected=", ".join(f"{name} {count}" for name, count in said.items()),
            got=", ".join(f"{name} {count}" for name, count in found.items()),
            next_step="restore tables/ from a backup"
            + ("" if described else " (it was imported by version 0.1.0, which did not keep how it was read)"),
        )

    def _complete(self, act: Act) -> None:
        capture = self._captures.pop(act.capture_id, None)
        if capture is None:
            raise EvidenceError(f"leaf {act.leaf_index} speaks of a capture that is not open")
        certified = certified_now(capture, act.at)
        if self._erasures.orders and act.capture_id in self._certified:
            certified = certified_capture(self._certified[act.capture_id])  # it counts what was erased since
        elif any(getattr(certified.summary, name) != act.count(name) for name in COUNTS) and not self._erasures.orders:
            raise EvidenceError(f"leaf {act.leaf_index}: its counts are not the sum of the capture's batches")
        self._add("captures", captures_row(certified))
        self._add_names(capture, NAMES.empty_table())

    def _erase(self, act: Act) -> None:
        if "detail" not in act.body:
            return
        detail = opened_detail(self._here.folder, self._here.sealer, act.leaf_index) or {}
        marks = detail.get("tombstones")
        if not isinstance(marks, list):
            self.lost_tombstones += 1
            return
        order = pa.array([act.count("order")] * len(marks), pa.int64())
        self._add("tombstones", pa.table({"tombstone": pa.array(marks, pa.string()), "order": order}))

    def _quarantine_rows(self, act: Act, quarantine: list[QuarantinedRecord]) -> pa.Table:
        return batches.quarantine_rows(self._keys.pseudonyms, act.capture_id, quarantine, act.at)

    def _add_names(self, capture: Capture, names: pa.Table) -> None:
        new = self._names.new_rows(with_file_name(capture, names))
        self._names.add(new)
        capture.file_name = ""
        self._add("names", new.rows)

    def _add(self, table: str, rows: pa.Table) -> None:
        self._pending[table].append(rows.cast(SCHEMAS[table]))

    def _open(self, act: Act) -> Capture:
        capture = self._captures.get(act.capture_id)
        if capture is None:
            raise EvidenceError(f"leaf {act.leaf_index} speaks of a capture that is not open")
        return capture


def _certified_on_file(here: Snapshot) -> dict[str, Any]:
    """What the import certificates say of each capture."""
    found: dict[str, Any] = {}
    for path in sorted((here.folder / "certificates").glob("*.json")):
        try:
            captures = json.loads(path.read_bytes())["captures"]
            found.update({str(each["capture_id"]): each for each in captures})
        except (ValueError, LookupError, TypeError, OSError) as error:
            raise EvidenceError(f"certificates/{path.name} is damaged") from error
    return found
