"""assess: what codebooks say of {"id","text"} lines, without a desk."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
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
    assessed = texts_assessor(codebooks)
    for lines in _batches(file):
        answers = assessed([text for _, text in lines])
        yield from ({"id": given, **answer} for (given, _), answer in zip(lines, answers, strict=True))


def texts_assessor(codebooks: Sequence[str]) -> Callable[[Sequence[str]], list[dict[str, Any]]]:
    """What gives one answer a text, with the codebooks named (none named: the shipped ones).

    Raises TocsinInputError for a codebook that cannot be used.
    """
    chosen = chosen_codebooks(codebooks)
    folders = [Path(name).parent for name in chosen if Path(name).suffix in (".yaml", ".yml")]
    reader = assessor(tuple(chosen.values()), FOLDER, folders[0] if folders else None)

    def assessed(texts: Sequence[str]) -> list[dict[str, Any]]:
        langs = languages(list(texts)).codes
        strongest = [max(reader.text(text, lang), key=_strength) for text, lang in zip(texts, langs, strict=True)]
        return [_answer(lang, found) for lang, found in zip(langs, strongest, strict=True)]

    return assessed


def _answer(lang: str, found: Assessment) -> dict[str, Any]:
    spans = ("start", "end", "concept", "facet")
    return {
        "lang": lang,
        "recruitment": found.recruitment,
        "kind": found.kind,
        "stance": str(found.stance),
        "codebook": found.codebook,
        "reasons": list(found.reasons),
        "spans": [{name: getattr(span, name) for name in spans} for span in found.spans],
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
            batch.append(_line(file, number, line))
            if len(batch) == LINES_AT_ONCE:
                yield batch
                batch = []
    if batch:
        yield batch


def _line(file: Path, number: int, line: bytes) -> tuple[Any, str]:
    """The id and the text of a line; a null text is an empty one."""
    try:
        record = orjson.loads(line)
        given, text = record["id"], record["text"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        given, text = None, 0
    if not (text is None or isinstance(text, str)):
        raise TocsinInputError(
            f"{file.name} line {number} cannot be read", expected='one object like {"id": "1", "text": "..."}'
        )
    return given, text or ""
