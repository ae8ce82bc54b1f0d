"""The labelled texts of a cast: what its exports say, read by the project's own readers, beside what its truth says."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tocsin.assess import Case
from tocsin.collect import HEAD_SIZE, Input, ReadOptions, head_of, open_inputs, recognise
from tocsin.records.posts import ParsedPost

DEMO_CAST = Path(__file__).resolve().parents[2] / "src" / "tocsin" / "desk" / "demo_cast"
NEITHER = frozenset({"handoff", "inquiry"})  # neither a call nor benign


def cast_texts(exports: Path) -> dict[str, str]:
    """Texts by "source:platform_id"; of several versions the first."""
    texts: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as spool:
        for given in open_inputs([exports], None, Path(spool)):
            assert isinstance(given, Input)
            reader = recognise(head_of(given, HEAD_SIZE), given.name, ReadOptions())
            context = reader.context(given.open, ReadOptions())
            with given.open() as stream:
                for block in reader.blocks(stream, context):
                    for record in reader.records(block, context):
                        if isinstance(record, ParsedPost):
                            texts.setdefault(f"{context.source}:{record.platform_id}", record.text)
    return texts


def labelled_cases(truth: dict[str, Any], texts: dict[str, str], *, of_the_movement: bool = True) -> Iterator[Case]:
    """The labelled posts as fairness cases. For a codebook of another movement the campaign's calls are left out."""
    for row in truth["labels"]:
        if row["label"] in NEITHER or (row["label"] == "call" and not of_the_movement):
            continue
        post = f"{row['source']}:{row['platform_id']}"
        label = "call" if row["label"] == "call" else "benign"
        yield Case(post, texts[post], row["lang"], label, f"cast, {row['group'] or row['label']}")


def demo_cast_cases(codebook: str) -> list[Case]:
    """The cases of the cast that ships, for one shipped codebook."""
    truth = json.loads((DEMO_CAST / "truth.json").read_text(encoding="utf-8"))
    texts = cast_texts(DEMO_CAST / "exports")
    return list(labelled_cases(truth, texts, of_the_movement=codebook == "grey_lantern"))
