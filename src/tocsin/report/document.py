"""The document of a dispatch: everything it says, redacted, as plain JSON. The page, the Markdown and the machine
report are pure functions of it, so that verification can draw them again from recomputed figures."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from typing import Any

from tocsin.records.errors import EvidenceError, RefusedError
from tocsin.records.posts import Audience

from .brief import Brief, Quote
from .figures import NARRATIVE_LIMIT, Figure, instant_text, narrative_letter
from .network import laid_out
from .redact import Redactor

FORMAT = "tocsin/dispatch/v1"
# What a quote's proof may disclose. Everything else of a post (account, channel, platform ids) stays committed.
DISCLOSABLE: frozenset[str] = frozenset({"text", "posted_at", "source", "kind"})
QUOTE_LIMIT = 60

Document = dict[str, Any]


def document(brief: Brief, redactor: Redactor) -> Document:
    """The document of a dispatch.

    Raises: RefusedError where a quote is not public or its proof would disclose more than the dispatch shows;
    EvidenceError where a figure is missing or the figures are of another campaign.
    """

    def clean(text: str) -> str:
        return str(redactor.redacted(text).text)

    campaign = brief.campaign
    by_slot = {figure.slot: figure for figure in brief.figures.values()}
    if len(by_slot) != len(brief.figures) or "campaign_posts" not in by_slot:
        raise EvidenceError("the figures do not fit the dispatch", expected="the figures of dispatch_requests")
    # The figures' own bound: a desk that grew between detection and dispatch has a later checkpoint.
    log_size = int(by_slot["campaign_posts"].params["log_size"])
    if log_size > brief.checkpoint.size:
        raise EvidenceError("the checkpoint is older than the figures", expected=f"a log of {log_size} entries or more")
    quotes = [_quote(number, quote, clean) for number, quote in enumerate(brief.quotes[:QUOTE_LIMIT], start=1)]
    made = {
        "format": FORMAT,
        "generator": generator_note(brief.generator),
        "generated_at": instant_text(brief.generated_at),
        "desk": {
            "name": clean(brief.desk_name),
            "purpose": clean(brief.purpose),
            "legal_basis": clean(brief.legal_basis),
            "verifier_key": brief.verifier_key,
        },
        "snapshot": {
            "log_size": log_size,
            "origin": brief.checkpoint.origin,
            "checkpoint": brief.checkpoint.note,
        },
        "campaign": {
            "campaign_id": campaign.campaign_id,
            "title": clean(campaign.title),
            "headline": clean(brief.headline),
            "reasons": [clean(reason) for reason in campaign.reasons],
            "verdict": None
            if campaign.verdict is None
            else {"value": campaign.verdict.value, "role": campaign.verdict.role},
            "narratives": [
                {
                    "letter": narrative_letter(position),
                    "cluster_id": narrative.cluster_id,
                    "terms": [term for term in narrative.terms if redactor.redacted_word(term).is_whole][:8],
                    "formulaic": narrative.formulaic,
                }
                for position, narrative in enumerate(campaign.narratives[:NARRATIVE_LIMIT])
            ],
            "layers": sorted({layer for group in campaign.groups for layer in group.layers}),
        },
        "codebook": {
            "name": brief.codebook.name,
            "version": brief.codebook.version,
            "title": clean(brief.codebook.title),
            "violence_criterion": clean(brief.codebook.violence_criterion),
            "sources": [clean(source) for source in brief.codebook.sources],
            "languages": list(brief.codebook.languages),
        },
        "settings": [{"name": item.name, "value": item.value, "says": clean(item.says)} for item in brief.settings],
        "collection": _collection(brief, clean),
        "glossary": [[clean(item.term), clean(item.gloss)] for item in brief.glossary],
        "unknowns": [clean(text) for text in brief.unknowns],
        "places": [
            {**place._asdict(), "lat": round(place.lat, 2), "lon": round(place.lon, 2)} for place in brief.places
        ],
        "network": laid_out(by_slot["campaign_network"], by_slot["campaign_ties"]),
        "figures": [figure_record(figure) for figure in brief.figures.values()],
        "quotes": quotes,
    }
    # As it will be read back: keys in order, tuples as lists. What is drawn now and drawn again later is then equal.
    canonical: Document = json.loads(json.dumps(made, sort_keys=True))
    return canonical


def figure_record(figure: Figure) -> dict[str, Any]:
    """A figure as JSON carries it."""
    value: Any = figure.value
    if isinstance(value, tuple):
        value = [list(row) for row in value]
    return {
        "id": figure.figure_id,
        "slot": figure.slot,
        "query": figure.query,
        "params": dict(figure.params),
        "value": value,
    }


def figure_of(record: Mapping[str, Any]) -> Figure:
    """The figure a JSON record stands for."""
    value = record["value"]
    if isinstance(value, list):
        value = tuple(tuple(row) for row in value)
    return Figure(record["id"], record["slot"], record["query"], dict(record["params"]), value)


def _quote(number: int, quote: Quote, clean: Any) -> dict[str, Any]:
    if quote.audience is not Audience.PUBLIC:
        raise RefusedError(
            "a post that was not public cannot be quoted in a dispatch",
            expected="a public post",
            got=f"leaf {quote.leaf_index} with audience {quote.audience.value}",
            next_step="choose another example",
        )
    proof = quote.proof
    if proof is not None:
        allowed = DISCLOSABLE if quote.text.is_whole else DISCLOSABLE - {"text"}
        extra = sorted(set(proof.disclosed) - allowed)
        if extra:
            raise RefusedError(
                f"the proof of leaf {quote.leaf_index} would disclose {', '.join(extra)}",
                expected="only " + ", ".join(sorted(allowed)),
                next_step="make the proof without them",
            )
    return {
        "id": f"q{number}",
        "leaf_index": quote.leaf_index,
        "post_id": quote.post_id,
        "source": quote.source,
        "lang": quote.lang,
        "posted_at": instant_text(quote.posted_at) if quote.posted_at else None,
        "text": str(quote.text.text),
        "withheld": quote.text.kinds,
        "cluster_id": quote.cluster_id,
        "stance": quote.stance,
        "glosses": [[clean(gloss.term), clean(gloss.gloss)] for gloss in quote.glosses],
        "translation": clean(quote.translation),
        "translator": clean(quote.translator),
        "proof": None
        if proof is None
        else {
            "leaf_index": proof.leaf_index,
            "disclosed": {name: list(pair) for name, pair in proof.disclosed.items()},
            "withheld": dict(proof.withheld),
            "entry": proof.entry,
            "inclusion": list(proof.inclusion),
            "checkpoint": proof.checkpoint,
        },
    }


def _collection(brief: Brief, clean: Any) -> list[dict[str, str]]:
    """How the captures were collected: each distinct source, query and method once. File names are not in it."""
    seen = {
        (capture.source, clean(capture.query or ""), clean(capture.method or ""))
        for capture in brief.captures
        if capture.query or capture.method
    }
    return [{"source": source, "query": query, "method": method} for source, query, method in sorted(seen)]


def generator_note(generator: str) -> dict[str, str]:
    """What drew the dispatch; pages are only compared whole with pages drawn by the same."""
    return {
        "name": generator,
        "drawing": _drawing_digest(),
        "charts": "vl-convert " + version("vl-convert-python"),
    }


@cache
def _drawing_digest() -> str:
    """A digest of everything here that has a say in how a document is drawn."""
    digest = hashlib.sha256()
    folder = files(__package__)
    for part in (folder, folder.joinpath("templates"), folder.joinpath("shapes")):
        for item in sorted(part.iterdir(), key=lambda item: item.name):
            if item.is_file() and item.name.endswith((".py", ".html", ".md", ".css", ".json")):
                digest.update(item.name.encode() + b"\0" + item.read_bytes())
    return digest.hexdigest()[:16]
