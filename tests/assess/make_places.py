"""Makes assess/gazetteer/countries.csv. Run by hand; needs babel (CLDR names) and Natural Earth's shapes.

    python make_places.py BABEL_FOLDER COUNTRIES_50M_JSON

BABEL_FOLDER holds the `babel` package (CLDR territory names, Unicode licence v3); COUNTRIES_50M_JSON is
countries-50m.json of the npm package world-atlas 2.0.2 (Natural Earth, public domain).
"""

from __future__ import annotations

import csv
import json
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

HEADER = ("code", "lat", "lon", "en", "fr", "ar", "am")
# Shapes Natural Earth leaves out at this scale, or whose largest piece misleads: a point by hand.
BY_HAND = {
    "TV": (-8.5, 179.2),
    "FR": (46.6, 2.4),
    "US": (39.8, -98.6),
    "NO": (64.5, 13.0),
    "NL": (52.2, 5.5),
    "RU": (61.5, 96.0),
    "FJ": (-17.8, 178.0),
}


def decoded_arcs(topology: dict[str, Any]) -> list[list[tuple[float, float]]]:
    """The arcs of a quantised TopoJSON as lists of (lon, lat)."""
    (scale_x, scale_y), (shift_x, shift_y) = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = []
    for arc in topology["arcs"]:
        x = y = 0
        points = []
        for step_x, step_y in arc:
            x, y = x + step_x, y + step_y
            points.append((x * scale_x + shift_x, y * scale_y + shift_y))
        arcs.append(points)
    return arcs


def ring_of(indexes: list[int], arcs: list[list[tuple[float, float]]]) -> list[tuple[float, float]]:
    """One ring of points."""
    points: list[tuple[float, float]] = []
    for index in indexes:
        piece = arcs[index] if index >= 0 else arcs[~index][::-1]
        points += piece[1:] if points else piece
    return points


def area_and_centroid(ring: list[tuple[float, float]]) -> tuple[float, float, float]:
    """(absolute area in square degrees, lat, lon) of a ring, by the shoelace formula."""
    twice = lat = lon = 0.0
    for (lon_a, lat_a), (lon_b, lat_b) in pairwise(ring):
        cross = lon_a * lat_b - lon_b * lat_a
        twice += cross
        lon += (lon_a + lon_b) * cross
        lat += (lat_a + lat_b) * cross
    if abs(twice) < 1e-9:
        return 0.0, ring[0][1], ring[0][0]
    return abs(twice) / 2, lat / (3 * twice), lon / (3 * twice)


def main(babel_folder: str, shapes: str) -> None:
    """Write countries.csv: one row a country, names separated by |."""
    sys.path.insert(0, babel_folder)
    from babel import Locale
    from babel.core import get_global

    numeric = {code: names[0] for code, names in get_global("territory_aliases").items() if code.isdigit()}
    topology = json.loads(Path(shapes).read_text(encoding="utf-8"))
    arcs = decoded_arcs(topology)
    points: dict[str, tuple[float, float]] = {}
    areas: dict[str, float] = {}
    for shape in topology["objects"]["countries"]["geometries"]:
        code = numeric.get(str(shape.get("id", "")).zfill(3))
        if code is None or shape["type"] not in ("Polygon", "MultiPolygon"):
            continue
        parts = [shape["arcs"]] if shape["type"] == "Polygon" else shape["arcs"]
        area, lat, lon = max(area_and_centroid(ring_of(part[0], arcs)) for part in parts)
        # Several shapes may carry one code (a state and its far islands): the largest stands for it.
        if area >= areas.get(code, -1.0):
            areas[code], points[code] = area, (lat, lon)
    points.update(BY_HAND)
    locales = {lang: Locale(lang).territories for lang in ("en", "fr", "ar", "am")}
    target = Path(__file__).resolve().parents[2] / "src" / "tocsin" / "assess" / "gazetteer" / "countries.csv"
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADER)
        for code in sorted(points):
            names = [locales[lang].get(code) for lang in ("en", "fr", "ar", "am")]
            if all(names):
                lat, lon = points[code]
                writer.writerow([code, f"{lat:.2f}", f"{lon:.2f}", *names])


if __name__ == "__main__":
    main(*sys.argv[1:])
