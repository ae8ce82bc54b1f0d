"""Findings as lists, exports and pages may show them: links, contacts and names taken out, as in a report.

A burst of a link or a site, an object a group shared, a tag or a telling word is written by those watched: an invite
shown in a list recruits like one in a report.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from tocsin.records.findings import Burst, Campaign, Cluster, CoordinatedGroup, Trend
from tocsin.report import Redactor

Finding = TypeVar("Finding", Burst, CoordinatedGroup, Cluster, Campaign, Trend)


def withheld(finding: Finding, redactor: Redactor) -> Finding:
    """The finding with every text in it redacted; ids, counts and times as they were."""
    if isinstance(finding, Burst):
        return _burst(finding, redactor)
    if isinstance(finding, CoordinatedGroup):
        return _group(finding, redactor)
    if isinstance(finding, Campaign):
        return _campaign(finding, redactor)
    if isinstance(finding, Trend):
        return replace(
            finding,
            title=_clean(finding.title, redactor),
            tags=_tags(finding.tags, redactor),
            reasons=tuple(_clean(reason, redactor) for reason in finding.reasons),
        )
    return finding


def _clean(text: str, redactor: Redactor) -> str:
    return str(redactor.redacted(text).text)


def _tags(tags: Mapping[str, int], redactor: Redactor) -> dict[str, int]:
    shown: dict[str, int] = {}
    for tag, count in tags.items():
        name = _clean(tag, redactor)
        shown[name] = shown.get(name, 0) + count
    return shown


def _burst(burst: Burst, redactor: Redactor) -> Burst:
    clean = redactor.redacted_word if burst.series == "phrase" else redactor.redacted
    trigger = burst.trigger and replace(burst.trigger, title=_clean(burst.trigger.title, redactor))
    return replace(burst, key=str(clean(burst.key).text), trigger=trigger)


def _group(group: CoordinatedGroup, redactor: Redactor) -> CoordinatedGroup:
    return replace(group, objects=tuple(dict.fromkeys(_clean(each, redactor) for each in group.objects)))


def _campaign(campaign: Campaign, redactor: Redactor) -> Campaign:
    return replace(
        campaign,
        title=_clean(campaign.title, redactor),
        tags=_tags(campaign.tags, redactor),
        bursts=tuple(_burst(burst, redactor) for burst in campaign.bursts),
        groups=tuple(_group(group, redactor) for group in campaign.groups),
        narratives=tuple(
            replace(each, terms=tuple(term for term in each.terms if redactor.redacted_word(term).is_whole))
            for each in campaign.narratives
        ),
        reasons=tuple(_clean(reason, redactor) for reason in campaign.reasons),
    )
