"""The four benign efforts: each bursts, some look coordinated, none is a campaign."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cast.benign_words import EFFORT_WORDS
from cast.names import Names
from cast.people import Account, Draft, People, instant_after, scattered
from cast.village import PLATFORM_OF, reposted
from cast.voices import WORDS, Freshness, filled, voiced

# Days from the start, hour: the event, and how long after it the step comes (minutes).
SCHEDULES = {
    "lantern": {"strike": (15, 6.0, 40), "relief": (22, 4.5, 150), "campaign": (31, 5.66, 145), "rally": (39, 19.0, 780), "pilgrimage": (47, 4.0, 90)},
    "second": {"pilgrimage": (12, 5.0, 60), "campaign": (20, 9.25, 200), "strike": (29, 5.5, 60), "rally": (37, 18.5, 800), "relief": (44, 3.0, 210)},
}  # fmt: skip
_MEAN_DAYS = {"strike": 1.6, "relief": 1.3, "rally": 0.7, "pilgrimage": 1.7}
_LOOSE_COUNT = {"strike": 120, "relief": 110, "rally": 105, "pilgrimage": 110}
_COPY_ROUNDS = {"strike": 4, "relief": 3, "rally": 3, "pilgrimage": 3}
_COPY_ACCOUNTS = {"strike": 8, "relief": 5, "rally": 5, "pilgrimage": 4}
_TITLES = {
    "strike": "Dock talks fail in {b}", "relief": "Flood in {a}", "rally": "Candidates debate in {a}", "pilgrimage": "Feast of the well of {c}",
}  # fmt: skip


@dataclass
class Planted:
    """One planted effort: its posts, its coordinated accounts, its step and its trigger."""

    name: str
    kind: str  # campaign or trend
    tags: tuple[str, ...]
    event_title: str
    event_at: datetime
    step_at: datetime
    drafts: list[Draft] = field(default_factory=list)
    group_accounts: list[Account] = field(default_factory=list)


def step_of(names: Names, start: datetime, effort: str) -> tuple[datetime, datetime]:
    """The instants of the event and of the step that follows it."""
    day, hour, lag_minutes = SCHEDULES[names.key][effort]
    event_at = start + timedelta(days=day, minutes=round(hour * 60))
    return event_at, event_at + timedelta(minutes=lag_minutes)


def benign_effort(
    rng: random.Random,
    name: str,
    names: Names,
    start: datetime,
    end: datetime,
    people: People,
    villagers: dict[str, list[Account]],
) -> Planted:
    """A strike, a rally, a pilgrimage or a relief drive, with posts copied by offices and posts of single people."""
    event_at, step_at = step_of(names, start, name)
    tag = getattr(names, f"{name}_tag")
    tag_ar = getattr(names, f"{name}_tag_ar", tag)
    title = _TITLES[name].format(a=names.town_a.en, b=names.town_b.en, c=names.town_c.en)
    planted = Planted(name, "trend", (tag,) if tag_ar == tag else (tag, tag_ar), title, event_at, step_at)
    offices = [
        people.account("twitter", "en", habit=0.0, handle=f"{tag.lower()[:10]}_crew{n}")
        for n in range(1, _COPY_ACCOUNTS[name] + 1)
    ]
    planted.group_accounts = offices
    _copied(rng, planted, offices, names, tag, tag_ar, end)
    _loose(rng, planted, names, start, end, villagers, tag, tag_ar)
    return planted


def _fixed(rng: random.Random, names: Names, lang: str, tag: str, tag_ar: str, name: str) -> dict[str, str]:
    return {
        "a": names.town_a[lang], "b": names.town_b[lang], "c": names.town_c[lang], "n": str(rng.randint(2, 9)), "t": tag, "t_ar": tag_ar,
        "u": f"https://{name}.{names.town_a.en.lower()}.example/list",
    }  # fmt: skip


def _copied(
    rng: random.Random, planted: Planted, offices: list[Account], names: Names, tag: str, tag_ar: str, end: datetime
) -> None:
    """Rounds in which the offices post one text within a minute (how unions and town halls really post)."""
    texts = [(lang, text) for lang, options in EFFORT_WORDS[planted.name]["copied"].items() for text in options]
    for round_no in range(_COPY_ROUNDS[planted.name]):
        lang, template = texts[round_no % len(texts)]
        at = planted.step_at + timedelta(hours=round_no * 22, minutes=0 if round_no == 0 else rng.randint(0, 90))
        text = filled(rng, template, lang, names, _fixed(rng, names, lang, tag, tag_ar, planted.name))
        for account in rng.sample(offices, len(offices) - (rng.randint(0, 1) if len(offices) > 6 else 0)):
            when = at + timedelta(seconds=rng.randint(0, 50))
            planted.drafts.append(
                Draft(when, "x", account, lang, text, "benign", planted.name, planted.name, f"{planted.name}{round_no}")
            )
    planted.drafts[0].at = planted.step_at


def _loose(
    rng: random.Random,
    planted: Planted,
    names: Names,
    start: datetime,
    end: datetime,
    villagers: dict[str, list[Account]],
    tag: str,
    tag_ar: str,
) -> None:
    words, fresh = EFFORT_WORDS[planted.name], Freshness(0.5)
    for number in range(_LOOSE_COUNT[planted.name]):
        venue = rng.choices(("x", "x1", "square", "rocket", "board"), weights=(46, 26, 14, 8, 6))[0]
        account = rng.choice(villagers[PLATFORM_OF[venue]])
        lang = account.lang
        before = number % 14 == 0
        at = (
            scattered(rng, start + timedelta(days=1), planted.step_at)
            if before
            else instant_after(rng, planted.step_at, _MEAN_DAYS[planted.name], end)
        )
        draft = Draft(at, venue, account, lang, "", "benign", planted.name, planted.name)
        earlier = [
            p
            for p in planted.drafts
            if p.venue == venue and p.at < at and p.repost_of is None and p.account is not account
        ]
        if venue in ("x", "x1") and earlier and rng.random() < 0.12:
            reposted(draft, rng.choice(earlier))
        else:
            draft.text = _loose_text(
                rng, words, lang, names, _fixed(rng, names, lang, tag, tag_ar, planted.name), fresh, account.habit
            )
        planted.drafts.append(draft)


def _loose_text(
    rng: random.Random,
    words: dict[str, dict[str, tuple[str, ...]]],
    lang: str,
    names: Names,
    fixed: dict[str, str],
    fresh: Freshness,
    habit: float,
) -> str:
    best, best_nearest = "", 2.0
    for _ in range(8):
        middle = [rng.choice(words["loose_end"][lang])] if rng.random() < 0.6 else []
        middle += [rng.choice(WORDS[lang].REMARKS)] if rng.random() < 0.75 or not middle else []
        text = filled(rng, " ".join([rng.choice(words["loose_start"][lang]), *middle]), lang, names, fixed)
        if (nearest := fresh.nearest(text)) < best_nearest:
            best, best_nearest = text, nearest
    fresh.keep(best)
    tag = fixed["t_ar"] if lang == "ar" and rng.random() < 0.6 else fixed["t"]
    text = voiced(rng, best, lang, habit)
    return f"{text} #{tag}" if rng.random() < 0.8 else f"#{tag} {text}"
