"""What the desk hands over to make one dispatch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from tocsin.records.evidence import CaptureSummary, Checkpoint, QuoteProof
from tocsin.records.findings import Campaign, Place
from tocsin.records.posts import Audience

from .figures import Figure
from .redact import Redacted


class Gloss(NamedTuple):
    """A term as it stands in a text, and what it means."""

    term: str
    gloss: str


@dataclass(frozen=True, slots=True)
class Quote:
    """One quoted post. Only public posts are quoted; a redacted quote's proof must not disclose its text."""

    leaf_index: int
    post_id: str  # pseudonym
    source: str
    lang: str
    posted_at: datetime | None
    text: Redacted
    audience: Audience
    glosses: tuple[Gloss, ...] = ()
    cluster_id: str = ""  # the narrative it is an example of, "" for none
    stance: str = "asserting"
    translation: str = ""  # by a person; "" where there is none
    translator: str = ""  # the role of who translated, never a name
    proof: QuoteProof | None = None


class ArchivedPost(NamedTuple):
    """What the archive holds of one leaf, for checking a quote."""

    post_id: str
    source: str
    lang: str
    posted_at: datetime | None
    text: str


@dataclass(frozen=True, slots=True)
class CodebookNote:
    """What readers must know of the codebook that made the effort a campaign."""

    name: str
    version: str
    title: str
    violence_criterion: str
    sources: tuple[str, ...]  # public sources, as cited in the codebook
    languages: tuple[str, ...]


class Setting(NamedTuple):
    """A setting behind a finding, as recorded when it was made: `says` has no number in it."""

    name: str
    value: int | float | str
    says: str


@dataclass(frozen=True, slots=True)
class Brief:
    """Everything a dispatch is made from. The clock is `generated_at`; nothing is read from anywhere else."""

    campaign: Campaign
    figures: Mapping[str, Figure]  # of `dispatch_requests`, by id
    quotes: tuple[Quote, ...]
    places: tuple[Place, ...]  # of every place id in the figures
    codebook: CodebookNote
    settings: tuple[Setting, ...]
    captures: tuple[CaptureSummary, ...]  # for their queries and methods
    desk_name: str
    purpose: str
    legal_basis: str
    generated_at: datetime
    verifier_key: str  # C2SP signed-note verifier key of the desk
    checkpoint: Checkpoint
    generator: str  # "tocsin 0.1.0"
    headline: str = ""  # an analyst's; "" computes one
    glossary: tuple[Gloss, ...] = ()
    unknowns: tuple[str, ...] = field(default=())  # what analysts add to "what is not known"
