"""Checks the statements of commits: that captures, their blocks, counts and table files are those the log speaks of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from tocsin.archive import batches
from tocsin.archive.chunks import CaptureFile, capture_file
from tocsin.archive.custody import detail_digest, detail_path, opened_detail
from tocsin.archive.erased import Erasures
from tocsin.archive.handovers import HandoversCheck
from tocsin.archive.keys import desk_info
from tocsin.archive.replaced_tables import replaced_digests
from tocsin.archive.replay import Judgements
from tocsin.archive.secret_files import Secrets
from tocsin.archive.staff import StaffKeys
from tocsin.archive.strict import JsonValue, statement
from tocsin.archive.tables import Snapshot, TableFile, snapshot
from tocsin.archive.tiles import Log
from tocsin.records.errors import EvidenceError

_COUNTS = ("read", "stored", "duplicate", "quarantined")


@dataclass
class _Capture:
    """What the log has said of one capture so far."""

    file: CaptureFile
    blocks: int = 0
    size_bytes: int = 0
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_COUNTS, 0))
    complete: bool = False


class StatementsCheck:
    """Takes the statements in order of leaves."""

    def __init__(self, here: Snapshot, erasures: Erasures) -> None:
        self._here = here
        self._erasures, self._replaced = erasures, replaced_digests(here)
        self._secrets = Secrets(here.folder)
        self._captures: dict[str, _Capture] = {}
        self._staff = StaffKeys()
        self._judgements = Judgements()
        info = desk_info(here.folder)
        self._handovers = HandoversCheck(info.vkey, info.handovers)
        self._files: dict[int, dict[str, TableFile]] = defaultdict(dict)
        for table, files in here.manifest.tables.items():
            for each in files:
                self._files[each.generation][table] = each

    @property
    def capture_ids(self) -> list[str]:
        """Captures the log speaks of, in order."""
        return list(self._captures)

    def add(self, leaf_index: int, entry: bytes) -> None:
        """Check one statement. Raises EvidenceError naming the leaf and what does not fit it."""
        what = f"leaf {leaf_index}"
        body = statement(entry, what)
        kind = body.get("type")
        if not isinstance(kind, str) or not isinstance(body.get("v"), int):
            raise EvidenceError(f"{what} is a statement without type or version")
        checks = {"capture": self._begun, "batch": self._batch, "complete": self._complete, "tables": self._tables}
        if kind in checks:
            if body["v"] != 1:
                raise EvidenceError(f"{what} is of a version this Tocsin does not know", expected="1")
            checks[kind](leaf_index, body)
        self._staff.check(body, what)
        self._judgements.check(leaf_index, body)
        if "detail" in body:
            self._detail(leaf_index, body)
        self._handovers.add(leaf_index, body)

    def finish(self) -> tuple[int, int]:
        """(captures, blocks) checked. Raises EvidenceError where files are there that the log does not speak of."""
        if any(self._files.values()):
            left = sorted(each.path for files in self._files.values() for each in files.values())
            raise EvidenceError(f"tables/{left[0]} is in the manifest, but the log does not speak of it")
        self._handovers.finish(
            Log(self._here.folder / "log", self._here.log_size), snapshot(self._here.folder).log_size
        )
        manifest = self._here.manifest
        for capture_id, capture in self._captures.items():
            what = f"captures/{capture_id}.jsonl"
            if capture.complete == (capture_id in manifest.open_captures):
                raise EvidenceError(f"{what}: log and manifest disagree whether it is complete")
            if capture.complete and len(capture.file.places) != capture.blocks:
                raise EvidenceError(f"{what} has blocks that the log does not speak of")
        if manifest.captures_begun != len(self._captures):
            raise EvidenceError("the manifest counts other captures than the log")
        stored = sum(capture.counts["stored"] for capture in self._captures.values())
        if stored != self._here.rows("posts") + len(self._erasures.orders):
            raise EvidenceError("the posts table has another number of rows than the log says were stored")
        return len(self._captures), sum(capture.blocks for capture in self._captures.values())

    def _begun(self, leaf_index: int, body: Mapping[str, JsonValue]) -> None:
        capture_id = str(body.get("capture"))
        if capture_id in self._captures or body.get("ordinal") != len(self._captures) + 1:
            raise EvidenceError(f"leaf {leaf_index}: captures are out of order")
        read = capture_file(self._here.folder, capture_id)
        secret = self._secret(leaf_index)
        header = (self._here.folder / "captures" / f"{capture_id}.jsonl").read_bytes().split(b"\n", 1)[0] + b"\n"
        if body.get("header") != batches.header_digest(secret, header):
            raise EvidenceError(f"captures/{capture_id}.jsonl line 1 is not the header that leaf {leaf_index} names")
        self._captures[capture_id] = _Capture(read)

    def _batch(self, leaf_index: int, body: Mapping[str, JsonValue]) -> None:
        capture = self._capture(leaf_index, body)
        start, blocks = capture.blocks, _count(leaf_index, body, "blocks")
        places = capture.file.places[start : start + blocks]
        if len(places) != blocks or batches.places_digest(places) != body.get("places"):
            raise EvidenceError(
                f"captures/{body['capture']}.jsonl lines {start + 2} to {start + blocks + 1} are not the blocks that "
                f"leaf {leaf_index} names"
            )
        capture.blocks += blocks
        capture.size_bytes += sum(place.size_bytes for place in places)
        for name in _COUNTS:
            capture.counts[name] += _count(leaf_index, body, name)

    def _complete(self, leaf_index: int, body: Mapping[str, JsonValue]) -> None:
        capture = self._capture(leaf_index, body)
        capture.complete = True
        end = capture.file.end
        counts = {name: _count(leaf_index, body, name) for name in _COUNTS}
        if counts != capture.counts or body.get("size") != capture.size_bytes:
            raise EvidenceError(f"leaf {leaf_index}: its counts are not the sum of the capture's batches")
        if counts["read"] != counts["stored"] + counts["duplicate"] + counts["quarantined"]:
            raise EvidenceError(f"leaf {leaf_index}: read is not stored + duplicate + quarantined")
        expected = {"complete": True, "size": body["size"], **counts, "finished_at": body.get("at")}
        if end != expected:
            raise EvidenceError(f"captures/{body['capture']}.jsonl does not end as leaf {leaf_index} says")

    def _detail(self, leaf_index: int, body: Mapping[str, JsonValue]) -> None:
        path = detail_path(leaf_index)
        of_erased = body.get("leaf") in self._erasures.orders
        if of_erased and self._secrets.of(leaf_index) is None and not (self._here.folder / path).exists():
            return
        secret = self._secret(leaf_index)
        if not (self._here.folder / path).is_file():
            raise EvidenceError(f"{path} is missing, and the log does not say that it was erased")
        if self._here.sealer is None:
            return
        detail = opened_detail(self._here.folder, self._here.sealer, leaf_index)
        if detail_digest(secret, detail) != {"detail": body["detail"]}:
            raise EvidenceError(f"{path} is not what leaf {leaf_index} speaks of")

    def _tables(self, leaf_index: int, body: Mapping[str, JsonValue]) -> None:
        generation = _count(leaf_index, body, "generation")
        files = self._files.pop(generation, {})
        digest = self._replaced.get(generation, body.get("digest"))
        if batches.tables_digest(self._secret(leaf_index), files) != digest:
            names = ", ".join(f"tables/{each.path}" for each in files.values()) or "no file"
            raise EvidenceError(f"leaf {leaf_index} names other table files than the manifest", got=names)

    def _secret(self, leaf_index: int) -> bytes:
        """The secret of a statement. Without it nothing could be checked, so its absence is never passed over."""
        secret = self._secrets.of(leaf_index)
        if secret is None:
            raise EvidenceError(f"leaf {leaf_index}: its secret is missing")
        return secret

    def _capture(self, leaf_index: int, body: Mapping[str, JsonValue]) -> _Capture:
        capture = self._captures.get(str(body.get("capture")))
        if capture is None or capture.complete:
            raise EvidenceError(f"leaf {leaf_index} speaks of a capture that is not open")
        return capture


def _count(leaf_index: int, body: Mapping[str, JsonValue], name: str) -> int:
    value = body.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise EvidenceError(f"leaf {leaf_index}: {name} is not a count")
    return value
