"""What the tests of backup, restore and keys share: a desk with posts, people who can open things, crafted backups."""

from __future__ import annotations

import atexit
import functools
import io
import json
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyrage

from cli.at_the_door import keys_in
from desk.made import collected, new_desk, row, written
from tocsin import desk as desk_room
from tocsin.desk import tar_stream
from tocsin.desk.place import keys_folder
from tocsin.share.age_files import encrypt_into, recipients


class Person:
    """Somebody with an age identity."""

    def __init__(self, folder: Path, name: str = "someone") -> None:
        identity = pyrage.x25519.Identity.generate()
        self.recipient = str(identity.to_public())
        self.identity = folder / f"{name}.identity"
        self.identity.write_text(f"# made for a test\n{identity}\n", encoding="ascii")

    def opens(self, file: Path) -> bytes:
        """What is in a file encrypted to them."""
        secret = self.identity.read_text(encoding="ascii").splitlines()[1]
        return bytes(pyrage.decrypt(file.read_bytes(), [pyrage.x25519.Identity.from_str(secret)]))


def village_desk(folder: Path) -> desk_room.Desk:
    """A desk with 60 invented posts, read from two files; made once, copied for each test."""
    made = _village()
    shutil.copytree(made / "desk", folder / "desk")
    shutil.copytree(made / "keys", keys_folder(), dirs_exist_ok=True)
    return desk_room.open_desk(folder / "desk")


@functools.cache
def _village() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="tocsin-village-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    with keys_in(folder / "keys"):
        desk = new_desk(folder / "desk")
        rows = [
            row(number, f"Lanterns by the well in Tarn {number}", who=f"villager{number % 7}") for number in range(60)
        ]
        for number, some in enumerate((rows[:30], rows[30:])):
            collected(desk, written(folder / f"rows{number}.jsonl", some))
    return folder


def everything(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


class Watching(desk_room.Silent):
    """Calls back when a stretch of work begins."""

    def __init__(self, **calls: Callable[[], Any]) -> None:
        self.calls, self.seen = calls, []

    @contextmanager
    def bar(self, what: str, total: int | None, unit: str) -> Iterator[Any]:
        """Tells, then draws nothing."""
        self.seen.append(what)
        call = self.calls.get(what)
        if call:
            call()
        with super().bar(what, total, unit) as bar:
            yield bar


def listing(listed: Iterable[tuple[str, bytes]], /, **changes: Any) -> bytes:
    """The list at the front of a backup."""
    pairs = list(listed)
    head = {
        "format": "tocsin/backup/v1", "kind": "backup", "desk_id": "0" * 32, "made_at": "2030-01-01T00:00:00Z",
        "log_size": 0, "files": len(pairs), "bytes": sum(len(data) for _, data in pairs), "keys": False, **changes,
    }  # fmt: skip
    lines = [head, *({"path": path, "size": len(data), "sha256": sha256(data).hexdigest()} for path, data in pairs)]
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


def tar_of(members: Iterable[tuple[str, bytes]], end: bytes = tar_stream.end()) -> bytes:
    """Plain files in a tar."""
    pieces = [tar_stream.header(name, len(data), 0) + data + tar_stream.padding(len(data)) for name, data in members]
    return b"".join(pieces) + end


def encrypted(file: Path, data: bytes, person: Person) -> Path:
    """The file, encrypted to somebody by anybody."""
    taken = io.BytesIO()
    encrypt_into([data], taken, recipients([person.recipient]))
    file.write_bytes(taken.getvalue())
    return file
