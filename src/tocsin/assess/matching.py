"""Codebook terms found in folded texts: one automaton for all codebooks, our own word boundaries, exact offsets."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from ahocorasick_rs import AhoCorasick

from tocsin.assess.boundaries import (
    TOUCHING,
    WordForm,
    chat_spellings,
    fits_word,
    is_word,
    pattern_forms,
)
from tocsin.assess.codebook_types import ANCHOR_FACETS, Codebook, Concept, Context
from tocsin.records.errors import TocsinInputError
from tocsin.records.folding import FoldedText, Folder

_SPACES = re.compile(r"\s+")


class Role(StrEnum):
    """What a term is for."""

    CONCEPT = "concept"
    CONTEXT = "context"
    OPENER = "opener"
    STARTER = "starter"
    LIGHT = "light"


class Meaning(NamedTuple):
    """What one term means, in the codebook at position `book` of the matcher."""

    book: int
    role: Role
    lang: str
    term: str
    at_start: bool = False
    is_imperative: bool = False
    is_acronym: bool = False
    concept: Concept | None = None
    context: Context | None = None


class Hit(NamedTuple):
    """A term found: code points of the original text, and of the spaced folded text.

    `joined_before`: the word carries a conjunction of its own (Arabic wa-, fa-).
    """

    start: int
    end: int
    meaning: Meaning
    joined_before: bool


class Matcher:
    """All terms of some codebooks in one overlapping multi-pattern automaton over folded text."""

    def __init__(self, codebooks: Sequence[Codebook], folder: Folder) -> None:
        self.codebooks = tuple(codebooks)
        self.folder = folder
        meanings = list(_meanings(self.codebooks))
        folded = folder.keys([meaning.term for meaning in meanings])
        table: dict[str, dict[WordForm, list[Meaning]]] = {}
        for meaning, key in zip(meanings, folded, strict=True):
            spaced = _SPACES.sub(" ", key).strip()
            if not spaced or not any(map(is_word, spaced)):
                raise TocsinInputError(
                    f"{self.codebooks[meaning.book].name}: a term folds to nothing",
                    expected="a term with letters",
                    next_step="take the term out of the codebook",
                )
            for spelling in chat_spellings(spaced) if meaning.lang == "en" else (spaced,):
                for pattern, form in pattern_forms(spelling):
                    same = table.setdefault(pattern, {}).setdefault(form, [])
                    if meaning not in same:
                        same.append(meaning)
        self._patterns = list(table)
        self._forms = [tuple(table[pattern].items()) for pattern in self._patterns]
        self._anchor = [any(_is_anchor(meaning) for _, own in forms for meaning in own) for forms in self._forms]
        # Latin words admit no clitic: a letter beside one ends the matter.
        self._strict = [
            pattern[0].isascii() and all(form is WordForm.WHOLE for form, _ in forms)
            for pattern, forms in zip(self._patterns, self._forms, strict=True)
        ]
        self._automaton = AhoCorasick(self._patterns) if self._patterns else None

    def candidates(self, keys: Sequence[str]) -> list[int]:
        """Positions of the folding keys that may name an organisation, act, destination, slogan or pledge.

        The fast first pass: no offsets, no stance; may keep a key that the exact pass then drops, never the reverse.
        """
        if self._automaton is None:
            return []
        find, anchor, strict = self._automaton.find_matches_as_indexes, self._anchor, self._strict
        kept = []
        for position, key in enumerate(keys):
            text = _spaced(key)
            for pattern, start, end in find(text, overlapping=True):
                if anchor[pattern] and not (strict[pattern] and _is_touched(text, start, end)):
                    kept.append(position)
                    break
        return kept

    def hits(self, original: str, folded: FoldedText) -> list[Hit]:
        """Every term in one text, by start then longest first; spans are code points of the original."""
        if self._automaton is None:
            return []
        text, positions = _spaced_with_positions(folded.folded)
        found: list[Hit] = []
        seen: set[tuple[int, int, int]] = set()
        strict, all_forms = self._strict, self._forms
        for pattern, start, end in self._automaton.find_matches_as_indexes(text, overlapping=True):
            if strict[pattern] and _is_touched(text, start, end):
                continue
            for form, meanings in all_forms[pattern]:
                joined = fits_word(text, start, end, form)
                if joined is None:
                    continue
                low = int(folded.offsets[positions[start]])
                high = _original_end(folded, positions[end - 1])
                for meaning in meanings:
                    if meaning.is_acronym and original[low:high].istitle():
                        continue
                    if (start, end, id(meaning)) not in seen and original[low:high].strip():
                        seen.add((start, end, id(meaning)))
                        found.append(Hit(low, high, meaning, joined))
        found.sort(key=lambda hit: (hit.start, -hit.end))
        return found


def _is_touched(text: str, start: int, end: int) -> bool:
    return (start > 0 and text[start - 1].isalnum()) or text[end : end + 1].isalnum()


def _original_end(folded: FoldedText, last: int) -> int:
    """End in the original of folded code point `last`; where several came from one, the end of that one."""
    offsets, start = folded.offsets, int(folded.offsets[last])
    following = last + 1
    while following < len(offsets) - 1 and int(offsets[following]) == start:
        following += 1
    return max(int(offsets[following]), start + 1)


def _meanings(codebooks: Sequence[Codebook]) -> list[Meaning]:
    found = []
    for book, codebook in enumerate(codebooks):
        for concept in codebook.concepts:
            for term in concept.terms:
                marks = term.at_start, term.is_imperative, term.is_acronym
                found.append(Meaning(book, Role.CONCEPT, term.lang, term.text, *marks, concept=concept))
        for context in codebook.contexts:
            for term in context.terms:
                found.append(Meaning(book, Role.CONTEXT, term.lang, term.text, context=context))
        lists = ((Role.OPENER, codebook.openers), (Role.STARTER, codebook.starters), (Role.LIGHT, codebook.light))
        for role, by_lang in lists:
            for lang, words in by_lang.items():
                found.extend(Meaning(book, role, lang, word) for word in words)
    return found


def _is_anchor(meaning: Meaning) -> bool:
    return meaning.concept is not None and meaning.concept.facet in ANCHOR_FACETS


def _spaced(key: str) -> str:
    return " ".join(key.split()) if TOUCHING.search(key) else key


def _spaced_with_positions(folded: str) -> tuple[str, list[int] | range]:
    """The folded text with white space collapsed, and for each of its code points the position in `folded`."""
    if not TOUCHING.search(folded):
        return folded, range(len(folded))
    pieces: list[str] = []
    positions: list[int] = []
    for match in re.finditer(r"\S+", folded):
        if positions:
            pieces.append(" ")
            positions.append(match.start() - 1)
        pieces.append(match.group())
        positions.extend(range(match.start(), match.end()))
    return "".join(pieces), positions


__all__ = ["Hit", "Matcher", "Meaning", "Role"]
