"""WhatsApp chat exports (.txt). Always private: read only with a stated reason and role.

The export names neither zone nor chat, writes dates in the phone's locale and has no ids: the order of day and month
is settled from the whole file, or the times stay ambiguous; ids are derived from time, author and text.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time
from typing import BinaryIO, Final

from tocsin.collect.date_orders import DateOrder, OrderEvidence, named_order, written_date
from tocsin.collect.json_fields import is_utf8, local_instant, zone
from tocsin.collect.line_frames import BOM, line_blocks, oversize_record
from tocsin.collect.line_groups import grouped_blocks
from tocsin.collect.reader import (
    BLOCK_SIZE,
    NOT_UTF8,
    NonPost,
    Noticed,
    OpenStream,
    ReadContext,
    ReadOptions,
    Record,
    SourceManifest,
    check_private,
    with_bounded_texts,
)
from tocsin.records.posts import (
    Audience,
    Block,
    CaptureNote,
    ParsedPost,
    PostKind,
    PostStatus,
    QuarantinedRecord,
    TimeBasis,
)

_MARKS: Final = "\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
_AM: Final = ("am", "ص", "上午", "오전", "öö", "πμ", "vorm", "पूर्वाह्न")
_PM: Final = ("pm", "م", "下午", "오후", "ös", "μμ", "nachm", "अपराह्न")
_HEADER: Final = re.compile(
    r"\[?(?P<a>\d{1,4})[./-](?P<b>\d{1,2})[./-](?P<c>\d{1,4})\.?[,،]?[\s\u200f\u200e]+"
    r"(?:(?P<before>上午|下午|오전|오후)\s?)?"
    r"(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?:[:.](?P<second>\d{2}))?"
    r"(?:\s?(?P<after>[ap]\.?\s?m\.?|[صم]|ö[ös]|[πμ]\.?μ\.?|(?:vorm|nachm)\.|पूर्वाह्न|अपराह्न))?"
    r"(?:\]\s|\s[-–—]\s)",
    re.IGNORECASE,
)
_ATTACHED: Final = re.compile(r"<(?:attached|adjunto|attaché|pièce jointe|مرفق|Anhang)\s?: ([^<>]{1,200})>")
_FILE_ATTACHED: Final = re.compile(r"^([\w.() -]{1,200}\.\w{2,5}) \((?:file attached|archivo adjunto|fichier joint)\)")
_DELETED: Final = frozenset({"This message was deleted", "This message was deleted.", "You deleted this message"})
_EDITED: Final = "<This message was edited>"
_LONG_HEADER: Final = 400  # bytes of a line that are looked at for a date


@dataclass(frozen=True, slots=True)
class WhatsAppDetails:
    """The order of the dates, or None where the file leaves it open."""

    order: DateOrder | None


class WhatsAppReader:
    """Reads WhatsApp's .txt export."""

    manifest: Final = SourceManifest(
        source="whatsapp",
        format="whatsapp-txt",
        title="WhatsApp chat export (.txt)",
        kinds=("TXT",),
        gives=(
            "author name or number",
            "time to the minute or second",
            "text",
            "media file names",
            "edited",
            "deleted",
        ),
        cannot_give=("id (derived)", "account id", "reply and forward targets", "chat name", "time zone", "language"),
        times="local, without a zone: --time-zone, else UTC is assumed; order of day and month from the whole file, "
        "else --date-order, else counted as ambiguous",
        audience="private",
        private=True,
    )

    def recognises(self, head: bytes, name: str) -> float:
        """0.9 where most of the first lines that could start a message do."""
        lines = [line for line in head.removeprefix(BOM).split(b"\n")[:60] if line.strip()]
        if not lines:
            return 0.0
        found = sum(_header(line) is not None for line in lines)
        if found >= 2 or (found == 1 and _header(lines[0]) is not None):
            return 0.9 if _header(lines[0]) is not None else 0.7
        return 0.0

    def context(self, open_stream: OpenStream, options: ReadOptions) -> ReadContext:
        """The order of the dates, from the whole file. Raises RefusedError without a reason and a role."""
        check_private("a WhatsApp chat", options)
        order = named_order(options.date_order)
        if options.time_zone:
            zone(options.time_zone)
        if order is None:
            evidence = OrderEvidence()
            with open_stream() as stream:
                for block in line_blocks(stream):
                    for frame in block.frames:
                        header = _header(block.data[frame.start : frame.end])
                        if header is not None:
                            evidence.add((header["a"], header["b"], header["c"]))
            order = evidence.order(chronological=True)
        note = CaptureNote("whatsapp", method="WhatsApp chat export")
        return ReadContext("whatsapp-txt", "whatsapp", note, True, options.time_zone, WhatsAppDetails(order))

    def blocks(self, stream: BinaryIO, context: ReadContext, block_size: int = BLOCK_SIZE) -> Iterator[Block]:
        """Blocks of messages; a message runs to the next line with a date."""
        yield from grouped_blocks(stream, _DatedLines(), block_size)

    @with_bounded_texts
    def records(self, block: Block, context: ReadContext) -> Iterator[Record]:
        """Posts, system lines as NonPost, and what could not be read."""
        order = context.details.order if isinstance(context.details, WhatsAppDetails) else None
        for frame in block.frames:
            refused = oversize_record(frame)
            if refused is not None:
                yield refused
                continue
            where = (block.offset + frame.start, frame.end - frame.start, frame.line_no)
            raw = block.data[frame.start : frame.end]
            text = raw.decode("utf-8", "replace")
            if not is_utf8(raw):
                yield Noticed(*where, NOT_UTF8)
            header = _HEADER.match(_unmarked(text))
            if header is None:
                yield QuarantinedRecord(*where, "", 'no date at the start, expected one like "12/02/2015, 21:04 - "')
            else:
                yield _message(_unmarked(text), header, order, where, context)


class _DatedLines:
    """A record starts at a line with a date."""

    def starts(self, line: bytes) -> bool:
        """Whether the line has a date at its start."""
        return _header(line) is not None

    def cut(self) -> None:
        """Nothing to forget."""


def _unmarked(text: str) -> str:
    """The text without the invisible direction marks that stand before the date."""
    return text.lstrip(_MARKS)


def _header(line: bytes) -> re.Match[str] | None:
    return _HEADER.match(_unmarked(line[:_LONG_HEADER].decode("utf-8", "replace")))


def _message(
    text: str, header: re.Match[str], order: DateOrder | None, where: tuple[int, int, int], context: ReadContext
) -> Record:
    first, newline, more = text[header.end() :].partition("\n")
    author, colon, said = first.partition(": ")
    if not colon and first.rstrip("\r").endswith(":"):
        author, colon, said = first.rstrip("\r")[:-1], ":", ""
    author = author.strip(_MARKS + " \u00a0~")
    if not colon or not author or (said == "" and not newline):
        return NonPost(*where, "system line")
    body = (said + newline + more).replace("\r\n", "\n").strip(_MARKS + "\r\n")
    naive = _local_time(header, order)
    if naive is not None:
        posted_at, basis = local_instant(naive, context.time_zone)
        written = naive.isoformat()
    else:
        posted_at, basis = None, TimeBasis.AMBIGUOUS if order is None else TimeBasis.MISSING
        written = header[0]
    digest = hashlib.sha256("\x00".join((written, author, body)).encode("utf-8", "replace")).hexdigest()
    status = PostStatus.DELETED if body in _DELETED else PostStatus.EDITED if _EDITED in body else PostStatus.LIVE
    attached = _ATTACHED.search(body) or _FILE_ATTACHED.search(body)
    return ParsedPost(
        f"derived-{digest[:32]}",
        f"name:{author}",
        "",
        author,
        posted_at,
        basis,
        body,
        *where[:2],
        "",
        where[2],
        PostKind.POST,
        Audience.PRIVATE,
        status,
        media=(attached[1].strip(),) if attached else (),
    )


def _local_time(header: re.Match[str], order: DateOrder | None) -> datetime | None:
    """The time as the phone showed it, or None where order or hour leave it open."""
    numbers = (int(header["a"]), int(header["b"]), int(header["c"]))
    if order is None:
        by_day, by_month = written_date(numbers, "dmy"), written_date(numbers, "mdy")
        if by_day is None or by_day != by_month:
            return None
        day = by_day
    else:
        read = written_date(numbers, order)
        if read is None:
            return None
        day = read
    hour = int(header["hour"])
    half = (header["before"] or header["after"] or "").lower().replace(".", "").replace(" ", "").replace("\u202f", "")
    half = half.replace("\u00a0", "")
    if half.startswith(_PM) and hour < 12:
        hour += 12
    elif half.startswith(_AM) and hour == 12:
        hour = 0
    try:
        return datetime.combine(day, time(hour, int(header["minute"]), int(header["second"] or 0)))
    except ValueError:
        return None
