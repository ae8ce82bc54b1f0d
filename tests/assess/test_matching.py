from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.assess import Matcher, shipped_codebook, shipped_codebooks
from tocsin.enrich import FOLDER

BOOK = shipped_codebook("grey_lantern")
MATCHER = Matcher([BOOK], FOLDER)


def found(text: str) -> list[tuple[str, str]]:
    """(concept, text of its span) of every concept hit."""
    hits = MATCHER.hits(text, FOLDER.texts([text])[0])
    return [(hit.meaning.concept.concept_id, text[hit.start : hit.end]) for hit in hits if hit.meaning.concept]


@pytest.mark.parametrize(
    ("text", "concept", "span"),
    [
        ("the Grey Lantern!", "order", "Grey Lantern"),
        ("the GREY   LANTERN", "order", "GREY   LANTERN"),
        ("the ｇｒｅｙ lantern", "order", "ｇｒｅｙ lantern"),
        ("#GreyLantern", "order", "GreyLantern"),
        ("#the_grey_lantern", "order", "grey_lantern"),
        ("القِنْدِيلُ الرَّمَادِيُّ هنا", "order", "القِنْدِيلُ الرَّمَادِيُّ"),
        ("القنـــديل الرمادي", "order", "القنـــديل الرمادي"),
        ("مع القنديل الرمادى.", "order", "القنديل الرمادى"),
        ("وبالقنديل الرمادي", "order", "قنديل الرمادي"),
        ("للقنديل الرمادي", "order", "قنديل الرمادي"),
        ("والقنديل الرمادي", "order", "القنديل الرمادي"),
        ("إلى فيلمورا", "velmora", "فيلمورا"),
        ("لفيلمورا", "velmora", "فيلمورا"),
        ("وفيلمورا", "velmora", "فيلمورا"),
        ("la LANTERNE  GRISE", "order", "LANTERNE  GRISE"),
        ("la veille armee", "armed_vigil", "veille armee"),
        ("d'ici à Velmora.", "velmora", "Velmora"),
        ("ለግራጫ ፋኖስ", "order", "ግራጫ ፋኖስ"),
        ("ከቬልሞራ", "velmora", "ቬልሞራ"),
        ("ቬልሞራን", "velmora", "ቬልሞራ"),
        ("Vel\u200bmora", "velmora", "Vel\u200bmora"),
        ("\u202eVelmora\u202c", "velmora", "Velmora"),
        ("𝗩𝗲𝗹𝗺𝗼𝗿𝗮", "velmora", "𝗩𝗲𝗹𝗺𝗼𝗿𝗮"),
        ("#الطَّريق_إلى_فيلمورا", "road_slogan", "الطَّريق_إلى_فيلمورا"),
        ("#RoadToVelmora", "road_slogan", "RoadToVelmora"),
        ("#መንገድ_ወደ_ቬልሞራ", "road_slogan", "መንገድ_ወደ_ቬልሞራ"),
    ],
)
def test_a_term_is_found_in_its_spellings_with_the_exact_span(text: str, concept: str, span: str) -> None:
    spans = [part.strip("\u202c\u202e") for name, part in found(text) if name == concept]
    assert span in spans


@pytest.mark.parametrize(
    "text",
    [
        "Velmoran",
        "xvelmora",
        "grey lanterns hang",
        "greylanterns",
        "قنديل رمادي",
        "مفيلمورا",
        "فيلموراتنا",
        "አቬልሞራ",
        "Velmor",
        "velm ora",
    ],
)
def test_a_piece_of_another_word_is_not_a_term(text: str) -> None:
    assert not [name for name, _ in found(text) if name in ("velmora", "order")]


def test_one_automaton_serves_several_codebooks_and_keeps_them_apart() -> None:
    matcher = Matcher(shipped_codebooks(), FOLDER)
    text = "join the Grey Lantern"
    hits = matcher.hits(text, FOLDER.texts([text])[0])
    owners = {matcher.codebooks[hit.meaning.book].name for hit in hits if hit.meaning.term == "Grey Lantern"}
    assert owners == {"grey_lantern"}
    assert {hit.meaning.book for hit in hits if hit.meaning.term == "join"} == {0, 1, 2}


@given(st.text(max_size=80), st.text(max_size=80))
@settings(max_examples=150, deadline=None)
def test_the_fast_pass_never_loses_what_the_exact_pass_finds(before: str, after: str) -> None:
    text = f"{before} Velmora {after}"
    folded = FOLDER.texts([text])[0]
    if any(hit.meaning.term == "Velmora" for hit in MATCHER.hits(text, folded)):
        assert MATCHER.candidates([folded.folded]) == [0]


@given(
    st.text(max_size=60), st.sampled_from(["Velmora", "القنديل الرمادي", "ቬልሞራ", "armed vigil"]), st.text(max_size=60)
)
@settings(max_examples=150, deadline=None)
def test_every_span_lies_inside_the_original_and_folds_to_its_term(before: str, term: str, after: str) -> None:
    text = f"{before}\n{term}\n{after}"
    for hit in MATCHER.hits(text, FOLDER.texts([text])[0]):
        assert 0 <= hit.start < hit.end <= len(text)
    assert any(
        FOLDER.keys([text[h.start : h.end]]) == FOLDER.keys([term]) for h in MATCHER.hits(text, FOLDER.texts([text])[0])
    )


@pytest.mark.parametrize(
    "text", ["", " ", "\x00", "\ud800", "😀" * 10_000, "a" * 1_000_000, "Velmora " * 5_000, "«" * 20_000]
)
def test_hostile_text_does_no_harm(text: str) -> None:
    started = time.process_time()
    hits = MATCHER.hits(text, FOLDER.texts([text])[0])
    assert time.process_time() - started < 5
    places = {(hit.start, hit.end) for hit in hits if hit.meaning.concept}
    assert len(places) == (5_000 if text.startswith("Velmora") else 0)


@pytest.mark.real_data
def test_crisis_posts_name_nothing_of_the_fictional_codebook(real_data: Path) -> None:
    import gzip
    import json

    with gzip.open(real_data / "crises" / "crises.jsonl.gz", "rt", encoding="utf-8") as lines:
        keys = FOLDER.keys([json.loads(line)["text"] for line in lines])
    assert len(keys) == 27_933
    assert len(MATCHER.candidates(keys)) <= 5
