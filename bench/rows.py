"""Rows of the bench's one table, and what makes one of them met or missed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. `met` is None where nothing was promised; False makes the run fail."""

    section: str
    what: str
    tocsin: str = ""
    peer: str = ""
    ratio: str = ""
    gate: str = ""
    met: bool | None = None


def ratio_row(section: str, what: str, ours_s: float, peer_s: float, peer: str, at_least: float | None = None) -> Row:
    """Seconds of both and how many times faster Tocsin is."""
    ratio = peer_s / ours_s
    return Row(
        section,
        what,
        seconds(ours_s),
        f"{seconds(peer_s)} {peer}",
        f"{ratio:.1f}",
        "" if at_least is None else f">= {at_least:g}",
        None if at_least is None else ratio >= at_least,
    )


def at_most(section: str, what: str, value: float, limit: float | None, shown: Callable[[float], str]) -> Row:
    """A figure that must not be larger than `limit` (None: no promise)."""
    if limit is None:
        return Row(section, what, shown(value))
    return Row(section, what, shown(value), gate=f"<= {shown(limit)}", met=value <= limit)


def at_least(section: str, what: str, value: float, limit: float | None, shown: Callable[[float], str]) -> Row:
    """A figure that must not be smaller than `limit` (None: no promise)."""
    if limit is None:
        return Row(section, what, shown(value))
    return Row(section, what, shown(value), gate=f">= {shown(limit)}", met=value >= limit)


def yes_row(section: str, what: str, answer: bool, shown: str = "") -> Row:
    """A question whose answer must be yes."""
    return Row(section, what, shown or ("yes" if answer else "no"), gate="yes", met=answer)


def failed(section: str, what: str, reason: str) -> Row:
    """What could not be measured although it was promised: the run fails."""
    return Row(section, what, "not measured", gate=reason, met=False)


def left_out(section: str, what: str, reason: str) -> Row:
    """What this run leaves out, and why; the run does not fail for it."""
    return Row(section, what, "left out", gate=reason)


def seconds(value: float) -> str:
    """Seconds with three figures."""
    return f"{value:.3f} s" if value < 1 else f"{value:.2f} s" if value < 100 else f"{value:.0f} s"


def megabytes(value: float) -> str:
    """Bytes as MB (10^6)."""
    return f"{value / 1e6:,.0f} MB"


def posts_per_s(value: float) -> str:
    """A rate."""
    return f"{value:,.0f} posts/s"


def plain(value: float) -> str:
    """A number with three figures after the point."""
    return f"{value:.3f}"


def times(value: float) -> str:
    """A factor."""
    return f"{value:.2f}"


_HEADS = ("", "Tocsin", "peer", "ratio", "gate", "")


def table(rows: Sequence[Row]) -> str:
    """The rows as text, one heading a section."""
    cells = [(row.what, row.tocsin, row.peer, row.ratio, row.gate, _verdict(row)) for row in rows]
    widths = [max(len(each[i]) for each in [_HEADS, *cells]) for i in range(len(_HEADS))]
    lines = [_line(_HEADS, widths)]
    section = ""
    for row, each in zip(rows, cells, strict=True):
        if row.section != section:
            section = row.section
            lines += ["", section]
        lines.append(_line(each, widths))
    return "\n".join(lines)


def _verdict(row: Row) -> str:
    return "" if row.met is None else "met" if row.met else "MISSED"


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    aligned = [
        cells[0].ljust(widths[0]),
        *(cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True)),
    ]
    return "  " + "  ".join(aligned).rstrip()


def missed(rows: Sequence[Row]) -> list[str]:
    """The gates that were missed, in words."""
    return [f"{row.section}: {row.what}: {row.tocsin} {row.ratio} ({row.gate})" for row in rows if row.met is False]


def as_json(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """The rows for a file."""
    return [asdict(row) for row in rows]
