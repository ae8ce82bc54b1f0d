"""Links that lead to the same page have one form; nothing hostile gets through."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.enrich.links import clean_link, is_cut_off, trimmed


@pytest.mark.parametrize(
    ("written", "link"),
    [
        ("https://osk.example/news?id=7&utm_source=a&utm_medium=b", "https://osk.example/news?id=7"),
        ("HTTP://WWW.Osk.Example:80/News/", "https://osk.example/News"),
        ("https://osk.example:8443/a", "https://osk.example:8443/a"),
        ("www.osk.example", "https://osk.example"),
        ("https://osk.example/?fbclid=abc&gclid=1&igshid=2&mc_cid=3&mc_eid=4&ref_src=5", "https://osk.example"),
        ("https://twitter.com/a/status/1?s=20&t=x", "https://twitter.com/a/status/1"),
        ("https://x.com/a/status/1?s=20", "https://x.com/a/status/1"),
        ("https://osk.example/film?s=20&t=90", "https://osk.example/film?s=20&t=90"),
        ("https://youtu.be/abc?si=zz&t=90", "https://youtu.be/abc?t=90"),
        ("https://osk.example/a#part-2", "https://osk.example/a"),
        ("https://osk.example/#/room/7", "https://osk.example#/room/7"),
        ("https://osk.example/a#:~:text=x/y", "https://osk.example/a"),
        ("https://user:secret@osk.example/a", "https://osk.example/a"),
        ("https://osk.example/a\u200b\u202e", "https://osk.example/a"),
        ("https://xn--wgbh1c.example/a", "https://xn--wgbh1c.example/a"),
        ("https://مثال.مصر/صفحة", "https://مثال.مصر/صفحة"),
        ("https://192.0.2.7/a", "https://192.0.2.7/a"),
        ("https://[2001:db8::1]:443/a", "https://[2001:db8::1]/a"),
        ("t.me/oskferry", "https://t.me/oskferry"),
    ],
)
def test_one_form_of_a_link(written: str, link: str) -> None:
    cleaned = clean_link(written)
    assert cleaned is not None
    assert cleaned.link == link
    again = clean_link(cleaned.link)
    assert again == cleaned


@pytest.mark.parametrize(
    "written",
    [
        "",
        "osk",
        "https://",
        "https:///",
        "javascript:alert(1)",
        "ftp://osk.example/a",
        "mailto:a@osk.example",
        "https://-/a",
        "https://osk..example/",
        "https://osk.example:port/",
        "https://osk.example/" + "a" * 3000,
        "\ud800",
        "https://\x00",
    ],
)
def test_what_is_no_web_link_is_left_out(written: str) -> None:
    assert clean_link(written) is None


@pytest.mark.parametrize(
    ("written", "domain"),
    [
        ("https://www.Osk.Example/a", "osk.example"),
        ("https://youtu.be/a", "youtu.be"),
        ("https://osk.example:81", "osk.example"),
    ],
)
def test_the_domain_is_the_host_without_www_and_port(written: str, domain: str) -> None:
    cleaned = clean_link(written)
    assert cleaned is not None
    assert cleaned.domain == domain


@pytest.mark.parametrize(
    ("found", "link"),
    [
        ("https://osk.example/a.", "https://osk.example/a"),
        ("https://osk.example/a),", "https://osk.example/a"),
        ("https://osk.example/a_(b)", "https://osk.example/a_(b)"),
        ("https://osk.example/a؟»", "https://osk.example/a"),
        ("https://osk.example/a\u200f\u202c", "https://osk.example/a"),
        ("https://osk.example/a።", "https://osk.example/a"),
        ("https://osk.example/a…", "https://osk.example/a…"),
    ],
)
def test_punctuation_stuck_to_the_end_goes(found: str, link: str) -> None:
    assert trimmed(found) == link


def test_a_cut_off_link_is_known_as_such() -> None:
    assert is_cut_off(trimmed("https://t.co/ab…"))
    assert not is_cut_off(trimmed("https://t.co/ab..."))


@given(st.text())
def test_cleaning_twice_changes_nothing(text: str) -> None:
    cleaned = clean_link("https://osk.example/" + text)
    if cleaned is not None:
        again = clean_link(cleaned.link)
        assert again is not None
        assert again.domain == cleaned.domain


def test_a_long_run_of_brackets_takes_no_time() -> None:
    started = time.monotonic()
    assert trimmed("https://osk.example/" + ")" * 300_000) == "https://osk.example/"
    clean_link("https://osk.example/" + "a." * 1_000)
    assert time.monotonic() - started < 5
