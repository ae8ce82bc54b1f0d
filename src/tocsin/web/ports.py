"""What the web pages need of a desk. The desk room implements `DeskReader`; the pages know nothing else of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from tocsin.records.desk_view import DeskInfo, ExamplePost, ReportEntry
from tocsin.records.evidence import CaptureSummary
from tocsin.records.findings import Campaign, Trend


class DeskReader(Protocol):
    """A read-only view of one desk. The pages call it one request at a time.

    Every method may raise a TocsinError, whose message is shown on the page; none may give unredacted text.
    """

    def info(self) -> DeskInfo:
        """What the desk is and holds."""
        ...

    def campaigns(self) -> Sequence[Campaign]:
        """The campaigns, most important first."""
        ...

    def campaign(self, campaign_id: str) -> Campaign | None:
        """The campaign, or None when there is none (or it may not be seen: the two look alike)."""
        ...

    def trends(self) -> Sequence[Trend]:
        """The trends, biggest first: counts only."""
        ...

    def example_posts(self, leaf_indexes: Sequence[int]) -> Mapping[int, ExamplePost]:
        """The posts at these places of the log, redacted; a post that was erased is left out."""
        ...

    def captures(self) -> Sequence[CaptureSummary]:
        """What each capture gave, newest first."""
        ...

    def reports(self) -> Sequence[ReportEntry]:
        """The self-contained HTML reports of the desk, newest first."""
        ...

    def report_html(self, name: str) -> str | None:
        """The report with exactly this name out of `reports()`, or None when it has gone."""
        ...


__all__ = ["DeskInfo", "DeskReader", "ExamplePost", "ReportEntry"]
