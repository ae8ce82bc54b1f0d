"""The doors to reading texts with codebooks: no codebook passes without a measured fairness record."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from tocsin.assess.codebook_types import Codebook
from tocsin.assess.fairness import require_record
from tocsin.assess.intent import THRESHOLD, Assessor
from tocsin.records.findings import Assessment
from tocsin.records.folding import Folder


def assessor(
    codebooks: Sequence[Codebook], folder: Folder, records: Path | None = None, threshold: float = THRESHOLD
) -> Assessor:
    """The reader of texts for these codebooks; `records` is a desk's own folder of fairness records.

    Raises RefusedError when a codebook has no fairness record for exactly its content and these rules.
    """
    for codebook in codebooks:
        require_record(codebook, records=records)
    return Assessor(codebooks, folder, threshold)


def assessments(
    codebooks: Sequence[Codebook],
    ids: Sequence[int],
    texts: Sequence[str],
    folded: Sequence[str],
    langs: Sequence[str],
    folder: Folder,
    records: Path | None = None,
) -> pa.Table:
    """ASSESSMENTS rows of a batch of posts (`ids` are leaf indexes); use `assessor(...).table` for many batches.

    Raises RefusedError when a codebook has no fairness record.
    """
    return assessor(codebooks, folder, records).table(ids, texts, folded, langs)


def assess_text(codebook: Codebook, text: str, lang: str, folder: Folder, records: Path | None = None) -> Assessment:
    """What one codebook says of one text; for many texts keep an `assessor`.

    Raises RefusedError when the codebook has no fairness record.
    """
    return assessor((codebook,), folder, records).text(text, lang)[0]
