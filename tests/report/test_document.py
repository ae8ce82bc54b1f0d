"""What a dispatch refuses to say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from report.invented import Village, proof_of
from tocsin.records.errors import EvidenceError, RefusedError
from tocsin.records.posts import Audience
from tocsin.report import Brief, Redactor, document


def test_a_post_that_was_not_public_is_never_quoted(desk: Village, brief: Brief) -> None:
    for audience in (Audience.LIMITED, Audience.PRIVATE):
        quote = replace(brief.quotes[0], audience=audience)
        with pytest.raises(RefusedError, match="not public"):
            document(replace(brief, quotes=(quote,)), desk.redactor)


def test_a_proof_may_not_disclose_an_account_or_what_was_withheld(desk: Village, brief: Brief) -> None:
    quote = brief.quotes[0]
    assert quote.proof is not None
    leaking = replace(quote.proof, disclosed={**quote.proof.disclosed, "account": ("x", "y")})
    with pytest.raises(RefusedError, match="account"):
        document(replace(brief, quotes=(replace(quote, proof=leaking),)), desk.redactor)
    redacted = replace(
        quote,
        text=desk.redactor.redacted("write to @kqzx_1"),
        proof=proof_of(desk.posts[quote.leaf_index], desk.log_size, with_text=True),
    )
    with pytest.raises(RefusedError, match="text"):
        document(replace(brief, quotes=(redacted,)), desk.redactor)


def test_missing_figures_are_an_error_of_evidence(desk: Village, brief: Brief) -> None:
    with pytest.raises(EvidenceError):
        document(replace(brief, figures={}), desk.redactor)


def test_equal_briefs_give_equal_documents(desk: Village, brief: Brief) -> None:
    assert document(brief, desk.redactor) == document(brief, desk.redactor)


def test_a_telling_word_that_is_half_of_a_name_is_left_out(desk: Village, brief: Brief) -> None:
    terms = [term for each in document(brief, desk.redactor)["campaign"]["narratives"] for term in each["terms"]]
    assert "lantern" in terms
    named = document(brief, Redactor(["Lantern Osk"]))
    assert all("lantern" not in each["terms"] and each["terms"] for each in named["campaign"]["narratives"])


def test_a_dispatch_written_after_the_desk_grew_is_bound_to_the_log_of_its_figures(desk: Village, brief: Brief) -> None:
    grown = replace(brief, checkpoint=replace(brief.checkpoint, size=brief.checkpoint.size + 3))
    assert document(grown, desk.redactor)["snapshot"]["log_size"] == desk.log_size
    older = replace(brief, checkpoint=replace(brief.checkpoint, size=brief.checkpoint.size - 1))
    with pytest.raises(EvidenceError, match="older than the figures"):
        document(older, desk.redactor)
