"""Codebooks: declared concepts with terms by language, read from YAML files a person can review."""

from __future__ import annotations

import hashlib
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from tocsin.assess.codebook_parts import concepts_of, contexts_of, rules_of, words_of
from tocsin.assess.codebook_rules import check_structure
from tocsin.assess.codebook_types import Codebook, Concept, Context, Source
from tocsin.assess.reading import Node, bad_key
from tocsin.records.errors import RefusedError, TocsinInputError

COMMON = "common.yaml"
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml where the wheel has it: ten times faster
_KEYS = {
    "name",
    "version",
    "title",
    "ideology",
    "violence_criterion",
    "sources",
    "languages",
    "include",
    "openers",
    "starters",
    "light",
    "concepts",
    "rules",
    "contexts",
}


def shipped_folder() -> Path:
    """The folder of the codebooks that come with the package."""
    return Path(str(resources.files("tocsin.assess") / "codebooks"))


def shipped_names() -> tuple[str, ...]:
    """Names of the shipped codebooks, sorted."""
    return tuple(sorted(path.stem for path in shipped_folder().glob("*.yaml") if path.name != COMMON))


def shipped_codebook(name: str) -> Codebook:
    """The shipped codebook of that name.

    Raises TocsinInputError when there is none.
    """
    if name not in shipped_names():
        raise TocsinInputError(
            "no such shipped codebook",
            expected="one of " + ", ".join(shipped_names()),
            next_step="see docs/codebooks.md",
        )
    return load_codebook(shipped_folder() / f"{name}.yaml")


def shipped_codebooks() -> tuple[Codebook, ...]:
    """Every shipped codebook, sorted by name."""
    return tuple(shipped_codebook(name) for name in shipped_names())


def load_codebook(path: Path) -> Codebook:
    """The codebook in a YAML file, validated.

    Raises TocsinInputError (file, key, what is expected) when it cannot be read, RefusedError when it states no
    violence criterion or source, or when its concepts are only religious, ethnic or political identity.
    """
    raw = _bytes_of(path)
    data = _mapping_of(raw, path.name)
    common_raw = b""
    if data.get("include") == "common":
        common_raw = _bytes_of(shipped_folder() / COMMON)
    codebook = _codebook_of(Node(path.name, "", data), _mapping_of(common_raw, COMMON), _digest(raw, common_raw))
    check_structure(codebook, path.name)
    return codebook


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise TocsinInputError(
            f"{path.name}: cannot be read", got=type(error).__name__, next_step="give the path of a codebook file"
        ) from error


def _mapping_of(raw: bytes, name: str) -> dict[str, Any]:
    if not raw:
        return {}
    try:
        data = yaml.load(raw.decode("utf-8"), Loader=_LOADER)  # noqa: S506 - a safe loader
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" line {mark.line + 1}" if mark is not None else ""
        raise TocsinInputError(
            f"{name}{where}: not readable as YAML in UTF-8", next_step="see docs/codebooks.md"
        ) from error
    if not isinstance(data, dict):
        raise TocsinInputError(f"{name}: expected keys and values", expected="a YAML mapping", got=type(data).__name__)
    return data


def _digest(*raws: bytes) -> str:
    digest = hashlib.sha256()
    for raw in raws:
        digest.update(len(raw).to_bytes(8, "big") + raw)
    return digest.hexdigest()


def _codebook_of(node: Node, common: dict[str, Any], digest: str) -> Codebook:
    unknown = sorted(set(map(str, node.value)) - _KEYS)
    if unknown:
        raise bad_key(node.file, unknown[0], "one of " + ", ".join(sorted(_KEYS)), "an unknown key")
    if node.get("include") not in (None, "common"):
        raise bad_key(node.file, "include", '"common" or nothing', "another value")
    shared = Node(COMMON, "", common)
    languages = node.child("languages").texts()
    concepts, contexts = _parts(node, shared)
    both = (shared, node)
    return Codebook(
        name=node.child("name").slug(),
        version=node.child("version").text(),
        title=node.child("title").text(),
        ideology=node.child("ideology").text(),
        violence_criterion=_criterion(node),
        sources=_sources(node),
        languages=languages,
        concepts=concepts,
        contexts=contexts,
        rules=rules_of(node),
        openers=words_of("openers", both, set(languages)),
        starters=words_of("starters", both, set(languages)),
        light=words_of("light", both, set(languages)),
        digest=digest,
    )


def _parts(node: Node, shared: Node) -> tuple[tuple[Concept, ...], tuple[Context, ...]]:
    languages = set(node.child("languages").texts())
    concepts = concepts_of(shared, languages, own=False) + concepts_of(node, languages, own=True)
    seen: set[str] = set()
    for concept in concepts:
        if concept.concept_id in seen:
            raise bad_key(node.file, f"concepts/{concept.concept_id}", "each id once", "the same id twice")
        seen.add(concept.concept_id)
    contexts = contexts_of(shared, languages, own=False) + contexts_of(node, languages, own=True)
    return concepts, contexts


def _criterion(node: Node) -> str:
    value = node.get("violence_criterion")
    if not isinstance(value, str) or len(value.split()) < 8:
        raise RefusedError(
            f"{node.file}: key violence_criterion is missing or too short",
            expected="a sentence saying which group's or act's violence the codebook is about, and how that is known",
            next_step="a codebook without a violence criterion is refused; see docs/codebooks.md",
        )
    return " ".join(value.split())


def _sources(node: Node) -> tuple[Source, ...]:
    value = node.get("sources")
    if not isinstance(value, list) or not value:
        raise RefusedError(
            f"{node.file}: key sources is missing or empty",
            expected="public sources, each with author, year and title",
            next_step="a codebook without public sources is refused; see docs/codebooks.md",
        )
    return tuple(
        Source(item.child("author").text(), item.child("year").integer(1800, 2200), item.child("title").text())
        for item in node.child("sources").items()
    )
