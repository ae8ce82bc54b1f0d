"""Places at country level: a gazetteer with names in four languages, and the countries a text names."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from importlib import resources

from ahocorasick_rs import AhoCorasick

from tocsin.assess.boundaries import WordForm, fits_word, pattern_forms
from tocsin.assess.codebook_types import Codebook
from tocsin.records.findings import Place
from tocsin.records.folding import Folder

_LANGS = ("en", "fr", "ar", "am")
# Names that are also persons, common words or times of prayer: a place only after a word of direction.
_AMBIGUOUS = frozenset(
    [
        *("Chad", "Georgia", "Jordan", "Jersey", "Guinea", "Turkey", "Oman", "Niger", "Mali", "Togo", "Cuba"),
        *("Tchad", "Géorgie", "Maurice", "Dominique", "Dominica", "Guernsey", "Norfolk", "Nauru"),
        *("مالي", "بنين", "المغرب", "قطر", "عُمان", "الأردن", "تونس", "توغو", "النيجر", "نيوي", "غانا"),
    ]
)
_DIRECTIONS = (
    "to",
    "in",
    "into",
    "from",
    "towards",
    "toward",
    "for",
    "via",
    "au",
    "en",
    "à",
    "vers",
    "du",
    "de",
    "aux",
    "الى",
    "في",
    "من",
    "نحو",
)
_CLITIC_DIRECTIONS = ("ل", "ب", "وب", "ول", "فب", "فل")
_MIN_LATIN = 4
_LATIN_WORD = re.compile(r"[^\W\d_]+")
_FIRST_WORD = re.compile(r"\w+")


@cache
def countries() -> dict[str, Place]:
    """Countries and territories by ISO 3166-1 alpha-2 code; `lat`, `lon` is the middle of the largest piece."""
    return {
        row["code"]: Place(row["code"], row["en"], row["code"], row["en"], float(row["lat"]), float(row["lon"]))
        for row in _rows("countries.csv")
    }


def gazetteer(codebooks: Iterable[Codebook] = ()) -> dict[str, Place]:
    """Countries and the destinations declared by codebooks, by place id."""
    found = dict(countries())
    for codebook in codebooks:
        found.update(codebook.places())
    return found


def _rows(name: str) -> Iterator[dict[str, str]]:
    text = (resources.files("tocsin.assess") / "gazetteer" / name).read_text(encoding="utf-8")
    return iter(csv.DictReader(text.splitlines()))


@cache
def country_names() -> tuple[tuple[str, str], ...]:
    """(name, code) pairs in the four languages, each once; forms with brackets and "Congo - Kinshasa" dashes opened."""
    pairs: dict[tuple[str, str], None] = {}
    for row in _rows("countries.csv"):
        for lang in _LANGS:
            name = row[lang].split("(")[0].strip()
            pairs[(name.replace(" - ", " ").replace(" & ", " and "), row["code"])] = None
    for row in _rows("aliases.csv"):
        pairs[(row["name"], row["code"])] = None
    return tuple(pairs)


class PlaceFinder:
    """Finds countries in folded texts by whole words, Arabic and Ethiopic clitics admitted."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        pairs = country_names()
        keys = folder.keys([name for name, _ in pairs])
        ambiguous = set(folder.keys(sorted(_AMBIGUOUS)))
        self._directions = tuple(folder.keys(_DIRECTIONS))
        table: dict[str, list[tuple[str, WordForm, bool]]] = {}
        for (_, code), key in zip(pairs, keys, strict=True):
            if key.isascii() and len(key) < _MIN_LATIN and key not in ("usa",):
                continue
            for pattern, form in pattern_forms(key):
                table.setdefault(pattern, []).append((code, form, key in ambiguous))
        self._entries = list(table.values())
        self._automaton = AhoCorasick(list(table))

    def named(self, folded_texts: Sequence[str], originals: Sequence[str] | None = None) -> list[list[str]]:
        """Place ids named in each text, in order of first mention.

        Where originals are given, a name in Latin letters counts only with a capital letter (a text wholly in
        lower case is taken as chat-speak, where none can be asked).
        """
        if originals is None:
            return [self._one(text, None) for text in folded_texts]
        return [
            self._one(text, self._capitals(original)) for text, original in zip(folded_texts, originals, strict=True)
        ]

    def _capitals(self, original: str) -> set[str] | None:
        """Folded words that have a capital letter in the original; None when there is none at all."""
        words = [word for word in _LATIN_WORD.findall(original) if word[:1].isupper()]
        return set(self._folder.keys(words)) if words else None

    def _one(self, text: str, capitals: set[str] | None) -> list[str]:
        spans: list[tuple[int, int, str]] = []
        for pattern, start, end in self._automaton.find_matches_as_indexes(text, overlapping=True):
            for code, form, is_ambiguous in self._entries[pattern]:
                if fits_word(text, start, end, form) is None:
                    continue
                if is_ambiguous and not self._has_direction(text, start):
                    continue
                first = _FIRST_WORD.match(text, start)
                if capitals is not None and text[start].isascii() and first and first.group() not in capitals:
                    continue
                spans.append((start, end, code))
        kept = [span for span in spans if not any(_is_longer(other, span) for other in spans)]
        return list(dict.fromkeys(code for _, _, code in sorted(kept)))

    def _has_direction(self, text: str, start: int) -> bool:
        low = text.rfind(" ", 0, start) + 1
        written_on = text[low:start]
        if written_on and (written_on in _CLITIC_DIRECTIONS or written_on[:2] in ("لل", "بال")):
            return True
        words = text[:low].split()
        return bool(words) and words[-1] in self._directions


def _is_longer(other: tuple[int, int, str], span: tuple[int, int, str]) -> bool:
    """Whether `other` holds `span` and more ("South Sudan" holds "Sudan")."""
    return other[0] <= span[0] and span[1] <= other[1] and other[1] - other[0] > span[1] - span[0]


def places_named(
    folded_texts: Sequence[str], folder: Folder, originals: Sequence[str] | None = None
) -> list[list[str]]:
    """Place ids (ISO codes) named in each folded text; country level only, never routes or crossings."""
    return PlaceFinder(folder).named(folded_texts, originals)
