"""Single-bit flips, one at a time, over every kind of file of a desk and its keys: each must be found, the item named.

    python tests/attacks/flip_bits.py --flips 10000 --state .torture/flips.json

makes a desk of 2,000 posts beside the state file, flips, verifies and undoes, in two processes, and goes on where it
was stopped. Each flip is checked by the whole of `tocsin verify` with the keys at hand. What is not flipped: `lock`
(a process id), `index/` and `staging/` (derived or empty).
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import re
import shutil
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np

from archive.village import NOW, batch, blocks_of, records
from tocsin import desk as desk_room
from tocsin.archive import Keys, create_desk, finished_captures, load_keys, open_writer, snapshot, write_certificate
from tocsin.records.errors import TocsinError
from tocsin.records.posts import CaptureNote

SEED = 20300601
SHARES = {  # of all flips; within a kind, half of them anywhere in its bytes, half in a file drawn first
    "captures": 12, "chunks": 14, "log/tile/entries": 14, "log/tile": 14, "log/checkpoint": 4, "secrets": 10,
    "tables": 14, "desk.json": 4, "certificates": 4, "keys": 10,
}  # fmt: skip
METHODS = ("export by the user", "Ausfuhr über die Schnittstelle", "تصدير")


@dataclass(frozen=True, slots=True)
class Flip:
    """One flip: a bit of a file (path under the folder that holds desk and keys)."""

    kind: str
    path: str
    bit: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it: the error, "" where the flip was not found; `named` is whether it says which item."""

    flip: Flip
    error: str
    named: bool


def make_desk(root: Path, posts: int) -> None:
    """`root`/desk and `root`/keys: captures of 400 posts, with quarantine, versions, statements, certificates."""
    folder, keys_folder = root / "desk", root / "keys"
    create_desk(folder, keys_folder, purpose="a study of bread prices", legal_basis="öffentliches Interesse", now=NOW)
    keys = load_keys(folder, keys_folder)
    for number, first in enumerate(range(0, posts, 400)):
        now = NOW + timedelta(hours=number)
        with open_writer(folder, keys, lambda now=now: now) as writer:
            writer.append_statements([{"type": "private_ok", "v": 1, "reason": f"order {number}", "role": "analyst"}])
            note = CaptureNote("village", method=METHODS[number % 3], gone=("a channel",))
            lines = [*records(min(400, posts - first), first), b'{"broken\n']
            _import(writer, keys, note, lines)
        write_certificate(folder, finished_captures(snapshot(folder)), now)
    verified(root)


def _import(writer, keys: Keys, note: CaptureNote, lines: list[bytes]) -> None:
    blocks = blocks_of(lines, 50)
    capture = writer.begin_capture(note, "village/jsonl", "posts.jsonl", blocks[0].data)
    for at in range(0, len(blocks), 3):
        writer.commit(capture, *batch(keys, capture.capture_id, blocks[at : at + 3]))
    writer.finish_capture(capture)


def verified(root: Path) -> str:
    """What `tocsin verify` says is wrong, "" where nothing is."""
    desk = desk_room.Desk(root / "desk", root / "keys")
    try:
        found = desk_room.verify(desk, None, progress=desk_room.Silent())
    except TocsinError as error:
        return error.message
    assert found["keys_at_hand"]
    return ""


def files_of(root: Path) -> dict[str, list[str]]:
    """The files of each kind, paths under `root`."""
    kinds: dict[str, list[str]] = {kind: [] for kind in SHARES}
    for path in sorted(path for path in root.rglob("*") if path.is_file()):
        name = str(path.relative_to(root))
        inner = name.removeprefix("desk/")
        kind = max((kind for kind in SHARES if inner == kind or inner.startswith(kind + "/")), key=len, default="")
        if kind:
            kinds[kind].append(name)
        elif inner.split("/")[0] not in ("lock", "index", "staging"):
            raise AssertionError(f"{name} is of no kind")
    return kinds


def plan(root: Path, flips: int, seed: int = SEED) -> list[Flip]:
    """Different flips, their kinds in the shares above; the same for the same files and seed."""
    rng = np.random.default_rng(seed)
    made: dict[tuple[str, int], Flip] = {}
    for kind, files in files_of(root).items():
        sizes = np.array([(root / name).stat().st_size for name in files], float)
        wanted = min(max(1, round(flips * SHARES[kind] / sum(SHARES.values()))), int(sizes.sum()) * 8)
        count = 0
        while count < wanted:
            weights = sizes / sizes.sum() if count % 2 else (sizes > 0) / (sizes > 0).sum()
            name = files[rng.choice(len(files), p=weights)]
            bit = int(rng.integers((root / name).stat().st_size * 8))
            if (name, bit) not in made:
                made[name, bit] = Flip(kind, name, bit)
                count += 1
    return [list(made.values())[at] for at in rng.permutation(len(made))]


def flipped(root: Path, flip: Flip) -> Outcome:
    """What came of one flip; the file is as before afterwards."""
    path = root / flip.path
    good = path.read_bytes()
    bad = bytearray(good)
    bad[flip.bit // 8] ^= 1 << flip.bit % 8
    path.write_bytes(bad)
    try:
        error = verified(root)
    finally:
        path.write_bytes(good)
    return Outcome(flip, error, bool(error) and is_named(flip, error))


def is_named(flip: Flip, error: str) -> bool:
    """Whether an error says which item is damaged: the file itself, or the leaves or tiles it holds."""
    inner = flip.path.removeprefix("desk/")
    if inner in error or (flip.kind == "keys" and ("key file" in error or Path(inner).name in error)):
        return True
    if flip.kind == "log/tile/entries":
        first = 256 * int(inner.split("/")[3].removesuffix(".p").removeprefix("x"))
        leaf = re.search(r"leaf (\d+)", error)
        tile = re.search(r"log/tile/0/(\d+)", error)
        return (leaf is not None and first <= int(leaf[1]) < first + 256) or (
            tile is not None and int(tile[1]) * 256 == first
        )
    return False


def outcomes(root: Path, flips: list[Flip], processes: int) -> Iterator[Outcome]:
    """What came of each flip, in order. Each process works on its own copy of the desk."""
    with multiprocessing.get_context("spawn").Pool(processes, _start, (str(root),)) as pool:
        yield from pool.imap(_one, flips, chunksize=8)


_copy = Path()


def _start(root: str) -> None:
    global _copy  # noqa: PLW0603 - one copy a process
    _copy = Path(root).with_name(f"copy-{multiprocessing.current_process().pid}")
    shutil.copytree(root, _copy)


def _one(flip: Flip) -> Outcome:
    return flipped(_copy, flip)


def told(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def run(state_file: Path, flips: int, posts: int, processes: int) -> int:
    """0 where every flip was found and named, 1 where not."""
    work = state_file.with_suffix("")
    root = work / "root"
    state = json.loads(state_file.read_text()) if state_file.exists() else {}
    if state.get("asked") != [flips, posts, SEED] or not root.exists():
        shutil.rmtree(work, ignore_errors=True)
        make_desk(root, posts)
        state = {"asked": [flips, posts, SEED], "done": 0, "found": {}, "bad": []}
    for copy in work.glob("copy-*"):
        shutil.rmtree(copy)
    if error := verified(root):
        told(f"a false alarm on the clean desk: {error}")
        return 1
    todo = plan(root, flips)
    found, began = Counter(state["found"]), time.monotonic()
    told(f"{state['done']} of {len(todo)} flips were done before")
    for outcome in outcomes(root, todo[state["done"] :], processes):
        state["done"] += 1
        if outcome.error and outcome.named:
            found[outcome.flip.kind] += 1
        else:
            flip = outcome.flip
            state["bad"].append([flip.kind, flip.path, flip.bit, outcome.error])
            told(f"{'NOT NAMED' if outcome.error else 'NOT FOUND'} {flip.path} bit {flip.bit}: {outcome.error}")
        if state["done"] % 200 == 0 or state["done"] == len(todo):
            state["found"] = dict(found)
            state_file.write_text(json.dumps(state, indent=1))
            told(f"{state['done']} of {len(todo)} flips, {time.monotonic() - began:.0f} s, {len(state['bad'])} bad")
    for copy in work.glob("copy-*"):
        shutil.rmtree(copy)
    told(f"{sum(found.values())} of {len(todo)} flips found and named: {dict(sorted(found.items()))}")
    return 1 if state["bad"] else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--flips", type=int, default=10_000)
    parser.add_argument("--posts", type=int, default=2_000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--state", type=Path, default=Path(".torture/flips.json"))
    given = parser.parse_args()
    given.state.parent.mkdir(parents=True, exist_ok=True)
    sys.exit(run(given.state, given.flips, given.posts, given.processes))
