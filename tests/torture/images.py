"""What a file system holds now, and what of it a power cut would leave: kept in memory, apart from any real disk.

The rules are those of POSIX and no kinder (a journalling file system keeps more than this):

- fsync of a file makes its data durable; fsync of a folder makes its entries (made, renamed, removed) durable.
- What was not fsynced may have reached the disk all the same, in any order: at a cut each write since the last fsync
  is kept or lost by chance, the last one kept may be torn at a random byte, and each entry changed since the last fsync
  of its folder is as it was then, as it is now, or as it was at any time between.
- A failed fsync drops what it could not write: a later one reports success without it.
"""

from __future__ import annotations

import errno
import os
import random
import stat
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(eq=False, slots=True)
class File:
    """One file: what readers see, what is durable, and the writes between the two. (None, n) cuts it to n bytes."""

    mode: int
    now: bytearray = field(default_factory=bytearray)
    durable: bytearray = field(default_factory=bytearray)
    pending: list[tuple[int | None, bytes | int]] = field(default_factory=list)
    changed_ns: int = field(default_factory=time.time_ns)

    def change(self, effect: tuple[int | None, bytes | int]) -> None:
        """Write or cut, for readers to see at once."""
        _apply(self.now, effect)
        self.pending.append(effect)
        self.changed_ns = time.time_ns()

    def sync(self) -> None:
        """Make what is pending durable."""
        for effect in self.pending:
            _apply(self.durable, effect)
        self.pending.clear()

    def fail_to_sync(self) -> None:
        """What is pending never reaches the disk, though readers still see it."""
        self.pending.clear()

    def after_cut(self, dice: random.Random | None) -> bytes:
        """What the disk holds; without dice nothing that was not fsynced."""
        if dice is None or not self.pending or dice.random() < 0.25:
            return bytes(self.durable)
        in_order, is_torn = dice.random() < 0.5, dice.random() < 0.5
        last = dice.randrange(len(self.pending))
        left = bytearray(self.durable)
        for number, (offset, data) in enumerate(self.pending[: last + 1]):
            if offset is None or isinstance(data, int):
                _apply(left, (offset, data))
            elif number == last and is_torn:
                _apply(left, (offset, data[: dice.randrange(len(data) + 1)]))
            elif number == last or in_order or dice.random() < 0.5:
                _apply(left, (offset, data))
        return bytes(left)


@dataclass(eq=False, slots=True)
class Folder:
    """One folder: its entries now and, for each name changed since its last fsync, what it stood for before."""

    mode: int
    now: dict[str, File | Folder] = field(default_factory=dict)
    past: dict[str, list[File | Folder | None]] = field(default_factory=dict)
    changed_ns: int = field(default_factory=time.time_ns)

    def put(self, name: str, node: File | Folder | None) -> None:
        """Let a name stand for something else (None: for nothing)."""
        self.past.setdefault(name, []).append(self.now.get(name))
        if node is None:
            self.now.pop(name, None)
        else:
            self.now[name] = node
        self.changed_ns = time.time_ns()

    def sync(self) -> None:
        """Make the entries durable. Folders and files they name have to be fsynced for themselves."""
        self.past.clear()

    def after_cut(self, dice: random.Random | None) -> Iterator[tuple[str, File | Folder]]:
        """The entries the disk holds."""
        for name in sorted({*self.now, *self.past}):
            held = [*self.past.get(name, []), self.now.get(name)]
            node = held[0] if dice is None else dice.choice(held)
            if node is not None:
                yield name, node


def _apply(data: bytearray, effect: tuple[int | None, bytes | int]) -> None:
    offset, given = effect
    if isinstance(given, int):
        del data[given:]
        data.extend(bytes(given - len(data)))
        return
    assert offset is not None
    data.extend(bytes(max(0, offset - len(data))))
    data[offset : offset + len(given)] = given


class Image:
    """A whole file system. Paths are absolute, "/" the root; errors are OSError with the errno a kernel gives."""

    def __init__(self, source: Path | None = None) -> None:
        """Empty, or holding what a real folder holds, all of it durable."""
        self.root = Folder(0o700) if source is None else _loaded(source)

    def at(self, path: str) -> File | Folder:
        """What a path names."""
        node: File | Folder = self.root
        for part in filter(None, path.split("/")):
            if not isinstance(node, Folder):
                raise OSError(errno.ENOTDIR, path)
            if part not in node.now:
                raise OSError(errno.ENOENT, path)
            node = node.now[part]
        return node

    def folder(self, path: str) -> Folder:
        """The folder a path names."""
        node = self.at(path)
        if not isinstance(node, Folder):
            raise OSError(errno.ENOTDIR, path)
        return node

    def make(self, path: str, mode: int, kind: Callable[[int], File | Folder]) -> File | Folder:
        """A new file or folder."""
        parent, name = self._split(path)
        if name in parent.now:
            raise OSError(errno.EEXIST, path)
        node = kind(mode & 0o7777)
        parent.put(name, node)
        return node

    def remove(self, path: str) -> None:
        """Remove a file, or an empty folder."""
        parent, name = self._split(path)
        node = self.at(path)
        if isinstance(node, Folder) and node.now:
            raise OSError(errno.ENOTEMPTY, path)
        parent.put(name, None)

    def rename(self, old: str, new: str) -> None:
        """Rename, replacing what the new name stood for in one step."""
        node = self.at(old)
        (parent, name), (target, new_name) = self._split(old), self._split(new)
        there = target.now.get(new_name)
        if isinstance(there, Folder) and there.now:
            raise OSError(errno.ENOTEMPTY, new)
        target.put(new_name, node)
        if (parent, name) != (target, new_name):
            parent.put(name, None)

    def write_to(self, folder: Path, *, cut: bool, dice: random.Random | None = None, under: str = "/") -> None:
        """Write into a real folder what readers see, or (`cut`) what a power cut leaves; without dice the least."""
        _written(self.folder(under), folder, cut=cut, dice=dice)

    def _split(self, path: str) -> tuple[Folder, str]:
        above, _, name = path.rpartition("/")
        return self.folder(above or "/"), name


def _loaded(source: Path) -> Folder:
    folder = Folder(stat.S_IMODE(source.stat().st_mode))
    for entry in os.scandir(source):
        if entry.is_dir(follow_symlinks=False):
            folder.now[entry.name] = _loaded(Path(entry.path))
        else:
            data = Path(entry.path).read_bytes()
            told = entry.stat()
            folder.now[entry.name] = File(
                stat.S_IMODE(told.st_mode), bytearray(data), bytearray(data), changed_ns=told.st_mtime_ns
            )
    return folder


def _written(node: Folder, folder: Path, *, cut: bool, dice: random.Random | None) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, each in node.after_cut(dice) if cut else node.now.items():
        if isinstance(each, Folder):
            _written(each, folder / name, cut=cut, dice=dice)
        else:
            (folder / name).write_bytes(each.after_cut(dice) if cut else each.now)
            (folder / name).chmod(each.mode)
            os.utime(folder / name, ns=(each.changed_ns, each.changed_ns))
