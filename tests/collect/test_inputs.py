from __future__ import annotations

import gzip
import io
import struct
import zipfile
from pathlib import Path

import pyarrow as pa
import pytest

from tocsin.collect import Input, RefusedInput, head_of, open_inputs
from tocsin.collect.decompress import MAX_RATIO, RATIO_FREE
from tocsin.records.errors import TocsinInputError

TEXT = b'{"id":"1"}\n' * 500


def zstd(raw: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as packed:
        packed.write(raw)
    return bytes(sink.getvalue())


def opened(*paths: str | Path, stdin: bytes | None = None, spool: Path = Path()) -> list[Input | RefusedInput]:
    return list(open_inputs(paths, io.BytesIO(stdin) if stdin is not None else None, spool))


def content(given: Input | RefusedInput) -> bytes:
    assert isinstance(given, Input), given
    with given.open() as stream:
        return stream.read()


def test_folders_are_read_in_order_without_hidden_files_or_links(tmp_path: Path) -> None:
    folder = tmp_path / "exports"
    (folder / "b").mkdir(parents=True)
    (folder / ".git").mkdir()
    for name in ("b/z.txt", "b/a.txt", "c.txt", ".hidden", ".git/x"):
        (folder / name).write_bytes(name.encode())
    (folder / "link").symlink_to(tmp_path)
    (folder / "link.txt").symlink_to("/etc/hostname")
    found = opened(folder)
    assert [given.name for given in found] == ["exports/c.txt", "exports/b/a.txt", "exports/b/z.txt"]
    assert [content(given) for given in found] == [b"c.txt", b"b/a.txt", b"b/z.txt"]


@pytest.mark.parametrize("packed", [gzip.compress(TEXT), gzip.compress(TEXT) * 1, zstd(TEXT)])
def test_compressed_files_give_their_content_and_their_own_bytes(tmp_path: Path, packed: bytes) -> None:
    path = tmp_path / "export.bin"  # known by content, not by name
    path.write_bytes(packed)
    (given,) = opened(path)
    assert content(given) == content(given) == TEXT
    assert isinstance(given, Input)
    assert given.container_name == "export.bin"
    assert given.container_open is not None
    with given.container_open() as stream:
        assert stream.read() == packed


@pytest.mark.parametrize("pack", [gzip.compress, zstd])
def test_several_packed_streams_in_one_file_are_all_read(tmp_path: Path, pack: object) -> None:
    path = tmp_path / "x"
    path.write_bytes(pack(TEXT) + pack(b"more"))  # type: ignore[operator]
    assert content(opened(path)[0]) == TEXT + b"more"


def test_members_of_a_zip_share_their_container(tmp_path: Path) -> None:
    path = tmp_path / "all.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("chat/b.txt", TEXT)
        archive.writestr("a.jsonl.gz", gzip.compress(TEXT))
        archive.writestr("__MACOSX/._b.txt", b"junk")
        archive.writestr("chat/.DS_Store", b"junk")
        archive.writestr("empty/", b"")
    found = opened(path)
    assert [given.name for given in found] == ["all.zip!a.jsonl.gz", "all.zip!chat/b.txt"]
    assert [content(given) for given in found] == [TEXT, TEXT]
    assert {given.container_name for given in found if isinstance(given, Input)} == {"all.zip"}


@pytest.mark.parametrize("name", ["../up.txt", "a/../../up.txt", "/etc/up.txt", "C:/up.txt", "a\\..\\up.txt"])
def test_members_that_point_outside_are_refused_and_their_neighbours_read(tmp_path: Path, name: str) -> None:
    path = tmp_path / "all.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, b"x")
        archive.writestr("good.txt", b"y")
    refused = [given for given in opened(path) if isinstance(given, RefusedInput)]
    assert [given.reason for given in refused] == ["its name points outside the archive"]
    assert [content(given) for given in opened(path) if isinstance(given, Input)] == [b"y"]


def test_encrypted_members_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "all.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("secret.txt", b"x")
    raw = bytearray(path.read_bytes())
    raw[raw.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(raw)
    (given,) = opened(path)
    assert isinstance(given, RefusedInput)
    assert "encrypted" in given.reason


@pytest.mark.parametrize("pack", [gzip.compress, zstd])
def test_a_bomb_ends_in_a_clear_error_within_the_free_bytes(tmp_path: Path, pack: object) -> None:
    path = tmp_path / "bomb"
    path.write_bytes(pack(bytes(RATIO_FREE * 2)))  # type: ignore[operator]
    (given,) = opened(path)
    assert isinstance(given, Input)
    read = 0
    with given.open() as stream, pytest.raises(TocsinInputError, match="decompression bomb"):  # noqa: PT012
        while piece := stream.read(1 << 20):
            read += len(piece)
    assert read <= RATIO_FREE + (1 << 20)


def test_honest_text_is_no_bomb(tmp_path: Path) -> None:
    raw = b"".join(b'{"id":"%d","text":"the ferry is late again"}\n' % number for number in range(1_600_000))
    assert len(raw) > RATIO_FREE
    path = tmp_path / "honest.gz"
    path.write_bytes(gzip.compress(raw, 6))
    assert path.stat().st_size * MAX_RATIO > len(raw)
    assert len(content(opened(path)[0])) == len(raw)


def test_a_zip_bomb_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros.txt", bytes(RATIO_FREE + 1))
        archive.writestr("good.txt", b"y")
    found = {given.name: given for given in opened(path)}
    assert "decompression bomb" in getattr(found["bomb.zip!zeros.txt"], "reason", "")
    assert content(found["bomb.zip!good.txt"]) == b"y"


def test_a_zip_that_declares_too_much_or_too_many_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(40):
            archive.writestr(f"{number}.txt", b"")
    raw = bytearray(path.read_bytes())
    at = -1
    while (at := raw.find(b"PK\x01\x02", at + 1)) >= 0:
        raw[at + 20 : at + 28] = struct.pack("<II", 1 << 10, RATIO_FREE - 1)
    path.write_bytes(raw)
    (given,) = opened(path)
    assert isinstance(given, RefusedInput)
    assert "decompression bomb" in given.reason
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(10_001):
            archive.writestr(f"{number}", b"")
    (given,) = opened(path)
    assert isinstance(given, RefusedInput)
    assert "10000" in given.reason


def test_a_cut_gzip_gives_what_it_holds_before_the_error(tmp_path: Path) -> None:
    raw = b"".join(b"%d " % (number * 7919) for number in range(200_000))
    path = tmp_path / "cut.gz"
    path.write_bytes(gzip.compress(raw)[:-5000])
    (given,) = opened(path)
    assert isinstance(given, Input)
    got = b""
    with given.open() as stream, pytest.raises(TocsinInputError, match="damaged or cut"):  # noqa: PT012
        while piece := stream.read1(1 << 16):  # type: ignore[attr-defined]
            got += piece
    assert len(got) > len(raw) // 2
    assert raw.startswith(got)


def test_what_cannot_be_opened_is_told_and_loses_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "bad.zip").write_bytes(b"PK\x03\x04 and nothing more")
    (tmp_path / "bad.zst").write_bytes(b"\x28\xb5\x2f\xfd and nothing more")
    (tmp_path / "good.txt").write_bytes(b"y")
    found = opened(tmp_path / "missing", tmp_path, "-")
    assert [given.name for given in found if isinstance(given, RefusedInput)] == [
        "missing",
        f"{tmp_path.name}/bad.zip",
        f"{tmp_path.name}/bad.zst",
        "stdin",
    ]
    assert [content(given) for given in found if isinstance(given, Input)] == [b"y"]


@pytest.mark.parametrize("packed", [TEXT, gzip.compress(TEXT)])
def test_standard_input_is_kept_so_that_it_can_be_read_again(tmp_path: Path, packed: bytes) -> None:
    (given,) = opened("-", stdin=packed, spool=tmp_path)
    assert content(given) == content(given) == TEXT
    assert given.name == "stdin"
    assert isinstance(given, Input)
    assert head_of(given, 4) == TEXT[:4]


def test_an_empty_file_is_an_input(tmp_path: Path) -> None:
    (tmp_path / "empty.json").write_bytes(b"")
    (given,) = opened(tmp_path / "empty.json")
    assert content(given) == b""
    assert isinstance(given, Input)
    assert given.size == 0


def test_the_directory_of_a_zip_is_read_once_for_all_members(tmp_path: Path) -> None:
    """Else a zip of 10,000 members takes minutes. The file is taken away after the first reading to see it."""
    path = tmp_path / "many.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(300):
            archive.writestr(f"{number:05}.txt", b"%d" % number)
    found = opened(path)
    path.unlink()
    assert [content(given) for given in found] == [b"%d" % number for number in range(300)]
