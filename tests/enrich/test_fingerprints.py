"""Texts that say the same share a key; signatures estimate likeness and never change."""

from __future__ import annotations

import random
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tocsin.enrich import FOLDER, tokens
from tocsin.enrich.entities import marked
from tocsin.enrich.fingerprints import text_fingerprints
from tocsin.records.fingerprint import FEWEST_SHINGLES, SHINGLE, SIGNATURE_SIZE


class Found(NamedTuple):
    """Fingerprints as lists."""

    text_keys: list[str]
    word_counts: NDArray[np.int32]
    fingerprints: list[bytes]


def fingerprints(texts: list[str]) -> Found:
    found = text_fingerprints(FOLDER, [marked(text).prose for text in texts])
    return Found(found.text_keys.to_pylist(), found.word_counts, found.fingerprints.to_pylist())


def likeness(one: bytes, other: bytes) -> float:
    return float(np.mean(np.frombuffer(one, "<u4") == np.frombuffer(other, "<u4")))


ARABIC_SPELLINGS = [
    "الطريق إلى المدينة القديمة مفتوح، أهلاً بكم جميعاً",
    "الطريق الى المدينه القديمه مفتوح اهلا بكم جميعا",
    "الطريق الي المدينة القديمة مفتوح ، أهلا بكم جميعا !!!",
    "الطَّريقُ إلى المدينةِ القديمةِ مفتوحٌ أهلًا بكم جميعًا",
    "الطريـــق إلى المدينة القديمة مفتوح أهلاااا بكم جميعاً 😀",
    "الطریق إلی المدینة القدیمة مفتوح أهلاً بکم جمیعاً",
    "RT @osk_ferry: الطريق إلى المدينة القديمة مفتوح، أهلاً بكم جميعاً https://osk.example/a @ada",
    "\u202bالطريق إلى المدينة القديمة مفتوح، أهلاً بكم جميعاً\u202c",
    "ﺍﻟﻄﺮﻳﻖ إلى المدينة القديمة مفتوح أهلا بكم جميعا",
]


def test_arabic_spellings_of_one_sentence_share_one_text_key() -> None:
    found = fingerprints(ARABIC_SPELLINGS)
    assert set(found.text_keys) == {found.text_keys[0]}
    assert set(found.fingerprints) == {found.fingerprints[0]}
    assert len(found.fingerprints[0]) == 4 * SIGNATURE_SIZE


def test_other_sentences_have_other_keys() -> None:
    found = fingerprints(
        ["the boat leaves at nine", "the boat leaves at ten", "the boats leave at nine", "at nine the boat leaves"]
    )
    assert len(set(found.text_keys)) == 4


def test_texts_without_words_have_no_key_and_no_fingerprint() -> None:
    found = fingerprints(["", "😀😀", "https://osk.example @ada", "RT @ada:", "!!!", "\ud800\x00"])
    assert found.text_keys == [""] * 6
    assert found.fingerprints == [b""] * 6
    assert found.word_counts.tolist() == [0] * 6


def test_fewest_shingles() -> None:
    enough = "abcdefghijklmnop"[: SHINGLE + FEWEST_SHINGLES - 1]
    found = fingerprints([enough, enough[:-1]])
    assert len(found.fingerprints[0]) == 4 * SIGNATURE_SIZE
    assert found.fingerprints[1] == b""
    assert found.text_keys[1]


def test_golden_values_never_change() -> None:
    """Fingerprints of different machines are compared: another value here is another FINGERPRINT_VERSION."""
    found = fingerprints(["The ferry to Osk leaves at nine tomorrow.", ARABIC_SPELLINGS[0]])
    assert found.text_keys == GOLDEN_KEYS
    assert [np.frombuffer(one, "<u4")[:3].tolist() for one in found.fingerprints] == GOLDEN_MINIMA


GOLDEN_KEYS = ["e79b01a8cb962a48", "037bb3c07b57e4f5"]
GOLDEN_MINIMA = [[100599985, 78648097, 12628589], [21926815, 6197156, 4029258]]


@given(st.lists(st.text(max_size=40), max_size=10))
@settings(max_examples=200, deadline=None)
def test_a_batch_gives_what_its_texts_give_alone(texts: list[str]) -> None:
    together = fingerprints(texts)
    alone = [fingerprints([text]) for text in texts]
    assert together.text_keys == [one.text_keys[0] for one in alone]
    assert together.fingerprints == [one.fingerprints[0] for one in alone]
    assert together.word_counts.tolist() == [int(one.word_counts[0]) for one in alone]


@given(st.text(max_size=60))
@settings(max_examples=200, deadline=None)
def test_word_count_is_the_number_of_tokens(text: str) -> None:
    prose = marked(text).prose
    assert fingerprints([text]).word_counts[0] == len(tokens(FOLDER.keys([prose])[0]))


def test_signatures_estimate_the_jaccard_similarity_of_shingles() -> None:
    """Against brute force over sets; the error of 64 independent minima is about 0.06 a pair, and it has no bias."""
    dice = random.Random(7)
    vocabulary = ["".join(dice.choices("abcdefghijklmnopqrstuvwxyz", k=dice.randint(3, 8))) for _ in range(5_000)]
    pairs = []
    for _ in range(600):
        words = dice.choices(vocabulary, k=18)
        other = list(words)
        for _ in range(dice.randint(0, 10)):
            other[dice.randrange(18)] = dice.choice(vocabulary)
        pairs.append((" ".join(words), " ".join(other)))
    ones = fingerprints([one for one, _ in pairs]).fingerprints
    others = fingerprints([other for _, other in pairs]).fingerprints
    estimated = np.array([likeness(one, other) for one, other in zip(ones, others, strict=True)])
    exact = np.array([_jaccard(*pair) for pair in pairs])
    assert abs(float(np.mean(estimated - exact))) < 0.01
    assert float(np.sqrt(np.mean((estimated - exact) ** 2))) < 0.07


def _jaccard(one: str, other: str) -> float:
    a, b = ({text[at : at + SHINGLE] for at in range(len(text) - SHINGLE + 1)} for text in (one, other))
    return len(a & b) / len(a | b)


@pytest.mark.parametrize("text", ["😀" * 10_000, "a" * 1_000_000, "bread and salt " * 70_000, "\x00" * 1_000_000])
def test_hostile_texts_do_no_harm(text: str) -> None:
    found = fingerprints(["bread and butter", text, "bread and butter"])
    assert found.text_keys[0] == found.text_keys[2] != found.text_keys[1]
    assert found.fingerprints[0] == found.fingerprints[2] != found.fingerprints[1]
