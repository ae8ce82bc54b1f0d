"""Which post somebody means: by its leaf in the log, or by its pseudonym or the beginning of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tocsin.archive import Snapshot
from tocsin.records.errors import TocsinInputError

_LEAF = re.compile(r"0|[1-9][0-9]{0,15}", re.ASCII)
_PSEUDONYM = re.compile(r"p[a-z2-7]{8,26}", re.ASCII)  # `tocsin search` shows nine characters of it
_BATCH_ROWS = 1 << 17


@dataclass(frozen=True, slots=True)
class NamedPost:
    """One version of a post. `versions` are (number, leaf) of all of them; no pseudonym: the desk has no row of it."""

    leaf_index: int
    post_id: str | None
    versions: tuple[tuple[int, int], ...]


def named_post(here: Snapshot, name: str) -> NamedPost:
    """The post version somebody means; of a pseudonym, the last version.

    Raises TocsinInputError where the name is none, fits no post, or is the beginning of several pseudonyms.
    """
    if _LEAF.fullmatch(name):
        leaf = int(name)
        found = _rows(here, pc.field("leaf_index") == leaf).column("post_id").to_pylist()
        return NamedPost(leaf, found[0], _versions(here, found[0])) if found else NamedPost(leaf, None, ())
    if not _PSEUDONYM.fullmatch(name):
        raise TocsinInputError(
            "that names no post", expected="a leaf number, or a pseudonym as tocsin search shows it (nine characters)"
        )
    ids = pc.unique(_rows(here, pc.starts_with(pc.field("post_id"), name)).column("post_id")).to_pylist()
    if len(ids) != 1:
        raise TocsinInputError(
            "several posts have pseudonyms that begin so" if ids else "no post of this desk has that pseudonym",
            next_step="give more of it, or the leaf number: tocsin search --json shows both",
        )
    versions = _versions(here, ids[0])
    return NamedPost(versions[-1][1], ids[0], versions)


def stored_row(here: Snapshot, named: NamedPost, columns: list[str]) -> dict[str, Any]:
    """Some columns of the row of a post version. Raises TocsinInputError where there is none (erased)."""
    for batch in here.batches("posts", ["leaf_index", *columns], _BATCH_ROWS):
        found = batch.filter(pc.equal(batch["leaf_index"], named.leaf_index)).to_pylist()
        if found:
            return dict(found[0])
    raise TocsinInputError(
        f"leaf {named.leaf_index} is no post that this desk holds", next_step="tocsin custody tells what became of it"
    )


def _versions(here: Snapshot, post_id: str) -> tuple[tuple[int, int], ...]:
    rows = _rows(here, pc.field("post_id") == post_id).to_pylist()
    return tuple(sorted((row["version_no"], row["leaf_index"]) for row in rows))


def _rows(here: Snapshot, wanted: pc.Expression) -> pa.Table:
    columns = ["leaf_index", "post_id", "version_no"]
    found = [pa.Table.from_batches([batch]).filter(wanted) for batch in here.batches("posts", columns, _BATCH_ROWS)]
    return pa.concat_tables([pa.schema([here.posts_schema.field(name) for name in columns]).empty_table(), *found])
