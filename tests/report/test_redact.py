"""What may not leave: contacts, addresses, names, however they are disguised; and what must stay unharmed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.report import RedactedText, Redactor

CANARY = "kqzx"
DISGUISES = [
    ("@{c}_77", "handle"),
    ("＠{c}_77", "handle"),
    ("@\u200b{c}\u200d_77", "handle"),
    ("@ {c}_77", "handle"),
    ("@{c}@lantern.example", "handle"),
    ("/u/{c}", "handle"),
    ("https://t.me/{c}", "invite"),
    ("t.me/{c}", "invite"),
    ("t . me / {c}", "invite"),
    ("t[.]me/{c}", "invite"),
    ("t (dot) me / {c}", "invite"),
    ("ｔ．ｍｅ／{c}", "invite"),
    ("т.mе/{c}", "invite"),
    ("telegram.me/joinchat/{c}", "invite"),
    ("chat.whatsapp.com/{c}", "invite"),
    ("wa.me/{c}", "invite"),
    ("discord.gg/{c}", "invite"),
    ("discord . gg / {c}", "invite"),
    ("signal.group/#{c}", "invite"),
    ("simplex.chat/contact#/{c}", "invite"),
    ("tg://join?invite={c}", "invite"),
    ("matrix.to/#/{c}", "invite"),
    ("https://www.{c}.example/path?x=1", "link"),
    ("hxxps://{c}[.]example/path", "link"),
    ("{c}abcdefghijklmnop234567abcdefghijklmnop.onion", "link"),
    ("{c}.com", "link"),
    ("{c} dot com", "link"),
    ("http://10.20.30.40/{c}", "link"),
    ("magnet:?xt=urn:{c}", "link"),
    ("{c}@lantern.example", "e-mail"),
    ("{c} at lantern dot org", "e-mail"),
    ("{c}(at)lantern(dot)org", "e-mail"),
    ("Telegram: {c}", "contact"),
    ("تلجرام: {c}", "contact"),
    ("wickr me: {c}", "contact"),
    ("05{c}a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f90", "identifier"),
    ("0x{c}52908400098527886e0f7030069857d2e4169ee7", "identifier"),
    ("bc1{c}srrr7xfkvy5l643lydnw9re59gtzzwf5mdq", "identifier"),
]  # fmt: skip


@pytest.mark.parametrize(("disguise", "kind"), DISGUISES)
def test_no_disguise_of_a_contact_gets_through(disguise: str, kind: str) -> None:
    text = "join the vigil " + disguise.format(c=CANARY) + " tonight"
    redacted = Redactor().redacted(text)
    assert CANARY not in redacted.text
    assert redacted.text.startswith("join the vigil ")
    assert redacted.text.endswith(" tonight")
    assert kind in redacted.kinds or kind == "identifier"
    assert not redacted.is_whole


@pytest.mark.parametrize(
    "number", ["+44 7700 900123", "0044 7700 900123", "٠٧٧٠٠٩٠٠١٢٣", "(077) 00-900-123", "４４７７００９００１２３"]
)
def test_phone_numbers_in_any_digits_are_withheld(number: str) -> None:
    assert Redactor().redacted(f"call {number} now").text == "call [number withheld] now"


@pytest.mark.parametrize(
    "text",
    [
        "Tarn bridge closed on 2026-03-14 at 06:20, 12,000 people waited 3.5 hours.",
        "القنديل الرمادي يضيء المرافئ في ١٤ مارس ٢٠٢٦، وحضر ٣٠٠ شخص.",
        "ግራጫ ፋኖስ በርቷል። ወደብህን ትተህ ወደ ቬልሞራ ና፣ ከጠዋቱ 6:20",
        "چراغ خاکستری می‌سوزد و مردم می‌آیند.",
        "הפנס האפור דולק, בואו לנמל.",
        "La veille armée : 14/03/2026, quai nº 7 ! #LaRouteDeVelmora",
        "Telegram is blocked in Osk. The signal is weak. 2024 - 2025 was quiet.",
        "#RoadToVelmora #الطريق_إلى_فيلمورا",
    ],
)
def test_ordinary_writing_is_left_whole(text: str) -> None:
    redacted = Redactor(["Mira of Osk"]).redacted(text)
    assert redacted.text == text
    assert redacted.is_whole


def test_names_are_found_through_case_width_spaces_marks_and_arabic_prefixes() -> None:
    redactor = Redactor(["Ann Osk", "نور القمر", "grey_owl"])
    for text in ("ann  OSK left", "Ａｎｎ Ｏｓｋ left", "An\u200bn Osk left", "grey_owl left", "Grey_Owl left"):
        assert redactor.redacted(text).text == "[name withheld] left"
    assert "نور القمر" not in redactor.redacted("قال ونور القمر وبنور القمر").text
    assert redactor.redacted("Joann Oskar left").is_whole


def test_only_public_sites_keep_their_name_and_never_their_path() -> None:
    redactor = Redactor(public_sites=["youtube.com", "t.me"])
    assert redactor.redacted("see https://www.youtube.com/watch?v=kqzx").text == "see hxxps://youtube[.]com/…"
    assert redactor.redacted("see https://youtube.com.kqzx.example/x").text == "see [link withheld]"
    assert redactor.redacted("see https://t.me/kqzx").text == "see [invite withheld]"


def test_coordinates_are_withheld() -> None:
    assert Redactor().redacted("meet 51.50123, -0.14121 there").text == "meet [coordinates withheld] there"


def test_only_the_redactor_makes_redacted_text() -> None:
    assert isinstance(Redactor().redacted("x").text, RedactedText)


def test_removals_say_where_in_the_original() -> None:
    text = "a @kqzx_1 b"
    removal = Redactor().redacted(text).removed[0]
    assert (removal.kind, text[removal.start : removal.end]) == ("handle", "@kqzx_1")


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=40), st.text(max_size=40), st.sampled_from([disguise for disguise, _ in DISGUISES]))
def test_a_contact_is_withheld_whatever_stands_around_it(before: str, after: str, disguise: str) -> None:
    text = f"{before} {disguise.format(c=CANARY)} {after}"
    assert CANARY not in Redactor().redacted(text).text.casefold()


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=80))
def test_redacting_twice_changes_nothing(text: str) -> None:
    redactor = Redactor(["Mira of Osk"])
    once = redactor.redacted(text).text
    assert redactor.redacted(once).text == once


def test_a_word_alone_is_withheld_where_it_is_part_of_a_longer_name() -> None:
    redactor = Redactor(["Ann Osk", "lantern_voice"])
    assert redactor.redacted_word("OSK").text == "[name withheld]"
    assert redactor.redacted_word("oskar").is_whole
    assert redactor.redacted_word("lantern_voice").text == "[name withheld]"
    assert redactor.redacted("The market of Osk").is_whole


@pytest.mark.parametrize(
    "text", ["no personal data: every post is invented", "The hotel: full. My profile: a baker", "geo: none"]
)
def test_a_word_before_a_colon_is_no_link(text: str) -> None:
    assert Redactor().redacted(text).is_whole


@pytest.mark.parametrize("text", ["data:text/html;base64,AAAA", "see tel:112233", "file:///home/kqzx", "geo:1.5,2.5"])
def test_links_without_slashes_are_still_links(text: str) -> None:
    assert not Redactor().redacted(text).is_whole


def test_a_public_site_once_defanged_stays_as_it_is_and_another_does_not_hide_behind_the_spelling() -> None:
    redactor = Redactor()
    once = redactor.redacted("see TIKTOK.COM today").text
    assert once == "see hxxps://tiktok[.]com/… today"
    assert redactor.redacted(once).text == once
    assert "velmora" not in redactor.redacted("hxxps://velmora-join[.]example/… now").text
