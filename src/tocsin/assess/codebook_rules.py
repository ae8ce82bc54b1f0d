"""What a codebook must be to run at all: tied to violence, never to who people are."""

from __future__ import annotations

from tocsin.assess.codebook_types import LEAD_FACETS, OBJECT_FACETS, TIED_FACETS, Codebook, Rule
from tocsin.records.errors import RefusedError, TocsinInputError


def check_structure(codebook: Codebook, file: str) -> None:
    """Raise RefusedError when the codebook could call identity, belief or opinion recruitment.

    Own facets decide, never the author's intention: it needs a violent organisation or act, a call, and every
    rule must join a lead (call, pledge, funds, offer, inquiry, media) with something tied to violence.
    """
    facets = {concept.facet for concept in codebook.concepts}
    if facets and facets <= {"identity", *LEAD_FACETS, "incentive", "method"} and "identity" in facets:
        raise _refused(file, "concepts", "more than religious, ethnic or political identity", "identity only")
    if not facets & TIED_FACETS:
        raise _refused(file, "concepts", "at least one concept of facet organisation or act", "none")
    if "call" not in facets:
        raise _refused(file, "concepts", "at least one concept of facet call", "none")
    if not codebook.rules:
        raise TocsinInputError(f"{file}: key rules", expected="at least one combination rule", got="none")
    for index, rule in enumerate(codebook.rules):
        _check_rule(rule, f"rules/{index}", file)
    if not any(set(rule.facets) & TIED_FACETS for rule in codebook.rules):
        raise _refused(file, "rules", "a rule with organisation or act", "none")
    _check_glosses(codebook, file)


def _check_rule(rule: Rule, key: str, file: str) -> None:
    facets = set(rule.facets)
    if "identity" in facets:
        raise _refused(file, key, "no identity in a rule (it is context only)", "identity")
    if len(rule.facets) < 2:
        raise _refused(file, key, "at least two facets: one word alone is never recruitment", "one")
    if rule.facets[0] not in LEAD_FACETS:
        raise _refused(file, key, "a first facet of " + ", ".join(sorted(LEAD_FACETS)), rule.facets[0])
    if not facets & OBJECT_FACETS:
        raise _refused(file, key, "one of " + ", ".join(sorted(OBJECT_FACETS)), "none")


def _check_glosses(codebook: Codebook, file: str) -> None:
    for concept in codebook.concepts:
        covered = {term.lang for term in concept.terms}
        if concept.facet in TIED_FACETS and not covered & set(codebook.languages):
            raise TocsinInputError(f"{file}: concept {concept.concept_id}", expected="terms in a covered language")
    tied = {term.lang for concept in codebook.concepts if concept.facet in TIED_FACETS for term in concept.terms}
    missing = sorted(set(codebook.languages) - tied)
    if missing:
        raise TocsinInputError(
            f"{file}: key languages",
            expected="organisation or act terms in every language said to be covered",
            got="none for " + ", ".join(missing),
            next_step="add terms or take the language out, so that it answers cannot assess",
        )


def _refused(file: str, key: str, expected: str, got: str) -> RefusedError:
    return RefusedError(
        f"{file}: key {key}: this codebook is refused",
        expected=expected,
        got=got,
        next_step="recruitment is never a matter of religion, ethnicity or opinion; see docs/codebooks.md",
    )
