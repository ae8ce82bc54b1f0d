"""The pages: read-only, each a plain function of the desk."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from tocsin.records.findings import Campaign
from tocsin.web.guard import REPORT_POLICY
from tocsin.web.ports import DeskReader, ReportEntry
from tocsin.web.settings import FOLDER

DESK = "tocsin.desk"  # where in the WSGI environment the desk is
LIST_MOST = 200
NARRATIVES_MOST = 12
GROUPS_MOST = 12


def _desk(request: HttpRequest) -> DeskReader:
    desk: DeskReader = request.META[DESK]
    return desk


def _page(request: HttpRequest, template: str, **context: Any) -> HttpResponse:
    here = template.removesuffix(".html")
    return render(request, template, {"info": _desk(request).info(), "here": here, **context})


def _reports(desk: DeskReader) -> list[ReportEntry]:
    """The desk's reports whose name is a file name and nothing else."""
    return [entry for entry in desk.reports() if not set(entry.name) & set("/\\\0") and not entry.name.startswith(".")]


def floor(request: HttpRequest) -> HttpResponse:
    """What there is: campaigns, trends, what was collected."""
    desk = _desk(request)
    campaigns, trends, captures = desk.campaigns(), desk.trends(), desk.captures()
    return _page(
        request,
        "floor.html",
        campaigns=campaigns[:LIST_MOST],
        campaigns_left=max(0, len(campaigns) - LIST_MOST),
        trends=trends[:LIST_MOST],
        trends_left=max(0, len(trends) - LIST_MOST),
        capture_count=len(captures),
        collected={
            name: sum(getattr(capture, name) for capture in captures)
            for name in ("read", "stored", "duplicate", "quarantined")
        },
        reports=_reports(desk)[:5],
    )


def _bars(counts: Mapping[str, int]) -> list[tuple[str, int, int]]:
    """(name, count, per cent of the biggest, at least 1), most first; at most ten."""
    most = max(counts.values(), default=0)
    ordered = sorted(counts.items(), key=lambda pair: -pair[1])[:10]
    return [(name, number, max(1, round(100 * number / most)) if most else 1) for name, number in ordered]


def _narratives(desk: DeskReader, one: Campaign) -> list[dict[str, Any]]:
    narratives = one.narratives[:NARRATIVES_MOST]
    posts = desk.example_posts([narrative.example_leaf for narrative in narratives])
    return [{"finding": narrative, "post": posts.get(narrative.example_leaf)} for narrative in narratives]


def campaign(request: HttpRequest, campaign_id: str) -> HttpResponse:
    """One campaign: how posting rose, what it says, who drives it, where it points, why it is called one."""
    desk = _desk(request)
    one = desk.campaign(campaign_id)
    if one is None:
        raise Http404
    return _page(
        request,
        "campaign.html",
        one=one,
        narratives=_narratives(desk, one),
        narratives_left=max(0, len(one.narratives) - NARRATIVES_MOST),
        groups=one.groups[:GROUPS_MOST],
        groups_left=max(0, len(one.groups) - GROUPS_MOST),
        languages=_bars(one.languages),
        sources=_bars(one.sources),
        destinations=_bars({str(to["place"]): int(to["post_count"]) for to in one.destinations}),
        reports=[entry for entry in _reports(desk) if entry.campaign_id == one.campaign_id],
    )


def reports(request: HttpRequest) -> HttpResponse:
    """The reports of the desk."""
    desk = _desk(request)
    titles = {one.campaign_id: one.title for one in desk.campaigns()}
    listed = [(entry, titles.get(entry.campaign_id or "")) for entry in _reports(desk)]
    return _page(request, "reports.html", reports=listed[:LIST_MOST], reports_left=max(0, len(listed) - LIST_MOST))


def report(request: HttpRequest, name: str) -> HttpResponse:
    """The report itself, in a sandbox."""
    desk = _desk(request)
    # The name asked for is only compared: what the desk is handed is a name of its own listing.
    entry = next((entry for entry in _reports(desk) if entry.name == name), None)
    html = None if entry is None else desk.report_html(entry.name)
    if html is None:
        raise Http404
    return HttpResponse(html, headers={"Content-Security-Policy": REPORT_POLICY})


def certificates(request: HttpRequest) -> HttpResponse:
    """What each capture gave, and what was assumed in reading it."""
    captures = _desk(request).captures()
    return _page(
        request, "certificates.html", captures=captures[:LIST_MOST], captures_left=max(0, len(captures) - LIST_MOST)
    )


@cache
def _style() -> bytes:
    return (FOLDER / "style.css").read_bytes()


def style(request: HttpRequest) -> HttpResponse:
    """The one style sheet."""
    return HttpResponse(_style(), content_type="text/css; charset=utf-8")


def missing(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """The answer for what is not there or may not be seen."""
    return render(request, "missing.html", status=404)


def failed(request: HttpRequest) -> HttpResponse:
    """The answer when a page failed for a reason nobody foresaw; says nothing of what was being read."""
    return render(request, "failed.html", status=500)
