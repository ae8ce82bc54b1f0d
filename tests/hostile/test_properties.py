"""Whatever bytes come as a file: only TocsinInputError escapes, and what is read is the same whatever it is packed in."""

from __future__ import annotations

import gzip
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hostile.samples import SAMPLES
from hostile.through_readers import read_all
from tocsin.collect.encodings import as_utf8
from tocsin.collect.parquet_pages import BadPageError, chunk_pages

QUICK = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck), database=None)
MAGICS = st.sampled_from(
    [b"", b"PK\x03\x04", b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd", b"PAR1", b"\xff\xfe", b"\xef\xbb\xbf", b"[{"]
)


def _read(raw: bytes) -> list[object]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a")
        path.write_bytes(raw)
        read = read_all([path], Path(folder))
        return [*read.records, *(reason for _, reason in read.errors if "not recognised" not in reason)]


@QUICK
@given(MAGICS, st.binary(max_size=300))
def test_any_bytes_as_a_file(magic: bytes, raw: bytes) -> None:
    _read(magic + raw)


@QUICK
@given(st.sampled_from(SAMPLES), st.data())
def test_a_spoilt_file_reads_the_same_packed_or_not(sample: object, data: st.DataObject) -> None:
    raw = bytearray(sample.joined())  # type: ignore[attr-defined]
    for _ in range(data.draw(st.integers(0, 8))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    assert _read(bytes(raw)) == _read(gzip.compress(bytes(raw)))


@QUICK
@given(
    st.text(st.characters(codec="utf-8"), max_size=200),
    st.sampled_from(["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"]),
)
def test_wide_text_comes_out_as_the_same_text(text: str, encoding: str) -> None:
    import io

    assert as_utf8(io.BytesIO(("\ufeff" + text).encode(encoding)), "a").read().decode() == "\ufeff" + text


@QUICK
@given(st.binary(max_size=400), st.sampled_from(["cp1256", "cp1252", "iso8859-1", "koi8-r"]))
def test_a_declared_encoding_loses_no_byte(raw: bytes, encoding: str) -> None:
    import io

    if (
        raw[:2] in (b"\xff\xfe", b"\xfe\xff")
        or raw[:3] in (b"\xef\xbb\xbf", b"\x28\xb5\x2f", b"PAR")
        or raw[:2] in (b"\x1f\x8b", b"PK")
    ):
        return
    read = as_utf8(io.BytesIO(raw), "a", encoding).read()
    assert read.decode("utf-8", "surrogateescape").encode(encoding, "surrogateescape") == raw


@QUICK
@given(st.binary(max_size=400))
def test_page_headers_are_read_or_refused(raw: bytes) -> None:
    try:
        pages = chunk_pages(raw, 0, len(raw))
    except BadPageError:
        return
    assert pages.longest <= pages.total or not raw
