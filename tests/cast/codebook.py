"""The codebook of another cast: the fictional codebook of the first with every name replaced."""

from __future__ import annotations

import re
from pathlib import Path

from cast.names import LANTERN, Names, Words4

CODEBOOKS = Path(__file__).resolve().parents[2] / "src" / "tocsin" / "assess" / "codebooks"
FIRST = CODEBOOKS / "grey_lantern.yaml"


def replacements(names: Names) -> list[tuple[str, str]]:
    """(name in the first cast, name in this one), longest first, so that no part is replaced before its whole."""
    pairs: dict[str, str] = {}
    for field in LANTERN.__dataclass_fields__:
        old, new = getattr(LANTERN, field), getattr(names, field)
        if isinstance(old, Words4):
            pairs |= {old[lang]: new[lang] for lang in ("en", "ar", "fr", "am")}
        elif field.endswith("_tag_ar_variants"):
            pairs |= dict(zip(old, new, strict=True))
        elif isinstance(old, str) and field not in ("key", "slug", "wording"):
            pairs[old] = new
    pairs |= dict(names.aliases)
    return sorted(pairs.items(), key=lambda pair: (-len(pair[0]), pair[0]))


def _whole(name: str) -> str:
    """A pattern for a name; in Latin script a whole word, for "Osk" is also part of other words."""
    escaped = re.escape(name)
    return rf"(?<!\w){escaped}(?!\w)" if name.isascii() else escaped


def codebook_for(names: Names, text: str | None = None) -> str:
    """The first cast's codebook with this cast's names, in one pass (no replaced text is replaced again)."""
    mapping = dict(replacements(names))
    lower = {old.lower(): new for old, new in mapping.items()}
    pattern = re.compile("|".join(_whole(old) for old in sorted(mapping, key=len, reverse=True)), re.IGNORECASE)

    def instead(match: re.Match[str]) -> str:
        found = match[0]
        new = mapping.get(found, lower[found.lower()])
        if found.islower():
            return new.lower()
        return new[0].upper() + new[1:] if found[0].isupper() else new

    return pattern.sub(instead, FIRST.read_text(encoding="utf-8") if text is None else text)
