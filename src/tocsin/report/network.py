"""Where the accounts of a network picture stand: whole numbers, stored with the dispatch, so that any machine redraws
the same picture."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from .figures import Figure

WIDTH = 760
_BOX = np.array([50.0, 27.0])  # room one account and its label need
_MARGIN = np.array([30.0, 22.0])
_SEED = 7


def canvas_height(account_count: int) -> int:
    """Height in pixels at which so many labels stay apart."""
    return int(min(1060, max(260, 200 + 4.4 * account_count)))


def laid_out(accounts: Figure, ties: Figure) -> dict[str, Any]:
    """Positions of the drawn accounts: {"height": px, "positions": {account: [x, y]}}."""
    names = sorted(str(row[0]) for row in accounts.rows)
    height = canvas_height(len(names))
    if not names:
        return {"height": height, "positions": {}}
    graph = nx.Graph()
    graph.add_nodes_from(names)
    drawn = set(names)
    for account_a, account_b, weight in ties.rows:
        if account_a in drawn and account_b in drawn:
            graph.add_edge(str(account_a), str(account_b), weight=float(weight or 1))
    size = np.array([float(WIDTH), float(height)])
    points = _apart(_packed(graph, size), size)
    order = [name for part in _parts(graph) for name in part]
    return {
        "height": height,
        "positions": {name: [round(float(x)), round(float(y))] for name, (x, y) in zip(order, points, strict=True)},
    }


def _parts(graph: nx.Graph) -> list[list[str]]:
    return sorted((sorted(part) for part in nx.connected_components(graph)), key=lambda part: (-len(part), part[0]))


def _packed(graph: nx.Graph, size: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each connected part laid out by springs in its own shelf, parts side by side, larger ones first."""
    parts = _parts(graph)
    rooms = np.array([np.sqrt(len(part)) for part in parts])
    shelves: list[list[int]] = [[]]
    row_width = max(rooms.max(), float(np.sqrt((rooms**2).sum() * size[0] / size[1])) * 1.02)
    used = 0.0
    for index, room in enumerate(rooms):
        if used + room > row_width and shelves[-1]:
            shelves.append([])
            used = 0.0
        shelves[-1].append(index)
        used += float(room)
    heights = np.array([max(rooms[index] for index in shelf) for shelf in shelves])
    scale_y = (size[1] - 2 * _MARGIN[1]) / heights.sum()
    places: dict[int, NDArray[np.float64]] = {}
    top = _MARGIN[1]
    for shelf, height in zip(shelves, heights, strict=True):
        scale_x = (size[0] - 2 * _MARGIN[0]) / sum(rooms[index] for index in shelf)
        left = _MARGIN[0]
        for index in shelf:
            room = np.array([rooms[index] * scale_x, height * scale_y])
            places[index] = np.array([left, top]) + room * (0.5 + 0.42 * _springs(graph, parts[index]))
            left += room[0]
        top += height * scale_y
    return np.vstack([places[index] for index in range(len(parts))])


def _springs(graph: nx.Graph, part: list[str]) -> NDArray[np.float64]:
    """Positions of one part within -1..1, in the part's order."""
    if len(part) == 1:
        return np.zeros((1, 2))
    # Rebuilt in a fixed order: the order of a graph's nodes changes what the springs settle on.
    ordered = nx.Graph()
    ordered.add_nodes_from(part)
    ordered.add_edges_from(sorted(graph.subgraph(part).edges()))
    spread = nx.spring_layout(ordered, seed=_SEED, iterations=120, k=1.6 / np.sqrt(len(part)))
    points = np.array([spread[name] for name in part])
    points -= (points.max(axis=0) + points.min(axis=0)) / 2
    return np.asarray(points / np.maximum(np.abs(points).max(axis=0), 1e-9))


def _apart(points: NDArray[np.float64], size: NDArray[np.float64]) -> NDArray[np.float64]:
    """The points pushed until no two labels overlap, or as far as the canvas allows."""
    points = points.copy()
    low, high = _MARGIN, size - _MARGIN
    for _ in range(500):
        gap = points[:, None, :] - points[None, :, :]
        overlap = _BOX - np.abs(gap)
        clash: NDArray[np.bool_] = np.asarray((overlap > 0).all(axis=2))
        np.fill_diagonal(clash, False)
        if not clash.any():
            break
        # Push along the axis with the smaller overlap, half each; ties broken by order so that twins part.
        along = (overlap[:, :, 0] < overlap[:, :, 1])[:, :, None] == np.array([True, False])
        order = np.sign(np.arange(len(points))[:, None] - np.arange(len(points))[None, :])[:, :, None]
        sign = np.where(gap == 0, order, np.sign(gap))
        points += (np.where(along & clash[:, :, None], overlap * sign, 0.0)).sum(axis=1) * 0.3
        points = np.clip(points, low, high)
    return points
