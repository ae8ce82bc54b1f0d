"""COLLECTED in, ENRICHED out: columns are added, rows and their order stay."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from tocsin.enrich.entities import Marked, marked, post_links
from tocsin.enrich.fingerprints import text_fingerprints
from tocsin.enrich.fold import TableFolder
from tocsin.enrich.fold_table import fold_table
from tocsin.enrich.language import prose_languages
from tocsin.records.errors import TocsinInputError
from tocsin.records.posts import COLLECTED, ENRICHED, ENRICHED_FIELDS

FOLDER = TableFolder(fold_table())


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
    prints = text_fingerprints(FOLDER, [marked(text).prose for text in texts])
    return pa.table(
        {
            "folded": pa.array(FOLDER.keys(texts), pa.string()),
            "text_key": pa.array(prints.text_keys, pa.string()),
            "fingerprint": pa.array(prints.fingerprints, pa.binary()),
        }
    )


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
