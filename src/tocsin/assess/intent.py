"""Assessments: what a codebook says of one text or of a whole corpus, with spans and reasons."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pyarrow as pa
import regex

from tocsin.assess.calls import Call, Found, Reading
from tocsin.assess.codebook_types import ANCHOR_FACETS, LANGUAGE_NAMES, Codebook, Scope
from tocsin.assess.layout import MAX_TEXT, Layout, layout_of
from tocsin.assess.matching import Hit, Matcher
from tocsin.assess.places import PlaceFinder
from tocsin.records.findings import ASSESSMENTS, Assessment, Span, SpanKind, Stance
from tocsin.records.folding import FoldedText, Folder

THRESHOLD = 0.5  # recruitment from here on counts as a call
RULES_VERSION = "1"  # of the rules in this room; a fairness record holds for one version of them
MENTION = 0.1
MAX_SPANS = 500
_WORDS = regex.compile(r"\p{L}{2,}")
_NOT_WORDS = regex.compile(r"https?://\S+|www\.\S+|[@#]\S+")
_TURNED_KIND = {
    Stance.REPORTING: "news",
    Stance.CONDEMNING: "counter-speech",
    Stance.ASKING: "question",
    Stance.QUOTING: "quotation",
}


class Assessor:
    """Reads texts with some codebooks. `readers.assessor` makes it and refuses codebooks without a fairness record."""

    def __init__(self, codebooks: Sequence[Codebook], folder: Folder, threshold: float = THRESHOLD) -> None:
        self.codebooks = tuple(codebooks)
        self.threshold = threshold
        self.matcher = Matcher(self.codebooks, folder)
        self.folder = folder
        self.places = PlaceFinder(folder)

    def table(self, ids: Sequence[int], texts: Sequence[str], folded: Sequence[str], langs: Sequence[str]) -> pa.Table:
        """ASSESSMENTS rows of a batch; texts in which nothing tied to violence is named have no row."""
        rows: list[dict[str, object]] = []
        candidates = self.matcher.candidates(folded)
        exact = self.folder.texts([texts[position] for position in candidates])
        known: dict[tuple[str, str], list[dict[str, object]]] = {}
        for position, folded_text in zip(candidates, exact, strict=True):
            # Copies are most of a campaign: the same words in the same language are read once a batch.
            key = (texts[position], langs[position])
            if key not in known:
                known[key] = self._rows(texts[position], langs[position], folded_text)
            rows.extend({"leaf_index": ids[position], **row} for row in known[key])
        return pa.Table.from_pylist(rows, schema=ASSESSMENTS)

    def _rows(self, text: str, lang: str, folded: FoldedText) -> list[dict[str, object]]:
        """ASSESSMENTS rows of one text, without the leaf index."""
        hits = self.matcher.hits(text, folded)
        layout: Layout | None = None
        rows = []
        for book, codebook in enumerate(self.codebooks):
            own = [hit for hit in hits if hit.meaning.book == book]
            if _has_anchor(own):
                layout = layout or layout_of(text)
                rows.append(_row(*self._assessed(codebook, text, lang, layout, own)))
        return rows

    def text(self, text: str, lang: str) -> tuple[Assessment, ...]:
        """What each codebook says of one text."""
        folded = self.folder.texts([text])[0]
        hits = self.matcher.hits(text, folded)
        layout = layout_of(text)
        return tuple(
            self._assessed(codebook, text, lang, layout, [hit for hit in hits if hit.meaning.book == book])[0]
            for book, codebook in enumerate(self.codebooks)
        )

    def _assessed(
        self, codebook: Codebook, text: str, lang: str, layout: Layout, hits: Sequence[Hit]
    ) -> tuple[Assessment, list[str]]:
        is_named = _has_anchor(hits)
        hits = [hit for hit in hits if hit.end <= len(layout.text)]
        if is_named and not _has_anchor(hits):
            return _too_long(codebook, lang), []
        if not _has_anchor(hits) or not layout.starts:
            return _unmatched(codebook, text, lang), []
        readings = [
            Reading(codebook, layout, [hit for hit in hits if low <= hit.start < high]) for low, high in layout.pieces()
        ]
        calls = sorted((call for reading in readings for call in reading.calls()), key=Call.order)
        if calls:
            return (
                _called(codebook, lang, readings, calls, self.threshold),
                self._destinations(layout, readings, calls),
            )
        return _mentioned(codebook, lang, readings), []

    def _destinations(self, layout: Layout, readings: Sequence[Reading], calls: Sequence[Call]) -> list[str]:
        """Place ids named as where calls point: declared destinations, and countries in the call's own sentence."""
        strong = [call for call in calls if call.recruitment >= self.threshold]
        sentences = dict.fromkeys(layout.sentence_of[call.lead.first] for call in strong)
        targets = {id(call.target) for call in strong}
        found: dict[str, None] = {}
        for concept in (concept for reading in readings for concept in reading.concepts):
            declared = concept.hit.meaning.concept
            place = declared.place if declared is not None else None
            if place is not None and (layout.sentence_of[concept.first] in sentences or id(concept) in targets):
                found[place.place_id] = None
        for sentence in sentences:
            first = layout.sentence_of.index(sentence)
            words = layout.text[layout.starts[first] : layout.ends[layout.sentence_last(first)]]
            found.update(dict.fromkeys(self.places.named(self.folder.keys([words]), [words])[0]))
        return list(found)


def _has_anchor(hits: Sequence[Hit]) -> bool:
    return any(hit.meaning.concept is not None and hit.meaning.concept.facet in ANCHOR_FACETS for hit in hits)


def _too_long(codebook: Codebook, lang: str) -> Assessment:
    reason = f"cannot assess: something of the codebook is named only beyond the first {MAX_TEXT} characters"
    kind = "cannot assess"
    return Assessment(codebook.name, codebook.version, lang, None, kind, Stance.UNKNOWN, (), (reason,))


def _unmatched(codebook: Codebook, text: str, lang: str) -> Assessment:
    """Nothing of the codebook is named: 0 in a covered language, else "cannot assess" (never "no")."""
    covered = lang in codebook.languages
    words = _WORDS.findall(_NOT_WORDS.sub(" ", text))
    if covered or not words:
        reason = (
            f"nothing of the codebook is named in this {LANGUAGE_NAMES.get(lang, lang)} text"
            if covered
            else "there are no words to read in this text"
        )
        return Assessment(codebook.name, codebook.version, lang, 0.0, "none", Stance.UNKNOWN, (), (reason,))
    languages = ", ".join(LANGUAGE_NAMES.get(code, code) for code in codebook.languages)
    which = "the language could not be told" if lang == "und" else f"language {lang} is not covered"
    reason = f"cannot assess: {which}; the codebook covers {languages}"
    return Assessment(codebook.name, codebook.version, lang, None, "cannot assess", Stance.UNKNOWN, (), (reason,))


def _called(
    codebook: Codebook, lang: str, readings: Sequence[Reading], calls: Sequence[Call], threshold: float
) -> Assessment:
    best = calls[0]
    is_call = best.recruitment >= threshold
    asks_to_join = best.lead.facet == "inquiry" and best.stance is Stance.ASSERTING
    kind = best.rule.kind if is_call or asks_to_join else _TURNED_KIND.get(best.stance, "mention")
    lead, target = best.lead.hit.meaning, best.target.hit.meaning
    assert lead.concept is not None
    assert target.concept is not None
    reasons = [
        f'{lead.concept.facet} "{lead.term}" beside {target.concept.facet} "{target.term}" '
        f"({target.concept.gloss}): {best.rule.kind}, weight {best.rule.recruitment:.2f}"
    ]
    if best.context is not None and best.stance is not Stance.ASSERTING:
        reasons.append(f'{best.stance}: "{best.turned_by}" ({best.context.scope}) turns it')
    elif best.context is not None:
        reasons.append(f'everyday context "{best.turned_by}" and no violent group named: weight lowered')
    elif best.turned_by:
        reasons.append(f"{best.stance}: {best.turned_by}")
    others = sum(1 for call in calls[1:] if call.recruitment >= threshold)
    if others:
        reasons.append(f"{others} more combinations of the codebook in the same text")
    return Assessment(
        codebook.name,
        codebook.version,
        lang,
        round(best.recruitment, 4),
        kind,
        best.stance,
        _spans(readings),
        tuple(reasons),
    )


def _mentioned(codebook: Codebook, lang: str, readings: Sequence[Reading]) -> Assessment:
    stance, term = min((reading.mention_stance() for reading in readings), key=lambda found: not found[1])
    spans = _spans(readings)
    if lang not in codebook.languages and lang != "und" and not any(reading.leads() for reading in readings):
        reason = f"something of the codebook is named, but language {lang} is not covered: cannot assess"
        kind = "cannot assess"
        return Assessment(codebook.name, codebook.version, lang, None, kind, Stance.UNKNOWN, spans, (reason,))
    concepts = (found.hit.meaning.concept for reading in readings for found in reading.concepts)
    reasons = ["named without a call: " + "; ".join(dict.fromkeys(concept.gloss for concept in concepts if concept))]
    if term:
        reasons.append(f'{stance}: "{term}"')
    kind = _TURNED_KIND.get(stance, "mention")
    return Assessment(codebook.name, codebook.version, lang, MENTION, kind, stance, spans, tuple(reasons))


def _spans(readings: Sequence[Reading]) -> tuple[Span, ...]:
    found = {
        span for reading in readings for part in (*reading.concepts, *reading.contexts) for span in _span(reading, part)
    }
    return tuple(sorted(found)[:MAX_SPANS])


def _span(reading: Reading, found: Found) -> Iterator[Span]:
    hit, name = found.hit, reading.codebook.name
    concept, context = hit.meaning.concept, hit.meaning.context
    if concept is not None:
        yield Span(
            hit.start, hit.end, f"{name}/{concept.concept_id}", concept.facet, SpanKind.CONCEPT, hit.meaning.term
        )
    elif context is not None and context.scope is not Scope.ENDORSE:
        yield Span(hit.start, hit.end, f"{name}/{context.stance}", "stance", SpanKind.NEGATING, hit.meaning.term)


def _row(assessment: Assessment, destinations: Sequence[str]) -> dict[str, object]:
    prefix = len(assessment.codebook) + 1
    concepts = dict.fromkeys(
        f"{span.facet}:{span.concept[prefix:]}" for span in assessment.spans if span.kind is SpanKind.CONCEPT
    )
    return {
        "codebook": assessment.codebook,
        "codebook_version": assessment.codebook_version,
        "recruitment": assessment.recruitment,
        "kind": assessment.kind,
        "stance": str(assessment.stance),
        "concepts": list(concepts),
        "destinations": list(destinations),
    }
