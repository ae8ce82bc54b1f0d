"""Frames of the records inside JSON documents, by byte position, in memory that does not grow with the document.

No maintained library gives the byte ranges of array elements in a stream (ijson gives events and values, orjson needs
the whole document), and evidence needs the range: so the framing is here, and orjson parses each element.

Outside the record arrays a tokenizer walks the document; inside them whole windows are scanned at once (json_spans).
Damage that swallows or splits elements is seen by what lies between and inside them; the walk then goes on at the next
whole element that begins as the others do.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, Final

import orjson

from tocsin.collect.json_spans import FIRST_PIECE, element_spans
from tocsin.collect.json_values import SUSPECT, element_keys, parses, readable
from tocsin.collect.line_frames import BOM, ByteSource, oversize_frame
from tocsin.collect.reader import BLOCK_SIZE, MAX_FRAMES, MAX_RECORD, check_records
from tocsin.records.errors import TocsinInputError
from tocsin.records.posts import Block, Frame

Path = tuple[str, ...]
Header = Callable[[Path, Any], None]
TOP_ARRAY: Final[Path] = ()  # the elements of a top-level array
ANY: Final = "*"

# Possessive throughout: a way back that nothing is found on costs memory, 40 bytes for each byte of a long string.
_TOKEN: Final = re.compile(rb'[\s,:]*+(?:("(?:[^"\\\n]++|\\.)*+")|([{}\[\]])|([^\s{}\[\],:"]++))', re.DOTALL)
_PARTIAL: Final = re.compile(rb'[\s,:]*+(?:"(?:[^"\\\n]++|\\.)*+\\?)?\Z', re.DOTALL)
_OPENING: Final = re.compile(rb'([\s,]*)(\{\s*"[^"\\\n]{1,64}"\s*:)')
_SPACE: Final = b" \t\r\n,"
_MAX_OUTER_DEPTH: Final = 64
_MAX_SCALAR: Final = 4096  # bytes of a header value worth reporting
_MAX_TRIES: Final = 64
# Looking for where the next element begins costs up to 70 times the bytes it steps over: for a damaged place or two
# that is nothing, for a file made of them the bytes looked at are limited to so many for each byte of the file.
_FREE_SCAN: Final = 32 << 20
_SCAN_RATIO: Final = 4
_COARSE: Final = 1 << 12
_MAX_OUTER: Final = 1 << 20  # tokens outside the record arrays; a full export of 20,000 chats has a fifth as many


def element_blocks(
    stream: BinaryIO,
    paths: tuple[Path, ...],
    block_size: int = BLOCK_SIZE,
    max_record: int = MAX_RECORD,
    header: Header | None = None,
) -> Iterator[Block]:
    """Blocks of a stream of JSON documents, one frame an element of the arrays at `paths` ("*" is any array index).

    A frame's pointer is the element's RFC 6901 pointer in its document. `header` is told each scalar outside the
    arrays with its path. Damage that cannot be stepped over becomes one frame, which does not parse.
    """
    yield from _Framer(stream, paths, block_size, max_record, header).blocks()


def value_blocks(stream: BinaryIO, block_size: int = BLOCK_SIZE, max_record: int = MAX_RECORD) -> Iterator[Block]:
    """Blocks of a stream of JSON values one after the other (pretty-printed or not), one frame a value."""
    yield from _Framer(stream, None, block_size, max_record, None).blocks()


class _Framer:
    """One walk over a stream. `_window` starts at `_offset`; `_at` is how far it is understood."""

    def __init__(
        self, stream: BinaryIO, paths: tuple[Path, ...] | None, block_size: int, max_record: int, header: Header | None
    ) -> None:
        self._source = ByteSource(stream)
        self._paths = paths or ()
        self._values = paths is None  # the stream itself is taken as one array of records
        self._block_size = block_size
        self._max_record = max_record
        self._header = header
        self._window = b""
        self._offset = 0
        self._at = 0
        self._ended = False
        self._line_no = 1
        self._counted = 0  # position in the window up to which lines are counted
        self._frames: list[Frame] = []
        self._stack: list[list[Any]] = [[True, -1]] if self._values else []  # [is_array, key or index]
        self._key_next = False
        self._in_records = self._values
        self._signature = b""  # what lies before and opens every element, learnt from the first two
        self._keys: frozenset[str] = frozenset()
        self._prefix = ""  # pointer of the record array
        self._count = 0  # records framed
        self._outer = 0  # tokens seen outside the record arrays
        self._scanned = 0  # bytes looked at for where elements begin
        self._clear_until = 0  # offset up to which no element begins as the others do

    def blocks(self) -> Iterator[Block]:
        self._fill(max(self._block_size, 64))
        if self._window.startswith(BOM):
            self._at = len(BOM)
        while True:
            more = self._walk_elements() if self._in_records else self._walk_outer()
            if not more:
                if len(self._frames) >= MAX_FRAMES:
                    yield from self._flush()
                continue
            if self._ended:
                break
            yield from self._flush()
            if len(self._window) > self._max_record:
                yield from self._skip_oversize()
            else:
                self._fill(max(self._block_size, len(self._window)))
        rest = self._window[self._at :]
        if rest.strip(_SPACE):
            self._damage(self._at, len(self._window))
        self._at = len(self._window)
        yield from self._flush()
        self._source.check()

    def _fill(self, size: int) -> None:
        piece = self._source.read(size)
        self._ended = not piece
        self._window += piece

    def _flush(self) -> Iterator[Block]:
        if self._at or self._frames:
            self._lines_to(self._at)
            yield Block(self._offset, self._window[: self._at], tuple(self._frames))
            self._window = self._window[self._at :]
            self._offset += self._at
            self._count += len(self._frames)
            self._frames, self._at, self._counted = [], 0, 0
            check_records(self._count, self._offset)

    def _lines_to(self, position: int) -> int:
        if position > self._counted:
            self._line_no += self._window.count(b"\n", self._counted, position)
            self._counted = position
        return self._line_no

    # ---- outside the record arrays ----

    def _walk_outer(self) -> bool:
        """Walk tokens until a record array opens (False) or more bytes are needed (True)."""
        window = self._window
        while True:
            match = _TOKEN.match(window, self._at)
            if match is None:
                return _PARTIAL.match(window, self._at) is not None or self._judged(self._at) is not False
            if match.end() == len(window) and not self._ended:
                return True
            self._outer += 1
            if self._outer > _MAX_OUTER:
                raise TocsinInputError(
                    f"more than {_MAX_OUTER:,} values outside the records, up to byte {self._offset + self._at}",
                    next_step="what came before was read; cut away what is not posts",
                )
            string, bracket, scalar = match.groups()
            if bracket:
                if not self._bracket(bracket, match.start(2)):
                    return self._judged(self._at) is not False
                self._at = match.end()
                if self._in_records:
                    return False
                continue
            if string is not None and self._key_next:
                self._stack[-1][1] = _text(string)
                self._key_next = False
            else:
                self._scalar(string if string is not None else scalar)
            self._at = match.end()

    def _bracket(self, bracket: bytes, position: int) -> bool:
        """Step into or out of a container; False for a closer that closes nothing or too deep an opener."""
        if bracket in b"{[":
            self._count_element()
            if len(self._stack) >= _MAX_OUTER_DEPTH:
                return False
            self._stack.append([bracket == b"[", -1 if bracket == b"[" else ""])
            self._key_next = bracket == b"{"
            self._in_records = bracket == b"[" and self._matches(self._path()[:-1])
            if self._in_records:
                self._signature, self._keys, self._clear_until = b"", frozenset(), 0
                keys = (str(entry[1]).replace("~", "~0").replace("/", "~1") for entry in self._stack[:-1])
                self._prefix = "".join("/" + key for key in keys)
            return True
        if not self._stack or self._stack[-1][0] != (bracket == b"]"):
            return False
        self._stack.pop()
        self._key_next = bool(self._stack) and not self._stack[-1][0]
        return True

    def _count_element(self) -> None:
        if self._stack and self._stack[-1][0]:
            self._stack[-1][1] += 1

    def _scalar(self, raw: bytes) -> None:
        self._count_element()
        self._key_next = bool(self._stack) and not self._stack[-1][0]
        if self._header is not None and self._stack and len(raw) <= _MAX_SCALAR:
            try:
                self._header(self._path(), orjson.loads(raw))
            except orjson.JSONDecodeError:
                return

    def _path(self) -> Path:
        return tuple(str(entry[1]) for entry in self._stack)

    def _matches(self, path: Path) -> bool:
        return any(
            len(wanted) == len(path) and all(want in (ANY, got) for want, got in zip(wanted, path, strict=True))
            for wanted in self._paths
        )

    # ---- inside a record array ----

    def _walk_elements(self) -> bool:
        """Frame the whole elements in the window; False when the array ended or damage was stepped over."""
        base = self._at
        self._learn(base)
        starts, ends, closer = element_spans(self._window, base, MAX_FRAMES)
        for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
            if len(self._frames) >= MAX_FRAMES:
                return False
            clean = self._gap(self._at, start)
            if clean and self._suspicious(start, end) and not parses(self._window[start:end]):
                clean = self._judged(start)
            if not clean:
                return clean is None
            self._learn(self._at, end)
            self._frame(start, end)
            self._at = end
        if len(self._frames) >= MAX_FRAMES:
            return False
        if closer >= 0:
            clean = self._gap(self._at, closer)
            if not clean:
                return clean is None
            return self._closed(closer)
        rest = self._window[self._at :]
        start = len(self._window) - len(rest.lstrip(_SPACE))
        suspect = self._ended or len(self._window) - start > SUSPECT
        return not (suspect and self._judged(start) is False)

    def _suspicious(self, start: int, end: int) -> bool:
        """Whether an element may have swallowed others: it is long, or what opens elements occurs inside it."""
        inside = self._signature and self._window.find(self._signature, start + 1, end) >= 0
        return bool(inside) or end - start > SUSPECT

    def _closed(self, closer: int) -> bool:
        """Leave the array at its end, or handle a closer that ends no array; True where more bytes are needed first."""
        if not self._values and self._window[closer : closer + 1] == b"]":
            self._leave_records()
        else:
            judged = self._judged(closer)
            if not judged:
                return judged is None
            end = closer + 1
            self._scanned += FIRST_PIECE
            if self._is_spent(closer):  # made of such closers: on to a later line at once
                newline = self._window.find(b"\n", closer + _COARSE, closer + SUSPECT) + 1
                end = newline or min(len(self._window), closer + SUSPECT)
            self._damage(closer, end)
            self._at = end
            return False
        self._at = closer + 1
        return False

    def _gap(self, start: int, end: int) -> bool | None:
        """Handle what lies between elements: True to go on, False to walk anew, None for more bytes."""
        between = self._window[start:end].strip(_SPACE)
        if not between:
            return True
        if not parses(b"[" + between + b"]"):
            judged = self._judged(start)
            if not judged:
                return judged
        self._damage(start, end)
        self._at = end
        return True

    def _judged(self, start: int) -> bool | None:
        """What to do about damage at `start`: False once the walk may go on behind it, True if nothing is found there.

        None: more bytes are needed first. The judgement rests on the same bytes however the stream is cut in pieces.
        """
        if not self._ended and len(self._window) - start < 2 * SUSPECT:
            return None
        found = self._next_element(start + 1, start + SUSPECT)
        if found < 0:
            return True
        self._damage(start, found)
        self._at = found
        if not self._in_records:
            self._stack.append([True, -1])
            self._in_records = True
        return False

    def _next_element(self, start: int, limit: int) -> int:
        """Where, from `start` up to `limit`, a whole element begins as the others do; -1 if nowhere."""
        limit = min(limit, len(self._window))
        # where it was looked for in vain before it need not be looked for again
        found = max(start, self._clear_until - self._offset) - 1
        for tried in range(_MAX_TRIES if self._signature else 0):
            found = self._window.find(self._signature, found + 1, limit)
            if found < 0:
                if not tried:
                    self._clear_until = max(self._clear_until, self._offset + limit - len(self._signature) + 1)
                return -1
            if self._is_spent(found):
                return -1
            keys, scanned = element_keys(self._window, found + self._signature.index(b"{"))
            self._scanned += scanned
            if keys is not None and len(self._keys & keys) * 2 >= len(self._keys):
                self._scanned += FIRST_PIECE  # the walk begins anew there
                return found
        return -1

    def _is_spent(self, at: int) -> bool:
        """Whether no more may be looked at for where elements begin, as far as the walk has come."""
        return self._scanned > _FREE_SCAN + _SCAN_RATIO * (self._offset + at)

    def _leave_records(self) -> None:
        self._in_records = False
        self._stack.pop()
        self._key_next = bool(self._stack) and not self._stack[-1][0]

    def _learn(self, start: int, end: int = 0) -> None:
        """Learn what opens an element: from the array's first bytes, then from the first element after a comma."""
        if self._keys or (not end and self._stack[-1][1] >= 0):
            return
        opening = _OPENING.match(self._window, start)
        if opening is None or (end and not self._values and b"," not in opening[1]):
            return
        # values stand one after the other, each on lines of its own
        gap = b"\n" if self._values else opening[1].lstrip(b" \t\r\n")
        if end and parses(self._window[opening.start(2) : end]):
            self._keys = frozenset(orjson.loads(readable(self._window[opening.start(2) : end])[0]))
            self._signature, self._clear_until = gap + opening[2], 0
        elif not end:
            self._signature = (gap if self._values or b"," in gap else b"," + opening[1]) + opening[2]

    def _frame(self, start: int, end: int) -> None:
        self._stack[-1][1] += 1
        pointer = "" if self._values else f"{self._prefix}/{self._stack[-1][1]}"
        self._frames.append(Frame(start, end, pointer, self._lines_to(start)))

    def _damage(self, start: int, end: int) -> None:
        raw = self._window[start:end]
        start += len(raw) - len(raw.lstrip(_SPACE))
        end -= len(raw) - len(raw.rstrip(_SPACE))
        if end > start:
            self._frames.append(Frame(start, end, "", self._lines_to(start)))

    def _skip_oversize(self) -> Iterator[Block]:
        """Pass on a record too long to hold without holding more of it; the walk goes on at the next element."""
        start, length, line_no = self._offset, 0, self._lines_to(0)
        while True:
            found = self._next_element(0, len(self._window)) if length else -1
            if found >= 0:
                self._at = found
                self._frames = [oversize_frame(found, start, length + found, line_no)]
                yield from self._flush()
                return
            near = self._window.rfind(self._signature) if self._signature else -1
            if near < 0 or len(self._window) - near > 2 * SUSPECT:
                near = max(0, len(self._window) - len(self._signature))
            self._at = len(self._window) if self._ended else near
            self._frames = []
            length += self._at
            yield from self._flush()
            if self._ended:
                yield Block(self._offset, b"", (oversize_frame(0, start, length, line_no),))
                return
            self._fill(self._block_size)


def _text(string: bytes) -> str:
    try:
        return str(orjson.loads(string))
    except orjson.JSONDecodeError:
        return string[1:-1].decode("utf-8", "replace")
