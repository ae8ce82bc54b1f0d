"""assess: what codebooks say of {"id","text"} lines, without a desk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson

from tocsin.assess import assessor
from tocsin.desk.codebooks import chosen_codebooks
from tocsin.enrich import FOLDER, languages
from tocsin.records.errors import TocsinInputError
from tocsin.records.findings import Assessment

LINES_AT_ONCE = 1000


def assess_file(file: Path, *, codebooks: Sequence[str]) -> Iterator[dict[str, Any]]:
    """One answer a line of the file, in its order: the codebook that finds the strongest call speaks for the text.

    `recruitment` is 0..1, or None for "cannot assess". Raises TocsinInputError naming a line that cannot be read.
    """
    chosen = chosen_codebooks(codebooks)
    folders = [Path(name).parent for name in chosen if Path(name).suffix in (".yaml", ".yml")]
    reader = assessor(tuple(chosen.values()), FOLDER, folders[0] if folders else None)
    for lines in _batches(file):
        langs = languages([text for _, text in lines]).codes
        for (given, text), lang in zip(lines, langs, strict=True):
            answer = max(reader.text(text, lang), key=_strength)
            yield {
                "id": given,
                "lang": lang,
                "recruitment": answer.recruitment,
                "kind": answer.kind,
                "stance": answer.stance,
                "codebook": answer.codebook,
                "reasons": answer.reasons,
                "spans": [
                    {"start": span.start, "end": span.end, "concept": span.concept, "facet": span.facet}
                    for span in answer.spans
                ],
            }


def _strength(answer: Assessment) -> tuple[float, int]:
    return (-1.0 if answer.recruitment is None else answer.recruitment, len(answer.spans))


def _batches(file: Path) -> Iterator[list[tuple[Any, str]]]:
    if not file.is_file():
        raise TocsinInputError(f"{file.name} is not a file", expected='a JSONL file of {"id","text"} lines')
    batch: list[tuple[Any, str]] = []
    with file.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                record = orjson.loads(line)
                batch.append((record["id"], str(record["text"])))
            except (orjson.JSONDecodeError, KeyError, TypeError):
                raise TocsinInputError(
                    f"{file.name} line {number} cannot be read", expected='one object like {"id": "1", "text": "..."}'
                ) from None
            if len(batch) == LINES_AT_ONCE:
                yield batch
                batch = []
    if batch:
        yield batch
