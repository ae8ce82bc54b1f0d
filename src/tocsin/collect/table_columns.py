"""Which column of a table is which field of a post."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from tocsin.records.errors import TocsinInputError

# no column is called so, but posts, handles, numbers, times and addresses look so
_IS_DATA: Final = re.compile(r"^@|://|\d{5}|\d[-/.:]\d|.{41}|(?:\S+\s+){4}|[.!?]$|^\d+$", re.DOTALL)
ABSENT: Final = "-"  # `--map account=-`: the table has no such column, and the user knows
FIELDS: Final[dict[str, tuple[str, ...]]] = {
    "id": ("id", "postid", "tweetid", "statusid", "messageid", "msgid", "idstr", "itemid", "uri", "thingid"),
    "account": (
        "account",
        "accountid",
        "authorid",
        "userid",
        "useridstr",
        "fromid",
        "senderid",
        "actorid",
        "channelid",
    ),
    "handle": (
        *("handle", "username", "screenname", "userscreenname", "accounthandle", "authorusername", "acct", "login"),
        *("user", "author", "sender", "from", "owner"),
    ),
    "name": ("name", "displayname", "authorname", "accountname", "userdisplayname", "fullname", "sendername"),
    "text": ("text", "fulltext", "content", "message", "body", "msg", "tweettext", "tweet", "posttext", "caption"),
    "posted_at": (
        *("postedat", "createdat", "timestamp", "date", "datetime", "time", "created", "published", "publishedat"),
        *("timestamputc", "createdutc", "createdtime", "postdate", "tweettime", "postcreated", "messagedate", "ts"),
    ),
    "tags": ("tags", "hashtags", "hashtag", "tag"),
    "mentions": ("mentions", "mentionednames", "usermentions", "mentionedusers"),
    "links": ("links", "urls", "link", "outlinks", "expandedurls"),
    "lang": ("lang", "language", "tweetlanguage"),
    "reply_to": (
        "replyto",
        "inreplyto",
        "inreplytostatusid",
        "inreplytoid",
        "inreplytotweetid",
        "replytoid",
        "parentid",
    ),
    "repost_of": ("repostof", "retweetedid", "retweetedstatusid", "retweettweetid", "reblogofid", "retweetid"),
    "quote_of": ("quoteof", "quotedid", "quotedstatusid", "quotedtweetid"),
    "forward_from": ("forwardfrom", "fwdfrom", "forwardedfrom"),
    "thread": ("thread", "threadid", "conversationid"),
    "channel": ("channel", "channelid", "chatid", "groupid", "roomid", "subreddit", "board"),
    "channel_name": ("channelname", "chatname", "groupname", "chattitle", "channeltitle", "pagename"),
    "audience": ("audience", "visibility", "privacy"),
    "media": ("media", "mediaurls", "mediafiles", "images"),
}
_NOT_ALPHANUMERIC: Final = re.compile(r"[\W_]+")


def recognised_columns(names: Iterable[str]) -> dict[str, str]:
    """Field -> column, each column for one field, the field's more particular names first.

    >>> recognised_columns(["Tweet ID", "created_at", "Full Text", "likes"])
    {'id': 'Tweet ID', 'text': 'Full Text', 'posted_at': 'created_at'}
    """
    plain: dict[str, str] = {}
    for name in names:
        plain.setdefault(_NOT_ALPHANUMERIC.sub("", name).lower(), name)
    found: dict[str, str] = {}
    for field, synonyms in FIELDS.items():
        column = next((plain[synonym] for synonym in synonyms if synonym in plain), None)
        if column is not None and column not in found.values():
            found[field] = column
    return found


def likeness(columns: Mapping[str, str]) -> float:
    """How surely a table of these fields holds posts: text is needed, then who and when."""
    if "text" not in columns:
        return 0.0
    who = any(field in columns for field in ("account", "handle", "name"))
    return 0.25 + 0.2 * who + 0.15 * ("posted_at" in columns) + 0.05 * ("id" in columns)


def mapped_columns(names: tuple[str, ...], mapping: Mapping[str, str]) -> dict[str, str]:
    """Field -> column, what the user mapped first. Raises TocsinInputError for unknown fields and missing columns."""
    for field, column in mapping.items():
        if field not in FIELDS:
            raise TocsinInputError("--map names no field of a post", expected=", ".join(FIELDS), got=repr(field[:40]))
        if column != ABSENT and column not in names and column.partition(".")[0] not in names:
            raise TocsinInputError(f"--map {field}=... names no column of the table", expected=_told(names))
    taken = set(mapping.values())
    columns = {field: column for field, column in recognised_columns(names).items() if column not in taken}
    columns = {**columns, **mapping}
    missing = [] if columns.get("text", ABSENT) != ABSENT else ["text"]
    if not any(field in columns for field in ("account", "handle", "name")):
        missing.append("account")
    if missing:
        raise TocsinInputError(
            f"a table without a column for {' and '.join(missing)}",
            expected="a recognised name or a mapping",
            got=_told(names),
            next_step=f"add --map {missing[0]}=COLUMN"
            + (f" (--map account={ABSENT} if it names no accounts)" if "account" in missing else ""),
        )
    return {field: column for field, column in columns.items() if column != ABSENT or field == "account"}


def _told(names: tuple[str, ...]) -> str:
    """The columns of a table for an error; not where the first row is a row of posts, which no error may quote."""
    if any(_IS_DATA.search(name) for name in names):
        return f"{len(names)} columns whose first row looks like data, not like names"
    return "columns " + ", ".join(names[:40])
