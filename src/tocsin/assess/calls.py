"""Calls in one text: which lead stands beside which object, and what the words around them make of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from tocsin.assess.codebook_types import LEAD_FACETS, TIED_FACETS, Codebook, Context, Rule, Scope
from tocsin.assess.layout import Layout
from tocsin.assess.matching import Hit, Role
from tocsin.records.findings import Stance

OPEN_REACH = 30  # a lead with this reach or more needs no object of its own
BEFORE_WORDS = 3  # how far before a call or its object a negation may stand
FRAME_WORDS = 8  # how far before a colon or a quotation the words that introduce it may stand
NEAREST_TARGETS = 3  # objects looked at for each lead
STARTER_WORDS = 8  # length of a starter's own object
TAIL_WORDS = 5  # length of a closing "..., they say"
# Shares of a rule's weight that remain under each stance.
QUOTED_SHARE = 0.65  # quotation marks alone, nobody named as the speaker
ASKING_SHARE = 0.4
EVERYDAY_SHARE = 0.4
TURNED = 0.1  # recruitment of a call that is reported, quoted from others or condemned


class Found(NamedTuple):
    """A hit with its first and last word."""

    hit: Hit
    first: int
    last: int

    @property
    def facet(self) -> str:
        """The facet of its concept, "" for contexts and openers."""
        return self.hit.meaning.concept.facet if self.hit.meaning.concept is not None else ""


@dataclass(frozen=True, slots=True)
class Call:
    """A rule satisfied in a text, with what its surroundings leave of it."""

    rule: Rule
    lead: Found
    target: Found
    recruitment: float
    stance: Stance
    context: Context | None
    turned_by: str  # the context's term, or "quotation marks", "question mark", or ""

    def order(self) -> tuple[float, int, float]:
        """Sort key: the strongest first, then the earliest."""
        return -self.recruitment, self.lead.hit.start, -self.rule.recruitment


class Reading:
    """One text read with one codebook: its layout and what was found, by role."""

    def __init__(self, codebook: Codebook, layout: Layout, hits: Sequence[Hit]) -> None:
        self.codebook = codebook
        self.layout = layout
        everything = [Found(hit, *layout.words_of(hit.start, hit.end)) for hit in hits]
        self.concepts = _once(found for found in everything if found.hit.meaning.concept is not None)
        self.contexts = [found for found in everything if found.hit.meaning.context is not None]
        self._starters = {found.first: found.last for found in everything if found.hit.meaning.role is Role.STARTER}
        openers = [found for found in everything if found.hit.meaning.role is Role.OPENER]
        self._opener_ends = {found.last: found.first for found in reversed(openers)}
        self._passable = {
            word
            for found in everything
            if found.hit.meaning.role is not Role.CONTEXT
            for word in range(found.first, found.last + 1)
        }
        self._direct: dict[int, bool] = {}
        self.concepts = [found for found in self.concepts if not self._is_covered(found)]
        self.concepts = [found for found in self.concepts if self._stands(found)]

    def _is_covered(self, found: Found) -> bool:
        """Inside a longer match of the same codebook concept facet (the longer wording is the one meant)."""
        return any(
            other is not found
            and other.facet == found.facet
            and other.hit.start <= found.hit.start
            and found.hit.end <= other.hit.end
            and (other.hit.end - other.hit.start) > (found.hit.end - found.hit.start)
            and (other.hit.meaning.at_start == found.hit.meaning.at_start or not other.hit.meaning.at_start)
            for other in self.concepts
        )

    def _stands(self, found: Found) -> bool:
        if not found.hit.meaning.at_start:
            if found.facet == "call":
                self._direct[found.last] = True
            return True
        return self._starts_clause(found)

    def _starts_clause(self, found: Found) -> bool:
        """Whether only openers stand between the start of the clause and this imperative."""
        layout, word = self.layout, found.first
        start = layout.clause_start(word)
        joined = found.hit.joined_before
        while word > start:
            if layout.gap_before(word).endswith("@"):
                break
            if word - 1 in self._opener_ends and self._opener_ends[word - 1] >= start:
                word = self._opener_ends[word - 1]
                joined = True
                continue
            if self._after_starter(start, word):
                break
            return joined and self._continues(found, word)
        self._direct[found.last] = True
        return True

    def _after_starter(self, start: int, word: int) -> bool:
        """Whether the clause begins with another imperative that has its own object before this word."""
        while start < word and start not in self._starters:
            ends = [last for last, first in self._opener_ends.items() if first == start]
            if not ends:
                return False
            start = max(ends) + 1
        return start in self._starters and word - self._starters[start] <= STARTER_WORDS

    def _continues(self, found: Found, word: int) -> bool:
        """Whether a direct call stands before in the same sentence, so that a conjunction goes on from it."""
        low = self.layout.sentence_start(word)
        if any(low <= last < word for last in self._direct):
            self._direct[found.last] = True
            return True
        return False

    def calls(self) -> list[Call]:
        """Every satisfied rule with its stance, strongest first."""
        return sorted((self._judged(rule, lead, target) for rule, lead, target in self._satisfied()), key=Call.order)

    def _satisfied(self) -> Iterator[tuple[Rule, Found, Found]]:
        facets = {found.facet for found in self.concepts}
        for rule in self.codebook.rules:
            if not facets.issuperset(rule.facets):
                continue
            for lead in self.concepts:
                if lead.facet != rule.facets[0]:
                    continue
                targets = [found for found in self.concepts if found.facet == rule.facets[1] and found is not lead]
                targets.sort(key=lambda found: abs(found.first - lead.first))
                near = (target for target in targets if self._reaches(lead, target))
                for target in islice(near, NEAREST_TARGETS):
                    yield rule, lead, target

    def _reaches(self, lead: Found, target: Found) -> bool:
        """Whether the lead's object can be this target: near, with nothing else that could be its object between."""
        concept = lead.hit.meaning.concept
        assert concept is not None
        after = target.first > lead.last
        between = range(lead.last + 1, target.first) if after else range(target.last + 1, lead.first)
        if len(between) > concept.reach or self._has_other_object(lead, target):
            return False
        if concept.reach >= OPEN_REACH:
            return True
        layout = self.layout
        if layout.sentence_of[lead.first] != layout.sentence_of[target.first]:
            return False
        meaning = lead.hit.meaning
        if not after:
            # The object stands before the verb where the verb comes last, the subject where nobody is commanded.
            is_indirect = not meaning.at_start and not meaning.is_imperative
            if layout.clause_of[lead.first] != layout.clause_of[target.first]:
                return False
            if meaning.lang == "am":
                return True
            if not is_indirect:
                return False
        return all(word in self._passable for word in between)

    def _has_other_object(self, lead: Found, target: Found) -> bool:
        """Whether the lead's clause names something else that people are called to: a talk, a march, a trial."""
        layout = self.layout
        clause = layout.clause_of[lead.first]
        is_verb_last = lead.hit.meaning.lang == "am"
        for found in self._scoped(Scope.OBJECT):
            if layout.clause_of[found.first] != clause or found.hit.meaning.lang != lead.hit.meaning.lang:
                continue
            if is_verb_last:
                if found.last < lead.first and not (found.last < target.first < lead.first):
                    return True
            elif found.first > lead.last and not lead.last < target.first < found.first - 1:
                return True
        return False

    def _judged(self, rule: Rule, lead: Found, target: Found) -> Call:
        weight = rule.recruitment
        for share, stance, context, by in self._turns(lead, target):
            if stance in (Stance.REPORTING, Stance.CONDEMNING):
                return Call(rule, lead, target, min(TURNED, weight * share), stance, context, by)
            return Call(rule, lead, target, weight * share, stance, context, by)
        return Call(rule, lead, target, weight, Stance.ASSERTING, None, "")

    def _turns(self, lead: Found, target: Found) -> Iterator[tuple[float, Stance, Context | None, str]]:
        """What turns the call, the strongest reason first."""
        for found in self._scoped(Scope.BEFORE):
            if found.hit.meaning.lang != lead.hit.meaning.lang:
                continue  # "n" is a negation in French and "and" in English chat
            if self._stands_before(found, lead) or self._stands_before(found, target):
                yield self._turn(found, 0.0)
        quote = self.layout.quote_around(lead.hit.start, lead.hit.end)
        if quote is not None:
            yield from self._quoted(quote)
        yield from self._introduced(lead)
        if not lead.hit.meaning.at_start and not lead.hit.meaning.is_imperative:
            for found in self._scoped(Scope.POST):
                if self.layout.sentence_of[found.first] == self.layout.sentence_of[lead.first]:
                    yield self._turn(found, 0.0)
        if not lead.hit.meaning.at_start:
            for found in self._scoped(Scope.REPORT):
                if self._in_clause_before(found, lead):
                    yield self._turn(found, 0.0)
        if quote is not None:
            yield QUOTED_SHARE, Stance.QUOTING, None, "quotation marks"
        yield from self._asked(lead)
        yield from self._everyday(lead)

    def _turn(self, found: Found, share: float) -> tuple[float, Stance, Context, str]:
        context = found.hit.meaning.context
        assert context is not None
        stance = {"condemning": Stance.CONDEMNING, "asking": Stance.ASKING}.get(context.stance, Stance.REPORTING)
        return (ASKING_SHARE if stance is Stance.ASKING else share), stance, context, found.hit.meaning.term

    def _scoped(self, *scopes: Scope) -> list[Found]:
        return [
            found
            for found in self.contexts
            if found.hit.meaning.context is not None and found.hit.meaning.context.scope in scopes
        ]

    def _stands_before(self, context: Found, found: Found) -> bool:
        layout = self.layout
        gap = found.first - context.last
        return 0 < gap <= BEFORE_WORDS and layout.clause_of[context.last] == layout.clause_of[found.first]

    def _in_clause_before(self, context: Found, found: Found) -> bool:
        return context.last < found.first and self.layout.clause_of[context.last] == self.layout.clause_of[found.first]

    def _is_endorsed(self, frame: Found) -> bool:
        """Whether the speaker is one of "us": then speech is passed on, not reported."""
        layout = self.layout
        return any(
            layout.sentence_of[found.first] == layout.sentence_of[frame.first] and 0 <= frame.first - found.first <= 4
            for found in self._scoped(Scope.ENDORSE)
        )

    def _quoted(self, quote: tuple[int, int]) -> Iterator[tuple[float, Stance, Context | None, str]]:
        """Somebody else is named as the speaker beside the quotation, or the post condemns what it quotes."""
        layout = self.layout
        first, last = layout.words_of(*quote)
        near = {
            layout.sentence_of[first] - 1,
            layout.sentence_of[first],
            layout.sentence_of[last],
            layout.sentence_of[last] + 1,
        }
        outside = [found for found in self.contexts if found.hit.end <= quote[0] or found.hit.start >= quote[1]]
        ordered = sorted(outside, key=lambda found: found.hit.meaning.context.stance != "condemning")  # type: ignore[union-attr]
        for found in ordered:
            context = found.hit.meaning.context
            assert context is not None
            if context.scope is Scope.POST:
                yield self._turn(found, 0.0)
                continue
            names_speaker = context.scope in (Scope.FRAME, Scope.REPORT)
            if names_speaker and layout.sentence_of[found.first] in near and not self._is_endorsed(found):
                yield self._turn(found, 0.0)

    def _introduced(self, lead: Found) -> Iterator[tuple[float, Stance, Context | None, str]]:
        """ "They write: come ..." and "Come ..., they say": a frame with a colon before, or as the closing clause."""
        layout = self.layout
        low, high = layout.sentence_start(lead.first), layout.sentence_last(lead.first)
        for found in self._scoped(Scope.FRAME):
            if self._is_endorsed(found):
                continue
            opening = low <= found.first and found.last < lead.first
            if opening:
                in_clause = layout.clause_of[found.last] == layout.clause_of[lead.first]
                if in_clause or self._colon_after(found, lead):
                    yield self._turn(found, 0.0)
            elif lead.last < found.first and found.last <= high:
                if found.hit.meaning.lang == lead.hit.meaning.lang == "am" and found.first - lead.last <= 2:
                    yield self._turn(found, 0.0)
                    continue
                start = layout.clause_start(found.first)
                is_closing = start > lead.last and found.first - start <= 2 and high - start < TAIL_WORDS
                if is_closing and layout.clause_last(found.last) == high:
                    yield self._turn(found, 0.0)

    def _colon_after(self, frame: Found, lead: Found) -> bool:
        """Whether the frame's own clause ends in a colon, and the call follows it in the same sentence."""
        layout = self.layout
        end = layout.clause_last(frame.last)
        if end + 1 >= len(layout.starts) or end - frame.last > FRAME_WORDS:
            return False
        return any(mark in layout.gap_before(end + 1) for mark in ":፦፥") and end < lead.first

    def _asked(self, lead: Found) -> Iterator[tuple[float, Stance, Context | None, str]]:
        layout = self.layout
        sentence = layout.sentence_of[lead.first]
        if lead.facet == "inquiry":
            return
        if sentence not in layout.questions:
            return
        for found in self.contexts:
            context = found.hit.meaning.context
            if context is None or context.stance != "asking" or found.last >= lead.first:
                continue
            if layout.sentence_of[found.first] == sentence:
                yield self._turn(found, ASKING_SHARE)
        concept = lead.hit.meaning.concept
        in_last_clause = layout.clause_of[lead.last] == layout.clause_of[layout.sentence_last(lead.first)]
        if concept is not None and concept.reach < OPEN_REACH and in_last_clause:
            yield ASKING_SHARE, Stance.ASKING, None, "question mark"

    def _everyday(self, lead: Found) -> Iterator[tuple[float, Stance, Context | None, str]]:
        if any(found.facet in TIED_FACETS or found.facet == "slogan" for found in self.concepts):
            return
        sentence = self.layout.sentence_of[lead.first]
        for found in self._scoped(Scope.SENTENCE):
            if self.layout.sentence_of[found.first] == sentence:
                yield EVERYDAY_SHARE, Stance.ASSERTING, found.hit.meaning.context, found.hit.meaning.term

    def mention_stance(self) -> tuple[Stance, str]:
        """The stance of a post that names something but does not call, with the term that shows it."""
        order = {"condemning": Stance.CONDEMNING, "reporting": Stance.REPORTING, "quoting": Stance.REPORTING}
        for wanted, stance in order.items():
            for found in self.contexts:
                context = found.hit.meaning.context
                if context is None or context.stance != wanted:
                    continue
                if context.scope is not Scope.BEFORE or any(
                    self._stands_before(found, named) for named in self.concepts
                ):
                    return stance, found.hit.meaning.term
        if self.layout.questions:
            return Stance.ASKING, "question mark"
        return Stance.UNKNOWN, ""

    def leads(self) -> list[Found]:
        """Concepts that may lead a rule."""
        return [found for found in self.concepts if found.facet in LEAD_FACETS]


def _once(concepts: Iterable[Found]) -> list[Found]:
    """Concepts with objects spelt alike in two languages counted once (leads keep both: negations go by language)."""
    kept: dict[tuple[int, int, str, str], Found] = {}
    for found in concepts:
        assert found.hit.meaning.concept is not None
        lang = found.hit.meaning.lang if found.facet in LEAD_FACETS else ""
        kept.setdefault((found.hit.start, found.hit.end, found.hit.meaning.concept.concept_id, lang), found)
    return list(kept.values())
