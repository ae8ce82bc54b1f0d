"""Precision and recall of each finder against the truth of a cast, from plain lists of dicts with platform ids.

`findings` (every key optional; a post is "source:platform_id", an account the platform's own id):
    bursts     [{"key", "start_at"}]                       start_at: datetime or ISO 8601
    groups     [{"accounts": [account, ...]}]
    clusters   [{"posts": [post, ...]}]
    campaigns  [{"posts": [post, ...], "tags": [tag, ...]}]
    trends     [{"tags": [tag, ...]}]
    called     [post, ...]                                  posts a codebook reads as calls
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import combinations
from typing import Any, NamedTuple

START_TOLERANCE = timedelta(hours=6)
_ARABIC = {**str.maketrans("أإآٱىئؤة", "ااااييوه"), ord("ـ"): None}
_REQUIRED_CLUSTERS = frozenset({"narrative", "copied"})


class Score(NamedTuple):
    """One row of the table. `precision` and `recall` are 0-1, or None where nothing was found or nothing planted."""

    finder: str
    precision: float | None
    recall: float | None
    found: int
    planted: int
    note: str


def plain_key(key: str) -> str:
    """A tag without '#', case, marks and Arabic spelling variants, so that no finder's own folding is needed.

    >>> plain_key("#الطَّريق_إلى_فيلمورا") == plain_key("الطريق الي فيلمورا")
    True
    """
    bare = unicodedata.normalize("NFKD", key.removeprefix("#").replace("_", "").replace(" ", "").casefold()).translate(
        _ARABIC
    )
    return "".join(letter for letter in bare if not unicodedata.combining(letter))


def _instant(value: Any) -> datetime:
    at = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def burst_score(found: Iterable[Mapping[str, Any]], truth: Mapping[str, Any]) -> Score:
    """Recall: planted tag series whose step was found within 6 h. Precision: bursts that belong to a planted effort.

    A later burst of a planted tag while its effort lasts is right; one of an everyday tag, or before the step, is not.
    Series that did not rise at once (`must_find` false) may be found but need not be.
    """
    planted = [
        {**row, "keys": {plain_key(row["key"]), *map(plain_key, row["variants"])}, "start": _instant(row["start_at"])}
        for row in truth["bursts"]
    ]
    bursts = [(plain_key(row["key"]), _instant(row["start_at"])) for row in found]
    ends = {name: _instant(effort["last_posted_at"]) for name, effort in truth["efforts"].items()}

    def right(key: str, start: datetime) -> bool:
        return any(
            key in row["keys"] and row["start"] - START_TOLERANCE <= start <= ends[row["effort"]] for row in planted
        )

    needed = [row for row in planted if row["must_find"]]
    hit = [
        row
        for row in needed
        if any(key in row["keys"] and abs(start - row["start"]) <= START_TOLERANCE for key, start in bursts)
    ]
    correct = sum(right(key, start) for key, start in bursts)
    missed = ", ".join(sorted(row["key"] for row in needed if row not in hit))
    return Score(
        "bursts",
        _share(correct, len(bursts)),
        _share(len(hit), len(needed)),
        len(bursts),
        len(needed),
        f"missed: {missed}" if missed else "",
    )


def group_score(found: Iterable[Mapping[str, Any]], truth: Mapping[str, Any]) -> Score:
    """Over pairs of accounts: planted groups (of the campaign, and of unions and offices that copy each other) are right."""
    planted_pairs = {pair for group in truth["groups"] for pair in combinations(sorted(group["accounts"]), 2)}
    found_pairs = {pair for group in found for pair in combinations(sorted(set(group["accounts"])), 2)}
    both = len(planted_pairs & found_pairs)
    return Score(
        "coordinated account pairs",
        _share(both, len(found_pairs)),
        _share(both, len(planted_pairs)),
        len(found_pairs),
        len(planted_pairs),
        "",
    )


def member_score(found: Iterable[Mapping[str, Any]], truth: Mapping[str, Any]) -> Score:
    """Over accounts of the campaign's coordinated group, in any found group that touches it."""
    planted = {account for group in truth["groups"] if group["kind"] == "campaign" for account in group["accounts"]}
    touching = [set(group["accounts"]) for group in found if planted & set(group["accounts"])]
    members = set().union(*touching) if touching else set()
    both = len(planted & members)
    return Score(
        "coordinated campaign accounts",
        _share(both, len(members)),
        _share(both, len(planted)),
        len(members),
        len(planted),
        "",
    )


def cluster_score(found: Iterable[Mapping[str, Any]], truth: Mapping[str, Any]) -> Score:
    """Over pairs of posts. Narratives and copied texts must be found; formulaic, repeated and reposted texts may be."""
    of_post: dict[str, set[str]] = {}
    for cluster in truth["clusters"]:
        for post in cluster["posts"]:
            of_post.setdefault(post, set()).add(f"{cluster['kind']}/{cluster['name']}")
    needed = {
        pair
        for cluster in truth["clusters"]
        if cluster["kind"] in _REQUIRED_CLUSTERS
        for pair in combinations(sorted(cluster["posts"]), 2)
    }
    pairs = {pair for cluster in found for pair in combinations(sorted(set(cluster["posts"])), 2)}
    right = sum(bool(of_post.get(a, set()) & of_post.get(b, set())) for a, b in pairs)
    return Score(
        "near-duplicate pairs",
        _share(right, len(pairs)),
        _share(len(pairs & needed), len(needed)),
        len(pairs),
        len(needed),
        "",
    )


def campaign_score(found: Iterable[Mapping[str, Any]], truth: Mapping[str, Any]) -> list[Score]:
    """Campaigns: one is right if most of its labelled posts are the planted campaign's; then posts of the right ones."""
    efforts = truth["efforts"]
    planted_names = [name for name, effort in efforts.items() if effort["kind"] == "campaign"]
    effort_of = {f"{row['source']}:{row['platform_id']}": row["effort"] for row in truth["labels"]}
    right_posts: set[str] = set()
    campaigns, right, false = list(found), 0, []
    for campaign in campaigns:
        posts = set(campaign["posts"])
        own = sum(effort_of.get(post, "") in planted_names for post in posts) if planted_names else 0
        if posts and own * 2 > len(posts):
            right += 1
            right_posts |= posts
        else:
            false.append(_main_effort(posts, effort_of))
    hit = 1 if right else 0
    calls = {post for name in planted_names for post in efforts[name]["posts"].get("call", ())}
    around = {post for name in planted_names for posts in efforts[name]["posts"].values() for post in posts}
    note = f"false: {', '.join(sorted(false))}" if false else ""
    return [
        Score("campaigns", _share(right, len(campaigns)), _share(hit, len(planted_names)), len(campaigns), len(planted_names), note),
        Score("posts of the campaign", _share(len(right_posts & around), len(right_posts)), _share(len(right_posts & calls), len(calls)), len(right_posts), len(calls), "precision counts those around it, recall its calls"),
    ]  # fmt: skip


def _main_effort(posts: Iterable[str], effort_of: Mapping[str, str]) -> str:
    counts: dict[str, int] = {}
    for post in posts:
        name = effort_of.get(post, "") or "ordinary"
        counts[name] = counts.get(name, 0) + 1
    return max(sorted(counts), key=lambda name: counts[name], default="empty")


def trend_score(found: Iterable[Mapping[str, Any]], truth: Mapping[str, Any]) -> Score:
    """Benign efforts that came out as trends (by one of their tags); other trends are not counted against it."""
    planted = {
        name: {plain_key(tag) for tag in effort["tags"]}
        for name, effort in truth["efforts"].items()
        if effort["kind"] == "trend"
    }
    trends = [{plain_key(tag) for tag in trend["tags"]} for trend in found]
    hit = {name for name, tags in planted.items() if any(tags & trend for trend in trends)}
    missed = ", ".join(sorted(set(planted) - hit))
    return Score(
        "benign efforts as trends",
        None,
        _share(len(hit), len(planted)),
        len(trends),
        len(planted),
        f"missed: {missed}" if missed else "",
    )


def call_score(called: Iterable[str], truth: Mapping[str, Any]) -> list[Score]:
    """Posts read as calls, over all and by language. Hand-offs and inquiries count neither way."""
    rows = {f"{row['source']}:{row['platform_id']}": row for row in truth["labels"]}
    neutral = {post for post, row in rows.items() if row["label"] in ("handoff", "inquiry")}
    found = {post for post in called if post in rows} - neutral
    calls = {post for post, row in rows.items() if row["label"] == "call"}
    scores = []
    for lang in ("", *sorted({row["lang"] for row in rows.values()})):
        of_lang = {post for post, row in rows.items() if not lang or row["lang"] == lang}
        here, planted = found & of_lang, calls & of_lang
        scores.append(
            Score(
                f"calls {lang}".strip(),
                _share(len(here & planted), len(here)),
                _share(len(here & planted), len(planted)),
                len(here),
                len(planted),
                "",
            )
        )
    return scores


def false_alarms(called: Iterable[str], truth: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Rows of the fairness record: posts that are no call, by language and group, and how many were read as calls."""
    found = set(called)
    counts: dict[tuple[str, str], list[int]] = {}
    for row in truth["labels"]:
        if row["label"] in ("call", "handoff", "inquiry"):
            continue
        cell = counts.setdefault((row["lang"], row["group"]), [0, 0])
        cell[0] += 1
        cell[1] += f"{row['source']}:{row['platform_id']}" in found
    return [
        {"lang": lang, "group": group, "post_count": total, "false_alarm_count": alarms}
        for (lang, group), (total, alarms) in sorted(counts.items())
    ]


def score(findings: Mapping[str, Any], truth: Mapping[str, Any]) -> list[Score]:
    """The table of scores for the finders present in `findings`."""
    makers: dict[str, Callable[[Any], list[Score]]] = {
        "bursts": lambda rows: [burst_score(rows, truth)],
        "groups": lambda rows: [group_score(rows, truth), member_score(rows, truth)],
        "clusters": lambda rows: [cluster_score(rows, truth)],
        "campaigns": lambda rows: campaign_score(rows, truth),
        "trends": lambda rows: [trend_score(rows, truth)],
        "called": lambda rows: call_score(rows, truth),
    }
    return [row for name, make in makers.items() if name in findings for row in make(list(findings[name]))]
