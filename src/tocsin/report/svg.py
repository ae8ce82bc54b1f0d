"""Drawings made safe for a page: only known elements and attributes, no reference to anything, colours by theme."""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.etree import ElementTree as ET

from tocsin.records.errors import TocsinError

# A colour in a chart's specification stands for a role; the page's style sheet gives it a value for light, dark, print.
COLOURS: dict[str, str] = {
    "#010101": "ink",
    "#020202": "muted",
    "#030303": "rule",
    "#040404": "band",
    "#050505": "bar",
    "#060606": "call",
    "#070707": "trigger",
    "#080808": "land",
    "#090909": "paper",
    "#0a0a0a": "coast",
}
_FALLBACK = {
    "ink": "#1a1a1a",
    "muted": "#5c5c5c",
    "rule": "#d5d2cb",
    "band": "#e9d8a6",
    "bar": "#948c7a",
    "call": "#7a1f1f",
    "trigger": "#1a1a1a",
    "land": "#e4e0d7",
    "paper": "#ffffff",
    "coast": "#ffffff",
}
_ELEMENTS = frozenset({"svg", "g", "path", "line", "rect", "circle", "text", "tspan", "title", "desc"})
_GEOMETRY = frozenset(
    ["d", "transform", "x", "y", "x1", "x2", "y1", "y2", "dx", "dy", "cx", "cy", "r", "width", "height"]
)
_ATTRIBUTES = _GEOMETRY | frozenset(
    "viewBox fill fill-opacity stroke stroke-width stroke-opacity stroke-dasharray stroke-linecap stroke-linejoin "  # noqa: SIM905
    "opacity text-anchor dominant-baseline font-size font-weight font-style direction".split()
)
_NUMBER = re.compile(r"-?\d+\.\d+(?:e-?\d+)?")


def safe_svg(drawn: str, *, name: str, title: str, description: str, classes: str) -> str:
    """The drawing as an accessible inline SVG: `role=img` with a title and a description.

    Raises: TocsinError where the drawing holds an element that has no place in a chart.
    """
    root = ET.fromstring(drawn)  # noqa: S314 (our own renderer's output; labels in it are escaped by it)
    kept = _kept(root)
    if kept is None:
        raise TocsinError(f"the chart {name} came out empty")
    view = kept.attrib.get("viewBox", "0 0 1 1")
    attributes = {
        "class": classes,
        "viewBox": view,
        "role": "img",
        "aria-labelledby": f"{name}-title {name}-desc",
    }
    kept.attrib.clear()
    kept.attrib.update(attributes)
    for position, (tag, text) in enumerate((("title", title), ("desc", description))):
        label = ET.Element(tag, {"id": f"{name}-{tag}"})
        label.text = text
        kept.insert(position, label)
    return ET.tostring(kept, encoding="unicode", short_empty_elements=True)


def _kept(element: ET.Element) -> ET.Element | None:
    """The element without what a page must not hold; None where nothing of it is drawn."""
    tag = element.tag.rpartition("}")[2]
    if tag in ("defs", "clipPath"):
        return None
    if tag not in _ELEMENTS:
        raise TocsinError(f"a chart holds the element {tag!r}", expected="shapes and text only")
    if element.get("display") == "none" or element.get("class") == "background" or element.get("fill") == "transparent":
        return None
    out = ET.Element(tag, _attributes(element.attrib))
    out.text = element.text
    for child in element:
        kept = _kept(child)
        if kept is not None:
            out.append(kept)
    is_empty = (tag == "g" and len(out) == 0) or (tag == "path" and not out.get("d"))
    return None if is_empty else _unwrapped(out)


def _unwrapped(element: ET.Element) -> ET.Element:
    """A group that only wraps one other thing is that thing."""
    return element[0] if element.tag == "g" and not element.attrib and len(element) == 1 else element


def _attributes(given: Mapping[str, str]) -> dict[str, str]:
    kept: dict[str, str] = {}
    style: list[str] = []
    for name, value in given.items():
        if name not in _ATTRIBUTES or "url" in value.lower():
            continue
        if name in ("fill", "stroke") and value in COLOURS:
            role = COLOURS[value]
            style.append(f"{name}:var(--{role},{_FALLBACK[role]})")
        elif (name, value) not in (("opacity", "1"), ("stroke-width", "1"), ("transform", "translate(0,0)")):
            kept[name] = _NUMBER.sub(_shorter, value) if name in _GEOMETRY else value
    if style:
        kept["style"] = ";".join(style)
    return kept


def _shorter(match: re.Match[str]) -> str:
    text = f"{float(match.group()):.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def is_same_drawing(one: str, other: str, *, tolerance_px: float = 4.0) -> bool:
    """True where two drawings say the same: the same shapes and words, every position within `tolerance_px`.

    Machines with other fonts measure labels differently and shift a chart by a pixel or two; words and numbers that
    are read must agree exactly.
    """
    if one == other:
        return True
    try:
        return _is_alike(ET.fromstring(one), ET.fromstring(other), tolerance_px)  # noqa: S314 (checked for a DTD by the caller)
    except ET.ParseError:
        return False


def _is_alike(one: ET.Element, other: ET.Element, tolerance_px: float) -> bool:
    same_frame = (
        one.tag == other.tag
        and (one.text or "") == (other.text or "")
        and (one.tail or "") == (other.tail or "")
        and len(one) == len(other)
        and one.attrib.keys() == other.attrib.keys()
    )
    return (
        same_frame
        and all(_is_near(name, one.attrib[name], other.attrib[name], tolerance_px) for name in one.attrib)
        and all(_is_alike(a, b, tolerance_px) for a, b in zip(one, other, strict=True))
    )


_ANY_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def _is_near(name: str, one: str, other: str, tolerance_px: float) -> bool:
    if one == other:
        return True
    if name not in _GEOMETRY and name != "viewBox":
        return False
    numbers_one, numbers_other = _ANY_NUMBER.findall(one), _ANY_NUMBER.findall(other)
    return (
        _ANY_NUMBER.sub("#", one) == _ANY_NUMBER.sub("#", other)
        and len(numbers_one) == len(numbers_other)
        and all(abs(float(a) - float(b)) <= tolerance_px for a, b in zip(numbers_one, numbers_other, strict=True))
    )
