"""Which posts a dispatch quotes: public calls from its narratives, preferring those whose whole text may be shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tocsin.records.engine import Engine
from tocsin.records.findings import Campaign
from tocsin.records.posts import Audience

from .brief import Gloss, Quote
from .figures import NARRATIVE_LIMIT
from .redact import Redacted, Redactor

_LOOKED_AT = 200  # of each narrative, earliest first
_EXAMPLES = f"""SELECT p.leaf_index, p.post_id, p.source, p.lang, p.posted_at, p.text, max(a.stance) AS stance
FROM memberships AS m JOIN post_versions AS p ON p.leaf_index = m.leaf_index
  JOIN cluster_members AS k ON k.leaf_index = p.leaf_index
  JOIN assessments AS a ON a.leaf_index = p.leaf_index
WHERE m.effort_id = $effort_id AND m.leaf_index < $log_size AND k.cluster_id = $cluster_id
  AND a.codebook = $codebook AND a.recruitment >= $call_threshold
  AND p.audience = '{Audience.PUBLIC.value}' AND length(p.text) BETWEEN 12 AND 700
GROUP BY p.leaf_index, p.post_id, p.source, p.lang, p.posted_at, p.text
ORDER BY p.posted_at, p.leaf_index LIMIT {_LOOKED_AT}"""


def example_quotes(
    engine: Engine,
    campaign: Campaign,
    *,
    log_size: int,
    call_threshold: float,
    redactor: Redactor,
    glosses: Sequence[Gloss],
    folded: Callable[[str], str],
    per_narrative: int = 2,
) -> tuple[Quote, ...]:
    """Quotes of the campaign's narratives, without proofs (the desk adds them with `dataclasses.replace`).

    Only public posts that call; of each narrative first a text that needs no redaction, then one in another language.
    Posts of people who report, ask or object are never chosen by itself: a text that can be searched for leads to its
    author. `glosses` are the codebook's terms with their meaning; `folded` is the folding key of one text.
    """
    quotes: list[Quote] = []
    keys = [(folded(gloss.term), gloss) for gloss in glosses]
    for narrative in campaign.narratives[:NARRATIVE_LIMIT]:
        rows = engine.table(
            _EXAMPLES,
            {
                "effort_id": campaign.campaign_id,
                "log_size": log_size,
                "cluster_id": narrative.cluster_id,
                "codebook": campaign.codebook,
                "call_threshold": float(call_threshold),
            },
        ).to_pylist()
        redacted = [(row, redactor.redacted(row["text"])) for row in rows]
        for row, text in _chosen(redacted, per_narrative):
            quotes.append(
                Quote(
                    leaf_index=row["leaf_index"],
                    post_id=row["post_id"],
                    source=row["source"],
                    lang=row["lang"],
                    posted_at=row["posted_at"],
                    text=text,
                    audience=Audience.PUBLIC,
                    glosses=glosses_in(folded(row["text"]), keys),
                    cluster_id=narrative.cluster_id,
                    stance=row["stance"],
                )
            )
    return tuple(quotes)


def _chosen(candidates: list[tuple[dict, Redacted]], count: int) -> list[tuple[dict, Redacted]]:
    """The candidates to quote: whole texts first, a language at most once before any twice, no text twice."""
    chosen: list[tuple[dict, Redacted]] = []
    for is_repeat_allowed in (False, True):
        for candidate in sorted(candidates, key=lambda candidate: not candidate[1].is_whole):
            row = candidate[0]
            is_new = all(row["text"] != other["text"] for other, _ in chosen)
            is_other_language = all(row["lang"] != other["lang"] for other, _ in chosen)
            if len(chosen) < count and is_new and (is_other_language or is_repeat_allowed):
                chosen.append(candidate)
    return chosen


def glosses_in(folded_text: str, keys: Sequence[tuple[str, Gloss]]) -> tuple[Gloss, ...]:
    """The glosses whose folded term stands in a folded text, longer terms first, none inside another found."""
    found: list[tuple[str, Gloss]] = []
    for key, gloss in sorted(keys, key=lambda item: (-len(item[0]), item[0])):
        if key and key in folded_text and not any(key in longer for longer, _ in found):
            found.append((key, gloss))
    return tuple(gloss for _, gloss in sorted(found, key=lambda item: folded_text.index(item[0])))
