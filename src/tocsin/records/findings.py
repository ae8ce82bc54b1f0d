"""What detection finds and assessment says of it. Only posts and campaigns are scored, never persons."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Trigger:
    """A dated event that a burst follows. `lag_s` is seconds from the event to the burst's start."""

    title: str
    event_at: datetime
    lag_s: int
    source: str  # where the event comes from: "events file", ...


@dataclass(frozen=True, slots=True)
class Burst:
    """A stretch in which one series was posted more than its baseline explains.

    `expected_count` is what the baseline gives for [start_at, end_at); `q_value` is corrected across every
    series of the run (Benjamini-Hochberg).
    """

    burst_id: str
    series: str  # "tag", "domain", "phrase", "cluster", "key"
    key: str
    start_at: datetime
    end_at: datetime
    peak_at: datetime
    peak_count: int
    post_count: int
    expected_count: float
    q_value: float
    trigger: Trigger | None = None


@dataclass(frozen=True, slots=True)
class CoordinatedGroup:
    """Accounts (pseudonyms) that posted the same objects within the window, more often than the threshold."""

    group_id: str
    account_ids: tuple[str, ...]  # empty where the group belongs to no campaign: then only counts are kept
    layers: tuple[str, ...]  # tag, link, text, repost
    objects: tuple[str, ...]  # the objects most shared, most first (at most 20)
    window_s: int
    edge_count: int
    weight: int  # sum of edge weights
    first_posted_at: datetime
    last_posted_at: datetime
    account_count: int = 0


@dataclass(frozen=True, slots=True)
class Cluster:
    """Posts whose folded text is nearly the same."""

    cluster_id: str
    post_count: int
    account_count: int
    example_leaf: int  # leaf_index of the earliest post
    first_posted_at: datetime
    last_posted_at: datetime
    formulaic: bool = False  # spread over many unrelated accounts and times: discounted, not deleted


@dataclass(frozen=True, slots=True)
class Effort:
    """Findings about the same thing, with its posts. Not yet a campaign: no judgement of content is in it."""

    effort_id: str
    leaf_indexes: tuple[int, ...]
    burst_ids: tuple[str, ...]
    group_ids: tuple[str, ...]
    cluster_ids: tuple[str, ...]
    tags: tuple[str, ...]  # most used first
    reasons: tuple[str, ...]


class SpanKind(StrEnum):
    """What a matched span says."""

    CONCEPT = "concept"  # a codebook concept
    NEGATING = "negating"  # a context that turns the meaning: reporting, condemning, quoting, asking, joking


class Span(NamedTuple):
    """Where in the original text (code points) a concept was matched."""

    start: int
    end: int
    concept: str  # "codebook/concept"
    facet: str  # call, destination, organisation, method, incentive, media, pledge, funds, act, stance
    kind: SpanKind
    term: str  # the codebook's term, as published there


class Stance(StrEnum):
    """How the author stands to what the text says, as far as rules can tell."""

    ASSERTING = "asserting"
    REPORTING = "reporting"
    QUOTING = "quoting"
    ASKING = "asking"
    CONDEMNING = "condemning"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Assessment:
    """What a codebook says of one text. `recruitment` is 0..1, or None for "cannot assess"; never of a person."""

    codebook: str
    codebook_version: str
    lang: str
    recruitment: float | None
    kind: str  # "call to travel", "call to join", "news", "none", "cannot assess", ...
    stance: Stance
    spans: tuple[Span, ...]
    reasons: tuple[str, ...]


# Rows: one post version in which a codebook matched something. Posts without a row matched nothing.
ASSESSMENTS = pa.schema(
    [
        pa.field("leaf_index", pa.int64(), nullable=False),
        pa.field("codebook", pa.string(), nullable=False),
        pa.field("codebook_version", pa.string(), nullable=False),
        pa.field("recruitment", pa.float32()),  # null: cannot assess
        pa.field("kind", pa.string(), nullable=False),
        pa.field("stance", pa.string(), nullable=False),
        pa.field("concepts", pa.list_(pa.string()), nullable=False),  # each once, "facet:concept"
        pa.field("destinations", pa.list_(pa.string()), nullable=False),  # place ids named as destinations of a call
    ]
)


class Place(NamedTuple):
    """A place a post may point to, at country level. `country` is ISO 3166-1 alpha-2 (XA.. for invented places)."""

    place_id: str
    name: str
    country: str
    country_name: str
    lat: float
    lon: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """A person's judgement of a campaign."""

    value: str  # confirmed, not, unclear
    reason: str
    judged_at: datetime
    role: str


@dataclass(frozen=True, slots=True)
class Narrative:
    """A near-duplicate cluster inside a campaign."""

    cluster_id: str
    post_count: int
    account_count: int
    example_post_id: str
    example_leaf: int
    call_share: float  # 0-1
    terms: tuple[str, ...]  # its most telling words, folded
    formulaic: bool


@dataclass(frozen=True, slots=True)
class Campaign:
    """An effort that a codebook ties to calls for a group or act of violence."""

    campaign_id: str
    title: str
    codebook: str
    first_posted_at: datetime
    last_posted_at: datetime
    post_count: int
    account_count: int
    sources: dict[str, int]  # source -> posts
    languages: dict[str, int]  # language -> posts
    tags: dict[str, int]  # folded tag -> posts, most used first
    bursts: tuple[Burst, ...]
    groups: tuple[CoordinatedGroup, ...]
    narratives: tuple[Narrative, ...]
    destinations: tuple[dict[str, Any], ...]  # {"place", "country", "post_count"}
    intent: dict[str, Any]  # call_share, called_post_count, by_kind, by_stance, cannot_assess_share
    score: float  # 0-1, of the campaign
    reasons: tuple[str, ...]
    verdict: Verdict | None = None


@dataclass(frozen=True, slots=True)
class Trend:
    """Any other effort: counts only. It has no field for accounts, on purpose."""

    trend_id: str
    title: str
    first_posted_at: datetime
    last_posted_at: datetime
    post_count: int
    account_count: int
    sources: dict[str, int]
    languages: dict[str, int]
    tags: dict[str, int]
    burst_count: int
    reasons: tuple[str, ...]
