"""The shape a dispatch's document must have before anything in it is believed: a file to be verified may be hostile."""

from __future__ import annotations

import json
import re
from typing import Any

from tocsin.records.errors import EvidenceError

from .document import FORMAT, Document
from .wording import is_instant

_FIGURE_ID = re.compile(r"f\d{1,4}")
_QUOTE_ID = re.compile(r"q\d{1,3}")
_MOST_CHARS = 60_000_000
_DEPTH = 12

# A type, a list of one shape, a dict of named shapes, or {"*": shape} for any names.
_PROOF = {
    "leaf_index": int,
    "disclosed": {"*": [str]},
    "withheld": {"*": str},
    "entry": str,
    "inclusion": [str],
    "checkpoint": str,
}
_SHAPE: dict[str, Any] = {
    "format": str,
    "generator": {"name": str, "drawing": str, "charts": str},
    "generated_at": "instant",
    "desk": {"name": str, "purpose": str, "legal_basis": str, "verifier_key": str},
    "snapshot": {"log_size": int, "origin": str, "checkpoint": str},
    "campaign": {
        "campaign_id": str,
        "title": str,
        "headline": str,
        "reasons": [str],
        "verdict": ({"value": str, "role": str}, None),
        "narratives": [{"letter": str, "cluster_id": str, "terms": [str], "formulaic": bool}],
        "layers": [str],
    },
    "codebook": {
        "name": str,
        "version": str,
        "title": str,
        "violence_criterion": str,
        "sources": [str],
        "languages": [str],
    },
    "settings": [{"name": str, "value": (int, float, str), "says": str}],
    "collection": [{"source": str, "query": str, "method": str}],
    "glossary": [[str]],
    "unknowns": [str],
    "places": [
        {"place_id": str, "name": str, "country": str, "country_name": str, "lat": (float, int), "lon": (float, int)}
    ],
    "network": {"height": int, "positions": {"*": [int]}},
    "figures": [{"id": "figure", "slot": str, "query": str, "params": {"*": (int, float, str)}, "value": "value"}],
    "quotes": [
        {
            "id": "quote",
            "leaf_index": int,
            "post_id": str,
            "source": str,
            "lang": str,
            "posted_at": ("instant", None),
            "text": str,
            "withheld": {"*": int},
            "cluster_id": str,
            "stance": str,
            "glosses": [[str]],
            "translation": str,
            "translator": str,
            "proof": (_PROOF, None),
        }
    ],
}


def read_document(raw: str) -> Document:
    """The document in a JSON text, its shape checked.

    Raises: EvidenceError where it is no JSON, of another format, or not of the shape this version writes.
    """
    if len(raw) > _MOST_CHARS:
        raise EvidenceError("the document of the dispatch is too large to be one", got=f"{len(raw)} characters")
    try:
        found = json.loads(raw, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise EvidenceError("the document of the dispatch cannot be read", expected="JSON") from None
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise EvidenceError("the file is not a dispatch of a known format", expected=FORMAT)
    wrong = _misfit(found, _SHAPE, "document", 0) or _inconsistency(found)
    if wrong:
        raise EvidenceError(f"the document of the dispatch was changed or damaged: {wrong}")
    return found


def _no_constant(name: str) -> None:
    raise ValueError(name)  # NaN and the infinities are not JSON


def _inconsistency(found: Document) -> str:
    """What makes a well-shaped document unusable, or ""."""
    for kind in ("figures", "quotes"):
        ids = [item["id"] for item in found[kind]]
        if len(set(ids)) != len(ids):
            return f"two {kind} have one id"
    spots = found["network"]["positions"].values()
    if not 0 < found["network"]["height"] <= 4000 or any(len(spot) != 2 for spot in spots):
        return "the network’s layout is out of bounds"
    if any(len(pair) != 2 for pair in found["glossary"]) or any(
        len(pair) != 2 for quote in found["quotes"] for pair in quote["glosses"]
    ):
        return "a gloss is not a term and its meaning"
    if any(
        len(pair) != 2
        for quote in found["quotes"]
        if quote["proof"] is not None
        for pair in quote["proof"]["disclosed"].values()
    ):
        return "a disclosed field is not a value and its salt"
    return ""


def _misfit(value: Any, shape: Any, path: str, depth: int) -> str:
    """The path of the first thing that does not fit, or ""."""
    if depth > _DEPTH:
        return path
    if isinstance(shape, tuple):
        return "" if any(not _misfit(value, option, path, depth) for option in shape) else path
    if isinstance(shape, list):
        if not isinstance(value, list):
            return path
        return next(
            (wrong for i, item in enumerate(value) if (wrong := _misfit(item, shape[0], f"{path}/{i}", depth + 1))), ""
        )
    if isinstance(shape, dict):
        return _misfit_of_names(value, shape, path, depth)
    return "" if _fits(value, shape) else path


def _misfit_of_names(value: Any, shape: dict[str, Any], path: str, depth: int) -> str:
    if not isinstance(value, dict) or ("*" not in shape and value.keys() != shape.keys()):
        return path
    for name, item in value.items():
        wrong = _misfit(
            item, shape.get("*", shape.get(name)), f"{path}/{name}" if "*" not in shape else path, depth + 1
        )
        if wrong:
            return wrong
    return ""


def _fits(value: Any, shape: Any) -> bool:
    if shape is None:
        return value is None
    if shape == "instant":
        return isinstance(value, str) and is_instant(value)
    if shape == "figure":
        return isinstance(value, str) and _FIGURE_ID.fullmatch(value) is not None
    if shape == "quote":
        return isinstance(value, str) and _QUOTE_ID.fullmatch(value) is not None
    if shape == "value":
        rows = value if isinstance(value, list) else [[value]]
        return all(isinstance(row, list) and all(_is_scalar(item) for item in row) for row in rows)
    return isinstance(value, shape) and not (shape in (int, float) and isinstance(value, bool))


def _is_scalar(value: Any) -> bool:
    return value is None or (isinstance(value, int | float | str) and not isinstance(value, bool))
