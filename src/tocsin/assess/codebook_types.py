"""What a codebook is made of."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tocsin.records.findings import Place

# What a concept can be. Only the first group can lead a rule; only TIED facets tie a call to violence.
LEAD_FACETS = frozenset({"call", "pledge", "funds", "offer", "inquiry", "media"})
TIED_FACETS = frozenset({"organisation", "act"})
OBJECT_FACETS = TIED_FACETS | {"destination", "slogan"}
FACETS = LEAD_FACETS | OBJECT_FACETS | {"method", "incentive", "identity"}
# A post is looked at closely only when one of these is named in it.
ANCHOR_FACETS = OBJECT_FACETS | {"pledge"}
DEFAULT_REACH = 4  # words between a lead concept and its object
LANGUAGE_NAMES = {"am": "Amharic", "ar": "Arabic", "en": "English", "fr": "French"}


class Scope(StrEnum):
    """What a context term can turn."""

    BEFORE = "before"  # the call or its object, when it stands at most three words before it in the same clause
    FRAME = "frame"  # words that introduce or close somebody else's speech, with a colon or quotation marks
    REPORT = "report"  # quoted calls beside it, and calls after it in its own clause
    POST = "post"  # quoted calls anywhere in the post
    SENTENCE = "sentence"  # calls to a place only, in the same sentence, where no violent group is named
    OBJECT = (
        "object"  # names another goal of the call in its own clause: "join us for a talk about", "the march against"
    )
    ENDORSE = "endorse"  # takes the force from a frame: "our leader says"


@dataclass(frozen=True, slots=True)
class Source:
    """Public scholarship or an official list."""

    author: str
    year: int
    title: str


@dataclass(frozen=True, slots=True)
class Term:
    """One published wording.

    `at_start` (written ^): a call only at the start of a clause, because the word is also ordinary speech.
    `is_imperative` (written !): an imperative wherever it stands, because its form can be nothing else.
    `is_acronym` (written =): not where only its first letter is a capital, because that is also a name ("Isis").
    """

    text: str
    lang: str
    at_start: bool = False
    is_imperative: bool = False
    is_acronym: bool = False


@dataclass(frozen=True, slots=True)
class Example:
    """An invented sentence and what the codebook must say of it."""

    text: str
    lang: str
    kind: str
    call: bool


@dataclass(frozen=True, slots=True)
class Concept:
    """Something the codebook looks for. `reach` is in words; `place` only where facet is destination."""

    concept_id: str
    facet: str
    gloss: str
    terms: tuple[Term, ...]
    reach: int
    place: Place | None
    example: Example | None


@dataclass(frozen=True, slots=True)
class Context:
    """Words that turn the meaning of a call beside them."""

    stance: str  # reporting, condemning, quoting, asking, everyday, endorsing
    scope: Scope
    terms: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """Which facets together make recruitment, of what kind and how strongly (0-1).

    The first facet leads, the second must stand within the lead's reach, further ones anywhere in the post.
    """

    kind: str
    facets: tuple[str, ...]
    recruitment: float


@dataclass(frozen=True, slots=True)
class Codebook:
    """Declared concepts with terms in several languages, a stated violence criterion and public sources.

    `digest` is the SHA-256 of the file (and of common.yaml where included): the fairness record is bound to it.
    """

    name: str
    version: str
    title: str
    ideology: str
    violence_criterion: str
    sources: tuple[Source, ...]
    languages: tuple[str, ...]
    concepts: tuple[Concept, ...]
    contexts: tuple[Context, ...]
    rules: tuple[Rule, ...]
    openers: dict[str, tuple[str, ...]]  # words that may stand before an imperative
    starters: dict[str, tuple[str, ...]]  # imperatives with an object, after which another may follow
    light: dict[str, tuple[str, ...]]  # words that may stand between a call and what it calls to
    digest: str

    def concept(self, concept_id: str) -> Concept:
        """The concept of that id; KeyError when there is none."""
        for concept in self.concepts:
            if concept.concept_id == concept_id:
                return concept
        raise KeyError(concept_id)

    def places(self) -> dict[str, Place]:
        """Places declared by destination concepts, by place id."""
        return {concept.place.place_id: concept.place for concept in self.concepts if concept.place is not None}
