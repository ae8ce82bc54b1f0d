"""How a template becomes a post: filling slots, chat-speak, everyday Arabic spelling, and a check that it is new."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping

from cast import words_am, words_ar, words_en, words_fr
from cast.names import Names

WORDS = {"en": words_en, "ar": words_ar, "fr": words_fr, "am": words_am}
EMOJI = ("🙂", "😊", "❤️", "🌧️", "⚽", "🍞", "🌿", "☕", "🎉", "🙏", "😅", "🐈")
_SLOT = re.compile(r"\{(\w+)\}")
_FRENCH = (
    (r"\bde le ", "du "), (r"\bde les ", "des "), (r"\bde des ", "de "), (r"\bà le ", "au "), (r"\bà les ", "aux "),
    (r"\bde histoire\b", "d'histoire"), (r"\b([Qq])ue (?=[aeiouéêh])", r"\1u'"), (r"\b([Dd])e (?=[AEIOUÉaeiouéê])", r"\1'"),
)  # fmt: skip
_LATIN_START = re.compile(r"(^|[.!?]\s+)([a-zàâéèêîôûç])")
_INDIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


def town_slots(names: Names, lang: str) -> dict[str, str]:
    """The three towns under the slot names of the word lists."""
    return {"osk": names.town_a[lang], "tarn": names.town_b[lang], "silm": names.town_c[lang]}


def filled(rng: random.Random, template: str, lang: str, names: Names, fixed: Mapping[str, str] | None = None) -> str:
    """The template with every slot chosen; `fixed` wins over the word lists; no slot repeats a choice."""
    values = {**town_slots(names, lang), **(fixed or {})}
    used: set[str] = set()

    def chosen(match: re.Match[str]) -> str:
        slot = match[1]
        if slot in values:
            return values[slot]
        options = [option for option in WORDS[lang].SLOTS[slot] if option not in used]
        word = rng.choice(options)
        used.add(word)
        return word

    text = template
    while _SLOT.search(text):
        text = _SLOT.sub(chosen, text)
    return tidied(text, lang)


def tidied(text: str, lang: str) -> str:
    """French contractions and capitals after a full stop."""
    if lang == "fr":
        for pattern, instead in _FRENCH:
            text = re.sub(pattern, instead, text)
    if lang == "am":
        text = re.sub(r"(?<!\w)([ለበከ])የ(?=\w)", r"\1", text)  # the genitive drops after a preposition
    if lang == "ar":
        text = re.sub(r"(?<!\w)لال(?=\w)", "لل", text)
    if lang in ("en", "fr"):
        text = _LATIN_START.sub(lambda match: match[1] + match[2].upper(), text)
    return " ".join(text.split())


def chatty(rng: random.Random, text: str) -> str:
    """English as typed in a hurry: "gr8", "c u l8r", "thru d market"; tags, mentions and links stay."""
    share = rng.uniform(0.35, 0.95)
    for word, short in words_en.CHAT:
        if rng.random() < share:
            text = re.sub(rf"(?<![#@\w/]){re.escape(word)}(?!\w)", short, text)
    if rng.random() < 0.6:
        text = " ".join(token if token.startswith(("#", "@", "http")) else token.lower() for token in text.split())
    if rng.random() < 0.5:
        text = text.rstrip(".")
    if rng.random() < 0.25:
        text = re.sub(r"\bso\b", "sooo", text, count=1)
    return text + rng.choice(("", "", " lol", " haha", "!!", " xx", " :)"))


def everyday_arabic(rng: random.Random, text: str, strength: float = 0.5) -> str:
    """The same Arabic with the spelling of daily use: alef, hamza, yeh, teh marbuta, tatweel, harakat, digits."""
    tokens = [
        token if token.startswith(("http", "@", "#")) else _varied_word(rng, token, strength)
        for token in text.split(" ")
    ]
    plain = [index for index, token in enumerate(tokens) if len(token) > 4 and "\u0600" < token[0] < "\u0700"]
    if plain and rng.random() < strength * 0.4:
        index = rng.choice(plain)
        tokens[index] = _stretched(rng, tokens[index])
    text = " ".join(tokens)
    if rng.random() < strength * 0.4:
        for bare, vocalised in words_ar.VOCALISED:
            if rng.random() < 0.5:
                text = re.sub(rf"(?<![#\w]){bare}(?!\w)", vocalised, text)
    if rng.random() < strength and "http" not in text and "@" not in text:
        text = text.translate(_INDIC)
    return text


def _varied_word(rng: random.Random, word: str, strength: float) -> str:
    if rng.random() < strength:
        word = re.sub("[أإآ]", "ا", word)
    if rng.random() < strength * 0.5:
        word = re.sub(r"ة(?=\W*$)", "ه", word)
    if rng.random() < strength * 0.4:
        word = re.sub(r"ى(?=\W*$)", "ي", word)
    elif rng.random() < strength * 0.15:
        word = re.sub(r"(?<=\w{2})ي(?=\W*$)", "ى", word)
    return word


def _stretched(rng: random.Random, word: str) -> str:
    """One word with tatweel, or its long vowel drawn out."""
    if rng.random() < 0.5:
        for vowel in "اوي":
            if (at := word.find(vowel, 2)) > 0:
                return word[:at] + vowel * rng.randint(3, 4) + word[at + 1 :]
    joins = [at for at in range(1, len(word) - 1) if word[at - 1] in "بتثجحخسشصضطظعغفقكلمنهي" and word[at].isalpha()]
    at = rng.choice(joins) if joins else 0
    return word[:at] + "ـ" * rng.randint(1, 3) + word[at:] if at else word


def voiced(rng: random.Random, text: str, lang: str, habit: float) -> str:
    """The text in the voice of an account: `habit` (0-1) is how far it strays from careful spelling."""
    if lang == "en" and rng.random() < habit:
        text = chatty(rng, text)
    if lang == "ar" and rng.random() < 0.3 + habit:
        text = everyday_arabic(rng, text, 0.3 + habit / 2)
    if rng.random() < 0.18:
        text = f"{text} {rng.choice(EMOJI)}"
    return text


class Freshness:
    """Keeps what was written, so that an ordinary post is not a near-duplicate of an earlier one."""

    def __init__(self, limit: float) -> None:
        self.limit = limit
        self._posts_of: dict[str, list[int]] = {}
        self._sizes: list[int] = []

    def shingles(self, text: str) -> set[str]:
        words = re.findall(r"\w+", text.lower())
        return {" ".join(words[at : at + 2]) for at in range(max(1, len(words) - 1))}

    def nearest(self, text: str) -> float:
        """The highest Jaccard similarity (0-1, word pairs) to any kept text."""
        own = self.shingles(text)
        shared: dict[int, int] = {}
        for shingle in own:
            for post in self._posts_of.get(shingle, ()):
                shared[post] = shared.get(post, 0) + 1
        return max((n / (len(own) + self._sizes[post] - n) for post, n in shared.items()), default=0.0)

    def keep(self, text: str) -> None:
        own = self.shingles(text)
        for shingle in own:
            self._posts_of.setdefault(shingle, []).append(len(self._sizes))
        self._sizes.append(len(own))
