"""Quotes are chosen from public calls; texts that need no redaction come first."""

from __future__ import annotations

from report.invented import CALLS, Village, village
from tocsin.report import Gloss, example_quotes, glosses_in


def chosen(desk: Village, **more: object) -> tuple:
    return example_quotes(
        desk.engine, desk.campaign, log_size=desk.log_size, call_threshold=0.5, redactor=desk.redactor,
        glosses=(Gloss("armed vigil", "taking towns by force"), Gloss("vigil", "x")), folded=str.casefold, **more,  # type: ignore[arg-type]
    )  # fmt: skip


def test_quotes_are_public_calls_of_the_narratives(desk: Village) -> None:
    quotes = chosen(desk)
    calls = {text for texts in CALLS.values() for text in texts}
    assert quotes
    assert all(str(quote.text.text) in calls for quote in quotes)
    assert {quote.cluster_id for quote in quotes} == {narrative.cluster_id for narrative in desk.campaign.narratives}
    english = next(quote for quote in quotes if quote.lang == "en")
    assert [gloss.term for gloss in english.glosses] == ["armed vigil"]


def test_texts_that_need_no_redaction_are_preferred() -> None:
    desk = village(extra={"en": "Come to Velmora, ask @kqzx_1 about the vigil. #RoadToVelmora"})
    assert all(quote.text.is_whole for quote in chosen(desk, per_narrative=1))


def test_a_post_that_was_not_public_is_never_chosen() -> None:
    desk = village()
    desk.engine.run("UPDATE post_versions SET audience = 'limited'")
    assert chosen(desk) == ()


def test_glosses_inside_longer_terms_are_left_out() -> None:
    keys = [("armed vigil", Gloss("armed vigil", "a")), ("vigil", Gloss("vigil", "b")), ("lamp", Gloss("lamp", "c"))]
    assert [gloss.term for gloss in glosses_in("the lamp of the armed vigil", keys)] == ["lamp", "armed vigil"]


def test_one_narrative_is_quoted_once_a_language(desk: Village) -> None:
    quotes = chosen(desk, per_narrative=5)
    seen = [(quote.cluster_id, quote.lang) for quote in quotes]
    assert len(seen) == len(set(seen))


def test_a_syllable_is_not_glossed_as_a_word() -> None:
    keys = [("ና", Gloss("ና", "a")), ("join", Gloss("join", "b")), ("القنديل الرمادي", Gloss("القنديل الرمادي", "c"))]
    assert glosses_in("ቤትና ዳቦ joint", keys) == ()
    assert [gloss.gloss for gloss in glosses_in("ወደ ቬልሞራ ና፣ join والقنديل الرمادي", keys)] == ["a", "b", "c"]
