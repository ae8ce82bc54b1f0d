"""Tags, mentions and links are found as people write them, and hostile text costs no more than other text."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.enrich import text_mentions
from tocsin.enrich.entities import marked, post_links, prose


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("see #Osk_Ferry, #2015year and #7!", ["Osk_Ferry", "2015year", "7"]),
        ("غداً #الطريق_الى_فيلمورا، و #السُّوق", ["الطريق_الى_فيلمورا", "السُّوق"]),
        ("ዛሬ #መንገድ_ወደ_ቬልሞራ። ነገ", ["መንገድ_ወደ_ቬልሞራ"]),
        ("＃Osk #été!", ["Osk", "été"]),
        ("#one#two ##three", ["one", "two", "three"]),
        ("c#sharp a&#39;b https://osk.example/a#part", []),
        ("# alone #", []),
        ("(#brackets)", ["brackets"]),
        ("#हिन्दी #کتاب‌خانه", ["हिन्दी", "کتاب‌خانه"]),
    ],
)
def test_tags_in_text(text: str, tags: list[str]) -> None:
    assert marked(text).tags == tags


@pytest.mark.parametrize(
    ("text", "handles"),
    [
        ("thanks @Osk_Ferry!", ["Osk_Ferry"]),
        ("mail me at a@osk.example", []),
        ("@ada.", ["ada"]),
        ("@ada @ADA @ben", ["ada", "ben"]),
        ("@ada@osk.example hello", ["ada@osk.example"]),
        ("@ada.bsky.social hello", ["ada.bsky.social"]),
        ("well @ada.he said", ["ada"]),
        ("RT @osk_ferry: late", ["osk_ferry"]),
        ("مرحبا @osk_ferry، كيف الحال", ["osk_ferry"]),
        ("https://osk.example/@ada", []),
        ("＠ada", ["ada"]),
        ("@ @@ada", []),
        ("", []),
    ],
)
def test_mentions_in_text(text: str, handles: list[str]) -> None:
    assert text_mentions([text]) == [handles]


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("see https://osk.example/a, please", ["https://osk.example/a"]),
        ("(www.osk.example)", ["www.osk.example"]),
        ("t.me/oskferry and youtu.be/abc.", ["t.me/oskferry", "youtu.be/abc"]),
        ("خبر https://t.co/abc123الخبر", ["https://t.co/abc123"]),
        ("and/or 3.5/4 e.g. this.that", []),
        ("https://a.example/1 https://b.example/2", ["https://a.example/1", "https://b.example/2"]),
    ],
)
def test_links_in_text(text: str, links: list[str]) -> None:
    assert marked(text).links == links


def test_prose_is_what_the_author_says() -> None:
    found = marked("RT @osk_ferry: boats leave at nine #Osk https://osk.example/a @ada")
    assert found.prose.split() == ["boats", "leave", "at", "nine", "#Osk"]
    assert found.untagged.split() == ["boats", "leave", "at", "nine"]


PIECES = [
    "https://t.co/abc",
    "http://",
    "WWW.osk.example",
    "t.me/osk",
    "/",
    "w.",
    " ",
    "\n",
    "RT @ada: ",
    "@ada",
    "#tag",
    "osk",
]


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=12).map("".join))
def test_prose_is_the_same_with_and_without_what_was_taken_out(text: str) -> None:
    assert prose(text) == marked(text).prose


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_asking_words_with_a_slash_finds_what_asking_the_whole_text_does(text: str) -> None:
    whole = marked(f"w. / {text}")  # "w." could be of "www.": every word is asked
    in_words = marked(f"/ {text}")
    assert in_words.links == whole.links
    assert f"w. {in_words.untagged}" == whole.untagged


def test_an_expanded_link_replaces_the_one_written() -> None:
    declared: list[dict[str, str | None]] = [
        {"written": "https://t.co/abc", "expanded": "http://www.osk.example/a?utm_source=x"},
        {"written": "https://t.co/def", "expanded": None},
    ]
    links, domains = post_links(["https://t.co/abc", "https://t.co/ghi", "https://t.co/a…"], declared)
    assert links == ["https://osk.example/a", "https://t.co/def", "https://t.co/ghi"]
    assert domains == ["osk.example", "t.co"]


@pytest.mark.parametrize(
    "text",
    [
        "@" * 300_000,
        "@a" * 150_000,
        "@" + "a-" * 150_000,
        "@" + "a." * 150_000,
        "@a" + "@a." * 100_000,
        "#" * 300_000,
        "#" + "a" * 300_000,
        "a." * 150_000 + "/",
        "a-" * 150_000 + ".com/",
        ("a" * 63 + ".") * 5_000,
        "www." * 75_000,
        "http://" * 40_000,
        "RT " + " " * 300_000,
        "😀" * 10_000,
        "\ud800\x00\u202e" * 100_000,
    ],
    ids=lambda text: repr(text[:8]),
)
def test_hostile_texts_are_taken_apart_in_no_time(text: str) -> None:
    started = time.monotonic()
    found = marked(text)
    assert time.monotonic() - started < 5
    assert isinstance(found.prose, str)
