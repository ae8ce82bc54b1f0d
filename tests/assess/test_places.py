from __future__ import annotations

import pytest

from tocsin.assess import PlaceFinder, countries, gazetteer, places_named, shipped_codebooks
from tocsin.enrich import FOLDER

FINDER = PlaceFinder(FOLDER)


def named(text: str) -> list[str]:
    return FINDER.named(FOLDER.keys([text]), [text])[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a ship to Somalia and Yemen", ["SO", "YE"]),
        ("Un voyage en Éthiopie", ["ET"]),
        ("vers l'Éthiopie", ["ET"]),
        ("من سوريا إلى تركيا", ["SY", "TR"]),
        ("وسوريا", ["SY"]),
        ("بالصومال", ["SO"]),
        ("للصومال", ["SO"]),
        ("سُوريـــا", ["SY"]),
        ("ወደ ኢትዮጵያ", ["ET"]),
        ("ከሶሪያ", ["SY"]),
        ("South Sudan is not Sudan", ["SS", "SD"]),
        ("in Burkina Faso", ["BF"]),
        ("Republic of Niger, to Niger", ["NE"]),
        ("from Great Britain", ["GB"]),
        ("in the USA", ["US"]),
        ("#Syria", ["SY"]),
        ("travel to jordan in lower case", ["JO"]),
    ],
)
def test_countries_are_found_in_four_languages(text: str, expected: list[str]) -> None:
    assert named(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Jordan scored twice",
        "my friend Chad",
        "Georgia called",
        "roast turkey for dinner",
        "I love turkey, said Ann",
        "صلاة المغرب",
        "دعم مالي للعائلات",
        "بنين وبنات",
        "قطر الدائرة",
        "somalian",
        "Irany",
        "a man and his dog",
        "the and from are",
        "بيرون",
        "تركيات",
    ],
)
def test_ambiguous_names_and_pieces_of_words_are_no_places(text: str) -> None:
    assert named(text) == []


def test_every_country_has_a_point_on_the_map_and_an_iso_code() -> None:
    assert len(countries()) >= 230
    for code, place in countries().items():
        assert len(code) == 2
        assert place.country == code
        assert -90 <= place.lat <= 90
        assert -180 <= place.lon <= 180


@pytest.mark.parametrize(
    ("code", "lat", "lon"),
    [("ET", 9, 39), ("AU", -25, 134), ("US", 40, -98), ("RU", 61, 96), ("SO", 5, 46), ("FR", 46, 2)],
)
def test_points_lie_where_the_country_is(code: str, lat: float, lon: float) -> None:
    place = countries()[code]
    assert abs(place.lat - lat) < 4
    assert abs(place.lon - lon) < 4


def test_the_gazetteer_holds_countries_and_declared_destinations_but_no_route() -> None:
    places = gazetteer(shipped_codebooks())
    assert places["velmora"].country == "XA"
    assert set(places["SY"]._fields) == {"place_id", "name", "country", "country_name", "lat", "lon"}


def test_places_named_takes_folded_texts_alone() -> None:
    assert places_named(FOLDER.keys(["To Kenya!", "nothing"]), FOLDER) == [["KE"], []]
