"""Concepts, contexts, rules and word lists as read from a codebook's YAML."""

from __future__ import annotations

from collections.abc import Sequence

from tocsin.assess.codebook_types import DEFAULT_REACH, FACETS, Concept, Context, Example, Rule, Scope, Term
from tocsin.assess.reading import Node, bad_key
from tocsin.records.findings import Place

ANYWHERE = 10_000  # a reach longer than any post
_STANCES = frozenset({"reporting", "condemning", "quoting", "asking", "everyday", "endorsing"})
_CONCEPT_KEYS = {"id", "facet", "gloss", "terms", "reach", "place", "example"}


def concepts_of(node: Node, languages: set[str], *, own: bool) -> tuple[Concept, ...]:
    """The concepts of a file; with `own`, terms outside the codebook's languages and missing examples are errors."""
    found = []
    for item in node.child("concepts").items():
        item.only(_CONCEPT_KEYS)
        facet = item.child("facet").choice(FACETS)
        terms = terms_of(item.child("terms"), languages, own=own)
        if not terms:
            continue
        if own and item.get("example") is None:
            raise item.child("example").wrong("a worked example: text, lang, kind, call")
        place = item.get("place")
        if place is not None and facet != "destination":
            raise bad_key(item.file, item.path + "/place", "a place only where the facet is destination", facet)
        found.append(
            Concept(
                concept_id=item.child("id").slug(),
                facet=facet,
                gloss=item.child("gloss").text(),
                terms=terms,
                reach=_reach(item.child("reach")),
                place=_place(item.child("place")) if place is not None else None,
                example=_example(item.child("example")) if item.get("example") is not None else None,
            )
        )
    return tuple(found)


def terms_of(node: Node, languages: set[str], *, own: bool) -> tuple[Term, ...]:
    """The terms by language; for the marks ^, ! and = see Term."""
    if not isinstance(node.value, dict) or not node.value:
        raise node.wrong("terms by language, as en: [..]")
    terms: list[Term] = []
    for lang in node.value:
        if lang not in languages:
            if own:
                raise bad_key(node.file, f"{node.path}/{lang}", "a language listed under languages", "another")
            continue
        for index, text in enumerate(node.child(str(lang)).texts()):
            bare = text.lstrip("^!=").strip()
            if len(bare) < 2 and own and bare not in {"ኑ"}:
                raise bad_key(
                    node.file, f"{node.path}/{lang}/{index}", "a term of at least two characters", "a shorter one"
                )
            terms.append(Term(bare, str(lang), *(text.startswith(mark) for mark in "^!=")))
    return tuple(terms)


def _reach(node: Node) -> int:
    if node.value is None:
        return DEFAULT_REACH
    if node.value == "post":
        return ANYWHERE
    return node.integer(0, 200)


def _place(node: Node) -> Place:
    node.only({"id", "name", "country", "country_name", "lat", "lon"})
    return Place(
        node.child("id").slug(),
        node.child("name").text(),
        node.child("country").text(),
        node.child("country_name").text(),
        node.child("lat").number(-90, 90),
        node.child("lon").number(-180, 180),
    )


def _example(node: Node) -> Example:
    node.only({"text", "lang", "kind", "call"})
    return Example(
        node.child("text").text(), node.child("lang").text(), node.child("kind").text(), node.child("call").flag()
    )


def contexts_of(node: Node, languages: set[str], *, own: bool) -> tuple[Context, ...]:
    """The contexts of a file."""
    found = []
    for item in node.child("contexts").items():
        item.only({"stance", "scope", "terms"})
        scope = Scope(item.child("scope").choice(frozenset(map(str, Scope))))
        terms = terms_of(item.child("terms"), languages, own=own)
        if terms:
            found.append(Context(item.child("stance").choice(_STANCES), scope, terms))
    return tuple(found)


def rules_of(node: Node) -> tuple[Rule, ...]:
    """The combination rules of a file."""
    found = []
    for item in node.child("rules").items():
        item.only({"kind", "all", "recruitment"})
        facets = tuple(part.choice(FACETS) for part in item.child("all").items())
        found.append(Rule(item.child("kind").text(), facets, item.child("recruitment").number(0, 1)))
    return tuple(found)


def words_of(key: str, nodes: Sequence[Node], languages: set[str]) -> dict[str, tuple[str, ...]]:
    """The word lists by language under `key` of several files, joined."""
    found: dict[str, tuple[str, ...]] = {}
    for node in nodes:
        child = node.child(key)
        if child.value is None:
            continue
        if not isinstance(child.value, dict):
            raise child.wrong("words by language, as en: [..]")
        for lang in child.value:
            if lang in languages:
                found[str(lang)] = found.get(str(lang), ()) + child.child(str(lang)).texts()
    return found
