from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tocsin.assess import check_codebook, load_codebook, shipped_codebook, shipped_codebooks, shipped_names
from tocsin.enrich import FOLDER
from tocsin.records.errors import RefusedError, TocsinInputError


def bland() -> dict[str, Any]:
    """The smallest codebook that is accepted."""
    example = {"text": "Join the Tin Drum today.", "lang": "en", "kind": "call to join", "call": True}
    return {
        "name": "tin_drum",
        "version": "1",
        "title": "The Tin Drum (fictional)",
        "ideology": "fictional",
        "violence_criterion": "The Tin Drum, an invented group, says that it takes mills by armed force.",
        "sources": [{"author": "Nobody", "year": 2026, "title": "Invented"}],
        "languages": ["en"],
        "concepts": [
            {
                "id": "drum",
                "facet": "organisation",
                "gloss": "the Tin Drum",
                "terms": {"en": ["Tin Drum"]},
                "example": example,
            },
            {"id": "join", "facet": "call", "gloss": "asks to join", "terms": {"en": ["^join"]}, "example": example},
        ],
        "rules": [{"kind": "call to join", "all": ["call", "organisation"], "recruitment": 0.9}],
        "light": {"en": ["the"]},
    }


def written(tmp_path: Path, data: dict[str, Any]) -> Path:
    path = tmp_path / "tin_drum.yaml"
    path.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    return path


def identity_concept(name: str = "faith") -> dict[str, Any]:
    example = {"text": "A quiet day.", "lang": "en", "kind": "none", "call": False}
    return {"id": name, "facet": "identity", "gloss": name, "terms": {"en": ["believers"]}, "example": example}


def test_the_smallest_codebook_is_accepted_and_its_examples_pass(tmp_path: Path) -> None:
    codebook = load_codebook(written(tmp_path, bland()))
    check_codebook(codebook, FOLDER)
    assert codebook.name == "tin_drum"


def test_three_codebooks_of_different_ideologies_ship() -> None:
    assert shipped_names() == ("accelerationist", "grey_lantern", "jihadist_travel")
    assert len({codebook.ideology for codebook in shipped_codebooks()}) == 3


@pytest.mark.parametrize("name", shipped_names())
def test_every_worked_example_of_a_shipped_codebook_comes_out_as_it_says(name: str) -> None:
    codebook = shipped_codebook(name)
    assert sum(concept.example is not None for concept in codebook.concepts) >= 4
    check_codebook(codebook, FOLDER)


@pytest.mark.parametrize("name", shipped_names())
def test_shipped_codebooks_hold_no_link_handle_or_number(name: str) -> None:
    for concept in shipped_codebook(name).concepts:
        for term in concept.terms:
            assert "http" not in term.text
            assert "@" not in term.text
            assert "." not in term.text
            assert sum(map(str.isdigit, term.text)) <= 2


def test_no_word_of_religious_life_is_a_term_of_the_jihadist_codebook() -> None:
    daily = {
        "jihad",
        "prayer",
        "hajj",
        "umrah",
        "ummah",
        "dua",
        "mosque",
        "imam",
        "quran",
        "sharia",
        "mujahid",
        "hijra",
        "hijrah",
    }
    daily |= {"جهاد", "الجهاد", "صلاة", "حج", "الحج", "الأمة", "هجرة", "الهجرة", "خلافة", "الخلافة"}
    terms = {term.text.casefold() for concept in shipped_codebook("jihadist_travel").concepts for term in concept.terms}
    assert not daily & terms


def test_a_failing_worked_example_is_named(tmp_path: Path) -> None:
    data = bland()
    data["concepts"][0]["example"] = {"text": "A quiet day.", "lang": "en", "kind": "call to join", "call": True}
    with pytest.raises(TocsinInputError, match="drum: expected call to join"):
        check_codebook(load_codebook(written(tmp_path, data)), FOLDER)


@pytest.mark.parametrize("value", [None, "", "Bad people.", 7])
def test_refused_without_a_violence_criterion(tmp_path: Path, value: object) -> None:
    with pytest.raises(RefusedError, match="violence_criterion"):
        load_codebook(written(tmp_path, bland() | {"violence_criterion": value}))


@pytest.mark.parametrize("value", [None, [], "a book"])
def test_refused_without_public_sources(tmp_path: Path, value: object) -> None:
    with pytest.raises(RefusedError, match="sources"):
        load_codebook(written(tmp_path, bland() | {"sources": value}))


def test_refused_when_its_concepts_are_only_identity(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="identity only"):
        load_codebook(written(tmp_path, bland() | {"concepts": [identity_concept()]}))


def test_refused_when_it_joins_identity_with_a_call_only(tmp_path: Path) -> None:
    concepts = [identity_concept(), bland()["concepts"][1]]
    rules = [{"kind": "call", "all": ["call", "identity"], "recruitment": 0.9}]
    with pytest.raises(RefusedError, match="identity only"):
        load_codebook(written(tmp_path, bland() | {"concepts": concepts, "rules": rules}))


def test_refused_when_a_rule_uses_identity_even_beside_an_organisation(tmp_path: Path) -> None:
    data = bland()
    data["concepts"].append(identity_concept())
    data["rules"].append({"kind": "call", "all": ["call", "identity"], "recruitment": 0.9})
    with pytest.raises(RefusedError, match="no identity in a rule"):
        load_codebook(written(tmp_path, data))


def test_identity_as_mere_context_is_accepted(tmp_path: Path) -> None:
    data = bland()
    data["concepts"].append(identity_concept())
    assert load_codebook(written(tmp_path, data)).concept("faith").facet == "identity"


def test_refused_without_a_violent_organisation_or_act(tmp_path: Path) -> None:
    data = bland()
    data["concepts"][0]["facet"] = "destination"
    data["rules"] = [{"kind": "call to travel", "all": ["call", "destination"], "recruitment": 0.9}]
    with pytest.raises(RefusedError, match="organisation or act"):
        load_codebook(written(tmp_path, data))


def test_refused_without_a_call(tmp_path: Path) -> None:
    data = bland()
    data["concepts"][1]["facet"] = "pledge"
    data["rules"] = [{"kind": "pledge", "all": ["pledge", "organisation"], "recruitment": 0.9}]
    with pytest.raises(RefusedError, match="facet call"):
        load_codebook(written(tmp_path, data))


@pytest.mark.parametrize("facets", [["organisation"], ["organisation", "act"], ["call", "incentive"], ["call"]])
def test_refused_when_a_rule_lets_less_than_a_lead_and_an_object_decide(tmp_path: Path, facets: list[str]) -> None:
    with pytest.raises(RefusedError, match="rules/0"):
        load_codebook(written(tmp_path, bland() | {"rules": [{"kind": "x", "all": facets, "recruitment": 0.9}]}))


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"version": 1}, "version"),
        ({"name": "Tin Drum"}, "name"),
        ({"languages": []}, "languages"),
        ({"languages": ["en", "fr"]}, "languages"),
        ({"colour": "grey"}, "colour"),
        ({"include": "everything"}, "include"),
        ({"rules": [{"kind": "x", "all": ["call", "organisation"], "recruitment": 2}]}, "rules/0/recruitment"),
        ({"rules": [{"kind": "x", "all": ["call", "weather"], "recruitment": 1}]}, "rules/0/all/1"),
        ({"contexts": [{"stance": "angry", "scope": "post", "terms": {"en": ["shame"]}}]}, "contexts/0/stance"),
        ({"contexts": [{"stance": "condemning", "scope": "moon", "terms": {"en": ["shame"]}}]}, "contexts/0/scope"),
        ({"openers": ["please"]}, "openers"),
    ],
)
def test_an_error_names_the_file_and_the_key(tmp_path: Path, change: dict[str, Any], key: str) -> None:
    with pytest.raises(TocsinInputError) as caught:
        load_codebook(written(tmp_path, bland() | change))
    assert "tin_drum.yaml" in caught.value.message
    assert f"key {key}" in caught.value.message


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"facet": "weather"}, "concepts/0/facet"),
        ({"terms": {"fr": ["tambour"]}}, "concepts/0/terms/fr"),
        ({"terms": {"en": []}}, "concepts/0/terms/en"),
        ({"terms": {"en": ["x"]}}, "concepts/0/terms/en/0"),
        ({"gloss": ""}, "concepts/0/gloss"),
        ({"example": None}, "concepts/0/example"),
        ({"reach": -1}, "concepts/0/reach"),
        ({"place": {"id": "x"}}, "concepts/0/place"),
        ({"handle": "nobody"}, "concepts/0"),
    ],
)
def test_an_error_in_a_concept_names_its_key(tmp_path: Path, change: dict[str, Any], key: str) -> None:
    data = bland()
    data["concepts"][0] |= change
    with pytest.raises(TocsinInputError) as caught:
        load_codebook(written(tmp_path, data))
    assert f"key {key}" in caught.value.message


@pytest.mark.parametrize("raw", [b"a: [", b"- a\n- b\n", b"\xff\xfe\x00", b"!!python/object:os.system {}"])
def test_a_file_that_is_no_codebook_is_an_input_error(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "broken.yaml"
    path.write_bytes(raw)
    with pytest.raises(TocsinInputError, match=r"broken\.yaml"):
        load_codebook(path)


def test_a_missing_file_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(TocsinInputError, match="cannot be read"):
        load_codebook(tmp_path / "none.yaml")


def test_the_same_id_twice_is_an_error(tmp_path: Path) -> None:
    data = bland()
    data["concepts"].append(data["concepts"][0])
    with pytest.raises(TocsinInputError, match="the same id twice"):
        load_codebook(written(tmp_path, data))


def test_a_changed_term_changes_the_digest(tmp_path: Path) -> None:
    first = load_codebook(written(tmp_path, bland())).digest
    data = bland()
    data["concepts"][0]["terms"]["en"].append("Tin Drums")
    assert load_codebook(written(tmp_path, data)).digest != first


def test_the_fictional_destination_is_declared_with_its_place() -> None:
    place = shipped_codebook("grey_lantern").places()["velmora"]
    assert (place.country, place.lat, place.lon) == ("XA", -28, -18)
