"""Findings and evidence made into a cited, redacted dispatch that cannot drift from them."""

from __future__ import annotations

from .brief import ArchivedPost, Brief, CodebookNote, Gloss, Quote, Setting
from .dispatch import html_of, json_of, markdown_of, render_html, render_json, render_markdown, render_trend_line
from .document import document
from .examples import example_quotes, glosses_in
from .figures import Figure, FigureRequest, computed_figures, dispatch_requests
from .queries import FIGURES
from .read_back import read_dispatch
from .redact import Redacted, RedactedText, Redactor
from .seal import check_seal, sealed, sealed_message
from .shown import shown_text
from .verify import STEPS, Checks, Step, VerifyResult, verify_report
from .views import BURSTS, CAPTURES, CLUSTER_MEMBERS, GROUP_EDGES, VIEWS, burst_rows, capture_rows

__all__ = [
    "BURSTS",
    "CAPTURES",
    "CLUSTER_MEMBERS",
    "FIGURES",
    "GROUP_EDGES",
    "STEPS",
    "VIEWS",
    "ArchivedPost",
    "Brief",
    "Checks",
    "CodebookNote",
    "Figure",
    "FigureRequest",
    "Gloss",
    "Quote",
    "Redacted",
    "RedactedText",
    "Redactor",
    "Setting",
    "Step",
    "VerifyResult",
    "burst_rows",
    "capture_rows",
    "check_seal",
    "computed_figures",
    "dispatch_requests",
    "document",
    "example_quotes",
    "glosses_in",
    "html_of",
    "json_of",
    "markdown_of",
    "read_dispatch",
    "render_html",
    "render_json",
    "render_markdown",
    "render_trend_line",
    "sealed",
    "sealed_message",
    "shown_text",
    "verify_report",
]
