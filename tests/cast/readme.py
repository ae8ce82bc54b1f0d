"""The README beside a cast."""

from __future__ import annotations

from typing import Any

from cast.names import Names


def readme(told: dict[str, Any], names: Names, campaign: bool) -> str:
    """What the folder holds, with its counts."""
    rows = "\n".join(
        f"| {name} | {row['format']} | {row['read']} | {row['stored']} | {row['duplicate']} | {row['quarantined']} |"
        for name, row in told["files"].items()
    )
    total = told["total"]
    planted = (
        f'A fictional movement, "{names.movement.en}", calls people to a fictional town, {names.place.en} (#{names.campaign_tags.en}); the calls intensify after '
        f'"{names.event_title}" ({told["efforts"]["campaign"]["trigger"]["event_at"]}). {names.rival.en[0].upper() + names.rival.en[1:]} disputes it, newspapers report it, neighbours condemn it.'
        if campaign
        else "No campaign is planted here: none may be found."
    )
    return f"""# Sample exports (invented)

Everything here is invented: persons, handles, places, movements, links. No post was taken from anywhere. Written by
`tests/cast/generate.py` (seed {told["seed"]}, names "{names.key}"); the same seed writes the same bytes (the .gz: the same content).

{planted}
Around it: ordinary life in English, Arabic, French and Amharic, and four efforts that must come out as trends and never as
campaigns: a strike (#{names.strike_tag}), an election rally (#{names.rally_tag}), a pilgrimage (#{names.pilgrimage_tag}) and a
relief drive (#{names.relief_tag}).

| file in exports/ | format | read | stored | duplicate | quarantined |
|---|---|---|---|---|---|
{rows}
| all | | {total["read"]} | {total["stored"]} | {total["duplicate"]} | {total["quarantined"]} |

A few records are damaged, delivered twice or edited on purpose. {told["counting"]}

- `events.csv`: dated events; some are followed by a burst, some by nothing.
- `truth.json`: what was planted; one label a post (source, platform id, label, language, group), for scoring only.
- `private_sample/`: a tiny private chat; importing it is refused until a reason and a role are given.
"""
