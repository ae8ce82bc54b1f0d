"""What each code point folds to: the craft behind the folding key, built once from the Unicode database.

Every rule looks at one code point only, so that a whole batch is folded by a table lookup and every folded
code point knows the original one it came from. Rules that need a neighbour (runs) are in `fold`.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

CODE_POINT_COUNT = 0x110000
SEPARATOR = 0x10FFFF  # a noncharacter: stands between the texts of a batch, never inside a folded text
DROP = 0xFFFFFFFF
EXPANDS = 0x80000000  # EXPANDS + i: the i-th expansion
SPACE = 0x20

# What a run of the same code point becomes; see `fold`.
RUN_KEPT, RUN_OF_THREE_TO_TWO, RUN_OF_THREE_TO_ONE, RUN_TO_ONE = 0, 1, 2, 3

# Letters that languages double inside words; three or more of them can only be a lengthened pair ("goood").
_DOUBLED_LETTERS = frozenset("bcdefglmnoprstzбвгдзклмнпрстфцжλμνρσل")

# Marks that carry vowels or tone in their script stay; these blocks hold only signs that writers leave out at will.
_OPTIONAL_MARKS: tuple[tuple[int, int], ...] = (
    (0x0300, 0x036F),  # Latin, Greek, Cyrillic accents
    (0x0483, 0x0489),
    (0x0591, 0x05BD),  # Hebrew points
    (0x05BF, 0x05BF),
    (0x05C1, 0x05C2),
    (0x05C4, 0x05C5),
    (0x05C7, 0x05C7),
    (0x0610, 0x061A),  # Quranic signs
    (0x064B, 0x065F),  # harakat, hamza and madda above, hamza below
    (0x0670, 0x0670),  # superscript alef
    (0x06D6, 0x06DC),
    (0x06DF, 0x06E4),
    (0x06E7, 0x06E8),
    (0x06EA, 0x06ED),
    (0x0711, 0x0711),
    (0x0730, 0x074A),  # Syriac points
    (0x0898, 0x089F),
    (0x08CA, 0x08FF),
    (0x135D, 0x135F),  # Ethiopic gemination
    (0x1AB0, 0x1AFF),
    (0x1DC0, 0x1DFF),
    (0x20D0, 0x20FF),  # enclosing keycaps
    (0x2DE0, 0x2DFF),
    (0xA66F, 0xA672),
    (0xA674, 0xA67D),
    (0xFE00, 0xFE0F),  # variation selectors
    (0xFE20, 0xFE2F),
    (0x180B, 0x180F),
    (0x1BC9D, 0x1BC9E),
    (0xE0000, 0xE0FFF),  # tag characters and more variation selectors
)

# Nothing to see, or only how something looks: tatweel, Hangul fillers, blank Braille, half rings of transliteration.
_DROPPED = frozenset([0x0640, 0x115F, 0x1160, 0x3164, 0xFFA0, 0x2800, 0x02BE, 0x02BF, 0x02BB, 0x07FA, 0x0883, 0x0884])
_DROPPED_CLASSES = frozenset(["Cf", "Cs", "Cc"])
_EAST_ASIAN = ((0x1100, 0x11FF), (0x2E80, 0x33FF))
# Letters without any spelling variant: not worth asking the Unicode database for each of 90,000.
_IDEOGRAPHS = ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0x20000, 0x2F7FF), (0x30000, 0x323AF))
# Where else code points may fold to something; the rest is private or unassigned.
_READ = ((0, 0x33FF), (0x4DC0, 0x4DFF), (0xA000, 0xDFFF), (0xF900, 0x1FFFF), (0x2F800, 0x2FA1F), (0xE0000, 0xE0FFF))
# Python 3.12 and 3.13 know these, 3.11 does not: left alone, so that keys and fingerprints agree between them.
_NEWER_THAN_UNICODE_14: tuple[tuple[int, int], ...] = (
    (0x0CF3, 0x0CF3),
    (0x0ECE, 0x0ECE),
    (0x2FFC, 0x2FFF),
    (0x10EFD, 0x10EFF),
    (0x1123F, 0x11241),
    (0x11B00, 0x11B09),
    (0x11F00, 0x11F59),
    (0x1342F, 0x1342F),
    (0x13439, 0x13455),
    (0x1B132, 0x1B155),
    (0x1D2C0, 0x1D2D3),
    (0x1DF25, 0x1DF2A),
    (0x1E030, 0x1E08F),
    (0x1E4D0, 0x1E4F9),
)
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_BETWEEN = "\ue000"  # a private character, between those that are folded together


def _pairs(text: str) -> dict[str, str]:
    return {pair[0]: pair[1:] for pair in text.split()}


_REPLACED: dict[str, str] = {
    # Arabic script, towards the Arabic form
    **_pairs("ٱا ٲا ٳا ىي یي ۍي ؽي ؾي ؿي کك ڪك ةه ہه ھه ەه ۃه ڤف ٴء"),
    # Latin letters with a stroke or joined, which Unicode does not decompose
    **_pairs("øo łl đd ħh ŧt ıi æae œoe ðd þth ƒf ɓb ɗd ƙk ɣg ɛe ɔo"),
    # small capitals, as made by fancy-text generators
    **_pairs("ᴀa ʙb ᴄc ᴅd ᴇe ꜰf ɢg ʜh ɪi ᴊj ᴋk ʟl ᴍm ɴn ᴏo ᴘp ʀr ꜱs ᴛt ᴜu ᴠv ᴡw ʏy ᴢz"),
    # punctuation of many scripts, towards ASCII
    **_pairs("‘' ’' ‚' ‛' ′' ‹' ›' ʼ' ʹ' `' ´' ʻ' ׳' “\" ”\" „\" ‟\" «\" »\" 「\" 」\" 『\" 』\" ״\""),
    **_pairs(
        "‐- ‑- ‒- –- —- ―- −- ־- ﹘- ⁃- ؟? ،, ؛; ٪% ٫. ٬, ٭* ۔. ።. ፣, ፤; ፥: ፦: ፧? ፨. 。. 、, ⁄/ ∕/ ·. •. ∙. ‧. ।. ॥."
    ),
    "፡": " ",  # the Ethiopic word space
    "_": " ",  # words of a hashtag are words
    "﷽": "بسم الله الرحمن الرحيم",
}


def _ethiopic_homophones() -> dict[str, str]:
    """Ethiopic letter -> the letter Amharic writers use for the same sound."""
    found: dict[int, int] = {}
    for first, target, orders in ((0x1210, 0x1200, 7), (0x1280, 0x1200, 7), (0x12B8, 0x1200, 7)):
        found.update({first + order: target + order for order in range(orders)})
    found.update({0x1220 + order: 0x1230 + order for order in range(8)})
    found.update({0x12D0 + order: 0x12A0 + order for order in range(7)})
    found.update({0x1340 + order: 0x1338 + order for order in range(7)})
    # Of h and of the glottal letters the first and the fourth order sound the same.
    same_sound = {0x1203: 0x1200, 0x12A3: 0x12A0}
    found = {source: same_sound.get(target, target) for source, target in found.items()} | same_sound
    return {chr(source): chr(target) for source, target in found.items()}


def _negative_letters() -> dict[str, str]:
    """White-on-black circled and squared capitals, which Unicode does not decompose -> their letters."""
    return {chr(block + index): chr(ord("a") + index) for block in (0x1F150, 0x1F170) for index in range(26)}


class _OneRound(dict[int, str]):
    """For `str.translate`: what each character of an NFKD text becomes in one round; filled as they are met."""

    def __init__(self, replaced: dict[str, str]) -> None:
        super().__init__({ord(char): text for char, text in replaced.items()})
        marks = (code for first, last in _OPTIONAL_MARKS for code in range(first, last + 1))
        self.update(dict.fromkeys((code for code in (*marks, *_DROPPED, *_SKIN_TONES) if code not in self), ""))
        self[ord(_BETWEEN)] = _BETWEEN

    def __missing__(self, code: int) -> str:
        char = chr(code)
        category = unicodedata.category(char)
        if category in ("Zs", "Zl", "Zp") or (category == "Cc" and char.isspace()):
            folded = " "
        elif category in _DROPPED_CLASSES:
            folded = ""
        elif category == "Nd":
            folded = str(unicodedata.decimal(char))
        else:
            folded = char.casefold()
        self[code] = folded
        return folded


def _folded_chars(chars: list[str], categories: list[str], replaced: dict[str, str]) -> list[str]:
    """What each character folds to; folding that again changes nothing.

    They are worked on as one text, a private character between them: one call for thousands is much cheaper.
    """
    one_round = _OneRound(replaced)
    folded = _decomposed(chars)
    unsettled = []
    for place, (char, category) in enumerate(zip(chars, categories, strict=True)):
        # Letters without variants fold to themselves, Hangul syllables to their parts.
        if category != "Lo" or ord(char) in one_round or not (folded[place] == char or "가" <= char <= "힣"):
            unsettled.append(place)
            # A sign shown alone ("¨", an Arabic vowel) decomposes to a space and a mark: not a word break.
            is_shown_alone = len(folded[place]) > 1 and folded[place][0] == " "
            folded[place] = replaced.get(char, folded[place][1:] if is_shown_alone else folded[place])
    text, again = "", _BETWEEN.join([folded[place] for place in unsettled])
    while again != text:
        text = again
        again = unicodedata.normalize("NFKD", text).translate(one_round)
    for place, settled in zip(unsettled, text.split(_BETWEEN), strict=True):
        folded[place] = settled
    return folded


def _decomposed(chars: list[str]) -> list[str]:
    return unicodedata.normalize("NFKD", _BETWEEN.join(chars)).split(_BETWEEN)


class FoldTable(NamedTuple):
    """What every code point folds to.

    `codes[c]` is a code point, DROP, or EXPANDS + i; expansion i is
    `expansions[expansion_starts[i]:expansion_starts[i] + expansion_lengths[i]]`. `runs[c]` says what
    becomes of a run of the folded code point c. `is_word[c]` is true of letters, marks and digits.
    """

    codes: NDArray[np.uint32]
    expansions: NDArray[np.uint32]
    expansion_starts: NDArray[np.int64]
    expansion_lengths: NDArray[np.int64]
    runs: NDArray[np.uint8]
    is_word: NDArray[np.bool_]


def _run_rules(codes: NDArray[np.int64], categories: list[str]) -> NDArray[np.uint8]:
    """What becomes of a run of each code point."""
    of_category = {name: RUN_OF_THREE_TO_ONE if name[0] in "LM" else RUN_TO_ONE for name in set(categories)}
    of_category["Nd"] = RUN_KEPT
    rules = np.fromiter(map(of_category.__getitem__, categories), dtype=np.uint8, count=len(categories))
    doubled = np.isin(codes, [ord(letter) for letter in _DOUBLED_LETTERS])
    for first, last in _EAST_ASIAN:
        doubled |= (codes >= first) & (codes <= last)
    rules[doubled & (rules == RUN_OF_THREE_TO_ONE)] = RUN_OF_THREE_TO_TWO
    rules[codes == ord("/")] = RUN_KEPT
    return rules


@cache
def fold_table() -> FoldTable:
    """The table of the folding key, the same under every supported Python (some 70 ms, once a process)."""
    replaced = _REPLACED | _ethiopic_homophones() | _negative_letters()
    codes = np.arange(CODE_POINT_COUNT, dtype=np.uint32)
    runs = np.full(CODE_POINT_COUNT, RUN_TO_ONE, dtype=np.uint8)
    is_word = np.zeros(CODE_POINT_COUNT, dtype=np.bool_)
    for first, last in _IDEOGRAPHS:
        runs[first : last + 1] = RUN_OF_THREE_TO_TWO
        is_word[first : last + 1] = True
    chars = _known_chars()
    known = np.array(list(map(ord, chars)))
    categories = list(map(unicodedata.category, chars))
    runs[known] = _run_rules(known, categories)
    is_word[known] = np.fromiter((name[0] in "LMN" for name in categories), dtype=np.bool_, count=len(categories))
    folded = _folded_chars(chars, categories, replaced)
    lengths = np.fromiter(map(len, folded), dtype=np.int64, count=len(folded))
    codes[known[lengths == 0]] = DROP
    codes[known[lengths == 1]] = _code_points([text for text in folded if len(text) == 1])
    expansions: dict[str, int] = {}
    codes[known[lengths > 1]] = [
        EXPANDS + expansions.setdefault(text, len(expansions)) for text in folded if len(text) > 1
    ]
    codes[SEPARATOR] = SEPARATOR
    runs[SEPARATOR] = RUN_KEPT
    return FoldTable(codes, *_packed(list(expansions)), runs, is_word)


def _known_chars() -> list[str]:
    """The characters of _READ that every supported Python knows."""
    newer = {code for first, last in _NEWER_THAN_UNICODE_14 for code in range(first, last + 1)}
    read = (chr(code) for first, last in _READ for code in range(first, last + 1) if code not in newer)
    return [char for char in read if unicodedata.category(char) not in ("Cn", "Co")]


def _code_points(texts: list[str]) -> NDArray[np.uint32]:
    return np.frombuffer("".join(texts).encode("utf-32-le"), dtype="<u4").astype(np.uint32, copy=False)


def _packed(expansions: list[str]) -> tuple[NDArray[np.uint32], NDArray[np.int64], NDArray[np.int64]]:
    lengths = np.array([len(text) for text in expansions], dtype=np.int64)
    return _code_points(expansions), np.cumsum(lengths) - lengths, lengths
