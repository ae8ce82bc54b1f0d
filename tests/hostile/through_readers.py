"""Files through the collect room, as the desk takes them, and what must hold whatever is in them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from tocsin.collect import (
    HEAD_SIZE,
    DroppedField,
    Noticed,
    ReadOptions,
    Record,
    RefusedInput,
    head_of,
    open_inputs,
    recognise,
)
from tocsin.records.errors import TocsinInputError
from tocsin.records.posts import ParsedPost, QuarantinedRecord

ALLOWED = ReadOptions(private_ok="a court order", my_role="analyst")
# words of the samples: none may turn up in an error
CONTENT = re.compile(r"bread|boats|rope & nails|tea at the quay|marché|خبز|ዳቦ|Osk Baker|osk_baker")


@dataclass
class Read:
    """What became of some files: errors as (file, reason), and the records that came out."""

    errors: list[tuple[str, str]] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)

    def posts(self) -> list[ParsedPost]:
        """The posts."""
        return [record for record in self.records if isinstance(record, ParsedPost)]

    def quarantined(self) -> list[QuarantinedRecord]:
        """The quarantined records."""
        return [record for record in self.records if isinstance(record, QuarantinedRecord)]

    def noticed(self) -> list[str]:
        """The kinds of what was noticed."""
        return [record.kind for record in self.records if isinstance(record, Noticed)]

    def ids(self) -> set[str]:
        """Ids of the posts; for a chat, where they are derived, the number its text ends with."""
        return {
            (re.findall(r"\d+$", post.text.split("\n")[0]) or ["?"])[0] if post.platform_id[:7] == "derived" else post.platform_id
            for post in self.posts()
        }  # fmt: skip


def read_all(paths: Iterable[Path], spool: Path, options: ReadOptions = ALLOWED) -> Read:
    """The files through their readers. Only TocsinInputError is caught; everything said is checked."""
    read = Read()
    for given in open_inputs(paths, None, spool, options.encoding):
        if isinstance(given, RefusedInput):
            read.errors.append((given.name, given.reason))
            continue
        try:
            reader = recognise(head_of(given, HEAD_SIZE), given.name, options)
            context = reader.context(given.open, options)
            offset = line_no = 0
            with given.open() as stream:
                for block in reader.blocks(stream, context):
                    assert block.offset == offset, "a byte was lost or doubled between blocks"
                    for record in reader.records(block, context):
                        check_record(record, block.offset + len(block.data))
                        line_no = max(line_no, record.line_no)
                        read.records.append(record)
                    offset += len(block.data)
        except TocsinInputError as error:
            read.errors.append((given.name, error.message))
    for name, reason in read.errors:
        assert name, "an error names its file"
        assert len(reason) >= 10, "an error says why"
        assert not CONTENT.search(reason), f"an error quotes content: {reason}"
    return read


def check_record(record: Record, end: int) -> None:
    """A record points into what was read so far, and a quarantined one says why without quoting."""
    assert 0 <= record.record_offset <= end
    if isinstance(record, QuarantinedRecord):
        assert record.record_offset + record.record_length <= end
        assert record.line_no >= 0
        assert len(record.reason) >= 5
        assert not CONTENT.search(record.reason + record.field)
    elif isinstance(record, ParsedPost):
        assert record.platform_id
        assert record.account_platform_id
    elif isinstance(record, DroppedField):
        assert record.field
