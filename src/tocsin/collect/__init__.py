"""Exports in, records out: one file a source; streaming, with byte positions, never losing a neighbour."""

from tocsin.collect.inputs import Input, RefusedInput, head_of, open_inputs
from tocsin.collect.reader import (
    BLOCK_SIZE,
    HEAD_SIZE,
    MAX_RECORD,
    DroppedField,
    GoneNotice,
    NonPost,
    Noticed,
    ReadContext,
    Reader,
    ReadOptions,
    Record,
    SourceManifest,
)
from tocsin.collect.registry import reader_named, readers, recognise, sources_table

__all__ = [
    "BLOCK_SIZE",
    "HEAD_SIZE",
    "MAX_RECORD",
    "DroppedField",
    "GoneNotice",
    "Input",
    "NonPost",
    "Noticed",
    "ReadContext",
    "ReadOptions",
    "Reader",
    "Record",
    "RefusedInput",
    "SourceManifest",
    "head_of",
    "open_inputs",
    "reader_named",
    "readers",
    "recognise",
    "sources_table",
]
