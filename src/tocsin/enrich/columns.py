"""COLLECTED in, ENRICHED out: columns are added, rows and their order stay."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from tocsin.enrich.entities import Marked, marked, post_links, prose
from tocsin.enrich.fingerprints import joined_fingerprints, text_fingerprints, word_fingerprints
from tocsin.enrich.fold import TableFolder, batches, split_column
from tocsin.enrich.fold_table import fold_table
from tocsin.enrich.language import prose_languages
from tocsin.records.errors import TocsinInputError
from tocsin.records.posts import COLLECTED, ENRICHED, ENRICHED_FIELDS

FOLDER = TableFolder(fold_table)
_TEXT_COLUMNS = pa.schema([("folded", pa.string()), ("text_key", pa.string()), ("fingerprint", pa.binary())])
# Code points whose columns are made together: enough to meet most copies of a text, and a column stays far below 2 GB.
_AT_ONCE = 1 << 24


def enriched(collected: pa.Table | pa.RecordBatch) -> pa.Table:
    """The posts with language, folding key, tags, links, domains, text key, word count and fingerprint.

    Rows: one per row of `collected`, in its order. Needs: COLLECTED. Gives: ENRICHED.
    Raises: TocsinInputError where a column of COLLECTED is missing.
    """
    missing = [name for name in COLLECTED.names if name not in collected.schema.names]
    if missing:
        raise TocsinInputError(
            "the table cannot be enriched",
            expected="every column of COLLECTED",
            got=f"none named {', '.join(missing)}",
        )
    collected = collected.select(COLLECTED.names)
    texts: list[str] = collected.column("text").to_pylist()
    parts = [marked(text) for text in texts]
    found = prose_languages([part.untagged for part in parts])
    prints = text_fingerprints(FOLDER, [part.prose for part in parts])
    links, domains = _link_columns(parts, collected.column("declared_links").to_pylist())
    added = {
        "lang": found.codes,
        "lang_confidence": found.confidences,
        "folded": FOLDER.keys(texts),
        "tags": _tag_column(parts, collected.column("declared_tags").to_pylist()),
        "links": links,
        "domains": domains,
        "text_key": prints.text_keys,
        "word_count": prints.word_counts,
        "fingerprint": prints.fingerprints,
    }
    columns = [collected.column(field.name).cast(field.type) for field in COLLECTED]
    columns += [pa.array(added[field.name], type=field.type) for field in ENRICHED_FIELDS]
    return pa.Table.from_arrays(columns, schema=ENRICHED)


def text_columns(texts: Sequence[str]) -> pa.Table:
    """Rows: folded, text_key and fingerprint of each text, for finders that need no desk."""
    return pa.concat_tables([_TEXT_COLUMNS.empty_table(), *map(_text_columns, batches(texts, _AT_ONCE))])


def _text_columns(texts: Sequence[str]) -> pa.Table:
    """What `text_columns` says; every distinct text is worked on once."""
    rows: dict[str, int] = dict.fromkeys(texts, 0)
    whole: list[str] = []  # texts that are all prose: folded once for both columns
    mixed: list[str] = []
    left: list[str] = []  # the prose of each of `mixed`
    for text in rows:
        said = prose(text)
        if said is text:
            whole.append(text)
        else:
            mixed.append(text)
            left.append(said)
    folded, prints = [], []
    for batch in batches(whole):
        codes = FOLDER.folded(batch)
        folded.append(split_column(codes))
        prints.append(word_fingerprints(FOLDER.words(codes)))
    folded += [split_column(FOLDER.folded(batch)) for batch in batches(mixed)]
    prints += [word_fingerprints(FOLDER.words(FOLDER.folded(batch))) for batch in batches(left)]
    whole += mixed
    rows.update(zip(whole, range(len(whole)), strict=True))
    found = joined_fingerprints(prints)
    columns = [pa.concat_arrays(folded), found.text_keys, found.fingerprints]
    return pa.Table.from_arrays(columns, schema=_TEXT_COLUMNS).take(pa.array([rows[text] for text in texts]))


def _tag_column(parts: list[Marked], declared: list[list[str] | None]) -> list[list[str]]:
    """The tags of each post, folded, declared ones first, each once; a tag of digits only is none."""
    written = [[*(first or ()), *part.tags] for first, part in zip(declared, parts, strict=True)]
    keys = iter(FOLDER.tag_keys([tag for tags in written for tag in tags]))
    return [list({key: None for key in (next(keys) for _ in tags) if key and not key.isdigit()}) for tags in written]


def _link_columns(
    parts: list[Marked], declared: list[list[dict[str, str | None]] | None]
) -> tuple[list[list[str]], list[list[str]]]:
    links: list[list[str]] = []
    domains: list[list[str]] = []
    for part, given in zip(parts, declared, strict=True):
        of_post, hosts = post_links(part.links, given) if given or part.links else ([], [])
        links.append(of_post)
        domains.append(hosts)
    return links, domains
