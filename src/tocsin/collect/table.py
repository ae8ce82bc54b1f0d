"""Tables of posts, one row a post: CSV, TSV, JSON Lines, JSON arrays and Parquet, by recognised or mapped columns."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, Final, Literal

from tocsin.collect.date_orders import DateOrder, OrderEvidence, named_order
from tocsin.collect.json_fields import Json, Place, is_utf8, zone
from tocsin.collect.json_frames import TOP_ARRAY, element_blocks
from tocsin.collect.json_values import read_value
from tocsin.collect.line_frames import BOM, line_blocks, oversize_record
from tocsin.collect.line_groups import grouped_blocks
from tocsin.collect.reader import (
    BLOCK_SIZE,
    DUPLICATE_COLUMN,
    HEAD_SIZE,
    MAX_RECORD,
    MAX_VALUES,
    NOT_UTF8,
    PRIVATE_SOURCES,
    Noticed,
    OpenStream,
    ReadContext,
    ReadOptions,
    Record,
    SourceManifest,
    check_private,
    with_bounded_texts,
)
from tocsin.collect.sniff import sniffed
from tocsin.collect.table_columns import likeness, mapped_columns, recognised_columns
from tocsin.collect.table_parquet import MAGIC, ParquetLayout, parquet_blocks, parquet_layout, parquet_rows
from tocsin.collect.table_rows import row_post
from tocsin.collect.written_times import THREE_NUMBERS, written_instant
from tocsin.records.errors import TocsinInputError
from tocsin.records.posts import Block, CaptureNote, Frame, QuarantinedRecord, TimeBasis

_DELIMITERS: Final = (",", "\t", ";", "|")
# the csv module's own limit (128 KiB a field) would lose long posts; records are bounded before it sees them
csv.field_size_limit(MAX_RECORD)


@dataclass(frozen=True, slots=True)
class TableDetails:
    """The shape of a table, which column is which field, and how its dates are written."""

    shape: Literal["csv", "lines", "array", "parquet"]
    columns: tuple[tuple[str, str], ...]  # (field, column)
    order: DateOrder | None
    names: tuple[str, ...] = ()  # of all columns, CSV only
    delimiter: str = ","
    parquet: ParquetLayout | None = None


class TableReader:
    """Reads tables of posts."""

    manifest: Final = SourceManifest(
        source="table",
        format="table",
        title="Any table of posts, one row a post (columns recognised, or mapped with --map field=column)",
        kinds=("CSV", "TSV", "JSONL", "JSON", "Parquet"),
        gives=("whatever columns there are", "id (derived where there is no column)"),
        cannot_give=("posts spread over several rows",),
        times="ISO 8601, epoch, or written dates; without a zone: --time-zone, else UTC is assumed; order of day and "
        "month from the whole file, else --date-order, else counted as ambiguous",
        audience="public, or by a mapped column",
        private=False,
    )

    def recognises(self, head: bytes, name: str) -> float:
        """Up to 0.65, by how many fields of a post the columns name."""
        if head.startswith(MAGIC):
            return 0.65
        sniff = sniffed(head)
        if sniff.shape in ("lines", "array"):
            names = _json_names(sniff.samples)
        else:
            names = _csv_header(head)[1]
        score = likeness(recognised_columns(names))
        return score + 0.02 if score and name.lower().endswith((".csv", ".tsv", ".jsonl", ".ndjson")) else score

    def context(self, open_stream: OpenStream, options: ReadOptions) -> ReadContext:
        """Columns and, where dates are written in numbers, their order from the whole file."""
        order = named_order(options.date_order)
        if options.time_zone:
            zone(options.time_zone)
        details = _details(open_stream, options, order)
        source = options.source or "table"
        if source in PRIVATE_SOURCES:
            check_private(f"a table of {source} messages", options)
        context = ReadContext(
            "table", source, CaptureNote(source), options.may_read_private, options.time_zone, details
        )
        if order is None and _has_numbered_dates(self._dates(open_stream, context, first_only=True)):
            evidence = OrderEvidence()
            for texts in self._dates(open_stream, context):
                evidence.add(texts)
            found = evidence.order(chronological=False)
            details = TableDetails(
                details.shape, details.columns, found, details.names, details.delimiter, details.parquet
            )
            context = ReadContext("table", source, context.note, context.may_read_private, context.time_zone, details)
        return context

    def blocks(self, stream: BinaryIO, context: ReadContext, block_size: int = BLOCK_SIZE) -> Iterator[Block]:
        """Blocks of rows."""
        details = _of(context)
        if details.shape == "parquet" and details.parquet is not None:
            yield from parquet_blocks(stream, details.parquet, block_size)
        elif details.shape == "array":
            yield from element_blocks(stream, (TOP_ARRAY,), block_size)
        elif details.shape == "csv":
            yield from grouped_blocks(stream, _QuotedLines(details.delimiter), block_size)
        else:
            yield from line_blocks(stream, block_size)

    @with_bounded_texts
    def records(self, block: Block, context: ReadContext) -> Iterator[Record]:
        """Posts, and what could not be read."""
        details = _of(context)
        for frame in block.frames:
            for found in _rows(block, frame, details):
                if isinstance(found, QuarantinedRecord | Noticed):
                    yield found
                else:
                    yield from row_post(found[0], found[1], found[2], details.order, context)

    def _dates(
        self, open_stream: OpenStream, context: ReadContext, first_only: bool = False
    ) -> Iterator[tuple[str, str, str]]:
        """Dates written as three numbers, of the whole file or of its first block."""
        details = _of(context)
        if "posted_at" not in dict(details.columns):
            return
        with open_stream() as stream:
            for block in self.blocks(stream, context):
                for frame in block.frames:
                    for found in _rows(block, frame, details, only="posted_at"):
                        if isinstance(found, QuarantinedRecord | Noticed):
                            continue
                        value = found[0].get("posted_at")
                        match = THREE_NUMBERS.match(value) if isinstance(value, str) else None
                        if match is not None and len(match[1]) != 4:
                            yield match[1], match[2], match[3]
                if first_only and block.frames:
                    return


def _of(context: ReadContext) -> TableDetails:
    if not isinstance(context.details, TableDetails):
        raise TocsinInputError("this context was made by another reader")
    return context.details


def _has_numbered_dates(dates: Iterator[tuple[str, str, str]]) -> bool:
    return next(dates, None) is not None


def _json_names(samples: tuple[Any, ...]) -> tuple[str, ...]:
    names: dict[str, None] = {}
    for sample in samples:
        if isinstance(sample, dict):
            names.update(dict.fromkeys(sample))
    return tuple(names)


def _details(open_stream: OpenStream, options: ReadOptions, order: DateOrder | None) -> TableDetails:
    with open_stream() as stream:
        head = stream.read(HEAD_SIZE)
    if head.startswith(MAGIC):
        with open_stream() as stream:
            layout = parquet_layout(stream)
        columns = mapped_columns(layout.columns, options.mapping)
        return TableDetails("parquet", tuple(columns.items()), order, parquet=layout)
    sniff = sniffed(head)
    if sniff.shape in ("lines", "array"):
        shape: Literal["lines", "array"] = "lines" if sniff.shape == "lines" else "array"
        columns = mapped_columns(_json_names(sniff.samples), options.mapping)
        return TableDetails(shape, tuple(columns.items()), order)
    delimiter, names = _csv_header(head, options.mapping.values())
    columns = mapped_columns(names, options.mapping)
    return TableDetails("csv", tuple(columns.items()), order, names, delimiter)


def _csv_header(head: bytes, wanted: Any = ()) -> tuple[str, tuple[str, ...]]:
    """Delimiter and column names of the first line that is not blank: the delimiter that names most fields."""
    line = head.removeprefix(BOM).lstrip(b"\r\n").split(b"\n", 1)[0].rstrip(b"\r")[: 64 << 10]
    best: tuple[str, tuple[str, ...]] = (",", ())
    best_score = (0, 0)
    for delimiter in _DELIMITERS:
        row = _csv_row(line, delimiter)
        names = tuple(name.strip() for name in row) if isinstance(row, list) else ()
        score = (len(recognised_columns(names)) + len(set(names) & set(wanted)), len(names))
        if score > best_score:
            best, best_score = (delimiter, names), score
    return best


class _QuotedLines:
    """A row starts at a line unless a quoted field is still open: a quote opens only at the start of a field."""

    def __init__(self, delimiter: str) -> None:
        self._delimiter = delimiter.encode()
        self._open = False
        self._last = b""

    def starts(self, line: bytes) -> bool:
        """Whether no quoted field was open before this line."""
        is_start = not self._open
        self._open = _leaves_open(line, self._open, self._delimiter)
        self._last = line
        return is_start

    def cut(self) -> None:
        """The field was never closed: read the line just shown on its own."""
        self._open = _leaves_open(self._last, False, self._delimiter)


def _leaves_open(line: bytes, is_open: bool, delimiter: bytes) -> bool:
    """Whether a quoted field is open at the end of the line."""
    quotes = line.count(b'"')
    if not quotes:
        return is_open
    at = 0
    while True:
        if is_open:
            at = line.find(b'"', at) + 1
            if not at:
                return True
            if line[at : at + 1] == b'"':
                at += 1
                continue
            is_open = False
        elif line[at : at + 1] == b'"' and (at == 0 or line[at - 1 : at] == delimiter):
            is_open = True
            at += 1
            continue
        at = line.find(delimiter, at) + 1
        if not at:
            return False


_Found = tuple[Json, Place, str]


def _rows(
    block: Block, frame: Frame, details: TableDetails, only: str | None = None
) -> Iterator[_Found | QuarantinedRecord | Noticed]:
    """Values by field, place and pointer of each row in a frame."""
    columns = [(field, column) for field, column in details.columns if only is None or field == only]
    refused = oversize_record(frame)
    if refused is not None:
        yield refused
    elif details.shape == "csv":
        yield from _csv_rows(block, frame, details, columns)
    elif details.shape == "parquet" and details.parquet is not None:
        yield from _parquet_rows(block, frame, details.parquet, columns)
    else:
        value, noticed = read_value(block, frame)
        yield from noticed
        place = Place(block, frame)
        if isinstance(value, QuarantinedRecord):
            yield value
        elif type(value) is dict:
            yield {field: _at(value, column) for field, column in columns}, place, ""
        else:
            yield place.quarantined("", "", "not a JSON object")


def _at(value: Json, column: str) -> Any:
    """The value of a column; a mapped column may be a path of dots."""
    if column in value or "." not in column:
        return value.get(column)
    found: Any = value
    for part in column.split("."):
        found = found.get(part) if type(found) is dict else None
    return found


def _csv_rows(
    block: Block, frame: Frame, details: TableDetails, columns: list[tuple[str, str]]
) -> Iterator[_Found | QuarantinedRecord | Noticed]:
    raw = block.data[frame.start : frame.end]
    row = _csv_row(raw, details.delimiter)
    whole = isinstance(row, list) and len(row) == len(details.names)
    if b"\n" in raw and (not whole or _swallowed(raw, details)):
        start = frame.start
        for number, line in enumerate(raw.split(b"\n")):  # each line gets its own chance
            size = len(line.rstrip(b"\r"))
            if size:
                part = Frame(start, start + size, "", frame.line_no + number)
                yield from _csv_rows(block, part, details, columns)
            start += len(line) + 1
        return
    place = Place(block, frame)
    if isinstance(row, str) or not whole:
        reason = row if isinstance(row, str) else f"{len(row)} columns, expected {len(details.names)}"
        yield place.quarantined("", "", reason)
        return
    if not is_utf8(raw):
        yield place.noticed(NOT_UTF8)
    if tuple(name.strip() for name in row) == details.names:
        if len(set(details.names)) < len(details.names):
            yield place.noticed(DUPLICATE_COLUMN)
    else:
        index = {name: position for position, name in enumerate(details.names)}
        yield {field: row[index[column]] for field, column in columns if column in index}, place, ""


def _swallowed(raw: bytes, details: TableDetails) -> bool:
    """Whether a quote never closed swallowed rows: a later line is a row of its own, with a time in its place."""
    column = dict(details.columns).get("posted_at")
    if column is None or column not in details.names:
        return False
    place = details.names.index(column)
    for line in raw.split(b"\n")[1:]:
        row = _csv_row(line.rstrip(b"\r"), details.delimiter)
        if isinstance(row, list) and len(row) == len(details.names):
            basis = written_instant(row[place], details.order, None)[1]
            if basis is not TimeBasis.MISSING:
                return True
    return False


def _csv_row(raw: bytes, delimiter: str) -> list[str] | str:
    """The cells of one row, or why it cannot be read. Bytes that are not UTF-8 are read as U+FFFD."""
    if len(raw) > MAX_VALUES and raw.count(delimiter.encode()) > MAX_VALUES:
        return f"more than {MAX_VALUES:,} columns"
    try:
        rows = list(csv.reader([raw.decode("utf-8", "replace")], delimiter=delimiter))
    except csv.Error:
        return "not CSV"
    return rows[0] if len(rows) == 1 else "not one row"


def _parquet_rows(
    block: Block, frame: Frame, layout: ParquetLayout, columns: list[tuple[str, str]]
) -> Iterator[_Found | QuarantinedRecord | Noticed]:
    place = Place(block, frame)
    wanted = sorted({column for _, column in columns if column in layout.columns})
    try:
        for number, values, noticed in parquet_rows(block, frame, layout, wanted):
            for kind in noticed:
                yield place.noticed(kind)
            yield {field: values.get(column) for field, column in columns}, place, f"/row/{number}"
    except ValueError as error:
        yield place.quarantined("", "", str(error))
