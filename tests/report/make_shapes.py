"""Rebuilds src/tocsin/report/shapes/countries.json from the npm package world-atlas (Natural Earth 4.1.0, public domain).

    npm pack world-atlas@2.0.2 && tar xzf world-atlas-2.0.2.tgz
    python tests/report/make_shapes.py package/countries-110m.json src/tocsin/report/shapes/countries.json

The outlines are kept as they are; names and the separate land outline are dropped (a map at country level needs no
labels, and the file stays small). The borders are Natural Earth's and say nothing about anybody's claims.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

ORIGIN = (
    "Natural Earth 1:110m Admin 0 countries, version 4.1.0 (public domain, naturalearthdata.com), "
    "from the npm package world-atlas 2.0.2; rebuilt by tests/report/make_shapes.py"
)


def compact_countries(topology: dict) -> dict:
    """The topology with country outlines and numeric ISO 3166-1 codes only, Antarctica left out."""
    kept = [
        {"type": shape["type"], "arcs": shape["arcs"], **({"id": shape["id"]} if "id" in shape else {})}
        for shape in topology["objects"]["countries"]["geometries"]
        if shape.get("id") != "010"
    ]
    return {
        "type": "Topology",
        "origin": ORIGIN,
        "transform": topology["transform"],
        "objects": {"countries": {"type": "GeometryCollection", "geometries": kept}},
        "arcs": topology["arcs"],
    }


if __name__ == "__main__":
    source, target = (Path(name) for name in sys.argv[1:])
    compact = compact_countries(json.loads(source.read_text("utf-8")))
    target.write_text(json.dumps(compact, separators=(",", ":")) + "\n", "utf-8")
