"""The registered queries: the only SQL a figure can come from. A dispatch names them and never carries SQL to be run.

Every query is bounded by `$log_size` (posts) or `$as_of` (captures) and every query with rows is ordered, so that the
same desk gives the same figure after it has grown.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum


class ColumnKind(StrEnum):
    """How a value is shown. Finer than its type: a share is cut, never rounded up."""

    COUNT = "count"
    PERMILLE = "permille"  # whole thousandths, cut down in SQL
    EXPECTED = "expected"  # a baseline: shown rounded up, so that a rise never looks larger than it is
    Q_VALUE = "q_value"  # shown rounded up, for the same reason
    INSTANT = "instant"
    DURATION = "duration"  # seconds
    SOURCE = "source"
    LANGUAGE = "language"
    WORD = "word"  # from a closed set of ours: role, stance, kind, series
    TERM = "term"  # written by those watched, or by a person: redacted
    KEY = "key"  # what a series is of: redacted; where it is one word, also as part of a longer name
    PSEUDONYM = "pseudonym"  # the first eight characters of one
    IDENTIFIER = "identifier"  # of a finding or place of ours


@dataclass(frozen=True, slots=True)
class Query:
    """A registered query: `columns` are what it gives, in order; one row and one column make a scalar figure."""

    name: str
    says: str  # what the figure is, in the reader's words
    sql: str
    columns: tuple[tuple[str, ColumnKind], ...]
    params: tuple[tuple[str, type], ...]
    is_scalar: bool = False


_PARAM_TYPES: dict[str, type] = {
    "effort_id": str,
    "log_size": int,
    "codebook": str,
    "call_threshold": float,
    "bucket_s": int,
    "cluster_id": str,
    "burst_id": str,
    "languages": str,
    "as_of": str,
    "since": str,
    "until": str,
    "row_limit": int,
}

_MEMBER = """member AS (
  SELECT p.* FROM memberships AS m JOIN post_versions AS p ON p.leaf_index = m.leaf_index
  WHERE m.effort_id = $effort_id AND m.leaf_index < $log_size
)"""
_CALLED = """called AS (
  SELECT DISTINCT leaf_index FROM assessments
  WHERE codebook = $codebook AND recruitment >= $call_threshold AND leaf_index < $log_size
)"""
# An account is shown as taking part in a campaign only if it called at least once: a newspaper, a neighbour who
# objects or a rival that used the same tag is counted, never shown.
_DRIVER = """grouped AS (
  SELECT account_a AS account_id FROM group_edges WHERE effort_id = $effort_id
  UNION SELECT account_b FROM group_edges WHERE effort_id = $effort_id
), opening AS (
  SELECT p.account_id, row_number() OVER (PARTITION BY c.cluster_id ORDER BY p.posted_at, p.leaf_index) AS place,
    count(*) OVER (PARTITION BY c.cluster_id) AS copies
  FROM cluster_members AS c JOIN member AS p ON p.leaf_index = c.leaf_index
), opener AS (
  SELECT DISTINCT account_id FROM opening WHERE place = 1 AND copies >= 3
), driver AS (
  SELECT account_id, posts, calls,
    CASE WHEN is_opener = 1 AND reshares * 2 < posts THEN 'originator'
         WHEN replies * 2 >= posts THEN 'answerer'
         WHEN reshares * 2 >= posts THEN 'amplifier'
         WHEN is_grouped = 1 THEN 'synchronised'
         ELSE 'caller' END AS role
  FROM (
    SELECT p.account_id, count(*) AS posts, count(c.leaf_index) AS calls,
      sum(CASE WHEN p.kind = 'reply' THEN 1 ELSE 0 END) AS replies,
      sum(CASE WHEN p.kind IN ('repost', 'forward') THEN 1 ELSE 0 END) AS reshares,
      max(CASE WHEN g.account_id IS NULL THEN 0 ELSE 1 END) AS is_grouped,
      max(CASE WHEN o.account_id IS NULL THEN 0 ELSE 1 END) AS is_opener
    FROM member AS p LEFT JOIN called AS c ON c.leaf_index = p.leaf_index
      LEFT JOIN grouped AS g ON g.account_id = p.account_id LEFT JOIN opener AS o ON o.account_id = p.account_id
    GROUP BY p.account_id
  ) AS acts WHERE calls > 0
)"""
_EDGE = """edge AS (
  SELECT e.group_id, e.account_a, e.account_b, e.weight FROM group_edges AS e
    JOIN driver AS a ON a.account_id = e.account_a JOIN driver AS b ON b.account_id = e.account_b
  WHERE e.effort_id = $effort_id
)"""

_BETWEEN = """leaf_index < $log_size
  AND posted_at >= CAST($since AS TIMESTAMPTZ) AND posted_at < CAST($until AS TIMESTAMPTZ)"""

_C, _P, _I = ColumnKind.COUNT, ColumnKind.PERMILLE, ColumnKind.INSTANT


def _rows(name: str, says: str, body: str, *columns: tuple[str, ColumnKind], ctes: tuple[str, ...] = ()) -> Query:
    sql = ("WITH " + ", ".join(ctes) + "\n" if ctes else "") + body.strip()
    params = tuple((param, kind) for param, kind in _PARAM_TYPES.items() if f"${param}" in sql)
    return Query(name, says, sql, columns, params)


def _scalar(name: str, says: str, body: str, column: tuple[str, ColumnKind], *ctes: str) -> Query:
    return replace(_rows(name, says, body, column, ctes=ctes), is_scalar=True)


_CALLS = "count(c.leaf_index) AS calls"
_WITH_CALLS = "FROM member AS p LEFT JOIN called AS c ON c.leaf_index = p.leaf_index"
_SHARE = "CAST(1000 * count(*) // sum(count(*)) OVER () AS BIGINT) AS share"

_ALL = (
    _scalar(
        "corpus_posts",
        "posts in the desk's archive when the dispatch was made",
        "SELECT count(DISTINCT post_id) FROM post_versions WHERE leaf_index < $log_size",
        ("posts", _C),
    ),
    _scalar("campaign_posts", "posts of the campaign", "SELECT count(*) FROM member", ("posts", _C), _MEMBER),
    _scalar(
        "campaign_accounts",
        "accounts that posted in the campaign, whatever they said",
        "SELECT count(DISTINCT account_id) FROM member",
        ("accounts", _C),
        _MEMBER,
    ),
    _scalar(
        "campaign_first_posted",
        "when the campaign's first post was made",
        "SELECT min(posted_at) FROM member",
        ("posted_at", _I),
        _MEMBER,
    ),
    _scalar(
        "campaign_last_posted",
        "when the campaign's last post was made",
        "SELECT max(posted_at) FROM member",
        ("posted_at", _I),
        _MEMBER,
    ),
    _rows(
        "campaign_calls",
        "posts that call, by the codebook's score, and their share of the campaign's posts",
        f"SELECT count(c.leaf_index), count(*), CAST(1000 * count(c.leaf_index) // greatest(count(*), 1) AS BIGINT) "
        f"{_WITH_CALLS}",
        ("calls", _C),
        ("posts", _C),
        ("share", _P),
        ctes=(_MEMBER, _CALLED),
    ),
    _rows(
        "campaign_timeline",
        "posts and calls by stretch of time",
        f"""SELECT make_timestamptz(CAST(floor(epoch(p.posted_at) / $bucket_s) AS BIGINT) * $bucket_s * 1000000) AS at,
  count(*) AS posts, {_CALLS}
{_WITH_CALLS} WHERE p.posted_at IS NOT NULL GROUP BY 1 ORDER BY 1""",
        ("bucket_at", _I),
        ("posts", _C),
        ("calls", _C),
        ctes=(_MEMBER, _CALLED),
    ),
    _rows(
        "campaign_timeline_between",
        "posts and calls by finer stretches, around the leading burst",
        f"""SELECT make_timestamptz(CAST(floor(epoch(p.posted_at) / $bucket_s) AS BIGINT) * $bucket_s * 1000000) AS at,
  count(*) AS posts, {_CALLS}
{_WITH_CALLS} WHERE p.posted_at >= CAST($since AS TIMESTAMPTZ) AND p.posted_at < CAST($until AS TIMESTAMPTZ)
GROUP BY 1 ORDER BY 1""",
        ("bucket_at", _I),
        ("posts", _C),
        ("calls", _C),
        ctes=(_MEMBER, _CALLED),
    ),
    _scalar(
        "archive_posts_between",
        "posts in the desk's archive in a stretch of time, whatever they are about",
        f"SELECT count(DISTINCT post_id) FROM post_versions WHERE {_BETWEEN}",
        ("posts", _C),
    ),
    _scalar(
        "tag_posts_between",
        "posts in the desk's archive with the bursting tag in a stretch of time, of the campaign or not",
        f"""SELECT count(DISTINCT t.post_id)
FROM (SELECT post_id, unnest(tags) AS tag FROM post_versions WHERE {_BETWEEN}) AS t
JOIN bursts AS b ON b.key = t.tag
WHERE b.series = 'tag' AND b.burst_id = $burst_id AND b.effort_id = $effort_id""",
        ("posts", _C),
    ),
    _rows(
        "campaign_bursts",
        "bursts, with what the baseline explains and the event each follows",
        """SELECT series, key, start_at, end_at, peak_at, peak_count, post_count, expected_count, q_value,
  trigger_title, trigger_at, trigger_lag_s, trigger_source
FROM bursts WHERE effort_id = $effort_id
ORDER BY CASE series WHEN 'tag' THEN 0 WHEN 'phrase' THEN 2 ELSE 1 END, post_count - expected_count DESC, burst_id""",
        ("series", ColumnKind.WORD),
        ("key", ColumnKind.KEY),
        ("start_at", _I),
        ("end_at", _I),
        ("peak_at", _I),
        ("peak_count", _C),
        ("post_count", _C),
        ("expected_count", ColumnKind.EXPECTED),
        ("q_value", ColumnKind.Q_VALUE),
        ("trigger_title", ColumnKind.TERM),
        ("trigger_at", _I),
        ("trigger_lag_s", ColumnKind.DURATION),
        ("trigger_source", ColumnKind.TERM),
    ),
    _rows(
        "campaign_sources",
        "posts, accounts and calls by source",
        f"""SELECT p.source, count(*) AS posts, count(DISTINCT p.account_id) AS accounts, {_CALLS}, {_SHARE}
{_WITH_CALLS} GROUP BY p.source ORDER BY posts DESC, p.source""",
        ("source", ColumnKind.SOURCE),
        ("posts", _C),
        ("accounts", _C),
        ("calls", _C),
        ("share", _P),
        ctes=(_MEMBER, _CALLED),
    ),
    _rows(
        "campaign_languages",
        "posts, accounts and calls by language",
        f"""SELECT p.lang, count(*) AS posts, count(DISTINCT p.account_id) AS accounts, {_CALLS}, {_SHARE}
{_WITH_CALLS} GROUP BY p.lang ORDER BY posts DESC, p.lang""",
        ("language", ColumnKind.LANGUAGE),
        ("posts", _C),
        ("accounts", _C),
        ("calls", _C),
        ("share", _P),
        ctes=(_MEMBER, _CALLED),
    ),
    _rows(
        "campaign_tags",
        "the tags used most, by three accounts or more, and how many of their posts call",
        """SELECT tag, count(*) AS posts, count(DISTINCT account_id) AS accounts, sum(call) AS calls
FROM (SELECT unnest(p.tags) AS tag, p.account_id, CASE WHEN c.leaf_index IS NULL THEN 0 ELSE 1 END AS call
  FROM member AS p LEFT JOIN called AS c ON c.leaf_index = p.leaf_index) AS used
GROUP BY tag HAVING count(DISTINCT account_id) >= 3 ORDER BY posts DESC, tag LIMIT 10""",
        ("tag", ColumnKind.TERM),
        ("posts", _C),
        ("accounts", _C),
        ("calls", _C),
        ctes=(_MEMBER, _CALLED),
    ),
    _rows(
        "campaign_stances",
        "posts in which the codebook matched something, by the author's stance as far as rules can tell",
        """SELECT a.stance, count(DISTINCT p.leaf_index) AS posts
FROM member AS p JOIN assessments AS a ON a.leaf_index = p.leaf_index WHERE a.codebook = $codebook
GROUP BY a.stance ORDER BY posts DESC, a.stance""",
        ("stance", ColumnKind.WORD),
        ("posts", _C),
        ctes=(_MEMBER,),
    ),
    _rows(
        "campaign_call_kinds",
        "calls by what they ask for",
        """SELECT a.kind, count(DISTINCT p.leaf_index) AS posts FROM member AS p JOIN assessments AS a
  ON a.leaf_index = p.leaf_index WHERE a.codebook = $codebook AND a.recruitment >= $call_threshold
GROUP BY a.kind ORDER BY posts DESC, a.kind""",
        ("kind", ColumnKind.WORD),
        ("posts", _C),
        ctes=(_MEMBER,),
    ),
    _rows(
        "narrative_size",
        "posts, accounts and calls of one narrative, with its first and last post",
        f"""SELECT count(*) AS posts, count(DISTINCT p.account_id) AS accounts, {_CALLS},
  min(p.posted_at) AS first_posted_at, max(p.posted_at) AS last_posted_at
{_WITH_CALLS} JOIN cluster_members AS k ON k.leaf_index = p.leaf_index AND k.cluster_id = $cluster_id""",
        ("posts", _C),
        ("accounts", _C),
        ("calls", _C),
        ("first_posted_at", _I),
        ("last_posted_at", _I),
        ctes=(_MEMBER, _CALLED),
    ),
    _rows(
        "campaign_destinations",
        "places named as destinations in calls",
        """SELECT place_id, count(DISTINCT leaf_index) AS posts, count(DISTINCT account_id) AS accounts,
  min(posted_at) AS first_posted_at, max(posted_at) AS last_posted_at
FROM (SELECT unnest(a.destinations) AS place_id, p.leaf_index, p.account_id, p.posted_at
  FROM member AS p JOIN assessments AS a ON a.leaf_index = p.leaf_index WHERE a.codebook = $codebook) AS named
GROUP BY place_id ORDER BY posts DESC, place_id LIMIT 40""",
        ("place_id", ColumnKind.IDENTIFIER),
        ("posts", _C),
        ("accounts", _C),
        ("first_posted_at", _I),
        ("last_posted_at", _I),
        ctes=(_MEMBER,),
    ),
    _rows(
        "campaign_roles",
        "accounts that called at least once, by what they did",
        """SELECT role, count(*) AS accounts, CAST(sum(posts) AS BIGINT) AS posts, CAST(sum(calls) AS BIGINT) AS calls
FROM driver GROUP BY role ORDER BY accounts DESC, role""",
        ("role", ColumnKind.WORD),
        ("accounts", _C),
        ("posts", _C),
        ("calls", _C),
        ctes=(_MEMBER, _CALLED, _DRIVER),
    ),
    _scalar(
        "campaign_bystanders",
        "accounts that posted in the campaign without ever calling: they report, ask, object or dispute",
        "SELECT count(DISTINCT account_id) FROM member WHERE account_id NOT IN (SELECT account_id FROM driver)",
        ("accounts", _C),
        _MEMBER,
        _CALLED,
        _DRIVER,
    ),
    _rows(
        "campaign_network",
        "accounts drawn in the network, with their role",
        """SELECT account, role, ties FROM (
  SELECT substr(d.account_id, 1, 8) AS account, d.role, count(e.weight) AS ties
  FROM driver AS d LEFT JOIN edge AS e ON e.account_a = d.account_id OR e.account_b = d.account_id
  GROUP BY d.account_id, d.role HAVING count(e.weight) > 0 ORDER BY ties DESC, account LIMIT $row_limit
) AS drawn ORDER BY account""",
        ("account", ColumnKind.PSEUDONYM),
        ("role", ColumnKind.WORD),
        ("ties", _C),
        ctes=(_MEMBER, _CALLED, _DRIVER, _EDGE),
    ),
    _rows(
        "campaign_ties",
        "pairs of calling accounts that posted the same things within the window, and how often",
        """SELECT substr(account_a, 1, 8) AS a, substr(account_b, 1, 8) AS b, CAST(sum(weight) AS BIGINT) AS weight
FROM edge GROUP BY account_a, account_b ORDER BY weight DESC, a, b LIMIT 2000""",
        ("account_a", ColumnKind.PSEUDONYM),
        ("account_b", ColumnKind.PSEUDONYM),
        ("weight", _C),
        ctes=(_MEMBER, _CALLED, _DRIVER, _EDGE),
    ),
    _rows(
        "campaign_coordination",
        "coordinated groups among the calling accounts, the accounts in them, their pairs and their posts",
        """SELECT count(DISTINCT group_id),
  (SELECT count(*) FROM driver AS d
    WHERE d.account_id IN (SELECT account_a FROM edge UNION SELECT account_b FROM edge)),
  count(*),
  (SELECT CAST(coalesce(sum(posts), 0) AS BIGINT) FROM driver AS d
    WHERE d.account_id IN (SELECT account_a FROM edge UNION SELECT account_b FROM edge))
FROM edge""",
        ("groups", _C),
        ("accounts", _C),
        ("pairs", _C),
        ("posts", _C),
        ctes=(_MEMBER, _CALLED, _DRIVER, _EDGE),
    ),
    _scalar(
        "campaign_half",
        "the fewest accounts that together made half of the calls",
        """SELECT count(*) FROM (
  SELECT calls, sum(calls) OVER (ORDER BY calls DESC, account_id ROWS UNBOUNDED PRECEDING) - calls AS before,
    sum(calls) OVER () AS total FROM driver) AS ranked WHERE before * 2 < total""",
        ("accounts", _C),
        _MEMBER,
        _CALLED,
        _DRIVER,
    ),
    _rows(
        "campaign_time_bases",
        "posts by how their time is known",
        "SELECT time_basis, count(*) AS posts FROM member GROUP BY time_basis ORDER BY posts DESC, time_basis",
        ("time_basis", ColumnKind.WORD),
        ("posts", _C),
        ctes=(_MEMBER,),
    ),
    _scalar(
        "campaign_gone",
        "posts of the campaign that the platform had deleted or withheld when they were collected",
        "SELECT count(*) FROM member WHERE status IN ('deleted', 'withheld')",
        ("posts", _C),
        _MEMBER,
    ),
    _rows(
        "campaign_unassessed",
        "posts in languages the codebook does not cover",
        """SELECT lang, count(*) AS posts FROM member WHERE strpos($languages, ',' || lang || ',') = 0
GROUP BY lang ORDER BY posts DESC, lang""",
        ("language", ColumnKind.LANGUAGE),
        ("posts", _C),
        ctes=(_MEMBER,),
    ),
    _rows(
        "import_totals",
        "captures, and the records in them that were read, stored, doubled and quarantined, and times in doubt",
        """SELECT count(*), CAST(coalesce(sum("read"), 0) AS BIGINT), CAST(coalesce(sum(stored), 0) AS BIGINT),
  CAST(coalesce(sum(duplicate), 0) AS BIGINT), CAST(coalesce(sum(quarantined), 0) AS BIGINT),
  CAST(coalesce(sum(ambiguous_times), 0) AS BIGINT), CAST(coalesce(sum(assumed_times), 0) AS BIGINT),
  CAST(coalesce(sum(missing_times), 0) AS BIGINT)
FROM captures WHERE committed_at <= CAST($as_of AS TIMESTAMPTZ)""",
        ("captures", _C),
        ("read", _C),
        ("stored", _C),
        ("duplicate", _C),
        ("quarantined", _C),
        ("ambiguous_times", _C),
        ("assumed_times", _C),
        ("missing_times", _C),
    ),
    _rows(
        "import_sources",
        "what was read, by source and format",
        """SELECT source, format, count(*) AS captures, CAST(sum("read") AS BIGINT) AS read_count,
  CAST(sum(stored) AS BIGINT) AS stored, CAST(sum(duplicate) AS BIGINT) AS duplicate,
  CAST(sum(quarantined) AS BIGINT) AS quarantined
FROM captures WHERE committed_at <= CAST($as_of AS TIMESTAMPTZ) GROUP BY source, format ORDER BY source, format""",
        ("source", ColumnKind.SOURCE),
        ("format", ColumnKind.IDENTIFIER),
        ("captures", _C),
        ("read", _C),
        ("stored", _C),
        ("duplicate", _C),
        ("quarantined", _C),
    ),
)

FIGURES: dict[str, Query] = {query.name: query for query in _ALL}
"""Name -> registered query."""
