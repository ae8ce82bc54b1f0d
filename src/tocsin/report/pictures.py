"""The pictures of one dispatch: each drawn from named figures, so that verification can draw it again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import charts
from .page import Page
from .queries import ColumnKind
from .shown import shown_text
from .wording import parsed_instant, plural, shown_instant, shown_value

# Picture -> the slots of the figures it is drawn from.
DRAWN_FROM: Mapping[str, tuple[str, ...]] = {
    "timeline": ("campaign_timeline", "campaign_bursts"),
    "timeline-narrow": ("campaign_timeline", "campaign_bursts"),
    "burst": ("burst/timeline", "campaign_bursts"),
    "burst-narrow": ("burst/timeline", "campaign_bursts"),
    "sources": ("campaign_sources",),
    "languages": ("campaign_languages",),
    "network": ("campaign_network", "campaign_ties"),
    "map": ("campaign_destinations",),
}


def pictures(page: Page) -> dict[str, str]:
    """SVG by name; a picture with nothing to show is left out."""
    drawn: dict[str, str] = {}
    if page.rows("campaign_timeline"):
        drawn["timeline"] = _timeline(page, "timeline", "campaign_timeline", width=700)
        drawn["timeline-narrow"] = _timeline(page, "timeline-narrow", "campaign_timeline", width=310)
    if "burst/timeline" in page.by_slot and page.rows("burst/timeline"):
        drawn["burst"] = _timeline(page, "burst", "burst/timeline", width=700)
        drawn["burst-narrow"] = _timeline(page, "burst-narrow", "burst/timeline", width=310)
    for name, kind in (("sources", ColumnKind.SOURCE), ("languages", ColumnKind.LANGUAGE)):
        if page.rows(f"campaign_{name}"):
            drawn[name] = _bars(page, name, kind)
    if page.rows("campaign_ties"):
        drawn["network"] = _network(page)
    if any(str(row[0]) in page.places for row in page.rows("campaign_destinations")):
        drawn["map"] = _map(page)
    return drawn


def bucket_words(page: Page, slot: str = "campaign_timeline") -> str:
    """How long one bar of a timeline is."""
    size = int(page.figure(slot).params["bucket_s"])
    words = {3600: "hour", 6 * 3600: "quarter of a day", 86400: "day", 7 * 86400: "week"}
    return words.get(size, "four weeks")


def _timeline(page: Page, name: str, slot: str, *, width: int) -> str:
    params = page.figure(slot).params
    bucket_s = int(params["bucket_s"])
    buckets = [(str(at), int(posts or 0), int(calls or 0)) for at, posts, calls in page.rows(slot)]
    bursts = [_burst(row, bucket_s) for row in page.rows("campaign_bursts")[:1]]
    tallest = max(buckets, key=lambda bucket: (bucket[1], bucket[0]))
    text = (
        f"Bars, one for each {bucket_words(page, slot)}, {charts.day_range(buckets[0][0], buckets[-1][0])}. "
        f"The tallest holds {tallest[1]:,} {plural(tallest[1], 'post')}, from {shown_instant(tallest[0])}."
    )
    for burst in bursts:
        text += f" Shaded: the burst from {shown_instant(burst['start_at'])} to {shown_instant(burst['end_at'])}."
        if burst["trigger_at"]:
            text += f" Upright line: “{burst['trigger_title']}”, {shown_instant(burst['trigger_at'])}."
    window = (str(params["since"]), str(params["until"])) if "since" in params else None
    is_narrow = name.endswith("-narrow")
    return charts.svg_of(
        charts.timeline_spec(buckets, bucket_s, bursts, width=width, label_size=11 if is_narrow else 12, window=window),
        name=name,
        title=f"Posts per {bucket_words(page, slot)}, and how many of them call",
        description=text,
        classes="chart narrow" if is_narrow else "chart wide",
    )


def _burst(row: tuple[Any, ...], bucket_s: int) -> dict[str, Any]:
    length_s = max(1.0, (parsed_instant(row[3]) - parsed_instant(row[2])).total_seconds())
    return {
        "start_at": row[2],
        "end_at": row[3],
        "expected_per_bucket": float(row[7]) * bucket_s / length_s,
        "trigger_title": None if row[9] is None else shown_text(str(row[9])),
        "trigger_at": row[10],
    }


def _bars(page: Page, name: str, kind: ColumnKind) -> str:
    rows = [
        (shown_text(shown_value(kind, row[0])), int(row[1] or 0), int(row[3] or 0))
        for row in page.rows(f"campaign_{name}")
    ]
    said = "; ".join(f"{label}: {posts:,} {plural(posts, 'post')}, {calls:,} calling" for label, posts, calls in rows)
    return charts.svg_of(
        charts.bars_spec(rows[:12]), name=name, title=f"Posts and calls by {name[:-1]}", description=said + "."
    )


def short_labels(accounts: list[str]) -> dict[str, str]:
    """The shortest labels that still tell the accounts apart: at least four characters of each pseudonym.

    >>> short_labels(["a1234567", "a1239999"])
    {'a1234567': '1234', 'a1239999': '1239'}
    """
    for length in range(5, 9):
        labels = {account: account[1:length] for account in accounts}
        if len(set(labels.values())) == len(labels):
            return labels
    return {account: account for account in accounts}


def _network(page: Page) -> str:
    layout = page.document["network"]
    spots = {str(name): spot for name, spot in layout["positions"].items()}
    accounts = [(str(row[0]), str(row[1])) for row in page.rows("campaign_network") if str(row[0]) in spots]
    labels = short_labels([account for account, _ in accounts])
    nodes = [
        {"label": labels[account], "role": role, "x": spots[account][0], "y": spots[account][1]}
        for account, role in sorted(accounts)
    ]
    edges = [
        {
            "x": spots[str(a)][0],
            "y": spots[str(a)][1],
            "x2": spots[str(b)][0],
            "y2": spots[str(b)][1],
            "weight": int(weight or 0),
        }
        for a, b, weight in page.rows("campaign_ties")
        if str(a) in labels and str(b) in labels
    ]
    by_role: dict[str, int] = {}
    for _, role in accounts:
        by_role[role] = by_role.get(role, 0) + 1
    said = ", ".join(f"{count} {role}" for role, count in sorted(by_role.items()))
    return charts.svg_of(
        charts.network_spec(nodes, edges, height=int(layout["height"])),
        name="network",
        title="Accounts that posted the same things at nearly the same moments",
        description=f"{len(nodes):,} {plural(len(nodes), 'account')} ({said}) and {len(edges):,} "
        f"{plural(len(edges), 'tie')} between them, in groups that stand apart.",
        classes="chart big",
    )


def _map(page: Page) -> str:
    points, said = [], []
    for row in page.rows("campaign_destinations"):
        place = page.places.get(str(row[0]))
        if place is None:
            continue
        posts = int(row[1] or 0)
        invented = charts.is_invented(place["country"])
        name, country = shown_text(place["name"]), shown_text(place["country_name"])
        note = " (invented)" if invented else ""
        points.append(
            {
                "label": f"{name}{note}",
                "posts": posts,
                "lat": place["lat"],
                "lon": place["lon"],
                "invented": invented,
            }
        )
        said.append(f"{name}{note}, {country}: {posts:,} {plural(posts, 'post')}")
    return charts.svg_of(
        charts.map_spec(points),
        name="map",
        title="Places the calls name as destinations, at country level",
        description="; ".join(said) + ".",
        classes="chart big",
    )
