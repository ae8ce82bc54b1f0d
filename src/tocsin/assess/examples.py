"""The worked examples of a codebook, run."""

from __future__ import annotations

from tocsin.assess.codebook_types import Codebook
from tocsin.assess.intent import THRESHOLD, Assessor
from tocsin.records.errors import TocsinInputError
from tocsin.records.folding import Folder


def example_failures(codebook: Codebook, folder: Folder) -> list[str]:
    """One sentence for each worked example that does not come out as the codebook says."""
    reader = Assessor((codebook,), folder)
    failures = []
    for concept in codebook.concepts:
        example = concept.example
        if example is None:
            continue
        result = reader.text(example.text, example.lang)[0]
        is_call = result.recruitment is not None and result.recruitment >= THRESHOLD
        if (result.kind, is_call) != (example.kind, example.call):
            failures.append(
                f"{concept.concept_id}: expected {example.kind} and call {example.call}, "
                f"got {result.kind} and call {is_call}"
            )
    return failures


def check_codebook(codebook: Codebook, folder: Folder) -> None:
    """Run the worked examples of a codebook.

    Raises TocsinInputError naming the concepts whose example fails.
    """
    failures = example_failures(codebook, folder)
    if failures:
        raise TocsinInputError(
            f"codebook {codebook.name}: {len(failures)} worked examples fail",
            expected="each example as the codebook says",
            got="; ".join(failures),
            next_step="correct the terms, the rules or the example",
        )
