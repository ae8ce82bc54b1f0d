"""Work on one block that stops early: after reading, or after pseudonyms and commitments without enrichment.

In a module of its own, because the pool's processes import what they run.
"""

from __future__ import annotations

from collections import Counter

import pyarrow as pa

from tocsin.collect import NonPost, reader_named
from tocsin.desk.block_work import BlockTask, BlockWork
from tocsin.desk.pseudonymise import pseudonymous_block
from tocsin.enrich import text_mentions
from tocsin.records.ids import Pseudonyms
from tocsin.records.posts import COLLECTED, ENRICHED, ENRICHED_FIELDS, ParsedPost, QuarantinedRecord


def read_only(task: BlockTask) -> dict[str, int]:
    """Counts of what was read."""
    kinds = Counter(type(each).__name__ for each in reader_named(task.format).records(task.block, task.context))
    return dict(kinds)


def unenriched(collected: pa.Table) -> pa.Table:
    """ENRICHED with nothing in the columns that enrich adds."""
    count = collected.num_rows
    nothing = {pa.string(): "", pa.float32(): 0.0, pa.int32(): 0, pa.binary(): b""}
    columns = [collected.column(field.name).cast(field.type) for field in COLLECTED]
    columns += [
        pa.array([nothing.get(field.type, [])] * count, field.type)
        if field.type not in nothing
        else pa.repeat(pa.scalar(nothing[field.type], field.type), count)
        for field in ENRICHED_FIELDS
    ]
    return pa.Table.from_arrays(columns, schema=ENRICHED)


def archive_only(task: BlockTask) -> BlockWork:
    """A block as the desk's own work gives it, but without enrichment."""
    posts: list[ParsedPost] = []
    quarantined: list[QuarantinedRecord] = []
    other: Counter[str] = Counter()
    for record in reader_named(task.format).records(task.block, task.context):
        if isinstance(record, ParsedPost):
            posts.append(record)
        elif isinstance(record, QuarantinedRecord):
            quarantined.append(record)
        elif isinstance(record, NonPost):
            other[record.kind] += 1
    kept = pseudonymous_block(
        task.block,
        posts,
        source=task.source,
        capture_id=task.capture_id,
        pseudonyms=Pseudonyms(task.pseudonym_key),
        text_mentions=text_mentions,
    )
    return BlockWork(
        task.block,
        unenriched(kept.posts),
        kept.names,
        kept.secrets,
        kept.roots,
        tuple(quarantined),
        dict(other),
        {},
        {},
    )
