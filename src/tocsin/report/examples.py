"""Which posts a dispatch quotes: public calls from its narratives, preferring those whose whole text may be shown."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from tocsin.records.engine import Engine
from tocsin.records.findings import Campaign
from tocsin.records.posts import Audience

from .brief import Gloss, Quote
from .figures import NARRATIVE_LIMIT
from .redact import Redacted, Redactor

_LOOKED_AT = 200  # of each narrative, earliest first
_SYLLABLE = 3  # letters
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
    """The candidates to quote: whole texts first, each language once.

    Texts of a narrative are nearly the same: a second one in the same language spreads the call and tells nothing.
    """
    chosen: list[tuple[dict, Redacted]] = []
    for candidate in sorted(candidates, key=lambda candidate: not candidate[1].is_whole):
        if len(chosen) < count and all(candidate[0]["lang"] != other["lang"] for other, _ in chosen):
            chosen.append(candidate)
    return chosen


def _stands_in(key: str, folded_text: str) -> bool:
    """True where the key is in the text; as whole words where it is short or Latin, so that no syllable is glossed.

    Arabic, Amharic and their like write particles onto a word: their longer terms may stand inside one.
    """
    if len(key) > _SYLLABLE and not key[:1].isascii():
        return key in folded_text
    return re.search(rf"(?<![^\W_]){re.escape(key)}(?![^\W_])", folded_text) is not None


def glosses_in(folded_text: str, keys: Sequence[tuple[str, Gloss]]) -> tuple[Gloss, ...]:
    """The glosses whose folded term stands in a folded text, longer terms first, none inside another found."""
    found: list[tuple[str, Gloss]] = []
    for key, gloss in sorted(keys, key=lambda item: (-len(item[0]), item[0])):
        if key and _stands_in(key, folded_text) and not any(key in longer for longer, _ in found):
            found.append((key, gloss))
    return tuple(gloss for _, gloss in sorted(found, key=lambda item: folded_text.index(item[0])))
