"""Drafts as X/Twitter exports: API v2 pages as twarc2 writes them, and API v1.1 extended JSONL."""

from __future__ import annotations

import json
import random
import re
from datetime import datetime, timedelta
from typing import Any

from cast.people import Account, Draft

_EPOCH_MS = 1288834974657
_TOKEN = re.compile(r"(?P<url>https?://\S+)|(?<![\w#@])#(?P<tag>\w[\w\u064b-\u0652\u0640]*)|(?<![\w@])@(?P<handle>\w+)")
PAGE = 100


def snowflake(at: datetime, milliseconds: int, low_bits: int) -> str:
    """The id X would give a post made at this instant."""
    return str(((int(at.timestamp()) * 1000 + milliseconds - _EPOCH_MS) << 22) | low_bits)


def short_link(url: str, known: dict[str, str]) -> str:
    """The shortened form of a link; plainly invented."""
    return known.setdefault(url, f"https://t.co/INVENTED{len(known):04d}")


def entities(
    text: str, known_links: dict[str, str], handles: dict[str, str]
) -> tuple[str, dict[str, list[dict[str, Any]]]]:
    """The text with shortened links, and its v2 entities with code-point offsets."""
    written = re.sub(r"https?://\S+", lambda match: short_link(match[0], known_links), text)
    expanded = {short: url for url, short in known_links.items()}
    found: dict[str, list[dict[str, Any]]] = {}
    for match in _TOKEN.finditer(written):
        place = {"start": match.start(), "end": match.end()}
        if match["url"]:
            url = expanded[match["url"]]
            found.setdefault("urls", []).append(
                {**place, "url": match["url"], "expanded_url": url, "display_url": url.removeprefix("https://")[:26]}
            )
        elif match["tag"]:
            found.setdefault("hashtags", []).append({**place, "tag": match["tag"]})
        elif match["handle"] in handles:
            found.setdefault("mentions", []).append(
                {**place, "username": match["handle"], "id": handles[match["handle"]]}
            )
    return written, found


def shortened(text: str, draft: Draft) -> str:
    """A repost's text as X cuts it."""
    return text[:139] + "…" if draft.repost_of is not None and len(text) > 140 else text


def v2_post(draft: Draft, known_links: dict[str, str], handles: dict[str, str]) -> dict[str, Any]:
    """One post object of API v2."""
    text, found = entities(draft.text, known_links, handles)
    cut = shortened(text, draft)
    found = {
        kind: kept
        for kind, items in found.items()
        if (kept := [item for item in items if item["end"] <= len(cut) - (cut != text)])
    }
    root = draft.reply_to.platform_id if draft.reply_to else draft.platform_id
    post: dict[str, Any] = {
        "id": draft.platform_id,
        "author_id": draft.account.platform_id,
        "conversation_id": root,
        "created_at": draft.at.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "edit_history_tweet_ids": [draft.platform_id],
        "lang": draft.lang,
        "possibly_sensitive": False,
        "public_metrics": {
            "retweet_count": draft.number % 4,
            "reply_count": draft.number % 3,
            "like_count": draft.number % 7,
            "quote_count": 0,
        },
        "reply_settings": "everyone",
        "text": cut,
    }
    if found:
        post["entities"] = found
    if draft.repost_of is not None:
        post["referenced_tweets"] = [{"type": "retweeted", "id": draft.repost_of.platform_id}]
    elif draft.reply_to is not None:
        post["referenced_tweets"] = [{"type": "replied_to", "id": draft.reply_to.platform_id}]
        post["in_reply_to_user_id"] = draft.reply_to.account.platform_id
    if draft.damage == "wrong type":
        post["text"] = {"unexpected": ["not", "a", "text"]}
    elif draft.damage == "no id":
        del post["id"]
    return post


def v2_user(account: Account) -> dict[str, Any]:
    """One user object of API v2."""
    assert account.created_at is not None
    return {
        "id": account.platform_id, "username": account.handle, "name": account.name, "created_at": account.created_at.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "description": "", "protected": False, "verified": False, "public_metrics": {"followers_count": len(account.handle) * 7, "following_count": 40, "tweet_count": 200, "listed_count": 0},
    }  # fmt: skip


def v2_lines(
    drafts: list[Draft], query: str, retrieved_at: datetime, handles: dict[str, str], known_links: dict[str, str]
) -> list[str]:
    """Pages of posts, newest first, as twarc2 writes a search; one page a line."""
    newest_first = sorted(drafts, key=lambda d: (d.at, d.platform_id), reverse=True)
    lines = []
    for number, at in enumerate(range(0, len(newest_first), PAGE)):
        page = newest_first[at : at + PAGE]
        posts = [v2_post(draft, known_links, handles) for draft in page]
        originals = {d.repost_of.platform_id: d.repost_of for d in page if d.repost_of is not None}
        users = {d.account.platform_id: d.account for d in (*page, *originals.values())}
        ids = [post["id"] for post in posts if "id" in post]
        document: dict[str, Any] = {
            "data": posts,
            "includes": {"users": [v2_user(users[key]) for key in sorted(users)]},
            "meta": {"newest_id": max(ids, key=int), "oldest_id": min(ids, key=int), "result_count": len(posts)},
            "__twarc": {
                "url": f"https://api.twitter.com/2/tweets/search/all?query={query}&max_results={PAGE}",
                "version": "2.14.0",
                "retrieved_at": (retrieved_at + timedelta(seconds=4 * number)).strftime("%Y-%m-%dT%H:%M:%S+00:00"),
            },
        }
        if originals:
            document["includes"]["tweets"] = [
                v2_post(originals[key], known_links, handles) for key in sorted(originals)
            ]
        if number == 1:
            document["errors"] = [_gone(page[0])]
        lines.append(json.dumps(document, ensure_ascii=number % 2 == 0))  # twarc escapes; other tools do not
    return lines


def _gone(near: Draft) -> dict[str, Any]:
    """What X says of a post that was deleted before the search."""
    missing = str(int(near.platform_id) - 4096)
    return {
        "value": missing, "resource_id": missing, "parameter": "referenced_tweets.id", "resource_type": "tweet", "title": "Not Found Error",
        "detail": f"Could not find tweet with referenced_tweets.id: [{missing}].", "type": "https://api.twitter.com/2/problems/resource-not-found",
    }  # fmt: skip


def v1_post(draft: Draft, known_links: dict[str, str], handles: dict[str, str]) -> dict[str, Any]:
    """One post object of API v1.1, extended mode."""
    text, found = entities(draft.text, known_links, handles)
    cut = shortened(text, draft)
    urls = [
        {
            "url": u["url"],
            "expanded_url": u["expanded_url"],
            "display_url": u["display_url"],
            "indices": [u["start"], u["end"]],
        }
        for u in found.get("urls", [])
    ]
    account = draft.account
    assert account.created_at is not None
    post: dict[str, Any] = {
        "created_at": _v1_time(draft.at),
        "id": int(draft.platform_id),
        "id_str": draft.platform_id,
        "full_text": cut,
        "truncated": False,
        "display_text_range": [0, len(cut)],
        "entities": {
            "hashtags": [{"text": t["tag"], "indices": [t["start"], t["end"]]} for t in found.get("hashtags", []) if t["end"] <= len(cut)],
            "symbols": [],
            "user_mentions": [
                {"screen_name": m["username"], "id_str": m["id"], "id": int(m["id"]), "indices": [m["start"], m["end"]]} for m in found.get("mentions", [])
            ],
            "urls": [u for u in urls if u["indices"][1] <= len(cut)],
        },
        "in_reply_to_status_id_str": draft.reply_to.platform_id if draft.reply_to else None,
        "in_reply_to_user_id_str": draft.reply_to.account.platform_id if draft.reply_to else None,
        "in_reply_to_screen_name": draft.reply_to.account.handle if draft.reply_to else None,
        "user": {
            "id": int(account.platform_id), "id_str": account.platform_id, "screen_name": account.handle, "name": account.name, "protected": False,
            "followers_count": len(account.handle) * 7, "friends_count": 40, "created_at": _v1_time(account.created_at),
        },
        "is_quote_status": False, "retweet_count": draft.number % 4, "favorite_count": draft.number % 7, "lang": draft.lang,
    }  # fmt: skip
    if draft.repost_of is not None:
        post["retweeted_status"] = v1_post(draft.repost_of, known_links, handles)
    return post


def _v1_time(at: datetime) -> str:
    days, months = (
        ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
        "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(),
    )
    return f"{days[at.weekday()]} {months[at.month - 1]} {at:%d %H:%M:%S} +0000 {at.year}"


def numbered_x(rng: random.Random, drafts: list[Draft]) -> None:
    """Give every post of X its id."""
    for draft in drafts:
        draft.platform_id = snowflake(draft.at, rng.randint(0, 999), rng.getrandbits(22))
