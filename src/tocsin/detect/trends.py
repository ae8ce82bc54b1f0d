"""Plain counts of tags: what is talked about, without a word on who or why."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from tocsin.records.engine import Engine

_TAGS = """
SELECT u.item AS tag, COUNT(*) AS post_count, COUNT(DISTINCT p.account_id) AS account_count,
  MIN(p.posted_at) AS first_posted_at, MAX(p.posted_at) AS last_posted_at
FROM posts AS p, UNNEST(p.tags) AS u(item)
WHERE u.item <> ''
GROUP BY u.item HAVING COUNT(*) >= {min_posts} AND COUNT(DISTINCT p.account_id) >= {min_accounts}
ORDER BY post_count DESC, tag
LIMIT {most}
"""


class TagTrend(NamedTuple):
    """How often one tag was posted, and by how many."""

    tag: str
    post_count: int
    account_count: int
    first_posted_at: datetime | None
    last_posted_at: datetime | None


def tag_trends(engine: Engine, *, min_posts: int = 5, min_accounts: int = 3, most: int = 100) -> list[TagTrend]:
    """The tags of the desk's `posts`, most posted first. A tag of fewer than `min_accounts` accounts is left out:

    counts of one or two people are about those people.
    """
    rows = engine.table(_TAGS.format(min_posts=int(min_posts), min_accounts=int(min_accounts), most=int(most)))
    return [TagTrend(**row) for row in rows.to_pylist()]
