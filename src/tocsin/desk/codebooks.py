"""codebooks: which ship with Tocsin, what ties them to violence, how often they are wrong."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson

from tocsin.assess import (
    Codebook,
    FairnessRecord,
    check_codebook,
    load_codebook,
    require_record,
    shipped_codebook,
    shipped_codebooks,
    shipped_names,
)
from tocsin.desk.findings_store import Run
from tocsin.enrich import FOLDER
from tocsin.records.errors import TocsinInputError

DECLARED = "terms.json"


def codebooks() -> list[dict[str, Any]]:
    """One row a shipped codebook."""
    return [
        {
            "name": book.name,
            "version": book.version,
            "title": book.title,
            "languages": list(book.languages),
            "violence_criterion": book.violence_criterion,
            "fairness": _told(require_record(book)),
        }
        for book in shipped_codebooks()
    ]


def _told(record: FairnessRecord) -> str:
    """The error rates over all languages, in words, with their intervals; nothing rounded in our favour."""
    rates = {row.label: row for row in record.rows if (row.lang, row.group) == ("all", "all")}
    parts = []
    for label, words in (("call", "calls found"), ("benign", "false alarms")):
        row = rates.get(label)
        if row is not None:
            interval = f"95 % interval {math.floor(row.low * 1e4) / 1e4:.2%} to {math.ceil(row.high * 1e4) / 1e4:.2%}"
            parts.append(f"{words} {row.called_count:,} of {row.case_count:,} ({interval})")
    return f"version {record.record_version}: {'; '.join(parts)}; measured on {record.measured_on}"


def records_folder(desk_folder: Path) -> Path:
    """Where a desk keeps the fairness records of its own codebooks."""
    return desk_folder / "fairness"


def chosen_codebooks(names: Sequence[str]) -> dict[str, Codebook]:
    """The codebooks named (a shipped name, or a YAML file), by what named them; none named: the shipped ones.

    A file's codebook is checked against its own worked examples.
    Raises TocsinInputError for a codebook that cannot be read, RefusedError for one that is refused by design.
    """
    chosen: dict[str, Codebook] = {}
    for name in names or shipped_names():
        if name in shipped_names():
            chosen[name] = shipped_codebook(name)
        else:
            chosen[name] = load_codebook(Path(name))
            check_codebook(chosen[name], FOLDER)
    return chosen


def keep_codebooks(chosen: dict[str, Codebook], run_folder: Path) -> None:
    """Keep the files of a run's own codebooks beside it, and the folded terms of all, so that its reports can be
    written and redacted in the same way later, whatever becomes of the codebooks that ship."""
    declared = {book.name: sorted(set(term_keys(_terms(book)))) for book in chosen.values()}
    (run_folder / DECLARED).write_bytes(orjson.dumps(declared))
    for name, book in chosen.items():
        if name not in shipped_names():
            (run_folder / f"codebook-{book.name}.yaml").write_bytes(Path(name).read_bytes())


def declared_terms(findings: Path, run: Run, codebook: str) -> set[str]:
    """The folded terms that a codebook declared when the run was made."""
    kept: dict[str, list[str]] = orjson.loads((findings / run.run_id / DECLARED).read_bytes())
    return set(kept.get(codebook, ()))


def term_keys(texts: Sequence[str]) -> list[str]:
    """Each text's folding key as a tag or a handle would spell it: without spaces and leading signs."""
    return [key.replace(" ", "") for key in FOLDER.keys([text.lstrip("#@") for text in texts])]


def _terms(book: Codebook) -> list[str]:
    return [term.text for concept in book.concepts for term in concept.terms]


def run_codebooks(findings: Path, run: Run) -> list[Codebook]:
    """The codebooks a run was made with. Raises TocsinInputError where a shipped one has changed since."""
    books = []
    for name, version in run.codebooks:
        kept = findings / run.run_id / f"codebook-{name}.yaml"
        book = load_codebook(kept) if kept.is_file() else shipped_codebook(name)
        if book.version != version:
            raise TocsinInputError(
                f"codebook {name} has changed since this detection run",
                expected=f"version {version}",
                got=f"version {book.version}",
                next_step="run tocsin detect again",
            )
        books.append(book)
    return books
