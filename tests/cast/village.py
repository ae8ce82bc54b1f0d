"""Ordinary life: posts that belong to no effort, with the benign groups the fairness record needs."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta

from cast.names import Names
from cast.people import Account, Draft, People, everyday_instant
from cast.voices import EMOJI, WORDS, Freshness, filled, voiced

VENUES = ("x", "x1", "square", "rocket", "board")
PLATFORM_OF = {"x": "twitter", "x1": "twitter", "square": "telegram", "rocket": "rocketchat", "board": "board"}
POST_COUNTS = {"x": 1010, "x1": 620, "square": 480, "rocket": 260, "board": 330}
ACCOUNT_COUNTS = {"twitter": 200, "telegram": 70, "rocketchat": 38, "board": 44}
_LANG_WEIGHTS = {
    "x": (50, 30, 12, 8),
    "x1": (60, 26, 14, 0),
    "square": (30, 50, 4, 16),
    "rocket": (70, 10, 20, 0),
    "board": (45, 25, 15, 15),
}
_GROUPS = {"daily": 71, "greeting": 6, "mourning": 5, "prayer": 7, "migration": 4, "contested": 4, "news": 3}
_LOCAL_NEWS = {
    "en": (
        "Council of {town} votes on bins and benches {soon}", "{weather} closes the ferry between {town} and {town} {soon}",
        "Record harvest of {ware} near {town}, growers say", "{team} sign a new keeper, training {spot}", "Library of {town} buys {price} hundred books, {subject} shelf first",
        "Prices of {ware} rise in {town}, shoppers turn to {ware}",
    ),
    "ar": (
        "بلدية {town} تصوت على مقاعد الحديقة {soon}", "{weather} يوقف العبارة بين {town} و{town} {soon}", "موسم وفير من {ware} قرب {town}",
        "{team} يتعاقد مع حارس جديد والتدريب {spot}", "ارتفاع أسعار {ware} في سوق {town}",
    ),
    "fr": (
        "La mairie de {town} vote de nouveaux bancs {soon}", "Récolte record près de {town} : {ware} partout", "{team} recrute un gardien, essais {spot}",
        "{weather} arrête le bac entre {town} et {town} {soon}",
    ),
    "am": ("የ{town} ማዘጋጃ ቤት {soon} ስለ መንገዱ ወሰነ", "በ{town} የ{ware} ዋጋ ጨመረ"),
}  # fmt: skip


def villagers(people: People) -> dict[str, list[Account]]:
    """Ordinary accounts by platform, in four languages."""
    return {
        platform: [
            people.account(platform, people.rng.choices(("en", "ar", "fr", "am"), weights=(50, 30, 12, 8))[0])
            for _ in range(count)
        ]
        for platform, count in ACCOUNT_COUNTS.items()
    }


def _topic_text(rng: random.Random, lang: str, names: Names) -> tuple[str, str]:
    words = WORDS[lang]
    topic = rng.choice(tuple(words.TOPICS))
    parts = [rng.choice(words.TOPICS[topic])]
    for _ in range(rng.choices((0, 1, 2), weights=(22, 58, 20))[0]):
        parts.insert(rng.choice((1, 1, 1, 0)) if len(parts) == 1 else len(parts), rng.choice(words.REMARKS))
    return filled(rng, " ".join(parts), lang, names), topic


def _group_text(rng: random.Random, group: str, lang: str, names: Names) -> tuple[str, str]:
    """The text of one ordinary post and its topic."""
    words = WORDS[lang]
    if group == "daily":
        return _topic_text(rng, lang, names)
    if group == "greeting":
        comma = "، " if lang == "ar" else "፣ " if lang == "am" else ", "
        return filled(
            rng, comma.join((rng.choice(words.GREETINGS), *rng.sample(words.GREETING_EXTRAS, 2))), lang, names
        ), group
    pool = {
        "prayer": words.PRAYERS,
        "migration": words.MIGRATION,
        "contested": words.CONTESTED + names.contested[lang],
        "news": _LOCAL_NEWS[lang],
    }[group]
    text = rng.choice(pool)
    if group != "news" and rng.random() < 0.7:
        text = f"{text} {rng.choice(words.REMARKS)}"
    return filled(rng, text, lang, names), group


def _fresh(rng: random.Random, fresh: Freshness, make: Callable[[], tuple[str, str]]) -> tuple[str, str]:
    """The newest of some attempts: the first one far enough from everything written before."""
    best, best_nearest = make(), 2.0
    for attempt in range(12):
        candidate = best if attempt == 0 else make()
        nearest = fresh.nearest(candidate[0])
        if nearest < best_nearest:
            best, best_nearest = candidate, nearest
        if nearest <= fresh.limit:
            break
    fresh.keep(best[0])
    return best


def _with_tag(rng: random.Random, text: str, topic: str, names: Names) -> str:
    tag = {
        "football": f"{names.town_a.en}FC", "market": f"{names.town_b.en}Market", "greeting": f"GoodMorning{names.town_a.en}",
        "weather": f"{names.town_c.en}Weather", "food": "SundayLunch", "news": f"{names.town_a.en}News",
    }.get(topic)  # fmt: skip
    return f"{text} #{tag}" if tag and rng.random() < 0.4 else text


def ordinary_posts(
    rng: random.Random, names: Names, start: datetime, accounts: dict[str, list[Account]], scale: float = 1.0
) -> list[Draft]:
    """All posts that belong to no effort, in time order."""
    fresh, drafts = Freshness(0.45), []
    for venue, count in POST_COUNTS.items():
        by_lang = {lang: [a for a in accounts[PLATFORM_OF[venue]] if a.lang == lang] for lang in WORDS}
        for _ in range(int(count * scale)):
            lang = rng.choices(tuple(WORDS), weights=_LANG_WEIGHTS[venue])[0]
            group = rng.choices(tuple(_GROUPS), weights=_GROUPS.values())[0]
            account = rng.choice(by_lang[lang])
            drafts.append(ordinary_post(rng, names, start, account, venue, group, fresh))
    drafts.sort(key=lambda draft: draft.at)
    _converse(rng, drafts)
    return drafts


def ordinary_post(
    rng: random.Random, names: Names, start: datetime, account: Account, venue: str, group: str, fresh: Freshness
) -> Draft:
    """One ordinary post of an account in its own voice."""
    lang, template = account.lang, ""
    if group == "mourning":
        number = rng.randrange(len(WORDS[lang].CONDOLENCES))
        text, topic, template = WORDS[lang].CONDOLENCES[number], group, f"mourning:{lang}:{number}"
        text = text if lang != "ar" else voiced(rng, text, "ar", account.habit / 2)
        text = f"{text} 🙏" if rng.random() < 0.15 else text
    else:
        text, topic = _fresh(rng, fresh, lambda: _group_text(rng, group, lang, names))
        text = voiced(rng, text, lang, account.habit)
    text = _with_tag(rng, text, topic, names)
    return Draft(everyday_instant(rng, start), venue, account, lang, text, "ordinary", group, template=template)


def _converse(rng: random.Random, drafts: list[Draft]) -> None:
    """Make some posts replies to, and some reposts of, earlier ones of the same place (not across languages)."""
    earlier: dict[tuple[str, str], list[Draft]] = {}
    for draft in drafts:
        pool = earlier.setdefault((draft.venue, draft.lang), [])
        near = [p for p in pool[-25:] if draft.at - p.at < timedelta(days=2) and p.account is not draft.account]
        if near and draft.group in ("daily", "greeting") and rng.random() < 0.16:
            draft.reply_to = rng.choice(near)
            if draft.venue in ("x", "x1"):
                draft.text = f"@{draft.reply_to.account.handle} {draft.text}"
        elif near and draft.venue in ("x", "x1") and draft.group == "daily" and rng.random() < 0.06:
            reposted(draft, rng.choice([p for p in near if p.repost_of is None] or near[:1]))
        pool.append(draft)


def reposted(draft: Draft, original: Draft) -> None:
    """Turn a draft into a repost of `original` (the text is the platform's "RT @...")."""
    original = original.repost_of or original
    draft.repost_of, draft.lang, draft.group = original, original.lang, original.group
    draft.narrative, draft.label, draft.template = original.narrative, original.label, original.template
    draft.text = f"RT @{original.account.handle}: {original.text}"


def decorated(rng: random.Random, text: str) -> str:
    """The text with one emoji before or after it."""
    mark = rng.choice(EMOJI)
    return f"{mark} {text}" if rng.random() < 0.4 else f"{text} {mark}"
