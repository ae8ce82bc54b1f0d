from __future__ import annotations

import io
import json
import tracemalloc

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.collect.json_frames import ANY, TOP_ARRAY, element_blocks, value_blocks
from tocsin.collect.json_spans import element_spans
from tocsin.collect.line_frames import oversize_record
from tocsin.records.posts import Block, QuarantinedRecord

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(alphabet='ab{}[]",:\\é\n', max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(alphabet='a{"', max_size=3), inner, max_size=3),
    max_leaves=8,
)
ELEMENTS = st.lists(st.dictionaries(st.text(alphabet='ab"]', max_size=3), VALUES, max_size=4), max_size=6)


def framed(blocks: list[Block]) -> list[tuple[bytes, str, int]]:
    return [
        (block.data[frame.start : frame.end], frame.pointer, frame.line_no)
        for block in blocks
        for frame in block.frames
    ]


@settings(max_examples=200, deadline=None, database=None)
@given(ELEMENTS, st.sampled_from([None, 0, 1, 4]), st.booleans(), st.sampled_from([1, 7, 64, 1 << 20]))
def test_every_element_is_framed_exactly(elements: list[object], indent: int | None, escape: bool, size: int) -> None:
    head: dict[str, object] = {"name": 'a "list": [{', "n": 1.5, "other": [{"messages": [1]}, []]}
    document = {**head, "messages": elements, "tail": {"x": [[]]}}
    raw = json.dumps(document, indent=indent, ensure_ascii=escape).encode()
    blocks = list(element_blocks(io.BytesIO(raw), (("messages",),), size))
    assert b"".join(block.data for block in blocks) == raw
    found = framed(blocks)
    assert [orjson.loads(element) for element, _, _ in found] == orjson.loads(raw)["messages"]
    assert [pointer for _, pointer, _ in found] == [f"/messages/{index}" for index in range(len(elements))]


def test_pointers_lines_and_headers_of_nested_lists() -> None:
    chats = [{"name": "one", "messages": [{"id": 1}, {"id": 2}]}, {"name": "two", "messages": [{"id": 3}]}]
    raw = json.dumps({"chats": {"list": chats}}, indent=1).encode()
    told: list[tuple[tuple[str, ...], object]] = []
    blocks = list(
        element_blocks(
            io.BytesIO(raw),
            (("chats", "list", ANY, "messages"),),
            32,
            header=lambda path, value: told.append((path, value)),
        )
    )
    found = framed(blocks)
    assert [pointer for _, pointer, _ in found] == [
        "/chats/list/0/messages/0",
        "/chats/list/0/messages/1",
        "/chats/list/1/messages/0",
    ]
    lines = raw.split(b"\n")
    assert all(lines[line_no - 1].strip() == b"{" for _, _, line_no in found)
    assert told == [(("chats", "list", "0", "name"), "one"), (("chats", "list", "1", "name"), "two")]


def test_values_one_after_the_other_and_stray_closers() -> None:
    raw = b'{"a": 1}\n{"b": [1, 2]} ] {"c": "}"}'
    assert [element for element, _, _ in framed(list(value_blocks(io.BytesIO(raw), 4)))] == [
        b'{"a": 1}',
        b'{"b": [1, 2]}',
        b"]",
        b'{"c": "}"}',
    ]


def test_scalars_among_the_elements_are_framed_so_that_nothing_passes_in_silence() -> None:
    raw = b'[{"id": 1}, 2, "x}", {"id": 3}]'
    assert [element for element, _, _ in framed(list(element_blocks(io.BytesIO(raw), (TOP_ARRAY,))))] == [
        b'{"id": 1}',
        b'2, "x}"',
        b'{"id": 3}',
    ]


@pytest.mark.parametrize(
    "damage",
    [b'{"id":2,"t":"x}', b'{"id":2,"t":"x"', b'"id":2,"t":"x"}', b'{"id":2,"t":{"x"}', b'{"id":2,"t":["x"}]}}', b""],
)
@pytest.mark.parametrize("size", [5, 1 << 20])
def test_damage_in_a_one_line_document_loses_only_itself(damage: bytes, size: int) -> None:
    good = [b'{"id":%d,"t":"bread, \\"tea\\" {"}' % number for number in (0, 1, 3, 4)]
    raw = b'{"messages":[' + b",".join([*good[:2], damage, *good[2:]]) + b'],"success":true}'
    found = [element for element, _, _ in framed(list(element_blocks(io.BytesIO(raw), (("messages",),), size)))]
    assert [element for element in found if element in good] == good
    assert len(found) - len(good) <= 2  # a surplus closer may be told apart from what it closes


def test_damage_in_the_first_element_is_stepped_over_too() -> None:
    raw = b'[{"id":1,"t":{,{"id":2,"t":1},{"id":3,"t":1}]'
    found = [element for element, _, _ in framed(list(element_blocks(io.BytesIO(raw), (TOP_ARRAY,))))]
    assert found[1:] == [b'{"id":2,"t":1}', b'{"id":3,"t":1}']


class Endless(io.RawIOBase):
    """A document whose second element is `size` bytes long, made as it is read."""

    def __init__(self, size: int) -> None:
        self._parts = [b'[{"id":1,"t":"a"},{"id":2,"t":"', size, b'"},{"id":3,"t":"b"},{"id":4,"t":"c"}]']

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        while self._parts:
            part = self._parts[0]
            if isinstance(part, bytes):
                self._parts.pop(0)
                return part
            if part > 0:
                self._parts[0] = part - min(part, size)
                return b"x" * min(part, size)
            self._parts.pop(0)
        return b""


def test_an_element_too_long_to_hold_is_quarantined_and_its_neighbours_kept() -> None:
    size, limit = 40 << 20, 4 << 20
    tracemalloc.start()
    elements: list[bytes] = []
    refused: list[QuarantinedRecord] = []
    total = 0
    for block in element_blocks(Endless(size), (TOP_ARRAY,), 1 << 20, limit):  # type: ignore[arg-type]
        total += len(block.data)
        for frame in block.frames:
            found = oversize_record(frame)
            if found is None:
                elements.append(block.data[frame.start : frame.end])
            else:
                refused.append(found)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [orjson.loads(element)["id"] for element in elements] == [1, 3, 4]
    assert len(refused) == 1
    assert size <= refused[0].record_length <= size + 64
    assert total == size + 31 + 37
    assert peak < 8 * limit


def test_escapes_are_counted_in_runs() -> None:
    starts, ends, closer = element_spans(rb'{"a":"\\"},{"a":"\\\"}"},{"a":"\\\\"}]')
    assert [(int(start), int(end)) for start, end in zip(starts, ends, strict=True)] == [(0, 10), (11, 24), (25, 37)]
    assert closer == 37
