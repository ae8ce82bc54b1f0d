"""Where a term may begin and end inside a word: clitics, suffixes and hashtags of four languages."""

from __future__ import annotations

import re
from enum import Enum
from itertools import islice, product

TOUCHING = re.compile(r"\s\s|[^\S ]|^\s|\s$")  # white space that is not one plain space between words
_CHAT = {"the": "d", "you": "u", "your": "ur", "to": "2", "for": "4", "with": "w/", "and": "n", "are": "r"}
_ARABIC = re.compile(r"[\u0600-\u06ff]")
_ETHIOPIC = re.compile(r"[\u1200-\u137f]")
# Conjunction, preposition, article; folded letters only (hamza forms are plain alef by then).
_CLITIC = re.compile(r"(?P<and>[وف])?(?:[بكل]?(?:ال)?|لل|س)")
_DEFINITE = re.compile(r"(?P<and>[وف])?(?:[بك]?ال|لل)")
_ARABIC_END = re.compile(r"(?:ه|ها|هم|هن|نا|كم|ي|ك|وا|ون|ين|ان|ات|ا)?")
_ETHIOPIC_START = re.compile(r"(?:ለ|በ|ከ|የ|እንደ|ስለ|ወደ|እስከ|የለ|የበ)?(?:የ)?")
_ETHIOPIC_END = re.compile(r"(?:ን|ም|ና|ስ|ው|ውን|ዎች|ዎችን|ት|ንም|ንና|ዋ|ዬ|ነው|ው፡፡)?")


class WordForm(Enum):
    """How a pattern must sit among the letters around it."""

    WHOLE = 1  # a word (or words) of its own, clitics and suffixes admitted
    DEFINITE = 2  # Arabic words whose article was cut off: al- or lil- must stand before
    JOINED = 3  # several words written as one: a whole word, or anywhere inside a hashtag


def is_word(char: str) -> bool:
    """Whether the folded character belongs to a word."""
    return char.isalnum()


def is_arabic(text: str) -> bool:
    """Whether the text has Arabic letters."""
    return _ARABIC.search(text) is not None


def chat_spellings(term: str) -> list[str]:
    """An English term and its short spellings in chat, every mixture of them ("come 2 d", "calls u to")."""
    choices = [(word, _CHAT[word]) if word in _CHAT else (word,) for word in term.split(" ")]
    return [" ".join(words) for words in islice(product(*choices), 32)]


def pattern_forms(term: str) -> list[tuple[str, WordForm]]:
    """Patterns to search for one folded term: as is, hyphens and apostrophes apart, written as one tag word."""
    bare = term.lstrip("#")
    plain = {bare, bare.replace("_", " ")}
    for text in tuple(plain):
        if "-" in text:
            plain |= {text.replace("-", " "), text.replace("-", "")}
        if "'" in text or "’" in text:
            straight = text.replace("’", "'")
            plain |= {straight, straight.replace("'", "’"), straight.replace("'", " "), straight.replace("'", "")}
    forms: dict[tuple[str, WordForm], None] = {}
    for text in sorted(plain):
        words = text.split()
        if not words:
            continue
        forms[(" ".join(words), WordForm.WHOLE)] = None
        if len(words) > 1:
            forms[("_".join(words), WordForm.WHOLE)] = None
            joined = "".join(words)
            if len(joined) >= 8 or (len(joined) >= 5 and not joined.isascii()):
                forms[(joined, WordForm.JOINED)] = None
        if words[0].startswith("ال") and len(words[0]) > 4:
            stem = [words[0][2:], *words[1:]]
            forms[(" ".join(stem), WordForm.DEFINITE)] = None
            forms[("_".join(stem), WordForm.DEFINITE)] = None
    return list(forms)


def fits_word(text: str, start: int, end: int, form: WordForm) -> bool | None:
    """None when the match is only a piece of another word; else whether a conjunction is written onto it."""
    is_open_before = start == 0 or not text[start - 1].isalnum()
    if is_open_before and not text[end : end + 1].isalnum():
        return None if form is WordForm.DEFINITE else False
    before = "" if is_open_before else _letters_before(text, start)
    after = _letters_after(text, end)
    first = text[start]
    if form is WordForm.JOINED and _in_tag(text, start):
        return False
    if _ARABIC.match(first):
        prefix = (_DEFINITE if form is WordForm.DEFINITE else _CLITIC).fullmatch(before)
        if prefix is None or not _ends_well(after, _ARABIC_END, text[start:end]):
            return None
        return prefix["and"] is not None
    if form is WordForm.DEFINITE:
        return None
    if _ETHIOPIC.match(first):
        if _ETHIOPIC_START.fullmatch(before) is None or not _ends_well(after, _ETHIOPIC_END, text[start:end]):
            return None
        return False
    return None


def _ends_well(after: str, endings: re.Pattern[str], matched: str) -> bool:
    # Short terms take no suffix: with one they are usually another word.
    if not after:
        return True
    return len(matched) >= 4 and endings.fullmatch(after) is not None


def _letters_before(text: str, start: int) -> str:
    low = start
    while low > 0 and start - low < 12 and is_word(text[low - 1]):
        low -= 1
    return text[low:start]


def _letters_after(text: str, end: int) -> str:
    high = end
    while high < len(text) and high - end < 12 and is_word(text[high]):
        high += 1
    return text[end:high]


def _in_tag(text: str, start: int) -> bool:
    low = start
    while low > 0 and start - low < 100 and (is_word(text[low - 1]) or text[low - 1] == "_"):
        low -= 1
    return low > 0 and text[low - 1] == "#"
