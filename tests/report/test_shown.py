"""Deceptive characters become badges; ordinary writing stays as it is."""

from __future__ import annotations

import pytest

from tocsin.report.shown import shown_markup, shown_text


@pytest.mark.parametrize(
    ("text", "badge"),
    [
        ("pay\u202elleh", "RLO"),
        ("a\u2066b\u2069", "LRI"),
        ("ab\u200bcd", "ZWSP"),
        ("plain\u200eword", "LRM"),
        ("l\u200di", "ZWJ"),
        ("tag\U000e0041\U000e0042", "TAG"),
        ("bell\u0007", "U+0007"),
        ("\ufeffstart", "BOM"),
        ("so\u00adft", "SHY"),
        ("\ud800x", "U+D800"),
    ],
)
def test_deceptive_characters_are_badged_and_taken_out(text: str, badge: str) -> None:
    shown = shown_markup(text)
    assert f"⟦{badge}⟧" in shown
    assert all(char not in shown for char in text if not char.isprintable())


@pytest.mark.parametrize(
    "text",
    ["می‌آیند و می‌روند", "أُوقِدَ القنديلُ الرمادي!", "שָׁלוֹם לָכֶם", "ግራጫ ፋኖስ፣ በርቷል።", "قال: \u200f(نعم)\u200f", "👩‍👩‍👧 🏴󠁧󠁢󠁳󠁣󠁴󠁿", "क्‍ष", "line\nline"],
)  # fmt: skip
def test_ordinary_writing_is_unharmed(text: str) -> None:
    assert shown_text(text) == text


def test_markup_in_a_post_is_text() -> None:
    assert "<" not in shown_markup("<img src=x onerror=alert(1)>").replace("&lt;", "")


def test_a_stack_of_marks_is_cut() -> None:
    assert len(shown_text("a" + "\u0301" * 60)) <= 6
