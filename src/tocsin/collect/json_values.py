"""The JSON value of one record, bounded in bytes, values and depth, and what is odd about it but can be read.

Depth is orjson's own limit (1024). There is no limit by the clock, because the same bytes must give the same records
on every machine: what bounds the time is that each step here reads a record a fixed number of times.
"""

from __future__ import annotations

import re
from typing import Any, Final

import orjson

from tocsin.collect.json_spans import element_spans
from tocsin.collect.line_frames import oversize_record
from tocsin.collect.reader import DUPLICATE_KEY, HALF_PAIR, MAX_VALUES, NOT_UTF8, Noticed
from tocsin.records.posts import Block, Frame, QuarantinedRecord

SUSPECT: Final = 1 << 20  # bytes; an element longer than this is tried before it is believed
_TOO_MANY: Final = f"more than {MAX_VALUES:,} values in one record"
_STRING_OR_MARK: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[{}\[\]:]', re.DOTALL)
# Every escape is stepped over, so that in `\\ud800` (a backslash, then letters) nothing is taken for a surrogate.
_ESCAPE: Final = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL
)


def read_value(block: Block, frame: Frame) -> tuple[Any | QuarantinedRecord, tuple[Noticed, ...]]:
    """The JSON value in a frame, or the record to quarantine; and what was noticed while it was read. Never raises.

    Bytes that are not UTF-8 and halves of surrogate pairs are read as U+FFFD (the original keeps them); of a key given
    twice the last value is read, as JSON readers do. Each is noticed.
    """
    refused = oversize_record(frame)
    if refused is not None:
        return refused, ()
    where = (block.offset + frame.start, frame.end - frame.start, frame.line_no)
    raw = block.data[frame.start : frame.end]
    if has_too_many_values(raw):
        return QuarantinedRecord(*where, "", _TOO_MANY), ()
    kinds: tuple[str, ...] = ()
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raw, kinds = readable(raw)
        try:
            value = orjson.loads(raw) if kinds else error
        except orjson.JSONDecodeError as still:
            value = still
        if isinstance(value, orjson.JSONDecodeError):
            return QuarantinedRecord(*where, "", f"not valid JSON at character {value.pos}"), ()
    if repeats_a_key(raw, value):
        kinds = (*kinds, DUPLICATE_KEY)
    return value, tuple(Noticed(*where, kind) for kind in kinds)


def has_too_many_values(raw: bytes) -> bool:
    """Whether a record could hold more than MAX_VALUES values: a small file of them would fill the memory."""
    return len(raw) > MAX_VALUES and raw.count(b",") + raw.count(b"[") + raw.count(b"{") > MAX_VALUES


def parses(raw: bytes) -> bool:
    """Whether a record would be read."""
    if has_too_many_values(raw):
        return False
    try:
        orjson.loads(raw)
    except orjson.JSONDecodeError:
        repaired, kinds = readable(raw)
        return bool(kinds) and parses(repaired)
    return True


def readable(raw: bytes) -> tuple[bytes, tuple[str, ...]]:
    """The JSON with U+FFFD for what no text can hold, and what had to be replaced (nothing: the same bytes).

    >>> readable(b'"a\\\\ud83d b\\xff"')[0].decode()
    '"a\\\\ufffd b\\ufffd"'
    >>> readable(b'"\\\\\\\\ud83d"')[1]
    ()
    """
    kinds: list[str] = []
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        raw = raw.decode("utf-8", "replace").encode()
        kinds.append(NOT_UTF8)
    if b"\\u" in raw:
        whole = _ESCAPE.sub(lambda found: found[0] if found[1] is None else b"\\ufffd", raw)
        if whole != raw:
            raw = whole
            kinds.append(HALF_PAIR)
    return raw, tuple(kinds)


def repeats_a_key(raw: bytes, value: Any) -> bool:
    """Whether an object in `raw`, which holds `value`, gives a key twice.

    orjson keeps the last and says nothing. What it kept, written again, has as many quotes as the original unless a
    key was lost or quotes were written as \\u0022: only then are the keys compared one by one.

    >>> repeats_a_key(b'{"a": 1, "a": 2}', {"a": 2}), repeats_a_key(b'{"a": "\\\\u0022"}', {"a": '"'})
    (True, False)
    """
    try:
        written = orjson.dumps(value)
    except TypeError:  # deeper than orjson writes
        return _repeats(raw)
    # a backslash before a closing quote may itself be escaped, and then the quote counts
    if b'\\\\"' not in raw and b'\\\\"' not in written and _quotes(raw) == _quotes(written):
        return False
    return _repeats(raw)


def _quotes(raw: bytes) -> int:
    """Quotes that are not escaped, where no escaped backslash stands before a quote."""
    count = raw.count(b'"')
    return count - raw.count(b'\\"') if b"\\" in raw else count


def _repeats(raw: bytes) -> bool:
    """Whether a key is given twice, by walking all of them. `raw` is valid JSON."""
    stack: list[set[bytes] | None] = []
    last = b""
    for found in _STRING_OR_MARK.finditer(raw):
        mark = found[0]
        if mark == b":":
            # stands after a key and nowhere else outside strings
            key = bytes(orjson.dumps(orjson.loads(last))) if b"\\" in last else last
            keys = stack[-1]
            if keys is not None:
                if key in keys:
                    return True
                keys.add(key)
        elif mark == b"{":
            stack.append(set())
        elif mark == b"[":
            stack.append(None)
        elif mark in (b"}", b"]"):
            stack.pop()
        else:
            last = mark
    return False


def element_keys(window: bytes, start: int) -> tuple[frozenset[str] | None, int]:
    """Keys of the object that starts at `start` and the bytes looked at.

    None where no whole object of at most SUSPECT bytes parses.
    """
    size, scanned = 1 << 12, 0
    while True:
        starts, ends, _ = element_spans(window[start : start + size], 0, 1)
        scanned += size
        if len(ends) or size >= SUSPECT or start + size >= len(window):
            break
        size *= 16
    if not len(ends) or int(starts[0]):
        return None, scanned
    raw = window[start : start + int(ends[0])]
    if has_too_many_values(raw):
        return None, scanned
    try:
        return frozenset(orjson.loads(readable(raw)[0])), scanned
    except orjson.JSONDecodeError:
        return None, scanned
