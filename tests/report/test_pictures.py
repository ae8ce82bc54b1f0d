"""Pictures: safe, described, legible in black and white and at 200 accounts."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import altair
import pytest

from report.invented import Village, brief_of, village
from tocsin.records.errors import TocsinError
from tocsin.report import Brief, charts, document
from tocsin.report.page import Page
from tocsin.report.pictures import pictures, short_labels
from tocsin.report.svg import is_same_drawing, safe_svg


@pytest.fixture(scope="module")
def drawn(desk: Village, brief: Brief) -> dict[str, str]:
    return pictures(Page(document(brief, desk.redactor)))


def test_every_picture_is_an_image_with_a_title_and_a_description(drawn: dict[str, str]) -> None:
    assert set(drawn) == {
        "timeline",
        "timeline-narrow",
        "burst",
        "burst-narrow",
        "sources",
        "languages",
        "network",
        "map",
    }
    for name, svg in drawn.items():
        root = ET.fromstring(svg)
        assert root.get("role") == "img"
        assert root.get("aria-labelledby") == f"{name}-title {name}-desc"
        assert [child.tag for child in root][:2] == ["title", "desc"]
        assert all((child.text or "").strip() for child in root[:2])


def test_pictures_hold_shapes_and_words_only(drawn: dict[str, str]) -> None:
    for svg in drawn.values():
        assert not re.search(r"href|url\(|<script|<style|<image|<use|<foreignObject|\son\w+=|https?:", svg)
        assert {element.tag for element in ET.fromstring(svg).iter()} <= {
            "svg",
            "g",
            "path",
            "line",
            "rect",
            "text",
            "title",
            "desc",
        }
        assert "var(--" in svg


def test_colours_follow_the_theme(drawn: dict[str, str]) -> None:
    for svg in drawn.values():
        assert not re.search(r'(?:fill|stroke)="#', svg)


def test_labels_are_real_text(drawn: dict[str, str]) -> None:
    assert "Tarn bridge closed" in "".join(ET.fromstring(drawn["timeline"]).itertext())
    assert "<text" in drawn["map"]


def test_equal_documents_draw_equal_pictures(desk: Village, brief: Brief, drawn: dict[str, str]) -> None:
    charts._drawn.cache_clear()
    assert pictures(Page(document(brief, desk.redactor))) == drawn


def test_a_renderer_that_emits_anything_else_is_refused() -> None:
    for bad in ("<svg><script>1</script></svg>", "<svg><image href='x'/></svg>", "<svg><foreignObject/></svg>"):
        with pytest.raises(TocsinError):
            safe_svg(bad, name="n", title="t", description="d", classes="chart")


def test_links_and_handlers_are_left_out() -> None:
    svg = safe_svg(
        '<svg viewBox="0 0 1 1"><path d="M0,0" onclick="x()" fill="url(#a)" style="x:url(y)"/><path d="M1,1" href="z"/></svg>',
        name="n", title="t", description="d", classes="chart",
    )  # fmt: skip
    assert not re.search(r"onclick|url|href", svg)


def test_drawings_shifted_by_other_fonts_are_the_same_and_changed_words_are_not(drawn: dict[str, str]) -> None:
    svg = drawn["timeline"]
    shifted = re.sub(r"translate\((\d+)", lambda match: f"translate({int(match[1]) + 1}", svg)
    assert shifted != svg
    assert is_same_drawing(shifted, svg)
    assert not is_same_drawing(svg.replace(">200<", ">201<"), svg)
    assert not is_same_drawing(re.sub(r'd="M(\d+)', lambda match: f'd="M{int(match[1]) + 30}', svg, count=1), svg)


def test_two_hundred_accounts_stay_legible() -> None:
    desk = village(accounts=200, calls=1200)
    drawn = document(brief_of(desk), desk.redactor)
    spots = drawn["network"]["positions"]
    assert len(spots) >= 190
    boxes = list(spots.values())
    clashes = sum(abs(a[0] - b[0]) < 34 and abs(a[1] - b[1]) < 14 for i, a in enumerate(boxes) for b in boxes[i + 1 :])
    assert clashes == 0
    assert all(0 < x < 760 and 0 < y < drawn["network"]["height"] for x, y in boxes)
    svg = pictures(Page(drawn))["network"]
    assert len({(a, b) for a, b in re.findall(r"<text[^>]*transform=\"translate\(([\d.]+),([\d.]+)\)", svg)}) >= 190


def test_roles_differ_without_colour() -> None:
    assert len(set(charts.ROLE_SHAPES.values())) == len(charts.ROLE_SHAPES)


def test_specifications_are_valid_vega_lite() -> None:
    specs = [
        charts.timeline_spec([("2026-03-01T00:00:00Z", 3, 1)], 86400, [], width=700, label_size=12),
        charts.bars_spec([("Arabic", 3, 1)]),
        charts.network_spec([{"label": "x", "role": "caller", "x": 1, "y": 1}], [], height=300),
    ]
    for spec in specs:
        altair.Chart.from_dict(spec).to_dict() if "layer" not in spec else altair.LayerChart.from_dict(spec)


def test_short_labels_grow_until_they_differ() -> None:
    assert short_labels(["aabcdxyz", "aabcdxyy"]) == {"aabcdxyz": "abcdxyz", "aabcdxyy": "abcdxyy"}


def test_invented_places_are_told_from_real_ones() -> None:
    assert [charts.is_invented(code) for code in ("XA", "XZ", "XK", "FR")] == [True, True, False, False]


def test_the_shapes_are_small_and_say_where_they_come_from() -> None:
    shapes = charts.country_shapes()
    assert "Natural Earth" in shapes["origin"]
    assert len(str(shapes)) < 150_000
