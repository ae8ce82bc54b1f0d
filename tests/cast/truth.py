"""What was planted, as plain JSON: labels, efforts, groups, clusters, bursts and the counts an import must give."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cast.efforts import Planted
from cast.names import Names
from cast.people import Draft

CHANNEL_ID, SQUARE_ID = 1990000001, 1990000002
SOURCE_OF = {
    "x": "twitter",
    "x1": "twitter",
    "channel": "telegram",
    "square": "telegram",
    "rocket": "rocketchat",
    "board": "table",
}
COUNTING = (
    "read = stored + duplicate + quarantined, counted file by file in the order of their names. An object in `data` of an X v2 page, a line of "
    "the v1.1 file, a message, and a CSV row are one each, damaged ones too. Not counted: includes.tweets, retweeted_status, service "
    "messages of Telegram, system lines of Rocket.Chat. A new version of a post counts as stored; stored - versions = distinct posts."
)


@dataclass
class FileCount:
    """What one export holds and what an import of it, after the files before it, must give."""

    name: str
    source: str
    format: str
    read: int
    duplicate: int = 0
    quarantined: int = 0
    versions: int = 0
    not_posts: int = 0

    def row(self) -> dict[str, Any]:
        stored = self.read - self.duplicate - self.quarantined
        return {
            "source": self.source, "format": self.format, "read": self.read, "stored": stored, "duplicate": self.duplicate,
            "quarantined": self.quarantined, "versions": self.versions, "not_posts": self.not_posts,
        }  # fmt: skip


def platform_id(draft: Draft) -> str:
    """The platform id as `collect` gives it: Telegram's message ids count within their chat."""
    if draft.venue in ("channel", "square"):
        return f"{CHANNEL_ID if draft.venue == 'channel' else SQUARE_ID}/{draft.number}"
    return draft.platform_id


def ref(draft: Draft) -> str:
    """The name of a post in truth.json: source, a colon, platform id."""
    return f"{SOURCE_OF[draft.venue]}:{platform_id(draft)}"


def account_id(draft: Draft) -> str:
    """The account as `collect` gives it: a table names only handles."""
    return f"handle:{draft.account.handle}" if draft.venue == "board" else draft.account.platform_id


def stamp(at: datetime) -> str:
    """ISO 8601 in UTC with a Z."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _effort(planted: Planted) -> dict[str, Any]:
    roles: dict[str, list[str]] = defaultdict(list)
    for draft in planted.drafts:
        if draft.effort:
            roles[draft.label].append(ref(draft))
    own = [draft for draft in planted.drafts if draft.effort]
    return {
        "kind": planted.kind, "tags": list(planted.tags), "first_posted_at": stamp(min(d.at for d in own)), "last_posted_at": stamp(max(d.at for d in own)),
        "burst_start_at": stamp(planted.step_at), "trigger": {"title": planted.event_title, "event_at": stamp(planted.event_at)},
        "posts": {role: sorted(refs) for role, refs in sorted(roles.items())},
    }  # fmt: skip


def _groups(efforts: Iterable[Planted]) -> list[dict[str, Any]]:
    return [
        {
            "effort": planted.name,
            "kind": planted.kind,
            "source": "twitter",
            "accounts": sorted(account.platform_id for account in planted.group_accounts),
        }
        for planted in efforts
    ]


def _clusters(drafts: list[Draft]) -> list[dict[str, Any]]:
    members: dict[tuple[str, str], list[str]] = defaultdict(list)
    for draft in drafts:
        if draft.narrative:
            members["narrative" if ":" in draft.narrative else "copied", draft.narrative].append(ref(draft))
        elif draft.template:
            members["formulaic" if draft.group == "mourning" else "repeated", draft.template].append(ref(draft))
        elif draft.repost_of is not None:
            members["repost", ref(draft.repost_of)].append(ref(draft))
    for (kind, name), refs in members.items():
        if kind == "repost" and name not in refs:
            refs.append(name)
    return [
        {"kind": kind, "name": name, "posts": sorted(refs)}
        for (kind, name), refs in sorted(members.items())
        if len(refs) > 1
    ]


def _bursts(efforts: list[Planted], names: Names) -> list[dict[str, Any]]:
    """One row a tag. It must be found if it rose at once: ten posts or more in the first twelve hours."""
    rows = []
    for planted in efforts:
        for tag in planted.tags:
            variants = list(names.campaign_tag_ar_variants) if tag == names.campaign_tags.ar else []
            after = [
                draft.at
                for draft in planted.drafts
                if draft.at >= planted.step_at and any(f"#{form}" in draft.text for form in (tag, *variants))
            ]
            at_once = sum(at < planted.step_at + timedelta(hours=12) for at in after)
            rows.append(
                {
                    "effort": planted.name,
                    "key": tag,
                    "variants": variants,
                    "start_at": stamp(planted.step_at),
                    "post_count": len(after),
                    "first_12h_post_count": at_once,
                    "must_find": at_once >= 10,
                }
            )
    return rows


def truth(
    seed: int,
    names: Names,
    start: datetime,
    end: datetime,
    drafts: list[Draft],
    efforts: list[Planted],
    files: list[FileCount],
    events: list[tuple[datetime, str]],
) -> dict[str, Any]:
    """The whole truth of one cast; `drafts` are the posts an import stores, each once."""
    total: Counter[str] = Counter()
    for file in files:
        total.update({key: value for key, value in file.row().items() if isinstance(value, int)})
    labels = [
        {
            "source": SOURCE_OF[d.venue], "platform_id": platform_id(d), "account": account_id(d), "posted_at": stamp(d.at), "label": d.label, "lang": d.lang,
            "group": d.group, "effort": d.effort, "narrative": d.narrative,
        }
        for d in sorted(drafts, key=ref)
    ]  # fmt: skip
    return {
        "format": "tocsin/cast-truth/v1", "cast": names.key, "seed": seed, "start_at": stamp(start), "end_at": stamp(end), "counting": COUNTING,
        "places": [names.place.en, names.place_later.en],
        "files": {file.name: file.row() for file in sorted(files, key=lambda file: file.name)}, "total": dict(total),
        "events": [{"event_at": stamp(at), "title": title} for at, title in events],
        "efforts": {planted.name: _effort(planted) for planted in efforts}, "bursts": _bursts(efforts, names), "groups": _groups(efforts),
        "clusters": _clusters(drafts), "labels": labels,
    }  # fmt: skip
