"""A desk with a short history, and what an insider with its keys needs to write another history for it.

The insider is as good as Tocsin's own writer: the rewritten desk has tiles, tables, secrets, chunks, names and a signed
head that fit each other. What cannot be had is a second log that fits a head given away before.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from archive.village import NOW, batch, blocks_of, records
from tocsin import desk as desk_room
from tocsin.archive import (
    Keys,
    Originals,
    Writer,
    create_desk,
    finished_captures,
    load_keys,
    open_writer,
    snapshot,
    write_certificate,
)
from tocsin.archive.strict import statement
from tocsin.archive.tiles import Log
from tocsin.records.posts import CaptureNote

Step = Callable[[Writer, Keys], None]
PRIVATE_OK = {"type": "private_ok", "v": 1, "reason": "the court's order of May", "role": "analyst"}
FINDINGS = {"type": "findings", "v": 1, "run": "r1", "digest": "00" * 32}


def importing(lines: list[bytes], **note: Any) -> Step:
    """An import of JSON lines."""

    def step(writer: Writer, keys: Keys) -> None:
        blocks = blocks_of(lines, 20)
        capture = writer.begin_capture(
            CaptureNote("village", **note), "village/jsonl", "posts.jsonl", blocks[0].data, resume=False
        )
        for at in range(0, len(blocks), 2):
            writer.commit(capture, *batch(keys, capture.capture_id, blocks[at : at + 2]))
        writer.finish_capture(capture)

    return step


def stating(body: dict[str, Any]) -> Step:
    """A statement of another kind."""
    return lambda writer, _keys: writer.append_statements([body]) and None


FIRST, SECOND, LATER = records(60), records(40, 500), records(20, 900)
HISTORY: tuple[Step, ...] = (stating(PRIVATE_OK), importing(FIRST), importing(SECOND), stating(FINDINGS))
"""What had happened when a checkpoint was given away; `LATER` was imported after that."""


@dataclass
class Scene:
    """The desk, its keys, its states over time, and the checkpoint that somebody outside holds."""

    root: Path
    keys: Keys
    states: list[Path] = field(default_factory=list)  # copies of the desk folder: empty, then after each step

    @staticmethod
    def reopened(root: Path) -> Scene:
        """The scene in a folder it was copied to."""
        keys = load_keys(root / "desk", root / "keys")
        return Scene(root, keys, [root / f"state-{number}" for number in range(len(HISTORY) + 1)])

    @property
    def folder(self) -> Path:
        return self.root / "desk"

    @property
    def keys_folder(self) -> Path:
        return self.root / "keys"

    @property
    def held(self) -> Path:
        """The older checkpoint, as it was published."""
        return self.root / "published.note"

    def take(self, step: Step, at: datetime, *, kept: bool = False) -> None:
        """One step of the desk's life."""
        # The insider's writer is not held against the last head: the file beside the keys is theirs to remove.
        with open_writer(self.folder, self.keys, lambda: at, may_be_older=True) as writer:
            step(writer, self.keys)
        if kept:
            self.keep_state()

    def keep_state(self) -> None:
        self.states.append(self.root / f"state-{len(self.states)}")
        shutil.copytree(self.folder, self.states[-1])

    def put_back(self, state: int) -> None:
        """The desk folder as it was after `state` steps."""
        shutil.rmtree(self.folder)
        shutil.copytree(self.states[state], self.folder)

    def live_on(self, steps: tuple[Step, ...], *, at: datetime = NOW) -> None:
        """Steps an hour apart, as in the true history unless `at` says otherwise."""
        for number, step in enumerate(steps):
            self.take(step, at + timedelta(hours=number))

    def verified(self, *, since: bool, keys: bool = False, last_head: bool = False) -> dict[str, Any]:
        """What `tocsin verify` says: to a stranger, or to somebody with the keys (and with the last head seen)."""
        place = self.root / ("keys" if last_head else "copied keys" if keys else "no keys")
        if keys and not last_head:
            (place).mkdir(exist_ok=True)
            shutil.copy(self.keys_folder / f"{self.keys.desk_id}.json", place)
        desk = desk_room.Desk(self.folder, place)
        found = desk_room.verify(desk, None, progress=desk_room.Silent(), since=[self.held] if since else [])
        if keys and not last_head:
            shutil.rmtree(place)
        return found

    def entries(self) -> list[bytes]:
        log = Log(self.folder / "log", snapshot(self.folder).log_size)
        return [entry for _, entry in log.all_entries()]

    def statements(self, kind: str) -> list[dict[str, Any]]:
        bodies = [statement(entry, "it") for entry in self.entries()]
        return [body for body in bodies if body["type"] == kind]

    def originals(self) -> bytes:
        """The bytes of all captures, one after the other."""
        here = Originals(self.folder, self.keys.sealer)
        captures = finished_captures(snapshot(self.folder))
        return b"".join(here.record(each.summary.capture_id, 0, each.summary.size_bytes) for each in captures)

    def column(self, name: str) -> list[Any]:
        return snapshot(self.folder).read("posts", [name])[name].to_pylist()


def scene(root: Path) -> Scene:
    """The desk as it truly lived: four steps, a checkpoint given away, one step more."""
    folder, keys_folder = root / "desk", root / "keys"
    create_desk(folder, keys_folder, purpose="a test", legal_basis="none needed", now=NOW)
    made = Scene(root, load_keys(folder, keys_folder))
    made.keep_state()
    for number, step in enumerate(HISTORY):
        made.take(step, NOW + timedelta(hours=number), kept=True)
    made.held.write_bytes((folder / "log" / "checkpoint").read_bytes())
    made.take(importing(LATER), NOW + timedelta(hours=len(HISTORY)))
    write_certificate(folder, finished_captures(snapshot(folder)), NOW + timedelta(hours=9))
    made.verified(since=True, keys=True, last_head=True)  # leaves the last head beside the keys
    return made
