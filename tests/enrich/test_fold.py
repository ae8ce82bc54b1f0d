"""The folding key: spellings of the same words agree, distinct words stay apart, every offset leads back."""

from __future__ import annotations

import hashlib
import unicodedata

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.enrich import FOLDER, fold_keys, tag_keys, tokens
from tocsin.enrich.fold import BATCH_CODE_POINTS, TableFolder
from tocsin.enrich.fold_table import SEPARATOR, FoldTable, fold_table

# Letters, marks and signs of many scripts, weighted towards those that fold to something.
CHARS = st.one_of(
    st.characters(),
    st.sampled_from("aAeEoßﬁÉéŒıİσςΣёйЁاأإآٱىيیکكةهہھءؤئـًٌٍَُِّْٰلاﻻﷺﷲ٠١۴५ሀሐኀኸሠሰዓአፀጸ።፡,.!?'\"’“_#@/- \t\n\u200b\u200d\u202e"),
    st.characters(min_codepoint=0x300, max_codepoint=0x370),
    st.characters(min_codepoint=0x600, max_codepoint=0x6FF),
)
TEXTS = st.text(CHARS, max_size=60)
PLAIN_LETTERS = "abcdefghijklmnopqrstuvwxyzابتثجحخدذرزسشصضطظعغفقكلمنهويабвгдеαβγδሀለመረሰ"

ONE_KEY: dict[str, list[str]] = {
    "case, width and compatibility forms": [
        "Ferry to Osk",
        "FERRY TO OSK",
        "Ｆｅｒｒｙ　ｔｏ　Ｏｓｋ",
        "𝐅𝐞𝐫𝐫𝐲 𝕥𝕠 𝒪𝓈𝓀",
        "ⓕⓔⓡⓡⓨ ᴛᴏ 🅞🅢🅚",
    ],
    "full casefolding": ["STRASSE", "straße", "Straẞe"],
    "ligatures": ["ﬂour oﬃce", "flour office"],
    "diacritics, composed and not": ["Crème brûlée", "Cre\u0300me bru\u0302le\u0301e", "creme brulee"],
    "joined letters": ["Œuvre æther", "oeuvre aether"],
    "Turkish i": ["KIZ İLE", "kız ile", "kiz ile"],
    "Greek": ["ΟΔΟΣ", "οδός", "οδοσ"],
    "Cyrillic": ["Всё ещё", "все еще", "ВСЁ ЕЩЁ"],
    "Arabic alef": ["أحمد إلى آن ٱ", "احمد الى ان ا"],
    "Arabic yeh and alef maksura": ["إلى مستشفى", "الي مستشفي", "الی مستشفی"],
    "Arabic teh marbuta": ["مدينة", "مدينه"],
    "Persian and Arabic kaf": ["کتاب", "كتاب", "ڪتاب"],
    "Urdu heh": ["ہم", "هم", "ھم"],
    "Arabic hamza on a seat": ["مؤتمر شاطئ", "موتمر شاطي"],
    "Arabic vowels and tatweel": ["السَّلامُ", "الســـلام", "السلام"],
    "Arabic superscript alef": ["هٰذا", "هذا"],
    "Arabic presentation forms": ["ﻻ ﺑﺎﺱ", "لا باس"],
    "Arabic foreign v": ["ڤيلا", "فيلا"],
    "Arabic elongation": ["رااااائع", "رائع"],
    "elongation keeps the double lam": ["الللله", "الله"],
    "words in one sign": ["ﷺ", "صلى الله عليه وسلم"],
    "digits": ["2015", "٢٠١٥", "۲۰۱۵", "２０１５", "२०१५", "²⁰¹⁵"],
    "zero-width, bidi and tag characters": [
        "to\u200bwn",
        "\u202eto\u200dwn\u202c",
        "to\U000e0061wn",
        "\ufefftown",
        "to\u00adwn",
    ],
    "Amharic homophones": ["ሀገር", "ሃገር", "ሐገር", "ኀገር", "ሓገር", "ኸገር"],
    "Amharic s": ["ሠላም", "ሰላም"],
    "Amharic glottal": ["ዓለም", "አለም", "ኣለም", "ዐለም"],
    "Amharic ts": ["ፀሐይ", "ጸሀይ"],
    "Ethiopic word space": ["ጥሩ፡ቀን", "ጥሩ ቀን"],
    "elongation": ["sooo good", "sooooooo goood", "soo good"],
    "elongation of letters that are not doubled": ["joiiiin", "join"],
    "repeated signs": ["well!!!", "well!", "well!!"],
    "spaces": ["  two \n\t words ", "two words", "two\u00a0\u3000words"],
    "emoji looks": ["👍🏽", "👍", "👍🏿👍"],
    "variation selectors": ["❤\ufe0f", "❤"],
    "quotation marks": ["“well”", '"well"', "«well»"],
    "apostrophes": ["it’s", "it's", "itʼs"],
    "words of a tag": ["#old_bridge", "#old bridge", "＃old＿bridge"],
}


@pytest.mark.parametrize("spellings", ONE_KEY.values(), ids=ONE_KEY.keys())
def test_spellings_of_the_same_words_have_one_key(spellings: list[str]) -> None:
    keys = fold_keys(spellings)
    assert set(keys) == {keys[0]}
    assert keys[0]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("good", "god"),
        ("gooood", "god"),
        ("calllll", "cal"),
        ("1000", "100"),
        ("1000", "10"),
        ("ولاء", "ولا"),  # allegiance, and not: the lone hamza is a letter
        ("ماء", "ما"),
        ("گل", "كل"),
        ("كتاب", "كتب"),
        ("بازار", "بازر"),
        ("ከተማ", "ሀተማ"),
        ("👍", "👎"),
        ("#osk", "osk"),
        ("@osk", "#osk"),
        ("that?", "that"),
        ("कि", "की"),  # vowels of other scripts are no optional marks
        ("がく", "かく"),
        ("ab", "a b"),
    ],
)
def test_distinct_words_stay_distinct(one: str, other: str) -> None:
    assert fold_keys([one])[0] != fold_keys([other])[0]


def test_sentences_stay_readable_in_their_order() -> None:
    text = "  Le marché de L’Île\u00a0: ١٢ places!!! #Marché_du_Matin @osk https://osk.example//a  "
    assert fold_keys([text]) == ["le marche de l'ile : 12 places! #marche du matin @osk https://osk.example//a"]


@given(TEXTS)
@settings(max_examples=400, deadline=None)
def test_folding_twice_changes_nothing(text: str) -> None:
    key = fold_keys([text])[0]
    assert fold_keys([key])[0] == key
    tag = tag_keys([text])[0]
    assert tag_keys([tag])[0] == tag
    assert fold_keys([tag])[0] == tag


@given(st.lists(TEXTS, max_size=12))
@settings(max_examples=300, deadline=None)
def test_a_batch_gives_what_its_texts_give_alone(texts: list[str]) -> None:
    together = fold_keys(texts)
    assert together == [fold_keys([text])[0] for text in texts]
    folded = FOLDER.texts(texts)
    assert [one.folded for one in folded] == together
    for text, one in zip(texts, folded, strict=True):
        assert one.offsets.dtype == np.int32
        assert len(one.offsets) == len(one.folded) + 1
        assert one.offsets[-1] == len(text)
        assert (np.diff(one.offsets) >= 0).all()
        assert (one.offsets >= 0).all()


@given(TEXTS)
@settings(max_examples=300, deadline=None)
def test_each_offset_points_at_the_code_point_it_came_from(text: str) -> None:
    folded, offsets = FOLDER.texts([text])[0]
    for place, char in enumerate(folded):
        original = text[offsets[place]]
        whole = fold_keys([original])[0]
        # A space may come from a control or an Ethiopic mark, which alone folds to nothing.
        assert char in whole or char == " "


@given(st.lists(st.text(st.sampled_from(PLAIN_LETTERS), min_size=1, max_size=8), min_size=1, max_size=8))
@settings(max_examples=200, deadline=None)
def test_the_slice_of_a_folded_word_folds_to_that_word(words: list[str]) -> None:
    text = "\u200f  ".join(f"{word}\u0301" for word in words)
    folded, offsets = FOLDER.texts([text])[0]
    start = 0
    for word in folded.split(" "):
        end = start + len(word)
        assert fold_keys([text[offsets[start] : offsets[end]]])[0] == word
        start = end + 1


def test_words_of_one_sign_point_at_that_sign() -> None:
    folded, offsets = FOLDER.texts(["قال ﷺ يوما"])[0]
    at = folded.index("صلي")
    assert set(offsets[at : at + len("صلي الله عليه وسلم")].tolist()) == {4}
    assert "قال ﷺ يوما"[offsets[folded.index("يوما")] :] == "يوما"


LATIN_GREEK_CYRILLIC_ARABIC = st.text(
    st.one_of(
        st.characters(min_codepoint=0x20, max_codepoint=0x52F, exclude_characters="\u0345\u00b4"),
        st.characters(min_codepoint=0x620, max_codepoint=0x6D3),
        st.characters(min_codepoint=0x1E00, max_codepoint=0x1EFF),
    ),
    max_size=40,
)


@given(LATIN_GREEK_CYRILLIC_ARABIC)
@settings(max_examples=300, deadline=None)
def test_composed_and_decomposed_text_have_one_key(text: str) -> None:
    composed, decomposed = unicodedata.normalize("NFC", text), unicodedata.normalize("NFD", text)
    assert fold_keys([composed, decomposed]) == [fold_keys([text])[0]] * 2


def test_every_code_point_folds_like_its_case_and_compatibility_forms() -> None:
    """All of Unicode; the exceptions are named: a lone acute stands for an apostrophe, iota subscripts go."""
    chars = [chr(code) for code in range(0x110000) if unicodedata.category(chr(code)) not in ("Cn", "Co", "Cs")]
    keys = fold_keys(chars)
    compatible = fold_keys([unicodedata.normalize("NFKC", char) for char in chars])
    lower = fold_keys([char.lower() for char in chars])
    casefolded = fold_keys([char.casefold() for char in chars])
    assert [char for char, a, b in zip(chars, keys, compatible, strict=True) if a != b] == ["\u00b4"]
    assert keys == lower
    differing = [char for char, a, b in zip(chars, keys, casefolded, strict=True) if a != b]
    assert all("\u0345" in unicodedata.normalize("NFD", char) for char in differing)
    assert fold_keys(keys) == keys


def test_all_decimal_digits_fold_to_ascii() -> None:
    digits = [chr(code) for code in range(0x11F00) if unicodedata.category(chr(code)) == "Nd"]
    assert fold_keys(digits) == [str(unicodedata.decimal(digit)) for digit in digits]


def test_the_table_is_made_when_the_first_text_is_folded() -> None:
    made: list[int] = []

    def counted() -> FoldTable:
        made.append(1)
        return fold_table()

    folder = TableFolder(counted)
    assert made == []
    assert folder.keys(["A"]) == folder.keys(["a"]) == ["a"]
    assert made == [1]


def test_the_table_is_the_same_everywhere() -> None:
    """Keys and fingerprints made on different machines and Python versions must agree; a change is a new version."""
    table = fold_table()
    parts = (
        table.codes,
        table.expansions,
        table.expansion_starts,
        table.expansion_lengths,
        table.runs,
        table.is_word,
    )
    digest = hashlib.sha256(b"".join(part.astype("<u8").tobytes() for part in parts)).hexdigest()
    assert digest == "185988b3d0bc4ae750a639c214f96bc86b57a80a7be73a15cf05fd449c4eddf6"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("", ""),
        (" \n\t ", ""),
        ("\ud800a\udfff", "a"),
        ("a\x00\x01\x7fb", "ab"),
        ("\u200b\u202e\ufe0f", ""),
        (chr(SEPARATOR) + "a" + chr(SEPARATOR) * 2 + "b", "ab"),
        ("😀" * 10_000, "😀"),
        ("e" + "\u0301" * 10_000, "e"),
        ("ﷺ" * 3, "صلي الله عليه وسلمصلي الله عليه وسلمصلي الله عليه وسلم"),
    ],
    ids=["empty", "spaces", "surrogates", "controls", "invisible", "separators", "emoji", "marks", "expansions"],
)
def test_hostile_texts_do_no_harm(text: str, key: str) -> None:
    before, folded, after = fold_keys(["before", text, "after"])
    assert (before, folded, after) == ("before", key, "after")
    assert FOLDER.texts([text])[0].folded == key
    key.encode("utf-8")


def test_a_megabyte_folds_and_its_offsets_hold() -> None:
    text = ("Bread و خبز " * (1_000_000 // 12))[:1_000_000]
    one, other = FOLDER.texts([text, "end"])
    assert one.folded.startswith("bread و خبز bread")
    assert one.offsets[-1] == len(text)
    assert other.folded == "end"


def test_texts_around_the_batch_size_are_not_mixed() -> None:
    texts = ["a" * 2, "b" * BATCH_CODE_POINTS, "", "c c", "", "7" * (BATCH_CODE_POINTS - 1), "d"]
    keys = fold_keys(texts)
    assert [len(key) for key in keys] == [2, 2, 0, 3, 0, BATCH_CODE_POINTS - 1, 1]
    assert fold_keys([]) == []
    assert FOLDER.texts([]) == []


@pytest.mark.parametrize(
    ("tags", "key"),
    [
        (
            ["Road_To_Velmora", "#RoadToVelmora", "roadtovelmora!", "road\u200btovelmora", "ＲoadToVelmora"],
            "roadtovelmora",
        ),
        (["الطريق_الى_فيلمورا", "الطريق_إلى_ڤيلمورا", "الطريق_الي_فيلمورا،", "الطريقإلىفيلمورا"], "الطريقاليفيلمورا"),
        (["መንገድ_ወደ_ቬልሞራ", "መንገድወደቬልሞራ።"], "መንገድወደቬልሞራ"),
        (["LaRouteDeVelmora", "la_route_de_vélmora"], "laroutedevelmora"),
        (["...", "___", ""], ""),
    ],
)
def test_spellings_of_a_tag_have_one_tag_key(tags: list[str], key: str) -> None:
    assert tag_keys(tags) == [key] * len(tags)


def test_tokens_are_the_words_of_a_folded_text() -> None:
    assert tokens(fold_keys(["Le prix: 3,50€ (l’été) — #Marché_Osk 😀 قهوةٌ، ቡና።"])[0]) == [
        *["le", "prix", "3", "50", "l", "ete", "marche", "osk", "قهوه", "ቡና"]
    ]
    assert tokens("") == []
