"""What a page may show of a desk: already redacted, already counted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class DeskInfo:
    """What a desk says of itself at the top of every page."""

    name: str
    purpose: str
    legal_basis: str
    post_count: int  # posts in the desk, latest versions
    log_size: int  # leaves in the log
    detected_at: datetime | None  # when findings were last made; None: never


@dataclass(frozen=True, slots=True)
class ExamplePost:
    """One post as it may be shown: `text` redacted by report, deceptive characters already written out."""

    leaf_index: int
    text: str
    lang: str  # BCP-47 primary subtag or "und"
    source: str
    posted_at: datetime | None
    gloss: str = ""  # a short explanation or translation, marked as not the author's words


@dataclass(frozen=True, slots=True)
class ReportEntry:
    """One file of the desk's reports folder."""

    name: str  # the file's name, no folders
    title: str
    generated_at: datetime | None
    campaign_id: str | None  # None: a report over the whole desk
