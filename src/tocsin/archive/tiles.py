"""The log on disk: hash tiles and entry bundles as C2SP tlog-tiles lays them out, read and grown.

Source: C2SP tlog-tiles. A tile holds up to 256 hashes of one level: `tile/<L>/<N>` is full, `tile/<L>/<N>.p/<W>` holds
the first W. Beside them `tile/entries/<N>` holds the entries below level 0, each after its length in two bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from tocsin.archive import merkle
from tocsin.records.errors import EvidenceError

WIDTH = 256  # hashes in a full tile
LARGEST_ENTRY = 65_535
_NUMBER = re.compile(r"x?([0-9]{3})", re.ASCII)
_LEVEL = re.compile(r"[0-9]{1,2}", re.ASCII)


def tile_path(level: int | str, number: int, width: int = WIDTH) -> str:
    """Where a tile lies under `log/`; level "entries" is the bundle of entries.

    >>> tile_path(0, 1234067), tile_path("entries", 5, 12)
    ('tile/0/x001/x234/067', 'tile/entries/005.p/12')
    """
    groups = [f"{number % 1000:03d}"]
    while number := number // 1000:
        groups.append(f"x{number % 1000:03d}")
    suffix = "" if width == WIDTH else f".p/{width}"
    return f"tile/{level}/{'/'.join(reversed(groups))}{suffix}"


def tile_shape(size: int, level: int) -> tuple[int, int]:
    """(full tiles, hashes in the partial tile) of a level in a tree of `size` leaves."""
    return divmod(size >> (8 * level), WIDTH)


def bundle(entries: Sequence[bytes]) -> bytes:
    """The bytes of an entry bundle."""
    return b"".join([len(entry).to_bytes(2, "big") + entry for entry in entries])


def bundle_entries(raw: bytes, what: str) -> list[bytes]:
    """The entries in a bundle. Raises EvidenceError where lengths do not fit."""
    entries: list[bytes] = []
    position, end = 0, len(raw)
    while position < end:
        start = position + 2
        position = start + int.from_bytes(raw[position:start], "big")
        if start > end or position > end:
            raise EvidenceError(f"{what}: cut off in the middle of an entry")
        entries.append(raw[start:position])
    return entries


@dataclass(frozen=True, slots=True)
class Log:
    """Reads the log of one desk up to `size` leaves; what lies beyond was never acknowledged and is not looked at."""

    folder: Path
    size: int

    def tile(self, level: int, number: int) -> bytes:
        """The hashes of a tile, as many as the log's size says it has."""
        full, partial = tile_shape(self.size, level)
        width = WIDTH if number < full else partial
        raw = self._read(level, number, width)
        if len(raw) < width * merkle.HASH_BYTES:
            raise EvidenceError(f"log/{tile_path(level, number, width)} is too short")
        return raw[: width * merkle.HASH_BYTES]

    def entries(self, number: int) -> list[bytes]:
        """The entries of bundle `number` (leaves from number * 256 on)."""
        full, partial = tile_shape(self.size, 0)
        width = WIDTH if number < full else partial
        what = f"log/{tile_path('entries', number, width)}"
        entries = bundle_entries(self._read("entries", number, width), what)
        if len(entries) < width:
            raise EvidenceError(f"{what} holds too few entries", expected=str(width), got=str(len(entries)))
        return entries[:width]

    def all_entries(self) -> Iterator[tuple[int, bytes]]:
        """(leaf index, entry) of every leaf, in order."""
        for number in range(-(-self.size // WIDTH)):
            yield from enumerate(self.entries(number), number * WIDTH)

    def entry(self, leaf_index: int) -> bytes:
        """One entry."""
        if not 0 <= leaf_index < self.size:
            raise EvidenceError(f"the log has no leaf {leaf_index}", expected=f"below {self.size}")
        return self.entries(leaf_index // WIDTH)[leaf_index % WIDTH]

    def node(self) -> merkle.Node:
        """Node lookup over the tiles, for roots and proofs."""
        tile = lru_cache(maxsize=1024)(self.tile)

        def node(level: int, index: int) -> bytes:
            tile_level, inner = divmod(level, 8)
            number, place = divmod(index << inner, WIDTH)
            raw = tile(tile_level, number)[place * 32 : (place + (1 << inner)) * 32]
            if len(raw) != 32 << inner:
                raise EvidenceError(f"log/{tile_path(tile_level, number)} does not reach node {level}/{index}")
            return merkle.root(_hashes(raw))

        return node

    def root(self) -> bytes:
        """Root of the log, from its tiles."""
        return merkle.range_root(self.node(), 0, self.size)

    def _read(self, level: int | str, number: int, width: int) -> bytes:
        # A later writer may have replaced a partial tile by a wider or the full one; its beginning is the same.
        full = self.folder / tile_path(level, number)
        wanted = self.folder / tile_path(level, number, width)
        for path in (wanted, full, *_wider(full, width), full):
            try:
                return path.read_bytes()
            except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
                continue
        raise EvidenceError(f"log/{tile_path(level, number, width)} is missing")


def _wider(full: Path, width: int) -> list[Path]:
    folder = full.with_name(full.name + ".p")
    if not folder.is_dir():
        return []
    return [path for path in folder.iterdir() if path.name.isascii() and path.name.isdigit() and int(path.name) > width]


def _hashes(raw: bytes) -> list[bytes]:
    return [raw[at : at + 32] for at in range(0, len(raw), 32)]


@dataclass(frozen=True, slots=True)
class Growth:
    """What appending changes: the files to write (paths under `log/`) and the edge of the grown tree."""

    edge: Edge
    files: dict[str, bytes] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Edge:
    """The right edge of a log: all that is needed to append and to know the root."""

    size: int = 0
    levels: tuple[tuple[bytes, ...], ...] = ((),)  # hashes of the last, partial tile of each level
    open_bundle: bytes = b""  # entries of the last, partial bundle

    @property
    def root(self) -> bytes:
        """Root of the log."""
        result: bytes | None = None
        for hashes in self.levels:
            rest = list(hashes)
            while rest:
                width = len(rest) & -len(rest)
                peak = merkle.root(rest[-width:])
                result = peak if result is None else merkle.node_hash(peak, result)
                del rest[-width:]
        return merkle.EMPTY_ROOT if result is None else result

    def grown(self, entries: Sequence[bytes]) -> Growth:
        """The edge after appending entries, and the files that make it so."""
        files: dict[str, bytes] = {}
        open_bundle = self._bundled(entries, files)
        hashes: list[bytes] = [merkle.leaf_hash(entry) for entry in entries]
        levels: list[tuple[bytes, ...]] = []
        level, size = 0, self.size
        while hashes or level < len(self.levels):
            first = (size >> (8 * level)) // WIDTH
            waiting = [*(self.levels[level] if level < len(self.levels) else ()), *hashes]
            full = len(waiting) // WIDTH
            above: list[bytes] = []
            for number in range(full):
                tile = waiting[number * WIDTH : (number + 1) * WIDTH]
                files[tile_path(level, first + number)] = b"".join(tile)
                above.append(merkle.root(tile))
            rest = waiting[full * WIDTH :]
            if rest and hashes:
                files[tile_path(level, first + full, len(rest))] = b"".join(rest)
            levels.append(tuple(rest))
            hashes, level = above, level + 1
        return Growth(Edge(size + len(entries), tuple(levels), open_bundle), files)

    def _bundled(self, entries: Sequence[bytes], files: dict[str, bytes]) -> bytes:
        number, held = divmod(self.size, WIDTH)
        open_bundle, position = self.open_bundle, 0
        while position < len(entries):
            some = entries[position : position + WIDTH - held]
            open_bundle += bundle(some)
            position, held = position + len(some), held + len(some)
            files[tile_path("entries", number, held)] = open_bundle
            if held == WIDTH:
                number, held, open_bundle = number + 1, 0, b""
        return open_bundle


def edge_of(log: Log) -> Edge:
    """The right edge of a log on disk."""
    levels: list[tuple[bytes, ...]] = []
    level = 0
    while True:
        full, partial = tile_shape(log.size, level)
        levels.append(tuple(_hashes(log.tile(level, full))) if partial else ())
        level += 1
        if not full:
            break
    full, partial = tile_shape(log.size, 0)
    return Edge(log.size, tuple(levels), bundle(log.entries(full)) if partial else b"")


def superseded_tiles(folder: Path, old_size: int, new_size: int) -> list[Path]:
    """Partial tiles that a full one now replaces, as left by growing from `old_size` to `new_size`."""
    found: list[Path] = []
    level = 0
    while old_size >> (8 * level):
        old_full, partial = tile_shape(old_size, level)
        if partial and tile_shape(new_size, level)[0] > old_full:
            for name in (level, *(("entries",) if level == 0 else ())):
                partials = folder / (tile_path(name, old_full) + ".p")
                found += sorted(partials.iterdir()) if partials.is_dir() else []
        level += 1
    return found


def unacknowledged_tiles(folder: Path, size: int) -> list[Path]:
    """Files under `folder` (the log) that a log of `size` leaves does not have: a crashed writer left them."""
    found: list[Path] = []
    root = folder / "tile"
    for level_folder in sorted(root.iterdir()) if root.is_dir() else []:
        if level_folder.name != "entries" and not _LEVEL.fullmatch(level_folder.name):
            continue  # no file of ours
        level = 0 if level_folder.name == "entries" else int(level_folder.name)
        full, partial = tile_shape(size, level)
        found += [path for path, number, width in _tiles_from(level_folder, full) if number > full or width > partial]
    return found


def _tiles_from(level_folder: Path, first: int) -> Iterator[tuple[Path, int, int]]:
    """(path, number, width) of the tiles of a level from number `first` on; whole folders below it are not opened."""
    waiting = [(level_folder, 0)]
    while waiting:
        folder, number = waiting.pop()
        for path in folder.iterdir():
            name = path.name.removesuffix(".p")
            if not _NUMBER.fullmatch(name):
                continue
            here = number * 1000 + int(name.removeprefix("x"))
            if name.startswith("x"):
                waiting.append((path, here))
            elif here >= first and path.name.endswith(".p"):
                partials = (each for each in path.iterdir() if each.name.isascii() and each.name.isdecimal())
                yield from ((each, here, int(each.name)) for each in partials)
            elif here >= first:
                yield path, here, WIDTH
