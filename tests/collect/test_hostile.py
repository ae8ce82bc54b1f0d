"""Whatever the bytes: a reader raises nothing but TocsinInputError, loses no byte, and block size changes nothing."""

from __future__ import annotations

import contextlib
import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collect.reading import ALLOWED, noticed, posts, quarantined, records
from tocsin.collect import readers
from tocsin.collect.reader import DUPLICATE_KEY, HALF_PAIR, NOT_UTF8
from tocsin.records.errors import TocsinInputError

_TABLE = io.BytesIO()
pq.write_table(pa.table({"id": ["1", "2"], "user": ["osk", "tarn"], "text": ["bread", "boats"]}), _TABLE)
SAMPLES = [
    b'{"data":[{"id":"1","author_id":"2","text":"bread"},{"id":"3","author_id":"2","text":"boats"}],'
    b'"includes":{"users":[{"id":"2","username":"osk"}]}}\n{"id":"4","author_id":"2","text":"tea"}\n',
    b'{"id_str":"1","user":{"id_str":"2","screen_name":"osk"},"text":"bread"}\n{"delete":{"status":{"id":1}}}\n',
    b'{\n "name": "Osk",\n "type": "public_channel",\n "id": 7,\n "messages": [\n  {\n   "id": 1,\n   "type": "message",\n'
    b'   "from_id": "channel7",\n   "text": "bread \\"x\\" {"\n  },\n  {\n   "id": 2,\n   "type": "message",\n'
    b'   "from_id": "channel7",\n   "text": ["a", {"type": "link", "text": "https://osk.example"}]\n  }\n ]\n}',
    b'{"messages":[{"_id":"a","rid":"R","u":{"_id":"U"},"ts":"2020-01-01T00:00:00Z","msg":"hi"},{"_id":"b"}]}',
    b"01/02/19, 11:25 - Osk Baker: bread\nand tea\n13/02/19, 09:00 - Tarn: boats\n",
    b'id,user,text,created_at\n1,osk,"bread, tea\nand more",03/04/2020\n2,tarn,boats,13/04/2020\n',
    _TABLE.getvalue(),
]
EDITS = st.lists(
    st.tuples(
        st.floats(0, 1),
        st.integers(0, 12),
        st.sampled_from([b"", b'"', b"}", b"]", b"{", b"[", b"\n", b"\\", b"\xff", b"\0", b",", b"9" * 30]),
    ),
    max_size=5,
)
QUICK = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), database=None)


def _read_by_all(raw: bytes) -> None:
    for reader in readers():
        reader.recognises(raw, "export")
        with contextlib.suppress(TocsinInputError):
            records(raw, ALLOWED, reader, sizes=(1 << 20, 64, 5))


@QUICK
@given(st.binary(max_size=400))
def test_any_bytes(raw: bytes) -> None:
    _read_by_all(raw)


@QUICK
@given(st.text(alphabet='{}[]",:\\ \n\r01e-aé\u200f\ud800', max_size=200))
def test_any_text_of_structure(text: str) -> None:
    _read_by_all(text.encode("utf-8", "surrogatepass"))


@QUICK
@given(st.sampled_from(SAMPLES), EDITS)
def test_damaged_exports(raw: bytes, edits: list[tuple[float, int, bytes]]) -> None:
    for where, cut, put in edits:
        at = int(where * len(raw))
        raw = raw[:at] + put + raw[at + cut :]
    _read_by_all(raw)


@pytest.mark.parametrize("raw", SAMPLES)
def test_samples_are_read_by_the_reader_that_recognises_them(raw: bytes) -> None:
    assert len(posts(records(raw, ALLOWED))) >= 1


DEEP = b"[" * 100_000 + b"]" * 100_000
ODD_VALUES = {
    "deep nesting": DEEP,
    "a huge number": b"9" * 5000,
    "a lone surrogate": b'"\\ud800"',
    "not UTF-8": b'"\xff\xfe"',
    "a bare word": b"NaN",
    "an unclosed string": b'"abc',
}


@pytest.mark.parametrize("name", ODD_VALUES)
def test_one_odd_line_loses_only_itself(name: str) -> None:
    odd = b'{"id":"2","author_id":"2","text":"tea","extra":' + ODD_VALUES[name] + b"}\n"
    good = b'{"id":"%d","author_id":"2","text":"bread"}\n'
    raw = good % 1 + odd + good % 3
    found = records(raw, sizes=(1 << 20, 100))
    assert {"1", "3"} <= {post.platform_id for post in posts(found)}
    for record in quarantined(found):
        assert raw[record.record_offset :][: record.record_length] == odd.rstrip(b"\n")
        assert record.line_no == 2
    assert len(posts(found)) + len(quarantined(found)) == 3


def test_duplicate_keys_and_nul_are_read() -> None:
    found = records(b'{"id":"1","author_id":"2","text":"a","text":"b\\u0000c"}\n')
    assert [post.text for post in posts(found)] == ["b\0c"]
    assert [(record.line_no, record.kind) for record in noticed(found)] == [(1, DUPLICATE_KEY)]


@pytest.mark.parametrize(
    ("extra", "is_repeated"),
    [
        (b'{"a":1,"b":{"a":2}}', False),
        (b'[{"a":1},{"a":1}]', False),
        (b'{"a":1,"\\u0061":2}', True),
        (b'{"a" :1,"b":[{"c":1, "c" : 1}]}', True),
        (b'{"a\\u0022":"\\u0022"}', False),
        (b'{"a\\\\":"\\\\","b":"\\\\"}', False),
        (b'{"a\\\\":"\\\\","a\\\\":"\\\\"}', True),
        (b'{"":1,"":1}', True),
        (b'"{\\"a\\":1,\\"a\\":2}"', False),
        (b'{"a":' * 300 + b"1" + b"}" * 300, False),
        (b'{"a":' * 300 + b'{"b":1,"b":1}' + b"}" * 300, True),
        (b'{"a":"x\\"", "a":"\\u0022"}', True),
    ],
)
def test_a_key_given_twice_is_noticed_wherever_it_is_and_nothing_else_is(extra: bytes, is_repeated: bool) -> None:
    found = records(b'{"id":"1","author_id":"2","text":"tea","x":' + extra + b"}\n")
    assert [post.text for post in posts(found)] == ["tea"]
    assert [record.kind for record in noticed(found)] == [DUPLICATE_KEY] * is_repeated


READ_WITH_A_NOTICE = {"a lone surrogate": HALF_PAIR, "not UTF-8": NOT_UTF8}


@pytest.mark.parametrize("name", ODD_VALUES)
def test_one_odd_element_of_a_document_loses_only_itself(name: str) -> None:
    def message(number: int, text: bytes) -> bytes:
        return b'  {\n   "id": %d,\n   "type": "message",\n   "from_id": "channel7",\n   "text": %s\n  }' % (
            number,
            text,
        )

    head = b'{\n "name": "Osk",\n "type": "public_channel",\n "id": 7,\n "messages": [\n'
    odd = message(3, ODD_VALUES[name])
    elements = [message(1, b'"bread"'), message(2, b'"tea"'), odd, message(4, b'"boats"'), message(5, b'"rope"')]
    found = records(head + b",\n".join(elements) + b"\n ]\n}", sizes=(1 << 20, 100))
    is_read = name in READ_WITH_A_NOTICE
    assert {"7/1", "7/2", "7/4", "7/5"} | ({"7/3"} if is_read else set()) == {post.platform_id for post in posts(found)}
    assert len(quarantined(found)) == (not is_read)
    assert [record.kind for record in noticed(found)] == ([READ_WITH_A_NOTICE[name]] if is_read else [])
    assert not is_read or "\ufffd" in posts(found)[2].text
