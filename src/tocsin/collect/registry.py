"""Which readers there are, and which one reads a file."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import BinaryIO, Final

from tocsin.collect.encodings import check_utf8
from tocsin.collect.reader import (
    BLOCK_SIZE,
    OpenStream,
    ReadContext,
    Reader,
    ReadOptions,
    Record,
    SourceManifest,
    check_private,
)
from tocsin.collect.rocketchat import RocketChatReader
from tocsin.collect.sniff import sniffed
from tocsin.collect.table import TableReader
from tocsin.collect.table_columns import FIELDS
from tocsin.collect.telegram import TelegramReader
from tocsin.collect.twitter_v1 import TwitterV1Reader
from tocsin.collect.twitter_v2 import TwitterV2Reader
from tocsin.collect.whatsapp import WhatsAppReader
from tocsin.records.errors import TocsinInputError
from tocsin.records.posts import Block, CaptureNote

_SURE: Final = 0.5
_MAGIC: Final = {
    b"\xff\xd8\xff": "a JPEG image",
    b"\x89PNG": "a PNG image",
    b"GIF8": "a GIF image",
    b"%PDF": "a PDF document",
    b"PK\x03\x04": "a zip archive inside another",
    b"SQLite format 3": "an SQLite database",
    b"OggS": "an Ogg sound or video",
    b"RIFF": "a RIFF image, sound or video",
    b"ID3": "an MP3 sound",
    b"\xff\xfe": "UTF-16 text",
    b"\xfe\xff": "UTF-16 text",
    b"II*\x00": "a TIFF image",
    b"MM\x00*": "a TIFF image",
    b"\x00\x00\x00\x1cftyp": "a video or HEIF image",
    b"\x00\x00\x00\x18ftyp": "a video or HEIF image",
    b"\x1a\x45\xdf\xa3": "a Matroska or WebM video",
    b"BZh": "a bzip2 file: unpack it first",
    b"\xfd7zXZ": "an xz file: unpack it first",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive: unpack it first",
    b"Rar!": "a RAR archive: unpack it first",
    b"\x1f\x8b": "a gzip file inside another",
    b"\x28\xb5\x2f\xfd": "a Zstandard file inside another",
    b"<svg": "an SVG image",
    b"<!DOCTYPE": "an HTML page",
    b"<html": "an HTML page",
    b"<?xml": "XML",
}


class EmptyReader:
    """Reads an empty file as a capture of nothing: it is no error, and it is no secret that it was handed over."""

    manifest: Final = SourceManifest(
        "none", "empty", "An empty file", ("any",), (), ("anything",), "none", "none", private=False
    )

    def recognises(self, head: bytes, name: str) -> float:
        """1 for no bytes at all."""
        return 0.0 if head.strip() else 1.0

    def context(self, open_stream: OpenStream, options: ReadOptions) -> ReadContext:
        """Nothing to know."""
        return ReadContext("empty", "none", CaptureNote("none"))

    def blocks(self, stream: BinaryIO, context: ReadContext, block_size: int = BLOCK_SIZE) -> Iterator[Block]:
        """Blocks without records."""
        offset = 0
        while data := stream.read(block_size):
            yield Block(offset, data, ())
            offset += len(data)

    def records(self, block: Block, context: ReadContext) -> Iterator[Record]:
        """Nothing."""
        return iter(())


_EMPTY: Final = EmptyReader()


@cache
def readers() -> tuple[Reader, ...]:
    """Every reader, the most particular first (a tie goes to the earlier)."""
    return (
        TwitterV2Reader(),
        TwitterV1Reader(),
        TelegramReader(),
        RocketChatReader(),
        WhatsAppReader(),
        TableReader(),
    )


def reader_named(format_name: str) -> Reader:
    """The reader of a format. Raises TocsinInputError where there is none."""
    for reader in (*readers(), _EMPTY):
        if reader.manifest.format == format_name:
            return reader
    formats = ", ".join(reader.manifest.format for reader in readers())
    raise TocsinInputError("no such format", expected=formats, got=repr(format_name[:40]))


def sources_table() -> tuple[SourceManifest, ...]:
    """What can be read: one manifest a reader, in the order of the registry."""
    return tuple(reader.manifest for reader in readers())


def recognise(head: bytes, name: str, options: ReadOptions | None = None) -> Reader:
    """The reader of a file, from its first bytes; `name` is only told to break ties and in the error.

    A source or format the user named limits the choice to its readers; a source no reader has names a table's source.
    With a mapping it is a table. Raises TocsinInputError with what the file looks like and how to map it.
    """
    options = options or ReadOptions()
    if not head.strip():
        return _EMPTY
    check_utf8(head, name)
    if options.mapping:
        for reader in readers():
            if reader.manifest.private and reader.recognises(head, name) >= _SURE:
                check_private(f"{name}, which looks like a {reader.manifest.title},", options)
        return reader_named("table")
    named = [reader for reader in readers() if options.source in (reader.manifest.source, reader.manifest.format)]
    if named and not any(reader.manifest.private for reader in named):  # a table may hold posts of any source
        named = [*named, *(reader for reader in readers() if reader.manifest.format == "table" and reader not in named)]
    scored = sorted(
        ((reader.recognises(head, name), -index, reader) for index, reader in enumerate(named or readers())),
        key=lambda item: item[:2],
        reverse=True,
    )
    if scored[0][0] >= _SURE:
        return scored[0][2]
    best = scored[0][2].manifest.format if scored[0][0] > 0 else ""
    raise TocsinInputError(
        f"{name}: the format was not recognised",
        expected=", ".join(reader.manifest.format for reader in (named or readers())),
        got=_looks_like(head) + (f", nearest to {best}" if best else ""),
        next_step="if it is a table of posts, name its columns with --map FIELD=COLUMN (fields: "
        f"{', '.join(FIELDS)}); see tocsin sources",
    )


def _looks_like(head: bytes) -> str:
    """What the first bytes look like, without quoting them; column names are no content."""
    for magic, what in _MAGIC.items():
        if head.lstrip()[:16].startswith(magic):
            return what
    if b"\x00" in head[:4096]:
        # half or more of the bytes are zeros between printable ones
        text = head[:4096].replace(b"\x00", b"")
        is_wide = text.isascii() and text.decode().replace("\n", "").replace("\r", "").isprintable()
        return "UTF-16 or UTF-32 text without its byte order mark" if is_wide and text else "binary data"
    sniff = sniffed(head)
    if sniff.shape != "other":
        first = sniff.samples[0] if sniff.samples else None
        keys = ", ".join(sorted(first)[:12]) if isinstance(first, dict) else ""
        kinds = {"lines": "JSON lines", "document": "a JSON document", "array": "a JSON array"}
        return kinds[sniff.shape] + (f" with keys {keys}" if keys else "")
    return "plain text"
