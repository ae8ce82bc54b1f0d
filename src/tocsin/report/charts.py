"""The pictures of a dispatch as static SVG, drawn from figures and nothing else: Vega-Lite specifications, no script,
no request. Every one can be read without colour."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from functools import lru_cache
from importlib.resources import files
from typing import Any

import vl_convert

from .network import WIDTH as NETWORK_WIDTH
from .svg import safe_svg
from .wording import parsed_instant, shown_instant

Spec = dict[str, Any]
INK, MUTED, RULE, BAND, BAR, CALL, TRIGGER, LAND, PAPER, COAST = (f"#0{n:x}0{n:x}0{n:x}" for n in range(1, 11))
# Role -> shape and whether it is filled: told apart in black and white and by people who see no red.
ROLE_SHAPES: dict[str, tuple[str, bool]] = {
    "originator": ("diamond", True),
    "amplifier": ("triangle-up", True),
    "answerer": ("square", False),
    "synchronised": ("circle", True),
    "caller": ("circle", False),
}
_SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"  # names the grammar; never fetched
_AXIS = {
    "domainColor": RULE,
    "tickColor": RULE,
    "gridColor": RULE,
    "labelColor": MUTED,
    "titleColor": MUTED,
    "titleFontWeight": "normal",
    "labelFontSize": 12,
    "titleFontSize": 12,
}


def _config() -> Spec:
    return {
        "aria": False,
        "background": "transparent",
        "font": "sans-serif",
        "view": {"stroke": None},
        "axis": dict(_AXIS),
        "text": {"color": INK, "fontSize": 12},
    }


@lru_cache(maxsize=64)
def _drawn(spec_json: str) -> str:
    # An empty list of allowed addresses: a specification can make the renderer fetch nothing.
    return str(vl_convert.vegalite_to_svg(spec_json, allowed_base_urls=[]))


def svg_of(spec: Spec, *, name: str, title: str, description: str, classes: str = "chart") -> str:
    """The safe inline SVG of a Vega-Lite specification. Equal specifications give equal drawings."""
    drawn = _drawn(json.dumps(spec, sort_keys=True, ensure_ascii=False))
    return safe_svg(drawn, name=name, title=title, description=description, classes=classes)


def _values(rows: list[dict[str, Any]]) -> Spec:
    return {"values": rows}


def timeline_spec(
    buckets: list[tuple[str, int, int]],
    bucket_s: int,
    bursts: list[dict[str, Any]],
    *,
    width: int,
    label_size: int,
    window: tuple[str, str] | None = None,
) -> Spec:
    """Posts and calls by stretch of time; bursts shaded, the baseline's level dashed, triggers as labelled rules.

    `buckets` are (start, posts, calls); `bursts` have start_at, end_at, expected_per_bucket, trigger_at,
    trigger_title, all instants RFC 3339.
    """
    rows = _stretches(buckets, timedelta(seconds=bucket_s))
    shaded: list[Spec] = [{"at": _ms_text(burst["start_at"]), "end": _ms_text(burst["end_at"])} for burst in bursts]
    levels = [{**span, "level": burst["expected_per_bucket"]} for span, burst in zip(shaded, bursts, strict=True)]
    events = {
        burst["trigger_at"]: burst["trigger_title"] for burst in reversed(bursts) if burst["trigger_at"] is not None
    }
    marked: list[Spec] = [{"at": _ms_text(at), "title": str(title)} for at, title in sorted(events.items())]
    everything: list[int] = [row["at"] for row in rows + shaded + marked] + [row["end"] for row in rows + shaded]
    domain = [min(everything, default=0), max(everything, default=1)]
    if window is not None:
        domain = [_ms_text(window[0]), _ms_text(window[1])]
        marked = [row for row in marked if domain[0] <= row["at"] <= domain[1]]
    tallest = max((row["posts"] for row in rows), default=1)
    x, y = _time_axis(domain, width, label_size), _count_axis(tallest, label_size)
    return {
        "$schema": _SCHEMA,
        "width": width,
        "height": round(width * 0.36) if width > 500 else 190,
        "layer": [
            *_timeline_layers(rows, shaded, levels, marked, x, y),
            *(_event_words(row, x, domain, width, label_size) for row in marked),
        ],
        "config": _config(),
    }


def _stretches(buckets: list[tuple[str, int, int]], step: timedelta) -> list[Spec]:
    """Every stretch with a post, as a bar a little narrower than the stretch."""
    counted = {parsed_instant(at): (posts, calls) for at, posts, calls in buckets}
    return [
        {"at": _ms(at), "end": _ms(at + step * 0.86), "posts": posts, "calls": calls}
        for at, (posts, calls) in sorted(counted.items())
        if posts
    ]


def _time_axis(domain: list[int], width: int, label_size: int) -> Spec:
    axis = {
        "grid": False,
        "tickCount": max(3, width // 110),
        "labelFontSize": label_size,
        "labelOverlap": True,
        "format": "%-d %b" if domain[1] - domain[0] > 3 * 86_400_000 else "%-d %b %H:%M",
    }
    return {
        "field": "at",
        "type": "temporal",
        "title": None,
        "scale": {"type": "utc", "domain": domain},
        "axis": axis,
    }


def _count_axis(tallest: int, label_size: int) -> Spec:
    return {
        "type": "quantitative",
        "title": None,
        "scale": {"domain": [0, tallest * 1.14], "nice": False},
        "axis": {"tickCount": 4, "domain": False, "ticks": False, "format": ",d", "labelFontSize": label_size},
    }


def _timeline_layers(
    rows: list[Spec], shaded: list[Spec], levels: list[Spec], marked: list[Spec], x: Spec, y: Spec
) -> list[Spec]:
    return [
        {
            "data": _values(shaded),
            "mark": {"type": "rect", "color": BAND, "stroke": MUTED, "strokeDash": [2, 3], "strokeWidth": 1},
            "encoding": {"x": x, "x2": {"field": "end"}},
        },
        _bars(rows, "posts", BAR, x, y),
        _bars(rows, "calls", CALL, x, y),
        {
            "data": _values(levels),
            "mark": {"type": "rule", "color": INK, "strokeWidth": 2, "strokeDash": [6, 4]},
            "encoding": {"x": x, "x2": {"field": "end"}, "y": {**y, "field": "level"}},
        },
        {
            "data": _values(marked),
            "mark": {"type": "rule", "color": TRIGGER, "strokeWidth": 1.5},
            "encoding": {"x": x},
        },
    ]


def _event_words(row: Spec, x: Spec, domain: list[int], width: int, label_size: int) -> Spec:
    """The title of an event beside its rule: before it, where little was posted, unless it would not fit there."""
    is_after = (row["at"] - domain[0]) / (domain[1] - domain[0]) < len(row["title"]) * label_size * 0.6 / width
    style = {"baseline": "top", "fontSize": label_size, "fontWeight": "bold", "dy": 1}
    return {
        "data": _values([row]),
        "mark": {"type": "text", "align": "left" if is_after else "right", "dx": 5 if is_after else -5, **style},
        "encoding": {"x": x, "y": {"value": 0}, "text": {"field": "title"}},
    }


def _bars(rows: list[dict[str, Any]], field: str, colour: str, x: Spec, y: Spec) -> Spec:
    return {
        "data": _values(rows),
        "mark": {"type": "rect", "color": colour},
        "encoding": {"x": x, "x2": {"field": "end"}, "y": {**y, "field": field}, "y2": {"datum": 0}},
    }


def _ms(instant: datetime) -> int:
    return round(instant.timestamp() * 1000)


def _ms_text(instant: str) -> int:
    return _ms(parsed_instant(instant))


def bars_spec(rows: list[tuple[str, int, int]]) -> Spec:
    """Posts (light) and calls (dark) by name, as bars with their counts; `rows` are (name, posts, calls)."""
    data = [
        {"name": name, "posts": posts, "calls": calls, "label": f"{posts:,}", "order": order}
        for order, (name, posts, calls) in enumerate(rows)
    ]
    most = max((posts for _, posts, _ in rows), default=1)
    y = {
        "field": "name",
        "type": "nominal",
        "sort": {"field": "order"},
        "title": None,
        "axis": {"domain": False, "ticks": False, "labelFontSize": 13, "labelColor": INK, "labelLimit": 170},
    }
    x = {"type": "quantitative", "axis": None, "scale": {"domain": [0, most * 1.25], "nice": False}}
    layer = [
        {"mark": {"type": "bar", "color": BAR, "height": 15}, "encoding": {"x": {**x, "field": "posts"}, "y": y}},
        {"mark": {"type": "bar", "color": CALL, "height": 7}, "encoding": {"x": {**x, "field": "calls"}, "y": y}},
        {
            "mark": {"type": "text", "align": "left", "dx": 6, "fontSize": 13},
            "encoding": {"x": {**x, "field": "posts"}, "y": y, "text": {"field": "label"}},
        },
    ]
    return {
        "$schema": _SCHEMA,
        "width": 220,
        "height": {"step": 26},
        "data": _values(data),
        "layer": layer,
        "config": _config(),
    }


@lru_cache(maxsize=1)
def country_shapes() -> Spec:
    """The country outlines that ship with the project (TopoJSON; Natural Earth, public domain)."""
    shapes: Spec = json.loads(files(__package__).joinpath("shapes", "countries.json").read_text("utf-8"))
    return shapes


def is_invented(country: str) -> bool:
    """True for places that are on no map: ISO 3166-1 leaves XA to XZ to users (XK is Kosovo in practice)."""
    return len(country) == 2 and country.startswith("X") and country != "XK"


def map_spec(points: list[dict[str, Any]]) -> Spec:
    """A world map at country level; `points` have label, posts, lat, lon, invented."""
    most = max((point["posts"] for point in points), default=1)
    radius = [{**point, "area": 60 + 900 * point["posts"] / most} for point in points]
    real = [point for point in radius if not point["invented"]]
    invented = [point for point in radius if point["invented"]]
    place = {
        "longitude": {"field": "lon", "type": "quantitative"},
        "latitude": {"field": "lat", "type": "quantitative"},
    }
    size = {"field": "area", "type": "quantitative", "scale": None}
    layers: list[Spec] = [
        {
            "data": {"values": country_shapes(), "format": {"type": "topojson", "feature": "countries"}},
            "mark": {"type": "geoshape", "fill": LAND, "stroke": COAST, "strokeWidth": 0.6},
        },
        {
            "data": _values(real),
            "mark": {"type": "point", "shape": "circle", "filled": True, "color": CALL, "opacity": 0.82},
            "encoding": {**place, "size": size},
        },
        {
            "data": _values(invented),
            "mark": {"type": "point", "shape": "diamond", "filled": False, "color": CALL, "strokeWidth": 3},
            "encoding": {**place, "size": size},
        },
    ]
    for point in radius[:12]:
        layers.append(
            {
                "data": _values([point]),
                "mark": {
                    "type": "text",
                    "align": "right" if point["lon"] > 110 else "left",
                    "dx": (6 + (point["area"] / 3.14159) ** 0.5) * (-1 if point["lon"] > 110 else 1),
                    "fontSize": 15,
                    "fontWeight": "bold",
                },
                "encoding": {**place, "text": {"field": "label"}},
            }
        )
    return {
        "$schema": _SCHEMA,
        "width": 760,
        "height": 372,
        "projection": {"type": "equalEarth", "rotate": [-11, 0, 0], "scale": 158, "translate": [392, 226]},
        "layer": layers,
        "config": _config(),
    }


def network_spec(nodes: list[dict[str, Any]], edges: list[dict[str, Any]], *, height: int) -> Spec:
    """Accounts and ties at given positions; `nodes` have label, role, x, y, `edges` x, y, x2, y2, weight."""
    heaviest = max((edge["weight"] for edge in edges), default=1)
    classes: tuple[tuple[list[Spec], list[int], float], ...] = (
        ([edge for edge in edges if edge["weight"] * 3 <= heaviest], [2, 3], 0.9),
        ([edge for edge in edges if heaviest < edge["weight"] * 3 <= heaviest * 2], [], 1.0),
        ([edge for edge in edges if edge["weight"] * 3 > heaviest * 2], [], 2.4),
    )
    x = {"type": "quantitative", "axis": None, "scale": {"domain": [0, NETWORK_WIDTH], "nice": False}}
    y = {"type": "quantitative", "axis": None, "scale": {"domain": [height, 0], "nice": False}}
    layers: list[Spec] = [
        {
            "data": _values(rows),
            "mark": {"type": "rule", "color": MUTED, "strokeWidth": wide, "strokeDash": dash, "opacity": 0.55},
            "encoding": {
                "x": {**x, "field": "x"},
                "y": {**y, "field": "y"},
                "x2": {"field": "x2"},
                "y2": {"field": "y2"},
            },
        }
        for rows, dash, wide in classes
    ]
    for role, (shape, filled) in ROLE_SHAPES.items():
        rows = [node for node in nodes if node["role"] == role]
        mark = {"type": "point", "shape": shape, "size": 90, "fill": INK if filled else PAPER, "stroke": INK}
        layers.append(
            {
                "data": _values(rows),
                "mark": {**mark, "strokeWidth": 1.6, "opacity": 1},
                "encoding": {"x": {**x, "field": "x"}, "y": {**y, "field": "y"}},
            }
        )
    label = {"type": "text", "baseline": "top", "dy": 6, "fontSize": 11}
    for mark in (
        {**label, "stroke": PAPER, "strokeWidth": 3.5},
        label,
    ):  # a rim of paper, so that ties never cross words
        layers.append(
            {
                "data": _values(nodes),
                "mark": mark,
                "encoding": {"x": {**x, "field": "x"}, "y": {**y, "field": "y"}, "text": {"field": "label"}},
            }
        )
    return {
        "$schema": _SCHEMA,
        "width": NETWORK_WIDTH,
        "height": height,
        "padding": 4,
        "layer": layers,
        "config": _config(),
    }


def day_range(first: str, last: str) -> str:
    """Two instants as days, for descriptions of pictures."""
    return f"{shown_instant(first, with_time=False)} to {shown_instant(last, with_time=False)}"
