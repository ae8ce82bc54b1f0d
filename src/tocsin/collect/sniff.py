"""What the first bytes of a stream look like, for recognition only: the head may end in the middle of a value."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import orjson

from tocsin.collect.json_values import readable
from tocsin.collect.line_frames import BOM

# a string that the head cuts runs to its end: looking for the next quote again would take time squared
_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)|[{}\[\],]', re.DOTALL)
_CLOSER = {0x7B: b"}", 0x5B: b"]"}
_MAX_DEPTH = 400
_MAX_CUT_DEPTH = 8
_SAMPLES = 20


@dataclass(frozen=True, slots=True)
class Sniff:
    """The shape of a head: `lines` of JSON, one `document` (or several), an `array`, or `other` text or bytes."""

    shape: Literal["lines", "document", "array", "other"]
    samples: tuple[Any, ...]  # the first values; the last may be cut short


@lru_cache(maxsize=8)
def sniffed(head: bytes) -> Sniff:
    """The shape of a head and the first values in it.

    >>> sniffed(b'{"id": 1}\\n{"id": 2}\\n{"i').samples
    ({'id': 1}, {'id': 2})
    >>> sniffed(b'[{"id": 1}, {"id": 2, "te').shape
    'array'
    """
    text = head.removeprefix(BOM)
    lines = [line for line in text.split(b"\n") if line.strip()]
    values = [value for line in lines[:_SAMPLES] if isinstance(value := _value(line), dict) and value]
    if values and (len(values) > 1 or isinstance(_value(lines[0]), dict)):
        return Sniff("lines", tuple(values))
    start = text.lstrip()[:1]
    if start not in (b"{", b"["):
        return Sniff("other", ())
    value = _repaired(text)
    if isinstance(value, list):
        return Sniff("array", tuple(value[:_SAMPLES]))
    if not isinstance(value, dict):
        return Sniff("other", ())
    return Sniff("lines" if len(lines) == 1 else "document", (value,))


def _value(raw: bytes) -> Any:
    try:
        return orjson.loads(raw)
    except ValueError:
        raw, kinds = readable(raw)
    try:
        return orjson.loads(raw) if kinds else None
    except ValueError:
        return None


def _repaired(text: bytes) -> Any:
    """The first value in `text`, closed after its last whole member where the head cuts it or damage begins."""
    stack: list[int] = []
    cuts: list[tuple[int, bytes]] = []  # where it may be closed, and with what
    for match in _TOKEN.finditer(text):
        token = match[0][0]
        if token == 0x22 or (token == 0x2C and len(stack) > _MAX_CUT_DEPTH):
            continue
        at = match.start() if token == 0x2C else match.end()
        if token in _CLOSER:
            stack.append(token)
        elif token != 0x2C and stack:
            stack.pop()
        if len(stack) > _MAX_DEPTH:
            break
        if len(stack) <= _MAX_CUT_DEPTH:
            cuts.append((at, b"".join(_CLOSER[opened] for opened in reversed(stack))))
        if not stack:
            break
    best: Any = None
    low, high = 0, len(cuts)  # a cut before the damage parses, one after it does not
    while low < high:
        middle = (low + high) // 2 if high < len(cuts) else len(cuts) - 1
        value = _value(text[: cuts[middle][0]] + cuts[middle][1])
        if value is None:
            high = middle
        else:
            best, low = value, middle + 1
    return best
