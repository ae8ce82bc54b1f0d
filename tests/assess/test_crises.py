"""False alarms on 27,933 real posts of 26 crises, labelled by others. Texts are never printed."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path

import pytest

from tocsin.assess import THRESHOLD, assessor, shipped_codebooks, shipped_names
from tocsin.enrich import FOLDER


def called(folder: Path) -> tuple[Counter[tuple[str, str]], Counter[str]]:
    """Called posts by (codebook, label), and all posts by label."""
    with gzip.open(folder / "crises" / "crises.jsonl.gz", "rt", encoding="utf-8") as lines:
        posts = [json.loads(line) for line in lines]
    texts = [post["text"] for post in posts]
    labels = [post["type"] for post in posts]
    reader = assessor(shipped_codebooks(), FOLDER)
    rows = reader.table(range(len(texts)), texts, FOLDER.keys(texts), ["en"] * len(texts)).to_pylist()
    counts: Counter[tuple[str, str]] = Counter()
    for row in rows:
        if row["recruitment"] is not None and row["recruitment"] >= THRESHOLD:
            counts[row["codebook"], labels[row["leaf_index"]]] += 1
    return counts, Counter(labels)


@pytest.mark.real_data
def test_hardly_any_crisis_post_is_called_recruitment(real_data: Path) -> None:
    counts, totals = called(real_data)
    assert sum(totals.values()) == 27_933
    for name in shipped_names():
        assert sum(count for (book, _), count in counts.items() if book == name) <= 0.003 * 27_933
        for label in ("Donations and volunteering", "Caution and advice"):
            assert totals[label] > 2_000
            assert counts[name, label] <= 0.005 * totals[label]
